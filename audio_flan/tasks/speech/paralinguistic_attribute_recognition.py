"""Paralinguistic Attribute Recognition: who speaks and how, rather than what is said."""

from __future__ import annotations

from collections.abc import Iterator

from audio_flan.clip import Clip
from audio_flan.languages import LANGUAGES, language_name
from audio_flan.randomness import Rng
from audio_flan.slots import Draft, Kind, Label
from audio_flan.tasks.base import ClipTask, LabelTask


class GenderRecognition(LabelTask):
    """The gender of the speaker, in the corpus's own labels."""

    config = "speech_gender_recognition"
    field = "gender"


class AgeRecognition(LabelTask):
    """The age group of the speaker, in the corpus's own groups."""

    config = "speech_age_recognition"
    field = "age"


class EmotionRecognition(LabelTask):
    """The emotion of the speaker, in the corpus's own labels."""

    config = "speech_emotion_recognition"
    field = "emotion"


class AccentRecognition(LabelTask):
    """The accent of the speaker, in the corpus's own labels."""

    config = "speech_accent_recognition"
    field = "accent"


class LanguageIdentification(ClipTask):
    """The language that is spoken; the options are all the languages that the library names."""

    config = "speech_language_identification"
    requires = frozenset({"language"})
    inputs = {"audio": Kind.AUDIO}
    outputs = {"language": Kind.LABEL}
    labels = {"language": tuple(LANGUAGES.values())}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per utterance."""
        assert clip.language is not None
        language = Label(language_name(clip.language), self.labels["language"])
        yield Draft({"audio": clip.audio, "language": language}, (clip,))
