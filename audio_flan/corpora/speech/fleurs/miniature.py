"""A miniature FLEURS: four sentences in English, Mandarin, Spanish and (the train part) German.

Quirks in it: quotation marks and white space of other kinds in the texts, a sentence that two
people read, a reader whose gender is OTHER, sentences that one language lacks, a language of which
only a part is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b
from io import BytesIO
from operator import itemgetter

from audio_flan.miniatures.bank import SpeechEntry
from audio_flan.miniatures.stage import Stage

GAIN = 1.0
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
    """Lay out FLEURS."""
    tables: dict[str, list[tuple[str, ...]]] = {}
    for said in _sayings(stage):
        language = FOLDERS[said.language]
        part, id = SENTENCES[said.sentence]
        name = f"{int.from_bytes(blake2b(said.id.encode(), digest_size=8).digest(), 'big')}.wav"
        stage.bytes(f"{language}/audio/{part}/{name}", _float_wav(stage, said))
        tables.setdefault(f"{language}/{part}.tsv", []).append((str(id), name, *_values(said)))
    for table, rows in tables.items():
        # The publisher's order is not that of the sentences.
        rows.sort(key=itemgetter(1))
        stage.table(table, rows, "\t")


def _sayings(stage: Stage) -> Iterator[SpeechEntry]:
    """The recordings of the bank that are read here."""
    for said in stage.bank.speech("en"):
        if said.speaker in ENGLISH[said.sentence]:
            yield said
    yield from stage.bank.translations


def _float_wav(stage: Stage, said: SpeechEntry) -> bytes:
    """A recording as a WAV file of 32-bit floats."""
    # Not libsndfile: it puts the time of writing into float WAV.
    from scipy.io import wavfile

    file = BytesIO()
    wavfile.write(file, RATE, stage.wave(said, RATE))
    return file.getvalue()


def _values(said: SpeechEntry) -> tuple[str, ...]:
    """The sentence in three forms, the number of samples, and the gender."""
    plain = re.sub(r"[^\w ]", "", said.text).lower()
    characters = " ".join(plain.replace(" ", "|")) + " |"
    gender = "OTHER" if said.id == OTHER_GENDER else said.gender.upper()
    raw = said.text.replace(*SPACES.get(said.id, ("", "")))
    return raw, plain, characters, str(said.frames), gender
