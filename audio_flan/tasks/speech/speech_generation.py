"""Speech Generation: speech that says a given text."""

from __future__ import annotations

from collections.abc import Iterator

from audio_flan.clip import Clip
from audio_flan.randomness import Rng
from audio_flan.slots import Draft, Kind
from audio_flan.tasks.base import ClipTask


class TextToSpeech(ClipTask):
    """The recording of a text.

    The text is the one with numbers and abbreviations spelled out, where the corpus has both.
    """

    config = "speech_tts"
    requires = frozenset({"transcript"})
    inputs = {"text": Kind.TEXT}
    outputs = {"speech": Kind.AUDIO}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per utterance."""
        text = clip.normalized_transcript or clip.transcript
        assert text is not None
        yield Draft({"text": text, "speech": clip.audio}, (clip,))
