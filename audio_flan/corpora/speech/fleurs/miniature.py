"""A miniature FLEURS: four sentences in English, Mandarin, Spanish and (the train part) German.

Quirks in it: quotation marks and white space of other kinds in the texts, a sentence that two
people read, a reader whose gender is OTHER, sentences that one language lacks, a language of which
only a part is there.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from pathlib import Path

from audio_flan.miniatures.bank import SpeechEntry, samples
from audio_flan.miniatures.stage import Stage

RATE = 16_000
FOLDERS = {"en": "en_us", "zh": "cmn_hans_cn", "es": "es_419", "de": "de_de"}
SENTENCES = {1: ("test", 1699), 2: ("dev", 1525), 3: ("train", 104), 4: ("train", 12)}
"""Part and id of the bank's sentences."""
ENGLISH = {1: ("en_m2", "en_f3"), 2: ("en_f1",), 3: ("en_f2", "en_m1"), 4: ("en_f1", "en_m2")}
"""Voices of the bank that read each sentence in English; others read the translations."""
OTHER_GENDER = "speech_en_m1_3"
SPACES = {"speech_en_m2_1": ("Mr. ", "Mr.\u00a0"), "translation_es_m1_3": ("12 ", "12\u2028")}
"""Blanks that are others in the publisher's text."""


def write(stage: Stage) -> None:
    """Write FLEURS into a folder."""
    folder, bank = stage.folder, stage.bank
    # Not libsndfile: it puts the time of writing into float WAV.
    from scipy.io import wavfile

    english = [said for said in bank.speech("en") if said.speaker in ENGLISH[said.sentence]]
    tables: dict[Path, list[str]] = {}
    for said in (*english, *bank.translations):
        language = folder / FOLDERS[said.language]
        part, id = SENTENCES[said.sentence]
        name = f"{int.from_bytes(blake2b(said.id.encode(), digest_size=8).digest(), 'big')}.wav"
        (language / "audio" / part).mkdir(parents=True, exist_ok=True)
        wavfile.write(language / "audio" / part / name, RATE, samples(said, RATE))
        tables.setdefault(language / f"{part}.tsv", []).append(_line(said, id, name))
    for table, lines in tables.items():
        # The publisher's order is not that of the sentences.
        table.write_text("".join(sorted(lines, key=_file_name)), encoding="utf-8", newline="")


def _file_name(line: str) -> str:
    return line.split("\t")[1]


def _line(said: SpeechEntry, id: int, name: str) -> str:
    plain = re.sub(r"[^\w ]", "", said.text).lower()
    characters = " ".join(plain.replace(" ", "|")) + " |"
    gender = "OTHER" if said.id == OTHER_GENDER else said.gender.upper()
    raw = said.text.replace(*SPACES.get(said.id, ("", "")))
    return f"{id}\t{name}\t{raw}\t{plain}\t{characters}\t{said.frames}\t{gender}\n"
