"""Gaps: a stretch of a signal that is silenced, where the signal sounds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from audio_flan.simulate.level import power

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audio_flan.model.randomness import Rng

GAP_SECONDS = (0.1, 2.0)
LARGEST_SHARE = 0.2
"""Of the signal that may be missing."""

CONTEXT_SECONDS = 0.5
"""What is left on each side at least."""

AUDIBLE_DB = -40.0
"""Level of what is taken out, against the whole signal, at least."""

ATTEMPTS = 20


class Gap(NamedTuple):
    """A gap, in samples from the start of the signal."""

    start: int
    end: int


def draw_gap(samples: NDArray[np.float32], rate: int, rng: Rng) -> Gap | None:
    """A gap of 0.1 to 2 s (log-uniform) and at most a fifth of the signal, where it sounds.

    Both ends are rounded to hundredths of a second, so that a text can state them exactly.

    Args:
        samples: float32 [channels, n].
        rate: sampling rate, Hz.
        rng: source of the draws.

    Returns:
        None where the signal is too short, or where no drawn place sounds.
    """
    seconds = samples.shape[1] / rate
    shortest, longest = GAP_SECONDS
    longest = min(longest, LARGEST_SHARE * seconds, seconds - 2 * CONTEXT_SECONDS)
    if longest < shortest:
        return None
    audible = power(samples) * 10 ** (AUDIBLE_DB / 10)
    for _ in range(ATTEMPTS):
        length = math.exp(rng.uniform(math.log(shortest), math.log(longest)))
        start = round(rng.uniform(CONTEXT_SECONDS, seconds - CONTEXT_SECONDS - length), 2)
        gap = Gap(round(start * rate), round(round(start + length, 2) * rate))
        if power(samples[:, gap.start : gap.end]) > audible:
            return gap
    return None


def silenced(samples: NDArray[np.float32], gap: Gap) -> NDArray[np.float32]:
    """A copy of float32 [channels, n] that is zero in the gap and the same elsewhere."""
    import numpy as np

    masked = np.array(samples)
    masked[:, gap.start : gap.end] = 0.0
    return masked
