"""Make the bank of short synthesised recordings from which miniature corpora are written.

The speech is made by the espeak-ng engine of the wheel ``espeakng-loader`` (called through
ctypes, with its formant voices and their variants). espeak-ng is a GPL-3.0 program; the audio it
produces is not covered by that licence, and nothing of espeak-ng is needed to use the bank.
Melodies, acoustic scenes, noises and notes are computed here with numpy.

The output is deterministic: every recording has a random generator of its own, seeded from its
id, and every sentence is spoken by a fresh process, so running the script twice gives the same
bytes and adding a recording does not change the others.

Usage: ``python tools/make_sample_bank.py [--out DIR]`` (needs the extra ``bank``).
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile as sf
import soxr
import yaml

Audio = npt.NDArray[np.float64]

DEFAULT_OUT = Path(__file__).resolve().parent.parent / "audio_flan" / "samples" / "recordings"
MAX_BYTES = 2_000_000
SPEECH_RATE = 16_000
NOISE_RATE = 16_000
MELODY_RATE = 22_050
SCENE_RATE = 22_050
NOTE_RATE = 16_000
# Samples are multiples of this: 14 significant bits, which FLAC stores in less space than 16.
STEP = 4


@dataclass(frozen=True)
class Recording:
    """One recording of the bank: its index entry without the length, and its audio."""

    id: str
    kind: str
    rate: int
    audio: Audio
    annotations: dict[str, Any] = field(default_factory=dict)


def generator(entry_id: str) -> np.random.Generator:
    """Return the random generator that belongs to one entry."""
    digest = hashlib.sha256(entry_id.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def decibels(level: float) -> float:
    """Return the amplitude of a level in dBFS."""
    return float(10.0 ** (level / 20.0))


def to_peak(audio: Audio, level: float) -> Audio:
    """Scale audio to a peak level in dBFS."""
    return np.asarray(audio * (decibels(level) / np.max(np.abs(audio))))


def to_rms(audio: Audio, level: float) -> Audio:
    """Scale audio to an RMS level in dBFS."""
    return np.asarray(audio * (decibels(level) / np.sqrt(np.mean(audio**2))))


# Speech ------------------------------------------------------------------------------------


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


# Melodies ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Singer:
    """A singer: the scale of the formants and the fall of the source spectrum in dB/octave."""

    id: str
    formant_scale: float
    tilt: float
    vibrato_rate: float


@dataclass(frozen=True)
class Melody:
    """A melody: its notes as (MIDI number, seconds, vowel) and its lyrics."""

    id: str
    singer: Singer
    language: str
    lyrics: tuple[str, ...]
    notes: tuple[tuple[int, float, str], ...]


# Formant frequencies in Hz (an adult male voice).
VOWELS = {
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (270, 2290, 3010),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
}
SOPRANO = Singer("soprano_1", 1.18, -9.0, 5.8)
ALTO = Singer("alto_1", 1.10, -11.0, 5.3)
TENOR = Singer("tenor_1", 1.0, -8.0, 5.5)
BARITONE = Singer("baritone_1", 0.92, -10.0, 5.0)

MELODIES = (
    Melody(
        "melody_row_boat",
        SOPRANO,
        "English",
        ("row, row, row", "your boat"),
        ((72, 0.5, "o"), (72, 0.5, "o"), (72, 0.35, "o"), (74, 0.25, "o"), (76, 0.6, "o")),
    ),
    Melody(
        "melody_au_clair",
        ALTO,
        "French",
        ("au clair", "de la lune"),
        (
            (67, 0.35, "o"),
            (67, 0.35, "e"),
            (67, 0.35, "e"),
            (69, 0.35, "a"),
            (71, 0.6, "u"),
            (69, 0.5, "e"),
        ),
    ),
    Melody(
        "melody_moon",
        TENOR,
        "Mandarin",
        ("月亮", "出来了"),
        ((57, 0.4, "u"), (60, 0.6, "a"), (62, 0.35, "u"), (60, 0.35, "a"), (55, 0.6, "e")),
    ),
    Melody(
        "melody_rain",
        BARITONE,
        "English",
        ("the rain", "falls on", "the hill"),
        (
            (48, 0.3, "e"),
            (52, 0.55, "e"),
            (55, 0.5, "o"),
            (53, 0.3, "o"),
            (50, 0.3, "e"),
            (48, 0.55, "i"),
        ),
    ),
    Melody(
        "melody_vocalise",
        SOPRANO,
        "none",
        (),
        (
            (67, 0.3, "a"),
            (69, 0.3, "a"),
            (71, 0.3, "a"),
            (72, 0.3, "a"),
            (74, 0.45, "a"),
            (71, 0.3, "a"),
            (67, 0.6, "a"),
        ),
    ),
)
LEAD_SECONDS = 0.08
GAP_SECONDS = 0.05


def resonances(frequency: Audio, vowel: str, scale: float) -> Audio:
    """Return the gain of a vowel's formants at frequencies in Hz."""
    gain = np.full_like(frequency, 0.02)
    for formant, weight in zip(VOWELS[vowel], (1.0, 0.6, 0.3), strict=True):
        width = 60.0 + 0.06 * formant
        gain += weight / (1.0 + ((frequency - scale * formant) / width) ** 2)
    return gain


