"""Single Music Reasoning: find a place in the music, then say what sounds there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from audio_flan.audio import AudioRef, duration
from audio_flan.clip import Clip, Note
from audio_flan.errors import Unusable
from audio_flan.music_notation import note_name
from audio_flan.randomness import Rng
from audio_flan.slots import Draft, Kind, Value
from audio_flan.tasks.base import ClipTask


class BeatLevelPitchEstimation(ClipTask):
    """The pitch of the note that sounds in a given stretch of time.

    The rule: a recording is cut into excerpts of `excerpt` seconds (one that is no longer stays
    whole); of each, at most `max_notes` notes are asked for. A note counts if it lies inside one
    excerpt, lasts `min_duration` seconds, and every annotator heard it. Times count from the
    start of the excerpt, in seconds with two decimals. The answer is the nearest semitone, as a
    note name or as a MIDI number.
    """

    config = "music_beat_level_pitch_estimation"
    requires = frozenset({"notes"})
    inputs = {"audio": Kind.AUDIO, "onset": Kind.NUMBER, "offset": Kind.NUMBER}
    outputs = {"note_name": Kind.NOTE, "midi": Kind.NUMBER}
    one_of = (("note_name", "midi"),)
    excerpt: ClassVar[float] = 10.0
    max_notes: ClassVar[int] = 4
    min_duration: ClassVar[float] = 0.1

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """At most `max_notes` instances for each excerpt."""
        assert clip.notes is not None
        count = 0
        for audio, start, end in self._excerpts(clip.audio):
            notes = [note for note in clip.notes if self._fits(note, start, end)]
            chosen = rng.sample(notes, min(len(notes), self.max_notes))
            for note in sorted(chosen, key=lambda note: note.onset):
                midi = round(note.pitch)
                slots: dict[str, Value] = {
                    "audio": audio,
                    "onset": f"{note.onset - start:.2f}",
                    "offset": f"{note.offset - start:.2f}",
                    "note_name": note_name(midi),
                    "midi": str(midi),
                }
                yield Draft(slots, (clip,))
                count += 1
        if not count:
            raise Unusable("no-usable-note", f"none of {len(clip.notes)} notes fits an excerpt")

    def _excerpts(self, audio: AudioRef) -> Iterator[tuple[AudioRef, float, float]]:
        """The excerpts of a recording with their start and end, seconds."""
        seconds = duration(audio)
        if seconds <= self.excerpt:
            yield audio, 0.0, seconds
            return
        for index in range(int(-(-seconds // self.excerpt))):
            start, end = index * self.excerpt, min((index + 1) * self.excerpt, seconds)
            yield audio.cut(start, end), start, end

    def _fits(self, note: Note, start: float, end: float) -> bool:
        long_enough = note.offset - note.onset >= self.min_duration
        return note.agreed and long_enough and start <= note.onset and note.offset <= end
