"""Single notes of a few timbres."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bank.recording import Audio, Recording, generator, to_peak

NOTE_RATE = 16_000


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
