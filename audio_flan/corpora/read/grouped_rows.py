"""Tables with several rows for each clip, such as lists of events.

The rows of a clip need not stand together, and the table may be too large for the memory. Its
groups of rows are therefore dealt to parts by the hash of their names; a part is one pass over the
file that keeps its own rows only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.read.table import Row, Table

PART_BYTES = 4_000_000
"""Bytes of a table for each part."""


class Part(NamedTuple):
    """Some of the groups of a table.

    Args:
        file: path of the table inside the corpus.
        number: of the part, from 0.
        total: how many parts there are.
    """

    file: str
    number: int
    total: int


class Group(NamedTuple):
    """The rows of a table that have the same name.

    Args:
        name: the value of their first column.
        rows: in the order of the file, each with as many values as its line has.
    """

    name: str
    rows: list[Row]


def parts(folder: Folder, file: str) -> list[Part]:
    """The parts of a table, by its size."""
    total = 1 + folder.size(file) // PART_BYTES
    return [Part(file, number, total) for number in range(total)]


def groups(folder: Folder, table: Table, part: Part) -> Iterator[Group]:
    """The groups of a part, in the order in which the table first names them.

    Args:
        folder: the corpus.
        table: a table without quotes whose first column names the clip.
        part: one of its parts.

    Raises:
        CorpusLayoutError: the table has another header or is not UTF-8.
    """
    delimiter = table.delimiter.encode()

    def in_part(line: bytes) -> bool:
        return crc32(line.partition(delimiter)[0]) % part.total == part.number

    lines: dict[str, list[tuple[int, str]]] = {}
    for number, text in table.lines(folder, in_part):
        lines.setdefault(text.partition(table.delimiter)[0], []).append((number, text))
    positions = {column: index for index, column in enumerate(table.columns)}
    for name, found in lines.items():
        # Rows take more memory than texts: only those of one group are there at a time.
        rows = [
            Row(number, text.split(table.delimiter), positions, table.file)
            for number, text in found
        ]
        yield Group(name, rows)
