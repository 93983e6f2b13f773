"""LibriTTS-R: 375,000 sentences of audiobooks by 2,456 readers, 586 hours, restored to 24 kHz.

Layout, as the archives of OpenSLR 141 unpack; subsets may be absent, and their folders may lie in
a folder of any name:

    LibriTTS_R/
      speakers.tsv                      READER, GENDER, SUBSET, NAME, separated by tabs
      SPEAKERS.txt                      the same, separated by |; read where speakers.tsv is absent
      train-clean-100/                  also train-clean-360, train-other-500, dev-…, test-…
        103/1241/                       speaker, chapter
          103_1241.trans.tsv            id, original text, normalized text; no header, no quoting
          103_1241_000000_000001.wav    16-bit PCM, 24 kHz, mono; 0.1 to 40 s
          …original.txt, …normalized.txt, …book.tsv     not read: they say the same

An id is speaker, chapter, paragraph in the chapter, and sentence in the paragraph. Or as Parquet
from the Hub (mythicinfinity/libritts_r and its like), with the columns `audio`, `id`,
`text_original` and `text_normalized`; speakers.tsv may be put beside:

    libritts_r/data/train.clean.100/train.clean.100-00000-of-00018.parquet
    libritts_r/clean/train.clean.100/0000.parquet           the Hub's own conversion
    libritts_r/clean/train.clean.100-00000-of-00018.parquet

Inside the corpus or beside it may lie, each from its own download:

    libritts_r_failed_speech_restoration_examples/train-clean-100_bad_sample_list.txt
    LibriTTS-P/data/…                   descriptions: see `captions`
    LibriTTS-R-MFA/lab/phone/train-clean-100/103/1241/103_1241_000000_000001.lab
                                        start, end and ARPABET phone of unilight's alignments

Quirks:
- rows of speakers.tsv have trailing tabs or no name: only the first columns are looked at;
- names that start with "._" are left behind by an archiver and mean nothing;
- utterances whose restoration failed are rejected, where the lists of them are there;
- nine speaker ids are of more than one person: their clips have neither speaker nor gender nor
  description (LibriTTS-P's exclusion list);
- an alignment with a word that the aligner did not know ("spn") gives no phones.

Splits: the publisher's; no speaker is in two of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from audio_flan.corpora.contract import Corpus, Shard, by_splits
from audio_flan.corpora.read.arpabet import ipa_of_alignment
from audio_flan.corpora.read.folder import Signature
from audio_flan.corpora.read.table import BadRow, Table
from audio_flan.corpora.speech.libritts_r.captions import Descriptions
from audio_flan.corpora.speech.libritts_r.tables import (
    SUBSETS,
    EitherLayout,
    Nearby,
    failed_restorations,
    genders,
    near,
    numbered,
    parquet_files,
    text_rows,
)
from audio_flan.errors import Unusable
from audio_flan.media.audio import AudioRef
from audio_flan.model.clip import Clip, Reject

ID = re.compile(r"(\d+)_(\d+)_(\d+)_\d+")
COLUMNS = ("id", "original text", "normalized text")
HUB_COLUMNS = ("id", "text_original", "text_normalized")
SPEAKERS_PER_SHARD = 20
"""Some 3,000 clips: many voices, so that pairs can be drawn within a shard."""
SEVERAL_PERSONS = ("1734", "2074", "2262", "3546", "3793", "4455", "6032", "8097", "8295")
ALIGNMENTS = ("LibriTTS-R-MFA/lab/phone/", "LibriTTS-R-MFA-main/lab/phone/", "lab/phone/")


class Portion(NamedTuple):
    """What a shard is of: some speakers of a subset from one on, or a Parquet file."""

    subset: str
    speaker: str = ""
    file: str = ""


class Utterance(NamedTuple):
    """A line of a table of transcripts: where it stands, where its audio is, and what it says."""

    line: str
    subset: str
    audio: str | AudioRef
    id: str
    original: str
    normalized: str


class LibriTTSR(Corpus):
    """Read sentences with paragraphs, descriptions and phones; see the module's docstring."""

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The speaker, or the persons of one id."""
        return (clip.partition("_")[0],)

    @classmethod
    def _signature(cls) -> Signature:
        return EitherLayout(cls.key, (cls.key, *cls.folders), cls.recognised_by, one_is_enough=True)

    def shards(self) -> dict[str, list[Shard]]:
        """Some speakers of a subset, or a Parquet file."""
        return by_splits(shard for subset in SUBSETS for shard in self._of_subset(subset))

    def _of_subset(self, subset: str) -> list[Shard]:
        speakers = numbered(self.folder, subset)[::SPEAKERS_PER_SHARD]
        portions = [Portion(subset, speaker=speaker) for speaker in speakers]
        if not speakers:
            files = self._parquet_files.get(subset, ())
            portions = [Portion(subset, file=file) for file in files]
        provided = self._provided(subset) if portions else None
        return [Shard(SUBSETS[subset], portion, provided) for portion in portions]

    def _provided(self, subset: str) -> frozenset[str]:
        """What the tables that are there can give the clips of a subset."""
        aligned = self._alignments and self._alignments.inside(f"{subset}/")
        given = {
            "gender": self._genders,
            "description": self._descriptions,
            "phones": aligned,
            "phone_notation": aligned,
        }
        return self.provides - {field for field, table in given.items() if not table}

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The clips of some speakers, by chapter; or of a Parquet file, by row."""
        portion = Portion(*shard.part)
        for found in self._of_parquet(portion) if portion.file else self._of_speakers(portion):
            if isinstance(found, Reject):
                yield found
                continue
            try:
                yield self._clip(found)
            except Unusable as error:
                detail = f"{found.line}: {error.detail}"
                yield Reject(self.key, found.id or found.line, error.reason, detail)

    def _of_parquet(self, portion: Portion) -> Iterator[Utterance | Reject]:
        file = portion.file
        for row, values in enumerate(text_rows(self.folder, file, HUB_COLUMNS)):
            audio = self.folder.cell(file, row)
            yield Utterance(f"{file}#{row}", portion.subset, audio, *values)

    def _of_speakers(self, portion: Portion) -> Iterator[Utterance | Reject]:
        subset = portion.subset
        speakers = numbered(self.folder, subset)
        first = speakers.index(portion.speaker)
        for speaker in speakers[first : first + SPEAKERS_PER_SHARD]:
            for chapter in numbered(self.folder, f"{subset}/{speaker}"):
                yield from self._of_chapter(subset, speaker, chapter)

    def _of_chapter(self, subset: str, speaker: str, chapter: str) -> Iterator[Utterance | Reject]:
        folder = f"{subset}/{speaker}/{chapter}"
        table = Table(f"{folder}/{speaker}_{chapter}.trans.tsv", "\t", COLUMNS)
        names = [name for name in self.folder.list(folder) if not name.startswith(".")]
        without_line = {name.removesuffix(".wav") for name in names if name.endswith(".wav")}
        for row in table.rows(self.folder) if self.folder.exists(table.file) else ():
            line = f"{table.file}:{row.line}"
            if isinstance(row, BadRow):
                yield Reject(self.key, line, row.reason, row.detail)
                continue
            without_line.discard(row["id"])
            yield Utterance(line, subset, f"{folder}/{row['id']}.wav", *row.values)
        for id in sorted(without_line):
            detail = f"{folder}/{id}.wav has no line in {table.file}"
            yield Reject(self.key, id, "transcript-missing", detail)

    def _clip(self, utterance: Utterance) -> Clip:
        id, subset = utterance.id, utterance.subset
        match = ID.fullmatch(id)
        if match is None:
            raise Unusable("malformed-line", f"{id!r} is no id of an utterance")
        if id in self._failed[subset]:
            raise Unusable("failed-restoration", f"{id} is in the publisher's list of {subset}")
        if not (transcript := utterance.original.strip()):
            raise Unusable("empty-transcript", f"{id} has no text")
        speaker, chapter, paragraph = match.groups()
        known = speaker not in SEVERAL_PERSONS
        phones = self._phones(f"{subset}/{speaker}/{chapter}/{id}.lab")
        return self.made(
            id,
            utterance.audio,
            SUBSETS[subset],
            transcript=transcript,
            normalized_transcript=utterance.normalized.strip() or None,
            phones=phones,
            phone_notation="IPA" if phones else None,
            speaker=speaker if known else None,
            gender=self._genders.get(speaker) if known else None,
            paragraph=f"{speaker}_{chapter}_{paragraph}",
            description=self._descriptions.of(id, speaker, subset) if known else None,
        )

    def _phones(self, name: str) -> str | None:
        """The phones of an alignment; None where there is none of the utterance."""
        if self._alignments is None or not (alignment := self._alignments.inside(name)):
            return None
        return ipa_of_alignment(alignment.text())

    @cached_property
    def _parquet_files(self) -> dict[str, list[str]]:
        return parquet_files(self.folder)

    @cached_property
    def _genders(self) -> dict[str, str]:
        return genders(self.folder)

    @cached_property
    def _failed(self) -> dict[str, frozenset[str]]:
        return {subset: failed_restorations(self.folder, subset) for subset in SUBSETS}

    @cached_property
    def _descriptions(self) -> Descriptions:
        return Descriptions(self.folder)

    @cached_property
    def _alignments(self) -> Nearby | None:
        return near(self.folder, *ALIGNMENTS)
