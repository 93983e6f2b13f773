"""Fluent Speech Commands: 31 intents in words, speakers in a table of their own, quoted texts."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from cases import Quirk, all_of, append, read, replace

from audio_flan.corpora.speech.fluent_speech_commands import FluentSpeechCommands

NAME = "fluent_speech_commands_dataset"
TRAIN, PEOPLE = "data/train_data.csv", "data/speaker_demographics.csv"
SPEAKER = "AbCdEf12GhIjKl34"

CLIPS = 20
# The intents have nothing to do with what the voices of the miniature say.
SAYS = {
    "bb703f98-a153-5908-a738-51f710a40c2f": {
        "transcript": '"Come in," said Mr. Green.',
        "language": "en",
        "speaker": SPEAKER,
        "gender": "female",
        "age": "22 to 40",
        "intent": "turn on the lights in the kitchen",
        "split": "train",
        "file": f"wavs/speakers/{SPEAKER}/bb703f98-a153-5908-a738-51f710a40c2f.wav",
    },
    "68d8c597-82b7-5fba-aab7-8649577881df": {"transcript": "The café opens early."},
    "a53bc600-64d3-5453-a159-30107113a07c": {"transcript": "We bought 12 apples."},
    # Object and location are the word none.
    "482ecf38-a3dc-5448-b555-f412d5f42a82": {
        "transcript": "Please close the window.",
        "intent": "change the language",
    },
    "9fa8a9e6-3bea-5755-a241-ad95998b696d": {
        "speaker": "aBcDeF56gHiJkL78",
        "gender": "male",
        "age": "41 to 65",
        "split": "train",
    },
    # The demographics lack the gender of this one.
    "1cc041c1-42bf-50e7-bdb6-3e97d214daf3": {
        "speaker": "MnOpQr12StUvWx34",
        "gender": None,
        "age": "22 to 40",
        "split": "train",
    },
    "03419af6-edbd-51d4-9f59-09957ce084e8": {
        "speaker": "mNoPqR56sTuVwX78",
        "gender": "male",
        "age": "over 65",
        "split": "validation",
    },
    "c68aa71f-44f6-5642-b1d3-2ed9473bf487": {
        "speaker": "yZaBcD90eFgHiJ12",
        "gender": "female",
        "age": "22 to 40",
        "split": "test",
    },
}
COMMANDS = {
    "activate,lights,kitchen": "turn on the lights in the kitchen",
    "activate,lamp,none": "turn on the lamp",
    "deactivate,music,none": "turn off the music",
    "bring,juice,none": "bring the juice",
    "change language,Chinese,none": "change the language to Chinese",
    "change language,none,none": "change the language",
    "increase,heat,washroom": "increase the heat in the washroom",
    "decrease,volume,none": "decrease the volume",
}
NO_INTENTS = (
    "activate,volume,none",
    "activate,lamp,kitchen",
    "change,none,none",
    "bring,juice,",
    ",,",
)
OUTSIDE = (
    "../outside.wav",
    "wavs/../../outside.wav",
    "..\\outside.wav",
    "C:\\outside.wav",
    "",
    "/etc/passwd",
    "file:///etc/passwd",
)


def command(
    id: str, text: str = "Please", what: str = "bring,juice,none", who: str = SPEAKER
) -> str:
    """A line of the commands."""
    return f"12,wavs/speakers/{who}/{id}.wav,{who},{text},{what}"


QUIRKS = [
    Quirk(
        "31 intents are said in words, none of them 'none'",
        append(TRAIN, *(command(f"c{n}", what=what) for n, what in enumerate(COMMANDS))),
        says={f"c{n}": {"intent": words} for n, words in enumerate(COMMANDS.values())},
    ),
    Quirk(
        "an intent that is none of the 31 is rejected",
        append(TRAIN, *(command("c", what=what) for what in NO_INTENTS)),
        rejects={f"{TRAIN}:{14 + n}": "unknown-label" for n in range(len(NO_INTENTS))},
    ),
    Quirk(
        "doubled quotes are the text's own",
        replace(TRAIN, '"""Come in,"" said Mr. Green."', "Come in"),
        says={
            "bb703f98-a153-5908-a738-51f710a40c2f": {"transcript": "Come in"},
            "9fa8a9e6-3bea-5755-a241-ad95998b696d": {"transcript": "Come in"},
            "1cc041c1-42bf-50e7-bdb6-3e97d214daf3": {"transcript": "Come in"},
        },
    ),
    Quirk(
        "NA is a text, blanks are outer and none is no text",
        append(TRAIN, command("c", " NA "), command("d", " ")),
        says={"c": {"transcript": "NA"}},
        rejects={f"{TRAIN}:15": "empty-transcript"},
    ),
    Quirk(
        "ids of speakers differ by case",
        all_of(
            append(PEOPLE, f"{SPEAKER.lower()},native,x,x,male,65+"),
            append(TRAIN, command("c", who=SPEAKER.lower())),
        ),
        says={"c": {"speaker": SPEAKER.lower(), "gender": "male", "age": "over 65"}},
    ),
    Quirk(
        "a speaker that the demographics lack has neither gender nor age",
        append(TRAIN, command("c", who="unknown")),
        says={"c": {"speaker": "unknown", "gender": None, "age": None}},
    ),
    *(
        Quirk(
            f"the commands of a speaker with the labels {labels} are rejected",
            all_of(
                append(PEOPLE, f"newcomer,native,x,x,{labels}"),
                append(TRAIN, command("c", who="newcomer")),
            ),
            rejects={f"{TRAIN}:14": "unknown-label"},
        )
        for labels in ("robot,22-40", "female,7-9")
    ),
    Quirk(
        "names of the demographics are compared without outer blanks",
        replace(PEOPLE, "Self-reported fluency level ,First", "Self-reported fluency level, First"),
    ),
    Quirk(
        "a column that the demographics lack is named",
        replace(PEOPLE, "ageRange", "age range"),
        error=r"speaker_demographics\.csv with the columns .*ageRange",
    ),
    Quirk(
        "a garbled line of the demographics is named",
        append(PEOPLE, "newcomer,native"),
        error=r"speaker_demographics\.csv:7: ",
    ),
    Quirk(
        "the first column has no name; another header is named",
        replace(TRAIN, ",path,speakerId,", "Unnamed: 0,path,speakerId,"),
        error=r"train_data\.csv with the header",
    ),
    Quirk(
        "a path that leaves the corpus is rejected",
        append(TRAIN, *(f"12,{path},{SPEAKER},Please,bring,juice,none" for path in OUTSIDE)),
        rejects={f"{TRAIN}:{14 + n}": "path-outside-corpus" for n in range(len(OUTSIDE))},
    ),
]


