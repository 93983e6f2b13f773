"""Pools of auxiliary clips, which simulated tasks draw from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.errors import Unusable
from audio_flan.media.audio import probe
from audio_flan.model.clip import Clip
from audio_flan.tasks.contract import Pool, SimulatedTask, Task

CLIPS_PER_CORPUS = 1024
"""Clips that each corpus gives to a pool, its first that can be read: a fixed number, so that no
corpus changes what another gives.

A clip takes 0.8 to 1.3 kB: a pool of 20 corpora takes at most 27 MB, one of 52 at most 70 MB.
"""


def draw_pools(task: Task, corpora: Sequence[Corpus], split: str) -> dict[str, Pool]:
    """The auxiliary clips of a simulated task, of one split, from all corpora that provide them.

    Args:
        task: any task; one that is not simulated needs none.
        corpora: the corpora that are there.
        split: the split of the clips that they will be mixed with.
    """
    if not isinstance(task, SimulatedTask):
        return {}
    roles = task.auxiliary
    pools = {fields: _pool(fields, corpora, split) for fields in dict.fromkeys(roles.values())}
    return {role: pools[fields] for role, fields in roles.items()}


def pool_shards(fields: frozenset[str], corpus: Corpus, split: str) -> list[Shard]:
    """The shards of a corpus whose clips may be in a pool.

    Args:
        fields: annotation fields that the clips of the pool have.
        corpus: any corpus.
        split: the split of the pool.
    """
    if not fields <= corpus.provides:
        return []
    return [
        shard
        for shard in corpus.shards().get(split, ())
        if shard.provides is None or fields <= shard.provides
    ]


def _pool(fields: frozenset[str], corpora: Sequence[Corpus], split: str) -> Pool:
    return Pool(
        clip
        for corpus in corpora
        for clip in islice(_usable_clips(fields, corpus, split), CLIPS_PER_CORPUS)
    )


def _usable_clips(fields: frozenset[str], corpus: Corpus, split: str) -> Iterator[Clip]:
    for shard in pool_shards(fields, corpus, split):
        for clip in corpus.clips(shard):
            if isinstance(clip, Clip) and all(getattr(clip, name) for name in fields):
                try:
                    probe(clip.audio)
                except Unusable:
                    continue
                yield clip
