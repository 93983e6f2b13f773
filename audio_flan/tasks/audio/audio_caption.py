"""Audio Caption: what can be heard, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind
from audio_flan.model.randomness import Rng
from audio_flan.tasks.contract import AnnotationTask
from audio_flan.tasks.signals import check_captioned


class AudioCaption(AnnotationTask):
    """A caption of a recording, as the corpus has it.

    The rule: recordings of more than a minute are left out, since their captions do not say when.
    """

    config = "audio_caption"
    field = "caption"
    kind = Kind.TEXT

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per clip.

        Raises:
            Unusable: it is too long.
        """
        check_captioned(clip)
        yield from super().drafts(clip, rng)
