"""Stretches of time: joined as the tasks join them, and written as they write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audits.facts import SHORTEST


def joined(events: Sequence[tuple[float, float, str]], gap: float, seconds: float) -> list[Any]:
    """Stretches (start, end, label) inside the first seconds, by start and end; those of one
    label that are at most `gap` apart are one."""
    done: list[tuple[float, float, str]] = []
    for label in sorted({event[2] for event in events}):
        mine: list[list[float]] = []
        for start, end in sorted((s, min(e, seconds)) for s, e, name in events if name == label):
            if end - start < SHORTEST:
                continue
            if mine and start - mine[-1][1] <= gap:
                mine[-1][1] = max(mine[-1][1], end)
            else:
                mine.append([start, end])
        done += [(start, end, label) for start, end in mine]
    return sorted(done)


def written(spans: Sequence[tuple[float, float, str]]) -> str:
    """Stretches as text."""
    return "; ".join(f"{start:.2f}-{end:.2f} {label}" for start, end, label in spans)
