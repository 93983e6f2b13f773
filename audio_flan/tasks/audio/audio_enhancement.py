"""Audio Enhancement: sounds freed of a simulated fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from audio_flan.errors import Unusable
from audio_flan.media.audio import Waveform, waveform
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.model.randomness import Rng
from audio_flan.simulate.gap import draw_gap, silenced
from audio_flan.simulate.level import peak_gain
from audio_flan.tasks.band_restoration import BandRestoration
from audio_flan.tasks.contract import Pool, SimulatedTask
from audio_flan.tasks.signals import excerpt, mono


class AudioInpainting(SimulatedTask):
    """A recording without the gap that was made in it.

    The rule: of an excerpt of `longest` seconds at most, a stretch of 0.1 to 2 s (log-uniform, at
    most a fifth) is silenced, with 0.5 s or more on both sides, drawn where the excerpt is louder
    than -40 dB against the whole of it. The gap's times are stated in seconds with two decimals;
    outside the gap, input and target are the same bit by bit.
    """

    config = "audio_inpainting"
    requires = frozenset({"sound"})
    inputs = {"damaged_audio": Kind.AUDIO, "start": Kind.NUMBER, "end": Kind.NUMBER}
    outputs = {"restored_audio": Kind.AUDIO}
    longest: ClassVar[float] = 10.0

    def drafts(self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]) -> Iterator[Draft]:
        """One instance per clip.

        Raises:
            Unusable: it is too short, or silent where the gap would be.
        """
        stretch = excerpt(clip.audio, self.longest, rng)
        source = waveform(stretch)
        mono(source, stretch.name)
        target = source.samples * peak_gain(source.samples)
        gap = draw_gap(target, source.rate, rng)
        if gap is None:
            raise Unusable("no-gap", f"{stretch.name}: {source.seconds:.2f} s, no place for a gap")
        slots: dict[str, Value] = {
            "damaged_audio": Waveform(silenced(target, gap), source.rate),
            "start": f"{gap.start / source.rate:.2f}",
            "end": f"{gap.end / source.rate:.2f}",
            "restored_audio": Waveform(target, source.rate),
        }
        simulation = {
            "excerpt_seconds": [stretch.start, stretch.end],
            "gap_samples": list(gap),
            "gain": round(peak_gain(source.samples), 6),
        }
        yield Draft(slots, (clip,), simulation=simulation)


class AudioSuperResolution(BandRestoration):
    """Sounds with all their band out of sounds without high frequencies."""

    config = "audio_super_resolution"
    requires = frozenset({"sound"})
    inputs = {"low_resolution_audio": Kind.AUDIO, "rate": Kind.NUMBER}
    outputs = {"high_resolution_audio": Kind.AUDIO}
    longest = 10.0
