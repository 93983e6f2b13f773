"""vocadito: 40 solo vocal recordings of 29 singers, seven languages, notes by two annotators.

Layout, as vocadito.zip unpacks:

    vocadito/
      vocadito_metadata.csv                        track_id,singer_id,average_pitch,language
      Audio/vocadito_1.wav                         16-bit PCM, 44.1 kHz, mono; 10 to 35 s
      Annotations/Notes/vocadito_1_notesA1.csv     start s,pitch Hz,duration s; annotator 1
      Annotations/Notes/vocadito_1_notesA2.csv     the same, annotator 2
      Annotations/Lyrics/vocadito_1_lyrics.txt     a line per phrase
      Annotations/F0/vocadito_1_f0.csv             not read: no task asks for the f0 contour

Quirks:
- notes hold Hz and durations, off the tempered grid; we keep fractional MIDI numbers;
- the annotators disagree in segmentation: `Note.agreed` says where annotator 2 has a note of the
  same semitone that starts within 50 ms (the onset tolerance of mir_eval's transcription metrics);
- annotations have CRLF line ends and blank lines; one recording has no words (language "none").

Splits: the publisher has none; singers stay whole.
"""

from __future__ import annotations

import math
from dataclasses import replace

from audio_flan.corpora.read.table import BadRow, Row, Table
from audio_flan.corpora.rows import Rows
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.model.clip import Clip, Note

METADATA = ("track_id", "singer_id", "average_pitch", "language")
ONSET_TOLERANCE = 0.05
"""Seconds."""


class Vocadito(Rows):
    """Solo singing with notes and lyrics; see the module's docstring."""

    table = Table("vocadito_metadata.csv", ",", METADATA, header=True, quoted=True)

    def split_of(self, row: Row) -> str:
        """Singers stay whole."""
        return self.split_of_group(row["singer_id"])

    def clip(self, row: Row, split: str) -> Clip:
        """The recording of a line."""
        id = f"vocadito_{row['track_id']}"
        audio = self.folder.audio(f"Audio/{id}.wav")
        notes, lyrics = self._notes(id), self._lyrics(id)
        return self.made(id, audio, split, artist=row["singer_id"], notes=notes, lyrics=lyrics)

    def _notes(self, id: str) -> tuple[Note, ...] | None:
        """Annotator 1's notes, each with whether annotator 2 agrees."""
        first, second = self._annotated(id, "A1"), self._annotated(id, "A2") or []
        if first is None:
            return None
        return tuple(replace(n, agreed=any(_alike(n, other) for other in second)) for n in first)

    def _annotated(self, id: str, annotator: str) -> list[Note] | None:
        file = f"Annotations/Notes/{id}_notes{annotator}.csv"
        if not self.folder.exists(file):
            return None
        rows = Table(file, ",", ("start", "pitch", "duration")).rows(self.folder)
        try:
            return [_note(row) for row in rows]
        except (ValueError, CorpusLayoutError) as error:
            raise Unusable("malformed-annotation", f"{file}: {error}") from None

    def _lyrics(self, id: str) -> str | None:
        file = f"Annotations/Lyrics/{id}_lyrics.txt"
        if not self.folder.exists(file):
            return None
        try:
            text = self.folder.read(file).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Unusable("malformed-annotation", f"{file}: {error}") from None
        return "\n".join(line.strip() for line in text.split("\n") if line.strip()) or None


def _note(row: Row | BadRow) -> Note:
    """A note of a line; raises ValueError where it is none."""
    if isinstance(row, BadRow):
        raise ValueError(row.detail)
    start, hertz, duration = map(float, row.values)
    try:
        return Note(start, start + duration, 69 + 12 * math.log2(hertz / 440))
    except ValueError as error:
        raise ValueError(f"line {row.line}: {error}") from None


def _alike(note: Note, other: Note) -> bool:
    near = abs(note.onset - other.onset) <= ONSET_TOLERANCE
    return near and round(note.pitch) == round(other.pitch)
