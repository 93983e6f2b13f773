"""Two workers against one: pass-through builds of clips of 100 kB, by the command line.

Whole commands, from start to exit. A unit of work is a task over a run of 10,000 lines of metadata
in one split; several tasks of speech make enough units for two workers to share evenly. The output
goes to memory, where the system has a folder there: two workers soon write faster than a disk does.
"""

from __future__ import annotations

import os
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.command_line import build
from benchmarks.command_line import run as run_command
from benchmarks.corpora_at_scale import CLIP_BYTES, many_clips
from benchmarks.held_memory import fastest, held_memory
from benchmarks.measuring import Result, compare, settle, take_turns

CLIPS = 20_000
"""Each serves every task. Fewer, and the start and the end of a command, where one process works,
weigh more than they do at scale."""

TASKS = (
    "speech_asr",
    "speech_tts",
    "speech_gender_recognition",
    "speech_language_identification",
)
ROUNDS = 4
LEAST_SPEED_UP = 1.7


def run(data: Path, scale: str) -> list[Result]:
    """Rows per second of two workers and of one."""
    root = many_clips(data, CLIPS)
    rows = len(TASKS) * CLIPS
    place = fastest(data, rows * CLIP_BYTES)
    contestants = {
        name: partial(_rate, place, root, rows, workers)
        for name, workers in {"two workers": 2, "one worker": 1}.items()
    }
    runs = take_turns(contestants, ROUNDS)
    what = f"build of {rows:,} rows of 100 kB: two workers"
    target = LEAST_SPEED_UP if (os.cpu_count() or 1) > 1 else None
    peer = ("one worker", runs["one worker"])
    return [compare(what, runs["two workers"], peer, ",.0f rows/s", target)]


def _rate(place: Path, root: Path, rows: int, workers: int) -> float:
    with tempfile.TemporaryDirectory(dir=place, prefix="output-") as folder:
        command = build(Path(folder) / "dataset", root, TASKS, "--workers", str(workers))
        with held_memory(place, rows * CLIP_BYTES):
            settle()
            started = time.perf_counter()
            run_command(command)
            return rows / (time.perf_counter() - started)
