"""The ledger of what was seen where: against a dictionary, and in the memory that it promises."""

from __future__ import annotations

import random
import tracemalloc
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_flan.check import ledger as module
from audio_flan.check.ledger import Ledger

LARGEST = 2**64 - 1
BYTES_PER_ENTRY = 40


def by_dictionary(entries: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Conflicts of (key, value) entries, the row of each of which is its number."""
    seen: dict[int, dict[int, int]] = defaultdict(dict)
    for row, (key, value) in enumerate(entries):
        seen[key].setdefault(value, row)
    found = [
        (key, min(rows.values()), row)
        for key, rows in seen.items()
        for row in sorted(rows.values())[1:]
    ]
    return sorted(found, key=lambda conflict: (conflict[2], conflict[0]))


def by_ledger(entries: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    ledger = Ledger()
    for row, (key, value) in enumerate(entries):
        ledger.add(key, value, row)
    return sorted(ledger.conflicts(), key=lambda conflict: (conflict[2], conflict[0]))


keys = st.integers(0, 20) | st.sampled_from([LARGEST, LARGEST - 1, 2**63])


@given(st.lists(st.tuples(keys, st.integers(0, 3) | st.just(LARGEST))))
def test_conflicts_are_those_of_a_dictionary(entries: list[tuple[int, int]]) -> None:
    assert by_ledger(entries) == by_dictionary(entries)


def test_so_they_are_when_it_was_sorted_many_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PENDING", 8)
    draw = random.Random(3)
    entries = [(draw.randrange(3000), draw.randrange(3)) for _ in range(6000)]
    assert by_ledger(entries) == by_dictionary(entries)
    assert len(by_dictionary(entries)) > 1000


def test_an_entry_takes_as_little_as_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PENDING", 64)
    count = 300_000
    draw = random.Random(4)
    tracemalloc.start()
    try:
        ledger = Ledger()
        for row in range(count):
            ledger.add(draw.getrandbits(64), row, row)
        assert list(ledger.conflicts()) == []
        assert tracemalloc.get_traced_memory()[1] < BYTES_PER_ENTRY * count
    finally:
        tracemalloc.stop()
