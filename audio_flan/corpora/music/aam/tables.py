"""The annotations of AAM's songs: ARFF tables of sections, beats and onsets."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from audio_flan.corpora.read.arff import Relation, read_arff
from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.read.table import Row
from audio_flan.errors import Unusable
from audio_flan.model.clip import Note
from audio_flan.model.notation import PITCH_CLASSES

MODES = ("maj", "min")
CHORDS = {f"{root}{mode}": f"{root}:{mode}" for mode in MODES for root in PITCH_CLASSES}
NO_CHORD, UNNAMED = "N", "X"
CHORDS["N.C."] = NO_CHORD
SAME_BEAT = 0.07
"""What beat trackers are allowed to be off by (mir_eval): no music has two beats in it, seconds."""
BEAT_COLUMNS = ("Start time in seconds", "Bar count", "Quarter count", "Chord name")
SECTION_COLUMNS = ("Start time in seconds", "Mark", "Tempo", "Key")
ONSET_COLUMNS = ("Onset time in seconds",)
ONSETS_OF = "Onset events of "
CELL = re.compile(r"\[(?:\+?\d+(?:,\+?\d+)*)?\]", re.ASCII)
HIGHEST = 127
PITCH = re.compile(r"(\+?)(\d+)", re.ASCII)


class Section(NamedTuple):
    """A stretch of a song in one key and tempo."""

    start: float
    end: float
    key: str
    tempo: float


class ChordBeat(NamedTuple):
    """A beat, the line that tells of it, and the chord that holds from it on."""

    time: float
    line: int
    position: int
    chord: str


def read_sections(folder: Folder, file: str, keys: Mapping[str, str]) -> list[Section]:
    """The sections of a song; the last one ends where the song does.

    Args:
        folder: the corpus.
        file: the song's table of sections.
        keys: the words for keys by the names that the table has for them.

    Raises:
        Unusable: reason "malformed-annotation".
    """
    relation = read_arff(folder, file, SECTION_COLUMNS)
    rows = relation.rows
    if len(rows) < 2 or rows[-1].values[1] != "end":
        found = f"{len(rows)} rows, the last of which is not marked 'end'"
        raise Unusable("malformed-annotation", f"{file}: {found}")
    sections = []
    for row, after in pairwise(rows):
        start, _, tempo, key, *_ = row.values
        try:
            times = _number(start), _number(after.values[0])
            sections.append(Section(*times, keys[key], _number(tempo)))
        except (ValueError, KeyError) as error:
            raise relation.problem(row, f"not a section: {error}") from None
    return sections


def read_beats(folder: Folder, file: str) -> list[ChordBeat]:
    """The beats of a song by time, each once.

    Raises:
        Unusable: reason "malformed-annotation".
    """
    relation = read_arff(folder, file, BEAT_COLUMNS)
    beats = []
    for row in relation.rows:
        time, _, quarter, chord, *_ = row.values
        try:
            position, name = int(quarter), CHORDS.get(chord, UNNAMED)
            beats.append(ChordBeat(_number(time), row.line, position, name))
        except ValueError as error:
            raise relation.problem(row, f"not a beat: {error}") from None
    return _each_once(sorted(beats))


def _each_once(beats: Sequence[ChordBeat]) -> list[ChordBeat]:
    """Of beats at one time, the one furthest down in the file: the first of a new section."""
    kept: list[ChordBeat] = []
    for beat in beats:
        if not kept or beat.time - kept[-1].time > SAME_BEAT:
            kept.append(beat)
        elif beat.line > kept[-1].line:
            kept[-1] = beat
    return kept


def read_parts(
    folder: Folder, file: str, end: float, instruments: Container[str]
) -> dict[str, list[Note]]:
    """The notes of each instrument that plays in a song, by onset.

    Args:
        folder: the corpus.
        file: the song's table of onsets.
        end: where the song ends, seconds, and so do the notes that are held to the last.
        instruments: the names of those that the corpus has.

    Raises:
        Unusable: reason "malformed-annotation", or "unknown-label" for an instrument.
    """
    relation = read_arff(folder, file, ONSET_COLUMNS)
    times = [_time(relation, row) for row in relation.rows] + [end]
    parts = {
        column.removeprefix(ONSETS_OF): notes
        for place, column in enumerate(relation.columns[1:], 1)
        if (notes := _notes(relation, place, times))
    }
    if unknown := sorted(name for name in parts if name not in instruments):
        raise Unusable("unknown-label", f"{file}: {', '.join(unknown)}")
    return parts


def _notes(relation: Relation, place: int, times: Sequence[float]) -> list[Note]:
    """The notes of a column by onset and pitch; `times` are those of the rows, and the end."""
    notes: list[Note] = []
    held: dict[int, float] = {}
    for row, time in zip(relation.rows, times, strict=False):
        cell = row.values[place]
        if cell == "[]" and not held:
            continue
        try:
            begins = _pitches(cell)
            for pitch in [pitch for pitch in held if begins.get(pitch, True)]:
                notes.append(Note(held.pop(pitch), time, pitch))
        except ValueError as error:
            raise relation.problem(row, str(error)) from None
        for pitch in begins:
            held.setdefault(pitch, time)
    end = times[-1]
    notes += [Note(onset, end, pitch) for pitch, onset in held.items() if onset < end]
    return sorted(notes, key=lambda note: (note.onset, note.pitch))


@lru_cache(maxsize=4096)
def _pitches(cell: str) -> dict[int, bool]:
    """The pitches of a cell, and whether each begins; raises ValueError where it has others."""
    pitches = {int(pitch): bool(plus) for plus, pitch in PITCH.findall(cell)}
    if not CELL.fullmatch(cell) or max(pitches, default=0) > HIGHEST:
        raise ValueError(f"not a list of pitches: {cell[:80]!r}")
    return pitches


def _time(relation: Relation, row: Row) -> float:
    try:
        return _number(row.values[0])
    except ValueError as error:
        raise relation.problem(row, str(error)) from None


def _number(text: str) -> float:
    """A time or a tempo; raises ValueError where it is none."""
    number = float(text)
    if not 0 <= number < math.inf:
        raise ValueError(f"{text!r} is neither a time nor a tempo")
    return number
