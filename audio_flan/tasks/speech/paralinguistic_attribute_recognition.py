"""Paralinguistic Attribute Recognition: who speaks and how, rather than what is said."""

from __future__ import annotations

from collections.abc import Iterator

from audio_flan.clip import Clip
from audio_flan.languages import LANGUAGES, language_name
from audio_flan.randomness import Rng
from audio_flan.slots import Draft, Kind, Label
from audio_flan.tasks.base import ClipTask


class GenderRecognition(ClipTask):
    """The gender of the speaker, in the corpus's own labels."""

    config = "speech_gender_recognition"
    requires = frozenset({"gender"})
    inputs = {"audio": Kind.AUDIO}
    outputs = {"gender": Kind.LABEL}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per utterance."""
        assert clip.gender is not None
        yield Draft({"audio": clip.audio, "gender": clip.gender}, (clip,))


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
