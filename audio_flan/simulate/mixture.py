"""Mixtures of a target and what disturbs it, with one gain for all parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from audio_flan.simulate.level import active_power, gain_for_snr, peak_gain, power

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Mixture(NamedTuple):
    """A mixture and its parts, float32 [n] each: mixture = target + residual.

    Args:
        gain: the factor that target and residual got to stay below the peak ceiling.
        noise_gain: the factor that the noise got for its level, before `gain`.
    """

    mixture: NDArray[np.float32]
    target: NDArray[np.float32]
    residual: NDArray[np.float32]
    gain: float
    noise_gain: float


def add_noise(
    speech: NDArray[np.float32], noise: NDArray[np.float32], snr_db: float, rate: int
) -> Mixture:
    """Add noise to speech at a speech-active signal-to-noise ratio.

    The speech's power is taken where it is active (`active_power`), the noise's over all of it.

    Args:
        speech, noise: float32 [n] of equal length; neither is silent.
        snr_db: signal-to-noise ratio, dB.
        rate: sampling rate, Hz.
    """
    import numpy as np

    noise_gain = gain_for_snr(active_power(speech, rate), power(noise), snr_db)
    residual = noise * np.float32(noise_gain)
    mixture = speech + residual
    gain = peak_gain(mixture, speech)
    factor = np.float32(gain)
    return Mixture(mixture * factor, speech * factor, residual * factor, gain, noise_gain)
