"""Two workers against one: pass-through builds of clips of 100 kB, by the command line.

Whole commands, from start to exit. A unit of work is a task over a run of 10,000 lines of metadata
in one split; several tasks of speech make enough units for two workers to share evenly. The output
goes to memory, where the system has a folder there: two workers soon write faster than a disk does.

A virtual machine gets memory from its host at first touch, at a fifth of the speed, and gives back
what has been free for seconds, so that a turn would be fast or slow by what ran before it. So each
turn begins with as much memory held as the output will need, which is given up as that grows.
"""

from __future__ import annotations

import mmap
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event

from benchmarks.command_line import build
from benchmarks.command_line import run as run_command
from benchmarks.corpora_at_scale import CLIP_BYTES, many_clips
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
ROUNDS = 3
LEAST_SPEED_UP = 1.7

MEMORY = Path("/dev/shm")
"""Where Linux has files in memory."""

ROOM = 500_000_000
"""Bytes of memory that are free when a turn starts, and stay so while it writes."""

LARGE_PAGE = 2 << 20

SECONDS_BETWEEN_LOOKS = 0.05


def run(data: Path, scale: str) -> list[Result]:
    """Rows per second of two workers and of one."""
    root = many_clips(data, CLIPS)
    rows = len(TASKS) * CLIPS
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
        with _held_memory(rows * CLIP_BYTES if place == MEMORY else 0):
            settle()
            started = time.perf_counter()
            run_command(command)
            return rows / (time.perf_counter() - started)


@contextmanager
def _held_memory(size: int) -> Iterator[None]:
    """Memory that this machine has already, given up at the pace at which files in memory grow."""
    if not size:
        yield
        return
    ended = Event()
    with (
        mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as held,
        ThreadPoolExecutor(1) as pool,
    ):
        # Large pages are given up in no time, which both workers would miss, but not one alone.
        held.madvise(mmap.MADV_HUGEPAGE)
        for start in range(0, size, mmap.PAGESIZE):
            held[start] = 1
        giving = pool.submit(_give_up, held, ended)
        try:
            yield
        finally:
            ended.set()
        giving.result()


def _give_up(held: mmap.mmap, ended: Event) -> None:
    """Give up as much memory as files in memory have grown by, and some ahead."""
    before, given = shutil.disk_usage(MEMORY).used, 0
    while not ended.wait(SECONDS_BETWEEN_LOOKS):
        grown = shutil.disk_usage(MEMORY).used - before + ROOM
        upto = min(len(held), grown - grown % LARGE_PAGE)
        if upto > given:
            held.madvise(mmap.MADV_DONTNEED, given, upto - given)
            given = upto
