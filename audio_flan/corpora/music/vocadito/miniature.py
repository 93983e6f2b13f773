"""A miniature vocadito: six tracks of four singers over both splits.

Quirks in it: CRLF line ends, notes in Hz off the tempered grid, an annotator who disagrees on one
note and starts another late, a recording without words, blank lines between phrases.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from audio_flan.miniatures.bank import MelodyEntry, Note, samples, write_wav
from audio_flan.miniatures.stage import Stage

RATE = 44_100
SINGERS = {"soprano_1": "S1", "alto_1": "S2", "tenor_1": "S3", "baritone_1": "S4"}
"""Singers of the bank; S4 falls into the test split."""
CENTS_OFF = (0, 18, -24, 7, -12)
"""How far the singer is from the tempered grid, by note; annotators write what they hear."""


def write(stage: Stage) -> None:
    """Write vocadito into a folder."""
    folder, bank = stage.folder, stage.bank
    for name in ("Audio", "Annotations/Notes", "Annotations/Lyrics", "Annotations/F0"):
        (folder / name).mkdir(parents=True)
    rows = ["track_id,singer_id,average_pitch,language\n"]
    takes = [(melody, melody.notes) for melody in bank.melodies]
    # One singer comes back with the beginning of the melody, as singers of the corpus do.
    takes.append((bank.melodies[2], bank.melodies[2].notes[:3]))
    for track, (melody, notes) in enumerate(takes, 1):
        _write_track(folder, f"vocadito_{track}", melody, notes)
        pitch = round(float(np.mean([note.pitch for note in notes])))
        rows.append(f"{track},{SINGERS[melody.singer]},{pitch},{melody.language}\n")
    (folder / "vocadito_metadata.csv").write_text("".join(rows), encoding="utf-8")


def _write_track(folder: Path, id: str, melody: MelodyEntry, notes: Sequence[Note]) -> None:
    end = round((notes[-1].offset + 0.05) * RATE)
    write_wav(folder / "Audio" / f"{id}.wav", samples(melody, RATE)[:end], RATE)
    annotations = folder / "Annotations"
    first, second = list(notes), list(notes)
    # Annotator 2 hears the second note a semitone higher, and the last one 80 ms later.
    second[1] = second[1]._replace(pitch=second[1].pitch + 1)
    second[-1] = second[-1]._replace(onset=second[-1].onset + 0.08)
    for annotator, heard in (("A1", first), ("A2", second)):
        lines = [_note_line(index, note) for index, note in enumerate(heard)]
        file = annotations / "Notes" / f"{id}_notes{annotator}.csv"
        file.write_text("".join(lines), encoding="utf-8", newline="")
    lyrics = "\r\n\r\n".join(melody.lyrics)
    file = annotations / "Lyrics" / f"{id}_lyrics.txt"
    file.write_text(lyrics, encoding="utf-8", newline="")
    f0 = "".join(f"{256 * i / RATE:.9f},0.0\r\n" for i in range(4))
    (annotations / "F0" / f"{id}_f0.csv").write_text(f0, encoding="utf-8", newline="")


def _note_line(index: int, note: Note) -> str:
    cents = CENTS_OFF[index % len(CENTS_OFF)]
    hertz = 440 * 2 ** ((note.pitch + cents / 100 - 69) / 12)
    return f"{note.onset:.9f},{hertz:.3f},{note.offset - note.onset:.9f}\r\n"
