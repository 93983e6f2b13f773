"""Clipping: peaks cut off at a threshold that gives a wanted signal-to-distortion ratio."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from audio_flan.simulate.level import decibels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RUN_OF_CLIPPED = 3
"""As many equal samples in a row at the extreme are a flat top, not a peak."""

PRECISION = 1e-7
"""Of the threshold: half a step of 24 bits."""


def is_clipped(samples: NDArray[np.float32]) -> bool:
    """Whether a signal's highest or lowest value stands for 3 samples in a row or more.

    Args:
        samples: float32 [n]; the value 0 is no extreme.
    """
    return any(
        extreme != 0 and _has_run(samples == extreme)
        for extreme in (samples.max(initial=0.0), samples.min(initial=0.0))
    )


def _has_run(held: NDArray[np.bool_]) -> bool:
    import numpy as np

    places = np.flatnonzero(held)
    reach = RUN_OF_CLIPPED - 1
    return bool((places[reach:] - places[:-reach] == reach).any())


def hard_clip(samples: NDArray[np.float32], threshold: float) -> NDArray[np.float32]:
    """Cut off all beyond a threshold, symmetrically; what lies within stays bit by bit.

    Args:
        samples: float32 [n].
        threshold: amplitude, above 0.
    """
    import numpy as np

    limit = np.float32(threshold)
    return np.clip(samples, -limit, limit)


def distortion_ratio(samples: NDArray[np.float32], distorted: NDArray[np.float32]) -> float:
    """Signal-to-distortion ratio, dB: the signal's energy over that of the difference.

    Args:
        samples, distorted: float32 [n] of equal length.

    Returns:
        Infinity where nothing differs.
    """
    import numpy as np

    signal = samples.astype(np.float64)
    error = float(np.sum((signal - distorted) ** 2))
    return decibels(float(np.sum(signal**2)) / error) if error else math.inf


def threshold_for(samples: NDArray[np.float32], ratio_db: float) -> float:
    """The threshold that clips a signal to a signal-to-distortion ratio, by Newton's method.

    The energy of what is cut off falls with the threshold and is convex: from 0 on, Newton's steps
    come to the threshold from below and never pass it.

    Args:
        samples: float32 [n], not silent.
        ratio_db: above 0, dB.

    Returns:
        An amplitude below the peak; a number of float32.
    """
    import numpy as np

    above = np.abs(samples)
    energy = float(np.sum(np.square(above))) * 10 ** (-ratio_db / 10)
    threshold, step = 0.0, 1.0
    while step > PRECISION:
        above = above[above > threshold]
        excess = above - np.float32(threshold)
        step = (float(np.sum(np.square(excess))) - energy) / (2 * float(np.sum(excess)))
        threshold += step
    return float(np.float32(threshold))
