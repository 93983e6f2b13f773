"""Sequential MIR: what happens in a piece of music, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator

from audio_flan.errors import Unusable
from audio_flan.media.audio import duration
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind
from audio_flan.model.notation import spans, times, within
from audio_flan.model.randomness import Rng
from audio_flan.tasks.contract import ClipTask


class BeatTracking(ClipTask):
    """The times of all beats of an excerpt, in seconds from its start, in rising order."""

    config = "music_beat_tracking"
    requires = frozenset({"beats"})
    inputs = {"audio": Kind.AUDIO}
    outputs = {"beats": Kind.TIMES}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per excerpt.

        Raises:
            Unusable: it has no beat.
        """
        assert clip.beats is not None
        seconds = duration(clip.audio)
        found = [beat.time for beat in clip.beats if beat.time < seconds]
        if not found:
            raise Unusable("no-beat", "no beat lies in the audio")
        yield Draft({"audio": clip.audio, "beats": times(found)}, (clip,))


class ChordEstimation(ClipTask):
    """The chords of an excerpt with start and end in seconds, in Harte's syntax, N for none.

    The rule: neighbours with the same chord are one; the last ends where the audio does.
    """

    config = "music_chord_estimation"
    requires = frozenset({"chords"})
    inputs = {"audio": Kind.AUDIO}
    outputs = {"chords": Kind.SPANS}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per excerpt.

        Raises:
            Unusable: it has no chord.
        """
        assert clip.chords is not None
        chords = within(clip.chords, duration(clip.audio))
        if not chords:
            raise Unusable("no-chord", "no chord lies in the audio")
        yield Draft({"audio": clip.audio, "chords": spans(chords)}, (clip,))
