"""Rows by numbers that tables share: each once, by number, and none that is no row."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from audio_flan.corpora.read import numbered_rows
from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.read.numbered_rows import Index, Run, read_index, rows, runs
from audio_flan.corpora.read.table import Row, Table
from audio_flan.errors import CorpusLayoutError

COLUMNS = ("number", "word")
ALL = Run(0, 999_999_999)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder("a_corpus", str(tmp_path))


def write(folder: Folder, file: str, text: str | bytes) -> Index:
    data = text.encode() if isinstance(text, str) else text
    (Path(folder.path) / file).write_bytes(data)
    return read_index(folder, Table(file, "\t", COLUMNS))


def test_rows_come_by_number_and_then_in_the_order_of_the_file(folder: Folder) -> None:
    index = write(folder, "en.tsv", "\ufeff3\tc\r\n1\ta\n\n3\tb\u2028b\n2\t")
    found = list(rows(folder, index, ALL))
    assert found == [
        (1, Row(2, ["1", "a"])),
        (2, Row(5, ["2", ""])),
        (3, Row(1, ["3", "c"])),
        (3, Row(4, ["3", "b\u2028b"])),
    ]
    assert (found[3][1]["word"], found[3][1].place) == ("b\u2028b", "en.tsv:4")
    assert list(rows(folder, index, Run(2, 2))) == found[1:2]
    assert list(rows(folder, index, Run(4, 9))) == []


def test_lines_that_are_no_rows_are_listed_with_their_place(folder: Folder) -> None:
    index = write(folder, "en.tsv", "1\ta\nx\tb\n2\n-3\tc\n1234567890\td\n")
    assert [number for number, _ in rows(folder, index, ALL)] == [1]
    assert [(bad.line, bad.reason) for bad in index.bad] == [
        (line, "malformed-line") for line in (2, 3, 4, 5)
    ]
    assert index.bad[1].detail == "en.tsv:3: expected 2 values, the first a number, found '2'"


def test_runs_are_of_the_rows_of_all_tables_and_cut_no_number(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbered_rows, "LINES_PER_SHARD", 10)
    text = "".join(f"{number}\tword\n" for number in range(50, 0, -1))
    tables = [write(folder, "en.tsv", text), write(folder, "fr.tsv", text + "60\tmot\n")]
    found = list(runs(tables))
    read = [[n for table in tables for n, _ in rows(folder, table, run)] for run in found]
    assert sorted(number for numbers in read for number in numbers) == sorted(
        [*range(1, 51), *range(1, 51), 60]
    )
    assert all(8 <= len(numbers) <= 12 for numbers in read[1:-1])
    assert all(run.last < after.first for run, after in pairwise(found))


@pytest.mark.parametrize("text", ["", "\n", "word\n"])
def test_a_table_without_rows_is_named(folder: Folder, text: str) -> None:
    with pytest.raises(CorpusLayoutError, match=r"en\.tsv with a line of 2 values"):
        write(folder, "en.tsv", text)


def test_another_encoding_is_named_with_its_line(folder: Folder) -> None:
    index = write(folder, "en.tsv", "1\ta\n2\té\n".encode("latin-1"))
    with pytest.raises(CorpusLayoutError, match=r"en\.tsv in UTF-8; .* in line 2"):
        list(rows(folder, index, ALL))
    with pytest.raises(CorpusLayoutError, match=r"en\.tsv in UTF-8; .* in line 2"):
        write(folder, "en.tsv", "1\ta\né\n".encode("latin-1"))
