"""Music Generation: singing of given words and notes."""

from __future__ import annotations

from collections.abc import Iterator

from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind
from audio_flan.model.notation import note_name
from audio_flan.model.randomness import Rng
from audio_flan.tasks.contract import ClipTask


class LyricsToSong(ClipTask):
    """Singing of given words; the melody is free. The corpora so far are unaccompanied."""

    config = "music_lyrics_to_song"
    requires = frozenset({"lyrics"})
    inputs = {"lyrics": Kind.TEXT}
    outputs = {"song": Kind.AUDIO}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per recording."""
        assert clip.lyrics is not None
        yield Draft({"lyrics": clip.lyrics, "song": clip.audio}, (clip,))


class SingingVoiceSynthesis(ClipTask):
    """Singing of given words to given notes.

    The notes are all that the first annotator heard, to the nearest semitone, with their start and
    end in seconds; words are not aligned to notes.
    """

    config = "music_singing_voice_synthesis"
    requires = frozenset({"lyrics", "notes"})
    inputs = {"lyrics": Kind.TEXT, "notes": Kind.NOTES}
    outputs = {"singing": Kind.AUDIO}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per recording."""
        assert clip.lyrics is not None and clip.notes is not None
        notes = "; ".join(
            f"{note_name(round(note.pitch))} {note.onset:.2f}-{note.offset:.2f}"
            for note in clip.notes
        )
        yield Draft({"lyrics": clip.lyrics, "notes": notes, "singing": clip.audio}, (clip,))
