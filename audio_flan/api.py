"""`audio_flan.load_dataset`: instances from the Hub or from corpora, as `datasets` gives them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from audio_flan.dataset import REPO_ID
from audio_flan.errors import AudioFlanError, UnknownNameError

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, IterableDataset, IterableDatasetDict

    from audio_flan.dataset.sources import Source

    AnyDataset: TypeAlias = Dataset | DatasetDict | IterableDataset | IterableDatasetDict


def load_dataset(
    name: str,
    *,
    root: str | os.PathLike[str] | None = None,
    corpora: str | Sequence[str] | Mapping[str, str] | None = None,
    split: str | None = None,
    columns: str | Sequence[str] | None = None,
    cache_dir: str | None = None,
    keep_in_memory: bool | None = None,
    streaming: bool = False,
    num_proc: int | None = None,
    seed: int = 0,
    limit: int | None = None,
    repo_id: str = REPO_ID,
    revision: str | None = None,
    token: str | bool | None = None,
) -> AnyDataset:
    """Load the instances of a task: from the Hub, or, with `root`, from corpora on disk.

    Names, order and results are those of `datasets.load_dataset`. Audio cells come undecoded, as
    `{"bytes": …, "path": …}`, on every version of `datasets`: decode them by `audio_flan.decode`,
    or cast the column to `datasets.Audio()`.

    Args:
        name: config name of the task, such as "speech_asr"; from the Hub also a view of several
            tasks: "all", a domain, a major task.
        root: folder (or fsspec URL) with one folder for each corpus; None for the Hub.
        corpora: key or keys of corpora to keep, or a mapping of keys to their paths on disk.
        split: "train", "validation", "test", or a slice of one ("train[:10%]"); None for all.
        columns: names of the columns to keep; of published rows, no others are downloaded, except
            `corpus` where `corpora` are chosen by it.
        cache_dir: where `datasets` keeps prepared datasets (map style only).
        keep_in_memory: copy the dataset into memory (map style only).
        streaming: yield instances one by one; nothing is written to disk.
        num_proc: processes that prepare the dataset (map style only).
        seed: seed of all draws (corpora only).
        limit: the most instances for each corpus and split (corpora only).
        repo_id: another repository of the Hub, or the folder of a built dataset.
        revision, token: of the repository, as for `datasets.load_dataset`.

    Raises:
        UnknownNameError: no such task, corpus or split.
        CorpusLayoutError: a corpus is not where it should be.
        AudioFlanError: a seed or limit was given for a published dataset.
    """
    from audio_flan.model.splits import check_split

    check_split(split)
    if isinstance(corpora, str):
        corpora = [corpora]
    if columns is not None:
        columns = _known_columns(columns, with_corpus=root is None and bool(corpora))
    shared = {"split": split, "cache_dir": cache_dir, "num_proc": num_proc}
    if root is None and not isinstance(corpora, Mapping):
        if seed or limit is not None:
            raise AudioFlanError("seed and limit need root=FOLDER: the published rows are fixed")
        published = {"path": repo_id, "revision": revision, "token": token}
        how = {"keep_in_memory": keep_in_memory, "streaming": streaming, "columns": columns}
        options = {**published, **shared, **how}
        return _published(name, corpora, options)
    builder = _builder(name, root, corpora, cache_dir, seed, limit)
    if streaming:
        rows = _undecoded(builder.as_streaming_dataset(split=split))
    else:
        builder.download_and_prepare(num_proc=num_proc)
        rows = _undecoded(builder.as_dataset(split=split, in_memory=bool(keep_in_memory)))
    return rows if columns is None else rows.select_columns(columns)


def _known_columns(columns: str | Sequence[str], with_corpus: bool) -> list[str]:
    """The requested columns, and the one that rows are chosen by.

    Raises:
        UnknownNameError: a row has no such column.
    """
    from audio_flan.dataset.row import feature_tree

    columns = [columns] if isinstance(columns, str) else columns
    for column in columns:
        if column not in feature_tree():
            raise UnknownNameError("column", column, feature_tree())
    return list(dict.fromkeys([*columns, "corpus"] if with_corpus else columns))


def _builder(
    name: str,
    root: str | os.PathLike[str] | None,
    corpora: Sequence[str] | Mapping[str, str] | None,
    cache_dir: str | None,
    seed: int,
    limit: int | None,
) -> Any:
    from audio_flan.builders.audio_flan import AudioFlan
    from audio_flan.model.taxonomy import minor_tasks, view_names
    from audio_flan.tasks import get_task

    # A major task with a single minor task has the same name.
    if name in view_names() and name not in minor_tasks():
        raise AudioFlanError(
            f"{name!r} is a view of published datasets; with root, give the name of a task"
        )
    get_task(name)
    return AudioFlan(
        cache_dir=cache_dir,
        config_name=name,
        root=None if root is None else os.fspath(root),
        corpora=dict(corpora) if isinstance(corpora, Mapping) else corpora and list(corpora),
        seed=seed,
        limit=limit,
        require_root=True,
    )


def _published(name: str, corpora: Sequence[str] | None, options: Mapping[str, Any]) -> AnyDataset:
    import datasets

    from audio_flan.corpora import corpus_class
    from audio_flan.model.taxonomy import minor_tasks, view_names

    names = (*minor_tasks(), *view_names())
    if name not in names:
        raise UnknownNameError("task or view", name, names)
    for key in corpora or ():
        corpus_class(key)
    chosen = {option: value for option, value in options.items() if value is not None}
    dataset = _undecoded(datasets.load_dataset(name=name, **chosen))
    if not corpora:
        return dataset
    keys = {"keys": list(corpora)}
    return dataset.filter(_is_one_of, input_columns="corpus", fn_kwargs=keys)


def _is_one_of(corpus: str, keys: Sequence[str]) -> bool:
    return corpus in keys


def _undecoded(dataset: Any) -> AnyDataset:
    """A dataset, or a dictionary of them, whose audio is not decoded."""
    from datasets import Audio, IterableDataset

    from audio_flan.model.instance import AUDIO_COLUMNS

    if isinstance(dataset, dict):
        return type(dataset)({split: _undecoded(rows) for split, rows in dataset.items()})
    if isinstance(dataset, IterableDataset):
        return dataset.decode(False)
    for column in filter(dataset.column_names.__contains__, AUDIO_COLUMNS):
        dataset = dataset.cast_column(column, Audio(decode=False))
    return dataset


def source_of(
    row: Mapping[str, Any] | str,
    *,
    root: str | os.PathLike[str] | None = None,
    corpora: Mapping[str, str | os.PathLike[str]] | None = None,
) -> tuple[Source, ...]:
    """The sources of a row: the clips that it is made of, where they are, and a way to open them.

    Without `root` and `corpora` the sources say what the row itself tells; with them they also
    give the line of the publisher's metadata (`Source.metadata_line`) and the audio
    (`Source.read`, `Source.decode`). Nothing is opened before it is asked for.

    Args:
        row: a row as `datasets`, pyarrow or `json.loads` give it, or a line of JSONL. The column
            `other` is needed; where one clip gives several audios, the texts are too.
        root: folder (or fsspec URL) with one folder for each corpus.
        corpora: places of single corpora, by their keys; they count before the root.

    Returns:
        A source for each audio of each clip, those of the main clip first.

    Raises:
        AudioFlanError: this is no row, or its provenance is missing or cannot be read; `corpora` is
            no mapping.
        UnknownNameError: a corpus that this version of the library does not know.
    """
    from audio_flan.corpora import corpus_class
    from audio_flan.dataset.sources import sources_of

    if not isinstance(corpora, Mapping | None):
        found = type(corpora).__name__
        raise AudioFlanError(f"corpora: expected a mapping of keys to their places; found {found}")
    places = {corpus_class(key).key: _absolute(path) for key, path in (corpora or {}).items()}
    return sources_of(row, places, None if root is None else _absolute(root))


def _absolute(path: str | os.PathLike[str]) -> str:
    """A path that stays right when the current directory is changed."""
    from audio_flan.media.files import is_url

    return os.fspath(path) if is_url(os.fspath(path)) else str(Path(path).absolute())


def list_tasks() -> list[str]:
    """Config names of the tasks that can be built, in the order of the taxonomy."""
    from audio_flan.tasks import task_configs

    return list(task_configs())


def list_corpora() -> list[str]:
    """Keys of the corpora that instances can be built from, by domain."""
    from audio_flan.corpora import corpus_keys

    return list(corpus_keys())