def test_every_command_has_every_annotation_but_the_gender_that_is_missing(
    miniatures: Path,
) -> None:
    clips, _ = read(FluentSpeechCommands, miniatures / NAME)
    for id, says in clips.items():
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", id)
        assert says["file"] == f"wavs/speakers/{says['speaker']}/{id}.wav"
        missing = {"gender"} if says["speaker"] == "MnOpQr12StUvWx34" else set()
        assert says.keys() == (FluentSpeechCommands.provides | {"split", "file"}) - missing


@pytest.mark.parametrize(("table", "split"), [("valid", "validation"), ("test", "test")])
def test_a_copy_without_a_table_has_the_others(
    table: str, split: str, miniatures: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(miniatures / NAME, tmp_path / "root" / NAME)
    whole, _ = read(FluentSpeechCommands, folder)
    (folder / f"data/{table}_data.csv").unlink()
    left, _ = read(FluentSpeechCommands, folder)
    assert len(left) == 16
    assert left == {id: says for id, says in whole.items() if says["split"] != split}


def test_there_are_31_intents_in_different_words() -> None:
    intents = FluentSpeechCommands.words["intent"]
    assert len(intents) == len(set(intents.values())) == 31
    for command, words in intents.items():
        _, thing, room = command.split(", ")
        assert "none" not in words
        assert (thing in words) == (thing != "none")
        assert words.endswith(f" in the {room}") == (room != "none")
