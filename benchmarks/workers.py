"""Two workers against one: pass-through builds of clips of 100 kB, by the command line.

Whole commands, from start to exit. A unit of work is a task over a run of 10,000 lines of metadata
in one split; several tasks of speech make enough units for two workers to share evenly. The output
goes to memory, where the system has a folder there: two workers soon write faster than a disk does.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.command_line import build
from benchmarks.command_line import run as run_command
from benchmarks.corpora_at_scale import CLIP_BYTES, many_clips
from benchmarks.measuring import Result, compare, settle, take_turns

CLIPS = {"small": 10_000, "full": 15_000}
"""Each serves every task."""

TASKS = (
    "speech_asr",
    "speech_tts",
    "speech_gender_recognition",
    "speech_language_identification",
)
ROUNDS = 3
LEAST_SPEED_UP = 1.7

MEMORY = Path("/dev/shm")
"""Where Linux has files in memory."""


def run(data: Path, scale: str) -> list[Result]:
    """Rows per second of two workers and of one."""
    root = many_clips(data, CLIPS[scale])
    rows = len(TASKS) * CLIPS[scale]
    place = _fastest(data, 2 * rows * CLIP_BYTES)
    contestants = {
        name: partial(_rate, place, root, rows, workers)
        for name, workers in {"two workers": 2, "one worker": 1}.items()
    }
    runs = take_turns(contestants, ROUNDS)
    what = f"build of {rows:,} rows of 100 kB: two workers"
    target = LEAST_SPEED_UP if (os.cpu_count() or 1) > 1 else None
    peer = ("one worker", runs["one worker"])
    return [compare(what, runs["two workers"], peer, ",.0f rows/s", target)]


def _fastest(data: Path, size: int) -> Path:
    """The folder in memory, if there is one with room for some bytes; else that of the data."""
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > size
    return MEMORY if has_room else data


def _rate(place: Path, root: Path, rows: int, workers: int) -> float:
    with tempfile.TemporaryDirectory(dir=place, prefix="output-") as folder:
        command = build(Path(folder) / "dataset", root, TASKS, "--workers", str(workers))
        settle()
        started = time.perf_counter()
        run_command(command)
        return rows / (time.perf_counter() - started)
