"""vocadito: two annotators who disagree, notes off the grid, recordings without words."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from audio_flan.corpora.music.vocadito import Vocadito
from audio_flan.errors import Unusable
from audio_flan.media import audio
from audio_flan.model.clip import ANNOTATIONS, Clip, Reject

NOTES = "Annotations/Notes/vocadito_{}_notes{}.csv"
LYRICS = "Annotations/Lyrics/vocadito_{}_lyrics.txt"


def read(folder: Path) -> list[Clip | Reject]:
    corpus = Vocadito.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> dict[str, Clip]:
    return {item.id: item for item in read(folder) if isinstance(item, Clip)}


def rejects(folder: Path) -> list[Reject]:
    return [item for item in read(folder) if isinstance(item, Reject)]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "vocadito", tmp_path / "root" / "vocadito")


def annotated(file: Path) -> list[tuple[float, float, float]]:
    """Onset, offset and MIDI number of each line, read apart from the reader under test."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [[float(value) for value in row] for row in csv.reader(lines) if row]
    return [(on, on + length, 69 + 12 * float(np.log2(hz / 440))) for on, hz, length in rows]


def assert_notes_are_those_of_the_files(clip: Clip, folder: Path) -> None:
    track = clip.id.removeprefix("vocadito_")
    first, second = (annotated(folder / NOTES.format(track, who)) for who in ("A1", "A2"))
    assert clip.notes is not None
    found = [(note.onset, note.offset, note.pitch) for note in clip.notes]
    np.testing.assert_allclose(found, first, atol=1e-6)
    agreed = [
        any(abs(on - other[0]) <= 0.05 and round(pitch) == round(other[2]) for other in second)
        for on, _, pitch in first
    ]
    assert [note.agreed for note in clip.notes] == agreed


def test_every_clip_has_singer_and_notes_and_all_but_one_have_words(folder: Path) -> None:
    found = clips(folder)
    assert len(found) == 6
    for clip in found.values():
        filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
        assert filled | {"lyrics"} == Vocadito.provides
    assert [id for id, clip in found.items() if clip.lyrics is None] == ["vocadito_5"]


def test_the_sample_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    assert b"\r\n" in (folder / NOTES.format(1, "A1")).read_bytes()
    assert b"\r\n\r\n" in (folder / LYRICS.format(1)).read_bytes()
    assert (folder / LYRICS.format(5)).read_bytes() == b""
    table = (folder / "vocadito_metadata.csv").read_text(encoding="utf-8")
    assert "\n5,S1,70,none\n" in table
    for track in range(1, 7):
        first, second = (annotated(folder / NOTES.format(track, who)) for who in ("A1", "A2"))
        assert first[1][2] + 1 == pytest.approx(second[1][2], abs=1e-3)
        assert first[-1][0] + 0.08 == pytest.approx(second[-1][0])
        assert any(abs(pitch - round(pitch)) > 0.1 for _, _, pitch in first)


def test_notes_are_those_of_the_first_annotator(folder: Path) -> None:
    for clip in clips(folder).values():
        assert_notes_are_those_of_the_files(clip, folder)


def test_notes_that_the_second_annotator_heard_otherwise_are_not_agreed(folder: Path) -> None:
    for clip in clips(folder).values():
        assert clip.notes is not None
        # The second note a semitone higher, the last one 80 ms later.
        expected = [index not in (1, len(clip.notes) - 1) for index in range(len(clip.notes))]
        assert [note.agreed for note in clip.notes] == expected


@pytest.mark.parametrize(("late", "agreed"), [(0.049, True), (0.051, False)])
def test_an_onset_agrees_within_50_ms(folder: Path, late: float, agreed: bool) -> None:
    (folder / NOTES.format(1, "A1")).write_bytes(b"0.5,440.0,0.5\r\n")
    (folder / NOTES.format(1, "A2")).write_bytes(f"{0.5 + late},440.0,0.5\r\n".encode())
    (note,) = clips(folder)["vocadito_1"].notes or ()
    assert (note.onset, note.offset, note.pitch, note.agreed) == (0.5, 1.0, 69.0, agreed)


