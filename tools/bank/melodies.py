"""Sung melodies, computed from formants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bank.recording import Audio, Recording, to_peak, to_rms

MELODY_RATE = 22_050


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
