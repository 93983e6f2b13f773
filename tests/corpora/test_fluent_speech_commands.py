"""Fluent Speech Commands: 31 intents in words, speakers in a table of their own, quoted texts."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from audio_flan.corpora.speech.fluent_speech_commands import INTENTS, FluentSpeechCommands
from audio_flan.errors import CorpusLayoutError
from audio_flan.model.clip import ANNOTATIONS, Clip, Reject

TOP = "fluent_speech_commands_dataset"
TRAIN = "data/train_data.csv"
PEOPLE = "data/speaker_demographics.csv"
SPEAKER = "AbCdEf12GhIjKl34"
UUID = "00000000-1111-2222-3333-444444444444"
PATH = f"wavs/speakers/{SPEAKER}/{UUID}.wav"


def read(folder: Path) -> list[Clip | Reject]:
    corpus = FluentSpeechCommands.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> dict[str, Clip]:
    return {item.id: item for item in read(folder) if isinstance(item, Clip)}


def rejects(folder: Path) -> list[tuple[str, str]]:
    return [(item.clip, item.reason) for item in read(folder) if isinstance(item, Reject)]


def add_line(folder: Path, line: str, file: str = TRAIN) -> None:
    with (folder / file).open("a", encoding="utf-8", newline="") as target:
        target.write(f"{line}\n")


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8", newline="")


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / TOP, tmp_path / "root" / TOP)


def test_clips_have_every_annotation_but_for_a_speaker_without_gender(folder: Path) -> None:
    found = clips(folder)
    assert len(found) == 20
    for clip in found.values():
        filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
        missing = {"gender"} if clip.speaker == "MnOpQr12StUvWx34" else set()
        assert filled == FluentSpeechCommands.provides - missing


def test_the_sample_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    table = (folder / TRAIN).read_text(encoding="utf-8")
    assert table.startswith(",path,speakerId,transcription,action,object,location\n0,wavs/")
    assert ',"""Come in,"" said Mr. Green.",' in table
    assert "Self-reported fluency level ," in (folder / PEOPLE).read_text(encoding="utf-8")


def test_ids_are_the_uuids_of_the_files(folder: Path) -> None:
    for id, clip in clips(folder).items():
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", id)
        assert clip.audio.name == f"wavs/speakers/{clip.speaker}/{id}.wav"


def test_quoted_texts_are_unquoted(folder: Path) -> None:
    texts = {clip.transcript for clip in clips(folder).values()}
    assert '"Come in," said Mr. Green.' in texts
    assert len(texts) == 4


def test_tables_are_splits_and_share_no_speaker(folder: Path) -> None:
    found = clips(folder).values()
    sizes = {s: len([c for c in found if c.split == s]) for s in ("train", "validation", "test")}
    assert sizes == {"train": 12, "validation": 4, "test": 4}
    assert len({(clip.speaker, clip.split) for clip in found}) == 5


def test_speakers_are_described_in_words(folder: Path) -> None:
    described = {
        clip.speaker: (clip.gender and clip.gender.value, clip.age and clip.age.value)
        for clip in clips(folder).values()
    }
    assert described == {
        "AbCdEf12GhIjKl34": ("female", "22 to 40"),
        "aBcDeF56gHiJkL78": ("male", "41 to 65"),
        "MnOpQr12StUvWx34": (None, "22 to 40"),
        "mNoPqR56sTuVwX78": ("male", "over 65"),
        "yZaBcD90eFgHiJ12": ("female", "22 to 40"),
    }


def test_there_are_31_intents_in_different_words() -> None:
    assert len(INTENTS) == len(set(INTENTS.values())) == 31
    assert FluentSpeechCommands.labels["intent"] == tuple(INTENTS.values())
    for (_, thing, room), words in INTENTS.items():
        assert "none" not in words
        assert (thing in words) == (thing != "none")
        assert words.endswith(f" in the {room}") == (room != "none")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("activate,lights,kitchen", "turn on the lights in the kitchen"),
        ("activate,lamp,none", "turn on the lamp"),
        ("deactivate,music,none", "turn off the music"),
        ("bring,juice,none", "bring the juice"),
        ("change language,Chinese,none", "change the language to Chinese"),
        ("change language,none,none", "change the language"),
        ("increase,heat,washroom", "increase the heat in the washroom"),
        ("decrease,volume,none", "decrease the volume"),
    ],
)
def test_intents_are_said_in_words(folder: Path, command: str, words: str) -> None:
    add_line(folder, f"12,{PATH},{SPEAKER},Please,{command}")
    intent = clips(folder)[UUID].intent
    assert intent is not None and intent.value == words


