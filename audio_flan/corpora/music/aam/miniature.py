"""A miniature AAM: eight songs of two or three instruments and drums over all splits.

Quirks in it: beatinfo without @DATA and one file with a comment, a section whose first beat comes
a second time and late before it, keys and tempi that change inside a window, a bar without a
chord, a chord that only an error stands for, an instrument that enters late, notes that are
struck again without a rest, MIDI files (which are not read).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from audio_flan.miniatures.bank import Note
from audio_flan.miniatures.stage import Stage
from audio_flan.model.notation import PITCH_CLASSES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GAIN = 1.0
RATE = 22_050
MELODY, PADS, BASS, DRUMS = "MelodyBow", "ChordPadsRanged", "BassLine", "RhythmSimpleGrooves"
TIMBRES = {
    "AcousticGuitar": "guitar",
    "ElectricBass": "guitar",
    "ElectricPiano": "mallet",
    "Flute": "flute",
    "OrganBass": "organ",
    "Trumpet": "brass",
}
"""Family of the bank's notes that an instrument is played with."""
KICK, SNARE, HAT = 36, 38, 42
LEVELS = {MELODY: 0.1, PADS: 0.06, BASS: 0.1, DRUMS: 0.08}
RELEASE = 0.015
NO_CHORD, EXCEPTION = "N.C.", "BASS_NOTE_EXCEPTION"
BEAT_COLUMNS = {
    "Start time in seconds": "NUMERIC",
    "Bar count": "NUMERIC",
    "Quarter count": "NUMERIC",
    "Chord name": "STRING",
}
SECTION_COLUMNS = {
    "Start time in seconds": "NUMERIC",
    "Mark": "STRING",
    "Tempo": "NUMERIC",
    "Key": "STRING",
    "Instruments": "STRING",
    "Generator": "STRING",
}
EMPTY_MIDI = b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0"


class Section(NamedTuple):
    """A section: its key, its tempo in beats per minute, a chord for each bar, and who plays."""

    key: str
    tempo: int
    chords: str
    parts: tuple[str, ...]


class Song(NamedTuple):
    """A song: the instrument of each part, and the sections."""

    cast: dict[str, str]
    sections: tuple[Section, ...]


class Played(NamedTuple):
    """A bar of a song: where it starts, seconds; the length of a beat; its chord; its section."""

    start: float
    beat: float
    chord: str
    section: Section

    def at(self, beats: float) -> float:
        """A point in time, as beats from the start of the bar."""
        return round(self.start + beats * self.beat, 6)


FLUTE = {MELODY: "Flute", PADS: "AcousticGuitar", DRUMS: "Drums"}
TRUMPET = {MELODY: "Trumpet", BASS: "OrganBass", DRUMS: "Drums"}
PIANO = {PADS: "ElectricPiano", BASS: "ElectricBass", DRUMS: "Drums"}
SONGS = {
    # train
    "0192": Song(FLUTE, (Section("Fmaj", 120, "Fmaj Cmaj Dmin A#maj Fmaj", tuple(FLUTE)),)),
    "0620": Song(
        TRUMPET,
        (
            Section("Fmaj", 96, NO_CHORD, (DRUMS,)),
            Section("Fmaj", 96, "Fmaj Dmin A#maj Cmaj", tuple(TRUMPET)),
        ),
    ),
    "2602": Song(
        FLUTE,
        (
            Section("Amin", 120, "Amin Emin Amin", (MELODY, DRUMS)),
            Section("Dmin", 96, "Dmin Gmin Amin Dmin", tuple(FLUTE)),
        ),
    ),
    # validation
    "0001": Song(
        TRUMPET, (Section("Gmaj", 110, "Gmaj Dmaj Emin Cmaj Dmaj Dmaj Gmaj", tuple(TRUMPET)),)
    ),
    "0080": Song(PIANO, (Section("Emin", 140, "Emin Cmaj Gmaj Dmaj Emin Emin", tuple(PIANO)),)),
    # test
    "0758": Song(PIANO, (Section("Cmaj", 110, "Cmaj Amin Fmaj Gmaj Cmaj", tuple(PIANO)),)),
    "0989": Song(FLUTE, (Section("Cmaj", 132, "Cmaj Fmaj Cmaj Amin Gmaj Cmaj", tuple(FLUTE)),)),
    "1014": Song(
        TRUMPET, (Section("Amin", 110, f"Amin Dmin {EXCEPTION} Emin Amin", tuple(TRUMPET)),)
    ),
}
"""The songs, by split; their ids are those of Tiny AAM."""


