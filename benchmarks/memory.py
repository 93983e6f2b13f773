"""Peak memory of the workers of a build: of many clips against few, by the command line.

The workers are the processes that the command starts; Linux tells the most resident memory that
each of them ever had (VmHWM in /proc), which is read until they end.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.command_line import build
from benchmarks.corpora_at_scale import many_utterances
from benchmarks.measuring import REPOSITORY, Result, take_turns

FEW = 2_000
MANY = {"small": 50_000, "full": 200_000}

TASK = "speech_asr"
WORKERS = 2
ROUNDS = 3
MOST_TIMES_THE_MEMORY = 1.2
SECONDS_BETWEEN_LOOKS = 0.02


def run(data: Path, scale: str) -> list[Result]:
    """Peak memory of the larger worker, and of the process that started it."""
    what = f"build of {MANY[scale]:,} clips: peak memory of"
    if sys.platform != "linux":
        target = f"ratio ≤ {MOST_TIMES_THE_MEMORY}"
        return [Result(f"{what} a worker", 0, None, "not measured", ".0f MB", target, None)]
    contestants = {
        "many": partial(_peaks, data, many_utterances(data, MANY[scale])),
        "few": partial(_peaks, data, many_utterances(data, FEW)),
    }
    runs = take_turns(contestants, ROUNDS)
    return [
        _result(f"{what} {process}", runs, process, most)
        for process, most in {"a worker": MOST_TIMES_THE_MEMORY, "the driver": None}.items()
    ]


def _result(
    what: str, runs: dict[str, list[dict[str, float]]], process: str, most: float | None
) -> Result:
    many, few = ([peaks[process] for peaks in runs[name]] for name in ("many", "few"))
    ours, peer = median(many), median(few)
    target, met = ("", None) if most is None else (f"ratio ≤ {most}", ours / peer <= most)
    name = f"{FEW:,} clips"
    return Result(what, ours, peer, name, ".0f MB", target, met, {"ours": many, name: few})


def _peaks(data: Path, root: Path) -> dict[str, float]:
    """Peak MB of the driver, and of the worker that needs most."""
    with tempfile.TemporaryDirectory(dir=data, prefix="output-") as folder:
        command = build(Path(folder) / "dataset", root, [TASK], "--workers", str(WORKERS))
        driver = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
        peaks: dict[int, float] = {}
        while driver.poll() is None:
            for process in _family(driver.pid):
                peaks[process] = max(_peak(process), peaks.get(process, 0.0))
            time.sleep(SECONDS_BETWEEN_LOOKS)
    if driver.returncode:
        raise subprocess.CalledProcessError(driver.returncode, command)
    return {"the driver": peaks.pop(driver.pid), "a worker": max(peaks.values())}


def _family(process: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield process
    for thread in Path(f"/proc/{process}/task").glob("*"):
        for child in _text(thread / "children").split():
            yield from _family(int(child))


def _peak(process: int) -> float:
    """The most resident memory that a process ever had, MB; 0 for one that has ended."""
    found = re.search(r"VmHWM:\s+(\d+) kB", _text(Path(f"/proc/{process}/status")))
    return int(found[1]) / 1e3 if found else 0.0


def _text(path: Path) -> str:
    """The text of a file of a process that may end at any time."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
