"""Audio Detection: where in a recording something is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from audio_flan.errors import Unusable
from audio_flan.media.audio import Waveform
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.model.notation import stretches
from audio_flan.model.randomness import Rng
from audio_flan.simulate.activity import active_stretches, lay_out
from audio_flan.simulate.level import active_power, peak_gain
from audio_flan.simulate.mixture import add_noise
from audio_flan.simulate.noise import COLOURS, coloured_noise, fit_length
from audio_flan.tasks.contract import Pool, SimulatedTask
from audio_flan.tasks.signals import audible_mono, mono_at

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class VoiceActivityDetection(SimulatedTask):
    """The stretches of a recording in which anybody speaks, or that there are none.

    The rule: one to three clean utterances are cut into what is active of them (frames of 10 ms
    within 40 dB of the loudest, pauses of less than 0.3 s bridged) and laid out with the pauses
    between, 0.3 to 2 s before, between and after the utterances, 30 s at most; nothing but noise
    is left in the pauses, so that the answer is exact. The noise, a recording of the same split
    or of a drawn colour, is 5 to 30 dB below the speech. One item in eight has noise only, and its
    answer is "none".
    """

    config = "audio_voice_activity_detection"
    requires = frozenset({"clean_speech"})
    domains = ("speech",)
    auxiliary = {"noise": frozenset({"noise"}), "speech": frozenset({"clean_speech"})}
    inputs = {"audio": Kind.AUDIO}
    outputs = {"speech_segments": Kind.STRETCHES}
    snr_range_db: ClassVar[tuple[float, float]] = (5.0, 30.0)
    pause_range: ClassVar[tuple[float, float]] = (0.3, 2.0)
    most_utterances: ClassVar[int] = 3
    longest: ClassVar[float] = 30.0
    share_without: ClassVar[float] = 1 / 8

    def drafts(self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]) -> Iterator[Draft]:
        """One instance per utterance."""
        snr_db = round(rng.uniform(*self.snr_range_db), 2)
        is_empty = rng.uniform(0, 1) < self.share_without
        utterances = self._draw(clip, rng, pools["speech"])
        pauses = [round(rng.uniform(*self.pause_range), 2) for _ in range(len(utterances) + 1)]
        noise_clip = pools["noise"].draw(rng, lambda other: other.identity != clip.identity)
        colour = None if noise_clip else rng.choice(tuple(COLOURS))

        speech, rate = audible_mono(clip)
        others = [mono_at(other, rate) for other in utterances[1:]]
        track, segments = self._lay_out([speech, *others], pauses, rate)
        if noise_clip:
            noise = fit_length(mono_at(noise_clip, rate), track.size, rate, rng.numpy())
        else:
            noise = coloured_noise(track.size, rate, COLOURS[str(colour)], rng.numpy())
        if not noise.any():
            raise Unusable("silent-noise", f"the noise drawn for {clip.id} is silent")
        mixed = add_noise(track, noise, snr_db, rate)
        audio = mixed.residual if is_empty else mixed.mixture
        slots: dict[str, Value] = {
            "audio": Waveform(audio[None], rate),
            "speech_segments": stretches([] if is_empty else segments),
        }
        simulation = {
            "snr_db": snr_db,
            "speech": not is_empty,
            "pauses_seconds": pauses,
            "noise": noise_clip.id if noise_clip else f"synthesised {colour} noise",
            "noise_corpus": noise_clip.corpus if noise_clip else None,
            "gain": round(mixed.gain, 6),
        }
        auxiliary = (*utterances[1:], *((noise_clip,) if noise_clip else ()))
        yield Draft(slots, (clip,), auxiliary, simulation)

    def _draw(self, clip: Clip, rng: Rng, pool: Pool) -> list[Clip]:
        """The clip and up to two other utterances, each once."""
        chosen = {clip.identity: clip}
        for _ in range(rng.integer(1, self.most_utterances) - 1):
            other = pool.draw(rng, lambda other: other.identity not in chosen)
            if other:
                chosen[other.identity] = other
        return list(chosen.values())

    def _lay_out(
        self, utterances: list[NDArray[np.float32]], pauses: list[float], rate: int
    ) -> tuple[NDArray[np.float32], list[tuple[float, float]]]:
        """The active stretches of utterances one after the other, at one level, with pauses."""
        import numpy as np

        level = active_power(utterances[0], rate)
        pieces: list[NDArray[np.float32]] = []
        starts: list[float] = []
        now = pauses[0]
        for samples, pause in zip(utterances, pauses[1:], strict=True):
            found = active_stretches(samples, rate)
            origin, end = (found[0][0], found[-1][1]) if found else (0.0, 0.0)
            if not found or (pieces and now + end - origin + pause > self.longest):
                continue
            gain = np.float32((level / active_power(samples, rate)) ** 0.5)
            samples = samples * (gain * np.float32(peak_gain(samples * gain)))
            for start, stop in found:
                pieces.append(samples[round(start * rate) : round(stop * rate)])
                starts.append(now + start - origin)
            now += end - origin + pause
        if not pieces:
            raise Unusable("silent-audio", "no part of the speech is active")
        return lay_out(pieces, starts, now, rate)
