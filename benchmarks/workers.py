"""Two workers against one: pass-through builds of clips of 100 kB, by the command line.

Whole commands, from start to exit. A unit of work is a task over a run of 10,000 lines of metadata
in one split; several tasks of speech make enough units for two workers to share evenly.
"""

from __future__ import annotations

import os
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.command_line import build
from benchmarks.command_line import run as run_command
from benchmarks.corpora_at_scale import many_clips
from benchmarks.measuring import Result, compare, settle, take_turns

CLIPS = {"small": 5_000, "full": 10_000}
"""Each serves every task: all of them go into one unit for each task and split."""

TASKS = (
    "speech_asr",
    "speech_tts",
    "speech_gender_recognition",
    "speech_language_identification",
)
ROUNDS = 3
LEAST_SPEED_UP = 1.7


def run(data: Path, scale: str) -> list[Result]:
    """Rows per second of two workers and of one."""
    root = many_clips(data, CLIPS[scale])
    contestants = {workers: partial(_rate, data, root, scale, workers) for workers in (2, 1)}
    take_turns(contestants, 1)
    runs = take_turns(contestants, ROUNDS)
    what = f"build of {len(TASKS) * CLIPS[scale]:,} rows of 100 kB: two workers"
    target = LEAST_SPEED_UP if (os.cpu_count() or 1) > 1 else None
    return [compare(what, runs[2], ("one worker", runs[1]), ",.0f rows/s", target)]


def _rate(data: Path, root: Path, scale: str, workers: int) -> float:
    with tempfile.TemporaryDirectory(dir=data, prefix="output-") as folder:
        command = build(Path(folder) / "dataset", root, TASKS, "--workers", str(workers))
        settle()
        started = time.perf_counter()
        run_command(command)
        return len(TASKS) * CLIPS[scale] / (time.perf_counter() - started)
