"""What a build reads: a digest of each shard's annotations and audio files, and their number.

The digest is of what a reader makes of the files, whichever these are: a line that changes, an
annotation beside the audio, or an audio file that was missing concerns the shards with that clip.
Audio counts by its size; where the corpus lies does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from hashlib import blake2b
from operator import attrgetter

from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.media.audio import AudioRef
from audio_flan.media.files import file_size
from audio_flan.model.clip import ANNOTATIONS, Clip, Reject
from audio_flan.model.labels import Labels

EXAMPLE_CLIPS = 16
"""Clips of a shard from which the size of what is made of them is estimated."""

DIGEST_BYTES = 10

PLAIN = frozenset({type(None), str, int, float, bool})
"""Types whose `repr` is the same on every machine."""


@dataclass(frozen=True, slots=True)
class Input:
    """A shard as it was found.

    Args:
        digest: hash of its clips and rejects, and of the sizes of their audio files.
        clips: number of its clips.
        examples: `EXAMPLE_CLIPS` of them or more, evenly spread; all where there are fewer.
    """

    digest: str
    clips: int
    examples: tuple[Clip, ...]


def read_input(corpus: Corpus, shard: Shard, on_clip: Callable[[Clip], None]) -> Input:
    """Read the metadata of a shard; no audio is opened.

    Args:
        corpus: the corpus.
        shard: one of its shards.
        on_clip: called with each clip.
    """
    digest = blake2b(digest_size=DIGEST_BYTES)
    facts_of = attrgetter("id", "audio", *sorted(corpus.provides & ANNOTATIONS))
    examples: list[Clip] = []
    count, step = 0, 1
    for clip in corpus.clips(shard):
        if isinstance(clip, Reject):
            digest.update(repr(clip).encode())
            continue
        facts = [v if type(v) in PLAIN else _facts(v) for v in facts_of(clip)]
        digest.update(repr(facts).encode("utf-8", "surrogatepass"))
        if count % step == 0:
            examples.append(clip)
            if len(examples) == 2 * EXAMPLE_CLIPS:
                examples, step = examples[::2], 2 * step
        count += 1
        on_clip(clip)
    return Input(digest.hexdigest(), count, tuple(examples))


def _facts(value: object) -> object:
    """A value as numbers, texts and lists whose `repr` is the same on every machine."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, Labels):
        return value.values
    if isinstance(value, AudioRef):
        size = file_size(value.path, value.member)
        return [value.name, value.start, value.end, value.channel, size]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_facts(item) for item in value]
    assert is_dataclass(value)
    return [_facts(getattr(value, field.name)) for field in fields(value)]


def digest_of(texts: Iterable[str]) -> str:
    """One digest of several texts, in their order."""
    return blake2b("\x1f".join(texts).encode(), digest_size=DIGEST_BYTES).hexdigest()
