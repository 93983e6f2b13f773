"""What the tests of every corpus share: reading one, and its contents whatever it lies in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import pytest

from audio_flan.corpora import corpus_class, corpus_classes
from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.read.table import Table
from audio_flan.corpora.rows import Rows
from audio_flan.media import audio
from audio_flan.media.audio import AudioRef
from audio_flan.model.clip import Clip, Reject, Stem
from audio_flan.model.splits import SPLITS

every_corpus = pytest.mark.every_corpus
HEARD = 20
"""Recordings of each split of a real copy that are decoded."""


def folder_name(key: str) -> str:
    """What the publisher's archive unpacks to."""
    return (*corpus_class(key).folders, key)[0]


def tables_of(cls: type[Rows]) -> list[Table]:
    """The tables of a corpus that always has the same."""
    return [cls.table] if cls.table else list(cls.tables.values())


every_table = pytest.mark.parametrize(
    ("key", "file"),
    [
        (cls.key, file)
        for cls in corpus_classes()
        if issubclass(cls, Rows)
        for file in sorted({table.file for table in tables_of(cls)})
    ],
)


def each(corpus: Corpus, *splits: str) -> Iterator[Clip | Reject]:
    """What is in some splits, or in all; one by one, as a real copy may have millions."""
    for split, shards in corpus.shards().items():
        for shard in shards if split in (splits or SPLITS) else ():
            yield from corpus.clips(shard)


def each_clip(corpus: Corpus, *splits: str) -> Iterator[Clip]:
    return (found for found in each(corpus, *splits) if isinstance(found, Clip))


def read(corpus: Corpus) -> list[Clip | Reject]:
    return list(each(corpus))


def clips(corpus: Corpus) -> list[Clip]:
    """The clips of a miniature."""
    found = read(corpus)
    # A quirk of a publisher's may be a clip that is listed as unusable.
    rejects = [item.reason for item in found if isinstance(item, Reject)]
    assert len(rejects) <= 1
    assert set(rejects) <= {"failed-restoration", "blacklisted"}
    return [item for item in found if isinstance(item, Clip)]


Contents: TypeAlias = list[tuple[Clip, bytes]]


@lru_cache(maxsize=1)
def contents_of_miniature(key: str, root: Path) -> Contents:
    return contents(corpus_class(key).open(str(root)))


def contents(corpus: Corpus) -> Contents:
    """Clips and the bytes of their audio, whatever place they are read from."""

    def without_place(ref: AudioRef) -> AudioRef:
        return ref._replace(path="", member=None)

    def stems_without_place(stems: tuple[Stem, ...] | None) -> tuple[Stem, ...] | None:
        return stems and tuple(replace(stem, audio=without_place(stem.audio)) for stem in stems)

    return [
        (
            clip._replace(
                audio=without_place(clip.audio),
                stems=stems_without_place(clip.stems),
                voices=stems_without_place(clip.voices),
            ),
            audio.load(clip.audio).data,
        )
        for clip in clips(corpus)
    ]
