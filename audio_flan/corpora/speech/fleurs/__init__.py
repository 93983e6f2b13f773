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

from array import array
from bisect import bisect_left, bisect_right
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate, chain, groupby
from pathlib import PurePosixPath
from typing import NamedTuple

from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.corpora.read.table import LINES_PER_SHARD
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.model.clip import Clip, Reject

CODES = (
    "af_za am_et ar_eg as_in ast_es az_az be_by bg_bg bn_in bs_ba ca_es ceb_ph ckb_iq "
    "cmn_hans_cn cs_cz cy_gb da_dk de_de el_gr en_us es_419 et_ee fa_ir ff_sn fi_fi fil_ph "
    "fr_fr ga_ie gl_es gu_in ha_ng he_il hi_in hr_hr hu_hu hy_am id_id ig_ng is_is it_it "
    "ja_jp jv_id ka_ge kam_ke kea_cv kk_kz km_kh kn_in ko_kr ky_kg lb_lu lg_ug ln_cd lo_la "
    "lt_lt luo_ke lv_lv mi_nz mk_mk ml_in mn_mn mr_in ms_my mt_mt my_mm nb_no ne_np nl_nl "
    "nso_za ny_mw oc_fr om_et or_in pa_in pl_pl ps_af pt_br ro_ro ru_ru sd_in sk_sk sl_si "
    "sn_zw so_so sr_rs sv_se sw_ke ta_in te_in tg_tj th_th tr_tr uk_ua umb_ao ur_pk uz_uz "
    "vi_vn wo_sn xh_za yo_ng yue_hant_hk zu_za"
)
LANGUAGES = {code: code.split("_")[0] for code in CODES.split()} | {"cmn_hans_cn": "zh"}
"""BCP 47 codes of the languages by the publisher's."""
PLACES = ("", "data/")
"""Where the folders of the languages may lie."""
PARTS = {"train": "train", "validation": "dev", "test": "test"}
"""What the publisher calls the splits."""
GENDERS = {"FEMALE": "female", "MALE": "male"}
COLUMNS = 7


class Lines(NamedTuple):
    """Where the lines of a language's table are, by sentence, and those that can not be read."""

    code: str
    folder: str
    file: str
    sentences: array[int]
    numbers: array[int]
    starts: array[int]
    sizes: array[int]
    bad: tuple[Reject, ...]


class Line(NamedTuple):
    """What is used of a line, and where it stands."""

    sentence: int
    table: Lines
    number: int
    file: str
    text: str
    gender: str


