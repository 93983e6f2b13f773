"""How times are written: in seconds with two decimals, alone or with a label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from audio_flan.model.clip import Span

SHORTEST = 0.01
"""A stretch that is empty at two decimals is not written; seconds."""


def times(points: Iterable[float]) -> str:
    """Points in time: "0.52, 1.04"."""
    return ", ".join(f"{point:.2f}" for point in points)


def stretches(spans: Iterable[tuple[float, float]]) -> str:
    """Stretches of time: "0.32-2.75, 3.10-5.48"; "none" where there are none."""
    return ", ".join(f"{start:.2f}-{end:.2f}" for start, end in spans) or "none"


def spans(items: Iterable[Span]) -> str:
    """Stretches of time, each with its label: "0.00-1.92 F:maj; 1.92-3.84 N"."""
    return "; ".join(f"{item.start:.2f}-{item.end:.2f} {item.label}" for item in items)


def within(items: Iterable[Span], seconds: float) -> list[Span]:
    """The parts of spans that lie in the first seconds of a clip."""
    cut = (replace(s, end=min(s.end, seconds)) for s in items if s.start + SHORTEST <= seconds)
    return [span for span in cut if span.end - span.start >= SHORTEST]


def merged(items: Iterable[Span], gap: float) -> list[Span]:
    """Spans by start and end, those of one label joined where they are at most `gap` apart."""
    done: list[Span] = []
    last: dict[str, int] = {}
    for span in sorted(items, key=lambda span: (span.start, span.end, span.label)):
        index = last.get(span.label)
        if index is not None and span.start - done[index].end <= gap:
            done[index] = replace(done[index], end=max(done[index].end, span.end))
        else:
            last[span.label] = len(done)
            done.append(span)
    return done


def without_repeats(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels in their order, immediate repeats left out."""
    return tuple(label for i, label in enumerate(labels) if not i or labels[i - 1] != label)


PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def note_name(midi: int) -> str:
    """Scientific pitch notation of a MIDI number, with sharps: 61 -> "C#4" (60 is C4)."""
    return f"{PITCH_CLASSES[midi % 12]}{midi // 12 - 1}"