def sung_note(midi: int, seconds: float, vowel: str, singer: Singer) -> Audio:
    """Return one note: harmonics shaped by the vowel, a slight vibrato, soft attack and release."""
    count = round(seconds * MELODY_RATE)
    time = np.arange(count) / MELODY_RATE
    pitch = 440.0 * 2.0 ** ((midi - 69) / 12)
    vibrato_cents = 12.0 * np.sin(2 * np.pi * singer.vibrato_rate * time)
    phase = 2 * np.pi * np.cumsum(pitch * 2.0 ** (vibrato_cents / 1200)) / MELODY_RATE
    orders = np.arange(1, int(5_000 / pitch) + 1)
    gains = orders ** (singer.tilt / 6.02) * resonances(orders * pitch, vowel, singer.formant_scale)
    gains[0] = max(gains[0], 0.5 * gains.max())
    audio = sum(gain * np.sin(order * phase) for order, gain in zip(orders, gains, strict=True))
    envelope = np.minimum(1.0, np.minimum(time / 0.05, (seconds - time) / 0.06))
    return np.asarray(to_rms(np.asarray(audio), -15) * np.sin(0.5 * np.pi * envelope) ** 2)


def melodies() -> Iterator[Recording]:
    """Yield the sung melodies with their notes: onset and offset in seconds and MIDI number."""
    for melody in MELODIES:
        lead, gap = (np.zeros(round(s * MELODY_RATE)) for s in (LEAD_SECONDS, GAP_SECONDS))
        pieces, notes, onset = [lead], [], LEAD_SECONDS
        for midi, seconds, vowel in melody.notes:
            pieces += [sung_note(midi, seconds, vowel, melody.singer), gap]
            notes.append([round(onset, 3), round(onset + seconds, 3), midi])
            onset += seconds + GAP_SECONDS
        annotations = {
            "singer": melody.singer.id,
            "language": melody.language,
            "lyrics": list(melody.lyrics),
            "notes": notes,
        }
        audio = to_peak(np.concatenate(pieces), -6)
        yield Recording(melody.id, "melody", MELODY_RATE, audio, annotations)


# Acoustic scenes and noises ----------------------------------------------------------------


