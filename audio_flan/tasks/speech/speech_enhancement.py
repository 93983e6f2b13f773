"""Speech Enhancement: speech freed of what disturbs it; the disturbance is simulated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from audio_flan.audio import Waveform, resample, waveform
from audio_flan.clip import Clip
from audio_flan.errors import Unusable
from audio_flan.randomness import Rng
from audio_flan.simulate.level import decibels, power
from audio_flan.simulate.mixture import add_noise
from audio_flan.simulate.noise import COLOURS, coloured_noise, fit_length
from audio_flan.slots import Draft, Kind
from audio_flan.tasks.base import Pool, SimulatedTask

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SILENCE_DBFS = -60.0
"""Softer recordings have no level to speak of."""


class Denoising(SimulatedTask):
    """Clean speech out of noisy speech.

    The rule: a signal-to-noise ratio is drawn uniformly from -5 to 20 dB (DNS Challenge, URGENT),
    over the active speech; the noise is a recording of the same split from any corpus that
    provides noise, else noise of a drawn colour. Input and target are mono, have the source's
    rate, the same length and one common gain.
    """

    config = "speech_denoising"
    requires = frozenset({"clean_speech"})
    inputs = {"noisy_speech": Kind.AUDIO}
    outputs = {"denoised_speech": Kind.AUDIO}
    auxiliary = {"noise": frozenset({"noise"})}
    snr_range_db: ClassVar[tuple[float, float]] = (-5.0, 20.0)

    def drafts(self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]) -> Iterator[Draft]:
        """One instance per utterance."""
        snr_db = round(rng.uniform(*self.snr_range_db), 2)
        noise_clip = pools["noise"].draw(rng, exclude={(clip.corpus, clip.id)})
        colour = None if noise_clip else rng.choice(tuple(COLOURS))

        speech, rate = _audible_mono(clip)
        if noise_clip:
            noise = fit_length(_mono_at(noise_clip, rate), speech.size, rate, rng.numpy())
        else:
            noise = coloured_noise(speech.size, rate, COLOURS[str(colour)], rng.numpy())
        if not noise.any():
            raise Unusable("silent-noise", f"the noise drawn for {clip.id} is silent")
        mixed = add_noise(speech, noise, snr_db, rate)
        slots = {
            "noisy_speech": Waveform(mixed.mixture[None], rate),
            "denoised_speech": Waveform(mixed.target[None], rate),
        }
        simulation = {
            "snr_db": snr_db,
            "noise": noise_clip.id if noise_clip else f"synthesised {colour} noise",
            "noise_corpus": noise_clip.corpus if noise_clip else None,
            "gain": round(mixed.gain, 6),
        }
        auxiliary = (noise_clip,) if noise_clip else ()
        yield Draft(slots, (clip,), auxiliary, simulation)


def _audible_mono(clip: Clip) -> tuple[NDArray[np.float32], int]:
    """The clip's samples, float32 [n], and rate; raises `Unusable` where there is no signal."""
    source = waveform(clip.audio)
    samples = source.samples[0] if len(source.samples) == 1 else source.samples.mean(axis=0)
    level = decibels(power(samples))
    if level < SILENCE_DBFS:
        raise Unusable("silent-audio", f"{clip.audio.name}: RMS {level:.1f} dBFS")
    return samples, source.rate


def _mono_at(clip: Clip, rate: int) -> NDArray[np.float32]:
    source = waveform(clip.audio)
    samples: NDArray[np.float32] = resample(source.samples, source.rate, rate).mean(axis=0)
    return samples
