"""`pytest --corpus KEY=PATH`: the tests of every corpus on a copy that a user has."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from building import digests

SUITE = Path(__file__).with_name("test_every_corpus.py")


def run_on(*copies: str) -> subprocess.CompletedProcess[str]:
    options = [f"--corpus={copy}" for copy in copies]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, str(SUITE)]
    return subprocess.run(command, capture_output=True, text=True, cwd=SUITE.parents[2])


@pytest.fixture
def copy(miniatures: Path, tmp_path: Path) -> Path:
    """Stands for a real copy."""
    return shutil.copytree(miniatures / "LJSpeech-1.1", tmp_path / "my copy")


def test_a_copy_is_read_and_nothing_is_changed(copy: Path) -> None:
    before = digests(copy)
    done = run_on(f"ljspeech={copy}")
    assert done.returncode == 0, done.stdout
    assert f"real copies: ljspeech at {copy}" in done.stdout
    counts = done.stdout.splitlines()[-1]
    assert " passed" in counts and " skipped" in counts and " deselected" in counts
    assert digests(copy) == before


def test_a_part_of_a_corpus_passes_and_what_it_lacks_is_told(copy: Path) -> None:
    lines = (copy / "metadata.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    part = [line for line in lines if line.startswith("LJ001")]
    (copy / "metadata.csv").write_text("".join([*part, "garbage\n"]), encoding="utf-8")
    (copy / "wavs" / "LJ001-0001.wav").unlink()
    done = run_on(f"ljspeech={copy}")
    assert done.returncode == 0, done.stdout
    assert "ljspeech: rejects: malformed-line 1" in done.stdout


def test_a_fault_of_the_copy_is_found(copy: Path) -> None:
    lines = (copy / "metadata.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (copy / "metadata.csv").write_text("".join([*lines, lines[0]]), encoding="utf-8")
    done = run_on(f"ljspeech={copy}")
    assert done.returncode == 1
    assert "FAILED" in done.stdout and "test_ids_are_unique" in done.stdout


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("ljspeech={}/nothing", "found nothing there"),
        ("ljspeech={}", "expected the files metadata.csv; found none of them"),
        ("ljspech={}", "did you mean 'ljspeech'"),
        ("ljspeech", "expected KEY=PATH"),
    ],
)
def test_a_copy_that_is_not_there_is_told(option: str, said: str, tmp_path: Path) -> None:
    done = run_on(option.format(tmp_path))
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert said in done.stderr and "Traceback" not in done.stderr
