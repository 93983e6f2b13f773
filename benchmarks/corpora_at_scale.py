"""Input corpora of any size, in the layout of LJ Speech; few distinct files under many names."""

from __future__ import annotations

import os
import shutil
import wave
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from audio_flan.corpora.miniatures import write_miniatures
from audio_flan.miniatures.bank import load_bank
from benchmarks.clips_to_render import write_clips

RATE = 22_050
CHAPTERS = 50
CLIPS_PER_CHAPTER = 9_999
"""Numbers of clips have four digits."""

LINKS_PER_FILE = 10_000
"""ext4 allows 65,000 names for a file."""

CLIP_BYTES = 100_000
DISTINCT_CLIPS = 200


def sample_corpora(data: Path) -> Path:
    """The package's miniature corpora; returns their root."""
    root = data / "samples"
    write_miniatures(root)
    return root


def many_utterances(data: Path, count: int) -> Path:
    """One small recording of the package's bank under many names.

    Args:
        data: folder of all input corpora; what is there already is used again.
        count: number of utterances, at most 499,950.

    Returns:
        The root, which holds LJSpeech-1.1.
    """
    sample = sample_corpora(data) / "LJSpeech-1.1" / "wavs" / "LJ001-0001.wav"
    return _ljspeech(data / f"utterances-{count}", count, [sample.read_bytes()])


def many_clips(data: Path, count: int) -> Path:
    """Clips of 100 kB of random samples; 200 distinct files under many names.

    Args:
        data: folder of all input corpora; what is there already is used again.
        count: number of clips, at most 499,950.

    Returns:
        The root, which holds LJSpeech-1.1.
    """
    root = data / f"clips-{count}"
    if root.exists():
        return root
    return _ljspeech(root, count, [_random_wav() for _ in range(DISTINCT_CLIPS)])


def many_recordings(data: Path, count: int) -> Path:
    """Speech of 3 to 10 s; twelve distinct recordings under many names.

    Args:
        data: folder of all input corpora; what is there already is used again.
        count: number of utterances, at most 499,950.

    Returns:
        The root, which holds LJSpeech-1.1.
    """
    recordings = sorted(write_clips(data / "clips-to-render").glob("speech-*.wav"))
    return _ljspeech(
        data / f"recordings-{count}", count, [path.read_bytes() for path in recordings]
    )


def _random_wav() -> bytes:
    target = BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(os.urandom(CLIP_BYTES))
    return target.getvalue()


def _ljspeech(root: Path, count: int, recordings: Sequence[bytes]) -> Path:
    """Write LJSpeech-1.1 below a root, unless it is there whole."""
    if root.exists():
        return root
    unfinished = root.with_name(f"{root.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    folder = unfinished / "LJSpeech-1.1"
    (folder / "wavs").mkdir(parents=True)
    ids = list(_ids(count))
    sentences = [sentence.text for sentence in load_bank().speech("en")]
    lines = []
    for index, id in enumerate(ids):
        first, second = sentences[index % len(sentences)], sentences[index % 7]
        text = f"{first} {second}"
        lines.append(f"{id}|{text}|{text}\n")
    (folder / "metadata.csv").write_text("".join(lines), encoding="utf-8", newline="")
    _write_wavs(folder / "wavs", ids, recordings)
    unfinished.replace(root)
    return root


def _ids(count: int) -> Iterator[str]:
    """Ids LJ001-0001 …, spread evenly over all chapters, which the splits go by."""
    if count > CHAPTERS * CLIPS_PER_CHAPTER:
        raise ValueError(f"at most {CHAPTERS * CLIPS_PER_CHAPTER} ids, not {count}")
    for chapter in range(1, CHAPTERS + 1):
        for number in range(1, (count + CHAPTERS - chapter) // CHAPTERS + 1):
            yield f"LJ{chapter:03d}-{number:04d}"


def _write_wavs(folder: Path, ids: Sequence[str], recordings: Sequence[bytes]) -> None:
    """Write each recording once for every `LINKS_PER_FILE` names, and link the other names."""
    originals: dict[int, Path] = {}
    for index, id in enumerate(ids):
        path = folder / f"{id}.wav"
        turn, which = divmod(index, len(recordings))
        if turn % LINKS_PER_FILE == 0:
            path.write_bytes(recordings[which])
            originals[which] = path
        else:
            path.hardlink_to(originals[which])
