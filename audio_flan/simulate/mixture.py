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
        mixture, target: both with `gain`.
        noise: what was added to the target, before any gain.
        gain: the factor that target and residual got to stay below the peak ceiling.
        noise_gain: the factor that the noise got for its level, before `gain`.
    """

    mixture: NDArray[np.float32]
    target: NDArray[np.float32]
    noise: NDArray[np.float32]
    gain: float
    noise_gain: float

    @property
    def residual(self) -> NDArray[np.float32]:
        """What the mixture holds beside the target."""
        import numpy as np

        factor = np.float32(self.noise_gain) * np.float32(self.gain)
        return np.asarray(self.noise * factor, dtype=np.float32)


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
    return _mix(speech, noise, gain_for_snr(active_power(speech, rate), power(noise), snr_db))


def mix_sources(
    target: NDArray[np.float32], other: NDArray[np.float32], ratio_db: float, rate: int
) -> Mixture:
    """Mix two sources, each measured where it is active (`active_power`).

    Args:
        target, other: float32 [n] of equal length; neither is silent.
        ratio_db: level of the target above the other, dB.
        rate: sampling rate, Hz.
    """
    ratio = active_power(target, rate), active_power(other, rate)
    return _mix(target, other, gain_for_snr(*ratio, ratio_db))


def _mix(target: NDArray[np.float32], other: NDArray[np.float32], other_gain: float) -> Mixture:
    import numpy as np

    mixture = target + other * np.float32(other_gain)
    gain = peak_gain(mixture, target)
    factor = np.float32(gain)
    return Mixture(mixture * factor, target * factor, other, gain, other_gain)
