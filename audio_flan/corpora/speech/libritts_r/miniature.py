"""A miniature LibriTTS-R: seven speakers in four folders, and what other projects tell of them.

Quirks in it: a row of speakers.tsv with a trailing tab and one without a name, "._" files of an
archiver, an utterance whose restoration failed, a speaker id of several persons, descriptions and
alignments for some of the utterances, an alignment with an unknown word, LibriTTS-P's prompts that
are requests or contradict their key.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO

from audio_flan.miniatures.bank import SpeechEntry
from audio_flan.miniatures.stage import Stage

GAIN = 1.0
RATE = 24_000


@dataclass(frozen=True, slots=True)
class Reader:
    """A speaker: folder, id, gender, name or nothing, voice of the bank, chapter, its sentences."""

    subset: str
    id: str
    gender: str
    name: str
    voice: str
    chapter: str
    sentences: tuple[tuple[int, int, int], ...]
    """Paragraph, place in it, and sentence of the bank."""
    level: float = 1.0
    """Other than 1 where a voice has to stand for a second reader, in another split."""


TWO_PARAGRAPHS = ((0, 0, 1), (0, 1, 2), (1, 0, 3), (1, 1, 4))
READERS = (
    Reader("train-clean-100", "9901", "F", "Ann Example", "en_f1", "5501", TWO_PARAGRAPHS),
    Reader("train-clean-100", "9902", "M", "Ben Example\t", "en_m1", "5502", TWO_PARAGRAPHS),
    Reader("train-other-500", "8295", "M", "", "en_m2", "5503", ((2, 0, 3), (2, 1, 4))),
    Reader("dev-clean", "9903", "F", "Cleo Example", "en_f2", "5504", TWO_PARAGRAPHS),
    Reader("dev-clean", "9906", "M", "Fred Example", "en_m1", "5507", ((3, 0, 2), (3, 1, 3)), 0.8),
    Reader("test-clean", "9904", "F", "Dora Example", "en_f3", "5505", TWO_PARAGRAPHS),
    Reader("test-clean", "9905", "M", "Ed Example", "en_m2", "5506", ((4, 0, 1), (4, 2, 2))),
)
ARCHIVERS_BYTES = b"\x00\x05\x16\x07"
FAILED = "9902_5502_000002_000000"
INVALID = "9904_5505_000001_000001"
PHONES = {
    1: "sil K AH1 M IH1 N sp S EH1 D M IH1 S T ER0 G R IY1 N",
    2: "DH AH0 K AE0 F EY1 OW1 P AH0 N Z ER1 L IY0 sil",
    3: "W IY1 B AO1 T T W EH1 L V AE1 P AH0 L Z",
    4: "P L IY1 Z K L OW1 Z spn",
}
"""What the aligner made of each sentence: it did not know the last word of the fourth."""
PROMPTS = {
    "M_p-low_s-normal_e-normal": (
        "Ask a low-pitched man to speak with normal speed and normal energy",
        "A man with a high-pitched voice speaks with normal energy",
        "A man with a low-pitched voice speaks with normal volume and normal rate",
    ),
    "F_p-normal_s-slow_e-normal": (
        " ask a woman to speak with normal pitch, normal energy and slow talking speed",
        "She speaks slowly, with normal pitch and normal volume",
        "slow speed, normal pitch, woman",
    ),
    "F_p-high_s-fast_e-high": (
        "Ask a high-pitched woman to speak fast with high energy",
        "Ask a high-pithced woman with a loud voice to speak quickly",
    ),
}
STYLES = {
    "9901": "F_p-normal_s-slow_e-normal",
    "9902": "M_p-low_s-normal_e-normal",
    "9903": "F_p-high_s-fast_e-high",
    "9904": "F_p-normal_s-slow_e-normal",
    "8295": "M_p-low_s-normal_e-normal",
}
"""Key of each speaker's utterances; LibriTTS-P's metadata has none of 9905 and 9906."""
TRAITS = (
    "9901|feminine,slightly young,clear,very calm\n9902|masculine,thick,tensed,fluent\n",
    "9901|feminine,adult-like,calm,friendly\n9902|masculine,tensed,slightly powerful\n",
    "9901|feminine,slightly clear,kind\n9904|feminine,bright\n",
)
_COLUMNS = """
item_name spk_id gender pitch speaking_speed energy content_prompt style_prompt_key raw_f0_mean
raw_f0_scale raw_lf0_mean raw_lf0_scale raw_speaking_rate raw_loudness_lufs raw_loudness_mean
raw_loudness_scale invalid
"""


def write(stage: Stage) -> None:
    """Lay out LibriTTS_R, with LibriTTS-P and LibriTTS-R-MFA in it."""
    utterances = {reader: _utterances(stage, reader) for reader in READERS}
    for reader, sentences in utterances.items():
        _write_chapter(stage, reader, sentences)
    rows = [[reader.id, reader.gender, reader.subset] for reader in READERS]
    for row, reader in zip(rows, READERS, strict=True):
        row += [reader.name] if reader.name else []
    stage.table("speakers.tsv", rows, "\t", ("READER", "GENDER", "SUBSET", "NAME"))
    stage.bytes("train-clean-100/._9901", ARCHIVERS_BYTES)
    stage.text(
        "libritts_r_failed_speech_restoration_examples/train-clean-100_bad_sample_list.txt",
        f"./train-clean-100/9902/5502/{FAILED}.wav\n",
    )
    _write_styles(stage, utterances)


def _utterances(stage: Stage, reader: Reader) -> dict[str, SpeechEntry]:
    """The sentences of a speaker by id."""
    sentences = {said.sentence: said for said in stage.speech(reader.voice)}
    prefix = f"{reader.id}_{reader.chapter}"
    utterances = {
        f"{prefix}_{paragraph:06d}_{number:06d}": sentences[sentence]
        for paragraph, number, sentence in reader.sentences
    }
    return utterances | ({FAILED: sentences[1]} if FAILED.startswith(prefix) else {})


def _write_chapter(stage: Stage, reader: Reader, utterances: Mapping[str, SpeechEntry]) -> None:
    """Write the recordings, texts and alignments of a speaker."""
    folder = f"{reader.subset}/{reader.id}/{reader.chapter}"
    for id, said in utterances.items():
        level = 0.2 if id == FAILED else reader.level
        stage.audio(f"{folder}/{id}.wav", level * stage.wave(said, RATE), RATE)
        stage.text(f"{folder}/{id}.original.txt", said.text)
        stage.text(f"{folder}/{id}.normalized.txt", said.normalized_text)
        if reader.subset != "train-other-500":
            stage.table(f"LibriTTS-R-MFA/lab/phone/{folder}/{id}.lab", _alignment(said), "\t")
    prefix = f"{reader.id}_{reader.chapter}"
    stage.bytes(f"{folder}/._{prefix}_000000_000000.wav", ARCHIVERS_BYTES)
    lines = [(id, said.text, said.normalized_text) for id, said in utterances.items()]
    stage.table(f"{folder}/{prefix}.trans.tsv", lines, "\t")
    book = [(*line, "true", "1.00", "2.50", "24.50") for line in lines]
    stage.table(f"{folder}/{prefix}.book.tsv", book, "\t")


def _alignment(said: SpeechEntry) -> list[tuple[str, str, str]]:
    """Phones of equal length; the last stretch has no label."""
    phones = [*PHONES[said.sentence].split(), ""]
    step = said.seconds / len(phones)
    return [(f"{i * step:.2f}", f"{(i + 1) * step:.2f}", p) for i, p in enumerate(phones)]


def _write_styles(stage: Stage, utterances: Mapping[Reader, Mapping[str, SpeechEntry]]) -> None:
    """Write the tables of LibriTTS-P."""
    folder = "LibriTTS-P/data"
    file = StringIO(newline="")
    table = csv.DictWriter(file, _COLUMNS.split(), restval="0.5", lineterminator="\n")
    table.writeheader()
    for reader, sentences in utterances.items():
        for id, said in sentences.items() if reader.id in STYLES else ():
            row = {
                "item_name": id,
                "spk_id": reader.id,
                "gender": reader.gender,
                "content_prompt": said.normalized_text,
                "style_prompt_key": STYLES[reader.id],
                "invalid": "1" if id == INVALID else "0",
            }
            table.writerow(row)
    stage.text(f"{folder}/metadata_w_style_prompt_tags_v230922.csv", file.getvalue())
    prompts = [(key, ";".join(options)) for key, options in PROMPTS.items()]
    stage.table(f"{folder}/style_prompt_candidates_v230922.csv", prompts, "|")
    for number, traits in enumerate(TRAITS, 1):
        stage.text(f"{folder}/df{number}_en.csv", traits)
    stage.text(f"{folder}/excluded_spk_list.txt", "2074\n8295")
