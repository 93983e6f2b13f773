"""Tasks that give a signal its high frequencies back, for speech and for sounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from audio_flan.errors import Unusable
from audio_flan.media.audio import Waveform, waveform
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.simulate.bandwidth import FAMILIES, ORDERS, bandwidth, is_sharp, low_pass
from audio_flan.simulate.level import peak_gain
from audio_flan.tasks.contract import Pool, SimulatedTask
from audio_flan.tasks.signals import excerpt, mono

if TYPE_CHECKING:
    from audio_flan.model.clip import Clip
    from audio_flan.model.randomness import Rng


class BandRestoration(SimulatedTask):
    """The low-pass: of an excerpt of `longest` seconds at most, a cut-off is drawn from 2, 3, 3.4,
    4, 6, 8, 12 and 16 kHz, of those that lie at most at two thirds of the bandwidth that is
    measured on the source (the highest frequency less than 50 dB below the peak of its spectrum),
    and a low-pass filter: Butterworth, Chebyshev, elliptic or Bessel of order 2 to 10, with zero
    phase, or resampling alone. The band above 1.2 times the cut-off is at least 40 dB down. Input
    and target are mono, have the source's rate, the same length and one common gain.
    """

    # A subclass names its two audio slots, the question's first, and `rate`, a number in kHz.

    cutoffs_hz: ClassVar[tuple[int, ...]] = (2000, 3000, 3400, 4000, 6000, 8000, 12000, 16000)
    least_extension: ClassVar[float] = 1.5
    longest: ClassVar[float] = 40.0

    def drafts(self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]) -> Iterator[Draft]:
        """One instance per clip."""
        import numpy as np

        stretch = excerpt(clip.audio, self.longest, rng)
        samples, rate = mono(waveform(stretch), stretch.name)
        reach = bandwidth(samples, rate)
        cutoffs = [hz for hz in self.cutoffs_hz if self.least_extension * hz <= reach]
        if not cutoffs:
            raise Unusable("narrow-source", f"{clip.audio.name}: bandwidth {reach:.0f} Hz")
        cutoff, family = rng.choice(cutoffs), rng.choice(FAMILIES)
        order = rng.integer(*ORDERS)

        narrow = low_pass(samples, rate, cutoff, family, order)
        gain = peak_gain(narrow, samples)
        factor = np.float32(gain)
        narrow_slot, wide_slot = (n for n, kind in self.kinds.items() if kind is Kind.AUDIO)
        slots: dict[str, Value] = {
            narrow_slot: Waveform((narrow * factor)[None], rate),
            "rate": f"{rate / 1000:g}",
            wide_slot: Waveform((samples * factor)[None], rate),
        }
        simulation = {
            "excerpt_seconds": [stretch.start, stretch.end],
            "cutoff_hz": cutoff,
            "filter": family,
            "order": None if family == "resample" else order,
            "resampled": family == "resample" or not is_sharp(family, order, cutoff, rate),
            "bandwidth_hz": round(reach),
            "gain": round(gain, 6),
        }
        yield Draft(slots, (clip,), simulation=simulation)
