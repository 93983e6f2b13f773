"""What a check finds: every fault is counted, the first of each kind are kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

SHOWN = 5
"""Findings of a kind that are kept."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault.

    Args:
        kind: which rule is broken: "markers", "duplicate-uuid", …
        file: name of the file in the dataset; it tells config and split.
        uuid: the row; empty where it is no row's fault.
        detail: what was found.
    """

    kind: str
    file: str
    uuid: str
    detail: str


@dataclass(slots=True)
class Findings:
    """The faults of a dataset, in memory that does not grow with their number.

    Attributes:
        counts: number of faults by kind, in the order in which the kinds were first found.
        shown: the first `SHOWN` faults of each kind.
    """

    counts: Counter[str] = field(default_factory=Counter)
    shown: list[Finding] = field(default_factory=list)

    def add(self, kind: str, file: str, detail: str, uuid: str = "") -> None:
        """Count a fault, and keep it if it is one of the first of its kind."""
        if self.counts[kind] < SHOWN:
            self.shown.append(Finding(kind, file, uuid, detail))
        self.counts[kind] += 1

    def count(self, kind: str, number: int) -> None:
        """Count faults that are not shown."""
        self.counts[kind] += number
