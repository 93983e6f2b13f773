"""Seeded randomness: draws that depend on a key alone, never on the order of the work."""

from __future__ import annotations

import random
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")


class Rng:
    """Random draws seeded by a key of strings and numbers.

    The generator is made at the first draw: most text tasks never draw.

    Args:
        key: what the draws depend on: (seed, config, corpus, clip id, …).
    """

    __slots__ = ("_key", "_random")

    def __init__(self, *key: object) -> None:
        self._key = key
        self._random: random.Random | None = None

    @property
    def seed(self) -> int:
        """The 64-bit seed made of the key."""
        return int.from_bytes(blake2b(repr(self._key).encode(), digest_size=8).digest(), "big")

    @property
    def _generator(self) -> random.Random:
        if self._random is None:
            self._random = random.Random(self.seed)
        return self._random

    def uniform(self, low: float, high: float) -> float:
        """A number drawn uniformly from [low, high)."""
        return low + (high - low) * self._generator.random()

    def integer(self, low: int, high: int) -> int:
        """An integer drawn uniformly from low to high, both included."""
        return self._generator.randint(low, high)

    def choice(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self._generator.randrange(len(items))]

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """Several different items, in random order."""
        return self._generator.sample(items, count)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All the items in random order."""
        return self._generator.sample(items, len(items))

    def numpy(self) -> np.random.Generator:
        """A numpy generator of the same key, for signals."""
        import numpy as np

        return np.random.Generator(np.random.PCG64(self.seed))
