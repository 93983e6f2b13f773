"""The plan of a build: its work units, fixed by the data and the options alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b

import audio_flan
from audio_flan.corpora.base import SPLITS, Corpus, Shard
from audio_flan.errors import AudioFlanError, UnknownNameError
from audio_flan.tasks import get_task, task_configs, task_template
from audio_flan.tasks.base import SimulatedTask, Task


@dataclass(frozen=True, slots=True)
class Options:
    """What changes the instances of a build.

    Args:
        seed: seed of all draws.
        limit: the most instances for each task, corpus and split; None for all.
        verify: decode all audio that is carried.
        stop_at_reject: raise at the first clip that can not be used.
    """

    seed: int = 0
    limit: int | None = None
    verify: bool = False
    stop_at_reject: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of work: one task over one shard of a corpus (all shards under a limit).

    Args:
        config: config name of the task.
        corpus: key of the corpus.
        split: the split.
        shards: what to read.
        key: hash of all that its output depends on.
    """

    config: str
    corpus: str
    split: str
    shards: tuple[Shard, ...]
    key: str


def choose_tasks(names: Sequence[str] | None) -> list[str]:
    """The config names asked for, in the order of the taxonomy; all that can be built for None.

    Raises:
        UnknownNameError: there is no such task.
    """
    for name in names or ():
        get_task(name)
    return [config for config in task_configs() if not names or config in names]


def check_split(split: str | None) -> None:
    """Check the name of a split, or of a slice of one such as "train[:10%]".

    Raises:
        UnknownNameError: there is no such split.
    """
    for part in split.split("+") if split else ():
        if part.split("[")[0] not in SPLITS:
            raise UnknownNameError("split", part.split("[")[0], SPLITS)


def make_plan(
    corpora: Sequence[Corpus],
    configs: Sequence[str],
    splits: Sequence[str] | None,
    options: Options,
) -> list[Unit]:
    """The work units, by task, split, corpus and shard.

    Args:
        corpora: the corpora that are there.
        configs: config names of the tasks.
        splits: splits to keep; None for all.
        options: what changes the instances.

    Raises:
        UnknownNameError: there is no such split.
        AudioFlanError: none of the corpora serves any of the tasks.
    """
    for split in splits or ():
        check_split(split)
    shards = {corpus.key: corpus.shards() for corpus in corpora}
    units = [
        unit
        for config in configs
        for split in SPLITS
        if not splits or split in splits
        for corpus in corpora
        if get_task(config).serves(corpus)
        for unit in _units(get_task(config), corpora, corpus, shards[corpus.key], split, options)
    ]
    if not units:
        keys = ", ".join(corpus.key for corpus in corpora)
        wanted = ", ".join(configs) + (f" in {', '.join(splits)}" if splits else "")
        raise AudioFlanError(f"the corpora found ({keys}) serve none of: {wanted}")
    return units


def _units(
    task: Task,
    corpora: Sequence[Corpus],
    corpus: Corpus,
    shards: dict[str, list[Shard]],
    split: str,
    options: Options,
) -> Iterator[Unit]:
    if split not in shards:
        return
    groups = [(shard,) for shard in shards[split]] if options.limit is None else [shards[split]]
    for group in groups:
        key = _key(task, corpora, corpus, tuple(group), options)
        yield Unit(task.config, corpus.key, split, tuple(group), key)


def _key(
    task: Task,
    corpora: Sequence[Corpus],
    corpus: Corpus,
    shards: tuple[Shard, ...],
    options: Options,
) -> str:
    """Hash of the library, the template, the options and the metadata that a unit reads."""
    manifest = {f: corpus.folder.size(f) for f in corpus.metadata if corpus.folder.exists(f)}
    helpers = [c.key for c in corpora] if isinstance(task, SimulatedTask) else []
    parts = {
        "version": audio_flan.__version__,
        "task": task.config,
        "template": task_template(task.config).digest,
        "corpus": corpus.key,
        "shards": [asdict(shard) for shard in shards],
        "metadata": manifest,
        "auxiliary": helpers,
        "options": asdict(options),
    }
    return blake2b(json.dumps(parts).encode(), digest_size=10).hexdigest()
