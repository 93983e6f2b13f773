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

BISECTIONS = 40
"""Halvings of the interval of thresholds; 30 already come within 0.01 dB."""


def is_clipped(samples: NDArray[np.float32]) -> bool:
    """Whether a signal's highest or lowest value stands for 3 samples in a row or more.

    Args:
        samples: float32 [n]; the value 0 is no extreme.
    """
    return any(
        extreme != 0 and _longest_run(samples == extreme) >= RUN_OF_CLIPPED
        for extreme in (samples.max(initial=0.0), samples.min(initial=0.0))
    )


def _longest_run(held: NDArray[np.bool_]) -> int:
    import numpy as np

    edges = np.flatnonzero(np.diff(held.astype(np.int8), prepend=0, append=0))
    return int(np.max(edges[1::2] - edges[::2], initial=0))


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
    """The threshold that clips a signal to a signal-to-distortion ratio, by bisection.

    The ratio rises with the threshold without a break, from 0 dB at 0 to infinity at the peak.

    Args:
        samples: float32 [n], not silent.
        ratio_db: above 0, dB.

    Returns:
        An amplitude below the peak; a number of float32.
    """
    import numpy as np

    magnitudes = np.abs(samples.astype(np.float64))
    energy = float(np.sum(magnitudes**2)) * 10 ** (-ratio_db / 10)
    low, high = 0.0, float(magnitudes.max())
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if float(np.sum(np.maximum(magnitudes - middle, 0.0) ** 2)) > energy:
            low = middle
        else:
            high = middle
    return float(np.float32(low))
