"""LJ Speech 1.1: 13,100 utterances of one reader, 24 hours of English audiobooks.

Layout, as LJSpeech-1.1.tar.bz2 unpacks:

    LJSpeech-1.1/
      metadata.csv            id|text as read|text with numbers and abbreviations spelled out
      wavs/LJ001-0001.wav     16-bit PCM, 22,050 Hz, mono; 1 to 10 s

An id is LJ, the chapter (001 to 050), a hyphen and the number of the clip.

Quirks:
- quotes are plain text: many texts start with a double quote, and CSV quoting would swallow lines;
- some copies have a header line, or hold the folder inside another one named LJSpeech;
- clips are cut at silences, so that texts may start and end in the middle of a sentence;
- normalized texts keep abbreviations such as "Mrs.".

Splits: the publisher has none. One reader cannot be split by speaker; chapters are.
"""

from __future__ import annotations

from audio_flan.corpora.read.table import Row, Table
from audio_flan.corpora.rows import Rows
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip


class LJSpeech(Rows):
    """One female reader, English; see the module's docstring."""

    table = Table("metadata.csv", "|", ("id", "text", "normalized"), ends_with_newline=True)

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The chapter: LJ001."""
        return (clip[:5],)

    def is_header(self, row: Row) -> bool:
        """Some mirrors add a header line; ids have digits, names of columns have none."""
        return not any(character.isdigit() for character in row["id"])

    def split_of(self, row: Row) -> str:
        """Chapters stay whole."""
        return self.split_of_clip(row["id"])

    def clip(self, row: Row, split: str) -> Clip:
        """The utterance of a line."""
        id, text = row["id"], row["text"]
        if not text.strip():
            raise Unusable("empty-transcript", f"metadata.csv:{row.line}: {id} has no text")
        return self.made(
            id,
            f"wavs/{id}.wav",
            split,
            transcript=text,
            normalized_transcript=row["normalized"].strip() or text,
        )