@pytest.mark.parametrize(
    "command",
    ["activate,volume,none", "activate,lamp,kitchen", "change,none,none", "bring,juice,", ",,"],
)
def test_an_intent_that_is_none_of_the_31_is_rejected(folder: Path, command: str) -> None:
    add_line(folder, f"12,{PATH},{SPEAKER},Please,{command}")
    assert rejects(folder) == [(f"{TRAIN}:14", "unknown-label")]
    assert len(clips(folder)) == 20


def test_a_command_without_text_is_rejected(folder: Path) -> None:
    add_line(folder, f"12,{PATH},{SPEAKER}, ,bring,juice,none")
    assert rejects(folder) == [(f"{TRAIN}:14", "empty-transcript")]


def test_the_word_none_is_a_text(folder: Path) -> None:
    add_line(folder, f"12,{PATH},{SPEAKER},NA,bring,juice,none")
    assert clips(folder)[UUID].transcript == "NA"


def test_speaker_ids_differ_by_case(folder: Path) -> None:
    add_line(folder, f"{SPEAKER.lower()},native,x,x,male,65+", PEOPLE)
    add_line(folder, f"12,{PATH},{SPEAKER.lower()},Please,bring,juice,none")
    clip = clips(folder)[UUID]
    assert clip.gender is not None and clip.gender.value == "male"
    assert {
        c.gender.value for c in clips(folder).values() if c.speaker == SPEAKER and c.gender
    } == {"female"}


def test_a_speaker_that_the_demographics_lack_has_neither_gender_nor_age(folder: Path) -> None:
    add_line(folder, f"12,{PATH},unknown,Please,bring,juice,none")
    clip = clips(folder)[UUID]
    assert (clip.speaker, clip.gender, clip.age) == ("unknown", None, None)


@pytest.mark.parametrize("values", ["robot,22-40", "female,7-9"])
def test_an_unknown_label_of_a_speaker_rejects_its_clips(folder: Path, values: str) -> None:
    add_line(folder, f"newcomer,native,x,x,{values}", PEOPLE)
    add_line(folder, f"12,{PATH},newcomer,Please,bring,juice,none")
    assert rejects(folder) == [(f"{TRAIN}:14", "unknown-label")]


def test_names_of_the_demographics_are_compared_without_blanks(folder: Path) -> None:
    expected = read(folder)
    change(folder, PEOPLE, "Self-reported fluency level ,", "Self-reported fluency level,")
    assert read(folder) == expected
    change(folder, PEOPLE, "ageRange", "age range")
    with pytest.raises(CorpusLayoutError, match=r"speaker_demographics\.csv with the header .*age"):
        read(folder)


def test_a_garbled_line_of_the_demographics_is_told_with_its_place(folder: Path) -> None:
    add_line(folder, "newcomer,native", PEOPLE)
    with pytest.raises(CorpusLayoutError, match=r"speaker_demographics\.csv:7: "):
        read(folder)


def test_another_header_is_told(folder: Path) -> None:
    change(folder, TRAIN, ",path,speakerId,", "Unnamed: 0,path,speakerId,")
    with pytest.raises(CorpusLayoutError, match=r"train_data\.csv with the header"):
        read(folder)


@pytest.mark.parametrize("file", ["data/valid_data.csv", "data/test_data.csv"])
def test_a_copy_without_a_table_has_the_others(folder: Path, file: str) -> None:
    (folder / file).unlink()
    assert len(clips(folder)) == 16
    assert len(FluentSpeechCommands.open(str(folder)).shards()) == 2


@pytest.mark.parametrize(
    "path",
    [
        "../outside.wav",
        "wavs/../../outside.wav",
        "..\\outside.wav",
        "C:\\outside.wav",
        "",
        "/etc/passwd",
        "file:///etc/passwd",
    ],
)
def test_a_path_that_leaves_the_corpus_is_rejected(folder: Path, path: str) -> None:
    (folder.parent / "outside.wav").write_bytes(b"secret")
    add_line(folder, f"12,{path},{SPEAKER},Please,bring,juice,none")
    assert rejects(folder) == [(f"{TRAIN}:14", "path-outside-corpus")]
    assert len(clips(folder)) == 20
