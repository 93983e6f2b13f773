"""Audio Event Recognition: what sounds, and where one is."""

from __future__ import annotations

from collections.abc import Iterator

from audio_flan.clip import Clip
from audio_flan.randomness import Rng
from audio_flan.slots import Draft, Kind
from audio_flan.tasks.base import ClipTask


class AcousticSceneClassification(ClipTask):
    """The acoustic scene in which a recording was made, out of the corpus's own set."""

    config = "audio_scene_classification"
    requires = frozenset({"scene"})
    inputs = {"audio": Kind.AUDIO}
    outputs = {"scene": Kind.LABEL}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per recording."""
        assert clip.scene is not None
        yield Draft({"audio": clip.audio, "scene": clip.scene}, (clip,))
