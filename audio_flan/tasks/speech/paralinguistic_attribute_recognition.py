"""Paralinguistic Attribute Recognition: who speaks and how, rather than what is said."""

from __future__ import annotations

from collections.abc import Iterator

from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind
from audio_flan.model.labels import Label
from audio_flan.model.languages import LANGUAGES, language_name
from audio_flan.model.randomness import Rng
from audio_flan.tasks.contract import AnnotationTask, ClipTask
from audio_flan.tasks.pairing import SamenessTask


class GenderRecognition(AnnotationTask):
    """The gender of the speaker, in the corpus's own labels."""

    config = "speech_gender_recognition"
    field = "gender"


class AgeRecognition(AnnotationTask):
    """The age group of the speaker, in the corpus's own groups."""

    config = "speech_age_recognition"
    field = "age"


class EmotionRecognition(AnnotationTask):
    """The emotion of the speaker, in the corpus's own labels."""

    config = "speech_emotion_recognition"
    field = "emotion"


class AccentRecognition(AnnotationTask):
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


class SpokenParagraphRecognition(SamenessTask):
    """Whether two recordings of one reader are from the same paragraph.

    Both are different sentences read by the same speaker, so that the voice tells nothing.
    """

    config = "speech_paragraph_recognition"
    field = "paragraph"
    needs = frozenset({"speaker"})
    across_strata = False

    def stratum(self, clip: Clip) -> str | None:
        """The speaker."""
        return clip.speaker
