"""A bound on the number of instances of each task, dealt out to its corpora before the build."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Sequence

from audio_flan.corpora.contract import Corpus
from audio_flan.generate.selection import DRAW_BITS, draw, shares
from audio_flan.model.clip import Clip
from audio_flan.tasks import get_task


class Draws:
    """What the clips of each task and corpus drew, and the bound below which clips are used.

    Memory is 8 bytes for each task that a clip serves.

    Args:
        cap: the most instances of a task; None for no bound.
        seed: seed of the draws.
    """

    def __init__(self, cap: int | None, seed: int) -> None:
        self._cap, self._seed = cap, seed
        self._draws: dict[tuple[str, str], array[int]] = defaultdict(lambda: array("Q"))

    def recorder(self, corpus: Corpus, configs: Sequence[str]) -> Callable[[Clip], None]:
        """What to call for each clip of a shard.

        Args:
            corpus: the corpus.
            configs: config names of the tasks that read the shard.
        """
        if self._cap is None:
            return lambda clip: None
        tasks = {config: get_task(config).needed_of(corpus) for config in configs}

        def record(clip: Clip) -> None:
            for config, fields in tasks.items():
                if all(getattr(clip, field) is not None for field in fields):
                    number = draw(self._seed, config, corpus.key, clip.id)
                    self._draws[config, corpus.key].append(number)

        return record

    def bounds(self) -> dict[tuple[str, str], int]:
        """The bound of each task and corpus; none without a cap."""
        by_config: dict[str, dict[str, array[int]]] = defaultdict(dict)
        for (config, corpus), numbers in self._draws.items():
            by_config[config][corpus] = numbers
        bounds = {}
        for config, numbers_of in by_config.items():
            assert self._cap is not None
            taken = shares(self._cap, {key: len(numbers) for key, numbers in numbers_of.items()})
            for corpus, numbers in numbers_of.items():
                bounds[config, corpus] = _bound(numbers, taken[corpus])
        return bounds


def _bound(numbers: array[int], count: int) -> int:
    """The bound below which exactly the given count of numbers lies."""
    import numpy as np

    if count >= len(numbers):
        return 1 << DRAW_BITS
    return int(np.partition(np.frombuffer(numbers, np.uint64), count)[count])
