"""Reverberation: responses of shoebox rooms, their decay, and speech in such a room."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from audio_flan.errors import AudioFlanError
from audio_flan.simulate.level import peak_gain, power

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audio_flan.model.randomness import Rng

ROOM_METRES = ((3.0, 10.0), (3.0, 8.0), (2.5, 4.0))
T60_SECONDS = (0.2, 1.0)
DISTANCE_METRES = (0.5, 3.0)
WALL_METRES = 0.5
"""The least distance of source and microphone from any wall."""

SOUND_METRES_PER_SECOND = 343.0
MAX_ORDER = 90
"""Reflections of one path: a million image sources, computed in about a second."""

COVERED_DECAY = 2 / 3
"""Share of the T60 (40 of 60 dB) through which no reflection may be missing."""

EARLY_SECONDS = 0.05
"""Reflections so soon after the direct sound are heard as part of it (URGENT)."""

DIRECT_SHARE = 0.1
"""The first sample above this share of the response's maximum is the direct sound (sms_wsj)."""

DECAY_DB = (-5.0, -35.0)
"""Levels between which the decay is measured (T30 of ISO 3382)."""


@dataclass(frozen=True, slots=True)
class Room:
    """A shoebox room with a source and a microphone in it; all lengths in metres.

    Args:
        size: length, width, height.
        t60: reverberation time that its walls are to give by Sabine's formula, seconds.
        source, microphone: places, from one corner.
    """

    size: tuple[float, ...]
    t60: float
    source: tuple[float, ...]
    microphone: tuple[float, ...]

    @property
    def distance(self) -> float:
        """From source to microphone, metres."""
        return math.dist(self.source, self.microphone)

    @property
    def absorption(self) -> float:
        """Share of the energy that the walls take at each reflection (Sabine's formula)."""
        surface = 2 * sum(a * b for a, b in combinations(self.size, 2))
        volume = math.prod(self.size)
        return 24 * math.log(10) * volume / (SOUND_METRES_PER_SECOND * surface * self.t60)

    @property
    def order(self) -> int:
        """Reflections that a path needs for the first 40 dB of the decay to be complete."""
        path = SOUND_METRES_PER_SECOND * COVERED_DECAY * self.t60
        return math.ceil(path / _metres_per_reflection(self.size)) - 1


class Reverberant(NamedTuple):
    """Speech in a room, float32 [n] each, as long as the dry speech and in time with it.

    Args:
        mixture: the speech with all reflections.
        target: the speech with the reflections of the first 50 ms.
        gain: the factor that both got, for level and peak.
    """

    mixture: NDArray[np.float32]
    target: NDArray[np.float32]
    gain: float


def draw_room(rng: Rng) -> Room:
    """A room of 3-10 x 3-8 x 2.5-4 m, rounded to centimetres, with source and microphone.

    The T60 is drawn uniformly from 0.2 to 1.0 s, in the smallest rooms up to 0.76 s only: those
    would need more than `MAX_ORDER` reflections of each path. Places are redrawn until the two
    are 0.5 to 3 m apart and at least 0.5 m from all walls.
    """
    size = tuple(round(rng.uniform(*limits), 2) for limits in ROOM_METRES)
    longest = MAX_ORDER * _metres_per_reflection(size) / (SOUND_METRES_PER_SECOND * COVERED_DECAY)
    shortest_t60, longest_t60 = T60_SECONDS
    t60 = round(rng.uniform(shortest_t60, min(longest_t60, longest)), 3)
    while True:
        # A drawn distance and direction, as two drawn places are seldom near each other.
        source = tuple(round(rng.uniform(WALL_METRES, side - WALL_METRES), 2) for side in size)
        distance = rng.uniform(*DISTANCE_METRES)
        azimuth, height = rng.uniform(0, math.tau), rng.uniform(-1, 1)
        across = math.sqrt(1 - height**2)
        direction = (across * math.cos(azimuth), across * math.sin(azimuth), height)
        microphone = tuple(
            round(x + distance * d, 2) for x, d in zip(source, direction, strict=True)
        )
        room = Room(size, t60, source, microphone)
        if _is_inside(room):
            return room


