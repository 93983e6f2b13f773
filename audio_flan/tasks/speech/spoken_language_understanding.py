"""Spoken Language Understanding: what an utterance means."""

from __future__ import annotations

from audio_flan.tasks.base import LabelTask


class IntentClassification(LabelTask):
    """What the speaker wants a device to do, out of the corpus's own intents."""

    config = "speech_intent_classification"
    field = "intent"
