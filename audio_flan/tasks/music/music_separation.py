"""Music Separation: parts of a piece, out of the mix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from audio_flan.errors import Unusable
from audio_flan.media.audio import waveform
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.model.randomness import Rng
from audio_flan.simulate.level import decibels, power
from audio_flan.tasks.contract import ClipTask
from audio_flan.tasks.signals import SILENCE_DBFS


class TextGuidedMusicSourceSeparation(ClipTask):
    """The part of one instrument out of a mix, as its own stem holds it.

    The rule: of each excerpt, at most `max_stems` instruments are asked for, drawn from those
    whose stem is above -60 dBFS there.
    """

    config = "music_source_separation"
    requires = frozenset({"stems"})
    inputs = {"mixture": Kind.AUDIO, "instrument": Kind.LABEL}
    outputs = {"stem": Kind.AUDIO}
    label_fields = {"instrument": "instruments"}
    max_stems: ClassVar[int] = 2

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """At most `max_stems` instances.

        Raises:
            Unusable: no stem sounds in the excerpt.
        """
        count = 0
        for stem in rng.shuffled(clip.stems or ()):
            audible = decibels(power(waveform(stem.audio).samples)) >= SILENCE_DBFS
            if audible and stem.instrument and count < self.max_stems:
                slots: dict[str, Value] = {
                    "mixture": clip.audio,
                    "instrument": stem.instrument,
                    "stem": stem.audio,
                }
                yield Draft(slots, (clip,))
                count += 1
        if not count:
            raise Unusable("silent-stems", "no stem sounds in the excerpt")