class Palette:
    """The sounds from which one scene or noise is mixed; each has an RMS or a peak of one."""

    def __init__(self, rng: np.random.Generator, rate: int, seconds: float) -> None:
        self.rng = rng
        self.rate = rate
        self.count = round(rate * seconds)
        self.time: Audio = np.arange(self.count) / rate

    def noise(self, slope: float, low: float = 20.0, high: float = 10_000.0) -> Audio:
        """Return noise between two frequencies in Hz whose spectrum has a slope in dB/octave."""
        spectrum = np.fft.rfft(self.rng.standard_normal(self.count))
        frequency = np.maximum(np.fft.rfftfreq(self.count, 1 / self.rate), 1.0)
        gain = (frequency / 1_000.0) ** (slope / 6.02)
        gain /= 1.0 + (low / frequency) ** 4
        gain /= 1.0 + (frequency / high) ** 4
        audio = np.fft.irfft(spectrum * gain, self.count)
        return np.asarray(audio / np.std(audio))

    def hum(self, fundamental: float, harmonics: int, tilt: float = -6.0) -> Audio:
        """Return a steady harmonic tone; ``tilt`` is in dB/octave."""
        orders = range(1, harmonics + 1)
        phases = self.rng.uniform(0, 2 * np.pi, harmonics)
        parts = [
            order ** (tilt / 6.02) * np.sin(2 * np.pi * order * fundamental * self.time + phase)
            for order, phase in zip(orders, phases, strict=True)
        ]
        audio = np.sum(parts, axis=0)
        return np.asarray(audio / np.std(audio))

    def sweep(self, start: float, stop: float) -> Audio:
        """Return a tone that glides between two frequencies in Hz over the whole recording."""
        frequency = np.linspace(start, stop, self.count)
        return np.asarray(np.sqrt(2) * np.sin(2 * np.pi * np.cumsum(frequency) / self.rate))

    def beat(self, frequency: float, depth: float) -> Audio:
        """Return a slow amplitude modulation (Hz, 0 to 1) around one."""
        phase = self.rng.uniform(0, 2 * np.pi)
        return np.asarray(1.0 + depth * np.sin(2 * np.pi * frequency * self.time + phase))

    def decay(self, onset: float, seconds: float) -> Audio:
        """Return an envelope that starts at ``onset`` seconds and falls with a time constant."""
        after = self.time - onset
        rise = np.clip(after / 0.002, 0.0, 1.0)
        return np.asarray(rise * np.exp(-np.maximum(after, 0.0) / seconds))

    def strokes(self, sound: Audio, onsets: tuple[float, ...], seconds: float) -> Audio:
        """Return a sound struck at the onsets."""
        return np.asarray(sound * np.sum([self.decay(at, seconds) for at in onsets], axis=0))

    def bell(self, frequency: float, onset: float, seconds: float) -> Audio:
        """Return a struck tone of three partials."""
        partials = ((1.0, 1.0), (2.0, 0.5), (2.76, 0.25))
        tone = np.sum(
            [a * np.sin(2 * np.pi * r * frequency * self.time) for r, a in partials], axis=0
        )
        return np.asarray(tone * self.decay(onset, seconds))

    def chirp(self, onset: float, seconds: float, start: float, stop: float) -> Audio:
        """Return a short whistle gliding between two frequencies in Hz."""
        position = np.clip((self.time - onset) / seconds, 0.0, 1.0)
        phase = 2 * np.pi * np.cumsum(start + (stop - start) * position) / self.rate
        return np.asarray(np.sin(phase) * np.sin(np.pi * position) ** 2)

    def murmur(self) -> Audio:
        """Return noise in the band of voices, modulated at the rate of syllables."""
        low = self.noise(-6, 250, 900) * self.beat(4.3, 0.7)
        return np.asarray(low + 0.5 * self.noise(-6, 900, 2_500) * self.beat(3.1, 0.7))


def airport(p: Palette) -> Audio:
    """Mix a wide hall, jet rumble and a two-tone chime."""
    chime = p.bell(659.3, 0.15, 0.25) + p.bell(523.3, 0.5, 0.3)
    return np.asarray(p.noise(-5, 60, 3_000) + 0.4 * p.murmur() + 2.5 * chime)


def shopping_mall(p: Palette) -> Audio:
    """Mix voices with the soft chord of background music."""
    chord = p.hum(261.6, 3) + p.hum(329.6, 3) + p.hum(392.0, 3)
    return np.asarray(1.2 * p.murmur() + 0.35 * chord * p.beat(2.0, 0.5) + 0.1 * p.noise(0))


def metro_station(p: Palette) -> Audio:
    """Mix a rumble with the squeal of brakes and the beeps of doors."""
    squeal = p.sweep(3_400, 3_000) * p.beat(9.0, 0.4)
    beeps = p.strokes(p.sweep(1_900, 1_900), (0.6, 0.72, 0.84), 0.03)
    return np.asarray(p.noise(-9, 40, 1_500) + 0.25 * squeal + 0.8 * beeps)


def street_pedestrian(p: Palette) -> Audio:
    """Mix footsteps with a few voices."""
    steps = p.strokes(p.noise(-3, 150, 4_000), (0.08, 0.33, 0.57, 0.83), 0.03)
    return np.asarray(3.0 * steps + 0.4 * p.murmur() + 0.2 * p.noise(-3))


def public_square(p: Palette) -> Audio:
    """Mix the hiss of a fountain with a distant bell and voices."""
    bell = p.bell(440.0, 0.3, 0.6)
    return np.asarray(p.noise(0, 1_200, 6_000) + 0.6 * p.murmur() + 1.2 * bell)


def street_traffic(p: Palette) -> Audio:
    """Mix the swell of a passing car with engine harmonics."""
    swell = 0.4 + np.exp(-(((p.time - 0.55) / 0.2) ** 2))
    car = p.noise(-4, 80, 2_500) + 0.8 * p.hum(82.0, 8, -4)
    return np.asarray(swell * car + 0.5 * p.noise(-8, 30, 800))