def _is_inside(room: Room) -> bool:
    shortest, longest = DISTANCE_METRES
    return shortest <= room.distance <= longest and all(
        WALL_METRES <= x <= side - WALL_METRES
        for x, side in zip(room.microphone, room.size, strict=True)
    )


def _metres_per_reflection(size: tuple[float, ...]) -> float:
    """Radius of the sphere in which a path of one reflection more finds all its images.

    The images of an order form an octahedron of rooms; the radius is that of the sphere in it.
    """
    return min(a * b / math.hypot(a, b) for a, b in combinations(size, 2))


def room_response(room: Room, rate: int) -> NDArray[np.float64]:
    """The room's response to an impulse, float64 [n], by the image method (Allen, Berkley, 1979).

    Args:
        room: the room.
        rate: sampling rate, Hz.

    Raises:
        AudioFlanError: pyroomacoustics is not installed.
    """
    import numpy as np

    pra = _pyroomacoustics()
    with _one_thread(pra):
        shoebox = pra.ShoeBox(
            room.size, fs=rate, materials=pra.Material(room.absorption), max_order=room.order
        )
        shoebox.add_source(list(room.source))
        shoebox.add_microphone(list(room.microphone))
        shoebox.compute_rir()
    return np.asarray(shoebox.rir[0][0], dtype=np.float64)


def _pyroomacoustics() -> Any:
    try:
        return import_module("pyroomacoustics")
    except ImportError:
        raise AudioFlanError(
            "simulated rooms need pyroomacoustics, which is not installed; "
            "pip install audio-flan[simulate]"
        ) from None


@contextmanager
def _one_thread(pra: Any) -> Iterator[None]:
    """Let it compute in one thread: more would add up in another order and round differently."""
    threads = pra.constants.get("num_threads")
    pra.constants.set("num_threads", 1)
    try:
        yield
    finally:
        pra.constants.set("num_threads", threads)


def direct_path(response: NDArray[np.float64]) -> int:
    """Index of the direct sound: the first sample above a tenth of the response's maximum."""
    import numpy as np

    magnitudes = np.abs(response)
    return int(np.argmax(magnitudes >= DIRECT_SHARE * magnitudes.max()))


def reverberation_time(response: NDArray[np.float64], rate: int) -> float:
    """T60 of a response in seconds: twice the time in which it decays from -5 to -35 dB.

    The decay is the energy still to come (Schroeder, 1965); a line is fitted to it in dB.

    Args:
        response: float64 [n], not silent, that decays by more than 35 dB.
        rate: sampling rate, Hz.
    """
    import numpy as np

    energy = np.cumsum(response[::-1] ** 2)[::-1]
    decay = 10 * np.log10(energy[energy > 0] / energy[0])
    start, end = (int(np.argmax(decay < level)) for level in DECAY_DB)
    slope = np.polyfit(np.arange(start, end) / rate, decay[start:end], 1)[0]
    return float(-60 / slope)


def reverberate(
    speech: NDArray[np.float32], response: NDArray[np.float64], rate: int
) -> Reverberant:
    """Speech as it sounds in a room, and the same with early reflections only.

    Both are the dry speech convolved with the response, for the target cut 50 ms after the direct
    sound; both lose the delay of the direct sound and what goes beyond the dry speech's length.
    The reverberant speech gets the RMS of the dry, then both one gain below the peak ceiling.

    Args:
        speech: float32 [n], not silent.
        response: float64 [m], not silent.
        rate: sampling rate, Hz.
    """
    import numpy as np
    from scipy.signal import fftconvolve

    delay = direct_path(response)
    early = response[: delay + round(EARLY_SECONDS * rate)]
    dry = speech.astype(np.float64)
    stretch = slice(delay, delay + speech.size)
    mixture, target = (
        # Zeros after it, as a short response may end before the stretch does.
        np.pad(fftconvolve(dry, h), (0, delay))[stretch].astype(np.float32)
        for h in (response, early)
    )
    level = math.sqrt(power(speech) / power(mixture))
    gain = level * peak_gain(np.float32(level) * mixture, np.float32(level) * target)
    factor = np.float32(gain)
    return Reverberant(mixture * factor, target * factor, gain)
