"""Speech Enhancement: speech freed of what disturbs it; the disturbance is simulated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from audio_flan.errors import Unusable
from audio_flan.media.audio import Waveform, resample, waveform
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.model.randomness import Rng
from audio_flan.simulate.clipping import hard_clip, is_clipped, threshold_for
from audio_flan.simulate.level import active_power, decibels, peak_gain, power
from audio_flan.simulate.mixture import Mixture, add_noise
from audio_flan.simulate.noise import COLOURS, coloured_noise, fit_length
from audio_flan.simulate.reverb import draw_room, reverberate, reverberation_time, room_response
from audio_flan.tasks.band_restoration import BandRestoration
from audio_flan.tasks.contract import Pool, SimulatedTask
from audio_flan.tasks.signals import audible_mono, mono, mono_at

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class _Noisy(NamedTuple):
    """Speech with noise in it: the mixture, its rate in Hz, the noise's clip, what was drawn."""

    mixed: Mixture
    rate: int
    noise: tuple[Clip, ...]
    simulation: dict[str, object]


class _NoisySpeech(SimulatedTask):
    """The mixing: a signal-to-noise ratio is drawn uniformly from -5 to 20 dB (DNS Challenge,
    URGENT), over the active speech; the noise is a recording of the same split from any corpus
    that provides noise, else noise of a drawn colour. Input and target are mono, have the source's
    rate, the same length and one common gain.
    """

    requires = frozenset({"clean_speech"})
    inputs = {"noisy_speech": Kind.AUDIO}
    auxiliary = {"noise": frozenset({"noise"})}
    snr_range_db: ClassVar[tuple[float, float]] = (-5.0, 20.0)

    def _mix(self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]) -> _Noisy:
        """Draw a ratio and a noise, then mix."""
        snr_db = round(rng.uniform(*self.snr_range_db), 2)
        noise_clip = pools["noise"].draw(rng, lambda other: other.identity != clip.identity)
        colour = None if noise_clip else rng.choice(tuple(COLOURS))

        speech, rate = audible_mono(clip)
        if noise_clip:
            noise = fit_length(mono_at(noise_clip, rate), speech.size, rate, rng.numpy())
        else:
            noise = coloured_noise(speech.size, rate, COLOURS[str(colour)], rng.numpy())
        if not noise.any():
            raise Unusable("silent-noise", f"the noise drawn for {clip.id} is silent")
        mixed = add_noise(speech, noise, snr_db, rate)
        simulation = {
            "snr_db": snr_db,
            "noise": noise_clip.id if noise_clip else f"synthesised {colour} noise",
            "noise_corpus": noise_clip.corpus if noise_clip else None,
            "gain": round(mixed.gain, 6),
        }
        return _Noisy(mixed, rate, (noise_clip,) if noise_clip else (), simulation)


class Denoising(_NoisySpeech):
    """Clean speech out of noisy speech."""

    config = "speech_denoising"
    outputs = {"denoised_speech": Kind.AUDIO}

    def drafts(self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]) -> Iterator[Draft]:
        """One instance per utterance."""
        mixed, rate, noise, simulation = self._mix(clip, rng, pools)
        slots = {
            "noisy_speech": Waveform(mixed.mixture[None], rate),
            "denoised_speech": Waveform(mixed.target[None], rate),
        }
        yield Draft(slots, (clip,), noise, simulation)


class Dereverberation(SimulatedTask):
    """Dry speech out of reverberant speech.

    The rule: a recorded room response is drawn from the corpora of the same split that provide
    any; else a shoebox room of 3-10 x 3-8 x 2.5-4 m is drawn, with a T60 by Sabine's formula
    drawn uniformly from 0.2 to 1.0 s (to 0.76 s at least in the smallest rooms), source and
    microphone 0.5 to 3 m apart and 0.5 m or more from the walls; its response is computed by the
    image method, and its T60 measured. The target keeps the direct sound and the reflections of
    the 50 ms after it (URGENT). Both are without the delay of the direct sound, mono, have the
    source's rate and length, and one common gain that gives the input the level of the source.
    """

    config = "speech_dereverberation"
    packages = ("pyroomacoustics",)
    requires = frozenset({"clean_speech"})
    auxiliary = {"room": frozenset({"room_response"})}
    inputs = {"reverberant_speech": Kind.AUDIO}
    outputs = {"dry_speech": Kind.AUDIO}

    def drafts(self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]) -> Iterator[Draft]:
        """One instance per utterance.

        Raises:
            AudioFlanError: pyroomacoustics is not installed.
        """
        recorded = pools["room"].draw(rng)
        if recorded:
            drawn: dict[str, object] = {"room_response": recorded.id}
        else:
            room = draw_room(rng)
            drawn = {
                "room_metres": list(room.size),
                "source_metres": list(room.source),
                "microphone_metres": list(room.microphone),
                "distance_metres": round(room.distance, 3),
                "t60_seconds": room.t60,
            }

        speech, rate = audible_mono(clip)
        response = _recorded_response(recorded, rate) if recorded else room_response(room, rate)
        made = reverberate(speech, response, rate)
        slots = {
            "reverberant_speech": Waveform(made.mixture[None], rate),
            "dry_speech": Waveform(made.target[None], rate),
        }
        simulation = {
            **drawn,
            "measured_t60_seconds": round(reverberation_time(response, rate), 3),
            "target": "early reflections, 50 ms",
            "gain": round(made.gain, 6),
        }
        yield Draft(slots, (clip,), (recorded,) if recorded else (), simulation)


