"""AAM: ARFF tables of sections, beats and onsets, windows of mixes and stems, layouts."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from audio_flan.corpora.music import aam
from audio_flan.corpora.music.aam import AAM
from audio_flan.corpora.music.aam.tables import read_parts
from audio_flan.corpora.read.arff import read_arff
from audio_flan.corpora.read.excerpts import Window, windows
from audio_flan.corpora.read.folder import Folder
from audio_flan.errors import Unusable
from audio_flan.media import audio
from audio_flan.model.clip import ANNOTATIONS, Beat, Clip, Note, Reject

NAMES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
SONGS = {
    "train": ["0192", "0620", "2602"],
    "validation": ["0001", "0080"],
    "test": ["0758", "0989", "1014"],
}


def read(folder: Path) -> list[Clip | Reject]:
    corpus = AAM.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> dict[str, Clip]:
    return {item.id: item for item in read(folder) if isinstance(item, Clip)}


def rejects(folder: Path) -> list[tuple[str, str]]:
    return [(item.clip, item.reason) for item in read(folder) if isinstance(item, Reject)]


@pytest.fixture(scope="session")
def sample(miniatures: Path) -> Path:
    return miniatures / "AAM"


@pytest.fixture(scope="session")
def whole(sample: Path) -> dict[str, Clip]:
    """The clips of the miniature as it is."""
    return clips(sample)


@pytest.fixture(scope="session")
def mixes(whole: dict[str, Clip]) -> dict[str, Clip]:
    return {id: clip for id, clip in whole.items() if "_mix-" in id}


@pytest.fixture
def folder(sample: Path, tmp_path: Path) -> Path:
    """A copy to be changed, without what nobody reads."""
    return shutil.copytree(sample, tmp_path / "AAM", ignore=shutil.ignore_patterns("*.mid"))


def table(folder: Path, song: str, kind: str) -> list[list[str]]:
    """The data rows of a table: those that begin with a digit."""
    text = (folder / f"annotations/{song}_{kind}.arff").read_text(encoding="utf-8")
    return list(csv.reader(re.findall(r"^\d.*$", text, re.MULTILINE), quotechar="'"))


def change(folder: Path, name: str, old: str, new: str) -> None:
    file = folder / "annotations" / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8", newline="")


def place(clip: Clip) -> tuple[str, float, float]:
    """Song, start and end of a clip."""
    assert clip.audio.start is not None
    assert clip.audio.end is not None
    return clip.id[:4], clip.audio.start, clip.audio.end


# The miniature


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


def test_stems_add_up_to_the_mix_to_the_bit(sample: Path) -> None:
    for mix in (sample / "audio-mixes").iterdir():
        stems = sorted((sample / "audio-multitracks").glob(f"{mix.name[:4]}_*.flac"))
        parts = [soundfile.read(stem, dtype="int16")[0].astype(int) for stem in stems]
        assert len(parts) == 3
        np.testing.assert_array_equal(sum(parts), soundfile.read(mix, dtype="int16")[0])


def test_each_split_has_keys_and_tempi_to_compare(mixes: dict[str, Clip]) -> None:
    for split in SONGS:
        found = [clip for clip in mixes.values() if clip.split == split]
        keys = Counter(clip.key.value for clip in found if clip.key)
        tempi = Counter(clip.tempo for clip in found if clip.tempo)
        for counts in (keys, tempi):
            assert len(counts) > 1, split
            assert max(counts.values()) > 1, split
        ratios = [a / b for a in tempi for b in tempi]
        assert any(1.1 <= ratio <= 1.8 for ratio in ratios), split


# Windows


def test_windows_are_of_ten_seconds_and_what_is_left_if_it_is_five(
    sample: Path, mixes: dict[str, Clip]
) -> None:
    found = defaultdict(list)
    for clip in mixes.values():
        song, start, end = place(clip)
        assert clip.id == f"{song}_mix-{int(start):03d}"
        found[song].append((start, end))
    for song, spans in found.items():
        end = float(table(sample, song, "segments")[-1][0])
        seconds = soundfile.info(sample / f"audio-mixes/{song}_mix.flac").duration
        assert end == pytest.approx(seconds, abs=1e-4)
        assert spans[0] == (0, 10)
        assert spans[1:] == ([(10, end)] if end >= 15 else []), song
    assert Counter(map(len, found.values())) == {1: 6, 2: 2}


@given(st.floats(0, 300))
def test_windows_follow_one_another_and_leave_less_than_the_shortest(end: float) -> None:
    found = windows(end, 10, 5)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert all(window.seconds == 10 for window in found[:-1])
    covered = found[-1].end if found else 0
    assert 0 <= end - covered < 5.000001
    assert all(5 <= window.seconds <= 10 for window in found)


def test_songs_are_in_one_split_each(whole: dict[str, Clip]) -> None:
    found = defaultdict(set)
    for clip in whole.values():
        found[clip.split].add(clip.id[:4])
    assert {split: sorted(songs) for split, songs in found.items()} == SONGS


def test_a_song_too_short_for_a_window_is_told_of(folder: Path) -> None:
    change(folder, "0192_segments.arff", "10.0,'end'", "4.9,'end'")
    assert rejects(folder) == [("0192", "too-short")] * 2


# Annotations of mixes


def test_the_closed_sets_are_24_keys_and_31_instruments_in_words() -> None:
    assert set(AAM.labels["key"]) == {f"{n} {m}" for n in NAMES for m in ("major", "minor")}
    assert len(AAM.labels["instruments"]) == 31
    assert {"electric guitar lead", "drums", "morin khuur", "alto sax"} < set(
        AAM.labels["instruments"]
    )


def test_key_and_tempo_are_those_of_the_only_section_or_none(
    sample: Path, mixes: dict[str, Clip]
) -> None:
    modes = {"maj": "major", "min": "minor"}
    for clip in mixes.values():
        song, start, end = place(clip)
        rows = table(sample, song, "segments")
        inside = [
            row for row, after in pairwise(rows) if float(row[0]) < end and float(after[0]) > start
        ]
        keys, tempi = {row[3] for row in inside}, {float(row[2]) for row in inside}
        assert clip.tempo == (tempi.pop() if len(tempi) == 1 else None)
        if len(keys) == 1:
            key = keys.pop()
            assert clip.key is not None
            assert clip.key.value == f"{key[:-3]} {modes[key[-3:]]}"
        else:
            assert clip.key is None
    assert [id for id, clip in mixes.items() if clip.key is None] == ["2602_mix-000"]


def test_key_and_tempo_change_apart(folder: Path) -> None:
    change(folder, "2602_segments.arff", "'B',96,'Dmin'", "'B',120,'Dmin'")
    clip = clips(folder)["2602_mix-000"]
    assert (clip.key, clip.tempo) == (None, 120.0)
    change(folder, "2602_segments.arff", "'B',120,'Dmin'", "'B',96,'Amin'")
    clip = clips(folder)["2602_mix-000"]
    assert clip.key is not None
    assert (clip.key.value, clip.tempo) == ("A minor", None)


def test_beats_are_sorted_once_each_and_count_from_the_window(
    sample: Path, mixes: dict[str, Clip]
) -> None:
    for clip in mixes.values():
        song, start, end = place(clip)
        rows = [row for row in table(sample, song, "beatinfo") if row[0] != "6.004000"]
        expected = [(float(t) - start, int(q)) for t, _, q, _ in rows if start <= float(t) < end]
        assert clip.beats is not None
        assert [beat.position for beat in clip.beats] == [position for _, position in expected]
        np.testing.assert_allclose(
            [b.time for b in clip.beats], [t for t, _ in expected], atol=1e-5
        )
    assert mixes["2602_mix-000"].beats is not None
    around = [(b.time, b.position) for b in mixes["2602_mix-000"].beats if 5 < b.time < 7]
    assert around == [(5.5, 4), (6.0, 1), (6.625, 2)]


def test_of_two_beats_at_a_time_the_one_further_down_is_kept(folder: Path) -> None:
    change(folder, "2602_beatinfo.arff", "\n6.004000,", "\n5.996000,")
    beats = clips(folder)["2602_mix-000"].beats
    assert beats is not None
    assert [(b.time, b.position) for b in beats if 5.9 < b.time < 6.1] == [(6.0, 1)]


def test_a_beat_that_rounds_to_the_end_of_a_window_is_in_the_next() -> None:
    beats = [Beat(9.996, 1), Beat(14.5, 2), Beat(19.99, 3)]
    assert Window(0, 10).beats(beats) == ()
    assert Window(10, 20).beats(beats) == (Beat(0.0, 1), Beat(4.5, 2), Beat(9.99, 3))


def test_chords_are_those_of_the_beats_without_gaps(sample: Path, mixes: dict[str, Clip]) -> None:
    unnamed = [id for id, clip in mixes.items() if clip.chords is None]
    assert unnamed == ["1014_mix-000"]
    for id in mixes.keys() - set(unnamed):
        song, start, end = place(mixes[id])
        chords = mixes[id].chords
        assert chords is not None
        assert chords[0].start == 0
        assert chords[-1].end == pytest.approx(end - start, abs=1e-5)
        assert all(a.end == b.start and a.label != b.label for a, b in pairwise(chords))
        for time, _, _, name in table(sample, song, "beatinfo"):
            at = float(time) - start + 0.01
            if 0 <= at < end - start and time != "6.004000":
                (label,) = [span.label for span in chords if span.start <= at < span.end]
                assert label == ("N" if name == "N.C." else f"{name[:-3]}:{name[-3:]}"), (id, time)
    assert mixes["0620_mix-000"].chords is not None
    assert mixes["0620_mix-000"].chords[0].label == "N"


def test_before_the_first_beat_there_is_no_chord(folder: Path) -> None:
    file = folder / "annotations/0192_beatinfo.arff"
    lines = [x for x in file.read_text("utf-8").split("\n") if not re.match(r"[01]\.\d", x)]
    file.write_text("\n".join(lines), encoding="utf-8")
    chords = clips(folder)["0192_mix-000"].chords
    assert chords is not None
    assert [(s.start, s.end, s.label) for s in chords[:2]] == [(0, 2, "N"), (2, 4, "C:maj")]


@given(
    st.lists(st.tuples(st.floats(0, 30), st.sampled_from("abc")), max_size=8),
    st.floats(0, 20),
)
def test_spans_fill_their_window(changes: list[tuple[float, str]], start: float) -> None:
    window, changes = Window(start, start + 10), [(0.0, "a"), *sorted(changes)]
    spans = window.spans(changes)
    assert spans[0].start == 0
    assert spans[-1].end == window.seconds
    assert all(a.end == b.start and a.label != b.label for a, b in pairwise(spans))
    assert min(span.end - span.start for span in spans) > 0.0099
    for time, after in pairwise([*changes, (30.0, "")]):
        middle = (time[0] + after[0]) / 2 - start
        if after[0] - time[0] > 0.03 and 0 <= middle < 10:
            (label,) = [span.label for span in spans if span.start <= middle < span.end]
            assert label == time[1]


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


def spaced(name: str) -> str:
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()


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
    sample: Path, mixes: dict[str, Clip]
) -> None:
    for clip in mixes.values():
        song, start, end = place(clip)
        cells = defaultdict(list)
        for cell in sounding(sample, song):
            cells[spaced(cell.instrument)].append(cell)
        assert clip.parts is not None
        assert clip.instruments is not None
        names = [part.instrument for part in clip.parts]
        assert list(clip.instruments.values) == sorted(names) == sorted(cells)
        for part in clip.parts:
            check_notes(part.notes, start, end, cells[part.instrument])


def test_an_instrument_that_is_silent_in_a_window_is_not_named(folder: Path) -> None:
    file = folder / "annotations/2602_onsets.arff"
    text = file.read_text("utf-8")
    # The guitar's column is the first; from shortly before the second window on it is empty.
    text = re.sub(r"^((?:9|1\d)\.\d+),'[^']*'", r"\1,'[]'", text, flags=re.MULTILINE)
    file.write_text(text, encoding="utf-8", newline="")
    found = clips(folder)
    assert found["2602_mix-000"].instruments is not None
    assert "acoustic guitar" in found["2602_mix-000"].instruments.values
    assert found["2602_mix-010"].instruments is not None
    assert found["2602_mix-010"].instruments.values == ("drums", "flute")


@pytest.mark.parametrize(("seconds", "named"), [(0.05, False), (0.11, True)])
def test_an_instrument_is_named_from_a_tenth_of_a_second_on(
    folder: Path, seconds: float, named: bool
) -> None:
    file = folder / "annotations/0192_onsets.arff"
    text = re.sub(r"(?m)'\[[+\d,]*\]'$", "'[]'", file.read_text("utf-8"))
    text = text.replace("\n2.125,", f"\n{2 + seconds},")
    text = re.sub(r"(?m)^(2\.0,.*)'\[\]'$", r"\1'[+60]'", text)
    file.write_text(text, encoding="utf-8", newline="")
    clip = clips(folder)["0192_mix-000"]
    assert clip.instruments is not None
    assert ("flute" in clip.instruments.values) == named
    # Its note is in the parts all the same: a beat of it is not clear.
    assert "flute" in {part.instrument for part in clip.parts or ()}


def test_drums_have_no_melody_even_if_one_of_them_sounds_at_a_time(folder: Path) -> None:
    for file in (folder / "annotations").glob("*_onsets.arff"):
        text = file.read_text("utf-8")
        file.write_text(re.sub(r",?\+?42", "", text), encoding="utf-8", newline="")
    found = clips(folder)
    drums = [part for part in found["0192_mix-000"].parts or () if part.instrument == "drums"]
    assert {note.pitch for part in drums for note in part.notes} == {36, 38}
    assert not [id for id in found if "Drums" in id]


def test_a_note_that_is_held_to_the_last_ends_with_the_song(folder: Path) -> None:
    file = folder / "annotations/0080_onsets.arff"
    text = file.read_text("utf-8")
    lines = text.split("\n")
    index = next(i for i, line in enumerate(lines) if line.startswith("6.857144,"))
    file.write_text("\n".join(lines[: index + 1]) + "\n", encoding="utf-8", newline="")
    notes = clips(folder)["0080_ElectricBass-000"].notes
    assert notes is not None
    assert notes[-1].onset == pytest.approx(6.857144)
    assert notes[-1].offset == 10


def test_windows_of_stems_are_those_with_one_note_at_a_time(
    sample: Path, whole: dict[str, Clip]
) -> None:
    found = {id: clip for id, clip in whole.items() if "_mix-" not in id}
    for clip in found.values():
        song, start, end = place(clip)
        name = clip.id[5:].split("-")[0]
        assert clip.audio.name == f"audio-multitracks/{song}_{name}.flac"
        filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
        assert filled == {"piece", "notes"}
        assert clip.notes is not None
        assert all(a.offset <= b.onset for a, b in pairwise(clip.notes))
        check_notes(
            clip.notes, start, end, [c for c in sounding(sample, song) if c.instrument == name]
        )
    names = Counter(id[5:].split("-")[0] for id in found)
    # Pads have chords, drums have no melody.
    assert names == {"Flute": 4, "Trumpet": 4, "OrganBass": 4, "ElectricBass": 2}


def test_one_chord_takes_a_window_of_a_stem_out_but_not_the_others(folder: Path) -> None:
    assert {"2602_Flute-000", "2602_Flute-010"} < clips(folder).keys()
    file = folder / "annotations/2602_onsets.arff"
    text = file.read_text("utf-8")
    file.write_text(re.sub(r"(?m)^(12\.25,.*'\[\+\d+)(\]')$", r"\1,+90\2", text), encoding="utf-8")
    assert file.read_text("utf-8") != text
    found = clips(folder)
    assert "2602_Flute-000" in found
    assert "2602_Flute-010" not in found


def test_notes_are_what_is_heard(whole: dict[str, Clip]) -> None:
    count = 0
    for clip in whole.values():
        if clip.notes is None:
            continue
        wave = audio.waveform(clip.audio)
        for note in clip.notes:
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


def test_stems_are_the_same_stretch_of_what_the_mix_is_made_of(mixes: dict[str, Clip]) -> None:
    for clip in mixes.values():
        assert clip.stems is not None
        assert [stem.role for stem in clip.stems] == ["stem1", "stem2", "stem3"]
        waves = [audio.waveform(stem.audio).samples for stem in clip.stems]
        mix = audio.waveform(clip.audio).samples
        np.testing.assert_allclose(sum(waves), mix, atol=1e-6)
        for stem in clip.stems:
            assert stem.instrument is not None
            name = stem.audio.name.split("_")[-1].removesuffix(".flac")
            assert stem.instrument.value == spaced(name)
            assert stem.instrument.options == AAM.labels["instruments"]


def test_without_stems_there_are_mixes_alone(folder: Path) -> None:
    expected = {id for id in clips(folder) if "_mix-" in id}
    shutil.rmtree(folder / "audio-multitracks")
    found = clips(folder)
    assert found.keys() == expected
    assert all(clip.stems is None for clip in found.values())
    shards = AAM.open(str(folder)).shards()
    assert {s.provides for split in shards.values() for s in split} == {
        AAM.provides - {"notes", "stems"}
    }


def test_a_stem_that_is_not_there_is_left_out_of_the_mix_and_missing_by_itself(
    folder: Path, whole: dict[str, Clip]
) -> None:
    (folder / "audio-multitracks/0192_Flute.flac").unlink()
    found = clips(folder)
    assert found["0192_mix-000"].stems is not None
    names = [stem.instrument.value for stem in found["0192_mix-000"].stems if stem.instrument]
    assert names == ["acoustic guitar", "drums"]
    assert found.keys() == whole.keys()
    with pytest.raises(Unusable, match=r"audio-missing.*audio-multitracks/0192_Flute\.flac"):
        audio.load(found["0192_Flute-000"].audio)


# Shards


def test_shards_say_what_their_clips_have(sample: Path) -> None:
    corpus = AAM.open(str(sample))
    for split, shards in corpus.shards().items():
        assert [shard.part[0].split()[0] for shard in shards] == ["mixes", "stems"]
        assert [shard.split for shard in shards] == [split] * 2
        for shard in shards:
            assert shard.provides is not None
            for clip in corpus.clips(shard):
                filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
                assert filled <= shard.provides
    assert corpus.shards()["train"][0].provides == AAM.provides - {"notes"}


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


def test_folders_may_bear_the_names_of_the_archives(folder: Path, whole: dict[str, Clip]) -> None:
    for name in ("annotations", "audio-mixes", "audio-multitracks"):
        archive = f"0001-1000-{name}" + ("-v1.1.0" if name == "annotations" else "")
        (folder / name).rename(folder / archive)
    found = clips(folder)
    assert found.keys() == whole.keys()
    assert found["0001_mix-000"].audio.name == "0001-1000-audio-mixes/0001_mix.flac"


def test_folders_may_lie_in_folders(folder: Path, whole: dict[str, Clip]) -> None:
    for name in ("annotations", "audio-mixes"):
        (folder / name).rename(folder / "part")
        (folder / name).mkdir()
        (folder / "part").rename(folder / name / "0001-1000.v1")
    found = clips(folder)
    assert found.keys() == whole.keys()
    assert found["0001_mix-000"].audio.name == "audio-mixes/0001-1000.v1/0001_mix.flac"


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
    assert found.keys() == {id for id in whole if "_mix-" in id}
    for id, clip in found.items():
        assert clip.audio.name == f"audio-mixes-mp3/{id[:4]}_mix{extension}"
        assert clip.chords == whole[id].chords
        seconds = audio.duration(whole[id].audio)
        assert audio.duration(clip.audio) == pytest.approx(seconds, abs=0.001)
    heard, true = (audio.waveform(c["0989_mix-000"].audio).samples[0] for c in (found, whole))
    assert np.corrcoef(heard, true)[0, 1] > 0.98


def test_a_mix_in_two_formats_is_taken_once(folder: Path, whole: dict[str, Clip]) -> None:
    shutil.copytree(folder / "audio-mixes", folder / "audio-mixes-mp3")
    for file in (folder / "audio-mixes-mp3").iterdir():
        file.rename(file.with_suffix(".mp3"))
    found = clips(folder)
    assert found.keys() == whole.keys()
    assert {clip.audio.name.rpartition(".")[2] for clip in found.values()} == {"flac"}


def test_a_mix_that_is_not_there_is_missed_where_the_others_are(folder: Path) -> None:
    (folder / "audio-mixes").rename(folder / "mixes")
    (folder / "mixes/0620_mix.flac").unlink()
    clip = clips(folder)["0620_mix-000"]
    assert clip.audio.name == "mixes/0620_mix.flac"
    with pytest.raises(Unusable, match="audio-missing"):
        audio.load(clip.audio)


# Annotations that are missing or not as published


def test_without_segments_a_song_is_told_of(folder: Path) -> None:
    (folder / "annotations/0192_segments.arff").unlink()
    assert rejects(folder) == [("0192", "annotation-missing")] * 2
    assert not [id for id in clips(folder) if id.startswith("0192")]


def test_without_beats_or_onsets_the_rest_is_there(folder: Path) -> None:
    (folder / "annotations/0192_beatinfo.arff").unlink()
    (folder / "annotations/0620_onsets.arff").unlink()
    # Windows of stems can not be without notes.
    assert rejects(folder) == [("0620", "annotation-missing")]
    found = clips(folder)
    assert (found["0192_mix-000"].beats, found["0192_mix-000"].chords) == (None, None)
    assert found["0192_mix-000"].parts is not None
    assert (found["0620_mix-000"].parts, found["0620_mix-000"].instruments) == (None, None)
    assert found["0620_mix-000"].beats is not None


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
    change(folder, f"0192_{kind}.arff", old, new)
    found = read(folder)
    told = [item for item in found if isinstance(item, Reject)]
    # Windows of stems need no beats.
    assert len(told) == (1 if kind == "beatinfo" else 2)
    for reject in told:
        assert (reject.clip, reject.reason) == ("0192", "malformed-annotation")
        assert f"annotations/0192_{kind}.arff" in reject.detail
    expected = {id for id in whole if not id.startswith("0192")}
    assert {c.id for c in found if isinstance(c, Clip) and c.id[:4] != "0192"} == expected


def test_an_instrument_that_is_none_of_the_31_is_told_of(folder: Path) -> None:
    change(folder, "0192_onsets.arff", "of Flute'", "of Kazoo'")
    assert rejects(folder) == [("0192", "unknown-label")] * 2


def test_a_table_that_is_not_utf_8_is_told_of(folder: Path) -> None:
    file = folder / "annotations/0192_onsets.arff"
    file.write_bytes(file.read_bytes() + b"% caf\xe9\n")
    assert rejects(folder) == [("0192", "malformed-annotation")] * 2


def test_a_table_cut_inside_a_row_is_told_of(folder: Path) -> None:
    file = folder / "annotations/0192_onsets.arff"
    data = file.read_bytes()
    last = data.rstrip(b"\n").rindex(b"\n") + 1
    for end in range(last + 1, len(data) - 1):
        file.write_bytes(data[:end])
        with pytest.raises(Unusable, match="malformed-annotation"):
            read_parts(Folder("aam", str(folder)), "annotations/0192_onsets.arff", 10.0)


def test_arff_may_have_comments_blank_lines_carriage_returns_and_no_data_line(
    tmp_path: Path,
) -> None:
    lines = ["% a comment", "@relation x", "", "@attribute time numeric", "@Attribute 'a b' STRING"]
    for data in ([], ["@DATA"], ["@data", "", "% more"]):
        rows = ["1.5,'[a,b]'", "001, plain "]
        (tmp_path / "x.arff").write_bytes("\r\n".join(lines + data + rows).encode("utf-8-sig"))
        relation = read_arff(Folder("aam", str(tmp_path)), "x.arff", ("time",))
        assert relation.columns == ("time", "a b")
        assert [list(row.values) for row in relation.rows] == [["1.5", "[a,b]"], ["001", "plain"]]
        assert relation.rows[0].line == 6 + len(data)


def test_files_of_other_names_are_nothing(folder: Path, whole: dict[str, Clip]) -> None:
    for name in ("audio-multitracks/0192_Demo.flac", "audio-mixes/cover.mp3", "notes.arff"):
        (folder / name).write_bytes(b"")
    assert clips(folder).keys() == whole.keys()
    assert rejects(folder) == []


def test_nothing_of_the_audio_is_opened(folder: Path, whole: dict[str, Clip]) -> None:
    for file in folder.rglob("*.flac"):
        file.write_bytes(b"")
    assert clips(folder).keys() == whole.keys()