class Fleurs(Corpus):
    """The same sentences in 102 languages; see the module's docstring."""

    def shards(self) -> dict[str, list[Shard]]:
        """Runs of sentences; a shard's part says the first and the last."""
        return {
            split: [Shard(split, (run[0], run[-1])) for run in _runs(tables)]
            for split, tables in self._tables.items()
        }

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The clips of a run of sentences: by sentence, language and line."""
        first, last = shard.part
        tables = self._tables[shard.split]
        # Lines that can not be read are of no sentence: they are told of once.
        if first == min(table.sentences[0] for table in tables):
            yield from chain.from_iterable(table.bad for table in tables)
        lines = (line for table in tables for line in self._lines(table, first, last))
        for line in sorted(lines, key=lambda line: line.sentence):
            try:
                yield self._clip(line, shard.split)
            except Unusable as error:
                place = f"{line.table.file}:{line.number}"
                yield Reject(self.key, place, error.reason, error.detail)

    def _clip(self, line: Line, split: str) -> Clip:
        table, part, gender = line.table, PARTS[split], line.gender
        audio = self.folder.audio(f"{table.folder}/audio/{part}/{line.file}")
        if not line.text:
            raise Unusable("empty-transcript", f"{line.file} has no text")
        return Clip(
            id=f"{table.code}-{part}-{PurePosixPath(line.file).stem}",
            corpus=self.key,
            split=split,
            audio=audio,
            transcript=line.text,
            language=LANGUAGES[table.code],
            gender=None if gender == "OTHER" else self.label("gender", GENDERS.get(gender, gender)),
            sentence=str(line.sentence),
            meaning=str(line.sentence),
        )

    def _lines(self, table: Lines, first: int, last: int) -> Iterator[Line]:
        """The lines of a run of sentences."""
        start = bisect_left(table.sentences, first)
        stop = bisect_right(table.sentences, last)
        with self.folder.open(table.file) as file:
            for index in range(start, stop):
                file.seek(table.starts[index])
                data, number = file.read(table.sizes[index]), table.numbers[index]
                _, name, text, *_, gender = self._text(table.file, number, data).split("\t")
                text = " ".join(text.split())
                yield Line(table.sentences[index], table, number, name, text, gender.strip())

    @cached_property
    def _tables(self) -> dict[str, list[Lines]]:
        """The tables of each split that is there, by language, once for all shards."""
        return {
            split: [self._table(code, folder, f"{folder}/{part}.tsv") for code, folder in places]
            for split, part in PARTS.items()
            if (places := list(self._folders(part)))
        }

    def _folders(self, part: str) -> Iterator[tuple[str, str]]:
        """Code and folder of the languages that have a part."""
        for code in LANGUAGES:
            folders = (f"{place}{code}" for place in PLACES)
            there = (name for name in folders if self.folder.exists(f"{name}/{part}.tsv"))
            if folder := next(there, None):
                yield code, folder

    def _table(self, code: str, folder: str, file: str) -> Lines:
        """Where the lines of a table are, by sentence and then in their order.

        Raises:
            CorpusLayoutError: no line can be read.
        """
        places, bad, position = [], [], 0
        with self.folder.open(file) as table:
            for number, line in enumerate(table, 1):
                id = line.partition(b"\t")[0].removeprefix(BOM_UTF8 if number == 1 else b"")
                if line.count(b"\t") == COLUMNS - 1 and id.isdigit() and len(id) < 10:
                    places.append((int(id), number, position, len(line)))
                elif line.strip():
                    bad.append(self._bad_line(file, number, line))
                position += len(line)
        if not places:
            expected = f"{file} with a line of {COLUMNS} values for each clip"
            found = bad[0].detail if bad else "an empty file"
            raise CorpusLayoutError(self.key, self.folder.path, expected=expected, found=found)
        columns = zip(*sorted(places), strict=True)
        sentences, numbers, starts, sizes = (array("q", column) for column in columns)
        return Lines(code, folder, file, sentences, numbers, starts, sizes, tuple(bad))

    def _bad_line(self, file: str, number: int, line: bytes) -> Reject:
        text = self._text(file, number, line).rstrip("\r\n")
        expected = f"{COLUMNS} values, the first a number"
        detail = f"{file}:{number}: expected {expected}, found {text[:80]!r}"
        return Reject(self.key, f"{file}:{number}", "malformed-line", detail)

    def _text(self, file: str, number: int, line: bytes) -> str:
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            # A file that was cut off inside a character: its last line does not fit in the end.
            if error.reason == "unexpected end of data":
                return line.decode("utf-8", "replace")
            byte = f"byte 0x{line[error.start]:02x} in line {number}"
            raise CorpusLayoutError(
                self.key,
                self.folder.path,
                expected=f"{file} in UTF-8",
                found=f"{byte}, which is not UTF-8 (a copy saved in another encoding?)",
            ) from None


def _runs(tables: list[Lines]) -> Iterator[list[int]]:
    """The sentences of some tables in runs of about `LINES_PER_SHARD` lines."""
    counts = Counter(chain.from_iterable(table.sentences for table in tables))
    sentences = sorted(counts)
    totals = accumulate(counts[sentence] for sentence in sentences)
    pairs = zip(sentences, totals, strict=True)
    for _, run in groupby(pairs, key=lambda pair: pair[1] // LINES_PER_SHARD):
        yield [sentence for sentence, _ in run]