class Declipping(SimulatedTask):
    """Whole speech out of speech with its peaks cut off.

    The rule: a signal-to-distortion ratio is drawn uniformly from 3 to 15 dB, and the speech is
    clipped hard and symmetrically at the threshold that gives it. Recordings that are clipped
    already (three equal samples in a row at an extreme) are refused. Input and target are mono,
    have the source's rate, the same length and scale, and peaks of at most 0.9.
    """

    config = "speech_declipping"
    requires = frozenset({"clean_speech"})
    inputs = {"clipped_speech": Kind.AUDIO}
    outputs = {"restored_speech": Kind.AUDIO}
    sdr_range_db: ClassVar[tuple[float, float]] = (3.0, 15.0)

    def drafts(self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]) -> Iterator[Draft]:
        """One instance per utterance."""
        import numpy as np

        sdr_db = round(rng.uniform(*self.sdr_range_db), 2)

        source = waveform(clip.audio)
        if any(is_clipped(channel) for channel in source.samples):
            raise Unusable("already-clipped", f"{clip.audio.name}: equal samples at its extreme")
        speech, rate = mono(source, clip.audio.name)
        gain = peak_gain(speech)
        target = speech * np.float32(gain)
        threshold = threshold_for(target, sdr_db)
        slots = {
            "clipped_speech": Waveform(hard_clip(target, threshold)[None], rate),
            "restored_speech": Waveform(target[None], rate),
        }
        simulation = {
            "sdr_db": sdr_db,
            "threshold": round(threshold, 6),
            "clipped_share": round(float(np.mean(np.abs(target) > threshold)), 6),
            "gain": round(gain, 6),
        }
        yield Draft(slots, (clip,), simulation=simulation)


class BandwidthExtension(BandRestoration):
    """Wideband speech out of narrowband speech."""

    config = "speech_bandwidth_extension"
    requires = frozenset({"clean_speech"})
    inputs = {"narrowband_speech": Kind.AUDIO, "rate": Kind.NUMBER}
    outputs = {"wideband_speech": Kind.AUDIO}


class SnrEstimation(_NoisySpeech):
    """The signal-to-noise ratio of noisy speech, in decibels, with one decimal.

    The rule: the answer is measured on what was rendered: the power of the speech where it is
    active (frames of 32 ms within 40 dB of the loudest) over that of all the noise, both at the
    16 bits that are stored.
    """

    config = "speech_snr_estimation"
    outputs = {"snr": Kind.NUMBER}

    def drafts(self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]) -> Iterator[Draft]:
        """One instance per utterance."""
        mixed, rate, noise, simulation = self._mix(clip, rng, pools)
        mixture, target = _at_16_bits(mixed.mixture), _at_16_bits(mixed.target)
        residual = power(mixture - target)
        if not residual:
            raise Unusable("silent-noise", f"the noise drawn for {clip.id} is below 16 bits")
        snr_db = decibels(active_power(target, rate) / residual)
        slots: dict[str, Value] = {
            "noisy_speech": Waveform(mixed.mixture[None], rate),
            # The sum turns -0.0 into 0.0.
            "snr": f"{round(snr_db, 1) + 0.0:.1f}",
        }
        yield Draft(slots, (clip,), noise, {**simulation, "measured_snr_db": round(snr_db, 2)})


def _at_16_bits(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Samples as a file of 16 bits gives them back."""
    import numpy as np

    return np.asarray(np.rint(samples * 2**15) / 2**15, dtype=np.float32)


def _recorded_response(clip: Clip, rate: int) -> NDArray[np.float64]:
    """A response from a corpus, float64 [n]: its first channel at a rate in Hz."""
    source = waveform(clip.audio)
    first = resample(source.samples[:1], source.rate, rate)[0]
    response: NDArray[np.float64] = first.astype("float64")
    if not response.any():
        raise Unusable("silent-room-response", f"{clip.audio.name} is silent")
    return response
