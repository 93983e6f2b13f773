"""Paralinguistic Attribute Recognition: who speaks and how, rather than what is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audio_flan.clip import Clip
from audio_flan.languages import LANGUAGES, language_name
from audio_flan.randomness import Rng
from audio_flan.slots import Draft, Kind, Label, Value
from audio_flan.tasks.base import ClipTask, LabelTask, PairTask
from audio_flan.tasks.pairing import balanced_pairs


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


class SpokenParagraphRecognition(PairTask):
    """Whether two recordings of one reader are from the same paragraph.

    The rule of the pairs: both are different sentences read by the same speaker, so that the voice
    tells nothing; "yes" where they stand in one paragraph, "no" where they stand in two, in
    balance to within one; no utterance is in more than four pairs,
    and no pair comes twice; the order of the two is drawn.
    """

    config = "speech_paragraph_recognition"
    requires = frozenset({"paragraph", "speaker"})
    inputs = {"first_audio": Kind.AUDIO, "second_audio": Kind.AUDIO}
    outputs = {"same_paragraph": Kind.LABEL}
    labels = {"same_paragraph": ("yes", "no")}

    def pairs(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft]:
        """A pair for each utterance that still finds a partner."""
        pairs = balanced_pairs(
            window,
            rng,
            group=lambda clip: clip.paragraph,
            stratum=lambda clip: clip.speaker,
            across_strata=False,
        )
        for first, second, same in pairs:
            slots: dict[str, Value] = {
                "first_audio": first.audio,
                "second_audio": second.audio,
                "same_paragraph": Label("yes" if same else "no", self.labels["same_paragraph"]),
            }
            yield Draft(slots, (first, second))
