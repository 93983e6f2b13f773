"""TAU Urban Acoustic Scenes 2022: tables of tabs called csv, archives in parts, devices."""

from __future__ import annotations

import shutil
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import fsspec
import pytest

from audio_flan.corpora.audio.tau_urban_acoustic_scenes import SCENES, TauUrbanAcousticScenes
from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.find import find_corpora
from audio_flan.errors import Unusable
from audio_flan.media import audio
from audio_flan.model.clip import ANNOTATIONS, Clip, Reject

NAME = "TAU-urban-acoustic-scenes-2022-mobile-development"
TRAIN, TEST = "evaluation_setup/fold1_train.csv", "evaluation_setup/fold1_evaluate.csv"


def read(corpus: Corpus) -> list[Clip | Reject]:
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> list[Clip]:
    found = read(TauUrbanAcousticScenes.open(str(folder)))
    return [item for item in found if isinstance(item, Clip)]


def rejects(folder: Path) -> list[Reject]:
    found = read(TauUrbanAcousticScenes.open(str(folder)))
    return [item for item in found if isinstance(item, Reject)]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / NAME, tmp_path / "root" / NAME)


def add_line(folder: Path, line: str, file: str = TRAIN) -> None:
    with (folder / file).open("a", encoding="utf-8", newline="") as target:
        target.write(f"{line}\n")


def test_every_clip_has_every_annotation(folder: Path) -> None:
    found = clips(folder)
    assert len(found) == 9
    for clip in found:
        filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
        assert filled == TauUrbanAcousticScenes.provides


def test_the_sample_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    for file in (TRAIN, TEST):
        lines = (folder / file).read_text(encoding="utf-8").split("\n")
        assert lines[0] == "filename\tscene_label"
        assert all("," not in line for line in lines)
    unlabelled = (folder / "evaluation_setup/fold1_test.csv").read_text(encoding="utf-8")
    assert "\t" not in unlabelled


def test_scenes_and_devices_are_those_of_the_file_names_in_words(folder: Path) -> None:
    for clip in clips(folder):
        scene, _city, _location, _segment, _second, device = clip.id.split("-")
        assert clip.scene is not None
        assert clip.device is not None
        assert (clip.scene.value, clip.device.value) == (SCENES[scene], device)
        assert "_" not in clip.scene.value
        assert audio.probe(clip.audio).bits == 24


def test_devices_s4_to_s6_are_in_the_test_part_only(folder: Path) -> None:
    devices = {
        split: {clip.device.value for clip in clips(folder) if clip.device and clip.split == split}
        for split in ("train", "test")
    }
    assert devices == {"train": {"a"}, "test": {"s4"}}


def test_a_recording_that_is_in_no_list_is_in_no_split(folder: Path) -> None:
    recordings = {file.stem for file in (folder / "audio").iterdir()}
    unlisted = "park-lisbon-1009-40009-9-s4"
    assert unlisted in (folder / "meta.csv").read_text(encoding="utf-8")
    assert recordings - {clip.id for clip in clips(folder)} == {unlisted}


def test_a_label_that_the_file_name_denies_is_rejected(folder: Path) -> None:
    add_line(folder, "audio/bus-vienna-1-2-3-a.wav\ttram")
    (found,) = rejects(folder)
    assert (found.reason, found.clip) == ("label-mismatch", f"{TRAIN}:8")


@pytest.mark.parametrize("scene", ["beach", "street_traffic2"])
def test_a_scene_that_is_none_of_the_ten_is_rejected(folder: Path, scene: str) -> None:
    add_line(folder, f"audio/{scene}-vienna-1-2-3-a.wav\t{scene}")
    assert [found.reason for found in rejects(folder)] in [["unknown-label"], ["malformed-line"]]


