"""Global MIR: what holds for a whole stretch of music."""

from __future__ import annotations

from collections.abc import Iterator

from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.model.notation import note_name
from audio_flan.model.randomness import Rng
from audio_flan.tasks.contract import AnnotationTask, ClipTask


class PitchClassification(ClipTask):
    """The pitch of a single note, as a note name or as a MIDI number."""

    config = "music_pitch_classification"
    requires = frozenset({"pitch"})
    inputs = {"audio": Kind.AUDIO}
    outputs = {"note_name": Kind.NOTE, "midi": Kind.NUMBER}
    one_of = (("note_name", "midi"),)

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per note."""
        assert clip.pitch is not None
        slots: dict[str, Value] = {
            "audio": clip.audio,
            "note_name": note_name(clip.pitch),
            "midi": str(clip.pitch),
        }
        yield Draft(slots, (clip,))


class KeyDetection(AnnotationTask):
    """The key of an excerpt that stays in one key, out of the 24 of major and minor."""

    config = "music_key_detection"
    field = "key"


class InstrumentClassification(AnnotationTask):
    """All instruments, or families of instruments, that play, out of the corpus's own set.

    They are listed in alphabetical order.
    """

    config = "music_instrument_classification"
    field = "instruments"
    kind = Kind.LABELS
