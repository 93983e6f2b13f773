"""Audio Generation: sounds made from words, from times, or from their beginning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from audio_flan.errors import Unusable
from audio_flan.media.audio import duration, waveform
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.model.notation import spans
from audio_flan.model.randomness import Rng
from audio_flan.simulate.level import decibels, power
from audio_flan.tasks.audio.audio_event_recognition import audible_events
from audio_flan.tasks.contract import ClipTask
from audio_flan.tasks.signals import check_captioned


class TextGuidedAudioGeneration(ClipTask):
    """The recording that a caption describes.

    The rule: recordings of more than a minute are left out, since their captions do not say when.
    """

    config = "audio_text_to_audio"
    requires = frozenset({"caption"})
    inputs = {"caption": Kind.TEXT}
    outputs = {"audio": Kind.AUDIO}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per clip.

        Raises:
            Unusable: it is too long.
        """
        assert clip.caption is not None
        check_captioned(clip)
        yield Draft({"caption": clip.caption, "audio": clip.audio}, (clip,))


class TimeGroundedAudioGeneration(ClipTask):
    """The recording in which given events sound at given times.

    The rule: events of one class at most 0.2 s apart are one; clips with more than `most` events
    are left out. Times are in seconds with two decimals; the length is stated with one.
    """

    config = "audio_time_grounded_generation"
    requires = frozenset({"events"})
    inputs = {"events": Kind.SPANS, "seconds": Kind.NUMBER}
    outputs = {"audio": Kind.AUDIO}
    most: ClassVar[int] = 8

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per clip.

        Raises:
            Unusable: it has no event, or too many.
        """
        events = audible_events(clip)
        if not 1 <= len(events) <= self.most:
            raise Unusable("event-count", f"{len(events)} events, not 1 to {self.most}")
        slots: dict[str, Value] = {
            "events": spans(events),
            "seconds": f"{duration(clip.audio):.1f}",
            "audio": clip.audio,
        }
        yield Draft(slots, (clip,))


class AudioContinuation(ClipTask):
    """What follows the first seconds of a recording.

    The rule: the first 2 to 5 s are given, and at most half of the recording; the answer is the
    `longest` seconds at most that come next, without what was given. Its first half second is
    louder than -40 dB against the last half second that is given.
    """

    config = "audio_continuation"
    requires = frozenset({"sound"})
    inputs = {"beginning": Kind.AUDIO, "seconds": Kind.NUMBER}
    outputs = {"continuation": Kind.AUDIO}
    given_seconds: ClassVar[tuple[float, float]] = (2.0, 5.0)
    longest: ClassVar[float] = 10.0
    seam: ClassVar[float] = 0.5
    audible_db: ClassVar[float] = -40.0

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per clip.

        Raises:
            Unusable: it is too short, or falls silent where it would go on.
        """
        length = duration(clip.audio)
        shortest, longest = self.given_seconds
        if length < 2 * shortest:
            raise Unusable("too-short", f"{clip.audio.name}: {length:.2f} s to be continued")
        cut = round(rng.uniform(shortest, min(longest, length / 2)), 2)
        end = min(length, cut + self.longest)
        given, following = clip.audio.cut(0.0, cut), clip.audio.cut(cut, end)
        beginning, continuation = waveform(given), waveform(following)
        frames = round(self.seam * beginning.rate)
        before, after = beginning.samples[:, -frames:], continuation.samples[:, :frames]
        if decibels(power(after) / (power(before) or 1.0)) < self.audible_db:
            raise Unusable("silent-audio", f"{clip.audio.name}: falls silent at {cut} s")
        slots: dict[str, Value] = {
            "beginning": given,
            "seconds": f"{end - cut:.1f}",
            "continuation": following,
        }
        yield Draft(slots, (clip,))
