"""AudioSet: lists without audio, two vocabularies, files of any name, kinds of sound, captions."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from audio_flan.corpora.audio import audioset
from audio_flan.corpora.audio.audioset import AudioSet, _audio_files, _AudioFiles, _captions
from audio_flan.corpora.audio.audioset.classes import STRONG, WEAK, Ontology, read_ontology
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.media import audio
from audio_flan.model.clip import Clip, Reject

LISTS = ("balanced_train_segments.csv", "unbalanced_train_segments.csv", "eval_segments.csv")
STRONG_TRAIN = "strong/audioset_train_strong.tsv"
BALANCED = LISTS[0]


def read(folder: Path) -> list[Clip | Reject]:
    for cached in (_audio_files, _captions, read_ontology):
        cached.cache_clear()
    corpus = AudioSet.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> dict[str, Clip]:
    return {item.id: item for item in read(folder) if isinstance(item, Clip)}


def rejects(folder: Path) -> list[Reject]:
    return [item for item in read(folder) if isinstance(item, Reject)]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "audioset", tmp_path / "root" / "audioset")


def add_line(folder: Path, line: str, file: str = BALANCED) -> None:
    with (folder / file).open("a", encoding="utf-8", newline="") as target:
        target.write(f"{line}\n")


def segments(folder: Path) -> dict[str, list[str]]:
    """MIDs of each clip of the weak lists, read by the csv module."""
    found = {}
    for name in LISTS:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file, skipinitialspace=True) if row[0][0] != "#"]
        found.update({row[0]: row[3].split(",") for row in rows})
    return found


# The classes


def test_words_are_distinct_without_commas_and_all_there() -> None:
    assert (len(WEAK), len(STRONG)) == (527, 456)
    for words in (WEAK, STRONG):
        assert len(set(words.values())) == len(words)
        assert not [word for word in words.values() if re.search(r"[,;\n]|^\s|\s$|etc", word)]
        upper = {word for word in words.values() if word[0].isupper()}
        assert upper <= {
            "Afrobeat",
            "Carnatic music",
            "Christian music",
            "Christmas music",
            "French horn",
            "Hammond organ",
            "Middle Eastern music",
            "Velcro or hook and loop fastener",
        }
    assert (WEAK["/m/01h3n"], WEAK["/t/dd00125"]) == ("bee or wasp", "inside a small room")
    assert (WEAK["/m/09ddx"], STRONG["/m/09ddx"]) == ("duck", "ducks or geese or waterfowl")
    assert ("/m/0l14j_" in WEAK, "/m/0l14j_" in STRONG) == (True, False)


def test_words_are_the_display_names(folder: Path) -> None:
    with (folder / "class_labels_indices.csv").open(encoding="utf-8", newline="") as file:
        weak = {row["mid"]: row["display_name"] for row in csv.DictReader(file)}
    with (folder / "strong/mid_to_display_name.tsv").open(encoding="utf-8", newline="") as file:
        strong = dict(csv.reader(file, delimiter="\t"))
    checked = 0
    for words, names in ((WEAK, weak), (STRONG, strong)):
        for mid in words.keys() & names.keys() - {"/t/dd00123", "/t/dd00125"}:
            assert words[mid] == names[mid].replace(", ", " or ").lower()
            checked += 1
    assert checked > 25


# The weak lists


def test_labels_are_those_of_the_lists_in_words(folder: Path) -> None:
    found = {id: clip for id, clip in clips(folder).items() if clip.event_labels}
    expected = segments(folder)
    assert found.keys() == expected.keys()
    for id, clip in found.items():
        assert clip.event_labels is not None
        assert clip.event_labels.values == tuple(sorted(WEAK[mid] for mid in expected[id]))
        assert clip.sound is (None if "silence" in clip.event_labels.values else True)
        assert clip.events is None
    assert {id[0] for id in found} >= {"-", "_", "Y"}


def test_lists_are_splits(folder: Path) -> None:
    ids = {line.split(", ")[0] for line in (folder / LISTS[2]).read_text().split("\n")[3:-1]}
    test = {id[:11] for id, clip in clips(folder).items() if clip.split == "test"}
    assert test == ids
    assert len(ids) == 10


def test_families_are_the_labels_and_all_above_them(folder: Path) -> None:
    nodes = {node["id"]: node for node in json.loads((folder / "ontology.json").read_text())}

    def above(mid: str) -> set[str]:
        parents = [other for other, node in nodes.items() if mid in node["child_ids"]]
        return {nodes[mid]["name"]}.union(*map(above, parents))

    found = clips(folder)
    for id, mids in segments(folder).items():
        assert found[id].event_families == set().union(*map(above, mids))
    assert found["5hJ2k_LmN-0"].event_families == {
        "Flute",
        "Wind instrument, woodwind instrument",
        "Musical instrument",
        "Music",
    }


def kinds(found: dict[str, Clip], split: str) -> set[str]:
    return {c.sound_kind.value for c in found.values() if c.split == split and c.sound_kind}


def test_every_split_has_every_kind_of_sound(folder: Path) -> None:
    for split in ("train", "test"):
        assert kinds(clips(folder), split) == {"speech", "silence", "music", "noise"}


NODES = {
    "Human sounds": ["Human voice", "Human group actions"],
    "Human voice": ["Speech", "Singing", "Laughter", "Whispering", "Shout", "Chant"],
    "Human group actions": ["Chatter", "Hubbub"],
    "Speech": ["Conversation"],
    "Music": ["Instrument", "Chant"],
    "Instrument": ["Guitar", "Bell"],
    "Bell": ["Bicycle bell"],
    "Sounds of things": ["Car"],
    "Source-ambiguous sounds": ["Silence"],
    "Channel, environment and background": ["Noise", "Acoustic environment", "Sound reproduction"],
    "Noise": ["White noise", "Hubbub"],
    "Acoustic environment": ["Inside"],
    "Sound reproduction": ["Television"],
}


@pytest.mark.parametrize(
    ("names", "kind", "presence"),
    [
        ("Speech", "speech", "speech"),
        ("Speech,Conversation,Inside", "speech", "speech"),
        ("Speech,Car", None, "speech"),
        ("Speech,Music", None, "speech"),
        ("Speech,Singing", None, "speech"),
        ("Music,Guitar", "music", "non-speech"),
        ("Guitar", "music", "non-speech"),
        ("Bicycle bell", None, "non-speech"),
        ("Chant", None, "non-speech"),
        ("Silence", "silence", "non-speech"),
        ("Silence,Car", None, "non-speech"),
        ("Silence,Noise", None, "non-speech"),
        ("White noise,Noise", "noise", "non-speech"),
        ("Hubbub", None, None),
        ("Inside", None, "non-speech"),
        ("Car", None, "non-speech"),
        ("Laughter", None, "non-speech"),
        ("Singing", None, None),
        ("Whispering", None, None),
        ("Shout", None, None),
        ("Chatter", None, None),
        ("Television,Car", None, None),
    ],
)
def test_kinds_and_presence_follow_from_the_ontology(
    names: str, kind: str | None, presence: str | None
) -> None:
    every = set(NODES).union(*NODES.values())
    nodes = [{"id": n, "name": n, "child_ids": NODES.get(n, [])} for n in sorted(every)]
    ontology = Ontology(nodes)
    assert ontology.sound_kind(names.split(",")) == kind
    assert ontology.speech_presence(names.split(",")) == presence


def test_without_the_ontology_its_fields_are_left_out(folder: Path) -> None:
    (folder / "ontology.json").unlink()
    found = clips(folder)
    assert {c.event_families or c.sound_kind or c.speech_presence for c in found.values()} == {None}
    corpus = AudioSet.open(str(folder))
    shards = [shard for found in corpus.shards().values() for shard in found]
    assert not [s for s in shards if s.provides is None or "event_families" in s.provides]


@pytest.mark.parametrize("text", ["", "[", "{}", "[]", '[{"id": "/m/1"}]', "[1]", "null"])
def test_an_ontology_that_does_not_read_is_told(folder: Path, text: str) -> None:
    (folder / "ontology.json").write_text(text)
    with pytest.raises(CorpusLayoutError, match=r"ontology\.json") as caught:
        read(folder)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('aaaaaaaaaaa, 0.000, 10.000, "/m/unknown"', "unknown-label"),
        ('aaaaaaaaaaa, 0.000, 10.000, ""', "unknown-label"),
        ('aaaaaaaaaaa, 0.000, 10.000, "/m/09x0r,"', "unknown-label"),
        ('aaaaaaaaaaa, 0.000, 10.000, "/m/09x', "malformed-line"),
        ('aaaaaaaaaaa, 0.000, 10.000, "', "malformed-line"),
        ('aaaaaaaaaaa, 10.000, 0.000, "/m/09x0r"', "malformed-line"),
        ('aaaaaaaaaaa, nan, 10.000, "/m/09x0r"', "malformed-line"),
        ('aaaaaaaaaaa, x, 10.000, "/m/09x0r"', "malformed-line"),
        ('aaaa, 0.000, 10.000, "/m/09x0r"', "malformed-line"),
        ('../../aaaaa, 0.000, 10.000, "/m/09x0r"', "malformed-line"),
        ('aaaaaaaaaaa, 0.000, "/m/09x0r"', "malformed-line"),
    ],
)
def test_a_line_that_does_not_fit_is_a_reject(folder: Path, line: str, reason: str) -> None:
    whole = clips(folder)
    add_line(folder, line)
    (found,) = rejects(folder)
    assert (found.reason, found.clip) == (reason, f"{BALANCED}:12")
    assert clips(folder) == whole


# The strong lists


def events(folder: Path) -> dict[str, list[tuple[float, float, str]]]:
    found = defaultdict(list)
    for part in ("train", "eval"):
        path = folder / f"strong/audioset_{part}_strong.tsv"
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                times = float(row["start_time_seconds"]), float(row["end_time_seconds"])
                found[row["segment_id"]].append((*times, STRONG[row["label"]]))
    return {segment: sorted(rows) for segment, rows in found.items()}


def strong(folder: Path) -> dict[str, list[tuple[float, float, str]]]:
    return {
        id: [(e.start, e.end, e.label) for e in clip.events]
        for id, clip in clips(folder).items()
        if clip.events
    }


def test_events_are_the_rows_of_a_segment_wherever_they_stand(folder: Path) -> None:
    rows = (folder / STRONG_TRAIN).read_text(encoding="utf-8").split("\n")[1:-1]
    ids = [row.split("\t")[0] for row in rows]
    assert ids[0] == ids[-1] != ids[2]
    assert strong(folder) == events(folder)
    for clip in clips(folder).values():
        if clip.events:
            assert clip.event_classes == tuple(STRONG.values())
            assert (clip.event_labels, clip.sound) == (None, None)


def test_audio_of_a_segment_is_that_of_its_clip(folder: Path) -> None:
    found = clips(folder)
    timed = [id for id in found if len(id) > 11]
    assert len(timed) == 5
    assert all(found[id].audio == found[id[:11]].audio for id in timed)


def test_parts_hold_each_segment_once_with_all_its_rows(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = strong(folder)
    monkeypatch.setattr(audioset, "PART_BYTES", 60)
    corpus = AudioSet.open(str(folder))
    shards = [s for found in corpus.shards().values() for s in found if len(s.part) == 3]
    found = [item for shard in shards for item in corpus.clips(shard)]
    assert len(shards) > 10
    assert len(found) == len(whole) == len(strong(folder))
    assert strong(folder) == whole


def test_strong_lists_may_lie_next_to_the_others(folder: Path) -> None:
    expected = events(folder)
    for file in (folder / "strong").iterdir():
        file.rename(folder / file.name)
    (folder / "strong").rmdir()
    assert strong(folder) == expected


SEGMENT = "mN3bV-cX_z9_10000"


@pytest.mark.parametrize(
    ("line", "clip", "reason"),
    [
        (f"{SEGMENT}\t0.5\t0.5\t/m/09x0r", SEGMENT, "malformed-line"),
        (f"{SEGMENT}\tx\t0.5\t/m/09x0r", SEGMENT, "malformed-line"),
        (f"{SEGMENT}\t0.1\t0.5", SEGMENT, "malformed-line"),
        (f"{SEGMENT}\t0.1\t0.5\t/m/0l14j_", SEGMENT, "unknown-label"),
        ("garbage", f"{STRONG_TRAIN}:11", "malformed-line"),
        ("mN3bV-cX_z9\t0.1\t0.5\t/m/09x0r", f"{STRONG_TRAIN}:11", "malformed-line"),
    ],
)
def test_a_row_that_does_not_read_takes_its_segment_with_it(
    folder: Path, line: str, clip: str, reason: str
) -> None:
    expected = events(folder)
    rows = (folder / STRONG_TRAIN).read_text(encoding="utf-8").count("\n")
    add_line(folder, line, STRONG_TRAIN)
    (found,) = rejects(folder)
    clip = clip.replace(":11", f":{rows + 1}")
    assert (found.clip, found.reason) == (clip, reason)
    assert f"{STRONG_TRAIN}:{rows + 1}" in found.detail
    expected.pop(found.clip, None)
    assert strong(folder) == expected


def test_a_strong_list_without_its_header_is_told(folder: Path) -> None:
    path = folder / STRONG_TRAIN
    path.write_text(path.read_text(encoding="utf-8").partition("\n")[2], encoding="utf-8")
    with pytest.raises(CorpusLayoutError, match="segment_id"):
        read(folder)


# Partial copies


def test_lists_that_are_absent_are_left_out(folder: Path) -> None:
    (folder / LISTS[1]).unlink()
    shutil.rmtree(folder / "strong")
    shutil.rmtree(folder / "dataset")
    found = clips(folder)
    assert len(found) == 18
    assert not [clip for clip in found.values() if clip.events or clip.caption]


def test_audio_that_was_not_to_be_had_is_told_missing(folder: Path) -> None:
    gone = "Yq4WmB7_tEs"
    (file,) = folder.rglob(f"*{gone}*")
    file.unlink()
    found = clips(folder)
    assert len(found) == 26
    with pytest.raises(Unusable, match=gone) as caught:
        audio.probe(found[gone].audio)
    assert caught.value.reason == "audio-missing"


# Names of audio files


@pytest.mark.parametrize(
    "name",
    [
        "Y{}.wav",
        "{}.flac",
        "{}_30.000.flac",
        "{}_30.flac",
        "Y{}_30.000_40.000.wav",
        "{}_30000.mp3",
        "a/b.c/Y{}.WAV",
        "unbalanced_train_segments_part00/{}.ogg",
    ],
)
@pytest.mark.parametrize(
    "id", ["aB3-dE_fGhI", "YaB3-dE_fGh", "YYYYYYYYYYY", "-_-_-_-_-_-", "_1234567_30", "Y_________1"]
)
def test_files_are_found_in_every_manner_of_naming(id: str, name: str) -> None:
    others = (
        "Z" * 11 + ".wav",
        f"Y{id[:-1]}x.wav",
        f"x{id}.wav",
        f"{id}_cut.wav",
        f"{id}_1_2_3.wav",
    )
    files = _AudioFiles([*others, name.format(id)])
    assert files.find(id) == name.format(id)
    assert files.find("A" * 11) is None
    assert _AudioFiles([]).find(id) is None


def test_the_first_of_several_files_is_taken() -> None:
    id = "aB3-dE_fGhI"
    assert _AudioFiles([f"a/{id}.wav", f"b/Y{id}.wav"]).find(id) == f"a/{id}.wav"


def test_the_sample_names_files_in_three_manners(folder: Path) -> None:
    found = clips(folder)
    names = {re.sub(re.escape(id[:11]), "ID", Path(c.audio.name).name) for id, c in found.items()}
    assert {re.sub(r"\d+\.000", "T", name) for name in names} == {
        "YID.wav",
        "ID_T.flac",
        "YID_T_T.wav",
    }
    for clip in found.values():
        assert audio.probe(clip.audio).rate == 32_000
        assert audio.duration(clip.audio) == pytest.approx(5.0)


# Captions


def captions(folder: Path, part: str, inside: str = "dataset") -> dict[str, list[str]]:
    found = defaultdict(list)
    with (folder / inside / f"{part}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["youtube_id"]].append(row["caption"])
    return found


def captioned(folder: Path) -> dict[str, str]:
    return {id: clip.caption for id, clip in clips(folder).items() if clip.caption}


def test_captions_are_the_first_of_audiocaps_for_training(folder: Path) -> None:
    assert b"\r\n" in (folder / "dataset/train.csv").read_bytes()
    listed = captions(folder, "train")
    assert len(listed["mN3bV-cX_z9"]) == 2
    expected = {id: texts[0] for id, texts in listed.items() if id in segments(folder)}
    assert captioned(folder) == expected
    assert len(expected) == 5
    assert "," in expected["5hJ2k_LmN-0"]


def test_clips_of_audiocaps_test_and_validation_keep_no_caption(folder: Path) -> None:
    held_out = {*captions(folder, "val"), *captions(folder, "test")}
    assert len(held_out) == 2
    for id in held_out:
        add_line(folder, f"1,{id},0,Something is heard", "dataset/train.csv")
        assert clips(folder)[id].split == "train"
        assert clips(folder)[id].caption is None


def move(name: str) -> Callable[[Path], None]:
    def moved(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / "dataset").rename(folder / name)

    return moved


@pytest.mark.parametrize("name", ["dataset2.0", "csv_files_v1", "audiocaps/dataset"])
def test_captions_may_lie_elsewhere(folder: Path, name: str) -> None:
    expected = captioned(folder)
    move(name)(folder)
    assert captioned(folder) == expected != {}


def test_only_shards_with_captions_say_so(folder: Path) -> None:
    shards = AudioSet.open(str(folder)).shards()
    files = [
        s.part[0] for found in shards.values() for s in found if "caption" in (s.provides or ())
    ]
    assert files == list(LISTS[:2])


def test_a_row_of_captions_that_does_not_read_is_told_once(folder: Path) -> None:
    rows = (folder / "dataset/train.csv").read_bytes().count(b"\n")
    add_line(folder, "garbage", "dataset/train.csv")
    (found,) = rejects(folder)
    assert (found.reason, found.clip) == ("malformed-line", f"dataset/train.csv:{rows + 1}")
