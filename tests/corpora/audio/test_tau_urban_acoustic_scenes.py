"""TAU Urban Acoustic Scenes 2022: tables of tabs called csv, archives in parts, devices."""

from __future__ import annotations

import shutil
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import fsspec
import pytest
from cases import Quirk, append

from audio_flan.corpora import corpus_class
from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.find import find_corpora
from audio_flan.errors import Unusable
from audio_flan.media import audio
from audio_flan.model.clip import Clip

NAME = "TAU-urban-acoustic-scenes-2022-mobile-development"
TRAIN, TEST = "evaluation_setup/fold1_train.csv", "evaluation_setup/fold1_evaluate.csv"

# Ten recordings lie in the folder; park-lisbon-1009-40009-9-s4 is in no list, so in no split.
CLIPS = 9
SAYS = {
    "airport-lisbon-1000-40000-0-a": {
        "scene": "airport",
        "device": "a",
        "split": "train",
        "file": "audio/airport-lisbon-1000-40000-0-a.wav",
    },
    "shopping_mall-vienna-1001-40001-1-a": {"scene": "shopping mall"},
    "street_traffic-paris-1005-40005-5-a": {"scene": "street with medium traffic"},
    "tram-lisbon-1006-40006-6-s4": {"scene": "inside a tram", "device": "s4", "split": "test"},
    "metro-paris-1008-40008-8-s4": {"scene": "inside a metro train"},
}
OTHER_EDITIONS = (
    "audio/bus.wav",
    "bus-vienna-1-2-3-a.wav",
    "audio/bus-vienna-1-2-a.wav",
    "audio/",
    "audio/street_traffic2-vienna-1-2-3-a.wav",
)
QUIRKS = [
    Quirk(
        "a label that the file name denies is rejected",
        append(TRAIN, "audio/bus-vienna-1-2-3-a.wav\ttram"),
        rejects={f"{TRAIN}:8": "label-mismatch"},
    ),
    Quirk(
        "a scene that is none of the ten is rejected",
        append(TRAIN, "audio/beach-vienna-1-2-3-a.wav\tbeach"),
        rejects={f"{TRAIN}:8": "unknown-label"},
    ),
    *(
        Quirk(
            f"{file}, a file name of another edition, is rejected",
            append(TRAIN, f"{file}\tbus"),
            rejects={f"{TRAIN}:8": "malformed-line"},
        )
        for file in OTHER_EDITIONS
    ),
]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / NAME, tmp_path / "root" / NAME)


def opened(folder: Path) -> Corpus:
    return corpus_class("tau_urban_acoustic_scenes").open(str(folder))


def clips(folder: Path) -> list[Clip]:
    shards = [shard for found in opened(folder).shards().values() for shard in found]
    items = [item for shard in shards for item in opened(folder).clips(shard)]
    return [item for item in items if isinstance(item, Clip)]


def test_recordings_have_24_bits(folder: Path) -> None:
    assert {audio.probe(clip.audio).bits for clip in clips(folder)} == {24}


# The publisher's archives


def zip_parts(folder: Path, target: Path) -> None:
    """The archives as Zenodo has them: lists, and recordings over several parts."""
    target.mkdir(parents=True)
    parts: dict[str, list[Path]] = {"doc": [], "meta": [], "audio.1": [], "audio.2": []}
    for index, file in enumerate(sorted(p for p in folder.rglob("*") if p.is_file())):
        part = f"audio.{1 + index % 2}" if file.suffix == ".wav" else "meta"
        parts[part].append(file)
    assert all(parts[part] for part in ("meta", "audio.1", "audio.2"))
    for part, files in parts.items():
        with ZipFile(target / f"{NAME}.{part}.zip", "w", ZIP_DEFLATED) as archive:
            archive.writestr(f"{NAME}/README.md", "part")
            for file in files:
                archive.write(file, f"{NAME}/{file.relative_to(folder).as_posix()}")


def loaded(corpus: Corpus) -> list[tuple[str, str, str, bytes]]:
    shards = [shard for found in corpus.shards().values() for shard in found]
    items = [item for shard in shards for item in corpus.clips(shard)]
    found = [item for item in items if isinstance(item, Clip)]
    return [(c.id, c.split, c.audio.name, audio.load(c.audio).data) for c in found]


@pytest.mark.parametrize("inside", ["", NAME, "tau_urban_acoustic_scenes"])
def test_archives_in_parts_are_read_in_place(folder: Path, tmp_path: Path, inside: str) -> None:
    zip_parts(folder, tmp_path / "archives" / inside)
    (found,) = find_corpora(str(tmp_path / "archives"))
    assert loaded(found) == loaded(opened(folder))


def test_archives_in_parts_are_read_at_a_url(folder: Path, tmp_path: Path) -> None:
    zip_parts(folder, tmp_path / "archives")
    url = f"memory://{tmp_path.name}"
    for file in (tmp_path / "archives").iterdir():
        with fsspec.open(f"{url}/{file.name}", "wb") as target:
            target.write(file.read_bytes())
    (found,) = find_corpora(url)
    assert loaded(found) == loaded(opened(folder))
    fsspec.filesystem("memory").rm(f"/{tmp_path.name}", recursive=True)


def test_an_archive_that_is_not_there_makes_its_recordings_missing(
    folder: Path, tmp_path: Path
) -> None:
    zip_parts(folder, tmp_path / "archives")
    (tmp_path / "archives" / f"{NAME}.audio.2.zip").unlink()
    found = clips(tmp_path / "archives")
    assert len(found) == 9
    reasons = set()
    for clip in found:
        try:
            audio.load(clip.audio)
            reasons.add("")
        except Unusable as error:
            reasons.add(error.reason)
    assert reasons == {"", "audio-missing"}


def test_lists_unpacked_next_to_packed_recordings_are_one_corpus(
    folder: Path, tmp_path: Path
) -> None:
    expected = loaded(opened(folder))
    target = tmp_path / "mixed" / NAME
    zip_parts(folder, target)
    (target / f"{NAME}.meta.zip").unlink()
    shutil.copytree(folder / "evaluation_setup", target / "evaluation_setup")
    (found,) = find_corpora(str(tmp_path / "mixed"))
    assert loaded(found) == expected
