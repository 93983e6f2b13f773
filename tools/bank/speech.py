"""Spoken sentences and their translations, by the engine espeak-ng."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
import soxr

from bank.recording import Audio, Recording, decibels, to_peak

SPEECH_RATE = 16_000


@dataclass(frozen=True)
class Speaker:
    """A speaker: an espeak-ng voice with a variant, its pitch (0 to 100) and words per minute."""

    id: str
    language: str
    gender: str
    voice: str
    pitch: int
    words_per_minute: int


@dataclass(frozen=True)
class Sentence:
    """A sentence: what the engine is given, and the annotations of the index."""

    spoken: str
    annotations: dict[str, Any]


SPEAKERS = (
    Speaker("en_f1", "en", "female", "en-us+f2", 50, 170),
    Speaker("en_f2", "en", "female", "en-gb-x-rp+Annie", 50, 180),
    Speaker("en_f3", "en", "female", "en-us+belinda", 45, 160),
    Speaker("en_m1", "en", "male", "en-us+m3", 45, 175),
    Speaker("en_m2", "en", "male", "en-gb-x-rp+m7", 75, 165),
    Speaker("zh_f1", "zh", "female", "cmn+f2", 50, 205),
    Speaker("zh_f2", "zh", "female", "cmn+Annie", 55, 190),
    Speaker("zh_m1", "zh", "male", "cmn+m3", 45, 200),
    Speaker("zh_m2", "zh", "male", "cmn+m7", 75, 185),
)


def english(text: str, normalized_text: str | None = None) -> Sentence:
    """Return an English sentence; the normalised text is the text unless it is given."""
    normalized = normalized_text or text
    return Sentence(normalized, {"text": text, "normalized_text": normalized})


def mandarin(han: str, pinyin: str, spoken: str | None = None) -> Sentence:
    """Return a Mandarin sentence from syllables separated by spaces, in Han and in pinyin."""
    annotations = {"han": han.split(), "pinyin": pinyin.split()}
    return Sentence(spoken or han.replace(" ", ""), annotations)


SENTENCES = {
    "en": (
        english('"Come in," said Mr. Green.'),
        english("The café opens early."),
        english("We bought 12 apples.", "We bought twelve apples."),
        english("Please close the window."),
    ),
    "zh": (
        mandarin("天 气 很 好", "tian1 qi4 hen3 hao3"),
        # The engine has no erhua: that syllable is given in its phonemes.
        mandarin(
            "我 们 早 点儿 回 家",
            "wo3 men5 zao3 dianr3 hui2 jia1",
            "我们早[[tj'@r214]]回家",
        ),
        mandarin("他 喜 欢 喝 热 茶", "ta1 xi3 huan5 he1 re4 cha2"),
    ),
}

TRANSLATORS = (
    Speaker("zh_f3", "zh", "female", "cmn+f2", 45, 210),
    Speaker("zh_m3", "zh", "male", "cmn+m3", 50, 205),
    Speaker("es_f1", "es", "female", "es-419+f2", 50, 175),
    Speaker("es_m1", "es", "male", "es-419+m3", 45, 185),
    Speaker("de_f1", "de", "female", "de+Annie", 50, 180),
    Speaker("de_m1", "de", "male", "de+m7", 75, 180),
)
"""They speak translations of the English sentences."""
TRANSLATIONS = {
    ("zh_f3", "zh_m3"): {
        1: "“请进，”格林先生说。",
        2: "咖啡馆很早开门。",
        3: "我们买了12个苹果。",
        4: "请关上窗户。",
    },
    ("es_f1", "es_m1"): {
        1: "—Pase —dijo el señor Green.",
        2: "El café abre temprano.",
        3: "Compramos 12 manzanas.",
        4: "Por favor, cierre la ventana.",
    },
    ("de_f1", "de_m1"): {
        3: "Wir haben 12 Äpfel gekauft.",
        4: "Bitte schließen Sie das Fenster.",
    },
}
"""By the speakers of a language: what they say, by the number of the English sentence."""
SECOND_VOICE = {"zh_f3": (3,), "es_f1": (4,), "de_f1": (4,)}
"""The numbers of those who do not speak all of them."""

SYNTHESIS_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def synthesize(voice: str, pitch: int, words_per_minute: int, text: str) -> tuple[int, bytes]:
    """Speak a text; return the engine's sample rate and 16-bit samples."""
    import espeakng_loader

    synchronous, rate_parameter, volume_parameter, pitch_parameter = 2, 1, 2, 3
    utf8, phonemes_in_brackets = 0x1, 0x100
    engine = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = engine.espeak_Initialize(synchronous, 0, espeakng_loader.get_data_path().encode(), 0)
    chunks: list[bytes] = []

    def receive(samples: Any, count: int, events: Any) -> int:
        if count:
            chunks.append(ctypes.string_at(samples, 2 * count))
        return 0

    callback = SYNTHESIS_CALLBACK(receive)
    engine.espeak_SetSynthCallback(callback)
    if rate <= 0 or engine.espeak_SetVoiceByName(voice.encode()) != 0:
        raise RuntimeError(f"espeak-ng has no voice {voice!r}")
    engine.espeak_ng_SetRandSeed(ctypes.c_long(1))
    engine.espeak_SetParameter(rate_parameter, words_per_minute, 0)
    engine.espeak_SetParameter(pitch_parameter, pitch, 0)
    engine.espeak_SetParameter(volume_parameter, 60, 0)  # well below clipping
    data = text.encode()
    flags = utf8 | phonemes_in_brackets
    engine.espeak_Synth(data, ctypes.c_size_t(len(data) + 1), 0, 1, 0, flags, None, None)
    engine.espeak_Synchronize()
    return rate, b"".join(chunks)


