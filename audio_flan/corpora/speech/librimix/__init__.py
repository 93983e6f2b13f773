"""LibriMix: mixtures of two or three LibriSpeech utterances each, with and without noise.

It is not downloaded but generated from LibriSpeech and WHAM! by the publisher's scripts. Layout of
their storage folder; one of its folders Libri2Mix and Libri3Mix, or one variant in there (the
folder that holds train-360, …), is taken as well:

    LibriMix/
      Libri2Mix/
        wav16k/ or wav8k/
          min/ or max/                  cut to the shortest source, or padded to the longest
            train-360/, train-100/, dev/, test/
              mix_clean/, mix_both/     <mixture>.wav: voices; voices and noise; 16-bit PCM, mono
              s1/, s2/                  <mixture>.wav: each voice as it is in the mixture
            metadata/mixture_<subset>_mix_clean.csv, …
                                        mixture_ID, mixture_path, source_1_path, …, length
      Libri3Mix/                        the same with s3/
      LibriSpeech/SPEAKERS.TXT          sex of speakers; may be absent
      metadata/Libri2Mix/libri2mix_<subset>_info.csv
                                        the same by mixture, from the repository; may be absent

An id is the ids of the LibriSpeech utterances (speaker-chapter-number) joined by "_", s1 first.

Quirks:
- ids are the same in all variants: of each number of speakers one variant is read, the first that
  is there with 16 before 8 kHz, then min before max, then mix_clean before mix_both;
- paths in the tables are absolute and of another machine: they are made from the id;
- SPEAKERS.TXT has bars inside of names; the tables of the repository write ids as floats; a voice
  whose speaker is in none of them has no gender;
- mix_single (one voice and noise), noise and metrics are not read.

Splits: the publisher's; train-360 and train-100 are train, dev is validation. No speaker is in two.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cached_property
from io import StringIO
from itertools import product
from typing import NamedTuple

from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.corpora.read.table import BadRow, Lines, Table
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.model.clip import Clip, Reject, Stem
from audio_flan.model.labels import Label
from audio_flan.model.splits import SPLITS

SETS = ("Libri2Mix/", "Libri3Mix/")
RATES = ("wav16k", "wav8k")
VARIANTS = tuple(f"{rate}/{mode}/" for rate in RATES for mode in ("min", "max"))
TYPES = ("mix_clean", "mix_both")
SUBSETS = {"train-360": "train", "train-100": "train", "dev": "validation", "test": "test"}
SEXES = {sex: Label(word, ("female", "male")) for sex, word in (("F", "female"), ("M", "male"))}
ID = re.compile(r"\d+-\d+-\d+(?:_\d+-\d+-\d+){1,2}")
SPEAKER = re.compile(r"^[ \t]*(\d+)[ \t]*\|[ \t]*([FM])[ \t]*\|", re.MULTILINE)
SPEAKERS_FILES = ("LibriSpeech/SPEAKERS.TXT", "SPEAKERS.TXT")
INFO_FOLDERS = tuple(f"{top}metadata/{name}" for top in ("", "LibriMix/") for name in SETS)


class Mixtures(NamedTuple):
    """The mixtures of a subset: their variant's folder ("" or with "/"), their type, the table."""

    variant: str
    subset: str
    type: str

    @property
    def file(self) -> str:
        """Their table."""
        return f"{self.variant}metadata/mixture_{self.subset}_{self.type}.csv"

    @property
    def folder(self) -> str:
        """Their audio."""
        return f"{self.variant}{self.subset}/{self.type}/"


