"""What `audio-flan plan` prints: the units of a plan and how large they will be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from audio_flan.cli.console import console

if TYPE_CHECKING:
    from audio_flan.build.estimate import Estimate


def show_plan(estimates: Sequence[Estimate], as_json: bool) -> None:
    """Print the units of a plan: all of them as JSON, or the sums of each config and split."""
    if as_json:
        for estimate in estimates:
            print(json.dumps(estimate.line(), ensure_ascii=False))
        return
    groups: dict[tuple[str, str], list[Estimate]] = {}
    for estimate in estimates:
        groups.setdefault((estimate.unit.config, estimate.unit.split), []).append(estimate)
    table = Table("config", "split")
    for name in ("units", "done", "instances", "MB", "audio hours"):
        table.add_column(name, justify="right")
    for (config, split), same in groups.items():
        table.add_row(config, split, *_sums(same))
    table.add_section()
    table.add_row("all", "", *_sums(estimates))
    console.print(table)
    console.print("instances, MB and hours are estimated from a few clips of each corpus")


def _sums(estimates: Sequence[Estimate]) -> Iterator[str]:
    yield f"{len(estimates):,}"
    yield f"{sum(estimate.done for estimate in estimates):,}"
    yield f"{sum(estimate.instances for estimate in estimates):,}"
    yield f"{sum(estimate.bytes for estimate in estimates) / 1e6:,.1f}"
    yield f"{sum(estimate.seconds for estimate in estimates) / 3600:,.4f}"
