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

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import product
from typing import NamedTuple

from audio_flan.corpora.read.table import Row, Table
from audio_flan.corpora.rows import Rows
from audio_flan.corpora.speech.librimix.speakers import read_genders
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip, Stem
from audio_flan.model.labels import Label

SETS = ("Libri2Mix/", "Libri3Mix/")
VARIANTS = tuple(f"{rate}/{mode}/" for rate in ("wav16k", "wav8k") for mode in ("min", "max"))
TYPES = ("mix_clean", "mix_both")
SUBSETS = {"train-360": "train", "train-100": "train", "dev": "validation", "test": "test"}
COLUMNS = ("mixture_ID", "source_1_path", "source_2_path")
ID = re.compile(r"\d+-\d+-\d+(?:_\d+-\d+-\d+){1,2}")


class Mixtures(NamedTuple):
    """The mixtures of a subset.

    Args:
        variant: the folder of their variant: "", or ending in "/".
        subset: its name, one of `SUBSETS`.
        type: of what they are mixed, one of `TYPES`.
    """

    variant: str
    subset: str
    type: str

    @property
    def file(self) -> str:
        """Their table."""
        return f"{self.variant}metadata/mixture_{self.subset}_{self.type}.csv"

    @property
    def folder(self) -> str:
        """The folder that holds theirs and those of their voices."""
        return f"{self.variant}{self.subset}/"


class LibriMix(Rows):
    """Mixtures of voices and the voices in them; see the module's docstring."""

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The speakers of its utterances."""
        return tuple(utterance.partition("-")[0] for utterance in clip.split("_"))

    def tables_of(self, split: str) -> list[Table]:
        """The tables of the subsets of a split, those of two speakers first."""
        return [
            Table(
                file,
                ",",
                COLUMNS,
                any_order=True,
                optional=("source_3_path",),
                quoted=True,
                ends_with_newline=True,
            )
            for file, mixtures in self._mixtures.items()
            if SUBSETS[mixtures.subset] == split
        ]

    def clip(self, row: Row, split: str) -> Clip:
        """The mixture of a line."""
        id, mixtures = row["mixture_ID"].strip(), self._mixtures[row.file]
        count = 3 if row["source_3_path"] else 2
        utterances = id.split("_")
        if not ID.fullmatch(id) or len(utterances) != count:
            detail = f"{row.place}: mixture_ID {id[:80]!r} is not of {count} utterances"
            raise Unusable("malformed-line", detail)
        voices = tuple(
            self._voice(f"s{number}", utterance, f"{mixtures.folder}s{number}/{id}.wav")
            for number, utterance in enumerate(utterances, 1)
        )
        audio = f"{mixtures.folder}{mixtures.type}/{id}.wav"
        return self.made(id, audio, split, voices=voices)

    def _voice(self, role: str, utterance: str, file: str) -> Stem:
        speaker = utterance.partition("-")[0]
        return Stem(
            role=role,
            audio=self.folder.audio(file),
            speaker=speaker,
            gender=self._genders.get(speaker),
            utterance=utterance,
        )

    @cached_property
    def _mixtures(self) -> dict[str, Mixtures]:
        """The mixtures that are read, of one variant for each number of speakers, by table."""
        mixtures = [m for top in SETS for m in self._of_best([top + v for v in VARIANTS])]
        mixtures = mixtures or self._of_best([*VARIANTS, ""])
        if not mixtures:
            expected = "mixtures with a table metadata/mixture_<subset>_<type>.csv"
            raise self.layout_error(expected, "none")
        return {m.file: m for m in mixtures}

    def _of_best(self, variants: Sequence[str]) -> list[Mixtures]:
        """The mixtures of the first variant, and the first type in it, that has any."""
        for variant, type in product(variants, TYPES):
            subsets = [Mixtures(variant, subset, type) for subset in SUBSETS]
            found = [mixtures for mixtures in subsets if self.folder.exists(mixtures.file)]
            if any(self.folder.exists(f"{mixtures.folder}{type}/") for mixtures in found):
                return found
        return []

    @cached_property
    def _genders(self) -> dict[str, Label]:
        return read_genders(self.folder)
