"""Tables of metadata, read as text: no types are inferred and no line is lost in silence.

"001" stays "001", the sentence "NA" stays a sentence, and a line that does not fit becomes a
`BadRow` that says where it is.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from audio_flan.corpora.read.folder import Folder
from audio_flan.errors import CorpusLayoutError

LINES_PER_SHARD = 10_000

NO_NAMES: Mapping[str, int] = {}


class Row:
    """A line of a table.

    Args:
        line: its number, counted from 1.
        values: its values, in the order of the table's columns.
        positions: position of each column in the values, for reading them by name.
        file: path of the table inside the corpus.

    Rows are equal whose line and values are.
    """

    __slots__ = ("_positions", "file", "line", "values")

    def __init__(
        self,
        line: int,
        values: Sequence[str],
        positions: Mapping[str, int] = NO_NAMES,
        file: str = "",
    ) -> None:
        self.line, self.values, self._positions, self.file = line, values, positions, file

    @property
    def place(self) -> str:
        """File and line, as rejects and messages name them: metadata.csv:13."""
        return f"{self.file}:{self.line}"

    def __getitem__(self, column: str) -> str:
        return self.values[self._positions[column]]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and (self.line, [*self.values]) == (
            other.line,
            [*other.values],
        )

    def __hash__(self) -> int:
        return hash((self.line, *self.values))

    def __repr__(self) -> str:
        return f"Row({self.line}, {list(self.values)!r})"


class BadRow(NamedTuple):
    """A line that does not fit its table: reason "malformed-line" or "truncated-line"."""

    line: int
    reason: str
    detail: str


class Lines(NamedTuple):
    """A run of whole lines of a file.

    Args:
        file: path inside the corpus.
        start, stop: its bytes.
        line: number of its first line, counted from 1.
    """

    file: str
    start: int
    stop: int
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """The form of a table.

    Args:
        file: path inside the corpus.
        delimiter: what separates the values; "" for runs of blanks.
        columns: names of the columns, in the file's own words or ours.
        header: whether the first line holds exactly the names of the columns.
        any_order: whether the header holds the columns in any order, among others; names are
            compared without outer blanks.
        optional: columns that the header of some copies lacks (with `any_order`): their values are
            then empty.
        quoted: whether values may be quoted as in RFC 4180; else quotes are plain text.
        comment: lines that start with it are no rows.
        ends_with_newline: whether the publisher's file ends in a line end, so that a last line
            without one was cut off.
        open_end: whether the last value takes the rest of the line, delimiters included.
    """

    file: str
    delimiter: str
    columns: tuple[str, ...]
    header: bool = False
    any_order: bool = False
    optional: tuple[str, ...] = ()
    quoted: bool = False
    comment: str | None = None
    ends_with_newline: bool = False
    open_end: bool = False

    def runs(self, folder: Folder) -> list[Lines]:
        """The table in runs of `LINES_PER_SHARD` lines, without parsing it."""
        runs: list[Lines] = []
        start = 0
        with folder.open(self.file) as file:
            while size := sum(map(len, islice(file, LINES_PER_SHARD))):
                line = len(runs) * LINES_PER_SHARD + 1
                runs.append(Lines(self.file, start, start + size, line))
                start += size
        return runs

    def rows(self, folder: Folder, lines: Lines | None = None) -> Iterator[Row | BadRow]:
        """The rows of a table, or of a run of its lines.

        Raises:
            CorpusLayoutError: the file is not UTF-8, or its header is another.
        """
        start, stop, first = (lines.start, lines.stop, lines.line) if lines else (0, None, 1)
        text, cut_inside = self.decode(folder.read(self.file, start, stop), folder, first)
        found = text.split("\n")
        unfinished = bool(found[-1]) and (self.ends_with_newline or cut_inside)
        last = len(found) - 1
        read = self._reader(folder, found[0] if first == 1 else None)
        for index, text in enumerate(found):
            line, text = first + index, text.removesuffix("\r")
            if line == 1 and self._has_header:
                continue
            if not text or text.isspace() or (self.comment and text.startswith(self.comment)):
                continue
            if index == last and unfinished:
                detail = f"{self.file}:{line}: the file ends inside this line: {text[:80]!r}"
                yield BadRow(line, "truncated-line", detail)
            else:
                yield read(text, line)

    def lines(self, folder: Folder, wanted: Callable[[bytes], bool]) -> Iterator[tuple[int, str]]:
        """Number and text of some lines, in one pass that decodes no other.

        Args:
            folder: the corpus.
            wanted: whether to yield a line, by its bytes without the line end; it is not asked
                for the header and for blank lines.

        Raises:
            CorpusLayoutError: as for `rows`.
        """
        with folder.open(self.file) as file:
            if self._has_header:
                first = file.readline().decode("utf-8-sig", "replace")
                self._header(first.rstrip("\r\n"), folder)
            for number, line in enumerate(file, 1 + self._has_header):
                if not line.isspace() and wanted(line.rstrip(b"\r\n")):
                    yield number, self.decode(line, folder, number)[0].rstrip("\r\n")

    def decode(self, data: bytes, folder: Folder, first: int) -> tuple[str, bool]:
        """The text of lines, without a byte order mark, and whether it ends inside a character.

        Args:
            data: whole lines, or all that there is of the last one.
            folder: the corpus, for messages.
            first: number of the first line, counted from 1.

        Raises:
            CorpusLayoutError: they are not UTF-8; it names the line.
        """
        encoding = "utf-8-sig" if first == 1 else "utf-8"
        try:
            return data.decode(encoding), False
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data":
                return data.decode(encoding, "replace"), True
            line = first + data.count(b"\n", 0, error.start)
            raise CorpusLayoutError(
                folder.corpus,
                folder.path,
                expected=f"{self.file} in UTF-8",
                found=f"byte 0x{data[error.start]:02x} in line {line}, which is not UTF-8 "
                "(a copy saved in another encoding?)",
            ) from None

    @property
    def _has_header(self) -> bool:
        return self.header or self.any_order

    def _reader(self, folder: Folder, first: str | None) -> Callable[[str, int], Row | BadRow]:
        """What makes a row of a line; looks at the header, `first` where it is in hand.

        Raises:
            CorpusLayoutError: the header is another.
        """
        names = self.columns + self.optional
        positions = {name: index for index, name in enumerate(names)}
        chosen: list[int] | None = None
        width = len(self.columns)
        if self._has_header:
            if first is None:
                with folder.open(self.file) as file:
                    first = file.readline().decode("utf-8-sig", "replace")
            header = self._header(first.rstrip("\r\n"), folder)
            if self.any_order:
                width = len(header)
                chosen = [header.index(name) if name in header else -1 for name in names]

        def row(text: str, line: int) -> Row | BadRow:
            try:
                values = self._split(text)
            except csv.Error as error:
                return BadRow(line, "malformed-line", f"{self.file}:{line}: {error}: {text[:80]!r}")
            if len(values) != width:
                expected = f"{width} values" + ("" if chosen else f" ({', '.join(names)})")
                detail = f"{self.file}:{line}: expected {expected}, found {len(values)}"
                return BadRow(line, "malformed-line", f"{detail}: {text[:80]!r}")
            if chosen is not None:
                values = [values[index] if index >= 0 else "" for index in chosen]
            return Row(line, values, positions, self.file)

        return row

    def _split(self, text: str) -> list[str]:
        if self.quoted and '"' in text:
            return next(csv.reader([text], delimiter=self.delimiter))
        return text.split(self.delimiter or None, len(self.columns) - 1 if self.open_end else -1)

    def _header(self, text: str, folder: Folder) -> list[str]:
        names = self._split(text)
        if self.any_order:
            names = [name.strip() for name in names]
            right = set(self.columns) <= set(names)
        else:
            right = tuple(names) == self.columns
        if not right:
            which = "columns" if self.any_order else "header"
            raise CorpusLayoutError(
                folder.corpus,
                folder.path,
                expected=f"{self.file} with the {which} {self.delimiter.join(self.columns)!r}",
                found=repr(text[:120]),
            )
        return names
