"""WavCaps: lists in JSON, audio found wherever it lies, split archives, weak labels of speech."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import soundfile
from cases import Edit, Quirk, all_of, remove, rename, write

from audio_flan.corpora.audio.wavcaps import WavCaps
from audio_flan.corpora.audio.wavcaps.miniature import AUDIOSET as WRITTEN
from audio_flan.corpora.audio.wavcaps.speech_words import speech_presence
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
WAVEFORMS = "mnt/fast/nobackup/scratch4weeks/xm00178/WavCaps/data/waveforms"
FIRST, TEST = "AudioSet_SL-Ymini0000001", "AudioSet_SL-Ymini0000111"
BIBLE = "SoundBible-9000"
FREESOUNDS = tuple(f"FreeSound-30000{number}" for number in range(1, 6))


def changed(file: str, change: Callable[[list[Any]], object]) -> Edit:
    """Change the items of a list."""

    def edit(folder: Path) -> None:
        items = listed(folder, file)
        change(items)
        put(folder, file, items)

    return edit


def first(file: str, **values: object) -> Edit:
    """Change the first item of a list."""
    return changed(file, lambda items: items[0].update(values))


def without_id(item: object) -> Edit:
    return changed(AUDIOSET, lambda items: items.insert(1, item))


def copy_outside(folder: Path) -> None:
    """Put a file where an id that leaves the corpus may lead."""
    for name in ("outside.flac", "root/outside.flac"):
        shutil.copy(folder / "Audio/AudioSet_SL/Ymini0000001.flac", folder.parents[1] / name)


def captioned(caption: str) -> Edit:
    return first(AUDIOSET, caption=caption)


def listed(folder: Path, file: str) -> list[Any]:
    found: list[Any] = json.loads((folder / file).read_text("utf-8"))["data"]
    return found


def put(folder: Path, file: str, items: list[Any]) -> None:
    text = json.dumps({"num_captions_per_audio": 1, "data": items})
    (folder / file).write_text(text, encoding="utf-8")


CLIPS = 18
SAYS = {
    # The id ends in .wav, the file in .flac.
    FIRST: {
        "caption": "A woman is speaking.",
        "sound": True,
        "speech_presence": "speech",
        "split": "train",
        "file": "Audio/AudioSet_SL/Ymini0000001.flac",
    },
    "AudioSet_SL-Ymini0000002": {"speech_presence": "non-speech"},
    # Somebody sings.
    "AudioSet_SL-Ymini0000004": {"speech_presence": None, "sound": True},
    "AudioSet_SL-Ymini0000028": {"split": "validation"},
    TEST: {"split": "test"},
    # Below the folder of the archive; by author.
    FREESOUNDS[0]: {
        "caption": "Low organ tones drone.",
        "sound": True,
        "speech_presence": None,
        "split": "train",
        "file": f"{WAVEFORMS}/FreeSound_flac/300001.flac",
    },
    FREESOUNDS[3]: {"split": "validation"},
    FREESOUNDS[4]: {"split": "test"},
    # In a split archive; durations are fractions, whole numbers or text.
    BIBLE: {
        "caption": "A mallet strikes a bar.",
        "sound": True,
        "split": "train",
        "file": f"{ARCHIVE}#{WAVEFORMS}/SoundBible_flac/9000.flac",
    },
    "SoundBible-9001": {"sound": True},
    "SoundBible-9002": {"sound": True},
    "SoundBible-9025": {"split": "validation"},
    "SoundBible-9054": {"split": "test"},
}
SPEECH = (
    "A man is speaking.",
    "A woman speaks over music.",
    "People are talking in a crowd.",
    "Two people have a CONVERSATION.",
    "Speech and music are heard.",
    "A narrator narrates while a cat meows",
    "Someone says hello and laughs.",
    "A dog barks during a monologue.",
)
NO_SPEECH = (
    "A dog barks.",
    "Rain falls while an engine hums.",
    "Music is playing and a cat meows.",
    "A machine is manned.",
    "Chirping of birds, insects and wind.",
    "A train horn sounds, a bell rings.",
    "A mandolin is strummed.",
)
OPEN = (
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
)
TIMES: tuple[tuple[object, bool | None], ...] = (
    *((10, True), (2.0, True), ("2.5", True), (1.9, None), ("0.5", None), (1, None)),
    *((value, True) for value in (None, "", "unknown", 0, -1, [], "nan")),
)
QUIRKS = [
    Quirk(
        "the placeholder for audio is not read",
        first(AUDIOSET, audio="../../elsewhere.wav"),
    ),
    Quirk(
        "clips on the blacklist are rejected, of the source that it names",
        write(
            BLACKLIST,
            json.dumps(
                {
                    "AudioSet": ["Ymini0000001.wav", "Ymini0000111.wav"],
                    # The last is an id of SoundBible.
                    "FreeSound": ["300001", "9000"],
                }
            ),
        ),
        rejects=dict.fromkeys((FIRST, TEST, FREESOUNDS[0]), "blacklisted"),
        gone=(FIRST, TEST, FREESOUNDS[0]),
    ),
    Quirk("the blacklist is optional", remove("json_files/blacklist")),
    *(
        Quirk(
            f"the blacklist {text!r} is told",
            write(BLACKLIST, text),
            error=r"blacklist_exclude_test_ac\.json with",
        )
        for text in ("", "{", "[]", '{"AudioSet": ["Y1.wav"]}', '{"AudioSet": 1}')
    ),
    *(
        Quirk(
            f"an item with the caption {caption!r} is rejected",
            first(AUDIOSET, caption=caption),
            rejects={FIRST: "empty-caption"},
            gone=(FIRST,),
        )
        for caption in ("", "  ", None, 5, ["A bell."])
    ),
    *(
        Quirk(
            f"{item!r}, an item without an id, is told once",
            without_id(item),
            rejects={f"{AUDIOSET}:2": "malformed-item"},
        )
        for item in (None, [], "Y1.wav", {}, {"id": ""}, {"id": ".wav"}, {"id": [1]})
    ),
    Quirk("a number is an id too", first(SOUNDBIBLE, id=9000)),
    *(
        Quirk(
            f"an id that leads to {id} is rejected",
            all_of(first(AUDIOSET, id=f"{id}.wav"), copy_outside),
            rejects={f"AudioSet_SL-{id}": "path-outside-corpus"},
            gone=(FIRST,),
        )
        for id in ("../../../outside", "a/../../../../../outside")
    ),
    Quirk(
        "blanks and slashes are no part of an id",
        first(AUDIOSET, id="a b/c.wav"),
        says={
            "AudioSet_SL-a_b_c": {
                "caption": "A woman is speaking.",
                "file": "Audio/AudioSet_SL/a b/c.flac",
            }
        },
        gone=(FIRST,),
    ),
    *(
        Quirk(
            f"whether {seconds!r} s are a sound to work on",
            first(SOUNDBIBLE, duration=seconds),
            says={BIBLE: {"sound": sound, "caption": "A mallet strikes a bar."}},
        )
        for seconds, sound in TIMES
    ),
    *(
        Quirk(
            f"{seconds!r} s of audio are rejected",
            first(SOUNDBIBLE, duration=seconds),
            rejects={BIBLE: "too-long"},
            gone=(BIBLE,),
        )
        for seconds in (3601, "67109.3", 1e9)
    ),
    Quirk(
        "a caption without a word of speech makes non-speech, in the source that tells",
        all_of(captioned(NO_SPEECH[0]), first(SOUNDBIBLE, caption=SPEECH[0])),
        says={
            FIRST: {"caption": NO_SPEECH[0], "speech_presence": "non-speech"},
            BIBLE: {"caption": SPEECH[0], "speech_presence": None},
        },
    ),
    Quirk(
        "a caption that leaves it open makes no label",
        captioned(OPEN[0]),
        says={FIRST: {"caption": OPEN[0], "speech_presence": None}},
    ),
    Quirk("a source that is absent is left out", remove("json_files/FreeSound"), gone=FREESOUNDS),
    Quirk(
        "of two lists the later one is read",
        write("json_files/FreeSound/fsd_final_2s.json", '{"data": []}'),
    ),
    Quirk(
        "a list of another name is read",
        rename(FREESOUND, "json_files/FreeSound/fsd_final_2s.json"),
    ),
    Quirk(
        "a source without a list is told",
        rename(FREESOUND, "json_files/FreeSound/readme.txt"),
        error=r"json_files/FreeSound/\*\.json",
    ),
    Quirk(
        "lists of no source are told",
        all_of(remove("json_files"), write("json_files/Other/list.json", '{"data": []}')),
        error="one of AudioSet_SL, BBC_Sound_Effects",
    ),
    *(
        Quirk(f"the list {text!r} is told", write(FREESOUND, text), error=FREESOUND)
        for text in ("[]", "{}", '{"data": {}}', "\0\0", "<html></html>")
    ),
    Quirk(
        "unpacked audio counts before packed audio",
        write("Audio/SoundBible/9000.flac", b""),
        says={BIBLE: {"file": "Audio/SoundBible/9000.flac"}},
    ),
    Quirk(
        "audio that is in no list is no clip",
        write("Audio/AudioSet_SL/Yunlisted001.flac", b""),
    ),
]


def read(folder: Path) -> list[Clip | Reject]:
    corpus = WavCaps.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> dict[str, Clip]:
    return {item.id: item for item in read(folder) if isinstance(item, Clip)}


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
    assert len(read(folder)) == 18


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
    assert [shard.part[0] for shard in shards if task.reads(shard)] == [AUDIOSET]
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
    first(FREESOUND, id="9000")(folder)
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


# The weak label


@pytest.mark.parametrize(
    ("caption", "presence"),
    [
        *((caption, "speech") for caption in SPEECH),
        *((caption, "non-speech") for caption in NO_SPEECH),
        *((caption, None) for caption in OPEN),
    ],
)
def test_a_caption_says_whether_somebody_speaks(caption: str, presence: str | None) -> None:
    assert speech_presence(caption) == presence


def test_captions_of_the_sample_are_of_what_sounds(folder: Path) -> None:
    parts = {caption: recordings for _, caption, recordings in WRITTEN}
    for clip in clips(folder).values():
        if clip.id.startswith("AudioSet"):
            heard = parts[str(clip.caption)]
            speaks = any(name.startswith("en_") for name in heard)
            assert bool(re.search("speak|talk|speech", str(clip.caption))) == speaks
    wave, rate = soundfile.read(folder / "Audio/AudioSet_SL/Ymini0000002.flac")
    assert rate == 32_000
    assert abs(wave).max() > 0.01


# Splits and shards


def test_sounds_of_one_author_are_in_one_split_and_shares_are_as_told(folder: Path) -> None:
    shape = listed(folder, FREESOUND)[0]
    authors = [f"author {number % 400}" for number in range(2000)]
    put(
        folder,
        FREESOUND,
        [{**shape, "id": str(number), "author": author} for number, author in enumerate(authors)],
    )
    shape = listed(folder, AUDIOSET)[0]
    put(folder, AUDIOSET, [{**shape, "id": f"Y{number:011d}.wav"} for number in range(4000)])
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
    put(folder, AUDIOSET, [None, *listed(folder, AUDIOSET), {}])
    whole = {item.id if isinstance(item, Clip) else item.clip: item for item in read(folder)}
    monkeypatch.setattr(WavCaps, "bytes_per_shard", 200)
    corpus = WavCaps.open(str(folder))
    assert len(corpus.shards()["train"]) > 10
    assert {split: len(corpus.shards()[split]) for split in ("validation", "test")} == {
        "validation": 3,
        "test": 3,
    }
    found = read(folder)
    assert len(found) == len(whole) == 20
    assert {item.id if isinstance(item, Clip) else item.clip: item for item in found} == whole
