"""Speech Recognition: what is said, in words or in phones."""

from __future__ import annotations

from collections.abc import Iterator

from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.model.randomness import Rng
from audio_flan.tasks.contract import AnnotationTask, ClipTask


class AutomaticSpeechRecognition(AnnotationTask):
    """The transcript of an utterance, as the publisher writes it."""

    config = "speech_asr"
    field = "transcript"
    kind = Kind.TEXT


class PhoneticRecognition(ClipTask):
    """The phones or syllables of an utterance, in the notation that the question names."""

    config = "speech_phonetic_recognition"
    requires = frozenset({"phones", "phone_notation"})
    inputs = {"audio": Kind.AUDIO, "phone_notation": Kind.LABEL}
    outputs = {"phones": Kind.TEXT}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per utterance."""
        assert clip.phones is not None and clip.phone_notation is not None
        slots: dict[str, Value] = {
            "audio": clip.audio,
            "phone_notation": clip.phone_notation,
            "phones": clip.phones,
        }
        yield Draft(slots, (clip,))
