"""The options, the units and the plan of a build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from audio_flan.build.inputs import Input, digest_of
from audio_flan.corpora.contract import Shard
from audio_flan.generate.selection import Selection

CorpusShard: TypeAlias = tuple[str, Shard]
"""A shard, by the key of its corpus."""


@dataclass(frozen=True, slots=True)
class Options:
    """What changes the instances of a build.

    Args:
        seed: seed of all draws.
        limit: the most instances for each task, corpus and split; None for all.
        verify: decode all audio that is carried.
        stop_at_reject: raise at the first clip that cannot be used.
        min_seconds, max_seconds: bounds of the audio of an instance; None for none.
        per_task_cap: the most instances for each task, drawn evenly over its corpora; None for all.
        unseen: config names of the tasks that are held out of training.
        licenses: SPDX ids of the corpora that may be used; empty for all.
        commercial: whether only corpora are used whose licence allows commercial use.
    """

    seed: int = 0
    limit: int | None = None
    verify: bool = False
    stop_at_reject: bool = False
    min_seconds: float | None = None
    max_seconds: float | None = None
    per_task_cap: int | None = None
    unseen: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    commercial: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of work: one task over one shard of a corpus (all shards under a limit).

    Args:
        config: config name of the task.
        corpus: key of the corpus.
        split: the split.
        shards: what to read.
        below: bound of the clips' draws, see `Selection`.
        key: hash of all that its output depends on, and the name of its files until they are all
            numbered; empty in a plan that is not written.
    """

    config: str
    corpus: str
    split: str
    shards: tuple[Shard, ...]
    below: int | None = None
    key: str = ""

    def selection(self, options: Options) -> Selection:
        """Which of its instances are kept."""
        return Selection(options.min_seconds, options.max_seconds, self.below, options.seed)


@dataclass(frozen=True)
class Plan:
    """The units of a build and what they read.

    Args:
        units: by task, split, corpus and shard.
        options: what they are made with.
        asked: the requested configs and splits; what an earlier build made of them and this plan
            does not contain is removed.
        inputs: what was found of each shard, by key of the corpus.
    """

    units: tuple[Unit, ...]
    options: Options
    asked: tuple[tuple[str, str], ...]
    inputs: Mapping[CorpusShard, Input]

    @property
    def digest(self) -> str:
        """One hash of all units."""
        return digest_of([unit.key for unit in self.units])

    def clips_of(self, unit: Unit) -> int:
        """How many clips a unit reads."""
        return sum(self.inputs[unit.corpus, shard].clips for shard in unit.shards)
