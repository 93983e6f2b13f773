"""ARFF tables (Weka's attribute-relation file format), read as text and with tolerance."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.read.table import Row
from audio_flan.errors import Unusable

ATTRIBUTE = re.compile(r"@attribute\s+(?:'([^']*)'|(\S+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Relation:
    """An ARFF table.

    Args:
        file: path inside the corpus.
        columns: names of its attributes.
        rows: its data, each row with a value for each column.
    """

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def problem(self, row: Row, problem: str) -> Unusable:
        """A row does not say what it should."""
        return _problem(f"{self.file}:{row.line}", problem)


def read_arff(folder: Folder, file: str, columns: tuple[str, ...]) -> Relation:
    """Read an ARFF file; values may be in single quotes, and the line @DATA may be absent.

    Args:
        folder: the corpus.
        file: path inside the corpus.
        columns: names of the attributes that must come first.

    Raises:
        Unusable: reason "malformed-annotation": not UTF-8, other attributes, a row that is cut off
            or has another number of values.
    """
    try:
        text = folder.read(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _problem(file, str(error)) from None
    names, lines = [], []
    for line, content in enumerate(text.split("\n"), 1):
        content = content.strip()
        if not content or content.startswith("%"):
            continue
        if not content.startswith("@"):
            lines.append((line, _values(content, f"{file}:{line}")))
        elif match := ATTRIBUTE.match(content):
            names.append(match[1] or match[2])
    if tuple(names[: len(columns)]) != columns:
        raise _problem(file, f"attributes {names!r:.200} do not start with {columns}")
    positions = {name: index for index, name in enumerate(names)}
    rows = tuple(Row(line, values, positions) for line, values in lines)
    relation = Relation(file, tuple(names), rows)
    for row in rows:
        if len(row.values) != len(names):
            raise relation.problem(row, f"expected {len(names)} values, found {len(row.values)}")
    return relation


def _values(content: str, place: str) -> list[str]:
    try:
        # Strict, so that a quote without its end is an error.
        return next(csv.reader([content], quotechar="'", skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise _problem(place, f"{error}: {content[:80]!r}") from None


def _problem(place: str, problem: str) -> Unusable:
    return Unusable("malformed-annotation", f"{place}: {problem}")
