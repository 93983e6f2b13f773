"""vocadito: 40 solo singers, with notes and lyrics."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from audits.facts import Fact, sound, table


def facts(folder: Path) -> Iterator[Fact]:
    """Notes of two annotators, and lyrics, for each track."""
    for track, *_ in table(folder / "vocadito_metadata.csv")[1:]:
        id = f"vocadito_{track}"
        mine, theirs = (annotated(folder, id, annotator) for annotator in ("A1", "A2"))
        file = folder / f"Annotations/Lyrics/{id}_lyrics.txt"
        lines = file.read_text(encoding="utf-8-sig").splitlines() if file.exists() else []
        yield Fact(
            id,
            sound(folder, f"Audio/{id}.wav"),
            lyrics="\n".join(line.strip() for line in lines if line.strip()) or None,
            notes=[(*note, any(alike(note, other) for other in theirs)) for note in mine],
        )


def annotated(folder: Path, id: str, annotator: str) -> list[tuple[float, float, float]]:
    """The notes that an annotator heard (start, Hz, duration): onset, offset, MIDI number."""
    file = folder / f"Annotations/Notes/{id}_notes{annotator}.csv"
    lines = [tuple(map(float, line)) for line in table(file)] if file.exists() else []
    return [(t, t + seconds, 69 + 12 * math.log2(hertz / 440)) for t, hertz, seconds in lines]


def alike(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two notes start within 50 ms on one semitone."""
    return abs(one[0] - other[0]) <= 0.05 and round(one[2]) == round(other[2])