def write(stage: Stage) -> None:
    """Lay out AAM."""
    sounds = _sounds(stage)
    for id, song in SONGS.items():
        bars = list(_bars(song))
        notes = {name: list(_notes(part, bars)) for part, name in sorted(song.cast.items())}
        tables = {
            "beatinfo": _beatinfo(id, bars),
            "segments": _segments(id, song, bars),
            "onsets": _onsets(id, notes),
        }
        for kind, lines in tables.items():
            text = "".join(f"{line}\n" for line in lines)
            stage.text(f"annotations/{id}_{kind}.arff", text)
        _write_audio(stage, id, song, notes, round(bars[-1].at(4) * RATE), sounds)
        for instrument in (*song.cast.values(), "Demo"):
            stage.bytes(f"midis/{id}_{instrument}.mid", EMPTY_MIDI)


def _bars(song: Song) -> Iterator[Played]:
    start = 0.0
    for section in song.sections:
        for chord in section.chords.split():
            bar = Played(start, 60 / section.tempo, chord, section)
            yield bar
            start = bar.at(4)


# The notes


def _notes(part: str, bars: list[Played]) -> Iterator[Note]:
    """What a part plays in its sections."""
    for number, bar in enumerate(bars):
        if part not in bar.section.parts:
            continue
        if part == DRUMS:
            yield from _beaten(bar)
            continue
        # What is written as an error sounds as the key's own chord.
        root, third, fifth = _triad(bar.section.key if bar.chord == EXCEPTION else bar.chord)
        if part == BASS:
            yield from (Note(bar.at(b), bar.at(b + 2), 36 + root) for b in (0, 2))
        elif part == PADS:
            for beat in (0, 2):
                pitches = (52 + (tone - 4) % 12 for tone in (root, root + third, root + fifth))
                yield from (Note(bar.at(beat), bar.at(beat + 2), pitch) for pitch in pitches)
        else:
            yield from _melody(bar, [60 + root + step for step in (0, third, fifth, 12)], number)


def _melody(bar: Played, tones: list[int], number: int) -> Iterator[Note]:
    """Quarters up or down the chord and two eighths, the first of which repeats the last pitch."""
    if number % 2:
        tones = tones[::-1]
    for beat in (0, 1, 2):
        yield Note(bar.at(beat), bar.at(beat + 1), tones[beat])
    yield Note(bar.at(3), bar.at(3.5), tones[2])
    # The last bar of four ends with a rest.
    if number % 4 != 3:
        yield Note(bar.at(3.5), bar.at(4), tones[3])


def _beaten(bar: Played) -> Iterator[Note]:
    for beat in range(4):
        yield Note(bar.at(beat), bar.at(beat + 0.5), SNARE if beat % 2 else KICK)
        yield from (Note(bar.at(b), bar.at(b + 0.25), HAT) for b in (beat, beat + 0.5))


def _triad(name: str) -> tuple[int, int, int]:
    """Root of a chord or key as a pitch class, and its third and fifth above it."""
    return PITCH_CLASSES.index(name[:-3]), 4 if name.endswith("maj") else 3, 7


# The annotations


def _beatinfo(id: str, bars: list[Played]) -> Iterator[str]:
    """No @DATA, as published; where a section begins with a new tempo, its beat is there twice."""
    if id == "0192":
        yield "% beats and chords"
    yield from _header(f"Beat information of {id}", BEAT_COLUMNS)
    for number, bar in enumerate(bars):
        previous = bars[number - 1]
        if number and previous.beat != bar.beat:
            yield f"{bar.start + 0.004:.6f},{number},4,'{previous.chord}'"
        for beat in range(4):
            yield f"{bar.at(beat)},{number + 1},{beat + 1},'{bar.chord}'"


