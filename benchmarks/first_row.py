"""Time and memory to the first row of a large corpus, against a small one.

`next(iter(audio_flan.load_dataset("speech_asr", root=…, split="train", streaming=True)))` in a
fresh process: wall time from the start of the process, and its peak resident memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.corpora_at_scale import many_utterances
from benchmarks.measuring import ROUNDS, Result, fresh, take_turns

SMALL_CORPUS = 1_000
LARGE_CORPUS = {"small": 25_000, "full": 100_000}

MOST_SECONDS_MORE = 1.0
MOST_TIMES_THE_MEMORY = 1.3


def run(data: Path, scale: str) -> list[Result]:
    """Compare the two corpora; both are read once before, so that the page cache is warm."""
    count = LARGE_CORPUS[scale]
    contestants: dict[str, Callable[[], dict[str, Any]]] = {
        "large": partial(_fresh_first_row, many_utterances(data, count)),
        "small": partial(_fresh_first_row, many_utterances(data, SMALL_CORPUS)),
    }
    take_turns(contestants, 1)
    runs = take_turns(contestants, ROUNDS)
    return [
        _result(f"first row of {count:,} utterances: time", runs, "seconds", ".2f s"),
        _result(f"first row of {count:,} utterances: peak memory", runs, "megabytes", ".0f MB"),
    ]


def _fresh_first_row(root: Path) -> dict[str, Any]:
    started = time.monotonic()
    return fresh("benchmarks.first_row:first_row", root=str(root), started=started)


def first_row(root: str, started: float) -> dict[str, float]:
    """Read the first row; seconds since a moment of the system's monotonic clock, peak MB."""
    import audio_flan

    rows = audio_flan.load_dataset("speech_asr", root=root, split="train", streaming=True)
    row = next(iter(rows))
    seconds = time.monotonic() - started
    assert row["input_audio"]["bytes"]
    return {"seconds": seconds, "megabytes": _peak_megabytes()}


def _peak_megabytes() -> float:
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def _result(what: str, runs: dict[str, list[dict[str, Any]]], key: str, unit: str) -> Result:
    large, small = ([run[key] for run in runs[name]] for name in ("large", "small"))
    ours, peer = median(large), median(small)
    if key == "seconds":
        target, met = f"≤ +{MOST_SECONDS_MORE:.0f} s", ours - peer <= MOST_SECONDS_MORE
    else:
        target, met = f"ratio ≤ {MOST_TIMES_THE_MEMORY}", ours / peer <= MOST_TIMES_THE_MEMORY
    name = f"{SMALL_CORPUS:,} utterances"
    return Result(what, ours, peer, name, unit, target, met, {"ours": large, name: small})
