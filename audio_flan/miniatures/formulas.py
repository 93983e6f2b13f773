"""Sounds by formula, for miniature corpora: what is no speech needs no recording in the bank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

HARMONICS = {"flute": (1.0, 0.2), "reed": (1.0, 0.0, 0.5, 0.0, 0.3), "string": (1.0, 0.6, 0.4, 0.3)}
"""Levels of the harmonics of a few kinds of tone."""


def tone(
    hertz: float, seconds: float, rate: int, kind: str = "flute", level: float = 0.3
) -> NDArray[np.float32]:
    """A steady tone with soft ends of 10 ms.

    Args:
        hertz: its pitch.
        seconds: its duration.
        rate: sampling rate, Hz.
        kind: one of `HARMONICS`.
        level: its peak is at most this, full scale is 1.

    Returns:
        Samples [n].
    """
    times = np.arange(round(seconds * rate)) / rate
    levels = HARMONICS[kind]
    wave = sum(a * np.sin(2 * np.pi * hertz * n * times) for n, a in enumerate(levels, 1))
    ends = np.minimum(1.0, np.minimum(times, times[::-1]) / 0.01)
    return np.asarray(level / sum(levels) * wave * ends, dtype=np.float32)


def noise(seconds: float, rate: int, seed: int, level: float = 0.1) -> NDArray[np.float32]:
    """White noise.

    Args:
        seconds: its duration.
        rate: sampling rate, Hz.
        seed: of its samples.
        level: its standard deviation, full scale is 1; samples are kept inside full scale.

    Returns:
        Samples [n].
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    wave = level * generator.standard_normal(round(seconds * rate))
    return np.asarray(np.clip(wave, -1, 1), dtype=np.float32)


def clicks(times: Sequence[float], seconds: float, rate: int) -> NDArray[np.float32]:
    """Short decaying clicks at known times, as a metronome's.

    Args:
        times: start of each click, seconds.
        seconds: duration of all.
        rate: sampling rate, Hz.

    Returns:
        Samples [n].
    """
    wave = np.zeros(round(seconds * rate))
    length = round(0.03 * rate)
    click = 0.8 * np.exp(-np.arange(length) / (0.005 * rate)) * np.cos(np.arange(length) * 0.9)
    for time in times:
        start = round(time * rate)
        part = click[: max(0, wave.size - start)]
        wave[start : start + part.size] += part
    return np.asarray(np.clip(wave, -1, 1), dtype=np.float32)
