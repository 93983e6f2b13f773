"""The pairs of a task and a corpus that serves it: all of them, or a cover for the default run.

A cover holds two unlike corpora for each task and one task at least for each corpus. It follows
from the registries alone, so that a new corpus or task is in it by existing.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import combinations
from typing import Any

import pytest

from audio_flan.corpora import corpus_class, corpus_classes
from audio_flan.tasks import get_task, task_configs

Pair = tuple[str, str]
"""Config of a task, key of a corpus."""


def chosen_pairs(config: pytest.Config) -> tuple[Pair, ...]:
    """The pairs of this run."""
    return all_pairs() if config.getoption("all_pairs") else cover()


@cache
def all_pairs() -> tuple[Pair, ...]:
    """Every pair, by task and corpus."""
    return tuple((config, key) for config in task_configs() for key in serving(config))


@cache
def serving(config: str) -> tuple[str, ...]:
    """Keys of the corpora that serve a task."""
    return tuple(cls.key for cls in corpus_classes() if get_task(config).serves(cls))


@cache
def cover() -> tuple[Pair, ...]:
    """Two unlike corpora for each task, and the rarest task for each corpus left over."""
    uses: Counter[str] = Counter()
    found: set[Pair] = set()

    def take(config: str, key: str) -> None:
        uses[key] += 1
        found.add((config, key))

    # The tasks that have no choice come first: the others then take the corpora less used.
    for config in sorted(task_configs(), key=lambda config: len(serving(config))):
        for key in _two_unlike(config, uses):
            take(config, key)
    rarest: dict[str, str] = {}
    for config, key in sorted(all_pairs(), key=lambda pair: len(serving(pair[0]))):
        rarest.setdefault(key, config)
    for key in rarest.keys() - uses.keys():
        take(rarest[key], key)
    return tuple(pair for pair in all_pairs() if pair in found)


def _two_unlike(config: str, uses: Counter[str]) -> tuple[str, ...]:
    """The two corpora that differ in most; of several such, the two used least so far."""
    keys = serving(config)
    if len(keys) < 2:
        return keys

    def rank(two: tuple[str, str]) -> tuple[int, int]:
        one, other = (traits(config, key) for key in two)
        unlike = sum(a != b for a, b in zip(one, other, strict=True))
        return unlike, -sum(uses[key] for key in two)

    return max(combinations(keys, 2), key=rank)


def traits(config: str, key: str) -> tuple[Any, ...]:
    """What may make a task behave otherwise on a corpus than on another.

    Returns:
        The kind of its reader, its domain and languages, the fields that the task takes from it,
        and the closed label sets of these.
    """
    cls, task = corpus_class(key), get_task(config)
    fields = task.needed_of(cls)
    labels = [cls.labels.get(field) for field in fields]
    return cls.__bases__[0], cls.domain, cls.languages, fields, labels
