"""The samples of clips, as simulated tasks take them: mono, audible, cut to a length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audio_flan.errors import Unusable
from audio_flan.media.audio import AudioRef, Waveform, duration, resample, waveform
from audio_flan.simulate.level import decibels, power

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audio_flan.model.clip import Clip
    from audio_flan.model.randomness import Rng

SILENCE_DBFS = -60.0
"""Softer recordings have no level to speak of."""

MAX_CAPTIONED_SECONDS = 60.0
"""In a longer recording, a caption does not say where what it tells of is heard."""


def check_captioned(clip: Clip) -> None:
    """Raises `Unusable` where a clip is too long for its caption."""
    seconds = duration(clip.audio)
    if seconds > MAX_CAPTIONED_SECONDS:
        raise Unusable("too-long", f"{clip.audio.name}: {seconds:.0f} s for one caption")


def audible_mono(clip: Clip) -> tuple[NDArray[np.float32], int]:
    """The clip's samples, float32 [n], and rate; raises `Unusable` where there is no signal."""
    return mono(waveform(clip.audio), clip.audio.name)


def mono(source: Waveform, name: str) -> tuple[NDArray[np.float32], int]:
    """A waveform's channels averaged, float32 [n], and its rate; `Unusable` where it is silent."""
    samples = _one_channel(source.samples)
    level = decibels(power(samples))
    if level < SILENCE_DBFS:
        raise Unusable("silent-audio", f"{name}: RMS {level:.1f} dBFS")
    return samples, source.rate


def mono_at(clip: Clip, rate: int) -> NDArray[np.float32]:
    """The clip's channels averaged, float32 [n], at a rate in Hz."""
    source = waveform(clip.audio)
    return _one_channel(resample(source.samples, source.rate, rate))


def _one_channel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = samples[0] if len(samples) == 1 else samples.mean(axis=0)
    return mean


def excerpt(audio: AudioRef, seconds: float, rng: Rng) -> AudioRef:
    """A stretch of source audio at a drawn place; all of it where it is no longer.

    Args:
        audio: the source.
        seconds: length of the stretch.
        rng: source of the draw; to milliseconds.
    """
    length = duration(audio)
    if length <= seconds:
        return audio
    start = round(rng.uniform(0, length - seconds), 3)
    return audio.cut(start, start + seconds)
