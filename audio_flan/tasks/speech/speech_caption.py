"""Speech Caption: how speech sounds, in words."""

from __future__ import annotations

from collections.abc import Iterator

from audio_flan.clip import Clip
from audio_flan.randomness import Rng
from audio_flan.slots import Draft, Kind
from audio_flan.tasks.base import ClipTask


class SpeechCaption(ClipTask):
    """A description of voice and manner of an utterance, as the corpus's annotators give it."""

    config = "speech_caption"
    requires = frozenset({"description"})
    inputs = {"audio": Kind.AUDIO}
    outputs = {"description": Kind.TEXT}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per utterance."""
        assert clip.description is not None
        yield Draft({"audio": clip.audio, "description": clip.description}, (clip,))
