"""AAM: ARFF tables of sections, beats and onsets, windows of mixes and stems, layouts."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile
from cases import Edit, Quirk, all_of, copy, remove, rename, replace, write

from audio_flan.corpora.music import aam
from audio_flan.corpora.music.aam import AAM
from audio_flan.corpora.music.aam.tables import read_parts
from audio_flan.corpora.read.folder import Folder
from audio_flan.errors import Unusable
from audio_flan.media import audio
from audio_flan.model.clip import ANNOTATIONS, Clip, Note, Reject

NAMES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
CASTS = {
    "0192": ("AcousticGuitar", "Flute", "Drums"),
    "0620": ("OrganBass", "Trumpet", "Drums"),
    "2602": ("AcousticGuitar", "Flute", "Drums"),
    "0001": ("OrganBass", "Trumpet", "Drums"),
    "0080": ("ElectricBass", "ElectricPiano", "Drums"),
    "0758": ("ElectricBass", "ElectricPiano", "Drums"),
    "0989": ("AcousticGuitar", "Flute", "Drums"),
    "1014": ("OrganBass", "Trumpet", "Drums"),
}
"""What each song of the miniature is played with, in the order of its stems."""


# What the miniature says


def spaced(name: str) -> str:
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()


def stems(song: str, *names: str, folder: str = "audio-multitracks") -> tuple[dict[str, Any], ...]:
    """The stems of a song as a table states them."""
    none = {"speaker": None, "gender": None, "utterance": None}
    return tuple(
        {
            "role": f"stem{number}",
            "instrument": spaced(name),
            "file": f"{folder}/{song}_{name}.flac",
            **none,
        }
        for number, name in enumerate(names, 1)
    )


def beats(tempo: float, count: int, start: float = 0.0, first: int = 1) -> tuple[Any, ...]:
    """Beats of a tempo from a point in time and a quarter of the bar on."""
    return tuple(
        (pytest.approx(start + beat * 60 / tempo, abs=1e-5), (first + beat - 1) % 4 + 1)
        for beat in range(count)
    )


def chords(labels: str, *times: float) -> tuple[Any, ...]:
    about = [pytest.approx(time, abs=1e-5) for time in times]
    return tuple((*span, x) for span, x in zip(pairwise(about), labels.split(), strict=True))


def mix(
    song: str, split: str, key: str | None, tempo: float | None, labels: str = "", **fields: Any
) -> dict[str, Any]:
    """A window of a mix: the first ten seconds, with a chord for each bar of one tempo."""
    if labels and tempo:
        bars = [number * 240 / tempo for number in range(len(labels.split()))]
        fields |= {"chords": chords(labels, *bars, 10), "beats": beats(tempo, ceil(tempo / 6))}
    return {
        "file": f"audio-mixes/{song}_mix.flac",
        "split": split,
        "piece": song,
        "key": key,
        "tempo": tempo,
        "stretch": (0.0, 10.0),
        "instruments": tuple(sorted(map(spaced, CASTS[song]))),
        "stems": stems(song, *CASTS[song]),
        "notes": None,
        **fields,
    }


def stem(song: str, name: str, split: str, end: float = 0.0) -> dict[str, Any]:
    """A window of a stem: the first ten seconds, or those from there to the end."""
    file = f"audio-multitracks/{song}_{name}.flac"
    stretch = (10.0, end) if end else (0.0, 10.0)
    return {"file": file, "split": split, "piece": song, "stretch": stretch, "stems": None}


CLIPS = 24
MIXES = {
    "0192_mix-000": mix("0192", "train", "F major", 120, "F:maj C:maj D:min A#:maj F:maj"),
    # N.C. is no chord.
    "0620_mix-000": mix("0620", "train", "F major", 96, "N F:maj D:min A#:maj"),
    # Over two keys and tempi; the beat at 6.0 s comes again at 6.004 s in the file.
    "2602_mix-000": mix(
        "2602",
        "train",
        None,
        None,
        beats=beats(120, 12) + beats(96, 7, 6.0),
        chords=chords("A:min E:min A:min D:min G:min", 0, 2, 4, 6, 8.5, 10),
    ),
    # What is left of the song.
    "2602_mix-010": mix(
        "2602",
        "train",
        "D minor",
        96,
        stretch=(10.0, 16.0),
        beats=beats(96, 9, 0.375, 4),
        chords=chords("G:min A:min D:min", 0, 1, 3.5, 6),
    ),
    "0001_mix-000": mix("0001", "validation", "G major", 110, "G:maj D:maj E:min C:maj D:maj"),
    "0001_mix-010": mix(
        "0001",
        "validation",
        "G major",
        110,
        stretch=(10.0, 15.272726),
        beats=beats(110, 9, 0.363636, 4),
        chords=chords("D:maj G:maj", 0, 3.090908, 5.272726),
    ),
    "0080_mix-000": mix("0080", "validation", "E minor", 140, "E:min C:maj G:maj D:maj E:min"),
    "0758_mix-000": mix("0758", "test", "C major", 110, "C:maj A:min F:maj G:maj C:maj"),
    "0989_mix-000": mix("0989", "test", "C major", 132, "C:maj F:maj C:maj A:min G:maj C:maj"),
    # BASS_NOTE_EXCEPTION is in it.
    "1014_mix-000": mix("1014", "test", "A minor", 110, chords=None, beats=beats(110, 19)),
}
# Pads have chords, and drums no melody.
STEMS = {
    "0192_Flute-000": stem("0192", "Flute", "train"),
    "0620_OrganBass-000": stem("0620", "OrganBass", "train"),
    "0620_Trumpet-000": stem("0620", "Trumpet", "train"),
    "2602_Flute-000": stem("2602", "Flute", "train"),
    "2602_Flute-010": stem("2602", "Flute", "train", 16.0),
    "0001_OrganBass-000": stem("0001", "OrganBass", "validation"),
    "0001_OrganBass-010": stem("0001", "OrganBass", "validation", 15.272726),
    "0001_Trumpet-000": stem("0001", "Trumpet", "validation"),
    "0001_Trumpet-010": stem("0001", "Trumpet", "validation", 15.272726),
    "0080_ElectricBass-000": stem("0080", "ElectricBass", "validation"),
    "0758_ElectricBass-000": stem("0758", "ElectricBass", "test"),
    "0989_Flute-000": stem("0989", "Flute", "test"),
    "1014_OrganBass-000": stem("1014", "OrganBass", "test"),
    "1014_Trumpet-000": stem("1014", "Trumpet", "test"),
}
SAYS = MIXES | STEMS


# Quirks


def rewritten(file: str, change: Callable[[str], str]) -> Edit:
    """Change the text of a table."""

    def edit(folder: Path) -> None:
        path = folder / f"annotations/{file}.arff"
        text = path.read_text("utf-8")
        assert change(text) != text
        path.write_text(change(text), encoding="utf-8", newline="")

    return edit


def changed(file: str, old: str, new: str) -> Edit:
    return replace(f"annotations/{file}.arff", old, new)


def mixes_in_two_formats(folder: Path) -> None:
    for file in sorted((folder / "audio-mixes").iterdir()):
        copy(f"audio-mixes/{file.name}", f"audio-mixes-mp3/{file.stem}.mp3")(folder)


def without_audio(folder: Path) -> None:
    for file in folder.rglob("*.flac"):
        file.write_bytes(b"")


ONE_TEMPO = changed("2602_segments", "'B',96,'Dmin'", "'B',120,'Dmin'")
ONE_KEY = changed("2602_segments", "'B',96,'Dmin'", "'B',96,'Amin'")
ARCHIVES = {
    "annotations": "0001-1000-annotations-v1.1.0",
    "audio-mixes": "0001-1000-audio-mixes",
    "audio-multitracks": "0001-1000-audio-multitracks",
}
QUIRKS = [
    Quirk(
        "tempo may stay where the key changes",
        ONE_TEMPO,
        says={"2602_mix-000": {"tempo": 120.0}, "2602_mix-010": {"tempo": 120.0}},
    ),
    Quirk(
        "key may stay where the tempo changes",
        ONE_KEY,
        says={"2602_mix-000": {"key": "A minor"}, "2602_mix-010": {"key": "A minor"}},
    ),
    Quirk(
        "of two beats at a time the one further down is kept",
        changed("2602_beatinfo", "\n6.004000,", "\n5.996000,"),
    ),
    Quirk(
        "before the first beat there is no chord",
        rewritten("0192_beatinfo", lambda text: re.sub(r"(?m)^[01]\.\d.*\n", "", text)),
        says={
            "0192_mix-000": {
                "beats": beats(120, 16, 2.0),
                "chords": chords("N C:maj D:min A#:maj F:maj", 0, 2, 4, 6, 8, 10),
            }
        },
    ),
    Quirk(
        "without beats the rest is there",
        remove("annotations/0192_beatinfo.arff"),
        says={"0192_mix-000": {"beats": None, "chords": None}},
    ),
    Quirk(
        "without onsets there are no windows of stems",
        remove("annotations/0620_onsets.arff"),
        says={"0620_mix-000": {"parts": None, "instruments": None}},
        gone=("0620_OrganBass-000", "0620_Trumpet-000"),
        rejects={"0620": "annotation-missing"},
    ),
    Quirk(
        "without stems there are mixes alone",
        remove("audio-multitracks"),
        says={id: {"stems": None} for id in MIXES},
        gone=tuple(STEMS),
    ),
    Quirk(
        "a stem that is not there is left out of the mix and missing by itself",
        remove("audio-multitracks/0192_Flute.flac"),
        says={"0192_mix-000": {"stems": stems("0192", "AcousticGuitar", "Drums")}},
    ),
    Quirk(
        "folders may bear the names of the archives",
        all_of(*(rename(old, new) for old, new in ARCHIVES.items())),
        says={
            **{
                id: {
                    "file": f"{ARCHIVES['audio-mixes']}/{id[:4]}_mix.flac",
                    "stems": stems(id[:4], *CASTS[id[:4]], folder=ARCHIVES["audio-multitracks"]),
                }
                for id in MIXES
            },
            **{id: {"file": f"0001-1000-{clip['file']}"} for id, clip in STEMS.items()},
        },
    ),
    Quirk(
        "folders may lie in folders",
        all_of(
            rename("annotations", "part"),
            rename("part", "annotations/0001-1000.v1"),
            rename("audio-mixes", "part"),
            rename("part", "audio-mixes/0001-1000.v1"),
        ),
        says={id: {"file": f"audio-mixes/0001-1000.v1/{id[:4]}_mix.flac"} for id in MIXES},
    ),
    Quirk("a mix in two formats is taken once", mixes_in_two_formats),
    Quirk(
        "a mix that is not there is missed where the others are",
        all_of(rename("audio-mixes", "mixes"), remove("mixes/0620_mix.flac")),
        says={id: {"file": f"mixes/{id[:4]}_mix.flac"} for id in MIXES},
    ),
    Quirk(
        "files of other names are nothing",
        all_of(
            write("audio-multitracks/0192_Demo.flac", ""),
            write("audio-mixes/cover.mp3", ""),
            write("notes.arff", ""),
        ),
    ),
    Quirk("MIDI files are not read", remove("midis")),
    Quirk("nothing of the audio is opened", without_audio),
]


def items(folder: Path) -> list[Clip | Reject]:
    corpus = AAM.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> dict[str, Clip]:
    return {item.id: item for item in items(folder) if isinstance(item, Clip)}


def rejects(folder: Path) -> list[tuple[str, str]]:
    return [(item.clip, item.reason) for item in items(folder) if isinstance(item, Reject)]


@pytest.fixture(scope="session")
def sample(miniatures: Path) -> Path:
    return miniatures / "AAM"


@pytest.fixture(scope="session")
def whole(sample: Path) -> dict[str, Clip]:
    """The clips of the miniature as it is."""
    return clips(sample)


@pytest.fixture
def folder(sample: Path, tmp_path: Path) -> Path:
    """A copy to be changed, without what is not read."""
    return shutil.copytree(sample, tmp_path / "AAM", ignore=shutil.ignore_patterns("*.mid"))


def table(folder: Path, song: str, kind: str) -> list[list[str]]:
    """The data rows of a table: those that begin with a digit."""
    text = (folder / f"annotations/{song}_{kind}.arff").read_text(encoding="utf-8")
    return list(csv.reader(re.findall(r"^\d.*$", text, re.MULTILINE), quotechar="'"))


def stretch(clip: Clip) -> tuple[str, float, float]:
    """Song, start and end of a clip."""
    assert clip.audio.start is not None
    assert clip.audio.end is not None
    return clip.id[:4], clip.audio.start, clip.audio.end


# The miniature


def test_the_table_states_every_clip(whole: dict[str, Clip]) -> None:
    assert SAYS.keys() == whole.keys()


def test_the_sample_has_the_quirks_that_the_reader_handles(sample: Path) -> None:
    texts = {p.name: p.read_text("utf-8") for p in (sample / "annotations").iterdir()}
    assert len(texts) == 3 * 8
    for name, text in texts.items():
        assert ("@DATA" in text) == ("beatinfo" not in name), name
    assert texts["0192_beatinfo.arff"].startswith("% ")
    assert "'N.C.'" in texts["0620_beatinfo.arff"]
    assert "'BASS_NOTE_EXCEPTION'" in texts["1014_beatinfo.arff"]
    times = [float(row[0]) for row in table(sample, "2602", "beatinfo")]
    assert times != sorted(times)
    assert min(b - a for a, b in pairwise(sorted(times))) < 0.01
    assert {row[3] for row in table(sample, "2602", "segments")} == {"Amin", "Dmin", ""}
    assert sum(p.stat().st_size for p in sample.rglob("*") if p.is_file()) < 6_000_000


def test_songs_end_where_their_last_row_says(sample: Path) -> None:
    for song in CASTS:
        end = float(table(sample, song, "segments")[-1][0])
        seconds = soundfile.info(sample / f"audio-mixes/{song}_mix.flac").duration
        assert end == pytest.approx(seconds, abs=1e-4)


def test_stems_add_up_to_the_mix_to_the_bit(sample: Path) -> None:
    for mix in (sample / "audio-mixes").iterdir():
        stems = sorted((sample / "audio-multitracks").glob(f"{mix.name[:4]}_*.flac"))
        parts = [soundfile.read(stem, dtype="int16")[0].astype(int) for stem in stems]
        assert len(parts) == 3
        np.testing.assert_array_equal(sum(parts), soundfile.read(mix, dtype="int16")[0])


def test_each_split_has_keys_and_tempi_to_compare() -> None:
    for split in ("train", "validation", "test"):
        found = [fields for fields in MIXES.values() if fields["split"] == split]
        keys = Counter(fields["key"] for fields in found if fields["key"])
        tempi = Counter(fields["tempo"] for fields in found if fields["tempo"])
        for counts in (keys, tempi):
            assert len(counts) > 1, split
            assert max(counts.values()) > 1, split
        ratios = [a / b for a in tempi for b in tempi]
        assert any(1.1 <= ratio <= 1.8 for ratio in ratios), split


def test_the_closed_sets_are_24_keys_and_31_instruments_in_words() -> None:
    assert set(AAM.labels["key"]) == {f"{n} {m}" for n in NAMES for m in ("major", "minor")}
    assert len(AAM.labels["instruments"]) == 31
    assert AAM.words["instruments"] == {n: spaced(n) for n in AAM.words["instruments"]}
    assert {"electric guitar lead", "drums", "morin khuur", "alto sax"} < set(
        AAM.labels["instruments"]
    )


# Notes


class Cell(NamedTuple):
    """What a cell of onsets says: the pitches that sound, and those of them that begin."""

    time: float
    instrument: str
    pitches: set[int]
    begin: set[int]


def sounding(folder: Path, song: str) -> Iterator[Cell]:
    text = (folder / f"annotations/{song}_onsets.arff").read_text("utf-8")
    names = re.findall(r"^@ATTRIBUTE 'Onset events of (\w+)' STRING$", text, re.MULTILINE)
    for time, *cells in table(folder, song, "onsets"):
        for name, cell in zip(names, cells, strict=True):
            pitches = [pitch for pitch in cell.strip("[]").split(",") if pitch]
            begin = {int(pitch[1:]) for pitch in pitches if pitch.startswith("+")}
            yield Cell(float(time), name, {int(pitch) for pitch in pitches}, begin)


def check_notes(notes: tuple[Note, ...], start: float, end: float, cells: list[Cell]) -> None:
    """Notes against the cells of their instrument."""
    onsets: Counter[tuple[float, int]] = Counter()
    for time, _, pitches, begin in cells:
        if start <= time < end - 0.001:
            at = time - start + 1e-5
            assert {n.pitch for n in notes if n.onset <= at < n.offset} == pitches, time
            onsets.update((round(time - start, 4), pitch) for pitch in begin)
    # What goes on from before the window begins with it.
    begun = Counter((round(n.onset, 4), n.pitch) for n in notes if n.onset > 0)
    assert begun == Counter({key: count for key, count in onsets.items() if key[0] > 0})
    assert [n.onset for n in notes] == sorted(n.onset for n in notes)
    assert all(n.offset <= end - start + 1e-5 for n in notes)


def test_parts_and_instruments_are_what_the_onsets_say(
    sample: Path, whole: dict[str, Clip]
) -> None:
    for clip in map(whole.__getitem__, MIXES):
        song, start, end = stretch(clip)
        cells = defaultdict(list)
        for cell in sounding(sample, song):
            cells[spaced(cell.instrument)].append(cell)
        assert clip.parts is not None
        assert sorted(part.instrument for part in clip.parts) == sorted(cells)
        for part in clip.parts:
            check_notes(part.notes, start, end, cells[part.instrument])


def test_an_instrument_that_is_silent_in_a_window_is_not_named(folder: Path) -> None:
    # The guitar's column is the first; from shortly before the second window on it is empty.
    silent = r"^((?:9|1\d)\.\d+),'[^']*'"
    rewritten("2602_onsets", lambda text: re.sub(silent, r"\1,'[]'", text, flags=re.MULTILINE))(
        folder
    )
    found = clips(folder)
    assert found["2602_mix-000"].instruments is not None
    assert "acoustic guitar" in found["2602_mix-000"].instruments.values
    assert found["2602_mix-010"].instruments is not None
    assert found["2602_mix-010"].instruments.values == ("drums", "flute")


@pytest.mark.parametrize(("seconds", "named"), [(0.05, False), (0.11, True)])
def test_an_instrument_is_named_from_a_tenth_of_a_second_on(
    folder: Path, seconds: float, named: bool
) -> None:
    def one_note(text: str) -> str:
        text = re.sub(r"(?m)'\[[+\d,]*\]'$", "'[]'", text)
        text = text.replace("\n2.125,", f"\n{2 + seconds},")
        return re.sub(r"(?m)^(2\.0,.*)'\[\]'$", r"\1'[+60]'", text)

    rewritten("0192_onsets", one_note)(folder)
    clip = clips(folder)["0192_mix-000"]
    assert clip.instruments is not None
    assert ("flute" in clip.instruments.values) == named
    # Its note is in the parts all the same: a beat of it is not clear.
    assert "flute" in {part.instrument for part in clip.parts or ()}


def test_drums_have_no_melody_even_if_one_of_them_sounds_at_a_time(folder: Path) -> None:
    for song in CASTS:
        rewritten(f"{song}_onsets", lambda text: re.sub(r",?\+?42", "", text))(folder)
    found = clips(folder)
    drums = [part for part in found["0192_mix-000"].parts or () if part.instrument == "drums"]
    assert {note.pitch for part in drums for note in part.notes} == {36, 38}
    assert not [id for id in found if "Drums" in id]


def test_a_note_that_is_held_to_the_last_ends_with_the_song(folder: Path) -> None:
    rewritten("0080_onsets", lambda text: re.sub(r"(?s)(\n6\.857144,[^\n]*\n).*", r"\1", text))(
        folder
    )
    notes = clips(folder)["0080_ElectricBass-000"].notes
    assert notes is not None
    assert notes[-1].onset == pytest.approx(6.857144)
    assert notes[-1].offset == 10


def test_windows_of_stems_are_those_with_one_note_at_a_time(
    sample: Path, whole: dict[str, Clip]
) -> None:
    for clip in map(whole.__getitem__, STEMS):
        song, start, end = stretch(clip)
        name = clip.id[5:].split("-")[0]
        filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
        assert filled == {"piece", "notes"}
        assert clip.notes is not None
        assert all(a.offset <= b.onset for a, b in pairwise(clip.notes))
        check_notes(
            clip.notes, start, end, [c for c in sounding(sample, song) if c.instrument == name]
        )


def test_one_chord_takes_a_window_of_a_stem_out_but_not_the_others(folder: Path) -> None:
    chord = r"(?m)^(12\.25,.*'\[\+\d+)(\]')$"
    rewritten("2602_onsets", lambda text: re.sub(chord, r"\1,+90\2", text))(folder)
    assert SAYS.keys() - clips(folder).keys() == {"2602_Flute-010"}


def test_notes_are_what_is_heard(whole: dict[str, Clip]) -> None:
    count = 0
    for clip in map(whole.__getitem__, STEMS):
        wave = audio.waveform(clip.audio)
        for note in clip.notes or ():
            if note.offset - note.onset > 0.25:
                start = round((note.onset + 0.05) * wave.rate)
                sound = wave.samples[0, start : start + round(0.18 * wave.rate)]
                assert loudest_pitch(sound, wave.rate, note.pitch) == note.pitch, (clip.id, note)
                count += 1
    assert count > 100


def loudest_pitch(sound: np.ndarray, rate: int, around: float) -> float:
    """The semitone near a pitch at whose period the sound is most like itself."""

    def likeness(pitch: float) -> float:
        lag = rate / (440 * 2 ** ((pitch - 69) / 12))
        places = np.arange(len(sound) - int(lag) - 2)
        shifted = np.interp(places + lag, np.arange(len(sound)), sound)
        return float(np.corrcoef(sound[places], shifted)[0, 1])

    return max((around + step for step in (-2, -1, 0, 1, 2)), key=likeness)


# Stems


def test_stems_are_the_same_stretch_of_what_the_mix_is_made_of(whole: dict[str, Clip]) -> None:
    for clip in map(whole.__getitem__, MIXES):
        assert clip.stems is not None
        waves = [audio.waveform(stem.audio).samples for stem in clip.stems]
        mix = audio.waveform(clip.audio).samples
        np.testing.assert_allclose(sum(waves), mix, atol=1e-6)
        for stem in clip.stems:
            assert stem.instrument is not None
            assert stem.instrument.options == AAM.labels["instruments"]


def test_a_stem_that_is_not_there_is_missing_next_to_the_others(folder: Path) -> None:
    (folder / "audio-multitracks/0192_Flute.flac").unlink()
    with pytest.raises(Unusable, match=r"audio-missing.*audio-multitracks/0192_Flute\.flac"):
        audio.load(clips(folder)["0192_Flute-000"].audio)


# Shards


def test_shards_say_what_their_clips_have(folder: Path) -> None:
    corpus = AAM.open(str(folder))
    for split, shards in corpus.shards().items():
        assert [shard.part[0] for shard in shards] == ["mixes", "stems"]
        assert [shard.split for shard in shards] == [split] * 2
        for shard in shards:
            assert shard.provides is not None
            for clip in corpus.clips(shard):
                filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
                assert filled <= shard.provides
    assert corpus.shards()["train"][0].provides == AAM.provides - {"notes"}
    shutil.rmtree(folder / "audio-multitracks")
    for (shard,) in AAM.open(str(folder)).shards().values():
        assert shard.provides == AAM.provides - {"notes", "stems"}


def test_more_shards_have_the_same_clips(
    sample: Path, whole: dict[str, Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aam, "SONGS_PER_SHARD", 2)
    shards = AAM.open(str(sample)).shards()
    assert {split: len(found) for split, found in shards.items()} == {
        "train": 4,
        "validation": 2,
        "test": 4,
    }
    assert clips(sample) == whole


# Layouts


@pytest.mark.parametrize("extension", [".mp3", ".wav"])
def test_tiny_aam_is_read_in_its_formats(
    folder: Path, whole: dict[str, Clip], extension: str
) -> None:
    shutil.rmtree(folder / "audio-multitracks")
    target = folder / "audio-mixes-mp3"
    target.mkdir()
    for file in (folder / "audio-mixes").iterdir():
        samples, rate = soundfile.read(file)
        soundfile.write(target / f"{file.stem}{extension}", samples, rate)
    shutil.rmtree(folder / "audio-mixes")
    found = clips(folder)
    assert found.keys() == MIXES.keys()
    for id, clip in found.items():
        assert clip.audio.name == f"audio-mixes-mp3/{id[:4]}_mix{extension}"
        assert clip.chords == whole[id].chords
        seconds = audio.duration(whole[id].audio)
        assert audio.duration(clip.audio) == pytest.approx(seconds, abs=0.001)
    heard, true = (audio.waveform(c["0989_mix-000"].audio).samples[0] for c in (found, whole))
    assert np.corrcoef(heard, true)[0, 1] > 0.98


# Annotations that are missing or not as published: the mix and the stems of a song are read one
# after the other, and either says what it cannot read


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (remove("annotations/0192_segments.arff"), "annotation-missing"),
        (changed("0192_segments", "10.0,'end'", "4.9,'end'"), "too-short"),
        (changed("0192_onsets", "of Flute'", "of Kazoo'"), "unknown-label"),
    ],
)
def test_a_song_that_cannot_be_read_is_told_of(folder: Path, edit: Edit, reason: str) -> None:
    edit(folder)
    assert rejects(folder) == [("0192", reason)] * 2
    assert clips(folder).keys() == SAYS.keys() - {"0192_mix-000", "0192_Flute-000"}


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("segments", "10.0,'end'", "10.0,'B'"),
        ("segments", "10.0,'end'", "nan,'end'"),
        ("segments", "'Fmaj'", "'Hmaj'"),
        ("segments", "'A',120", "'A',fast"),
        ("segments", "'Mark'", "'Label'"),
        ("segments", "0.0,'A',120,", "0.0,'A',"),
        ("beatinfo", "2.0,2,1,'Cmaj'", "2.0,2,1"),
        ("beatinfo", "2.0,2,1,", "-2.0,2,1,"),
        ("beatinfo", "2.0,2,1,", "2.0,2,one,"),
        ("beatinfo", "2.0,2,1,'Cmaj'", "2.0,2,1,'Cmaj"),
        ("onsets", "'[+65]'", "'[+65'"),
        ("onsets", "'[+65]'", "'[+128]'"),
        ("onsets", "'[+65]'", "'[F4]'"),
        ("onsets", "10.0,'[]','[]','[]'", "9.99,'[]','[]','[+128]'"),
        ("onsets", "\n2.0,", "\ntwo,"),
    ],
)
def test_a_garbled_table_takes_its_song_out_and_no_other(
    folder: Path, whole: dict[str, Clip], kind: str, old: str, new: str
) -> None:
    changed(f"0192_{kind}", old, new)(folder)
    found = items(folder)
    told = [item for item in found if isinstance(item, Reject)]
    # Windows of stems need no beats.
    assert len(told) == (1 if kind == "beatinfo" else 2)
    for reject in told:
        assert (reject.clip, reject.reason) == ("0192", "malformed-annotation")
        assert f"annotations/0192_{kind}.arff" in reject.detail
    expected = {id for id in whole if not id.startswith("0192")}
    assert {c.id for c in found if isinstance(c, Clip) and c.id[:4] != "0192"} == expected


def test_a_table_that_is_not_utf_8_is_told_of(folder: Path) -> None:
    file = folder / "annotations/0192_onsets.arff"
    file.write_bytes(file.read_bytes() + b"% caf\xe9\n")
    assert rejects(folder) == [("0192", "malformed-annotation")] * 2


def test_a_table_cut_inside_a_row_is_told_of(folder: Path) -> None:
    name = "annotations/0192_onsets.arff"
    data = (folder / name).read_bytes()
    last = data.rstrip(b"\n").rindex(b"\n") + 1
    for end in range(last + 1, len(data) - 1):
        (folder / name).write_bytes(data[:end])
        with pytest.raises(Unusable, match="malformed-annotation"):
            read_parts(Folder("aam", str(folder)), name, 10.0, CASTS["0192"])