def test_lyrics_are_a_line_per_phrase(folder: Path) -> None:
    found = clips(folder)
    assert found["vocadito_1"].lyrics == "row, row, row\nyour boat"
    assert found["vocadito_3"].lyrics == "月亮\n出来了"


def test_singers_stay_whole(folder: Path) -> None:
    found = clips(folder).values()
    splits = {clip.artist: {c.split for c in found if c.artist == clip.artist} for clip in found}
    assert {singer: len(split) for singer, split in splits.items()} == dict.fromkeys(splits, 1)
    assert {clip.artist for clip in found if clip.split == "test"} == {"S4"}


def test_a_copy_without_annotations_still_gives_its_recordings(folder: Path) -> None:
    shutil.rmtree(folder / "Annotations")
    found = clips(folder)
    assert len(found) == 6
    assert {(clip.notes, clip.lyrics) for clip in found.values()} == {(None, None)}
    assert not rejects(folder)


@pytest.mark.parametrize(
    ("file", "data"),
    [
        (NOTES.format(2, "A1"), b"0.5,440.0\r\n"),
        (NOTES.format(2, "A1"), b"0.5,C4,0.5\r\n"),
        (NOTES.format(2, "A1"), b"0.5,0,0.5\r\n"),
        (NOTES.format(2, "A1"), b"0.5,-440,0.5\r\n"),
        (NOTES.format(2, "A1"), b"0.5,440,-0.5\r\n"),
        (NOTES.format(2, "A1"), b"nan,440,0.5\r\n"),
        (NOTES.format(2, "A2"), b"0.5,1e9,0.5\r\n"),
        (NOTES.format(2, "A2"), b"0.5,inf,0.5\r\n"),
        (NOTES.format(2, "A1"), b"0.5,440.0,\xe9\r\n"),
        (LYRICS.format(2), b"\xe9t\xe9\r\n"),
    ],
)
def test_a_garbled_annotation_rejects_its_recording_and_no_other(
    folder: Path, file: str, data: bytes
) -> None:
    whole = clips(folder)
    (folder / file).write_bytes(data)
    (found,) = rejects(folder)
    assert found.clip == "vocadito_metadata.csv:3"
    assert file in found.detail
    assert clips(folder) == {id: clip for id, clip in whole.items() if id != "vocadito_2"}


@pytest.mark.parametrize("track", ["../../../outside", "/../../../outside", "..\\..\\..\\outside"])
def test_a_track_that_leaves_the_root_is_rejected(folder: Path, track: str) -> None:
    outside = folder.parents[1] / "outside.wav"
    shutil.copy(folder / "Audio" / "vocadito_1.wav", outside)
    (folder / "Audio" / "vocadito_").mkdir()
    with (folder / "vocadito_metadata.csv").open("a", encoding="utf-8") as file:
        file.write(f"{track},S1,60,English\n")
    (found,) = rejects(folder)
    assert (found.reason, found.clip) == ("path-outside-corpus", "vocadito_metadata.csv:8")
    assert len(clips(folder)) == 6


# The corpus itself


def test_real_notes_and_words_are_those_of_the_files(real: Path) -> None:
    folder = real / "vocadito"
    found = clips(folder)
    assert len(found) == 40
    clip = found["vocadito_1"]
    assert_notes_are_those_of_the_files(clip, folder)
    assert clip.artist == "S1"
    assert clip.notes is not None
    assert {note.agreed for note in clip.notes} == {True, False}
    words = (folder / LYRICS.format(1)).read_text(encoding="utf-8").split()
    assert clip.lyrics is not None
    assert clip.lyrics.split() == words
    loaded = audio.load(clip.audio, verify=True)
    assert loaded.data == (folder / "Audio" / "vocadito_1.wav").read_bytes()
    assert clip.notes[-1].offset <= loaded.seconds
    with pytest.raises(Unusable, match="audio-missing"):
        audio.load(found["vocadito_2"].audio)
