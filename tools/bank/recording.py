"""A recording of the bank, and levels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float64]


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
