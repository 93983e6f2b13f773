"""Rows grouped by name: each group once and whole, however many parts there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_flan.corpora.read import grouped_rows
from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.read.table import Row, Table
from audio_flan.errors import CorpusLayoutError

TABLE = Table("events.tsv", "\t", ("clip", "start", "label"), header=True)
HEADER = "clip\tstart\tlabel\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder("a_corpus", str(tmp_path))


def write(folder: Folder, rows: str | bytes) -> None:
    data = rows.encode() if isinstance(rows, str) else rows
    (Path(folder.path) / TABLE.file).write_bytes(HEADER.encode() + data)


def groups(folder: Folder) -> list[grouped_rows.Group]:
    parts = grouped_rows.parts(folder, TABLE.file)
    return [group for part in parts for group in grouped_rows.groups(folder, TABLE, part)]


def test_rows_of_a_name_come_together_in_the_order_of_the_file(folder: Folder) -> None:
    write(folder, "b\t1\tcat\na\t2\tdog\n\nb\t0\tdog\r\n")
    found = groups(folder)
    assert [group.name for group in found] == ["b", "a"]
    assert found[0].rows == [Row(2, ["b", "1", "cat"]), Row(5, ["b", "0", "dog"])]
    assert found[0].rows[1].place == "events.tsv:5"
    assert [row["label"] for row in found[0].rows] == ["cat", "dog"]


def test_a_row_with_other_values_than_the_header_is_still_its_groups(folder: Folder) -> None:
    write(folder, "a\t1\ngarbage\na\t2\tdog\tmore\n")
    assert groups(folder) == [
        ("a", [Row(2, ["a", "1"]), Row(4, ["a", "2", "dog", "more"])]),
        ("garbage", [Row(3, ["garbage"])]),
    ]


def test_every_group_is_whole_in_one_of_many_parts(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "".join(f"clip{number % 50}\t{number}\tcat\n" for number in range(500)))
    whole = groups(folder)
    assert len(whole) == 50
    assert {len(group.rows) for group in whole} == {10}
    monkeypatch.setattr(grouped_rows, "PART_BYTES", 500)
    assert len(grouped_rows.parts(folder, TABLE.file)) > 10
    assert sorted(groups(folder)) == sorted(whole)


def test_another_header_or_encoding_is_told(folder: Folder) -> None:
    write(folder, "a\t1\tcat\na\t2\té\n".encode("latin-1"))
    with pytest.raises(CorpusLayoutError, match=r"events\.tsv in UTF-8; .* in line 3"):
        groups(folder)
    (Path(folder.path) / TABLE.file).write_text("clip\tlabel\n")
    with pytest.raises(CorpusLayoutError, match=r"events\.tsv with the header .*'clip\\tlabel'"):
        groups(folder)
    (Path(folder.path) / TABLE.file).write_text("")
    with pytest.raises(CorpusLayoutError, match=r"events\.tsv with the header"):
        groups(folder)
