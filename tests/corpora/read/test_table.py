"""Tables of metadata: values are text, every line is accounted for, every bad one is placed."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_flan.corpora.read import table as tables
from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.read.table import BadRow, Row, Table
from audio_flan.errors import CorpusLayoutError

# Line ends that `str.splitlines` knows and a table must not: U+2028, U+0085, form feed, …
SEPARATORS = "\u2028\u2029\u0085\x0b\x0c\x1c\x1d\x1e"
TRAPS = ["NA", "null", "001", "1e5", "-0", "TRUE", " padded ", '"quoted"', '"', "'", "\ufeff", "é"]
DELIMITERS = [",", "\t", "|"]


def values(delimiter: str = "") -> st.SearchStrategy[str]:
    """Texts without the delimiter and without line ends; a surrogate is no text."""
    characters = st.characters(exclude_characters=f"\r\n{delimiter}", exclude_categories=["Cs"])
    text = st.text(characters | st.sampled_from(SEPARATORS), max_size=12)
    return text | st.sampled_from(TRAPS)


def table(delimiter: str = "|", columns: int = 3, **form: object) -> Table:
    return Table("t.csv", delimiter, tuple("abcdef"[:columns]), **form)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder("some_corpus", str(tmp_path_factory.mktemp("table")))


def write(folder: Folder, text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    (Path(folder.path) / "t.csv").write_bytes(data)


def read(form: Table, folder: Folder) -> list[Row | BadRow]:
    return list(form.rows(folder))


# Values


@settings(deadline=None)
@given(st.data(), st.sampled_from(DELIMITERS), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_text_comes_back_as_it_was_written(
    folder: Folder, data: st.DataObject, delimiter: str, end: str, closed: bool
) -> None:
    # An id comes first: a line of blanks alone is no row.
    cells = st.tuples(st.integers().map(str), values(delimiter), values(delimiter))
    rows = data.draw(st.lists(cells, min_size=1, max_size=6))
    write(folder, end.join(delimiter.join(row) for row in rows) + (end if closed else ""))
    expected = [Row(line, list(row)) for line, row in enumerate(rows, 1)]
    assert read(table(delimiter), folder) == expected


@settings(deadline=None)
# The csv module of Python 3.10 neither writes nor reads NUL.
@given(st.lists(st.tuples(st.integers().map(str), values("\0"), values("\0")), min_size=1))
def test_quoted_text_comes_back_as_a_csv_writer_wrote_it(
    folder: Folder, rows: list[tuple[str, ...]]
) -> None:
    target = StringIO()
    csv.writer(target, lineterminator="\r\n").writerows(rows)
    write(folder, target.getvalue())
    expected = [Row(line, list(row)) for line, row in enumerate(rows, 1)]
    assert read(table(",", quoted=True), folder) == expected


def test_quotes_are_plain_text_where_the_table_is_not_quoted(folder: Folder) -> None:
    write(folder, '1|"Come in," he said.|x\n2|"no end|y\n3|z|"\n')
    assert [row.values for row in read(table(), folder) if isinstance(row, Row)] == [
        ["1", '"Come in," he said.', "x"],
        ["2", '"no end', "y"],
        ["3", "z", '"'],
    ]


def test_a_byte_order_mark_opens_the_file_and_is_no_text(folder: Folder) -> None:
    write(folder, "\ufeffa|b|c\n\ufeff1|2|3\n")
    assert read(table(header=True), folder) == [Row(2, ["\ufeff1", "2", "3"])]


def test_header_comments_and_blank_lines_are_no_rows_but_count_as_lines(folder: Folder) -> None:
    write(folder, "a|b|c\n# x|y|z\n\n1|2|3\r\n   \n4|#|6\n")
    form = table(header=True, comment="#")
    assert read(form, folder) == [Row(4, ["1", "2", "3"]), Row(6, ["4", "#", "6"])]


# Lines that do not fit


@settings(deadline=None)
@given(
    st.lists(
        st.text(st.sampled_from('a1,|\t" \r\ufeff\u2028é'), max_size=12), min_size=1, max_size=8
    ),
    st.sampled_from(DELIMITERS),
    st.booleans(),
)
def test_every_line_is_a_row_or_a_bad_row(
    folder: Folder, lines: list[str], delimiter: str, quoted: bool
) -> None:
    # Its mark keeps a line from being blank.
    lines = [f"x{line}" for line in lines]
    write(folder, "".join(f"{line}\n" for line in lines))
    found = read(table(delimiter, quoted=quoted), folder)
    assert [row.line for row in found] == list(range(1, len(lines) + 1))
    for row in found:
        if isinstance(row, Row):
            assert len(row.values) == 3
        else:
            assert row.reason == "malformed-line"
            assert row.detail.startswith(f"t.csv:{row.line}: ")


def test_a_bad_row_tells_where_it_is_and_what_is_wrong(folder: Folder) -> None:
    write(folder, "1|2|3\ngarbage\n1|2|3|4\n")
    good, short, long = read(table(), folder)
    assert good == Row(1, ["1", "2", "3"])
    assert isinstance(short, BadRow)
    assert isinstance(long, BadRow)
    expected = "t.csv:2: expected 3 values (a, b, c), found 1: 'garbage'"
    assert (short.line, short.reason, short.detail) == (2, "malformed-line", expected)
    assert (long.line, long.reason) == (3, "malformed-line")


@pytest.mark.parametrize("text", ["1|2|3\n4|5|6", "1|2|3\n4|5|6\r", "1|2|3\n4|5|", "1|2|3\n4"])
def test_a_last_line_without_its_end_was_cut_off_where_the_publisher_ends_lines(
    folder: Folder, text: str
) -> None:
    write(folder, text)
    good, cut = read(table(ends_with_newline=True), folder)
    assert good == Row(1, ["1", "2", "3"])
    assert isinstance(cut, BadRow)
    assert (cut.line, cut.reason) == (2, "truncated-line")
    assert cut.detail.startswith("t.csv:2: ")


def test_a_last_line_without_its_end_is_whole_where_the_publisher_leaves_it_out(
    folder: Folder,
) -> None:
    write(folder, "1|2|3\n4|5|6")
    assert read(table(), folder) == [Row(1, ["1", "2", "3"]), Row(2, ["4", "5", "6"])]


@pytest.mark.parametrize("cut", range(1, 3))
def test_a_file_that_ends_inside_a_character_ends_inside_a_line(folder: Folder, cut: int) -> None:
    write(folder, "1|2|一\n4|5|天".encode()[:-cut])
    good, bad = read(table(ends_with_newline=True), folder)
    assert good == Row(1, ["1", "2", "一"])
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.reason) == (2, "truncated-line")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_told_with_its_file_and_line(folder: Folder, encoding: str) -> None:
    write(folder, "a|b|c\n1|café|3\n".encode(encoding))
    with pytest.raises(CorpusLayoutError) as caught:
        read(table(), folder)
    line = {"latin-1": 2, "utf-16": 1}[encoding]
    for part in ("some_corpus", folder.path, "t.csv in UTF-8", f"line {line}"):
        assert part in str(caught.value)


@pytest.mark.parametrize("text", ["b|a|c\n1|2|3\n", "1|2|3\n", "a|b\n", "a,b,c\n"])
def test_another_header_is_told_with_what_was_found(folder: Folder, text: str) -> None:
    write(folder, text)
    with pytest.raises(CorpusLayoutError) as caught:
        read(table(header=True), folder)
    for part in ("some_corpus", folder.path, "t.csv", "'a|b|c'", repr(text.split("\n")[0])):
        assert part in str(caught.value)


# Runs of lines


def in_runs(form: Table, folder: Folder, count: int) -> list[list[Row | BadRow]]:
    """The rows of each run of at most `count` lines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "LINES_PER_SHARD", count)
        return [list(form.rows(folder, part)) for part in form.runs(folder)]