class LibriMix(Corpus):
    """Mixtures of voices and the voices in them; see the module's docstring."""

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The speakers of its utterances."""
        return tuple(utterance.partition("-")[0] for utterance in clip.split("_"))

    def shards(self) -> dict[str, list[Shard]]:
        """Runs of lines of the tables of each split."""
        shards: dict[str, list[Shard]] = {}
        for file, mixtures in self._tables.items():
            ranges = self._table(file).runs(self.folder)
            split = SUBSETS[mixtures.subset]
            shards.setdefault(split, []).extend(Shard(split, lines) for lines in ranges)
        return {split: shards[split] for split in SPLITS if split in shards}

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The mixtures of a run of lines."""
        table, mixtures = self._table(shard.part[0]), self._tables[shard.part[0]]
        column = table.columns.index("mixture_ID")
        count = sum(name.startswith("source_") for name in table.columns)
        for row in table.rows(self.folder, Lines(*shard.part)):
            place = f"{shard.part[0]}:{row.line}"
            if isinstance(row, BadRow):
                yield Reject(self.key, place, row.reason, row.detail)
                continue
            try:
                yield self._clip(row.values[column].strip(), count, mixtures, shard.split)
            except Unusable as error:
                yield Reject(self.key, place, error.reason, f"{place}: {error.detail}")

    def _clip(self, id: str, count: int, mixtures: Mixtures, split: str) -> Clip:
        utterances = id.split("_")
        if not ID.fullmatch(id) or len(utterances) != count:
            raise Unusable("malformed-line", f"mixture_ID {id[:80]!r} is not of {count} utterances")
        folder = f"{mixtures.variant}{mixtures.subset}"
        voices = []
        for number, utterance in enumerate(utterances, 1):
            speaker = utterance.partition("-")[0]
            voices.append(
                Stem(
                    role=f"s{number}",
                    audio=self.folder.audio(f"{folder}/s{number}/{id}.wav"),
                    speaker=speaker,
                    gender=self._genders.get(speaker),
                    utterance=utterance,
                )
            )
        audio = self.folder.audio(f"{mixtures.folder}{id}.wav")
        return Clip(id=id, corpus=self.key, split=split, audio=audio, voices=tuple(voices))

    @cached_property
    def _tables(self) -> dict[str, Mixtures]:
        """The tables that are read: those of one variant for each number of speakers."""
        variants = [self._variant([top + variant for variant in VARIANTS]) for top in SETS]
        if not any(variants):
            variants = [self._variant([*VARIANTS, ""])]
        found = [
            Mixtures(first.variant, subset, first.type)
            for first in variants
            if first
            for subset in SUBSETS
        ]
        tables = {m.file: m for m in found if self.folder.exists(m.file)}
        if not tables:
            raise self._layout("mixtures with a table metadata/mixture_<subset>_<type>.csv", "none")
        return tables

    def _variant(self, variants: list[str]) -> Mixtures | None:
        """The first subset that is there, of the first variant and type that has one."""
        for variant, type, subset in product(variants, TYPES, SUBSETS):
            mixtures = Mixtures(variant, subset, type)
            if self.folder.exists(mixtures.file) and self.folder.exists(mixtures.folder):
                return mixtures
        return None

    def _table(self, file: str) -> Table:
        """A table with the columns that it says; types and numbers of speakers have their own."""
        with self.folder.open(file) as table:
            start = table.read(4096).decode("utf-8-sig", "replace")
        header = start.partition("\n")[0].rstrip("\r")
        columns = tuple(header.split(","))
        if "mixture_ID" not in columns:
            raise self._layout(f"{file} with a column mixture_ID", repr(header[:120]))
        return Table(file, ",", columns, header=True, quoted=True, ends_with_newline=True)

    def _layout(self, expected: str, found: str) -> CorpusLayoutError:
        where, get_it = self.folder.path, f"{self.download} ({self.homepage})"
        return CorpusLayoutError(self.key, where, expected=expected, found=found, get_it=get_it)

    @cached_property
    def _genders(self) -> dict[str, Label]:
        """The gender of each speaker that a table tells of."""
        sexes: dict[str, str] = {}
        for folder in INFO_FOLDERS:
            for name in self.folder.list(folder.rstrip("/")):
                if name.endswith("_info.csv"):
                    sexes.update(_sexes_by_mixture(self._text(f"{folder}{name}")))
        for file in filter(self.folder.exists, SPEAKERS_FILES):
            sexes.update(SPEAKER.findall(self._text(file)))
        return {speaker: SEXES[sex] for speaker, sex in sexes.items() if sex in SEXES}

    def _text(self, file: str) -> str:
        # Only names of speakers, which are not read, are beyond ASCII.
        return self.folder.read(file).decode("utf-8", "replace")


def _sexes_by_mixture(text: str) -> Iterator[tuple[str, str]]:
    for row in csv.DictReader(StringIO(text)):
        for number in ("1", "2", "3"):
            speaker, sex = row.get(f"speaker_{number}_ID"), row.get(f"speaker_{number}_sex")
            if speaker and sex:
                yield speaker.strip().removesuffix(".0"), sex.strip()
