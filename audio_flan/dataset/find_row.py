"""Finding a row of a built dataset by its uuid: the column of uuids is read, then the row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, NamedTuple

from audio_flan.dataset.layout import PART_KEY, Layout
from audio_flan.dataset.record import UnitRecord
from audio_flan.dataset.row import feature_tree
from audio_flan.dataset.store import AT_ONCE, Store
from audio_flan.errors import AudioFlanError, BuildError
from audio_flan.media.files import is_url, remote_errors

LEAST = 8
"""Characters of a uuid that are enough where no other row starts with them."""

UUID_LENGTH = 36
PREFIX = re.compile(rf"[0-9a-f-]{{{LEAST},{UUID_LENGTH}}}")


class Place(NamedTuple):
    """Where a row is.

    Args:
        uuid: of the row.
        file: Parquet file in the dataset.
        group: row group of the file, from 0.
        row: its number in the group, from 0.
    """

    uuid: str
    file: str
    group: int
    row: int


class FoundRow(NamedTuple):
    """A row of a built dataset.

    Args:
        layout: the dataset.
        file: Parquet file in the dataset.
        unit: key of the unit that made it; empty where the file does not tell.
        values: the columns of the row.
    """

    layout: Layout
    file: str
    unit: str
    values: dict[str, Any]

    @property
    def config(self) -> str:
        """Config name of the task."""
        return self.file.partition("/")[0]

    @property
    def split(self) -> str:
        """Split of the row."""
        return str(self.values["split"][0])

    def record(self) -> UnitRecord | None:
        """The record of the unit that made it; None where it is not there, as on the Hub."""
        return self.layout.read_records([self.unit]).get(self.unit)


def find_row(out: str, uuid: str) -> FoundRow:
    """Find a row.

    Args:
        out: folder or URL of a built dataset.
        uuid: of the row, or the start of it, where no other row starts so.

    Raises:
        BuildError: there is no dataset, or a file of it does not read.
        AudioFlanError: this is no uuid, no row has it, or several rows start so.
    """
    prefix = uuid.strip().lower()
    if not PREFIX.fullmatch(prefix):
        raise AudioFlanError(
            f"{uuid!r} is not a uuid: expected {UUID_LENGTH} hexadecimal digits and hyphens, or "
            f"the first {LEAST} or more of them"
        )
    with remote_errors(out) if is_url(out) else nullcontext():
        layout = Layout(Store(out.rstrip("/")))
        return _read(layout, _only(layout, prefix))


def _only(layout: Layout, prefix: str) -> Place:
    """Where the only row is whose uuid starts so."""
    out, files = layout.store.url, layout.final_files()
    if not files:
        raise BuildError(f"{out} holds no built dataset; `audio-flan build {out} …` makes one")
    places = _find(layout.store, files, prefix)
    if not places:
        raise AudioFlanError(f"no row of {out} has the uuid {prefix!r} ({len(files):,} files read)")
    if len(places) > 1:
        names = ", ".join(place.uuid for place in places[:3])
        raise AudioFlanError(f"{len(places)} rows of {out} start with {prefix!r}: {names}, …")
    return places[0]


def _find(store: Store, files: Sequence[str], prefix: str) -> list[Place]:
    """Where rows are whose uuid starts so; of a whole uuid the first only."""
    found: list[Place] = []
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        for places in pool.map(lambda file: list(_places(store, file, prefix)), files):
            found += places
            if found and len(prefix) == UUID_LENGTH:
                break
    finally:
        pool.shutdown(cancel_futures=True)
    return found


def _places(store: Store, file: str, prefix: str) -> Iterator[Place]:
    """Where the rows of a file are whose uuid starts so."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        with store.open(file) as data, pq.ParquetFile(data) as parquet:
            for group in range(parquet.num_row_groups):
                uuids = parquet.read_row_group(group, columns=["uuid"])["uuid"]
                for index in pc.indices_nonzero(pc.starts_with(uuids, prefix)).to_pylist():
                    yield Place(uuids[index].as_py(), file, group, index)
    except (OSError, pa.ArrowException, KeyError) as error:
        raise BuildError(f"cannot read {store.url}/{file}: {error}") from None


def _read(layout: Layout, place: Place) -> FoundRow:
    """The row at a place, out of its row group.

    Raises:
        BuildError: the file has other columns than a dataset of ours.
    """
    import pyarrow.parquet as pq

    with layout.store.open(place.file) as data, pq.ParquetFile(data) as parquet:
        part = (parquet.metadata.metadata or {}).get(PART_KEY, b"").decode()
        group = parquet.read_row_group(place.group)
    if missing := [name for name in feature_tree() if name not in group.column_names]:
        raise BuildError(f"{layout.store.url}/{place.file} lacks the columns {', '.join(missing)}")
    (values,) = group.slice(place.row, 1).to_pylist()
    return FoundRow(layout, place.file, part.rpartition("-")[0], values)