def tram(p: Palette) -> Audio:
    """Mix the whine of an electric motor with the tram's bell."""
    bell = p.bell(1_480, 0.2, 0.1) + p.bell(1_480, 0.38, 0.15)
    return np.asarray(0.8 * p.hum(310.0, 5, -5) + 0.7 * p.noise(-6, 100, 2_000) + 1.8 * bell)


def bus(p: Palette) -> Audio:
    """Mix an idling diesel engine with rattle."""
    pulse = np.maximum(0.0, p.beat(28.0, 1.0) - 1.0)
    rattle = p.noise(0, 1_500, 4_000) * pulse
    return np.asarray(p.hum(28.0, 20, -2) + 0.5 * p.noise(-8, 40, 1_000) + 0.35 * rattle)


def metro(p: Palette) -> Audio:
    """Mix the deep rumble of a tunnel with rail joints and a rising motor."""
    joints = p.strokes(p.noise(-4, 100, 2_500), (0.2, 0.28, 0.7, 0.78), 0.025)
    return np.asarray(p.noise(-11, 30, 700) + 1.5 * joints + 0.3 * p.sweep(520, 760))


def park(p: Palette) -> Audio:
    """Mix the leaves in the wind with two birds."""
    first = sum(p.chirp(at, 0.09, 3_200, 4_600) for at in (0.1, 0.24, 0.38))
    second = sum(p.chirp(at, 0.14, 6_200, 5_000) for at in (0.6, 0.8))
    wind = p.noise(-3, 200, 5_000) * p.beat(1.2, 0.3)
    return np.asarray(0.5 * wind + 2.5 * (first + second))


def fan(p: Palette) -> Audio:
    """Mix the hum of a fan with its air."""
    return np.asarray(p.hum(120.0, 6, -5) + 0.6 * p.noise(-5, 80, 2_500) * p.beat(8.0, 0.2))


def rain(p: Palette) -> Audio:
    """Mix a hiss with drops."""
    onsets = tuple(float(at) for at in np.sort(p.rng.uniform(0.02, 1.45, 40)))
    return np.asarray(p.noise(1, 800, 6_000) + 1.5 * p.strokes(p.noise(0, 1_500), onsets, 0.004))


def keyboard(p: Palette) -> Audio:
    """Mix key strokes with the quiet of a room."""
    onsets = np.arange(0.06, 1.4, 0.13) + p.rng.uniform(0, 0.06, 11)
    keys = p.strokes(p.noise(2, 1_000, 5_500), tuple(float(at) for at in onsets), 0.008)
    return np.asarray(keys + 0.03 * p.noise(-6))


SCENES = (
    airport,
    shopping_mall,
    metro_station,
    street_pedestrian,
    public_square,
    street_traffic,
    tram,
    bus,
    metro,
    park,
)
NOISES = (fan, rain, keyboard)


def textures(
    kind: str, recipes: tuple[Callable[[Palette], Audio], ...], rate: int, seconds: float
) -> Iterator[Recording]:
    """Yield the recordings of one kind, labelled by the names of their recipes."""
    for recipe in recipes:
        label = recipe.__name__
        entry_id = f"{kind}_{label}"
        audio = to_rms(recipe(Palette(generator(entry_id), rate, seconds)), -30)
        yield Recording(entry_id, kind, rate, audio, {"label": label})


# Single notes ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Timbre:
    """An instrument that plays one note: its partials and the shape of the note.

    Args:
        partials: (frequency as a multiple of the pitch, amplitude, time constant of its decay in
            seconds, infinite where it is held).
        attack: seconds until it is at its loudest.
        tilt: slope of the attack of higher partials: seconds later for each multiple of the pitch.
        breath: level of its noise, relative to the tone.
    """

    partials: tuple[tuple[float, float, float], ...]
    attack: float
    tilt: float = 0.0
    breath: float = 0.0


