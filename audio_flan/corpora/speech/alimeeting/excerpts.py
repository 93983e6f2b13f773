"""Excerpts of a long session: where they start and end, and the turns in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from audio_flan.model.clip import Span
from audio_flan.model.notation import SHORTEST as SHORTEST_TURN

SHORTEST, LONGEST = 20.0, 30.0
"""Between these an excerpt ends, seconds."""
LEAD = 0.5
"""Silence before the first word of an excerpt, at most, seconds."""


def excerpt_times(turns: Sequence[Span]) -> Iterator[tuple[float, float]]:
    """Start and end of the excerpts of a session, seconds to the ms; see the corpus's docstring.

    Args:
        turns: by start.
    """
    talk = _talk(turns)
    position = 0.0
    for start, end in talk:
        while end - position >= SHORTEST_TURN:
            first = round(max(position, start - LEAD), 3)
            position = round(_border(talk, first), 3)
            yield first, position


def turns_inside(turns: Sequence[Span], start: float, end: float) -> Iterator[Span]:
    """The parts of turns in an excerpt, times from its start, by start."""
    for turn in turns:
        first, last = max(turn.start, start) - start, min(turn.end, end) - start
        if last - first >= SHORTEST_TURN:
            yield Span(round(first, 3), round(last, 3), turn.label)


def _talk(turns: Sequence[Span]) -> tuple[tuple[float, float], ...]:
    """The stretches in which anybody speaks."""
    talk: list[tuple[float, float]] = []
    for turn in turns:
        if talk and turn.start <= talk[-1][1]:
            talk[-1] = (talk[-1][0], max(talk[-1][1], turn.end))
        else:
            talk.append((turn.start, turn.end))
    return tuple(talk)


def _border(talk: Sequence[tuple[float, float]], start: float) -> float:
    """Where an excerpt ends that starts at a time."""
    earliest, latest = start + SHORTEST, start + LONGEST
    if talk[-1][1] <= latest:
        return talk[-1][1]
    pauses = [
        (max(end, earliest), min(begin, latest))
        for (_, end), (begin, _) in pairwise(talk)
        if end < latest and begin > earliest
    ]
    if not pauses:
        return latest
    # The first one of the longest.
    begin, end = max(pauses, key=lambda pause: pause[1] - pause[0])
    return (begin + end) / 2