@pytest.mark.parametrize(
    "file", ["audio/bus.wav", "bus-vienna-1-2-3-a.wav", "audio/bus-vienna-1-2-a.wav", "audio/"]
)
def test_a_file_name_of_another_edition_is_rejected(folder: Path, file: str) -> None:
    add_line(folder, f"{file}\tbus")
    assert [(found.reason, found.clip) for found in rejects(folder)] == [
        ("malformed-line", f"{TRAIN}:8")
    ]


@pytest.mark.parametrize("file", [TRAIN, TEST])
def test_a_table_cut_inside_its_last_line_loses_that_line_only(folder: Path, file: str) -> None:
    whole = clips(folder)
    data = (folder / file).read_bytes()
    start = data.rstrip(b"\n").rindex(b"\n") + 1
    last = data[start:].decode().split(".")[0].removeprefix("audio/")
    # Up to the last letter of the label; a cut after that leaves the whole line.
    for end in range(start + 1, len(data) - 1):
        (folder / file).write_bytes(data[:end])
        (cut,) = rejects(folder)
        assert cut.clip == f"{file}:{data.count(chr(10).encode())}", end
        assert clips(folder) == [clip for clip in whole if clip.id != last]


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
    found = [item for item in read(corpus) if isinstance(item, Clip)]
    return [(c.id, c.split, c.audio.name, audio.load(c.audio).data) for c in found]


@pytest.mark.parametrize("inside", ["", NAME, "tau_urban_acoustic_scenes"])
def test_archives_in_parts_are_read_in_place(folder: Path, tmp_path: Path, inside: str) -> None:
    zip_parts(folder, tmp_path / "archives" / inside)
    (found,) = find_corpora(str(tmp_path / "archives"))
    assert loaded(found) == loaded(TauUrbanAcousticScenes.open(str(folder)))


def test_archives_in_parts_are_read_at_a_url(folder: Path, tmp_path: Path) -> None:
    zip_parts(folder, tmp_path / "archives")
    url = f"memory://{tmp_path.name}"
    for file in (tmp_path / "archives").iterdir():
        with fsspec.open(f"{url}/{file.name}", "wb") as target:
            target.write(file.read_bytes())
    (found,) = find_corpora(url)
    assert loaded(found) == loaded(TauUrbanAcousticScenes.open(str(folder)))
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
    expected = loaded(TauUrbanAcousticScenes.open(str(folder)))
    target = tmp_path / "mixed" / NAME
    zip_parts(folder, target)
    (target / f"{NAME}.meta.zip").unlink()
    shutil.copytree(folder / "evaluation_setup", target / "evaluation_setup")
    (found,) = find_corpora(str(tmp_path / "mixed"))
    assert loaded(found) == expected


# Paths that leave the corpus


@pytest.fixture
def outside(folder: Path) -> Path:
    """A real recording next to the root."""
    target = folder.parents[1] / "outside.wav"
    shutil.move(folder / "audio" / "airport-lisbon-1000-40000-0-a.wav", target)
    return target


@pytest.mark.parametrize(
    "file",
    [
        "../../outside.wav",
        "audio/../../../outside.wav",
        "..\\..\\outside.wav",
        "audio\\..\\..\\..\\outside.wav",
        "{}",
        "file://{}",
        "memory://outside.wav",
        "C:\\outside.wav",
        "c:outside.wav",
        "\\\\server\\share\\outside.wav",
        "../../../etc/passwd",
        "/etc/passwd",
        "..",
        "",
    ],
)
def test_a_file_that_leaves_the_root_is_rejected(folder: Path, outside: Path, file: str) -> None:
    secret = outside.read_bytes()
    add_line(folder, f"{file.format(outside)}\tairport")
    (found,) = rejects(folder)
    assert (found.reason, found.clip) == ("path-outside-corpus", f"{TRAIN}:8")
    kept = clips(folder)
    assert len(kept) == 9
    for clip in kept:
        try:
            assert audio.load(clip.audio).data != secret
        except Unusable as error:
            assert error.reason == "audio-missing"
