"""Bandwidth: how far a signal's spectrum reaches, and low-pass filters of many families."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FAMILIES = ("butter", "cheby1", "ellip", "bessel", "resample")
"""Of low-pass filters, as in AudioSR; `resample` is soxr down to twice the cut-off and up again."""

ORDERS = (2, 10)
"""Lowest and highest order of a filter."""

RIPPLE_DB = 0.1
"""Of the pass band of cheby1 and ellip, for one pass of two."""

STOP_DB = 60.0
"""Of the stop band of ellip, for one pass."""

STOP_EDGE = 1.2
"""From this multiple of the cut-off on, nothing of the signal may be left."""

REJECTION_DB = 40.0
"""By how much the band from the stop edge on must be down."""

FLOOR_DB = 50.0
"""What lies further below the peak of the spectrum does not count as signal (URGENT)."""

WINDOW = 512


def bandwidth(samples: NDArray[np.float32], rate: int) -> float:
    """The highest frequency at which a signal is less than 50 dB below the peak of its spectrum.

    The spectrum is the mean power of Hann windows of 512 samples, 256 apart (Welch, 1967), as
    URGENT's `estimate_audio_bandwidth` takes it.

    Args:
        samples: float32 [n], n > 0.
        rate: sampling rate, Hz.

    Returns:
        Hz; 0.0 for silence.
    """
    import numpy as np
    from scipy import fft
    from scipy.signal import get_window

    padded = np.pad(samples, (0, max(0, WINDOW - samples.size)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[:: WINDOW // 2]
    spectra = fft.rfft(frames * get_window("hann", WINDOW).astype(np.float32))
    powers = np.mean(np.abs(spectra) ** 2, axis=0)
    above = np.flatnonzero(powers > powers.max() * 10 ** (-FLOOR_DB / 10))
    return float(above[-1] * rate / WINDOW) if above.size else 0.0


@lru_cache(maxsize=1024)
def is_sharp(family: str, order: int, cutoff: float, rate: int) -> bool:
    """Whether a filter, run forth and back, is 40 dB down from 1.2 times its cut-off on.

    Args:
        family: one of `FAMILIES`.
        order: of the filter; ignored for `resample`.
        cutoff: Hz; 1.2 times it lies below half the rate.
        rate: sampling rate, Hz.
    """
    import numpy as np
    from scipy.signal import sosfreqz

    if family == "resample":
        return True
    frequencies = np.geomspace(STOP_EDGE * cutoff, rate / 2, 256)
    _, response = sosfreqz(_sections(family, order, cutoff, rate), frequencies, fs=rate)
    return bool(np.max(np.abs(response)) ** 2 <= 10 ** (-REJECTION_DB / 20))


def low_pass(
    samples: NDArray[np.float32], rate: int, cutoff: float, family: str, order: int
) -> NDArray[np.float32]:
    """Remove all above a cut-off without delay: same rate, same length.

    Filters run forth and back, so that their phase is zero. One that is not 40 dB down at 1.2
    times the cut-off is followed by `resample`, so that the upper band is really gone.

    Args:
        samples: float32 [n], n > 0.
        rate: sampling rate, Hz.
        cutoff: Hz; 1.2 times it lies below half the rate.
        family: one of `FAMILIES`.
        order: of the filter, 2 to 10; ignored for `resample`.
    """
    import numpy as np
    from scipy.signal import sosfiltfilt

    if family == "resample":
        return _down_and_up(samples, rate, cutoff)
    # Ten periods of the cut-off on either side let the filter settle.
    padding = min(round(10 * rate / cutoff), samples.size - 1)
    sections = _sections(family, order, cutoff, rate)
    filtered = sosfiltfilt(sections, samples.astype(np.float64), padlen=padding)
    filtered = np.asarray(filtered, dtype=np.float32)
    if is_sharp(family, order, cutoff, rate):
        return filtered
    return _down_and_up(filtered, rate, cutoff)


@lru_cache(maxsize=1024)
def _sections(family: str, order: int, cutoff: float, rate: int) -> NDArray[np.float64]:
    """Second-order sections of a filter."""
    from scipy import signal

    if family == "butter":
        sections = signal.butter(order, cutoff, fs=rate, output="sos")
    elif family == "cheby1":
        sections = signal.cheby1(order, RIPPLE_DB, cutoff, fs=rate, output="sos")
    elif family == "ellip":
        sections = signal.ellip(order, RIPPLE_DB, STOP_DB, cutoff, fs=rate, output="sos")
    elif family == "bessel":
        # By magnitude: -3 dB at the cut-off, like butter.
        sections = signal.bessel(order, cutoff, norm="mag", fs=rate, output="sos")
    else:
        raise ValueError(f"family {family!r}: expected one of {', '.join(FAMILIES)}")
    return sections  # type: ignore[no-any-return]


def _down_and_up(samples: NDArray[np.float32], rate: int, cutoff: float) -> NDArray[np.float32]:
    """Resample to twice the cut-off and back; soxr adds no delay; the length is corrected."""
    import numpy as np
    import soxr

    low = soxr.resample(samples, rate, 2 * cutoff, quality="VHQ")
    back = soxr.resample(low, 2 * cutoff, rate, quality="VHQ")[: samples.size]
    return np.asarray(np.pad(back, (0, samples.size - back.size)), dtype=np.float32)
