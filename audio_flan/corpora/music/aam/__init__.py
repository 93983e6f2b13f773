"""AAM: 3,000 computer-composed songs with stems, beats, chords, keys and notes, 125 hours.

Layout; the archives unpack flat, so that names of folders are the user's (these are Tiny AAM's,
which adds -mp3 to those of audio); files are found by their names, wherever they lie:

    AAM/
      annotations/0001_beatinfo.arff         a row per beat: time, bar, quarter, chord
      annotations/0001_segments.arff         a row per section: start, mark, tempo, key, instruments
      annotations/0001_onsets.arff           a row per onset: time, sounding pitches by instrument
      audio-mixes/0001_mix.flac              2 to 3 minutes; MP3 in Tiny AAM
      audio-multitracks/0001_Violin.flac     a stem for each instrument and for Drums
      midis/0001_Violin.mid                  not read: onsets.arff says the same

Clips are windows of `WINDOW` seconds, one after the other from the song's start; the last is what
is left, if it has `SHORTEST_WINDOW` seconds. There are two kinds, in shards of their own: windows
of the mix, and windows of single stems (without drums) in which one note sounds at a time.

Quirks:
- beatinfo has no @DATA line; the last row of segments, marked 'end', is where the song ends, so
  that no audio is opened to know it;
- beats are out of order or come twice where a section begins: sorted, and of those nearer than
  70 ms the one further down in the file is kept;
- key, tempo and instruments change between sections: a window over two keys has no key, one over
  two tempi no tempo;
- BASS_NOTE_EXCEPTION stands for a chord that the generator could not name: such a window has no
  chords; N.C. is no chord, and so is what comes before the first beat;
- sharps only; A#maj may be the B flat major of a listener;
- in onsets a pitch with "+" begins, one without goes on, and one that is left out has ended.

Splits: the publisher has none; songs are independent of one another, and stay whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import PurePosixPath
from typing import NamedTuple

from audio_flan.corpora.contract import Corpus, Shard, by_splits
from audio_flan.corpora.music.aam.tables import (
    NO_CHORD,
    UNNAMED,
    ChordBeat,
    Section,
    read_beats,
    read_parts,
    read_sections,
)
from audio_flan.corpora.read.excerpts import Window, windows
from audio_flan.corpora.read.folder import AUDIO_EXTENSIONS
from audio_flan.errors import Unusable
from audio_flan.media.audio import AudioRef
from audio_flan.model.clip import Beat, Clip, Note, Part, Reject, Span, Stem
from audio_flan.model.notation import SHORTEST
from audio_flan.model.splits import SPLITS

WINDOW, SHORTEST_WINDOW = 10.0, 5.0
AUDIBLE = 0.1
"""How long the notes of an instrument must be in a window for it to be named, seconds."""
SONGS_PER_SHARD = 100
TABLES = ("beatinfo", "segments", "onsets")
MIX, DRUMS = "mix", "Drums"
FILE = re.compile(r"(?:^|/)(\d{4})_(\w+)\.(?:arff|flac|mp3|wav)$", re.ASCII)


class Songs(NamedTuple):
    """The songs of a split from one to another, and what is read of them: "mixes" or "stems"."""

    what: str
    first: str
    last: str


class AAM(Corpus):
    """Artificial songs, cut into windows; see the module's docstring."""

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The song that it is a window of."""
        return (clip.partition("_")[0],)

    def shards(self) -> dict[str, list[Shard]]:
        """Runs of songs of a split, once for the mixes and once for the stems."""
        provided = {"mixes": self.provides - {"notes"}, "stems": frozenset({"piece", "notes"})}
        if not self._has_stems:
            provided = {"mixes": self.provides - {"notes", "stems"}}
        return by_splits(
            Shard(split, Songs(what, songs[0], songs[-1]), fields)
            for split in SPLITS
            for what, fields in provided.items()
            for songs in _runs(self._songs(split))
        )

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The windows of each song in turn."""
        songs = Songs(*shard.part)
        read = self._of_mix if songs.what == "mixes" else self._of_stems
        for song in self._songs(shard.split):
            if songs.first <= song <= songs.last:
                try:
                    yield from read(song, shard.split)
                except Unusable as error:
                    yield Reject(self.key, song, error.reason, error.detail)

    # Files

    @cached_property
    def _files(self) -> dict[tuple[str, str], str]:
        """Files by song and by what follows it in their names: "beatinfo", "mix", "Violin"."""
        files: dict[tuple[str, str], str] = {}
        # MIDI files are named so that the walk does not look for a folder in each.
        for name in self.folder.walk("", (*AUDIO_EXTENSIONS, ".arff", ".mid")):
            if match := FILE.search(name):
                files.setdefault((match[1], match[2]), name)
        return files

    def _songs(self, split: str) -> list[str]:
        """The songs of a split of which something is annotated."""
        songs = {song for song, what in self._files if what in TABLES}
        return sorted(song for song in songs if self.split_of_group(song) == split)

    @cached_property
    def _has_stems(self) -> bool:
        return any(what in self.words["instruments"] for _, what in self._files)

    @cached_property
    def _examples(self) -> dict[bool, PurePosixPath]:
        """A mix (True) and a stem (False): where others are, and of which format."""
        names = ["audio-mixes/0001_mix.flac", "audio-multitracks/0001_Drums.flac"]
        audio = (MIX, *self.words["instruments"])
        names += [name for (_, what), name in self._files.items() if what in audio]
        return {name.rpartition("_")[2].startswith("mix."): PurePosixPath(name) for name in names}

    def _audio(self, song: str, what: str, window: Window) -> AudioRef:
        """A stretch of the mix or of a stem; one that is not there would be next to others."""
        name = self._files.get((song, what))
        if name is None:
            other = self._examples[what == MIX]
            name = str(other.with_name(f"{song}_{what}{other.suffix}"))
        return self.folder.audio(name, window.start, window.end)

    # Annotations

    def _table(self, song: str, what: str) -> str:
        file = self._files.get((song, what))
        if file is None:
            raise Unusable("annotation-missing", f"no {song}_{what}.arff")
        return file

    def _sections(self, song: str) -> list[Section]:
        return read_sections(self.folder, self._table(song, "segments"), self.words["key"])

    def _beats(self, song: str) -> list[ChordBeat]:
        file = self._files.get((song, "beatinfo"))
        return read_beats(self.folder, file) if file else []

    def _parts(self, song: str, end: float) -> dict[str, list[Note]]:
        file = self._table(song, "onsets")
        return read_parts(self.folder, file, end, self.words["instruments"])

    # Clips

    def _of_mix(self, song: str, split: str) -> Iterator[Clip]:
        sections, beats = self._sections(song), self._beats(song)
        end = sections[-1].end
        parts = self._parts(song, end) if (song, "onsets") in self._files else {}
        for window in _windows(end):
            inside = [s for s in sections if window.overlap(s.start, s.end) > SHORTEST]
            keys, tempi = {s.key for s in inside}, {s.tempo for s in inside}
            notes = {name: cut for name in parts if (cut := window.notes(parts[name]))}
            words = self.words["instruments"]
            yield self.made(
                f"{song}_mix-{window.start:03.0f}",
                self._audio(song, MIX, window),
                split,
                key=keys.pop() if len(keys) == 1 else None,
                piece=song,
                tempo=tempi.pop() if len(tempi) == 1 else None,
                beats=window.beats(Beat(b.time, b.position) for b in beats) or None,
                chords=_chords(beats, window),
                instruments=[name for name, cut in notes.items() if _seconds(cut) >= AUDIBLE],
                parts=tuple(Part(words[name], cut) for name, cut in notes.items()) or None,
                stems=self._stems(song, window),
            )

    def _stems(self, song: str, window: Window) -> tuple[Stem, ...] | None:
        names = [name for name in self.words["instruments"] if (song, name) in self._files]
        stems = (
            Stem(
                f"stem{number}",
                self._audio(song, name, window),
                instrument=self.label("instruments", name),
            )
            for number, name in enumerate(names, 1)
        )
        return tuple(stems) or None

    def _of_stems(self, song: str, split: str) -> Iterator[Clip]:
        end = self._sections(song)[-1].end
        for name, notes in self._parts(song, end).items():
            for window in _windows(end) if name != DRUMS else ():
                line = window.notes(notes)
                if line and all(b.onset > a.offset - SHORTEST for a, b in pairwise(line)):
                    id = f"{song}_{name}-{window.start:03.0f}"
                    audio = self._audio(song, name, window)
                    yield self.made(id, audio, split, piece=song, notes=line)


def _runs(songs: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(songs), SONGS_PER_SHARD):
        yield songs[start : start + SONGS_PER_SHARD]


def _windows(end: float) -> list[Window]:
    found = windows(end, WINDOW, SHORTEST_WINDOW)
    if not found:
        raise Unusable("too-short", f"a song of {end:.2f} s")
    return found


def _seconds(notes: Sequence[Note]) -> float:
    return sum(note.offset - note.onset for note in notes)


def _chords(beats: Sequence[ChordBeat], window: Window) -> tuple[Span, ...] | None:
    """The chords of a window; None where one has no name, or none is annotated."""
    if not beats:
        return None
    spans = window.spans([(0.0, NO_CHORD), *((beat.time, beat.chord) for beat in beats)])
    return None if any(span.label == UNNAMED for span in spans) else spans
