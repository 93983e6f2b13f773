"""Large JSON files: pairs of an object, items of an array, lines, one by one."""

from __future__ import annotations

import json
import tracemalloc
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.read.json_stream import WINDOW, items, lines, records
from audio_flan.corpora.read.table import BadRow
from audio_flan.errors import CorpusLayoutError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def read(folder: Path, text: str | bytes, name: str = "data") -> list[Any]:
    (folder / "list.json").write_bytes(text.encode() if isinstance(text, str) else text)
    return list(items(Folder("some", str(folder)), "list.json", name))


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(st.text(max_size=3).filter(lambda name: name != "data"), VALUES, max_size=3),
    st.lists(VALUES, max_size=6),
    st.dictionaries(st.sampled_from(["after", "later"]), VALUES),
    st.sampled_from([None, 0, 2]),
)
def test_items_are_those_of_the_array(
    tmp_path_factory: pytest.TempPathFactory,
    before: dict[str, Any],
    array: list[Any],
    after: dict[str, Any],
    indent: int | None,
) -> None:
    text = json.dumps({**before, "data": array, **after}, indent=indent)
    assert read(tmp_path_factory.mktemp("items"), text) == array


@pytest.mark.parametrize("length", [WINDOW - 9, WINDOW - 8, WINDOW - 3, WINDOW // 2, 40_000])
def test_items_over_the_ends_of_what_is_in_hand(length: int, tmp_path: Path) -> None:
    array = ["é" * (length - 100), {"a": "}]" * 9000}, 7, [[]], "y" * 65_000] * 3
    assert read(tmp_path, json.dumps({"count": 1, "data": array}, ensure_ascii=False)) == array


def test_the_first_items_come_from_the_start_of_the_file(tmp_path: Path) -> None:
    with (tmp_path / "long.json").open("w") as file:
        file.write('{"num_captions_per_audio": 1, "data": [')
        file.writelines(f'{{"id": "{number}"}},\n' for number in range(100_000))
        file.write('{"id": "last"}]}')
    tracemalloc.start()
    found = items(Folder("some", str(tmp_path)), "long.json", "data")
    assert [item["id"] for item in islice(found, 3)] == ["0", "1", "2"]
    assert sum(1 for _ in islice(found, 90_000)) == 90_000
    assert tracemalloc.get_traced_memory()[1] < 16 * WINDOW
    tracemalloc.stop()


TEXT = '{"count": 1, "data": [{"id": "1"}, {"id": "2"}], "more": 2}\n'


@pytest.mark.parametrize("cut", range(len(TEXT) - 2))
def test_a_file_that_is_cut_off_is_told(cut: int, tmp_path: Path) -> None:
    with pytest.raises(CorpusLayoutError, match="cut off") as caught:
        read(tmp_path, TEXT[:cut])
    assert "list.json" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[1, 2]", "not an object"),
        ('{"data": {"id": 1}}', "not an array"),
        ('{"data": null}', "not an array"),
        ('{"data": [1 2]}', "not a comma and an item"),
        ('{"data": [1, ]}', "not a comma and an item"),
        ('{"data": [1]]}', "not a comma and a name"),
        ('{"data": [,]}', "not a JSON value"),
        ('{"other": [1]}', "not a pair 'data'"),
        ("{}", "not a pair 'data'"),
        ('{"data": [1]} []', "not the end"),
    ],
)
def test_what_is_no_array_in_an_object_is_told(text: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusLayoutError, match="as one whole JSON object") as caught:
        read(tmp_path, text)
    assert found in str(caught.value)


def test_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(CorpusLayoutError, match=r"byte 0xe9 in line 2, which is not UTF-8"):
        read(tmp_path, '{"data":\n["é"]}'.encode("latin-1"))


def test_an_array_of_pairs_is_left_alone_by_records(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(TEXT)
    found = dict(records(Folder("some", str(tmp_path)), "list.json"))
    assert found == json.loads(TEXT)


def test_a_long_object_is_read_in_constant_memory(tmp_path: Path) -> None:
    record = {"qualities_str": ["brïght", "}", '"'], "pitch": 60, "nested": {"a": [{}, {}]}}
    expected = {f"note {number:06d} é": record for number in range(100_000)}
    (tmp_path / "long.json").write_text(json.dumps(expected, ensure_ascii=False), encoding="utf-8")
    assert (tmp_path / "long.json").stat().st_size > 9_000_000
    found = records(Folder("some", str(tmp_path)), "long.json")
    tracemalloc.start()
    try:
        names = iter(expected)
        for name, value in found:
            assert name == next(names)
            assert value == record
        assert next(names, None) is None
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


# An array that is the whole file


@settings(max_examples=40, deadline=None)
@given(st.lists(VALUES, max_size=6), st.sampled_from([None, 0, 2]))
def test_a_whole_file_may_be_the_array(
    tmp_path_factory: pytest.TempPathFactory, array: list[Any], indent: int | None
) -> None:
    text = f"\ufeff {json.dumps(array, indent=indent)}\n"
    assert read(tmp_path_factory.mktemp("items"), text, "") == array


@pytest.mark.parametrize("text", ["", "{}", "[1, 2", "[1,]", "[1 2]", "[1] []", '{"data": []}'])
def test_what_is_no_array_is_told(text: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusLayoutError, match=r"list\.json as one whole JSON array; found "):
        read(tmp_path, text, "")


# JSON lines


def read_lines(folder: Path, data: bytes) -> list[tuple[int, Any]]:
    (folder / "lines.jsonl").write_bytes(data)
    return list(lines(Folder("some", str(folder)), "lines.jsonl"))


def test_lines_have_their_numbers_and_blank_ones_are_left_out(tmp_path: Path) -> None:
    data = '\ufeff{"é": 1}\r\n\n  \n["\u2028"]\n7'.encode()
    assert read_lines(tmp_path, data) == [(1, {"é": 1}), (4, ["\u2028"]), (5, 7)]


@pytest.mark.parametrize("line", ["{", "{'id': 1}", "}{", '{"a": 1} 2', "[" * 100_000, "1" * 9000])
def test_a_line_that_is_no_json_harms_no_other(line: str, tmp_path: Path) -> None:
    (first, (number, bad), last) = read_lines(tmp_path, f'{{"a": 1}}\n{line}\n3\n'.encode())
    assert (first, number, last) == ((1, {"a": 1}), 2, (3, 3))
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.reason) == (2, "malformed-line")
    assert bad.detail.startswith("lines.jsonl:2: ")
    assert len(bad.detail) < 300


def test_a_last_line_that_is_cut_off_is_told_also_inside_a_character(tmp_path: Path) -> None:
    data = '{"a": 1}\n{"é": "日"}\n'.encode()
    start = data.index(b"\n") + 1
    for end in range(start + 1, len(data) - 1):
        (first, (number, bad)) = read_lines(tmp_path, data[:end])
        assert (first, number) == ((1, {"a": 1}), 2)
        assert isinstance(bad, BadRow)
        assert bad.reason == "truncated-line"
    assert read_lines(tmp_path, data[:-1])[1] == (2, {"é": "日"})


def test_lines_in_another_encoding_and_no_lines_are_told(tmp_path: Path) -> None:
    with pytest.raises(CorpusLayoutError, match="byte 0xe9 in line 3, which is not UTF-8"):
        read_lines(tmp_path, '1\n\n"é"\n4\n'.encode("latin-1"))
    for data in (b"", b"\n \n"):
        with pytest.raises(CorpusLayoutError, match="a JSON value in each line; found an empty"):
            read_lines(tmp_path, data)
