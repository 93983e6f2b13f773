"""What the paper's 108.5 million instances would cost: core-hours and bytes, from measured rates.

`python -m benchmarks --scale full --json figures.json`, then
`python -m benchmarks.cost_model figures.json`: the tables of README.md, as Markdown.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from audio_flan.model.taxonomy import MinorTask, load_taxonomy
from benchmarks.corpora_at_scale import CLIP_BYTES
from benchmarks.rendering import CONFIGS

SECONDS = {"speech": 8.0, "music": 10.0, "audio": 10.0}
"""Audio of a clip, as assumed for each domain."""

PUBLISHED_BYTES = {"speech": 32_000, "music": 88_200, "audio": 44_100}
"""Of a second as published: 16 kHz and 44.1 kHz in 16-bit WAV, 44.1 kHz in FLAC, all mono."""

FLAC_SHARE = 0.5
"""Bytes of a FLAC of what is computed or cut, against 16-bit WAV."""

RATES = {"speech": 16_000, "music": 44_100, "audio": 32_000}
"""Sampling rates of what is computed or cut, Hz."""

CUT = "audio_continuation"
"""The task that is measured for all that cut recordings and code the stretches as FLAC."""


class Cost(NamedTuple):
    """What a number of instances costs."""

    instances: float
    core_seconds: float
    size: float


@dataclass(frozen=True)
class Rates:
    """Measured rates, each by CPU time on one core.

    Args:
        row: seconds that a row takes without its audio.
        byte: seconds that a byte of audio takes that is carried.
        rendered: seconds of target audio that a second of CPU renders, by task.
    """

    row: float
    byte: float
    rendered: Mapping[str, float]

    @classmethod
    def of(cls, results: list[dict[str, Any]]) -> Rates:
        """From the results that `python -m benchmarks --json` writes."""
        row = 1 / _ours(results, "rows without audio", "CPU")
        whole = 1 / _ours(results, "build of", "CPU")
        rendered = {config: _ours(results, config) for config in CONFIGS}
        return cls(row, (whole - row) / CLIP_BYTES, rendered)


def _ours(results: list[dict[str, Any]], *parts: str) -> float:
    """The figure of the first result whose title starts with the first part and has the others."""
    for result in results:
        if result["what"].startswith(parts[0]) and all(p in result["what"] for p in parts):
            return float(result["ours"])
    raise SystemExit(f"the figures have no {', '.join(parts)}: run all benchmarks")


def kind(task: MinorTask) -> str:
    """What making an instance takes: "carried", "cut", or the name of a simulated task."""
    if task.config in CONFIGS and task.config != CUT:
        return task.config
    return "cut" if task.domain == "music" or task.config == CUT else "carried"


def cost(task: MinorTask, instances: float, rates: Rates) -> Cost:
    """What a number of instances of a task costs."""
    audios = [*task.inputs, *task.outputs].count("audio")
    seconds = SECONDS[task.domain]
    if kind(task) == "carried":
        size = audios * seconds * PUBLISHED_BYTES[task.domain]
        return Cost(instances, instances * (rates.row + size * rates.byte), instances * size)
    size = audios * seconds * 2 * RATES[task.domain] * FLAC_SHARE
    speed = rates.rendered[CUT if kind(task) == "cut" else task.config]
    # The rates are of rows with all their texts; only writing the bytes comes on top.
    core_seconds = instances * (seconds / speed + size * rates.byte)
    return Cost(instances, core_seconds, instances * size)


def costs(rates: Rates) -> dict[tuple[str, str], Cost]:
    """By domain and kind of work; the instances of a major task are shared evenly by its tasks."""
    parts: dict[tuple[str, str], list[Cost]] = {}
    for major in load_taxonomy():
        share = _count(major.paper_instances) / len(major.minors)
        for minor in major.minors:
            parts.setdefault((major.domain, kind(minor)), []).append(cost(minor, share, rates))
    return {place: _sum(spent) for place, spent in parts.items()}


def _sum(spent: Iterable[Cost]) -> Cost:
    return Cost(*map(sum, zip(*spent, strict=True)))


def _count(printed: str) -> float:
    """A number as the paper prints it: "12.05M", "10K"."""
    return float(printed[:-1]) * {"K": 1e3, "M": 1e6}[printed[-1]]


def table(rates: Rates) -> str:
    """The table of costs, as Markdown."""
    columns = ("domain", "kind of work", "instances", "core-ms", "audio", "core-hours", "all audio")
    spent = costs(rates)
    lines = [f"| {' | '.join(columns)} |", "| --- " * len(columns) + "|"]
    lines += [f"| {domain} | {name} | {_figures(c)} |" for (domain, name), c in spent.items()]
    return "\n".join([*lines, f"| | **all** | {_figures(_sum(spent.values()))} |"])


def _figures(spent: Cost) -> str:
    """Instances; core time and audio of one; core time and audio of all."""
    count, seconds, size = spent
    one = f"{1e3 * seconds / count:,.2f} | {size / count / 1e6:,.2f} MB"
    return f"{count / 1e6:,.2f} M | {one} | {seconds / 3600:,.1f} | {size / 1e12:,.2f} TB"


def main(path: str) -> None:
    """Print rates and costs from a file of figures."""
    rates = Rates.of(json.loads(Path(path).read_text())["results"])
    print(f"row: {rates.row * 1e6:.1f} µs; byte of carried audio: {rates.byte * 1e9:.2f} ns\n")
    print(table(rates))


if __name__ == "__main__":
    main(sys.argv[1])
