"""The plan of a build: its work units, fixed by the data and the options alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import chain
from typing import Any

from audio_flan.build.caps import Draws
from audio_flan.build.code_digest import code_digest
from audio_flan.build.inputs import Input, digest_of, read_input
from audio_flan.build.options import CorpusShard, Options, Plan, Unit
from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.corpora.read.folder import forget_listings
from audio_flan.corpora.rows import forget_clips
from audio_flan.dataset.gc_pause import gc_pause
from audio_flan.errors import AudioFlanError
from audio_flan.generate.pools import pool_shards
from audio_flan.media.files import forget_sizes
from audio_flan.model.splits import SPLITS, check_split
from audio_flan.tasks import get_task
from audio_flan.tasks.contract import SimulatedTask
from audio_flan.version import __version__
from audio_flan.wording.template import template_digest

CORE = (
    "audio_flan.generate.generation",
    "audio_flan.generate.pools",
    "audio_flan.dataset.parquet",
)
"""The modules that make rows and files of all tasks and corpora."""

TEST = SPLITS[-1]


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
        raise AudioFlanError(f"the corpora found ({keys}) serve none of these tasks: {wanted}")
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
    together: dict[tuple[str, tuple[Any, ...]], list[Unit]] = {}
    for unit in units:
        together.setdefault((unit.corpus, unit.shards[0].part), []).append(unit)
    return list(chain.from_iterable(together.values()))


@gc_pause()
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
    forget_listings()
    units = make_units(corpora, configs, splits, options)
    by_key = {corpus.key: corpus for corpus in corpora}
    pools = _Pools(corpora)
    draws = Draws(options.per_task_cap, options.seed)
    readers = _readers(by_lines(units), pools)
    inputs: dict[CorpusShard, Input] = {}
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
            {
                key: digest_of(inputs[key, shard].digest for shard in shards)
                for key, shards in pools.read_by(unit).items()
            },
        )
        for unit in units
    )
    asked = tuple((config, split) for config in configs for split in splits or SPLITS)
    return Plan(tuple(keyed), options, asked, inputs)


def _readers(units: Sequence[Unit], pools: _Pools) -> dict[CorpusShard, list[str]]:
    """The tasks that are made from each shard that is read; none of one read for pools only."""
    readers: dict[CorpusShard, list[str]] = {}
    for unit in units:
        for shard in unit.shards:
            readers.setdefault((unit.corpus, shard), []).append(unit.config)
    for unit in units:
        for key, shards in pools.read_by(unit).items():
            for shard in shards:
                readers.setdefault((key, shard), [])
    return readers


class _Pools:
    """Which shards the auxiliary clips of a unit are drawn from.

    The key of a unit holds a digest for each corpus that gives clips to its pools. So a corpus that
    is added or removed changes the keys of all units that draw such clips, and they are made again:
    some of their rows may draw from it. The others come out as they were, see `Pool`.
    """

    def __init__(self, corpora: Sequence[Corpus]) -> None:
        self._corpora = corpora
        self._shards: dict[tuple[str, str], dict[str, list[Shard]]] = {}

    def read_by(self, unit: Unit) -> dict[str, list[Shard]]:
        """The shards that a unit draws from, by the key of their corpus."""
        key = unit.config, unit.split
        if key not in self._shards:
            self._shards[key] = dict(self._by_corpus(*key))
        return self._shards[key]

    def _by_corpus(self, config: str, split: str) -> Iterator[tuple[str, list[Shard]]]:
        task = get_task(config)
        roles = task.auxiliary.values() if isinstance(task, SimulatedTask) else ()
        for corpus in self._corpora if roles else ():
            shards = chain.from_iterable(pool_shards(fields, corpus, split) for fields in roles)
            if read := list(dict.fromkeys(shards)):
                yield corpus.key, read


def _keyed(
    unit: Unit, corpus: Corpus, options: Options, inputs: list[str], pools: dict[str, str]
) -> Unit:
    task = get_task(unit.config)
    parts = {
        "version": __version__,
        "sources": code_digest(*CORE, type(corpus).__module__, type(task).__module__),
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
    """A hash of units that needs no pass through the metadata: it is made of the file sizes.

    Args:
        corpora: the corpora that are there.
        units: as `make_units` gives them.
    """
    sizes = {
        corpus.key: {file: corpus.folder.size(file) for file in corpus.files_to_recognise()}
        for corpus in corpora
    }
    templates = {unit.config: template_digest(unit.config) for unit in units}
    parts = [__version__, sizes, templates, [asdict(unit) for unit in units]]
    return digest_of([json.dumps(parts, default=sorted)])
