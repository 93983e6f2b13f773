"""Tables that share numbers, such as one for each language with the ids of the same sentences.

The rows of a number belong together, whatever tables they are in, and all tables may be too large
for the memory. An index of each table is made in one pass; a run of numbers is then read from all
of them, row by row.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from typing import NamedTuple

from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.read.table import LINES_PER_SHARD, BadRow, Row, Table
from audio_flan.errors import CorpusLayoutError

MAX_DIGITS = 9


class Index(NamedTuple):
    """Where the rows of a table are, by number and then in the order of the file.

    Args:
        table: the table; its first column is the number, its values are not quoted.
        numbers: of the rows, rising.
        lines: of the rows, counted from 1.
        starts, sizes: of the rows, bytes.
        bad: the lines that are no rows.
    """

    table: Table
    numbers: array[int]
    lines: array[int]
    starts: array[int]
    sizes: array[int]
    bad: tuple[BadRow, ...]


class Run(NamedTuple):
    """The numbers from the first to the last."""

    first: int
    last: int


def read_index(folder: Folder, table: Table) -> Index:
    """The index of a table that has no header.

    Raises:
        CorpusLayoutError: no line is a row, or one that is none is not UTF-8.
    """
    places, bad, start = [], [], 0
    values = len(table.columns)
    delimiter = table.delimiter.encode()
    with folder.open(table.file) as file:
        for line, data in enumerate(file, 1):
            number = data.partition(delimiter)[0].removeprefix(BOM_UTF8 if line == 1 else b"")
            is_number = number.isdigit() and len(number) <= MAX_DIGITS
            if is_number and data.count(delimiter) == values - 1:
                places.append((int(number), line, start, len(data)))
            elif data.strip():
                text = table.decode(data, folder, line)[0].rstrip("\r\n")
                found = f"expected {values} values, the first a number, found {text[:80]!r}"
                bad.append(BadRow(line, "malformed-line", f"{table.file}:{line}: {found}"))
            start += len(data)
    if not places:
        expected = f"{table.file} with a line of {values} values for each clip"
        detail = bad[0].detail if bad else "an empty file"
        raise CorpusLayoutError(folder.corpus, folder.path, expected=expected, found=detail)
    columns = zip(*sorted(places), strict=True)
    numbers, lines, starts, sizes = (array("q", column) for column in columns)
    return Index(table, numbers, lines, starts, sizes, tuple(bad))


def rows(folder: Folder, index: Index, run: Run) -> Iterator[tuple[int, Row]]:
    """Number and row of the rows of a run, by number.

    Raises:
        CorpusLayoutError: one is not UTF-8.
    """
    table, numbers, lines, starts, sizes, _ = index
    positions = {column: position for position, column in enumerate(table.columns)}
    with folder.open(table.file) as file:
        for place in range(bisect_left(numbers, run.first), bisect_right(numbers, run.last)):
            file.seek(starts[place])
            text, _ = table.decode(file.read(sizes[place]), folder, lines[place])
            values = text.rstrip("\r\n").split(table.delimiter)
            yield numbers[place], Row(lines[place], values, positions, table.file)


def runs(indexes: Sequence[Index]) -> Iterator[Run]:
    """The numbers of some tables, in runs of about `LINES_PER_SHARD` rows in all of them."""
    counts = Counter(number for index in indexes for number in index.numbers)
    numbers = sorted(counts)
    totals = accumulate(counts[number] for number in numbers)
    pairs = zip(numbers, totals, strict=True)
    for _, run in groupby(pairs, key=lambda pair: pair[1] // LINES_PER_SHARD):
        found = [number for number, _ in run]
        yield Run(found[0], found[-1])
