"""Running tasks over corpora in tests. What is found in a folder is kept: nobody may change it.

As a script it prints a hash of the first rows of each pair, for a test in other processes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from audio_flan.corpora import corpus_classes
from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.generate.generation import Generation
from audio_flan.generate.pools import draw_pools
from audio_flan.generate.tally import Tally
from audio_flan.model.clip import Reject
from audio_flan.model.instance import Instance
from audio_flan.tasks import get_task
from audio_flan.tasks.contract import Pool


class Run(NamedTuple):
    """One task over one split of a corpus."""

    instances: list[Instance]
    tally: Tally
    rejects: list[Reject]

    def rows(self) -> list[dict[str, Any]]:
        return [instance.row() for instance in self.instances]


@lru_cache(maxsize=2)
def open_corpora(root: Path) -> Mapping[str, Corpus]:
    """The corpora in a folder, by key."""
    corpora = {cls.key: cls.find(str(root)) for cls in corpus_classes()}
    return {key: corpus for key, corpus in corpora.items() if corpus}


@lru_cache(maxsize=4)
def pools_of(root: Path, config: str, split: str) -> Mapping[str, Pool]:
    """What a task draws from: auxiliary clips of all corpora in a folder."""
    return draw_pools(get_task(config), list(open_corpora(root).values()), split)


def generate(
    root: Path,
    config: str,
    key: str,
    split: str,
    *,
    seed: int = 0,
    shards: Iterable[Shard] | None = None,
    limit: int | None = None,
) -> Run:
    """A task over a split of a corpus, or over some shards of it."""
    corpus, task = open_corpora(root)[key], get_task(config)
    pools = pools_of(root, config, split)
    generation = Generation(task, corpus, split, seed=seed, pools=pools)
    shards = filter(task.reads, corpus.shards()[split] if shards is None else shards)
    instances = list(generation.instances(shards, limit))
    return Run(instances, generation.tally, generation.rejects)


def splits_of(root: Path, config: str, key: str) -> list[str]:
    """The splits of a corpus that have something for a task."""
    task, splits = get_task(config), open_corpora(root)[key].shards()
    return [split for split, shards in splits.items() if any(map(task.reads, shards))]


@lru_cache(maxsize=8)
def runs(root: Path, config: str, key: str, seed: int = 0) -> Mapping[str, Run]:
    """A task over all splits of a corpus."""
    splits = splits_of(root, config, key)
    return {split: generate(root, config, key, split, seed=seed) for split in splits}


def rows(root: Path, config: str, key: str, seed: int = 0) -> list[dict[str, Any]]:
    """The rows of a task over all splits of a corpus."""
    return [row for run in runs(root, config, key, seed).values() for row in run.rows()]


def digests(root: Path, pairs: Iterable[tuple[str, str]], limit: int | None) -> dict[str, str]:
    """A hash of the rows of each task and corpus."""
    found = {}
    for config, key in pairs:
        made = sha256()
        for split in splits_of(root, config, key):
            made.update(repr(generate(root, config, key, split, limit=limit).rows()).encode())
        found[f"{config} {key}"] = made.hexdigest()
    return found


if __name__ == "__main__":
    print(json.dumps(digests(Path(sys.argv[1]), *json.loads(sys.argv[2]))))
