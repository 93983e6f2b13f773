"""The files of a dataset: their names, their sequences, their footers."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audio_flan.dataset.row import arrow_schema, feature_tree
from audio_flan.dataset.store import Store
from audio_flan.model.splits import SPLITS
from audio_flan.model.taxonomy import minor_tasks

if TYPE_CHECKING:
    import pyarrow.parquet as pq

NAME = re.compile(r"(\w+)/(\w+)-(\d{5})-of-(\d{5})\.parquet")


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file, as its name tells it.

    Args:
        name: path in the dataset.
        config, split: whose rows it holds.
        index, count: its number among the files of the split, from 0, and how many there are.
    """

    name: str
    config: str
    split: str
    index: int
    count: int


Fault = tuple[str, str]
"""Name of a file, and what is wrong with it."""


def list_files(store: Store) -> list[str]:
    """Names of the Parquet files and of the scripts of a dataset; hidden folders are not ours."""
    folders = ["", *(name for name in store.list() if not name.startswith("."))]
    names = [f"{folder}/{name}".lstrip("/") for folder in folders for name in store.list(folder)]
    return [name for name in names if name.endswith((".parquet", ".py"))]


def config_of(name: str) -> str:
    """The config of a file, or of a pattern of files, by its folder."""
    return name.partition("/")[0]


def data_files(names: Iterable[str]) -> list[DataFile]:
    """The files with a correct name, by config, split and number."""
    found = [
        DataFile(name, match[1], match[2], int(match[3]), int(match[4]))
        for name in names
        if (match := NAME.fullmatch(name)) and match[1] in minor_tasks() and match[2] in SPLITS
    ]
    configs = list(minor_tasks())
    return sorted(
        found, key=lambda f: (configs.index(f.config), SPLITS.index(f.split), f.count, f.index)
    )


def unknown_configs(names: Sequence[str]) -> Iterator[Fault]:
    """Folders of Parquet files whose name is not that of a task."""
    folders = {config_of(name): name for name in names if name.endswith(".parquet")}
    for folder, name in folders.items():
        if "/" in name and folder not in minor_tasks():
            yield name, f"{folder} is not one of the {len(minor_tasks())} tasks"


def wrong_names(names: Sequence[str]) -> Iterator[Fault]:
    """Parquet files that are not named by split, number and how many there are."""
    for name in names:
        match = NAME.fullmatch(name)
        if name.endswith(".parquet") and (match is None or match[2] not in SPLITS):
            yield name, f"not <config>/<{'|'.join(SPLITS)}>-00000-of-00001.parquet"


def missing_files(names: Sequence[str]) -> Iterator[Fault]:
    """Gaps in the sequence of the files of a split, and files of two sequences."""
    splits: dict[tuple[str, str], list[DataFile]] = defaultdict(list)
    for file in data_files(names):
        splits[file.config, file.split].append(file)
    for files in splits.values():
        counts = sorted({file.count for file in files})
        absent = sorted(set(range(counts[-1])) - {file.index for file in files})
        if len(counts) > 1:
            yield files[0].name, f"beside files of {' and of '.join(map(str, counts))}"
        elif absent:
            numbers = ", ".join(f"{index:05d}" for index in absent[:3])
            more = f" and {len(absent) - 3} more" if len(absent) > 3 else ""
            yield files[0].name, f"{numbers}{more} of {counts[0]:05d} missing"
        elif len(files) > counts[0]:
            yield files[-1].name, f"a number beyond {counts[0]:05d}"


def scripts(names: Sequence[str]) -> Iterator[Fault]:
    """Scripts, because of which `datasets` 4 and later may refuse the whole dataset."""
    for name in names:
        if name.endswith(".py"):
            yield name, "a script; `datasets` cannot load a dataset with a script of its own name"


NAME_RULES: Mapping[str, Callable[[Sequence[str]], Iterator[Fault]]] = {
    "unknown-config": unknown_configs,
    "file-name": wrong_names,
    "missing-file": missing_files,
    "script": scripts,
}
"""The rules of the files' names, by kind of fault."""


@contextmanager
def opened(store: Store, name: str) -> Iterator[pq.ParquetFile]:
    """A Parquet file, open.

    Raises:
        OSError, pyarrow.ArrowException: it is cut off, or not a Parquet file.
    """
    import pyarrow.parquet as pq

    if (folder := store.local) is not None:
        with pq.ParquetFile(folder / name) as parquet:
            yield parquet
        return
    with store.open(name) as file, pq.ParquetFile(file) as parquet:
        yield parquet


def other_columns(parquet: pq.ParquetFile) -> Iterator[str]:
    """Columns that are not those of the schema; no row can be read then."""
    found, expected = parquet.schema_arrow, arrow_schema()
    if not found.equals(expected, check_metadata=False):
        ours = {field.name: field.type for field in expected}
        theirs = {field.name: field.type for field in found}
        names = [n for n in (*ours, *(theirs.keys() - ours)) if ours.get(n) != theirs.get(n)]
        what = [f"{name}: {theirs.get(name, 'missing')}" for name in names]
        yield "; ".join(what) if what else "columns in another order, or not nullable"


def other_features(parquet: pq.ParquetFile) -> Iterator[str]:
    """Metadata that would make `datasets` read the columns as something else."""
    metadata = parquet.schema_arrow.metadata or {}
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
    except (KeyError, TypeError, ValueError):
        yield "the metadata names no features"
        return
    if features != feature_tree():
        yield "the metadata names features other than those of the schema"


def no_rows(parquet: pq.ParquetFile) -> Iterator[str]:
    """A file, and so perhaps a split, without a row."""
    if parquet.metadata.num_rows == 0:
        yield "no rows"


FILE_RULES: Mapping[str, Callable[[pq.ParquetFile], Iterator[str]]] = {
    "schema": other_columns,
    "features": other_features,
    "empty-file": no_rows,
}
"""The rules of a file's footer, by kind of fault."""
