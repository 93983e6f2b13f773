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

Splits: the publisher has none. One reader can not be split by speaker; chapters are.
"""

from __future__ import annotations

from audio_flan.corpora.contract import Shares, TableCorpus, hash_split
from audio_flan.corpora.read.table import Row, Table
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip
from audio_flan.model.splits import SPLITS

METADATA = Table("metadata.csv", "|", ("id", "text", "normalized text"), ends_with_newline=True)
SHARES = Shares(train=0.9, validation=0.05, test=0.05)
SPLIT_SEED = 6  # gives 46, 2 and 2 of the 50 chapters


class LJSpeech(TableCorpus):
    """One female reader, English; see the module's docstring."""

    key = "ljspeech"
    title = "The LJ Speech Dataset 1.1"
    domain = "speech"
    license = "LicenseRef-public-domain"
    license_conditions = "Public domain: LibriVox recordings of texts out of copyright in the USA."
    redistributable = True
    commercial = True
    homepage = "https://keithito.com/LJ-Speech-Dataset/"
    download = "unpack https://data.keithito.com/data/speech/LJSpeech-1.1.tar.bz2"
    citation = "Keith Ito and Linda Johnson. The LJ Speech Dataset. 2017."
    languages = ("en",)
    source = "audiobook"
    folders = ("LJSpeech-1.1", "LJSpeech")
    metadata = ("metadata.csv",)
    provides = frozenset(
        {"transcript", "normalized_transcript", "language", "speaker", "gender", "clean_speech"}
    )
    labels = {"gender": ("female", "male")}
    speakers = 1
    split_rule = "by hash of the chapter: 46 train, 2 validation, 2 test"
    kept_whole = "chapter"
    tables = dict.fromkeys(SPLITS, METADATA)

    @classmethod
    def groups_of(cls, clip: str, file: str) -> tuple[str, ...]:
        """The chapter: LJ001."""
        return (clip[:5],)

    def is_header(self, row: Row) -> bool:
        """Some mirrors add a header line; ids have digits, names of columns have none."""
        return not any(character.isdigit() for character in row.values[0])

    def split_of(self, row: Row) -> str:
        """Chapters stay whole."""
        return hash_split(self.key, row.values[0][:5], SHARES, SPLIT_SEED)

    def clip(self, row: Row, split: str) -> Clip:
        """The utterance of a line."""
        id, text, normalized = row.values
        if not text.strip():
            raise Unusable("empty-transcript", f"metadata.csv:{row.line}: {id} has no text")
        return Clip(
            id=id,
            corpus=self.key,
            split=split,
            audio=self.folder.audio(f"wavs/{id}.wav"),
            transcript=text,
            normalized_transcript=normalized.strip() or text,
            language="en",
            speaker="LJ",
            gender=self.label("gender", "female"),
            clean_speech=True,
        )
