"""Audio Caption: what can be heard, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from audio_flan.clip import Clip
from audio_flan.randomness import Rng
from audio_flan.slots import Draft, Kind
from audio_flan.tasks.base import ClipTask
from audio_flan.tasks.sources import check_captioned


class AudioCaption(ClipTask):
    """A caption of a recording, as the corpus has it.

    The rule: recordings of more than a minute are left out, since their captions do not say when.
    """

    config = "audio_caption"
    requires = frozenset({"caption"})
    inputs = {"audio": Kind.AUDIO}
    outputs = {"caption": Kind.TEXT}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per clip.

        Raises:
            Unusable: it is too long.
        """
        assert clip.caption is not None
        check_captioned(clip)
        yield Draft({"audio": clip.audio, "caption": clip.caption}, (clip,))
