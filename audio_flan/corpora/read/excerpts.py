"""Windows of long music, and the part of its annotations that lies in each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audio_flan.model.clip import Beat, Note, Span
from audio_flan.model.notation import SHORTEST

DIGITS = 6
"""Decimals of times: what is left of binary fractions when they are subtracted is cut off."""
ROUNDING = 0.005
"""A time this near to the end of a window is written as that end, seconds."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a recording, seconds; what it cuts out counts from its start."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Duration."""
        return round(self.end - self.start, DIGITS)

    def overlap(self, start: float, end: float) -> float:
        """How much of a stretch lies in the window, seconds; negative where none does."""
        return min(end, self.end) - max(start, self.start)

    def place(self, time: float) -> float:
        """A point in time, moved to the window's start where it lies before."""
        return round(max(0.0, time - self.start), DIGITS)

    def notes(self, notes: Iterable[Note]) -> tuple[Note, ...]:
        """Notes, cut where they go beyond the window; what would be empty is left out."""
        return tuple(
            Note(self.place(n.onset), self.place(min(n.offset, self.end)), n.pitch, n.agreed)
            for n in notes
            # The first two alone rule most notes out, and quickly.
            if n.onset < self.end
            and n.offset > self.start
            and self.overlap(n.onset, n.offset) >= SHORTEST
        )

    def beats(self, beats: Iterable[Beat]) -> tuple[Beat, ...]:
        """Beats; one that would be written as the window's end is the next window's first."""
        start, end = self.start - ROUNDING, self.end - ROUNDING
        return tuple(Beat(self.place(b.time), b.position) for b in beats if start <= b.time < end)

    def spans(self, changes: Iterable[tuple[float, str]]) -> tuple[Span, ...]:
        """What holds from each change to the next, without gaps, neighbours different.

        Args:
            changes: times and what holds from then on, by time; the first holds before it, too.
        """
        points: list[tuple[float, str]] = []
        for time, label in changes:
            if time > self.end - SHORTEST:
                break
            place = self.place(time)
            if points and place - points[-1][0] < SHORTEST:
                points.pop()
            if not points:
                place = 0.0
            if not points or points[-1][1] != label:
                points.append((place, label))
        ends = [start for start, _ in points[1:]] + [self.seconds]
        return tuple(
            Span(start, end, label) for (start, label), end in zip(points, ends, strict=True)
        )


def windows(end: float, seconds: float, shortest: float) -> list[Window]:
    """A recording in windows, one after the other from its start.

    Args:
        end: duration of the recording, seconds.
        seconds: length of a window.
        shortest: length that the last one, which is what is left, must have.
    """
    whole = int(end // seconds)
    found = [Window(index * seconds, (index + 1) * seconds) for index in range(whole)]
    rest = Window(whole * seconds, end)
    return found + [rest] * (rest.seconds >= shortest)