LINES = ["1|2|3", "é|一|\u2028", "bad", "", "  ", "# note", "x|y|z\r", "\ufeff1|2|3", "a|b|c|d"]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(LINES), min_size=1, max_size=12).filter(any),
    st.integers(1, 5),
    st.booleans(),
    st.sampled_from(["", "\ufeff", "a|b|c\n"]),
    st.booleans(),
)
def test_runs_of_lines_give_the_same_rows_as_one_read(
    folder: Folder, lines: Sequence[str], count: int, closed: bool, start: str, ends: bool
) -> None:
    write(folder, start + "\n".join(lines) + ("\n" if closed else ""))
    form = table(header=start == "a|b|c\n", comment="#", ends_with_newline=ends)
    runs = in_runs(form, folder, count)
    assert [row for run in runs for row in run] == read(form, folder)
    for run in runs:
        assert not run or run[-1].line - run[0].line < count


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=60), st.integers(1, 4))
def test_runs_of_lines_cover_every_byte_once(folder: Folder, data: bytes, count: int) -> None:
    data = data.replace(b"\x00", b"\n")
    write(folder, data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "LINES_PER_SHARD", count)
        parts = table().runs(folder)
    assert b"".join(data[part.start : part.stop] for part in parts) == data
    assert [part.line for part in parts] == [1 + count * i for i in range(len(parts))]
    assert all(first.stop == second.start for first, second in pairwise(parts))
    for part in parts[:-1]:
        assert data[part.start : part.stop].count(b"\n") == count


