"""Spoken Language Understanding: what an utterance means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.model.labels import Label
from audio_flan.model.languages import LANGUAGES, language_name
from audio_flan.model.randomness import Rng
from audio_flan.tasks.contract import AnnotationTask, PairTask
from audio_flan.tasks.translation import translations


class IntentClassification(AnnotationTask):
    """What the speaker wants a device to do, out of the corpus's own intents."""

    config = "speech_intent_classification"
    field = "intent"


class SpeechToTextTranslation(PairTask):
    """What is said, written in another language.

    The rule: the target language is drawn from those in which the window has the same sentence;
    the answer is the sentence as the publisher writes it in that language. Every utterance is a
    source once.
    """

    config = "speech_to_text_translation"
    requires = frozenset({"meaning", "language", "transcript"})
    inputs = {"audio": Kind.AUDIO, "target_language": Kind.LABEL}
    outputs = {"translation": Kind.TEXT}
    labels = {"target_language": tuple(LANGUAGES.values())}

    def pairs(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft]:
        """An instance for each utterance that the window has in another language."""
        for source, target in translations(window, rng):
            assert target.language is not None
            assert target.transcript is not None
            language = Label(language_name(target.language), self.labels["target_language"])
            slots: dict[str, Value] = {
                "audio": source.audio,
                "target_language": language,
                "translation": target.transcript,
            }
            yield Draft(slots, (source,), auxiliary=(target,))
