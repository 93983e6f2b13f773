"""Audio Event Recognition: what sounds, when, in which order, and where one is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from audio_flan.errors import Unusable
from audio_flan.media.audio import duration
from audio_flan.model.clip import Clip, Span
from audio_flan.model.draft import Draft, Kind
from audio_flan.model.labels import Labels
from audio_flan.model.notation import merged, spans, within, without_repeats
from audio_flan.model.randomness import Rng
from audio_flan.tasks.contract import AnnotationTask, ClipTask

MERGED_GAP = 0.2
"""Events of one class that are at most so far apart are one, seconds."""


def audible_events(clip: Clip) -> list[Span]:
    """The events of a clip by start and end, joined where they are near, inside its audio."""
    return merged(within(clip.events or (), duration(clip.audio)), MERGED_GAP)


class AcousticSceneClassification(AnnotationTask):
    """The acoustic scene in which a recording was made, out of the corpus's own set."""

    config = "audio_scene_classification"
    field = "scene"


class SoundEventRecognition(AnnotationTask):
    """The classes of all sounds of a clip, in alphabetical order."""

    config = "audio_event_recognition"
    field = "event_labels"
    kind = Kind.LABELS


class SoundEventSequenceRecognition(ClipTask):
    """The classes of the sounds of a clip in the order in which they begin.

    The rule: events of one class at most 0.2 s apart are one; two that begin at one time stand in
    the order in which they end, then of the alphabet; immediate repeats of a class are left out.
    There are 2 to `most` names.
    """

    config = "audio_event_sequence_recognition"
    requires = frozenset({"events", "event_classes"})
    inputs = {"audio": Kind.AUDIO}
    outputs = {"events": Kind.LABELS}
    most: ClassVar[int] = 12

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per clip.

        Raises:
            Unusable: it has fewer than two events in a row, or too many.
        """
        names = without_repeats([event.label for event in audible_events(clip)])
        if not 2 <= len(names) <= self.most:
            raise Unusable("no-sequence", f"{len(names)} events in a row, not 2 to {self.most}")
        assert clip.event_classes is not None
        events = Labels(names, clip.event_classes, ordered=True)
        yield Draft({"audio": clip.audio, "events": events}, (clip,))


class SoundEventDetection(ClipTask):
    """The sounds of a clip with their class, start and end in seconds, by start.

    The rule: events of one class at most 0.2 s apart are one; times end where the audio does;
    clips with more than `most` events are left out.
    """

    config = "audio_event_detection"
    requires = frozenset({"events"})
    inputs = {"audio": Kind.AUDIO}
    outputs = {"events": Kind.SPANS}
    most: ClassVar[int] = 20

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per clip.

        Raises:
            Unusable: it has no event, or too many.
        """
        events = audible_events(clip)
        if not 1 <= len(events) <= self.most:
            raise Unusable("event-count", f"{len(events)} events, not 1 to {self.most}")
        yield Draft({"audio": clip.audio, "events": spans(events)}, (clip,))
