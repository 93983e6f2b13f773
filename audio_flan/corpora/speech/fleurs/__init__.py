"""FLEURS: 2,009 sentences of FLoRes read in 102 languages, about 12 hours each, by up to three
people a sentence.

Layout, as the archives of the languages unpack, next to one another:

    fleurs/
      en_us/train.tsv, en_us/dev.tsv, en_us/test.tsv   no header; sentence id, file, the sentence,
                            the same in lower case without punctuation, its characters, samples at
                            16 kHz, MALE, FEMALE or OTHER
      en_us/audio/train/10004088536354799741.wav       32-bit float, 16 kHz, mono; up to 30 s
      cmn_hans_cn/…         the same for each language; any of them may be absent

The copy on the Hub has all of this in data/, with audio/train.tar.gz to be unpacked where it lies.

An id is the language, the part and the file's number: en_us-train-10004088536354799741.

Quirks:
- the first column is the id of a sentence, the same in all languages: who reads is not told, and
  some sentences are absent in some languages;
- quotation marks are plain characters; a sentence may hold U+2028 and other separators, which end
  no line: all white space becomes one blank;
- the transcript is the sentence with case, punctuation and digits; the other form of it has the
  digits as well, and blanks between Chinese characters;
- OTHER is no gender;
- copies that hold audio beside metadata/<language>/, as other tools make them, are not read.

Splits: the publisher's, the same sentences in all languages; dev is the validation.

A shard is a run of sentences in all languages, so that translations stand together.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from operator import itemgetter
from pathlib import PurePosixPath

from audio_flan.corpora.contract import Corpus, Shard, by_splits
from audio_flan.corpora.read.folder import LANGUAGE
from audio_flan.corpora.read.numbered_rows import Index, Run, read_index, rows, runs
from audio_flan.corpora.read.table import Row, Table
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip, Reject

COLUMNS = ("sentence", "file", "text", "plain text", "characters", "samples", "gender")
PARTS = {"train": "train", "validation": "dev", "test": "test"}
"""What the publisher calls the splits."""
PLACES = (f"{LANGUAGE}/", f"data/{LANGUAGE}/")
"""Where the tables of a language may lie."""


class Fleurs(Corpus):
    """The same sentences in 102 languages; see the module's docstring."""

    def shards(self) -> dict[str, list[Shard]]:
        """Runs of sentences.

        Raises:
            CorpusLayoutError: a table has no line of a clip.
        """
        return by_splits(
            Shard(split, run)
            for split, tables in self._tables.items()
            for run in runs([*tables.values()])
        )

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The clips of a run of sentences: by sentence, language and line."""
        run, tables = Run(*shard.part), self._tables[shard.split]
        # Lines that cannot be read are of no sentence: they are listed once.
        if run.first == min(index.numbers[0] for index in tables.values()):
            yield from self._bad_lines([*tables.values()])
        found = (
            (sentence, language, row)
            for language, index in tables.items()
            for sentence, row in rows(self.folder, index, run)
        )
        for sentence, language, row in sorted(found, key=itemgetter(0)):
            try:
                yield self._clip(str(sentence), language, row, shard.split)
            except Unusable as error:
                yield Reject(self.key, row.place, error.reason, error.detail)

    def _bad_lines(self, indexes: list[Index]) -> Iterator[Reject]:
        for index in indexes:
            for bad in index.bad:
                place = f"{index.table.file}:{bad.line}"
                yield Reject(self.key, place, bad.reason, bad.detail)

    def _clip(self, sentence: str, language: str, row: Row, split: str) -> Clip:
        part, file, gender = PARTS[split], row["file"], row["gender"].strip()
        folder = row.place.rpartition("/")[0]
        audio = self.folder.audio(f"{folder}/audio/{part}/{file}")
        text = " ".join(row["text"].split())
        if not text:
            raise Unusable("empty-transcript", f"{file} has no text")
        return self.made(
            f"{language}-{part}-{PurePosixPath(file).stem}",
            audio,
            split,
            transcript=text,
            language=self.language_folders[language],
            gender=None if gender == "OTHER" else self.label("gender", gender),
            sentence=sentence,
            meaning=sentence,
        )

    @cached_property
    def _tables(self) -> dict[str, dict[str, Index]]:
        """The table of each language in each split that is there, read once for all shards."""
        there = frozenset(self.files_to_recognise())
        return {split: dict(self._of_part(part, there)) for split, part in PARTS.items()}

    def _of_part(self, part: str, there: frozenset[str]) -> Iterator[tuple[str, Index]]:
        """The languages that have a part, and their tables."""
        for language in self.language_folders:
            names = (f"{place.replace(LANGUAGE, language)}{part}.tsv" for place in PLACES)
            if file := next(filter(there.__contains__, names), None):
                yield language, read_index(self.folder, Table(file, "\t", COLUMNS))
