"""Pools of auxiliary clips, which simulated tasks draw from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from audio_flan.corpora.contract import Corpus
from audio_flan.errors import Unusable
from audio_flan.media.audio import probe
from audio_flan.model.clip import Clip
from audio_flan.tasks.contract import Pool, SimulatedTask, Task

MAX_POOL = 4096
"""Clips of a pool, in equal shares of the corpora: plenty to draw from, and a bounded memory."""


def draw_pools(task: Task, corpora: Sequence[Corpus], split: str) -> dict[str, Pool]:
    """The auxiliary clips of a simulated task, of one split, from all corpora that provide them.

    Args:
        task: any task; one that is not simulated needs none.
        corpora: the corpora that are there.
        split: the split of the clips that they will be mixed with.
    """
    if not isinstance(task, SimulatedTask):
        return {}
    pools = {}
    for role, fields in task.auxiliary.items():
        providing = [corpus for corpus in corpora if fields <= corpus.provides]
        share = MAX_POOL // max(1, len(providing))
        shares = [islice(_pool_clips(fields, corpus, split), share) for corpus in providing]
        pools[role] = Pool(list(chain.from_iterable(shares)))
    return pools


def _pool_clips(fields: frozenset[str], corpus: Corpus, split: str) -> Iterator[Clip]:
    for shard in corpus.shards().get(split, ()):
        provided = corpus.provides if shard.provides is None else shard.provides
        for clip in corpus.clips(shard) if fields <= provided else ():
            if isinstance(clip, Clip) and all(getattr(clip, name) for name in fields):
                try:
                    probe(clip.audio)
                except Unusable:
                    continue
                yield clip
