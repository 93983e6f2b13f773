"""Running `audio-flan` in tests of builds, and comparing what it leaves."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from audio_flan.cli.app import main

CLI = [sys.executable, "-c", "import sys; from audio_flan.cli.app import main; main(sys.argv[1:])"]


def run(*arguments: object) -> int:
    """Run `audio-flan` in this process; return its exit code."""
    with pytest.raises(SystemExit) as exit:
        main([str(argument) for argument in arguments])
    return int(exit.value.code or 0)


def build(out: object, root: object, *options: object) -> int:
    """Run `audio-flan build` in this process; return its exit code."""
    return run("build", out, "--root", root, *options)


def in_new_process(*arguments: object, **environment: Any) -> subprocess.CompletedProcess[str]:
    """Run `audio-flan` in a process of its own."""
    command = [*CLI, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, **environment)


def digests(out: Path) -> dict[str, str]:
    """Hash of every file of a build, `.build` included, but for the logs of a cluster."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file() and ".build/engine" not in path.as_posix()
    }


def rejects(out: Path) -> list[dict[str, str]]:
    """The list of rejects."""
    lines = (out / ".build" / "rejects.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def rows(out: Path, config: str, split: str = "*") -> list[dict[str, Any]]:
    """The rows of a task, without their audio."""
    columns = ["uuid", "corpus", "license", "seconds", "split", "task_type", "other", "output"]
    files = sorted(out.glob(f"{config}/{split}-*.parquet"))
    return [row for file in files for row in pq.read_table(file, columns=columns).to_pylist()]


def units(out: Path) -> set[str]:
    """Keys of the units that a build has the records of."""
    return {path.stem for path in (out / ".build" / "units").glob("*.json")}