def trim(audio: Audio, rate: int, margin: float = 0.07) -> Audio:
    """Cut what is more than 40 dB below the peak at both ends; leave ``margin`` seconds there."""
    loud = np.flatnonzero(np.abs(audio) > np.max(np.abs(audio)) * decibels(-40))
    pad = round(margin * rate)
    padded = np.pad(audio, pad)
    kept: Audio = padded[loud[0] : loud[-1] + 1 + 2 * pad].copy()
    fade = np.linspace(0.0, 1.0, pad // 2)
    kept[: fade.size] *= fade
    kept[-fade.size :] *= fade[::-1]
    return kept


def speech() -> Iterator[Recording]:
    """Yield every sentence of every speaker."""
    said = [
        (speaker, number, sentence)
        for speaker in SPEAKERS
        for number, sentence in enumerate(SENTENCES[speaker.language], start=1)
    ]
    yield from spoken("speech", said)


def translations() -> Iterator[Recording]:
    """Yield the translations of the English sentences, under the numbers of these."""
    said = [
        (speaker, number, Sentence(text, {"text": text}))
        for speaker in TRANSLATORS
        for speakers, texts in TRANSLATIONS.items()
        if speaker.id in speakers
        for number, text in texts.items()
        if number in SECOND_VOICE.get(speaker.id, texts)
    ]
    yield from spoken("translation", said)


def spoken(kind: str, said: list[tuple[Speaker, int, Sentence]]) -> Iterator[Recording]:
    """Yield numbered sentences, each spoken by a process of its own."""
    jobs = [(s.voice, s.pitch, s.words_per_minute, sentence.spoken) for s, _, sentence in said]
    with get_context("spawn").Pool(maxtasksperchild=1) as pool:
        voices = pool.starmap(synthesize, jobs, chunksize=1)
    for (speaker, number, sentence), (rate, data) in zip(said, voices, strict=True):
        raw = np.frombuffer(data, "<i2").astype(np.float64) / 32768
        audio = trim(soxr.resample(raw, rate, SPEECH_RATE, quality="VHQ"), SPEECH_RATE)
        annotations = {
            "language": speaker.language,
            "speaker": speaker.id,
            "gender": speaker.gender,
            "sentence": number,
            **deepcopy(sentence.annotations),
        }
        entry_id = f"{kind}_{speaker.id}_{number}"
        yield Recording(entry_id, kind, SPEECH_RATE, to_peak(audio, -3), annotations)
