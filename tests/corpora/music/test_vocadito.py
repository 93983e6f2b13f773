"""vocadito: two annotators who disagree, notes off the grid, recordings without words."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import Quirk, all_of, append, read, remove, replace, said_by, write

from audio_flan.corpora.music.vocadito import Vocadito
from audio_flan.errors import Unusable
from audio_flan.media import audio
from audio_flan.model.clip import Clip, Reject

METADATA = "vocadito_metadata.csv"
NOTES = "Annotations/Notes/vocadito_{}_notes{}.csv"
LYRICS = "Annotations/Lyrics/vocadito_{}_lyrics.txt"


def note(onset: float, offset: float, pitch: float, agreed: bool) -> tuple[Any, ...]:
    """A note as a table states it: Hz in the files have three decimals."""
    return (*(pytest.approx(value, abs=1e-3) for value in (onset, offset, pitch)), agreed)


CLIPS = 6
SAYS = {
    "vocadito_1": {
        "artist": "S1",
        "split": "train",
        "file": "Audio/vocadito_1.wav",
        "lyrics": "row, row, row\nyour boat",
        # Annotator 2 has the second note a semitone higher, and the last one 80 ms later.
        "notes": (
            note(0.08, 0.58, 72, True),
            note(0.63, 1.13, 72.18, False),
            note(1.18, 1.53, 71.76, True),
            note(1.58, 1.83, 74.07, True),
            note(1.88, 2.48, 75.88, False),
        ),
    },
    "vocadito_2": {"artist": "S2", "split": "train", "lyrics": "au clair\nde la lune"},
    "vocadito_3": {"artist": "S3", "split": "train", "lyrics": "月亮\n出来了"},
    "vocadito_4": {"artist": "S4", "split": "test", "lyrics": "the rain\nfalls on\nthe hill"},
    "vocadito_5": {"artist": "S1", "split": "train", "lyrics": None},
    "vocadito_6": {"artist": "S3", "split": "train", "lyrics": "月亮\n出来了"},
}

GARBLED = [
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
]
OUTSIDE = ("../../../outside", "/../../../outside", "..\\..\\..\\outside")
QUIRKS = [
    *(
        Quirk(
            f"an onset {late} s late, with the tolerance of 50 ms",
            all_of(
                write(NOTES.format(1, "A1"), "0.5,440.0,0.5\r\n"),
                write(NOTES.format(1, "A2"), f"{0.5 + late},440.0,0.5\r\n"),
            ),
            says={"vocadito_1": {"notes": ((0.5, 1.0, 69.0, agreed),)}},
        )
        for late, agreed in ((0.049, True), (0.051, False))
    ),
    Quirk(
        "line ends and blank lines of annotations do not matter",
        all_of(
            replace(NOTES.format(1, "A1"), "\r\n", "\n\n"),
            replace(LYRICS.format(1), "\r\n\r\n", "\n"),
        ),
    ),
    Quirk(
        "a recording in the language none has no words, with or without a file",
        all_of(replace(METADATA, "\n5,S1,70,none\n", "\n5,S1,70,\n"), remove(LYRICS.format(5))),
    ),
    Quirk(
        "a copy without annotations has its recordings",
        remove("Annotations"),
        says={id: {"notes": None, "lyrics": None} for id in SAYS},
    ),
    *(
        Quirk(
            f"{data!r} in {file} rejects its recording and no other",
            write(file, data),
            rejects={f"{METADATA}:3": "malformed-annotation"},
            gone=("vocadito_2",),
        )
        for file, data in GARBLED
    ),
    Quirk(
        "a track that leaves the root is rejected",
        append(METADATA, *(f"{track},S1,60,English" for track in OUTSIDE)),
        rejects={f"{METADATA}:{8 + n}": "path-outside-corpus" for n in range(len(OUTSIDE))},
    ),
]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "vocadito", tmp_path / "root" / "vocadito")


@pytest.mark.parametrize(("file", "data"), GARBLED)
def test_the_reject_of_a_garbled_annotation_names_its_file(
    folder: Path, file: str, data: bytes
) -> None:
    (folder / file).write_bytes(data)
    corpus = Vocadito.open(str(folder))
    items = [item for shard in corpus.shards()["train"] for item in corpus.clips(shard)]
    (reject,) = [item for item in items if isinstance(item, Reject)]
    assert file in reject.detail


# Notes against the files, read apart from the reader under test


def annotated(file: Path) -> list[tuple[float, float, float]]:
    """Onset, offset and MIDI number of each line."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [[float(value) for value in row] for row in csv.reader(lines) if row]
    return [(on, on + length, 69 + 12 * float(np.log2(hz / 440))) for on, hz, length in rows]


def assert_notes_are_those_of_the_files(notes: Any, track: str, folder: Path) -> None:
    first, second = (annotated(folder / NOTES.format(track, who)) for who in ("A1", "A2"))
    np.testing.assert_allclose([note[:3] for note in notes], first, atol=1e-6)
    agreed = [
        any(abs(on - other[0]) <= 0.05 and round(pitch) == round(other[2]) for other in second)
        for on, _, pitch in first
    ]
    assert [note[3] for note in notes] == agreed


def test_notes_are_those_of_the_first_annotator(miniatures: Path) -> None:
    clips, _ = read(Vocadito, miniatures / "vocadito")
    for id, says in clips.items():
        track = id.removeprefix("vocadito_")
        assert_notes_are_those_of_the_files(says["notes"], track, miniatures / "vocadito")
        # In each track annotator 2 has the second note and the last one otherwise.
        last = len(says["notes"]) - 1
        assert [note[3] for note in says["notes"]] == [n not in (1, last) for n in range(last + 1)]
        # Notes lie off the tempered grid.
        assert any(abs(note[2] - round(note[2])) > 0.1 for note in says["notes"])


def test_real_notes_and_words_are_those_of_the_files(real: Path) -> None:
    folder = real / "vocadito"
    corpus = Vocadito.open(str(folder))
    shards = [shard for found in corpus.shards().values() for shard in found]
    items = [item for shard in shards for item in corpus.clips(shard)]
    found = {item.id: item for item in items if isinstance(item, Clip)}
    assert len(found) == len(items) == 40
    clip, says = found["vocadito_1"], said_by(found["vocadito_1"])
    assert_notes_are_those_of_the_files(says["notes"], "1", folder)
    assert {note[3] for note in says["notes"]} == {True, False}
    assert says["artist"] == "S1"
    words = (folder / LYRICS.format(1)).read_text(encoding="utf-8").split()
    assert says["lyrics"].split() == words
    loaded = audio.load(clip.audio, verify=True)
    assert loaded.data == (folder / "Audio" / "vocadito_1.wav").read_bytes()
    assert says["notes"][-1][1] <= loaded.seconds
    with pytest.raises(Unusable, match="audio-missing"):
        audio.load(found["vocadito_2"].audio)
