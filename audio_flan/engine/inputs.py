"""What a build reads: a digest of each shard's annotations and audio files, and their number.

The digest is of what a reader makes of the files, whichever these are: a line that changes, an
annotation beside the audio, or an audio file that was missing concerns the shards with that clip.
Audio counts by its size; where the corpus lies does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from hashlib import blake2b
from heapq import nsmallest

from audio_flan.audio import AudioRef
from audio_flan.clip import ANNOTATIONS, Clip, Reject
from audio_flan.corpora.base import Corpus, Shard
from audio_flan.selection import draw
from audio_flan.slots import Labels
from audio_flan.storage import file_size

SAMPLED_CLIPS = 16
"""Clips of a shard from which the size of what is made of them is estimated."""

DIGEST_BYTES = 10


@dataclass(frozen=True, slots=True)
class Input:
    """A shard as it was found.

    Args:
        digest: hash of its clips and rejects, and of the sizes of their audio files.
        clips: number of its clips.
        sample: up to `SAMPLED_CLIPS` of them, in their order, drawn by a hash of their ids.
    """

    digest: str
    clips: int
    sample: tuple[Clip, ...]


def read_input(corpus: Corpus, shard: Shard, on_clip: Callable[[Clip], None]) -> Input:
    """Read the metadata of a shard; no audio is opened.

    Args:
        corpus: the corpus.
        shard: one of its shards.
        on_clip: called with each clip.
    """
    digest = blake2b(digest_size=DIGEST_BYTES)
    names = sorted(corpus.provides & ANNOTATIONS)
    sampled: list[tuple[int, int, Clip]] = []
    count = 0
    for clip in corpus.clips(shard):
        if isinstance(clip, Reject):
            digest.update(repr(clip).encode())
            continue
        digest.update(repr(_facts_of(clip, names)).encode("utf-8", "surrogatepass"))
        sampled.append((draw(0, "", corpus.key, clip.id), count, clip))
        if len(sampled) > 64 * SAMPLED_CLIPS:
            sampled = nsmallest(SAMPLED_CLIPS, sampled)
        count += 1
        on_clip(clip)
    chosen = sorted(nsmallest(SAMPLED_CLIPS, sampled), key=lambda entry: entry[1])
    return Input(digest.hexdigest(), count, tuple(clip for _, _, clip in chosen))


def _facts_of(clip: Clip, names: Iterable[str]) -> list[object]:
    return [clip.id, *_audio_facts(clip.audio), *(_facts(getattr(clip, name)) for name in names)]


def _facts(value: object) -> object:
    """A value as numbers, texts and lists whose `repr` is the same on every machine."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Labels):
        return value.values
    if isinstance(value, AudioRef):
        return _audio_facts(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_facts(item) for item in value]
    assert is_dataclass(value)
    return [_facts(getattr(value, field.name)) for field in fields(value)]


def _audio_facts(audio: AudioRef) -> list[object]:
    size = file_size(audio.path, audio.member)
    return [audio.name, audio.start, audio.end, audio.channel, size]


def digest_of(texts: Iterable[str]) -> str:
    """One digest of several texts, in their order."""
    return blake2b("\x1f".join(texts).encode(), digest_size=DIGEST_BYTES).hexdigest()
