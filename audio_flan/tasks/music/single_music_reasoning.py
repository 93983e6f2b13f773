"""Single Music Reasoning: find a place in the music, then say what sounds there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import ClassVar

from audio_flan.errors import Unusable
from audio_flan.media.audio import AudioRef, duration
from audio_flan.model.clip import Clip, Note
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.model.labels import Labels
from audio_flan.model.notation import note_name
from audio_flan.model.randomness import Rng
from audio_flan.tasks.contract import ClipTask


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


class BeatLevelInstrumentRecognition(ClipTask):
    """The instruments that sound during a given beat.

    The rule: at most `max_beats` beats of an excerpt are asked for, each by its start and end in
    seconds with two decimals. An instrument sounds there if its notes fill `clear_share` of the
    beat at least; beats in which one sounds for less, without being silent, are left out, and so
    are those in which none sounds.
    """

    config = "music_beat_level_instrument_recognition"
    requires = frozenset({"beats", "parts", "instruments"})
    inputs = {"audio": Kind.AUDIO, "start": Kind.NUMBER, "end": Kind.NUMBER}
    outputs = {"instruments": Kind.LABELS}
    max_beats: ClassVar[int] = 2
    clear_share: ClassVar[float] = 0.2

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """At most `max_beats` instances.

        Raises:
            Unusable: no beat is clear.
        """
        assert clip.beats is not None
        assert clip.instruments is not None
        ends = [beat.time for beat in clip.beats]
        found = {
            (start, end): sounding
            for start, end in pairwise(ends)
            if (sounding := self._sounding(clip, start, end))
        }
        if not found:
            raise Unusable("no-clear-beat", f"none of {len(ends)} beats is clear")
        for start, end in sorted(rng.sample(list(found), min(len(found), self.max_beats))):
            names = tuple(sorted(found[start, end]))
            slots: dict[str, Value] = {
                "audio": clip.audio,
                "start": f"{start:.2f}",
                "end": f"{end:.2f}",
                "instruments": Labels(names, clip.instruments.options),
            }
            yield Draft(slots, (clip,))

    def _sounding(self, clip: Clip, start: float, end: float) -> set[str]:
        """The instruments that sound in a beat; none where it is not clear."""
        names = set()
        for part in clip.parts or ():
            shares = [min(n.offset, end) - max(n.onset, start) for n in part.notes]
            share = max(shares, default=0.0) / (end - start)
            if share >= self.clear_share:
                names.add(part.instrument)
            elif share > 0:
                return set()
        return names
