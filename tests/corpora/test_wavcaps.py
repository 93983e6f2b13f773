"""WavCaps: lists in JSON, audio found wherever it lies, split archives, weak labels of speech."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import soundfile

from audio_flan.corpora.audio import wavcaps
from audio_flan.corpora.audio.wavcaps import WavCaps
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.media import audio
from audio_flan.media.audio import AudioRef
from audio_flan.model.clip import ANNOTATIONS, Clip, Reject
from audio_flan.tasks import get_task

AUDIOSET = "json_files/AudioSet_SL/as_final.json"
FREESOUND = "json_files/FreeSound/fsd_final.json"
SOUNDBIBLE = "json_files/SoundBible/sb_final.json"
BLACKLIST = "json_files/blacklist/blacklist_exclude_test_ac.json"
ARCHIVE = "Zip_files/SoundBible/SoundBible.zip"
TRAIN_ID, TEST_ID = "Ymini0000001", "Ymini0000111"


def read(folder: Path) -> list[Clip | Reject]:
    corpus = WavCaps.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> dict[str, Clip]:
    return {item.id: item for item in read(folder) if isinstance(item, Clip)}


def rejects(folder: Path) -> dict[str, str]:
    return {item.clip: item.reason for item in read(folder) if isinstance(item, Reject)}


def listed(folder: Path, file: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / file).read_text("utf-8"))["data"]
    return found


def change(folder: Path, file: str, items: list[Any]) -> None:
    text = json.dumps({"num_captions_per_audio": 1, "data": items})
    (folder / file).write_text(text, encoding="utf-8")


def change_first(folder: Path, file: str, **values: object) -> None:
    items = listed(folder, file)
    items[0].update(values)
    change(folder, file, items)


def data(ref: AudioRef) -> bytes:
    return audio.load(ref).data


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "WavCaps", tmp_path / "root" / "WavCaps")


# The miniature


def test_clips_are_the_items_of_the_lists(folder: Path) -> None:
    expected = {}
    for file in (AUDIOSET, FREESOUND, SOUNDBIBLE):
        source = file.split("/")[1]
        for item in listed(folder, file):
            expected[f"{source}-{item['id'].removesuffix('.wav')}"] = item["caption"]
    assert {id: clip.caption for id, clip in clips(folder).items()} == expected
    assert len(expected) == 18
    assert rejects(folder) == {}


def test_the_sample_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    assert all(item["id"].endswith(".wav") for item in listed(folder, AUDIOSET))
    assert {type(item["duration"]) for item in listed(folder, SOUNDBIBLE)} == {int, float, str}
    assert len(list((folder / ARCHIVE).parent.glob("SoundBible.z[0-9]*"))) >= 2
    assert not (folder / "Audio/FreeSound").exists()
    blacklist = json.loads((folder / BLACKLIST).read_text())
    assert {name: len(ids) for name, ids in blacklist.items()} == {"AudioSet": 1, "FreeSound": 1}
    archive = WavCaps.open(str(folder)).folder.packed(ARCHIVE)
    assert len(archive) == len(listed(folder, SOUNDBIBLE)) + 1


def test_audio_is_as_published(folder: Path) -> None:
    for clip in clips(folder).values():
        info = audio.probe(clip.audio)
        assert (info.extension, info.rate, info.channels) == (".flac", 32_000, 1)
        assert 4.5 <= info.seconds <= 5


def test_every_source_is_in_every_split_and_sounds_there(folder: Path) -> None:
    found = Counter((clip.split, id.split("-")[0]) for id, clip in clips(folder).items())
    splits = ("train", "validation", "test")
    assert set(found) == {
        (s, f) for s in splits for f in ("AudioSet_SL", "FreeSound", "SoundBible")
    }
    for split in splits:
        present = {
            clip.speech_presence.value
            for clip in clips(folder).values()
            if clip.split == split and clip.speech_presence
        }
        assert present == {"speech", "non-speech"}


def test_fields_are_those_of_the_source(folder: Path) -> None:
    for id, clip in clips(folder).items():
        filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
        assert filled - {"speech_presence"} == {"caption", "sound"}
        assert id.startswith("AudioSet_SL") or "speech_presence" not in filled


def test_a_task_of_the_weak_label_reads_the_source_that_has_it(folder: Path) -> None:
    shards = WavCaps.open(str(folder)).shards()["train"]
    task = get_task("audio_speech_nonspeech_detection")
    assert [shard.part[0] for shard in shards if task.reads(shard)] == ["AudioSet_SL"]
    assert all(get_task("audio_caption").reads(shard) for shard in shards)


# Where the audio is


def unpacked(folder: Path) -> dict[str, bytes]:
    """The SoundBible files of the archive, joined and read by `zipfile`."""
    parts = sorted((folder / ARCHIVE).parent.glob("SoundBible.z[0-9]*"))
    data = bytearray(b"".join(p.read_bytes() for p in (*parts, folder / ARCHIVE))[4:])
    # As one disk; the entries are found by their local headers, whose order is theirs.
    headers = [match.start() for match in re.finditer(rb"PK\x03\x04.{26}mnt/", data, re.DOTALL)]
    entries = [match.start() for match in re.finditer(rb"PK\x01\x02.{42}mnt/", data, re.DOTALL)]
    for entry, header in zip(entries, headers, strict=True):
        data[entry + 34 : entry + 36] = bytes(2)
        data[entry + 42 : entry + 46] = header.to_bytes(4, "little")
    end = data.rindex(b"PK\5\6")
    data[end + 4 : end + 10] = bytes(4) + len(entries).to_bytes(2, "little")
    data[end + 16 : end + 20] = entries[0].to_bytes(4, "little")
    whole = folder.with_name("whole.zip")
    whole.write_bytes(data)
    with ZipFile(whole) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_split_archives_are_read_in_place(folder: Path) -> None:
    files = unpacked(folder)
    found = {id: clip for id, clip in clips(folder).items() if id.startswith("SoundBible")}
    assert len(found) == 5
    for id, clip in found.items():
        (name,) = [name for name in files if name.endswith(f"/{id.split('-')[1]}.flac")]
        assert clip.audio.name == f"{ARCHIVE}#{name}"
        assert data(clip.audio) == files[name]


@pytest.mark.parametrize(
    "place",
    [
        "Audio/SoundBible",
        "SoundBible_flac",
        "Zip_files/SoundBible/mnt/fast/nobackup/x/waveforms/SoundBible_flac",
        "mnt/fast/other/SoundBible_flac",
        "soundbible",
    ],
)
def test_unpacked_audio_is_found_in_any_folder_of_its_source(folder: Path, place: str) -> None:
    expected = {id: data(clip.audio) for id, clip in clips(folder).items()}
    files = unpacked(folder)
    copy = folder.rename(folder.with_name("copy"))
    shutil.rmtree(copy / "Zip_files")
    (copy / place).mkdir(parents=True)
    for name, content in files.items():
        (copy / place / Path(name).name).write_bytes(content)
    found = clips(copy)
    assert found["SoundBible-9000"].audio.name == f"{place}/9000.flac"
    assert {id: data(clip.audio) for id, clip in found.items()} == expected


@pytest.mark.parametrize("place", ["SoundBible.zip", "Audio/SoundBible/part.zip"])
def test_a_whole_archive_does_as_well_as_a_split_one(folder: Path, place: str) -> None:
    expected = {id: data(clip.audio) for id, clip in clips(folder).items()}
    unpacked(folder)
    copy = folder.rename(folder.with_name("copy"))
    shutil.rmtree(copy / "Zip_files")
    (copy / place).parent.mkdir(parents=True, exist_ok=True)
    (copy.parent / "whole.zip").rename(copy / place)
    assert {id: data(clip.audio) for id, clip in clips(copy).items()} == expected


def test_files_of_another_source_are_not_taken_for_those_of_one(folder: Path) -> None:
    items = listed(folder, FREESOUND)
    items[0]["id"] = "9000"
    change(folder, FREESOUND, items)
    ref = clips(folder)["FreeSound-9000"].audio
    assert ref.name.endswith("FreeSound_flac/9000.flac")
    with pytest.raises(Unusable) as caught:
        audio.load(ref)
    assert caught.value.reason == "audio-missing"


def test_an_archive_that_lacks_a_part_loses_its_members_only(folder: Path) -> None:
    (folder / ARCHIVE).with_suffix(".z01").unlink()
    lost = []
    for id, clip in clips(folder).items():
        try:
            audio.load(clip.audio)
        except Unusable as error:
            lost.append(id)
            assert error.reason == "audio-unreadable"
            assert "volume .z01 is missing" in error.detail
    assert 0 < len(lost) < 5
    assert all(id.startswith("SoundBible") for id in lost)


def test_an_archive_without_its_last_part_makes_its_audio_missing(folder: Path) -> None:
    (folder / ARCHIVE).unlink()
    found = clips(folder)
    assert len(found) == 18
    with pytest.raises(Unusable) as caught:
        audio.load(found["SoundBible-9000"].audio)
    assert caught.value.reason == "audio-missing"


def test_an_archive_that_does_not_open_is_told(folder: Path) -> None:
    (folder / ARCHIVE).write_bytes(b"PK\3\4 and no end")
    with pytest.raises(CorpusLayoutError, match=r"SoundBible\.zip: expected whole zip archives"):
        read(folder)


# Items


def test_a_clip_on_the_blacklist_is_rejected(folder: Path) -> None:
    author = listed(folder, FREESOUND)[0]["id"]
    blacklist = {"AudioSet": [f"{TRAIN_ID}.wav", f"{TEST_ID}.wav"], "FreeSound": [author, "9000"]}
    (folder / BLACKLIST).write_text(json.dumps(blacklist))
    assert rejects(folder) == {
        f"AudioSet_SL-{TRAIN_ID}": "blacklisted",
        f"AudioSet_SL-{TEST_ID}": "blacklisted",
        f"FreeSound-{author}": "blacklisted",
    }
    assert len(clips(folder)) == 15


def test_the_blacklist_is_optional(folder: Path) -> None:
    whole = clips(folder)
    shutil.rmtree(folder / "json_files/blacklist")
    assert clips(folder) == whole


@pytest.mark.parametrize("text", ["", "{", "[]", '{"AudioSet": ["Y1.wav"]}', '{"AudioSet": 1}'])
def test_a_blacklist_of_another_form_is_told(folder: Path, text: str) -> None:
    (folder / BLACKLIST).write_text(text)
    with pytest.raises(CorpusLayoutError, match=r"blacklist_exclude_test_ac\.json with"):
        read(folder)


@pytest.mark.parametrize("caption", ["", "  ", None, 5, ["A bell."]])
def test_an_item_without_a_caption_is_rejected(folder: Path, caption: object) -> None:
    change_first(folder, AUDIOSET, caption=caption)
    assert rejects(folder) == {f"AudioSet_SL-{TRAIN_ID}": "empty-caption"}
    assert len(clips(folder)) == 17


@pytest.mark.parametrize("item", [None, [], "Y1.wav", {}, {"id": ""}, {"id": ".wav"}, {"id": [1]}])
def test_an_item_without_an_id_is_told_once(folder: Path, item: object) -> None:
    change(folder, AUDIOSET, [*listed(folder, AUDIOSET)[:1], item])
    assert rejects(folder) == {f"{AUDIOSET}:2": "malformed-item"}


def test_a_number_is_an_id_too(folder: Path) -> None:
    whole = clips(folder)
    change_first(folder, SOUNDBIBLE, id=9000)
    assert clips(folder) == whole


@pytest.mark.parametrize("id", ["../../../outside", "/outside", "a/../../../../../outside"])
def test_an_id_that_leaves_the_corpus_is_rejected(folder: Path, id: str) -> None:
    shutil.copy(next(folder.rglob("*.flac")), folder.parents[1] / "outside.flac")
    change_first(folder, AUDIOSET, id=f"{id}.wav")
    found = [item for item in read(folder) if isinstance(item, Reject)]
    assert [item.reason for item in found] in (["path-outside-corpus"], [])
    for clip in clips(folder).values():
        assert ".." not in clip.audio.name
        assert not clip.audio.name.startswith("/")


@pytest.mark.parametrize(
    ("duration", "sound"),
    [(10, True), (2.0, True), ("2.5", True), (1.9, None), ("0.5", None), (1, None)]
    + [(value, True) for value in (None, "", "unknown", 0, -1, [], "nan")],
)
def test_short_clips_are_no_sounds_to_work_on(
    folder: Path, duration: object, sound: bool | None
) -> None:
    change_first(folder, SOUNDBIBLE, duration=duration)
    clip = clips(folder)["SoundBible-9000"]
    assert clip.sound is sound
    assert clip.caption


@pytest.mark.parametrize("duration", [3601, "67109.3", 1e9])
def test_hours_of_audio_are_rejected(folder: Path, duration: object) -> None:
    change_first(folder, SOUNDBIBLE, duration=duration)
    assert rejects(folder) == {"SoundBible-9000": "too-long"}


# The weak label


@pytest.mark.parametrize(
    "caption",
    [
        "A man is speaking.",
        "A woman speaks over music.",
        "People are talking in a crowd.",
        "Two people have a CONVERSATION.",
        "Speech and music are heard.",
        "A narrator narrates while a cat meows",
        "Someone says hello and laughs.",
        "A dog barks during a monologue.",
    ],
)
def test_a_caption_that_tells_of_speaking_makes_speech(folder: Path, caption: str) -> None:
    assert presence(folder, caption) == "speech"


@pytest.mark.parametrize(
    "caption",
    [
        "A dog barks.",
        "Rain falls while an engine hums.",
        "Music is playing and a cat meows.",
        "A machine is manned.",
        "Chirping of birds, insects and wind.",
        "A train horn sounds, a bell rings.",
        "A mandolin is strummed.",
    ],
)
def test_a_caption_without_any_hint_of_it_makes_non_speech(folder: Path, caption: str) -> None:
    assert presence(folder, caption) == "non-speech"


@pytest.mark.parametrize(
    "caption",
    [
        "A woman sings.",
        "Laughter is heard.",
        "A crowd cheers.",
        "Children chatter.",
        "Somebody whispers.",
        "A baby cries.",
        "A man shouts.",
        "A radio is on.",
        "TV noise and clicks.",
        "A man hammers.",
        "A voice is heard.",
        "A loudspeaker hisses.",
        "A choir with an organ.",
        "No speech, only rain.",
        "Nobody is talking.",
        "A person is breathing.",
        "An announcement is made.",
    ],
)
def test_a_caption_that_leaves_it_open_makes_no_label(folder: Path, caption: str) -> None:
    assert presence(folder, caption) is None


def presence(folder: Path, caption: str) -> str | None:
    change_first(folder, AUDIOSET, caption=caption)
    change_first(folder, SOUNDBIBLE, caption=caption)
    found = clips(folder)
    assert found["SoundBible-9000"].speech_presence is None
    label = found[f"AudioSet_SL-{TRAIN_ID}"].speech_presence
    return label.value if label else None


# Splits and shards


def test_sounds_of_one_author_are_in_one_split_and_shares_are_as_told(folder: Path) -> None:
    shape = listed(folder, FREESOUND)[0]
    authors = [f"author {number % 400}" for number in range(2000)]
    change(
        folder,
        FREESOUND,
        [{**shape, "id": str(number), "author": author} for number, author in enumerate(authors)],
    )
    shape = listed(folder, AUDIOSET)[0]
    change(folder, AUDIOSET, [{**shape, "id": f"Y{number:011d}.wav"} for number in range(4000)])
    found = clips(folder)
    assert len(found) == 6005
    splits: dict[str, set[str]] = {}
    for id, clip in found.items():
        if id.startswith("FreeSound"):
            splits.setdefault(authors[int(id.split("-")[1])], set()).add(clip.split)
    assert {len(found) for found in splits.values()} == {1}
    counts = Counter(clip.split for id, clip in found.items() if id.startswith("AudioSet"))
    assert 0.975 < counts["train"] / 4000 < 0.985
    assert 20 < counts["validation"] < 60
    assert 20 < counts["test"] < 60


def test_long_lists_are_read_in_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(folder, AUDIOSET, [None, *listed(folder, AUDIOSET), {}])
    whole = {item.id if isinstance(item, Clip) else item.clip: item for item in read(folder)}
    monkeypatch.setattr(wavcaps, "BYTES_PER_SHARD", 200)
    corpus = WavCaps.open(str(folder))
    assert len(corpus.shards()["train"]) > 10
    assert {split: len(corpus.shards()[split]) for split in ("validation", "test")} == {
        "validation": 3,
        "test": 3,
    }
    found = read(folder)
    assert len(found) == len(whole) == 20
    assert {item.id if isinstance(item, Clip) else item.clip: item for item in found} == whole


# Lists that are not as published


@pytest.mark.parametrize("file", [AUDIOSET, SOUNDBIBLE])
def test_a_list_that_is_cut_off_is_told(folder: Path, file: str) -> None:
    text = (folder / file).read_bytes()
    for end in range(0, len(text) - 1, 97):
        (folder / file).write_bytes(text[:end])
        with pytest.raises(CorpusLayoutError) as caught:
            read(folder)
        assert file in str(caught.value)
        assert "cut off" in str(caught.value)


@pytest.mark.parametrize("text", ["[]", "{}", '{"data": {}}', "\x00\x00", "<html></html>"])
def test_a_list_of_another_form_is_told(folder: Path, text: str) -> None:
    (folder / FREESOUND).write_text(text)
    with pytest.raises(CorpusLayoutError, match=FREESOUND):
        read(folder)


def test_a_list_in_latin_1_is_told(folder: Path) -> None:
    text = (folder / AUDIOSET).read_text().replace("Rain falls", "Régn")
    (folder / AUDIOSET).write_bytes(text.encode("latin-1"))
    with pytest.raises(CorpusLayoutError, match=f"{AUDIOSET} in UTF-8; found byte 0xe9 in line"):
        read(folder)


def test_sources_that_are_absent_are_left_out(folder: Path) -> None:
    shutil.rmtree(folder / "json_files/FreeSound")
    assert {id.split("-")[0] for id in clips(folder)} == {"AudioSet_SL", "SoundBible"}


def test_a_list_of_another_name_is_read_and_the_later_of_two(folder: Path) -> None:
    whole = clips(folder)
    shutil.copy(folder / FREESOUND, folder / "json_files/FreeSound/fsd_final_2s.json")
    change(folder, "json_files/FreeSound/fsd_final_2s.json", listed(folder, FREESOUND)[:1])
    assert clips(folder) == whole
    (folder / FREESOUND).unlink()
    assert {id for id in clips(folder) if id.startswith("FreeSound")} == {"FreeSound-300001"}


def test_a_source_without_a_list_is_told(folder: Path) -> None:
    (folder / FREESOUND).rename(folder / "json_files/FreeSound/readme.txt")
    with pytest.raises(CorpusLayoutError, match=r"json_files/FreeSound/\*\.json"):
        read(folder)


def test_lists_of_no_source_are_told(tmp_path: Path) -> None:
    (tmp_path / "WavCaps/json_files/Other").mkdir(parents=True)
    with pytest.raises(CorpusLayoutError, match="one of AudioSet_SL, BBC_Sound_Effects"):
        read(tmp_path)


def test_captions_of_the_sample_are_of_what_sounds(folder: Path) -> None:
    from audio_flan.corpora.audio.wavcaps.miniature import AUDIOSET as WRITTEN

    parts = {caption: recordings for _, caption, recordings in WRITTEN}
    for clip in clips(folder).values():
        if clip.id.startswith("AudioSet"):
            heard = parts[str(clip.caption)]
            speaks = any(name.startswith("en_") for name in heard)
            assert bool(re.search("speak|talk|speech", str(clip.caption))) == speaks
    wave, rate = soundfile.read(folder / "Audio/AudioSet_SL/Ymini0000002.flac")
    assert rate == 32_000
    assert abs(wave).max() > 0.01
