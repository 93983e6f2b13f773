"""The plan of a build: its work units, fixed by the data and the options alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import TypeAlias

import audio_flan
from audio_flan.corpora.base import SPLITS, Corpus, Shard, forget_clips
from audio_flan.corpora.tables import Range
from audio_flan.engine.caps import Draws
from audio_flan.engine.garbage import collecting_rarely
from audio_flan.engine.inputs import Input, digest_of, read_input
from audio_flan.engine.sources import source_digest
from audio_flan.errors import AudioFlanError, UnknownNameError
from audio_flan.selection import Selection
from audio_flan.storage import forget_sizes
from audio_flan.tasks import get_task, task_configs
from audio_flan.tasks.base import SimulatedTask
from audio_flan.template import template_digest

CORE = ("audio_flan.generate", "audio_flan.engine.parquet")
"""The modules that make rows and files of all tasks and corpora."""

TEST = SPLITS[-1]

Place: TypeAlias = tuple[str, Shard]
"""A shard, by the key of its corpus."""


@dataclass(frozen=True, slots=True)
class Options:
    """What changes the instances of a build.

    Args:
        seed: seed of all draws.
        limit: the most instances for each task, corpus and split; None for all.
        verify: decode all audio that is carried.
        stop_at_reject: raise at the first clip that can not be used.
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
            numbered; empty in a plan that nothing is written of.
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
        asked: the configs and splits that were asked for; what is built of them before, and not
            planned now, goes.
        inputs: what was found of each shard, by key of the corpus.
    """

    units: tuple[Unit, ...]
    options: Options
    asked: tuple[tuple[str, str], ...]
    inputs: Mapping[Place, Input]

    @property
    def digest(self) -> str:
        """One hash of all units."""
        return digest_of([unit.key for unit in self.units])

    def clips_of(self, unit: Unit) -> int:
        """How many clips a unit reads."""
        return sum(self.inputs[unit.corpus, shard].clips for shard in unit.shards)


def choose_tasks(names: Sequence[str] | None) -> list[str]:
    """The config names asked for, in the order of the taxonomy.

    Args:
        names: config names; None for all that can be built with the packages that are installed.

    Raises:
        UnknownNameError: there is no such task.
        AudioFlanError: a task that was asked for needs a package that is not installed.
    """
    if not names:
        return [config for config in task_configs() if not get_task(config).missing_packages]
    for name in names:
        if missing := get_task(name).missing_packages:
            raise AudioFlanError(
                f"task {name!r} needs {', '.join(missing)}; install audio-flan[simulate]"
            )
    return [config for config in task_configs() if config in names]


def left_out() -> list[str]:
    """The tasks that can not be built because a package is not installed."""
    return [config for config in task_configs() if get_task(config).missing_packages]


def choose_corpora(corpora: Sequence[Corpus], options: Options) -> list[Corpus]:
    """The corpora that may be used under their licences.

    Raises:
        UnknownNameError: no corpus has such a licence.
        AudioFlanError: none of the corpora may be used.
    """
    there = sorted({corpus.license for corpus in corpora})
    for license in options.licenses:
        if license not in there:
            raise UnknownNameError("license among the corpora found", license, there)
    chosen = [
        corpus
        for corpus in corpora
        if (not options.licenses or corpus.license in options.licenses)
        and (corpus.commercial or not options.commercial)
    ]
    if not chosen:
        found = ", ".join(f"{corpus.key}: {corpus.license}" for corpus in corpora)
        raise AudioFlanError(f"none of the corpora found may be used ({found})")
    return chosen


def check_split(split: str | None) -> None:
    """Check the name of a split, or of a slice of one such as "train[:10%]".

    Raises:
        UnknownNameError: there is no such split.
    """
    for part in split.split("+") if split else ():
        if part.split("[")[0] not in SPLITS:
            raise UnknownNameError("split", part.split("[")[0], SPLITS)


def make_units(
    corpora: Sequence[Corpus],
    configs: Sequence[str],
    splits: Sequence[str] | None,
    options: Options,
) -> list[Unit]:
    """The work units, by task, split, corpus and shard, without their keys; reads little.

    Args:
        corpora: the corpora that are there.
        configs: config names of the tasks.
        splits: splits to keep; None for all.
        options: what changes the instances.

    Raises:
        UnknownNameError: there is no such split or task.
        AudioFlanError: none of the corpora serves any of the tasks.
    """
    for split in splits or ():
        check_split(split)
    for config in options.unseen:
        get_task(config)
    shards = {corpus.key: corpus.shards() for corpus in corpora}
    units = [
        Unit(config, corpus.key, split, group)
        for config in configs
        for split in SPLITS
        if (not splits or split in splits) and (config not in options.unseen or split == TEST)
        for corpus in corpora
        if get_task(config).serves(corpus)
        for group in _groups(config, shards[corpus.key].get(split, ()), options)
    ]
    if not units:
        keys = ", ".join(corpus.key for corpus in corpora)
        wanted = ", ".join(configs) + (f" in {', '.join(splits)}" if splits else "")
        raise AudioFlanError(f"the corpora found ({keys}) serve none of: {wanted}")
    return units


def _groups(config: str, shards: Sequence[Shard], options: Options) -> Iterator[tuple[Shard, ...]]:
    read = tuple(filter(get_task(config).reads, shards))
    if options.limit is None:
        yield from ((shard,) for shard in read)
    elif read:
        yield read


def by_lines(units: Sequence[Unit]) -> list[Unit]:
    """Units in the order to run them: those that read the same lines of a corpus, of all splits
    and tasks, follow one another, so that metadata is parsed once and audio is still in memory."""
    together: dict[tuple[str, str, Range | None], list[Unit]] = {}
    for unit in units:
        first = unit.shards[0]
        together.setdefault((unit.corpus, first.file, first.part), []).append(unit)
    return list(chain.from_iterable(together.values()))


@collecting_rarely()
def make_plan(
    corpora: Sequence[Corpus],
    configs: Sequence[str],
    splits: Sequence[str] | None,
    options: Options,
    on_read: Callable[[int, int], None] = lambda done, total: None,
) -> Plan:
    """The work units with their keys; reads all metadata, and no audio.

    Args:
        corpora, configs, splits, options: as for `make_units`.
        on_read: called after each shard with the number of shards read and of all.

    Raises:
        UnknownNameError, AudioFlanError: as `make_units`.
        CorpusLayoutError: a metadata file is not what the publisher distributes.
    """
    forget_sizes()
    forget_clips()
    units = make_units(corpora, configs, splits, options)
    by_key = {corpus.key: corpus for corpus in corpora}
    pools = _Pools(corpora)
    draws = Draws(options.per_task_cap, options.seed)
    readers = _readers(by_lines(units), pools)
    inputs: dict[Place, Input] = {}
    for number, ((key, shard), tasks) in enumerate(readers.items(), 1):
        inputs[key, shard] = read_input(by_key[key], shard, draws.recorder(by_key[key], tasks))
        on_read(number, len(readers))
    bounds = draws.bounds()
    keyed = (
        _keyed(
            replace(unit, below=bounds.get((unit.config, unit.corpus))),
            by_key[unit.corpus],
            options,
            [inputs[unit.corpus, shard].digest for shard in unit.shards],
            [inputs[place].digest for place in pools.read_by(unit)],
        )
        for unit in units
    )
    asked = tuple((config, split) for config in configs for split in splits or SPLITS)
    return Plan(tuple(keyed), options, asked, inputs)


def _readers(units: Sequence[Unit], pools: _Pools) -> dict[Place, list[str]]:
    """The tasks that are made from each shard that is read; none of one read for pools only."""
    readers: dict[Place, list[str]] = {}
    for unit in units:
        for shard in unit.shards:
            readers.setdefault((unit.corpus, shard), []).append(unit.config)
    for unit in units:
        for place in pools.read_by(unit):
            readers.setdefault(place, [])
    return readers


class _Pools:
    """Which shards the auxiliary clips of a unit are drawn from."""

    def __init__(self, corpora: Sequence[Corpus]) -> None:
        self._corpora = corpora
        self._places: dict[tuple[str, str], list[Place]] = {}

    def read_by(self, unit: Unit) -> list[Place]:
        task = get_task(unit.config)
        if not isinstance(task, SimulatedTask):
            return []
        place = unit.config, unit.split
        if place not in self._places:
            shards = self._shards(task.auxiliary.values(), unit.split)
            self._places[place] = list(dict.fromkeys(shards))
        return self._places[place]

    def _shards(self, roles: Iterable[frozenset[str]], split: str) -> Iterator[Place]:
        for fields in roles:
            for corpus in self._corpora:
                if fields <= corpus.provides:
                    for shard in corpus.shards().get(split, ()):
                        yield corpus.key, shard


def _keyed(
    unit: Unit, corpus: Corpus, options: Options, inputs: list[str], pools: list[str]
) -> Unit:
    task = get_task(unit.config)
    parts = {
        "version": audio_flan.__version__,
        "sources": source_digest(*CORE, type(corpus).__module__, type(task).__module__),
        "template": template_digest(unit.config),
        "unit": (unit.config, unit.corpus, unit.split),
        "labels": sorted(corpus.labels.items()),
        "inputs": inputs,
        "pools": pools,
        "seed": options.seed,
        "limit": options.limit,
        "verify": options.verify,
        "seconds": (options.min_seconds, options.max_seconds),
        "below": unit.below,
        "unseen": unit.config in options.unseen,
    }
    return replace(unit, key=digest_of([json.dumps(parts)]))


def fingerprint(corpora: Sequence[Corpus], units: Sequence[Unit]) -> str:
    """A hash of units that needs no pass through the metadata: it goes by the sizes of its files.

    Args:
        corpora: the corpora that are there.
        units: as `make_units` gives them.
    """
    sizes = {
        corpus.key: {
            file: corpus.folder.size(file) for file in corpus.metadata if corpus.folder.exists(file)
        }
        for corpus in corpora
    }
    templates = {unit.config: template_digest(unit.config) for unit in units}
    parts = [audio_flan.__version__, sizes, templates, [asdict(unit) for unit in units]]
    return digest_of([json.dumps(parts, default=sorted)])
