"""The Parquet writer: row groups bounded by bytes, audio stored as it is, whole files only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from audio_flan.engine.layout import PART_KEY, Layout
from audio_flan.schema import AUDIO_COLUMNS, Instance, arrow_schema, to_table

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROW_GROUP_BYTES = 20_000_000
"""Audio of a row group: a stream fetches two before its first row (45 MB in all), and the text of a
240 MB config costs 63 MB; larger groups make the one dearer, smaller ones the other."""
ROW_GROUP_ROWS = 10_000
FILE_BYTES = 480 << 20
"""Below the 500 MB that the Hub recommends for a file."""


def write_parts(instances: Iterable[Instance], layout: Layout, unit: str) -> list[str]:
    """Write instances to as many files as they need, in the order they come.

    Args:
        instances: of one origin.
        layout: the build's folder.
        unit: key of the unit, for the names.

    Returns:
        Names of the parts; none for no instances.
    """
    groups = _row_groups(instances)
    parts: list[str] = []
    group = next(groups, None)
    while group:
        part = f"{unit}-{len(parts)}"
        with layout.store.new_file(layout.part(part)) as path:
            group = _write_file(group, groups, path, part)
        parts.append(part)
    return parts


class _RowGroup(NamedTuple):
    instances: Sequence[Instance]
    audio_bytes: int


def _write_file(
    group: _RowGroup | None, groups: Iterator[_RowGroup], path: Path, part: str
) -> _RowGroup | None:
    """Write row groups until the file is full; return the group that is left over."""
    written = 0
    with open_writer(path, {PART_KEY: part.encode()}) as writer:
        while group and written < FILE_BYTES:
            writer.write_table(to_table(group.instances), row_group_size=len(group.instances))
            written += group.audio_bytes
            group = next(groups, None)
    return group


def _row_groups(instances: Iterable[Instance]) -> Iterator[_RowGroup]:
    group: list[Instance] = []
    size = 0
    for instance in instances:
        group.append(instance)
        size += instance.audio_bytes
        if size >= ROW_GROUP_BYTES or len(group) >= ROW_GROUP_ROWS:
            yield _RowGroup(group, size)
            group, size = [], 0
    if group:
        yield _RowGroup(group, size)


def open_writer(path: Path, metadata: dict[bytes, bytes]) -> pq.ParquetWriter:
    """A writer with the settings of every published file.

    Args:
        path: the file.
        metadata: more entries for the file's key-value metadata.
    """
    import pyarrow.parquet as pq

    schema = arrow_schema()
    stored = {f"{column}.bytes" for column in AUDIO_COLUMNS}
    leaves = _leaves(schema)
    return pq.ParquetWriter(
        path,
        schema.with_metadata({**schema.metadata, **metadata}),
        # Compressed audio does not shrink, and stored as it is it can be deduplicated.
        compression={leaf: "NONE" if leaf in stored else "SNAPPY" for leaf in leaves},
        use_dictionary=[leaf for leaf in leaves if leaf not in stored],
        use_content_defined_chunking=True,
        write_page_index=True,
    )


def _leaves(schema: pa.Schema) -> list[str]:
    """Dotted paths of the leaf columns, as Parquet names them."""
    import pyarrow.parquet as pq
    from pyarrow import BufferOutputStream

    sink = BufferOutputStream()
    with pq.ParquetWriter(sink, schema):
        pass
    parquet_schema = pq.ParquetFile(sink.getvalue()).schema
    return [parquet_schema.column(i).path for i in range(len(parquet_schema.names))]
