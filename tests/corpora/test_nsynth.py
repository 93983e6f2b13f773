"""NSynth: three folders of which any will do, JSON in one long line, names read from the right."""

from __future__ import annotations

import json
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.find import find_corpora
from audio_flan.corpora.music.nsynth import FAMILIES, NSynth, records
from audio_flan.corpora.music.nsynth.miniature import NOTES
from audio_flan.corpora.read.folder import Folder
from audio_flan.errors import CorpusLayoutError, RootError, Unusable
from audio_flan.media import audio
from audio_flan.miniatures.bank import load_bank
from audio_flan.model.clip import Clip, Reject

PARTS = {"train": "nsynth-train", "validation": "nsynth-valid", "test": "nsynth-test"}
TEST = "nsynth-test/examples.json"
NAME = "flute_acoustic_077-079-050"


def read_corpus(corpus: Corpus) -> list[Clip | Reject]:
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def read(folder: Path) -> list[Clip | Reject]:
    return read_corpus(NSynth.open(str(folder)))


def clips(folder: Path) -> dict[str, Clip]:
    return {item.id: item for item in read(folder) if isinstance(item, Clip)}


def rejects(folder: Path) -> list[Reject]:
    return [item for item in read(folder) if isinstance(item, Reject)]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "nsynth", tmp_path / "root" / "nsynth")


def change(folder: Path, changed: Callable[[dict[str, Any]], None], file: str = TEST) -> None:
    """Change the object of a file."""
    notes = json.loads((folder / file).read_text(encoding="utf-8"))
    changed(notes)
    (folder / file).write_text(json.dumps(notes), encoding="utf-8")


# What it reads


def test_the_sample_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    found = clips(folder)
    instruments = {
        split: {clip.id.rsplit("-", 2)[0] for clip in found.values() if clip.split == split}
        for split in PARTS
    }
    assert not instruments["train"] & (instruments["validation"] | instruments["test"])
    assert instruments["validation"] & instruments["test"]
    assert [id for id in found if "synth_lead" in id] == ["synth_lead_synthetic_011-060-100"]
    for part in PARTS.values():
        text = (folder / part / "examples.json").read_text(encoding="utf-8")
        assert "\n" not in text
        for name, record in json.loads(text).items():
            assert record["note_str"] == name
            assert FAMILIES[record["instrument_family"]] == record["instrument_family_str"]


def test_pitch_and_family_of_every_note(folder: Path) -> None:
    bank = {entry.id: entry for entry in load_bank().notes}
    expected = {name: bank[entry] for notes in NOTES.values() for name, (entry, _) in notes.items()}
    found = clips(folder)
    assert list(found) == list(expected)
    for name, clip in found.items():
        assert clip.pitch == expected[name].pitch
        assert clip.instrument is not None
        told = expected[name].family if "synth_lead" not in name else "synth lead"
        assert clip.instrument.value == told
        # With the blank of "synth lead", eleven families.
        assert len(clip.instrument.options) == 11


def test_a_family_with_an_underscore_is_read_from_the_right(folder: Path) -> None:
    clip = clips(folder)["synth_lead_synthetic_011-060-100"]
    assert (clip.pitch, clip.split) == (60, "train")
    assert clip.instrument is not None
    assert clip.instrument.value == "synth lead"


# Where it lies


@pytest.mark.parametrize("split", PARTS)
def test_a_copy_of_one_split_is_enough(folder: Path, split: str) -> None:
    expected = [clip for clip in clips(folder).values() if clip.split == split]
    for other in PARTS.keys() - {split}:
        shutil.rmtree(folder / PARTS[other])
    for place in (folder, folder.parent):
        corpus = NSynth.open(str(place))
        assert list(corpus.shards()) == [split]
        assert read_corpus(corpus) == expected
    (found,) = find_corpora(str(folder.parent))
    assert read_corpus(found) == expected