def _segments(id: str, song: Song, bars: list[Played]) -> Iterator[str]:
    yield from _header(f"Segment information of {id}", SECTION_COLUMNS)
    yield "@DATA"
    for mark, section in zip("ABC", song.sections, strict=False):
        start = next(bar.start for bar in bars if bar.section is section)
        parts = [part for part in song.cast if part in section.parts]
        instruments = ",".join(song.cast[part] for part in parts)
        values = f"{start},'{mark}',{section.tempo},'{section.key}'"
        yield f"{values},'[{instruments}]','[{','.join(parts)}]'"
    yield f"{bars[-1].at(4)},'end',0,'','[]','[]'"


def _onsets(id: str, notes: dict[str, list[Note]]) -> Iterator[str]:
    names = sorted(notes)
    columns = {f"Onset events of {name}": "STRING" for name in names}
    yield from _header(f"Onset events in {id}", {"Onset time in seconds": "NUMERIC", **columns})
    yield "@DATA"
    for time in sorted({t for played in notes.values() for n in played for t in n[:2]}):
        yield ",".join([str(time), *(_cell(notes[name], time) for name in names)])


def _header(relation: str, columns: dict[str, str]) -> Iterator[str]:
    yield from (f"@RELATION '{relation}'", "")
    yield from (f"@ATTRIBUTE '{name}' {kind}" for name, kind in columns.items())
    yield ""


def _cell(notes: list[Note], time: float) -> str:
    """The pitches that begin or go on at a time, by pitch."""
    sounding = sorted((n.pitch, n.onset == time) for n in notes if n.onset <= time < n.offset)
    return f"'[{','.join(f'+{pitch}' if begins else f'{pitch}' for pitch, begins in sounding)}]'"


# The audio


def _sounds(stage: Stage) -> dict[str, dict[int, NDArray[np.float32]]]:
    """The bank's notes by family and pitch, each at one peak level."""
    import numpy as np

    sounds: dict[str, dict[int, NDArray[np.float32]]] = {}
    for entry in stage.bank.notes:
        if entry.family in TIMBRES.values():
            sound = stage.wave(entry, RATE)
            sounds.setdefault(entry.family, {})[entry.pitch] = sound / np.abs(sound).max()
    return sounds | {"drums": _drums()}


def _drums() -> dict[int, NDArray[np.float32]]:
    import numpy as np

    seconds = np.arange(round(0.25 * RATE), dtype=np.float32) / RATE
    noise = np.random.default_rng(0).uniform(-1, 1, len(seconds)).astype(np.float32)
    return {
        KICK: np.sin(2 * np.pi * 60 * seconds) * np.exp(-seconds / 0.06),
        SNARE: 0.5 * noise * np.exp(-seconds / 0.03),
        HAT: 0.25 * noise * np.exp(-seconds / 0.01),
    }


def _write_audio(
    stage: Stage,
    id: str,
    song: Song,
    notes: dict[str, list[Note]],
    length: int,
    sounds: dict[str, dict[int, NDArray[np.float32]]],
) -> None:
    """Stems, and the mix that is their sum to the bit."""
    import numpy as np

    mix = np.zeros(length, np.int16)
    for part, instrument in song.cast.items():
        stem = np.zeros(length, np.float32)
        for note in notes[instrument]:
            sound = _sound(note, sounds[TIMBRES.get(instrument, "drums")])
            start = round(note.onset * RATE)
            sound = sound[: length - start]
            stem[start : start + len(sound)] += LEVELS[part] * sound
        whole = np.round(stem * 32_767).astype(np.int16)
        mix += whole
        stage.audio(f"audio-multitracks/{id}_{instrument}.flac", whole, RATE)
    stage.audio(f"audio-mixes/{id}_mix.flac", mix, RATE)


def _sound(note: Note, sounds: dict[int, NDArray[np.float32]]) -> NDArray[np.float32]:
    """The nearest recorded note, shifted to its pitch and damped at its end."""
    import numpy as np

    nearest = min(sounds, key=lambda pitch: abs(pitch - note.pitch))
    source, step = sounds[nearest], 2 ** ((note.pitch - nearest) / 12)
    count = min(round((note.offset - note.onset) * RATE), int((len(source) - 1) / step))
    places = np.arange(count, dtype=np.float32) * step
    sound: NDArray[np.float32] = np.interp(places, np.arange(len(source)), source).astype(
        np.float32
    )
    release = min(count, round(RELEASE * RATE))
    sound[count - release :] *= np.linspace(1, 0, release, dtype=np.float32)
    return sound
