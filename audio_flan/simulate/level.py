"""Levels of signals: mean power, whole or where a signal is active, and gains between levels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from audio_flan.media.audio import peak_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRAME_SECONDS = 0.032
ACTIVE_RANGE_DB = 40.0
"""Frames within this range below the loudest count as active."""

PEAK_CEILING = 0.9
"""Peak of a mixture, full scale 1, as in LibriMix, AudioSep and URGENT."""


def power(samples: NDArray[np.float32]) -> float:
    """Mean square of samples of any shape; 0.0 for none."""
    import numpy as np

    return float(np.mean(np.square(samples))) if samples.size else 0.0


def decibels(ratio: float) -> float:
    """A ratio of powers in dB; minus infinity for 0."""
    return 10 * math.log10(ratio) if ratio > 0 else -math.inf


def active_power(samples: NDArray[np.float32], rate: int) -> float:
    """Mean square over the frames in which a signal is active.

    A frame of 32 ms is active if its power is at most 40 dB below that of the loudest frame;
    pauses then do not make speech seem softer than it is.

    Args:
        samples: float32 [n].
        rate: sampling rate, Hz.
    """
    import numpy as np

    frame = min(round(FRAME_SECONDS * rate), samples.size)
    if not frame:
        return 0.0
    frames = samples[: samples.size // frame * frame].reshape(-1, frame)
    powers = np.einsum("ij,ij->i", frames, frames) / frame
    return float(np.mean(powers[powers >= powers.max() * 10 ** (-ACTIVE_RANGE_DB / 10)]))


def gain_for_snr(signal_power: float, noise_power: float, snr_db: float) -> float:
    """The factor on a noise that puts it `snr_db` below a signal.

    Args:
        signal_power, noise_power: mean squares; both above 0.
        snr_db: signal-to-noise ratio, dB.
    """
    return math.sqrt(signal_power / (noise_power * 10 ** (snr_db / 10)))


def peak_gain(*signals: NDArray[np.float32]) -> float:
    """One factor, at most 1, for all parts of an item: none then peaks above the ceiling."""
    peak = max(peak_of(signal) for signal in signals)
    return min(1.0, PEAK_CEILING / peak) if peak else 1.0