def test_a_large_table_is_read_in_runs_of_a_fixed_number_of_lines(folder: Folder) -> None:
    count = 2 * tables.LINES_PER_SHARD + 5
    write(folder, "".join(f"{line}|x|y\n" for line in range(1, count + 1)))
    parts = table().runs(folder)
    assert [part.line for part in parts] == [1, 10_001, 20_001]
    rows = [row for part in parts for row in table().rows(folder, part)]
    assert rows == [Row(line, [str(line), "x", "y"]) for line in range(1, count + 1)]


# Columns by name


def test_columns_are_found_by_name_in_any_order(folder: Folder) -> None:
    form = table(columns=2, any_order=True, optional=("z",))
    write(folder, "more| b |a\n1|2|3\n")
    (row,) = (row for row in form.rows(folder) if isinstance(row, Row))
    assert (row["a"], row["b"], row["z"], list(row.values)) == ("3", "2", "", ["3", "2", ""])
    write(folder, "z|a|b\n1|2|3\n4|5\n")
    first, short = form.rows(folder)
    assert isinstance(first, Row) and first["z"] == "1"
    assert isinstance(short, BadRow) and "expected 3 values, found 2" in short.detail


def test_every_run_of_lines_knows_the_header(folder: Folder) -> None:
    form = table(columns=2, any_order=True)
    write(folder, "\ufeffb|a\n" + "".join(f"{n}|{n + 1}\n" for n in range(9)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "LINES_PER_SHARD", 4)
        rows = [row for part in form.runs(folder) for row in form.rows(folder, part)]
    found = [(row["a"], row["b"]) for row in rows if isinstance(row, Row)]
    assert found == [(str(n + 1), str(n)) for n in range(9)]


def test_a_column_that_is_missing_is_named(folder: Folder) -> None:
    write(folder, "a|c\n1|2\n")
    with pytest.raises(CorpusLayoutError, match=r"with the columns 'a\|b'; found 'a\|c'"):
        list(table(columns=2, any_order=True).rows(folder))


def test_values_may_be_separated_by_runs_of_blanks(folder: Folder) -> None:
    write(folder, "p225  23   F\tEnglish  Southern England\np226 22 M Scottish\n")
    form = table("", 5, open_end=True)
    first, second = form.rows(folder)
    assert first == Row(1, ["p225", "23", "F", "English", "Southern England"])
    assert isinstance(second, BadRow)
