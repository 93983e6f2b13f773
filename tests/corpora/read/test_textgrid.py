"""TextGrids: what hand-made files do is taken as it comes, what is lost is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_flan.corpora.read.textgrid import Interval, Tier, parse
from audio_flan.errors import Unusable

HEAD = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 9\n'


def tier(name: str, *intervals: tuple[float, float, str], size: int | None = None) -> str:
    lines = ['class = "IntervalTier" ', f'name = "{name}" ', "xmin = 0 ", "xmax = 9 "]
    lines.append(f"intervals: size = {len(intervals) if size is None else size} ")
    for number, (start, end, text) in enumerate(intervals, 1):
        lines.append(f"intervals [{number}]:")
        lines += [f"    xmin = {start} ", f"    xmax = {end} ", f'    text = "{text}" ']
    return "".join(f"        {line}\n" for line in lines)


def grid(*tiers: str, size: int | None = None) -> str:
    items = "".join(f"    item [{number}]:\n{item}" for number, item in enumerate(tiers, 1))
    count = len(tiers) if size is None else size
    return f"{HEAD}tiers? <exists> \nsize = {count} \nitem []: \n{items}"


def read(text: str) -> list[Tier]:
    return parse(text.encode(), "a.TextGrid")


def reason(data: bytes) -> str:
    with pytest.raises(Unusable) as caught:
        parse(data, "a.TextGrid")
    assert "a.TextGrid" in caught.value.detail
    return caught.value.reason


def test_tiers_and_intervals_are_read() -> None:
    text = grid(tier("one", (0, 1.5, "a b"), (1.5, 2, "")), tier("", (0.25, 9, "今天")))
    assert read(text) == [
        Tier("one", (Interval(0, 1.5, "a b"), Interval(1.5, 2, ""))),
        Tier("", (Interval(0.25, 9, "今天"),)),
    ]


def test_a_file_as_praat_writes_it() -> None:
    text = (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0 \nxmax = 2.3 \n'
        "tiers? <exists> \nsize = 2 \nitem []: \n    item [1]:\n"
        '        class = "IntervalTier" \n        name = "Mary" \n        xmin = 0 \n'
        "        xmax = 2.3 \n        intervals: size = 1 \n        intervals [1]:\n"
        '            xmin = 0 \n            xmax = 2.3 \n            text = "hi" \n'
        '    item [2]:\n        class = "TextTier" \n        name = "bell" \n'
        "        xmin = 0 \n        xmax = 2.3 \n        points: size = 1 \n"
        '        points [1]:\n            number = 1 \n            mark = "x" \n'
    )
    assert read(text) == [Tier("Mary", (Interval(0, 2.3, "hi"),))]


def test_intervals_come_by_start_whatever_their_order_and_the_stated_end() -> None:
    (found,) = read(grid(tier("a", (10, 12, "late"), (0, 5, "long"), (3, 4, "inside"))))
    assert [i.text for i in found.intervals] == ["long", "inside", "late"]


@pytest.mark.parametrize(("start", "end"), [(2, 2), (3, 2)])
def test_an_interval_without_duration_is_left_out(start: float, end: float) -> None:
    (found,) = read(grid(tier("a", (start, end, "x"), (4, 5, "y"))))
    assert found.intervals == (Interval(4, 5, "y"),)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('他说""好""', '他说"好"'),
        ('he said "so" again', 'he said "so" again'),
        ('at the end "so"', 'at the end "so"'),
        ('""', '"'),
        ("two\nlines", "two\nlines"),
        ('a quote"\nbefore the line ends', 'a quote"\nbefore the line ends'),
        (" blanks ", "blanks"),
        ("xmin = 3 [1]:", "xmin = 3 [1]:"),
    ],
)
def test_texts_with_quotes_and_lines(written: str, meant: str) -> None:
    (found,) = read(grid(tier("a", (0, 1, written), (1, 2, "next"))))
    assert [i.text for i in found.intervals] == [meant, "next"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_encodings_and_line_ends_of_praat(encoding: str, line_end: str) -> None:
    text = grid(tier("甲", (0, 1, "今天"), (1, 2, "")))
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    data = mark + text.replace("\n", line_end).encode(encoding)
    assert parse(data, "a") == read(text)
    assert read(text)[0].name == "甲"


def test_more_than_is_stated_is_taken_fewer_is_told() -> None:
    assert len(read(grid(tier("a", (0, 1, "x"), (1, 2, "y"), size=1)))[0].intervals) == 2
    assert len(read(grid(tier("a"), tier("b"), size=1))) == 2
    assert reason(grid(tier("a", (0, 1, "x"), size=2)).encode()) == "truncated-textgrid"
    assert reason(grid(tier("a"), size=2).encode()) == "truncated-textgrid"


def test_an_interval_that_can_not_be_read_is_told() -> None:
    text = grid(tier("a", (0, 1, "x"), (1, 2, "y"), (2, 3, "z")))
    for part in ("xmin = 1 ", "xmax = 2 ", '"y" '):
        assert reason(text.replace(part, "").encode()) == "truncated-textgrid"


def test_a_file_cut_anywhere_is_told() -> None:
    data = grid(tier("a", (0, 1, "x"), (1, 2, "y")), tier("b", (0, 2, "今天"))).encode()
    whole = data.rindex(b'"') + 1
    for end in range(whole):
        assert reason(data[:end]) in {"truncated-textgrid", "malformed-textgrid"}, end
    assert parse(data[:whole], "a") == parse(data, "a")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        b"\x00\x01\xff\xfe",
        b'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n9\n<exists>\n0\n',
        grid('        name = "a"\n').encode(),
        grid(tier("a", (0, 1, "x")).replace("name", "nome")).encode(),
        grid(tier("a", (0, 1, "é"))).encode("latin-1"),
    ],
)
def test_what_is_no_textgrid_is_told(data: bytes) -> None:
    assert reason(data) == "malformed-textgrid"


@pytest.mark.parametrize("time", ["nan", "inf", "1,5", "--"])
def test_a_time_that_is_no_number_is_told(time: str) -> None:
    text = grid(tier("a", (0, 7, "x"))).replace("xmax = 7", f"xmax = {time}")
    assert reason(text.encode()) == "malformed-textgrid"


times = st.floats(0, 5000, allow_nan=False).map(lambda x: round(x, 4))
texts = st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])).map(str.strip)
intervals = st.lists(st.tuples(times, times, texts).filter(lambda i: i[0] < i[1]), max_size=5)


@given(st.lists(intervals, max_size=3))
def test_whatever_is_written_is_read_back(content: list[list[tuple[float, float, str]]]) -> None:
    tiers = [
        tier("t", *((start, end, text.replace('"', '""')) for start, end, text in items))
        for items in content
    ]
    found = parse(grid(*tiers).encode(), "a")
    assert [list(t.intervals) for t in found] == [sorted(items) for items in content]
