"""A miniature vocadito: six tracks of four singers over both splits.

Quirks in it: CRLF line ends, notes in Hz off the tempered grid, an annotator who disagrees on one
note and starts another late, a recording without words, blank lines between phrases.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from audio_flan.miniatures.bank import MelodyEntry, Note
from audio_flan.miniatures.stage import Stage

GAIN = 1.0
RATE = 44_100
SINGERS = {"soprano_1": "S1", "alto_1": "S2", "tenor_1": "S3", "baritone_1": "S4"}
"""Singers of the bank; S4 falls into the test split."""
CENTS_OFF = (0, 18, -24, 7, -12)
"""How far the singer is from the tempered grid, by note; annotators write what they hear."""


def write(stage: Stage) -> None:
    """Lay out vocadito."""
    melodies = stage.bank.melodies
    # One singer comes back with the beginning of the melody, as singers of the corpus do.
    takes = [*((melody, melody.notes) for melody in melodies), (melodies[2], melodies[2].notes[:3])]
    rows = []
    for track, (melody, notes) in enumerate(takes, 1):
        _write_track(stage, f"vocadito_{track}", melody, notes)
        pitch = round(fmean(note.pitch for note in notes))
        rows.append((track, SINGERS[melody.singer], pitch, melody.language))
    header = ("track_id", "singer_id", "average_pitch", "language")
    stage.table("vocadito_metadata.csv", rows, ",", header)


def _write_track(stage: Stage, id: str, melody: MelodyEntry, notes: Sequence[Note]) -> None:
    end = round((notes[-1].offset + 0.05) * RATE)
    stage.audio(f"Audio/{id}.wav", stage.wave(melody, RATE)[:end], RATE)
    # Annotator 2 hears the second note a semitone higher, and the last one 80 ms later.
    second = list(notes)
    second[1] = second[1]._replace(pitch=second[1].pitch + 1)
    second[-1] = second[-1]._replace(onset=second[-1].onset + 0.08)
    for annotator, heard in (("A1", notes), ("A2", second)):
        rows = [_note(index, note) for index, note in enumerate(heard)]
        stage.table(f"Annotations/Notes/{id}_notes{annotator}.csv", rows, ",", end="\r\n")
    stage.text(f"Annotations/Lyrics/{id}_lyrics.txt", "\r\n\r\n".join(melody.lyrics))
    contour = [(f"{256 * frame / RATE:.9f}", 0.0) for frame in range(4)]
    stage.table(f"Annotations/F0/{id}_f0.csv", contour, ",", end="\r\n")


def _note(index: int, note: Note) -> tuple[str, ...]:
    cents = CENTS_OFF[index % len(CENTS_OFF)]
    hertz = 440 * 2 ** ((note.pitch + cents / 100 - 69) / 12)
    return f"{note.onset:.9f}", f"{hertz:.3f}", f"{note.offset - note.onset:.9f}"
