"""Speech Caption: how speech sounds, in words."""

from __future__ import annotations

from audio_flan.model.draft import Kind
from audio_flan.tasks.contract import AnnotationTask


class SpeechCaption(AnnotationTask):
    """A description of voice and manner of an utterance, as the corpus's annotators give it."""

    config = "speech_caption"
    field = "description"
    kind = Kind.TEXT
