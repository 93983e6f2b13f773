"""Audio Event Recognition: what sounds, and where one is."""

from __future__ import annotations

from audio_flan.tasks.base import LabelTask


class AcousticSceneClassification(LabelTask):
    """The acoustic scene in which a recording was made, out of the corpus's own set."""

    config = "audio_scene_classification"
    field = "scene"