HELD = float("inf")
TIMBRES = {
    # A string plucked at a fifth of its length: every fifth partial is missing.
    "guitar": Timbre(
        tuple((n, abs(np.sin(np.pi * n / 5)) / n**1.5, 0.7 / n**0.5) for n in range(1, 13)), 0.004
    ),
    "flute": Timbre(((1, 1.0, HELD), (2, 0.35, HELD), (3, 0.12, HELD)), 0.08, breath=0.004),
    # Drawbars 8', 4', 2 2/3', 2' and 1'.
    "organ": Timbre(tuple((n, 1 / n**0.5, HELD) for n in (1, 2, 3, 4, 8)), 0.012),
    # Brighter than the others, the higher partials later.
    "brass": Timbre(tuple((n, n**-0.6, HELD) for n in range(1, 16)), 0.04, tilt=0.008),
    # A bar of a marimba, tuned to the double octave.
    "mallet": Timbre(((1, 1.0, 0.45), (4, 0.4, 0.08), (9.9, 0.15, 0.03)), 0.003),
}
NOTES = {
    "guitar": (52, 60, 64),
    "flute": (60, 72, 79),
    "organ": (48, 60),
    "brass": (55, 60),
    "mallet": (60, 72),
}
"""MIDI numbers that each timbre plays; 60 is played by all."""
NOTE_SECONDS, RELEASE_SECONDS = 1.6, 0.35


def played_note(timbre: Timbre, pitch: int, rng: np.random.Generator) -> Audio:
    """Return a note of a MIDI number, released at its end."""
    time = np.arange(round(NOTE_SECONDS * NOTE_RATE)) / NOTE_RATE
    frequency = 440.0 * 2.0 ** ((pitch - 69) / 12)
    audio = timbre.breath * rng.standard_normal(time.size)
    for multiple, amplitude, decay in timbre.partials:
        # Below the alias, with room for the resampler.
        if multiple * frequency < 0.45 * NOTE_RATE:
            attack = timbre.attack + timbre.tilt * (multiple - 1)
            envelope = np.sin(0.5 * np.pi * np.minimum(time / attack, 1.0)) ** 2
            tone = np.sin(2 * np.pi * multiple * frequency * time)
            audio += amplitude * envelope * np.exp(-time / decay) * tone
    release = np.clip((NOTE_SECONDS - time) / RELEASE_SECONDS, 0.0, 1.0)
    return np.asarray(audio * np.sin(0.5 * np.pi * release) ** 2)


def notes() -> Iterator[Recording]:
    """Yield the single notes with their family and MIDI number."""
    for family, pitches in NOTES.items():
        for pitch in pitches:
            entry_id = f"note_{family}_{pitch}"
            audio = to_peak(played_note(TIMBRES[family], pitch, generator(entry_id)), -9)
            annotations = {"family": family, "pitch": pitch}
            yield Recording(entry_id, "note", NOTE_RATE, audio, annotations)


# Writing -----------------------------------------------------------------------------------


def recordings() -> Iterator[Recording]:
    """Yield every recording of the bank."""
    yield from speech()
    yield from melodies()
    yield from textures("scene", SCENES, SCENE_RATE, 1.0)
    yield from textures("noise", NOISES, NOISE_RATE, 1.5)
    yield from notes()
    yield from translations()


def write(recording: Recording, out: Path) -> dict[str, Any]:
    """Write one recording as 16-bit FLAC; return its index entry."""
    samples = (np.round(recording.audio * (32768 / STEP)) * STEP).astype(np.int16)
    path = out / f"{recording.id}.flac"
    sf.write(path, samples, recording.rate, subtype="PCM_16", compression_level=1.0)
    return {
        "id": recording.id,
        "kind": recording.kind,
        "rate": recording.rate,
        "frames": len(samples),
        **recording.annotations,
    }


def write_bank(out: Path) -> int:
    """Write the bank to a folder, print its sizes and return the total in bytes."""
    out.mkdir(parents=True, exist_ok=True)
    entries = [write(recording, out) for recording in recordings()]
    index = out / "bank.yaml"
    text = yaml.safe_dump(
        {"entries": entries},
        allow_unicode=True,
        default_flow_style=None,
        sort_keys=False,
        width=99,
    )
    index.write_text(text, encoding="utf-8")
    written = [out / f"{entry['id']}.flac" for entry in entries]
    for stale in set(out.glob("*.flac")) - set(written):
        stale.unlink()
    for path, entry in zip(written, entries, strict=True):
        seconds = entry["frames"] / entry["rate"]
        print(f"{path.name:32} {seconds:6.2f} s {path.stat().st_size:8} bytes")
    total = sum(path.stat().st_size for path in [index, *written])
    print(f"{'total':32} {len(entries):4} files {total:6} bytes")
    return total


def main() -> None:
    """Make the bank; exit with an error if it is too large."""
    parser = argparse.ArgumentParser(description="Make the bank of synthesised recordings.")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder to write to")
    total = write_bank(parser.parse_args().out)
    if total > MAX_BYTES:
        sys.exit(f"the bank has {total} bytes, more than {MAX_BYTES}")


if __name__ == "__main__":
    main()
