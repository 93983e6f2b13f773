"""The plan of a build: its work units, fixed by the data and the options alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Source:
    """A corpus as the plan sees it.

    Args:
        corpus: the corpus.
        shards: its shards by split.
        metadata: size of each of its metadata files, bytes.
    """

    corpus: Corpus
    shards: Mapping[str, Sequence[Shard]]
    metadata: Mapping[str, int]

    @classmethod
    def of(cls, corpus: Corpus) -> Source:
        """Read what the plan needs of a corpus."""
        folder = corpus.folder
        sizes = {file: folder.size(file) for file in corpus.metadata if folder.exists(file)}
        return cls(corpus, corpus.shards(), sizes)


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
    sources = [Source.of(corpus) for corpus in corpora]
    units = [
        unit
        for config in configs
        for split in SPLITS
        if not splits or split in splits
        for source in sources
        if get_task(config).serves(source.corpus)
        for unit in _units(get_task(config), sources, source, split, options)
    ]
    if not units:
        keys = ", ".join(corpus.key for corpus in corpora)
        wanted = ", ".join(configs) + (f" in {', '.join(splits)}" if splits else "")
        raise AudioFlanError(f"the corpora found ({keys}) serve none of: {wanted}")
    return units


def _units(
    task: Task, sources: Sequence[Source], source: Source, split: str, options: Options
) -> Iterator[Unit]:
    shards = tuple(filter(task.reads, source.shards.get(split, ())))
    groups = [(shard,) for shard in shards] if options.limit is None else [shards] * bool(shards)
    for group in groups:
        # The draws of a simulated task depend on every corpus that its pools come from.
        read = sources if isinstance(task, SimulatedTask) else [source]
        parts = {
            "version": audio_flan.__version__,
            "task": task.config,
            "template": task_template(task.config).digest,
            "corpus": source.corpus.key,
            "shards": [asdict(shard) for shard in group],
            "metadata": {s.corpus.key: s.metadata for s in read},
            "options": asdict(options),
        }
        key = blake2b(json.dumps(parts, default=sorted).encode(), digest_size=10).hexdigest()
        yield Unit(task.config, source.corpus.key, split, group, key)
