"""Make the bank of short synthesised recordings from which miniature corpora are written.

The speech is made by the espeak-ng engine of the wheel ``espeakng-loader`` (called through
ctypes, with its formant voices and their variants). espeak-ng is a GPL-3.0 program; the audio it
produces is not covered by that licence, and nothing of espeak-ng is needed to use the bank.
Melodies, acoustic scenes, noises and notes are computed here with numpy.

The output is deterministic: every recording has a random generator of its own, seeded from its
id, and every sentence is spoken by a fresh process, so running the script twice gives the same
bytes and adding a recording does not change the others.

Usage: ``python tools/make_sample_bank.py [--out DIR]`` (needs the extra ``bank``).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
import yaml
from bank.melodies import melodies
from bank.notes import notes
from bank.recording import Recording
from bank.scenes import NOISE_RATE, NOISES, SCENE_RATE, SCENES, textures
from bank.speech import speech, translations

DEFAULT_OUT = Path(__file__).resolve().parent.parent / "audio_flan" / "miniatures" / "recordings"
MAX_BYTES = 2_000_000
# Samples are multiples of this: 14 significant bits, which FLAC stores in less space than 16.
STEP = 4


def recordings() -> Iterator[Recording]:
    """Yield every recording of the bank."""
    yield from speech()
    yield from melodies()
    yield from textures("scene", SCENES, SCENE_RATE, 1.0)
    yield from textures("noise", NOISES, NOISE_RATE, 1.5)
    yield from notes()
    yield from translations()


def write(recording: Recording, out: Path) -> dict[str, Any]:
    """Write one recording as 16-bit FLAC; return its index entry."""
    samples = (np.round(recording.audio * (32768 / STEP)) * STEP).astype(np.int16)
    path = out / f"{recording.id}.flac"
    sf.write(path, samples, recording.rate, subtype="PCM_16", compression_level=1.0)
    return {
        "id": recording.id,
        "kind": recording.kind,
        "rate": recording.rate,
        "frames": len(samples),
        **recording.annotations,
    }


def write_bank(out: Path) -> int:
    """Write the bank to a folder, print its sizes and return the total in bytes."""
    out.mkdir(parents=True, exist_ok=True)
    entries = [write(recording, out) for recording in recordings()]
    index = out / "bank.yaml"
    text = yaml.safe_dump(
        {"entries": entries},
        allow_unicode=True,
        default_flow_style=None,
        sort_keys=False,
        width=99,
    )
    index.write_text(text, encoding="utf-8")
    written = [out / f"{entry['id']}.flac" for entry in entries]
    for stale in set(out.glob("*.flac")) - set(written):
        stale.unlink()
    for path, entry in zip(written, entries, strict=True):
        seconds = entry["frames"] / entry["rate"]
        print(f"{path.name:32} {seconds:6.2f} s {path.stat().st_size:8} bytes")
    total = sum(path.stat().st_size for path in [index, *written])
    print(f"{'total':32} {len(entries):4} files {total:6} bytes")
    return total


def main() -> None:
    """Make the bank; exit with an error if it is too large."""
    parser = argparse.ArgumentParser(description="Make the bank of synthesised recordings.")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder to write to")
    total = write_bank(parser.parse_args().out)
    if total > MAX_BYTES:
        sys.exit(f"the bank has {total} bytes, more than {MAX_BYTES}")


if __name__ == "__main__":
    main()