@pytest.mark.parametrize("kept", [["train", "validation", "test"], ["test"]])
def test_the_root_itself_may_hold_the_three_folders(
    folder: Path, tmp_path: Path, kept: list[str]
) -> None:
    expected = [clip for clip in clips(folder).values() if clip.split in kept]
    root = tmp_path / "all corpora"
    root.mkdir()
    for split in kept:
        shutil.copytree(folder / PARTS[split], root / PARTS[split])
    (found,) = find_corpora(str(root))
    for corpus in (found, NSynth.open(str(root))):
        assert list(corpus.shards()) == kept
        assert [c.id for c in read_corpus(corpus) if isinstance(c, Clip)] == [
            clip.id for clip in expected
        ]
        for clip in read_corpus(corpus):
            assert isinstance(clip, Clip)
            assert audio.load(clip.audio).seconds == 1.6


def test_a_partial_copy_in_an_archive(folder: Path) -> None:
    expected = [clip.id for clip in clips(folder).values() if clip.split == "test"]
    with ZipFile(folder.parent / "nsynth.zip", "w") as packed:
        for file in (folder / "nsynth-test").rglob("*.*"):
            packed.write(file, f"nsynth/{file.relative_to(folder)}")
    shutil.rmtree(folder)
    for place in (folder.parent, folder.parent / "nsynth.zip"):
        assert list(clips(place)) == expected


@pytest.mark.parametrize("split", PARTS)
def test_a_split_without_metadata_is_not_taken_for_a_partial_copy(folder: Path, split: str) -> None:
    (folder / PARTS[split] / "examples.json").unlink()
    for search in (NSynth.find, NSynth.open):
        with pytest.raises(CorpusLayoutError, match=f"without {PARTS[split]}/examples.json"):
            search(str(folder.parent))


def test_a_root_without_it_has_none(tmp_path: Path) -> None:
    assert NSynth.find(str(tmp_path)) is None
    with pytest.raises(RootError):
        find_corpora(str(tmp_path))


# Records that can not be used


def put(field: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda notes: notes[NAME].update({field: value})


def only_reject(folder: Path, whole: dict[str, Clip]) -> Reject:
    """The one reject, after a check that all notes but its own are as they were."""
    (found,) = rejects(folder)
    assert clips(folder) == {id: clip for id, clip in whole.items() if id != found.clip}
    return found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pitch", 78),
        ("pitch", "79"),
        ("pitch", 79.0),
        ("pitch", None),
        ("velocity", 51),
        ("note_str", "flute_acoustic_077-078-050"),
        ("instrument_str", "flute_acoustic_078"),
        ("instrument_family_str", "organ"),
        ("instrument_family_str", ["flute"]),
    ],
)
def test_a_record_at_odds_with_its_name_is_rejected(folder: Path, field: str, value: Any) -> None:
    whole = clips(folder)
    change(folder, put(field, value))
    found = only_reject(folder, whole)
    assert (found.clip, found.reason) == (NAME, "label-mismatch")
    assert field in found.detail


def test_true_is_no_number(folder: Path) -> None:
    record = json.loads((folder / TEST).read_text())[NAME]
    name = "flute_acoustic_077-001-050"
    told = {**record, "note_str": name, "pitch": True}
    change(folder, lambda notes: notes.update({name: told}))
    assert [(r.clip, r.reason) for r in rejects(folder)] == [(name, "label-mismatch")]


@pytest.mark.parametrize("record", [None, 79, "flute", [], {}, {"pitch": 79}])
def test_a_record_that_is_none_is_rejected(folder: Path, record: Any) -> None:
    whole = clips(folder)
    change(folder, lambda notes: notes.update({NAME: record}))
    found = only_reject(folder, whole)
    assert (found.clip, found.reason) == (NAME, "malformed-record")
    assert TEST in found.detail


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "malformed-record"),
        ("flute", "malformed-record"),
        ("flute_acoustic_077-79-050", "malformed-record"),
        ("flute_acoustic_077-079-050\n", "malformed-record"),
        ("flute_acoustic_077-079-٠٥٠", "malformed-record"),
        ("flute_acoustic_077-128-050", "malformed-record"),
        ("sub/flute_acoustic_077-079-050", "malformed-record"),
        ("\ud800_acoustic_077-079-050", "malformed-record"),
        ("kazoo_acoustic_077-079-050", "unknown-label"),
        ("synth_acoustic_077-079-050", "unknown-label"),
        ("../../../outside", "path-outside-corpus"),
        ("flute\0_acoustic_077-079-050", "path-outside-corpus"),
    ],
)
def test_a_name_that_is_none_is_rejected(folder: Path, name: str, reason: str) -> None:
    whole = clips(folder)

    def renamed(notes: dict[str, Any]) -> None:
        instrument = name.rsplit("-", 2)[0]
        family = instrument.rsplit("_", 2)[0]
        told = {"note_str": name, "instrument_str": instrument, "instrument_family_str": family}
        notes[name] = {**notes[NAME], **told}

    change(folder, renamed)
    (found,) = rejects(folder)
    assert found.reason == reason
    assert clips(folder) == whole
    for text in (found.clip, found.detail):
        assert text.encode("utf-8").strip()


