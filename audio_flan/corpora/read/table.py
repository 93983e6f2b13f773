"""Tables of metadata, read as text: no types are inferred and no line is lost in silence.

"001" stays "001", the sentence "NA" stays a sentence, and a line that does not fit becomes a
`BadRow` that says where it is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from audio_flan.corpora.read.folder import Folder
from audio_flan.errors import CorpusLayoutError

LINES_PER_SHARD = 10_000


class Row(NamedTuple):
    """A line of a table: where it is, and its values."""

    line: int
    values: Sequence[str]


class BadRow(NamedTuple):
    """A line that does not fit its table: reason "malformed-line" or "truncated-line"."""

    line: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Range:
    """A run of whole lines of a file.

    Args:
        start, stop: its bytes.
        line: number of its first line, counted from 1.
    """

    start: int
    stop: int
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """The form of a table.

    Args:
        file: path inside the corpus.
        delimiter: what separates the values.
        columns: names of the columns, in the file's own words or ours.
        header: whether the first line holds exactly the names of the columns.
        quoted: whether values may be quoted as in RFC 4180; else quotes are plain text.
        comment: lines that start with it are no rows.
        ends_with_newline: whether the publisher's file ends in a line end, so that a last line
            without one was cut off.
    """

    file: str
    delimiter: str
    columns: tuple[str, ...]
    header: bool = False
    quoted: bool = False
    comment: str | None = None
    ends_with_newline: bool = False

    def ranges(self, folder: Folder) -> list[Range]:
        """The table in runs of `LINES_PER_SHARD` lines, without parsing it."""
        ranges: list[Range] = []
        start = 0
        with folder.open(self.file) as file:
            while size := sum(map(len, islice(file, LINES_PER_SHARD))):
                ranges.append(Range(start, start + size, len(ranges) * LINES_PER_SHARD + 1))
                start += size
        return ranges

    def rows(self, folder: Folder, part: Range | None = None) -> Iterator[Row | BadRow]:
        """The rows of a table, or of a run of its lines.

        Raises:
            CorpusLayoutError: the file is not UTF-8, or its header is another.
        """
        data = folder.read(self.file, part.start if part else 0, part.stop if part else None)
        first = part.line if part else 1
        text, cut_inside = self._decode(data, folder, first)
        lines = text.split("\n")
        unfinished = bool(lines[-1]) and (self.ends_with_newline or cut_inside)
        last = len(lines) - 1
        for index, text in enumerate(lines):
            line, text = first + index, text.removesuffix("\r")
            if line == 1 and self.header:
                self._check_header(text, folder)
            elif not text or text.isspace() or (self.comment and text.startswith(self.comment)):
                continue
            elif index == last and unfinished:
                detail = f"{self.file}:{line}: the file ends inside this line: {text[:80]!r}"
                yield BadRow(line, "truncated-line", detail)
            else:
                yield self._row(text, line)

    def _row(self, text: str, line: int) -> Row | BadRow:
        try:
            values = self._split(text)
        except csv.Error as error:
            return BadRow(line, "malformed-line", f"{self.file}:{line}: {error}: {text[:80]!r}")
        if len(values) == len(self.columns):
            return Row(line, values)
        expected = f"{len(self.columns)} values ({', '.join(self.columns)})"
        detail = f"{self.file}:{line}: expected {expected}, found {len(values)}: {text[:80]!r}"
        return BadRow(line, "malformed-line", detail)

    def _split(self, text: str) -> list[str]:
        if self.quoted and '"' in text:
            return next(csv.reader([text], delimiter=self.delimiter))
        return text.split(self.delimiter)

    def _decode(self, data: bytes, folder: Folder, first: int) -> tuple[str, bool]:
        """The text, without a byte order mark, and whether it ends inside a character."""
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

    def _check_header(self, text: str, folder: Folder) -> None:
        if tuple(self._split(text)) != self.columns:
            raise CorpusLayoutError(
                folder.corpus,
                folder.path,
                expected=f"{self.file} with the header {self.delimiter.join(self.columns)!r}",
                found=repr(text[:120]),
            )
