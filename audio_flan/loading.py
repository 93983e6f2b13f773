"""`audio_flan.load_dataset`: instances from corpora on disk, as `datasets.load_dataset` would."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, IterableDataset, IterableDatasetDict


def load_dataset(
    name: str,
    *,
    root: str | os.PathLike[str] | None = None,
    corpora: Sequence[str] | Mapping[str, str] | None = None,
    split: str | None = None,
    cache_dir: str | None = None,
    keep_in_memory: bool | None = None,
    streaming: bool = False,
    num_proc: int | None = None,
    seed: int = 0,
    limit: int | None = None,
) -> Dataset | DatasetDict | IterableDataset | IterableDatasetDict:
    """Load the instances of a task from corpora on disk.

    Names, order and results are those of `datasets.load_dataset`. Audio cells come undecoded, as
    `{"bytes": …, "path": …}`, on every version of `datasets`: decode them by `audio_flan.decode`,
    or cast the column to `datasets.Audio()`.

    Args:
        name: config name of the task, such as "speech_asr".
        root: folder (or fsspec URL) with one folder for each corpus.
        corpora: keys of corpora to keep, or a mapping of keys to their own places.
        split: "train", "validation", "test", or a slice of one ("train[:10%]"); None for all.
        cache_dir: where `datasets` keeps what it prepared (map style only).
        keep_in_memory: copy the dataset into memory (map style only).
        streaming: yield instances as they are made; nothing is written to disk.
        num_proc: processes that prepare the dataset (map style only).
        seed: seed of all draws.
        limit: the most instances for each corpus and split.

    Raises:
        UnknownNameError: no such task, corpus or split.
        CorpusLayoutError: a corpus is not where it should be.
    """
    from datasets import Audio

    from audio_flan.builders.audio_flan import AudioFlan
    from audio_flan.engine.plan import check_split
    from audio_flan.schema import AUDIO_COLUMNS
    from audio_flan.tasks import get_task

    get_task(name)
    check_split(split)
    places = dict(corpora) if isinstance(corpora, Mapping) else corpora and list(corpora)
    builder = AudioFlan(
        cache_dir=cache_dir,
        config_name=name,
        root=None if root is None else os.fspath(root),
        corpora=places,
        seed=seed,
        limit=limit,
        require_root=True,
    )
    if streaming:
        streams = builder.as_streaming_dataset(split=split)
        if isinstance(streams, dict):
            return type(streams)({name: rows.decode(False) for name, rows in streams.items()})
        return streams.decode(False)
    builder.download_and_prepare(num_proc=num_proc)
    dataset = builder.as_dataset(split=split, in_memory=bool(keep_in_memory))
    for column in AUDIO_COLUMNS:
        dataset = dataset.cast_column(column, Audio(decode=False))
    return dataset
