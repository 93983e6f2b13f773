"""Noise: synthesised with a coloured spectrum, and recordings fitted to a length."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLOURS = {"white": 0.0, "pink": 1.0, "brown": 2.0}
"""Exponents of the spectra: power density falls as 1/f to this power."""

LOWEST_HZ = 20.0
"""Below it the spectrum stays flat, so that brown noise does not wander."""

SHORTEST_TRANSFORM = 64
CROSSFADE_SECONDS = 0.02


def coloured_noise(
    count: int, rate: int, exponent: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Gaussian noise whose power density falls as 1/f**exponent.

    White noise is shaped in the frequency domain (Timmer and Koenig, 1995).

    Args:
        count: number of samples.
        rate: sampling rate, Hz.
        exponent: 0 white, 1 pink, 2 brown.
        rng: source of the draws.

    Returns:
        float32 [count] with an RMS of 0.1.
    """
    import numpy as np
    from scipy import fft

    # A length that is fast to transform; the surplus is cut off.
    length = fft.next_fast_len(max(count, SHORTEST_TRANSFORM), real=True)
    spectrum = fft.rfft(rng.standard_normal(length, dtype=np.float32))
    if exponent:
        frequencies = np.maximum(fft.rfftfreq(length, 1 / rate), LOWEST_HZ).astype(np.float32)
        spectrum *= frequencies ** np.float32(-exponent / 2)
    spectrum[0] = 0.0
    noise = fft.irfft(spectrum, length)[:count]
    return np.asarray(noise * (0.1 / np.sqrt(np.mean(noise**2))), dtype=np.float32)


def fit_length(
    samples: NDArray[np.float32], count: int, rate: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """A stretch of a recording at a drawn offset; a shorter one is looped with a cross-fade.

    Args:
        samples: float32 [n], n > 0.
        count: number of samples wanted.
        rate: sampling rate, Hz.
        rng: source of the offset.
    """
    import numpy as np

    fade = min(round(CROSSFADE_SECONDS * rate), samples.size // 2)
    while samples.size < count:
        # The square root keeps the power of uncorrelated noise through the fade.
        ramp = np.sqrt(np.linspace(0, 1, fade, dtype=np.float32))
        joint = samples[samples.size - fade :] * ramp[::-1] + samples[:fade] * ramp
        samples = np.concatenate([samples[: samples.size - fade], joint, samples[fade:]])
    start = int(rng.integers(0, samples.size - count + 1))
    return samples[start : start + count]