def test_a_recording_that_is_not_there_is_told_of_when_it_is_read(folder: Path) -> None:
    (folder / "nsynth-test/audio" / f"{NAME}.wav").unlink()
    with pytest.raises(Unusable) as caught:
        audio.load(clips(folder)[NAME].audio)
    assert caught.value.reason == "audio-missing"


# Files that are not as published


def test_a_file_cut_anywhere_is_told(folder: Path) -> None:
    data = (folder / TEST).read_bytes()
    for end in range(len(data)):
        (folder / TEST).write_bytes(data[:end])
        with pytest.raises(CorpusLayoutError) as caught:
            read(folder)
        assert f"{TEST} as one whole JSON object" in str(caught.value)
        assert str(folder) in str(caught.value)
        assert "cut off?" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "[]",
        "12",
        '"text"',
        "null",
        "<html><body>404</body></html>",
        "{1: 2}",
        '{"a" 1}',
        '{"a": 1,}',
        '{"a": 1 "b": 2}',
        '{"a": {}} {"b": {}}',
        '{"a": {}}, "b"',
        '{"a": ' + 100_000 * "[",
        '{"a": ' + 10_000 * "1" + "}",
        '{"a": "' + 200_000 * "b" + '"}',
    ],
)
def test_text_that_is_no_object_is_told(folder: Path, text: str) -> None:
    (folder / TEST).write_text(text, encoding="utf-8")
    with pytest.raises(CorpusLayoutError, match="as one whole JSON object; found ") as caught:
        read(folder)
    assert len(str(caught.value)) < 500


def test_a_byte_that_is_not_utf_8_is_told_with_its_line(folder: Path) -> None:
    data = (folder / TEST).read_bytes()
    for broken, line in (
        (data + b"\xe9", 1),
        (data.replace(b"flute", b"fl\xfcte", 1), 1),
        (data.replace(b", ", b",\n", 2).replace(b"organ", b"\xff", 1), 3),
    ):
        (folder / TEST).write_bytes(broken)
        with pytest.raises(CorpusLayoutError, match=f"in UTF-8; found byte .* in line {line}"):
            read(folder)


@pytest.mark.parametrize("indent", [None, 0, 2])
def test_white_space_and_a_byte_order_mark_do_not_matter(folder: Path, indent: int | None) -> None:
    whole = read(folder)
    notes = json.loads((folder / TEST).read_text(encoding="utf-8"))
    text = f"\ufeff \n{json.dumps(notes, indent=indent)}\r\n "
    (folder / TEST).write_text(text, encoding="utf-8", newline="")
    assert read(folder) == whole


def test_an_empty_object_has_no_notes(folder: Path) -> None:
    (folder / TEST).write_text("{}", encoding="utf-8")
    assert not [item for item in read(folder) if isinstance(item, Reject) or item.split == "test"]


def test_a_long_file_is_read_in_constant_memory(tmp_path: Path) -> None:
    record = {"qualities_str": ["brïght", "}", '"'], "pitch": 60, "nested": {"a": [{}, {}]}}
    expected = {f"note {number:06d} é": record for number in range(100_000)}
    (tmp_path / "long.json").write_text(json.dumps(expected, ensure_ascii=False), encoding="utf-8")
    assert (tmp_path / "long.json").stat().st_size > 9_000_000
    found = records(Folder("nsynth", str(tmp_path)), "long.json")
    tracemalloc.start()
    try:
        names = iter(expected)
        for name, value in found:
            assert name == next(names)
            assert value == record
        assert next(names, None) is None
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000
