"""Activity: where a clean signal sounds, and signals laid out in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from audio_flan.simulate.level import ACTIVE_RANGE_DB

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRAME_SECONDS = 0.01
BRIDGED_SECONDS = 0.3
"""Shorter pauses belong to the speech around them (200-300 ms is usual in labels of activity)."""

SHORTEST_SECONDS = 0.1
"""What is active for less is a click rather than speech."""

FADE_SECONDS = 0.005


def active_stretches(samples: NDArray[np.float32], rate: int) -> list[tuple[float, float]]:
    """Where a clean signal is active.

    A frame of 10 ms is active if its power is at most 40 dB below that of the loudest; pauses of
    less than 0.3 s are bridged, and stretches of less than 0.1 s are left out.

    Args:
        samples: float32 [n].
        rate: sampling rate, Hz.

    Returns:
        Starts and ends in seconds, multiples of 10 ms, in rising order.
    """
    import numpy as np

    frame = round(FRAME_SECONDS * rate)
    frames = samples[: samples.size // frame * frame].reshape(-1, frame)
    powers = np.einsum("ij,ij->i", frames, frames, dtype=np.float64)
    if not powers.any():
        return []
    active = powers >= powers.max() * 10 ** (-ACTIVE_RANGE_DB / 10)
    edges = np.flatnonzero(np.diff(active.astype(np.int8), prepend=0, append=0))
    joined: list[tuple[int, int]] = []
    for start, end in edges.reshape(-1, 2).tolist():
        if joined and (start - joined[-1][1]) * FRAME_SECONDS < BRIDGED_SECONDS:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    shortest = round(SHORTEST_SECONDS / FRAME_SECONDS)
    return [
        (start * frame / rate, end * frame / rate)
        for start, end in joined
        if end - start >= shortest
    ]


def lay_out(
    pieces: Sequence[NDArray[np.float32]], starts: Sequence[float], seconds: float, rate: int
) -> tuple[NDArray[np.float32], list[tuple[float, float]]]:
    """Signals laid out on silence, each faded in and out over 5 ms.

    Args:
        pieces: float32 [n] each; they do not overlap.
        starts: where each starts, seconds.
        seconds: length of the whole.
        rate: sampling rate, Hz.

    Returns:
        float32 [n], and where each piece starts and ends, seconds.
    """
    import numpy as np

    track = np.zeros(round(seconds * rate), dtype=np.float32)
    fade = round(FADE_SECONDS * rate)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    placed = []
    for piece, start in zip(pieces, starts, strict=True):
        first = round(start * rate)
        stretch = track[first : first + piece.size]
        stretch[:] = piece[: stretch.size]
        stretch[:fade] *= ramp[: stretch.size]
        stretch[-fade:] *= ramp[::-1][-stretch.size :]
        placed.append((first / rate, (first + stretch.size) / rate))
    return track, placed
