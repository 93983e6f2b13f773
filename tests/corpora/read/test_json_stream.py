"""Large JSON files: the items of an array in an object, one by one."""

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
from audio_flan.corpora.read.json_stream import WINDOW, items, records
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
