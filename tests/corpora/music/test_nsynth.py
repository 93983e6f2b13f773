"""NSynth: three folders of which any will do, JSON in one long line, names read from the right."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from cases import Edit, Quirk, remove, write

from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.find import find_corpora
from audio_flan.corpora.music.nsynth import NSynth
from audio_flan.corpora.music.nsynth.miniature import FAMILIES, NOTES
from audio_flan.errors import CorpusLayoutError, RootError
from audio_flan.media import audio
from audio_flan.miniatures.bank import load_bank
from audio_flan.model.clip import Clip

PARTS = {"train": "nsynth-train", "validation": "nsynth-valid", "test": "nsynth-test"}
TEST = "nsynth-test/examples.json"
NOTE = "flute_acoustic_077-079-050"
OTHERS = ("organ_electronic_104-060-127", "mallet_acoustic_056-072-100")
"""The other notes of the test part."""


def says(split: str, pitch: int, family: str) -> dict[str, Any]:
    """All that a clip says, but for its file."""
    return {"split": split, "pitch": pitch, "instrument": family, "instruments": (family,)}


CLIPS = 13
SAYS = {
    "guitar_acoustic_010-052-100": says("train", 52, "guitar"),
    "guitar_acoustic_010-060-100": says("train", 60, "guitar"),
    "flute_acoustic_002-060-075": says("train", 60, "flute"),
    "organ_electronic_007-048-127": says("train", 48, "organ"),
    "mallet_acoustic_047-060-050": says("train", 60, "mallet"),
    # Read from the right, as the family has an underscore itself; in train only.
    "synth_lead_synthetic_011-060-100": says("train", 60, "synth lead"),
    "guitar_acoustic_015-064-025": says("validation", 64, "guitar"),
    "brass_acoustic_006-055-075": says("validation", 55, "brass"),
    "brass_acoustic_006-060-075": says("validation", 60, "brass"),
    # This instrument is in two splits.
    "flute_acoustic_077-072-050": says("validation", 72, "flute"),
    NOTE: {**says("test", 79, "flute"), "file": f"nsynth-test/audio/{NOTE}.wav"},
    "organ_electronic_104-060-127": says("test", 60, "organ"),
    "mallet_acoustic_056-072-100": says("test", 72, "mallet"),
}


def changed(change: Callable[[dict[str, Any]], object]) -> Edit:
    """Change the object of the test part."""

    def edit(folder: Path) -> None:
        notes = json.loads((folder / TEST).read_text(encoding="utf-8"))
        change(notes)
        (folder / TEST).write_text(json.dumps(notes), encoding="utf-8")

    return edit


def told(field: str, value: Any) -> Edit:
    """Put another value into the record of a note."""
    return changed(lambda notes: notes[NOTE].update({field: value}))


def named(name: str, **values: Any) -> Edit:
    """Add a copy of a record that agrees with another name."""
    instrument = name.rsplit("-", 2)[0]
    family = instrument.rsplit("_", 2)[0]
    told = {"note_str": name, "instrument_str": instrument, "instrument_family_str": family}
    return changed(lambda notes: notes.update({name: {**notes[NOTE], **told, **values}}))


QUIRKS = [
    *(
        Quirk(
            f"a record whose {field} {value!r} is at odds with its name is rejected",
            told(field, value),
            rejects={NOTE: "label-mismatch"},
            gone=(NOTE,),
        )
        for field, value in (
            ("pitch", 78),
            ("pitch", "79"),
            ("pitch", 79.0),
            ("pitch", None),
            ("velocity", 51),
            ("note_str", "flute_acoustic_077-078-050"),
            ("instrument_str", "flute_acoustic_078"),
            ("instrument_family_str", "organ"),
            ("instrument_family_str", ["flute"]),
        )
    ),
    Quirk(
        "true is no number",
        named("flute_acoustic_077-001-050", pitch=True),
        rejects={"flute_acoustic_077-001-050": "label-mismatch"},
    ),
    *(
        Quirk(
            f"the record {record!r} is rejected",
            changed(lambda notes, record=record: notes.update({NOTE: record})),  # type: ignore[misc]
            rejects={NOTE: "malformed-record"},
            gone=(NOTE,),
        )
        for record in (None, 79, "flute", [], {}, {"pitch": 79})
    ),
    *(
        Quirk(f"the name {name!r} is rejected", named(name), rejects={place: reason})
        for name, place, reason in (
            *(
                (name, f"{TEST}: {name!r}", "malformed-record")
                for name in (
                    "",
                    "flute",
                    "flute_acoustic_077-79-050",
                    "flute_acoustic_077-079-050\n",
                    "flute_acoustic_077-079-٠٥٠",
                    "sub/flute_acoustic_077-079-050",
                    "\ud800_acoustic_077-079-050",
                )
            ),
            ("flute_acoustic_077-128-050", "flute_acoustic_077-128-050", "malformed-record"),
            ("kazoo_acoustic_077-079-050", "kazoo_acoustic_077-079-050", "unknown-label"),
            ("synth_acoustic_077-079-050", "synth_acoustic_077-079-050", "unknown-label"),
            ("../../../outside", f"{TEST}: '../../../outside'", "path-outside-corpus"),
            (
                "flute\0_acoustic_077-079-050",
                f"{TEST}: 'flute\\x00_acoustic_077-079-050'",
                "path-outside-corpus",
            ),
        )
    ),
    Quirk(
        "qualities and the source of a note are not read",
        changed(lambda notes: [notes[NOTE].pop(f) for f in ("qualities_str", "instrument_source")]),
    ),
    Quirk(
        "a note that is not heard is yielded all the same",
        write(f"nsynth-test/audio/{NOTE}.wav", b""),
    ),
    Quirk(
        "vocal notes are notes like others",
        named("vocal_synthetic_003-079-050"),
        says={"vocal_synthetic_003-079-050": says("test", 79, "vocal")},
    ),
    Quirk("an empty object has no notes", write(TEST, "{}"), gone=(NOTE, *OTHERS)),
    Quirk("a part that is not there is no error", remove("nsynth-test"), gone=(NOTE, *OTHERS)),
    *(
        Quirk(
            f"{part} without its metadata is not taken for a partial copy",
            remove(f"{part}/examples.json"),
            error=f"without {part}/examples.json",
        )
        for part in PARTS.values()
    ),
]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "nsynth", tmp_path / "root" / "nsynth")


def clips(corpus: Corpus) -> list[Clip]:
    shards = [shard for found in corpus.shards().values() for shard in found]
    items = [item for shard in shards for item in corpus.clips(shard)]
    return [item for item in items if isinstance(item, Clip)]


# The miniature


def test_the_miniature_is_as_published(folder: Path) -> None:
    bank = {entry.id: entry for entry in load_bank().notes}
    names = [name for notes in NOTES.values() for name in notes]
    assert [clip.id for clip in clips(NSynth.open(str(folder)))] == names
    for part, notes in NOTES.items():
        text = (folder / f"nsynth-{part}/examples.json").read_text(encoding="utf-8")
        assert "\n" not in text
        records = json.loads(text)
        assert records.keys() == notes.keys()
        for name, (recording, _) in notes.items():
            record = records[name]
            assert record["note_str"] == name
            assert FAMILIES[record["instrument_family"]] == record["instrument_family_str"]
            assert record["pitch"] == bank[recording].pitch
            # No recording of the bank is of a synth lead.
            assert record["instrument_family_str"] in (bank[recording].family, "synth_lead")


def test_there_are_eleven_families() -> None:
    assert NSynth.labels["instrument"] == tuple(name.replace("_", " ") for name in FAMILIES)
    assert len(FAMILIES) == 11


# Where it lies


@pytest.mark.parametrize("split", PARTS)
def test_a_copy_of_one_split_is_enough(folder: Path, split: str) -> None:
    expected = [clip for clip in clips(NSynth.open(str(folder))) if clip.split == split]
    for other in PARTS.keys() - {split}:
        shutil.rmtree(folder / PARTS[other])
    for place in (folder, folder.parent):
        corpus = NSynth.open(str(place))
        assert list(corpus.shards()) == [split]
        assert clips(corpus) == expected
    (found,) = find_corpora(str(folder.parent))
    assert clips(found) == expected


@pytest.mark.parametrize("kept", [["train", "validation", "test"], ["test"]])
def test_the_root_itself_may_hold_the_three_folders(
    folder: Path, tmp_path: Path, kept: list[str]
) -> None:
    expected = [clip.id for clip in clips(NSynth.open(str(folder))) if clip.split in kept]
    root = tmp_path / "all corpora"
    root.mkdir()
    for split in kept:
        shutil.copytree(folder / PARTS[split], root / PARTS[split])
    (found,) = find_corpora(str(root))
    for corpus in (found, NSynth.open(str(root))):
        assert list(corpus.shards()) == kept
        assert [clip.id for clip in clips(corpus)] == expected
        assert {audio.load(clip.audio).seconds for clip in clips(corpus)} == {1.6}


def test_a_partial_copy_in_an_archive(folder: Path) -> None:
    with ZipFile(folder.parent / "nsynth.zip", "w") as packed:
        for file in (folder / "nsynth-test").rglob("*.*"):
            packed.write(file, f"nsynth/{file.relative_to(folder)}")
    shutil.rmtree(folder)
    for place in (folder.parent, folder.parent / "nsynth.zip"):
        assert [clip.id for clip in clips(NSynth.open(str(place)))] == [NOTE, *OTHERS]


@pytest.mark.parametrize("part", PARTS.values())
def test_a_part_without_metadata_is_not_found_either(folder: Path, part: str) -> None:
    (folder / part / "examples.json").unlink()
    with pytest.raises(CorpusLayoutError, match=f"without {part}/examples.json"):
        NSynth.find(str(folder.parent))


def test_a_root_without_it_has_none(tmp_path: Path) -> None:
    assert NSynth.find(str(tmp_path)) is None
    with pytest.raises(RootError):
        find_corpora(str(tmp_path))
