"""Windows of recordings: they follow one another, and what they cut out counts from their start."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from audio_flan.corpora.read.excerpts import Window, windows
from audio_flan.model.clip import Beat


@given(st.floats(0, 300))
def test_windows_follow_one_another_and_leave_less_than_the_shortest(end: float) -> None:
    found = windows(end, 10, 5)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert all(window.seconds == 10 for window in found[:-1])
    covered = found[-1].end if found else 0
    assert 0 <= end - covered < 5.000001
    assert all(5 <= window.seconds <= 10 for window in found)


def test_a_beat_that_rounds_to_the_end_of_a_window_is_in_the_next() -> None:
    beats = [Beat(9.996, 1), Beat(14.5, 2), Beat(19.99, 3)]
    assert Window(0, 10).beats(beats) == ()
    assert Window(10, 20).beats(beats) == (Beat(0.0, 1), Beat(4.5, 2), Beat(9.99, 3))


@given(
    st.lists(st.tuples(st.floats(0, 30), st.sampled_from("abc")), max_size=8),
    st.floats(0, 20),
)
def test_spans_fill_their_window(changes: list[tuple[float, str]], start: float) -> None:
    window, changes = Window(start, start + 10), [(0.0, "a"), *sorted(changes)]
    spans = window.spans(changes)
    assert spans[0].start == 0
    assert spans[-1].end == window.seconds
    assert all(a.end == b.start and a.label != b.label for a, b in pairwise(spans))
    assert min(span.end - span.start for span in spans) > 0.0099
    for time, after in pairwise([*changes, (30.0, "")]):
        middle = (time[0] + after[0]) / 2 - start
        if after[0] - time[0] > 0.03 and 0 <= middle < 10:
            (label,) = [span.label for span in spans if span.start <= middle < span.end]
            assert label == time[1]
