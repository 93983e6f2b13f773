"""A ledger of what was seen where, for tens of millions of rows: numbers only, in numpy arrays."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BUCKETS = 16
"""Buckets by the hash of the key, of which one at a time is sorted."""

PENDING = 1 << 16
"""Entries of a bucket that are collected before they are sorted in, at least."""


class Ledger:
    """Keys and their values, each with the row where it was first seen.

    An entry takes 24 bytes for each different value of a key, and the sorting of a bucket five
    times as much of its sixteenth: 40 bytes an entry in all.
    """

    def __init__(self) -> None:
        self._buckets = [_Bucket() for _ in range(BUCKETS)]

    def add(self, key: int, value: int, row: int) -> None:
        """Enter a value of a key; all three are below 2**64."""
        self._buckets[key % BUCKETS].add(key, value, row)

    def conflicts(self) -> Iterator[tuple[int, int, int]]:
        """The keys with more than one value: key, first row of the one, first row of another; in
        the order of that other row."""
        import numpy as np

        found = np.concatenate([bucket.conflicts() for bucket in self._buckets])
        for key, first, second in found[found[:, 2].argsort(kind="stable")]:
            yield int(key), int(first), int(second)


class _Bucket:
    """A bucket of a ledger: sorted columns (key, value, row), and what is not sorted in yet."""

    def __init__(self) -> None:
        import numpy as np

        self._pending = array("Q")
        self._sorted: NDArray[np.uint64] = np.empty((0, 3), np.uint64)

    def add(self, key: int, value: int, row: int) -> None:
        self._pending.extend((key, value, row))
        # Less often as the bucket grows, so that each entry is sorted only a few times.
        if len(self._pending) > 3 * max(PENDING, len(self._sorted) // 4):
            self._merge()

    def _merge(self) -> None:
        import numpy as np

        entries = np.frombuffer(self._pending, np.uint64).reshape(-1, 3)
        entries = np.concatenate([self._sorted, entries])
        entries = entries[np.lexsort((entries[:, 2], entries[:, 1], entries[:, 0]))]
        again = (entries[1:, :2] == entries[:-1, :2]).all(axis=1)
        self._sorted = entries[np.concatenate([[True], ~again])[: len(entries)]]
        self._pending = array("Q")

    def conflicts(self) -> NDArray[np.uint64]:
        """Rows (key, first row, row of another value) of the keys with more than one value."""
        import numpy as np

        self._merge()
        # By the row in which each value of a key was first seen.
        entries = self._sorted[np.lexsort((self._sorted[:, 2], self._sorted[:, 0]))]
        starts = np.concatenate([[True], entries[1:, 0] != entries[:-1, 0]])[: len(entries)]
        first = entries[starts][np.cumsum(starts) - 1] if len(entries) else entries
        both = np.stack([entries[:, 0], first[:, 2], entries[:, 2]], axis=1)
        found: NDArray[np.uint64] = both[~starts]
        return found
