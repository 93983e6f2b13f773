"""Output in memory, and memory that this machine has already when a turn begins.

A virtual machine gets memory from its host at first touch, at a fifth of the speed, and gives back
what has been free for seconds, so that a turn would be fast or slow by what ran before it. So each
turn begins with as much memory held as its output will need, which is given up as that grows.
"""

from __future__ import annotations

import mmap
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

MEMORY = Path("/dev/shm")
"""Where Linux has files in memory."""

ROOM = 500_000_000
"""Bytes of memory that are free when a turn starts, and stay so while it writes."""

LARGE_PAGE = 2 << 20

SECONDS_BETWEEN_LOOKS = 0.05


def fastest(data: Path, size: int) -> Path:
    """The folder in memory, if there is one with room for twice so many bytes; else another.

    Args:
        data: the other.
        size: bytes of the output.
    """
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2 * size
    return MEMORY if has_room else data


@contextmanager
def held_memory(place: Path, size: int) -> Iterator[None]:
    """Memory that this machine has already, given up at the pace at which files in memory grow.

    Args:
        place: where the output goes; memory is held only for the folder in memory.
        size: bytes of the output.
    """
    if place != MEMORY:
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
