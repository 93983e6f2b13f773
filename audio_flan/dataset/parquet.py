"""The Parquet writer: row groups bounded by bytes, audio stored unchanged, whole files only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from audio_flan.dataset.gc_pause import gc_pause
from audio_flan.dataset.layout import PART_KEY, Layout
from audio_flan.dataset.row import arrow_schema, to_table
from audio_flan.model.instance import AUDIO_COLUMNS, Instance

if TYPE_CHECKING:
    import pyarrow.parquet as pq

ROW_GROUP_BYTES = 20_000_000
"""Audio of a row group: a stream fetches two before its first row (45 MB in all), and the text of a
240 MB config costs 63 MB; larger groups raise the first, smaller ones the second."""
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
    left = iter(instances)
    parts: list[str] = []
    for first in left:
        part = f"{unit}-{len(parts)}"
        with layout.store.new_file(layout.part(part)) as path, gc_pause():
            _write_file(chain([first], left), path, part)
        parts.append(part)
    return parts


def _write_file(instances: Iterator[Instance], path: Path, part: str) -> None:
    """Write row groups until the file is full or no instances are left."""
    written = 0
    with open_writer(path, {PART_KEY: part.encode()}) as writer:
        while written < FILE_BYTES:
            size = _write_row_group(writer, instances)
            if size is None:
                break
            written += size


def _write_row_group(writer: pq.ParquetWriter, instances: Iterator[Instance]) -> int | None:
    """Write the next instances, as many as make a row group; its bytes of audio, None for none."""
    group: list[Instance] = []
    size = 0
    for instance in instances:
        group.append(instance)
        size += instance.audio_bytes
        if size >= ROW_GROUP_BYTES or len(group) >= ROW_GROUP_ROWS:
            break
    if not group:
        return None
    writer.write_table(to_table(group), row_group_size=len(group))
    return size


def open_writer(path: Path, metadata: dict[bytes, bytes]) -> pq.ParquetWriter:
    """A writer with the settings of every published file.

    Args:
        path: the file.
        metadata: more entries for the file's key-value metadata.
    """
    import pyarrow.parquet as pq

    schema = arrow_schema()
    stored = {f"{column}.bytes" for column in AUDIO_COLUMNS}
    leaves = _leaves()
    texts = [leaf for leaf in leaves if leaf not in stored]
    return pq.ParquetWriter(
        path,
        schema.with_metadata({**schema.metadata, **metadata}),
        # Compressed audio does not shrink, and uncompressed columns can be deduplicated.
        compression={leaf: "SNAPPY" if leaf in texts else "NONE" for leaf in leaves},
        use_dictionary=texts,
        # Nobody searches for a range of audio bytes, and finding their minimum takes time.
        write_statistics=texts,
        use_content_defined_chunking=True,
        write_page_index=True,
    )


@cache
def _leaves() -> list[str]:
    """Dotted paths of the leaf columns of a row, as Parquet names them."""
    import pyarrow.parquet as pq
    from pyarrow import BufferOutputStream

    sink = BufferOutputStream()
    with pq.ParquetWriter(sink, arrow_schema()):
        pass
    parquet_schema = pq.ParquetFile(sink.getvalue()).schema
    return [parquet_schema.column(i).path for i in range(len(parquet_schema.names))]
