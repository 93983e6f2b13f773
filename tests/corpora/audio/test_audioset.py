"""AudioSet: lists without audio, two vocabularies, files of any name, kinds of sound, captions."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest
from cases import Quirk, all_of, append, check_quirk, read, remove, rename, replace, write

from audio_flan.corpora.audio.audioset import AudioSet
from audio_flan.corpora.audio.audioset.audio_files import AudioFiles
from audio_flan.corpora.audio.audioset.classes import STRONG, WEAK, Ontology
from audio_flan.corpora.contract import Shard
from audio_flan.corpora.read import grouped_rows
from audio_flan.errors import Unusable
from audio_flan.media import audio
from audio_flan.model.clip import Clip, Reject

BALANCED = "balanced_train_segments.csv"
UNBALANCED = "unbalanced_train_segments.csv"
STRONG_TRAIN = "strong/audioset_train_strong.tsv"
CAPTIONS = "dataset/train.csv"
PART = "audios/unbalanced_train_segments/unbalanced_train_segments_part00"


# What the miniature says: every clip, with all of its fields


def weak(labels: str, families: str, presence: str | None, kind: str | None = None) -> dict:
    """A clip of a weak list: labels and classes of the ontology, separated by semicolons."""
    return {
        "event_labels": tuple(labels.split("; ")),
        "event_families": frozenset(families.split("; ")),
        "speech_presence": presence,
        "sound_kind": kind,
        "sound": None if labels == "silence" else True,
        "caption": None,
        "events": None,
        "event_classes": None,
    }


def strong(*events: tuple[float, float, str]) -> dict:
    """A clip of a strong list; its recording is that of a weak one, which is the `sound`."""
    return {
        "events": events,
        "event_classes": tuple(STRONG.values()),
        "event_labels": None,
        "sound": None,
    }


def in_train(id: str, **fields: object) -> dict:
    return {"split": "train", "file": f"audios/balanced_train_segments/Y{id}.wav", **fields}


def in_part(name: str, **fields: object) -> dict:
    return {"split": "train", "file": f"{PART}/{name}.flac", **fields}


def in_test(name: str) -> dict:
    return {"split": "test", "file": f"audios/eval_segments/Y{name}.wav"}


VOICE = "Human sounds; Human voice"
TYPING = "Sounds of things; Domestic sounds, home sounds; Typing; Computer keyboard"
FAN = "Sounds of things; Mechanisms; Mechanical fan"
NOISE = "Channel, environment and background; Noise; White noise"
PLACE = "Acoustic environment; Inside, small room"
WIND = "Music; Musical instrument; Wind instrument, woodwind instrument"
WATER = "Natural sounds; Water; Rain"
MALE, FEMALE = "Male speech, man speaking", "Female speech, woman speaking"

SPEECH = weak("speech", f"{VOICE}; Speech", "speech", "speech")
RAIN = weak("rain", WATER, "non-speech")
FLUTE = weak("flute", f"{WIND}; Flute", "non-speech", "music")
SILENCE = weak("silence", "Source-ambiguous sounds; Silence", "non-speech", "silence")
RAIN_AND_MAN = weak(
    "male speech or man speaking; rain; speech", f"{WATER}; {VOICE}; Speech; {MALE}", "speech"
)
TYPING_WOMAN = weak(
    "computer keyboard; female speech or woman speaking; speech",
    f"{TYPING}; {VOICE}; Speech; {FEMALE}",
    "speech",
)
# Where a room is heard does not matter to the kind; where somebody sings there may be words.
HISS_IN_A_ROOM = weak(
    "inside a small room; white noise", f"{NOISE}; {PLACE}", "non-speech", "noise"
)
SINGING = weak("female singing; mechanical fan", f"{FAN}; {VOICE}; Singing; Female singing", None)
WHITE_NOISE = weak("white noise", NOISE, "non-speech", "noise")
TYPING_MAN = weak(
    "computer keyboard; male speech or man speaking; speech; white noise",
    f"{TYPING}; {NOISE}; {VOICE}; Speech; {MALE}",
    "speech",
)
WOMAN_IN_RAIN = weak(
    "female speech or woman speaking; mechanical fan; rain; speech",
    f"{FAN}; {WATER}; {VOICE}; Speech; {FEMALE}",
    "speech",
)

CLIPS = 26
SAYS = {
    # Ids may start with "-", "_" and "Y", and files have names of three forms.
    "aB3-dE_fGhI": SPEECH | in_train("aB3-dE_fGhI", caption="A woman is speaking"),
    "-kL8mN_oPqR": SPEECH | in_train("-kL8mN_oPqR"),
    "_0xYz-12AbC": RAIN | in_train("_0xYz-12AbC", caption="Rain falls steadily on the ground"),
    # These two are of AudioCaps' validation and test parts.
    "Yq4WmB7_tEs": RAIN | in_train("Yq4WmB7_tEs"),
    "Qw9-eRtY_uI": FLUTE | in_train("Qw9-eRtY_uI"),
    "5hJ2k_LmN-0": FLUTE
    | in_train("5hJ2k_LmN-0", caption="A flute plays three notes, rising slowly"),
    "zX7cV_bN-m1": HISS_IN_A_ROOM
    | in_train("zX7cV_bN-m1", caption="A constant hiss without any pause"),
    "0P_oI8-uYtR": SILENCE | in_train("0P_oI8-uYtR"),
    "--dF5gH_jK2": RAIN_AND_MAN | in_part("--dF5gH_jK2_40.000"),
    "YtR6eW_qA-s": TYPING_WOMAN | in_part("YtR6eW_qA-s_250.000"),
    # The first of two captions.
    "mN3bV-cX_z9": SINGING | in_part("mN3bV-cX_z9_10.000", caption="A fan hums and somebody sings"),
    "G7fD-sA_pO4": SPEECH | in_test("G7fD-sA_pO4_30.000_40.000"),
    "lK_jH2-gF8d": SPEECH | in_test("lK_jH2-gF8d_21.000_31.000"),
    "-uY6tR_eW1q": RAIN | in_test("-uY6tR_eW1q_70.000_80.000"),
    "B5vC_xZ-aS3": RAIN | in_test("B5vC_xZ-aS3_80.000_90.000"),
    "_nM9-bV4cXz": FLUTE | in_test("_nM9-bV4cXz_140.000_150.000"),
    "R2tY-uI_oP6": FLUTE | in_test("R2tY-uI_oP6_0.000_10.000"),
    "8kJ_hG-fD0s": WHITE_NOISE | in_test("8kJ_hG-fD0s_30.000_40.000"),
    "wE1r-Ty_Ui5": SILENCE | in_test("wE1r-Ty_Ui5_30.000_40.000"),
    "Xc-Vb7_Nm2L": TYPING_MAN | in_test("Xc-Vb7_Nm2L_50.000_60.000"),
    "aS4-dF_gH9j": WOMAN_IN_RAIN | in_test("aS4-dF_gH9j_330.000_340.000"),
    # The first event of this segment is the last row of its list.
    "--dF5gH_jK2_40000": strong(
        (0.0, 5.0, "rain"),
        (0.6, 2.472, "male speech or man speaking"),
        (3.2, 4.561, "male speech or man speaking"),
    )
    | in_part("--dF5gH_jK2_40.000"),
    "YtR6eW_qA-s_250000": strong(
        (0.2, 1.6, "computer keyboard"),
        (1.9, 3.198, "female speech or woman speaking"),
        (3.4, 4.8, "computer keyboard"),
    )
    | in_part("YtR6eW_qA-s_250.000"),
    "mN3bV-cX_z9_10000": strong((0.0, 5.0, "mechanical fan"), (1.1, 3.63, "female singing"))
    | in_part("mN3bV-cX_z9_10.000"),
    # The strong lists have another word for what the weak ones call white noise.
    "Xc-Vb7_Nm2L_50000": strong(
        (0.1, 1.3, "computer keyboard"),
        (1.5, 3.334, "male speech or man speaking"),
        (3.5, 4.5, "white noise or pink noise"),
    )
    | in_test("Xc-Vb7_Nm2L_50.000_60.000"),
    "aS4-dF_gH9j_330000": strong(
        (0.0, 2.5, "mechanical fan"),
        (0.9, 2.288, "female speech or woman speaking"),
        (2.5, 5.0, "rain"),
    )
    | in_test("aS4-dF_gH9j_330.000_340.000"),
}
WEAK_IDS = [id for id, fields in SAYS.items() if fields["event_labels"]]
STRONG_IDS = [id for id, fields in SAYS.items() if fields["events"]]
CAPTIONED = [id for id, fields in SAYS.items() if fields.get("caption")]
UNBALANCED_IDS = ("--dF5gH_jK2", "YtR6eW_qA-s", "mN3bV-cX_z9")


# Quirks

WEAK_LINES = {
    'aaaaaaaaaaa, 0.000, 10.000, "/m/unknown"': "unknown-label",
    'aaaaaaaaaaa, 0.000, 10.000, ""': "unknown-label",
    'aaaaaaaaaaa, 0.000, 10.000, "/m/09x0r,"': "unknown-label",
    'aaaaaaaaaaa, 0.000, 10.000, "/m/09x': "malformed-line",
    'aaaaaaaaaaa, 0.000, 10.000, "': "malformed-line",
    'aaaaaaaaaaa, 10.000, 0.000, "/m/09x0r"': "malformed-line",
    'aaaaaaaaaaa, nan, 10.000, "/m/09x0r"': "malformed-line",
    'aaaaaaaaaaa, x, 10.000, "/m/09x0r"': "malformed-line",
    'aaaa, 0.000, 10.000, "/m/09x0r"': "malformed-line",
    '../../aaaaa, 0.000, 10.000, "/m/09x0r"': "malformed-line",
    'aaaaaaaaaaa, 0.000, "/m/09x0r"': "malformed-line",
}
SEGMENT = "mN3bV-cX_z9_10000"
EVENTS = {
    f"{SEGMENT}\t0.5\t0.5\t/m/09x0r": "malformed-line",
    f"{SEGMENT}\tx\t0.5\t/m/09x0r": "malformed-line",
    f"{SEGMENT}\t0.1\t0.5": "malformed-line",
    # A class of the weak lists only.
    f"{SEGMENT}\t0.1\t0.5\t/m/0l14j_": "unknown-label",
}
ONTOLOGIES = ("", "[", "{}", "[]", '[{"id": "/m/1"}]', "[1]", "null")
CAPTION_FOLDERS = ("dataset2.0", "csv_files_v1", "audiocaps/dataset")

NO_ONTOLOGY = {"event_families": None, "sound_kind": None, "speech_presence": None}
QUIRKS = [
    *(
        Quirk(f"{line} is rejected", append(BALANCED, line), rejects={f"{BALANCED}:12": reason})
        for line, reason in WEAK_LINES.items()
    ),
    *(
        Quirk(
            f"{line!r} takes its segment with it",
            append(STRONG_TRAIN, line),
            rejects={SEGMENT: reason},
            gone=(SEGMENT,),
        )
        for line, reason in EVENTS.items()
    ),
    *(
        Quirk(
            f"{line!r} is no event of a segment",
            append(STRONG_TRAIN, line),
            rejects={f"{STRONG_TRAIN}:10": "malformed-line"},
        )
        for line in ("garbage", "mN3bV-cX_z9\t0.1\t0.5\t/m/09x0r")
    ),
    Quirk(
        "a strong list without its header is named",
        replace(STRONG_TRAIN, "segment_id\t", "id\t"),
        error=rf"{STRONG_TRAIN} with the header 'segment_id",
    ),
    Quirk(
        "strong lists may lie next to the weak ones",
        all_of(
            rename(STRONG_TRAIN, "audioset_train_strong.tsv"),
            rename("strong/audioset_eval_strong.tsv", "audioset_eval_strong.tsv"),
            remove("strong"),
        ),
    ),
    Quirk(
        "lists that are not there are left out",
        remove(UNBALANCED, "strong"),
        gone=(*UNBALANCED_IDS, *STRONG_IDS),
    ),
    Quirk(
        "without AudioCaps there are no captions",
        remove("dataset"),
        says={id: {"caption": None} for id in CAPTIONED},
    ),
    Quirk(
        "without the ontology there are no kinds, families and presence of speech",
        remove("ontology.json"),
        says=dict.fromkeys(WEAK_IDS, NO_ONTOLOGY),
    ),
    *(
        Quirk(
            f"an ontology of {text!r} is named",
            write("ontology.json", text),
            error=r"audioset in .*audioset: expected ontology\.json with a list of classes",
        )
        for text in ONTOLOGIES
    ),
    Quirk(
        "a clip without a file is told under the name that it would have",
        remove("audios/balanced_train_segments/YYq4WmB7_tEs.wav"),
        says={"Yq4WmB7_tEs": {"file": "audios/YYq4WmB7_tEs.wav"}},
    ),
    *(Quirk(f"captions may lie in {name}", rename("dataset", name)) for name in CAPTION_FOLDERS),
    Quirk(
        "clips of AudioCaps' test and validation parts have no caption, whatever train.csv says",
        append(CAPTIONS, "1,Qw9-eRtY_uI,0,Something", "2,Yq4WmB7_tEs,0,Something"),
    ),
    Quirk(
        "a row of captions that cannot be read is listed once",
        append(CAPTIONS, "garbage"),
        rejects={f"{CAPTIONS}:9": "malformed-line"},
    ),
]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "audioset", tmp_path / "root" / "audioset")


def items(folder: Path) -> list[Clip | Reject]:
    corpus = AudioSet.open(str(folder))
    return [item for shard in shards(folder) for item in corpus.clips(shard)]


def shards(folder: Path) -> list[Shard]:
    return [shard for found in AudioSet.open(str(folder)).shards().values() for shard in found]


def test_the_table_states_every_clip(folder: Path) -> None:
    assert SAYS.keys() == read(AudioSet, folder)[0].keys()
    assert b"\r\n" in (folder / CAPTIONS).read_bytes()
    for split in ("train", "test"):
        found = {fields.get("sound_kind") for fields in SAYS.values() if fields["split"] == split}
        assert found == {None, "speech", "silence", "music", "noise"}


def test_a_reject_names_the_line_that_is_wrong(folder: Path) -> None:
    append(BALANCED, 'aaaaaaaaaaa, 0.000, 10.000, "/m/unknown"')(folder)
    append(STRONG_TRAIN, f"{SEGMENT}\t0.1\t0.5", "garbage")(folder)
    details = [item.detail for item in items(folder) if isinstance(item, Reject)]
    assert details == [
        f"{BALANCED}:12: '/m/unknown' is none of the 527 classes",
        f"{STRONG_TRAIN}:10: expected start, end, label: '0.1\\t0.5'",
        f"{STRONG_TRAIN}:11: no segment: 'garbage'",
    ]


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
        in_weak = {row["mid"]: row["display_name"] for row in csv.DictReader(file)}
    with (folder / "strong/mid_to_display_name.tsv").open(encoding="utf-8", newline="") as file:
        in_strong = dict(csv.reader(file, delimiter="\t"))
    checked = 0
    for words, names in ((WEAK, in_weak), (STRONG, in_strong)):
        for mid in words.keys() & names.keys() - {"/t/dd00123", "/t/dd00125"}:
            assert words[mid] == names[mid].replace(", ", " or ").lower()
            checked += 1
    assert checked > 25


# The ontology

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
        ("Speech", "Speech", "speech"),
        ("Speech,Conversation,Inside", "Speech", "speech"),
        ("Speech,Car", None, "speech"),
        ("Speech,Music", None, "speech"),
        ("Speech,Singing", None, "speech"),
        ("Music,Guitar", "Music", "non-speech"),
        ("Guitar", "Music", "non-speech"),
        ("Bicycle bell", None, "non-speech"),
        ("Chant", None, "non-speech"),
        ("Silence", "Silence", "non-speech"),
        ("Silence,Car", None, "non-speech"),
        ("Silence,Noise", None, "non-speech"),
        ("White noise,Noise", "Noise", "non-speech"),
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


# Shards


def test_shards_say_what_lies_beside_the_lists(folder: Path) -> None:
    def lists_with(field: str) -> list[str]:
        found = shards(folder)
        assert all(shard.provides is not None for shard in found)
        return [shard.part[0] for shard in found if field in (shard.provides or ())]

    assert lists_with("caption") == [BALANCED, UNBALANCED]
    assert lists_with("event_families") == [BALANCED, UNBALANCED, "eval_segments.csv"]
    assert lists_with("events") == [STRONG_TRAIN, "strong/audioset_eval_strong.tsv"]
    remove("ontology.json", "dataset")(folder)
    assert lists_with("caption") == lists_with("event_families") == []


def test_parts_of_the_strong_lists_hold_each_segment_once_with_all_its_rows(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouped_rows, "PART_BYTES", 60)
    assert len([shard for shard in shards(folder) if "events" in (shard.provides or ())]) > 10
    check_quirk(AudioSet, folder, Quirk("another number of parts", lambda folder: None))
    clips, _ = read(AudioSet, folder)
    assert {id: clips[id]["events"] for id in STRONG_IDS} == {
        id: SAYS[id]["events"] for id in STRONG_IDS
    }


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
    files = AudioFiles([*others, name.format(id)])
    assert files.find(id) == name.format(id)
    assert files.find("A" * 11) is None
    assert AudioFiles([]).find(id) is None


def test_the_first_of_several_files_is_taken() -> None:
    id = "aB3-dE_fGhI"
    assert AudioFiles([f"a/{id}.wav", f"b/Y{id}.wav"]).find(id) == f"a/{id}.wav"


def test_recordings_have_five_seconds_and_one_that_is_not_there_is_missing(folder: Path) -> None:
    gone = "Yq4WmB7_tEs"
    remove(f"audios/balanced_train_segments/Y{gone}.wav")(folder)
    found = {item.id: item.audio for item in items(folder) if isinstance(item, Clip)}
    assert len(found) == CLIPS
    with pytest.raises(Unusable, match=gone) as caught:
        audio.probe(found.pop(gone))
    assert caught.value.reason == "audio-missing"
    for recording in found.values():
        assert audio.probe(recording).rate == 32_000
        assert audio.duration(recording) == pytest.approx(5.0)
