"""Load a built dataset by several versions of `datasets`, each in a fresh environment.

Usage: python tools/check_datasets_versions.py DATASET_FOLDER [VERSION ...]

For every version: a new virtual environment with this package; one task, one view and `all` in map
style and streaming (tools/load_demo.py); the builder through `audio_flan.load_dataset`; and on 3.6
the builder file by its path, as a loading script.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ("3.6.0", "4.8.5", "5.2.0")

LIBRARY = """
import sys, datasets, audio_flan
from audio_flan.corpora.miniatures import write_miniatures
datasets.disable_progress_bars()
write_miniatures("corpora")
mapped = audio_flan.load_dataset("speech_asr", root="corpora", split="train", cache_dir="cache")
stream = audio_flan.load_dataset("speech_asr", root="corpora", split="train", streaming=True)
assert list(mapped) == list(stream) and len(mapped) > 10
print("audio_flan.load_dataset: map style and streaming agree")
"""

SCRIPT = """
import sys, datasets
datasets.disable_progress_bars()
options = dict(root="corpora", trust_remote_code=True, cache_dir="cache")
mapped = datasets.load_dataset(sys.argv[1], "speech_asr", split="train", **options)
stream = datasets.load_dataset(sys.argv[1], "speech_asr", split="train", streaming=True, **options)
assert mapped["uuid"] == [row["uuid"] for row in stream] and len(mapped) > 10
assert mapped[0]["input_audio"]["array"].size
print("the builder file by its path: map style and streaming agree")
"""


def main(dataset: str, *versions: str) -> None:
    """Check each version; the first failure ends it with the failing command's output."""
    for version in versions or VERSIONS:
        with tempfile.TemporaryDirectory() as folder:
            check(Path(dataset).resolve(), version, Path(folder))


def check(dataset: Path, version: str, folder: Path) -> None:
    """Check one version in a new environment below a folder."""
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    run(folder, python, "-m", "pip", "install", "-q", f"datasets=={version}", str(ROOT))
    print(f"datasets {version}", flush=True)
    for config in ("speech_asr", "speech", "all"):
        run(folder, python, str(ROOT / "tools" / "load_demo.py"), str(dataset), config)
    run(folder, python, "-c", LIBRARY)
    if version.startswith("3."):
        run(folder, python, "-c", SCRIPT, str(ROOT / "builders" / "audio_flan.py"))


def run(folder: Path, *command: str) -> None:
    """Run a command in a folder and print what it says; stop where it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    print("".join(f"  {line}\n" for line in done.stdout.splitlines()), end="", flush=True)
    if done.returncode:
        raise SystemExit(f"failed: {' '.join(command)}\n{done.stderr}")


if __name__ == "__main__":
    main(*sys.argv[1:])
