"""A miniature Fluent Speech Commands: three speakers train, one validates, one tests.

The bank has no spoken commands: transcriptions are what is said, the intents beside them are
nominal and have nothing to do with the words.

Quirks in it: a header that starts with an empty name, a text in doubled quotes, a trailing blank in
a name of the demographics, ids of speakers in mixed case, a speaker without gender.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from itertools import cycle
from uuid import NAMESPACE_OID, uuid5

from audio_flan.miniatures.stage import Stage

GAIN = 0.5
"""Microphones of a crowd are not set alike, and no other miniature has the same audio."""
SPEAKERS = {
    "AbCdEf12GhIjKl34": ("train", "en_f1", "female", "22-40"),
    "aBcDeF56gHiJkL78": ("train", "en_m1", "male", "41-65"),
    "MnOpQr12StUvWx34": ("train", "en_f2", "", "22-40"),
    "mNoPqR56sTuVwX78": ("valid", "en_m2", "male", "65+"),
    "yZaBcD90eFgHiJ12": ("test", "en_f3", "female", "22-40"),
}
"""Table, voice of the bank, gender and age range of each speaker."""
INTENTS = (
    ("activate", "lights", "kitchen"),
    ("deactivate", "music", "none"),
    ("bring", "juice", "none"),
    ("change language", "none", "none"),
    ("increase", "heat", "washroom"),
    ("change language", "Chinese", "none"),
    ("decrease", "volume", "none"),
)
HEADER = ("", "path", "speakerId", "transcription", "action", "object", "location")
DEMOGRAPHICS = (
    "speakerId",
    "Self-reported fluency level ",
    "First Language spoken",
    "Current language used for work/school",
    "gender",
    "ageRange",
)


def write(stage: Stage) -> None:
    """Lay out fluent_speech_commands_dataset."""
    tables: dict[str, list[tuple[object, ...]]] = {"train": [], "valid": [], "test": []}
    intents = cycle(INTENTS)
    for speaker, (table, voice, *_) in SPEAKERS.items():
        for said in stage.speech(voice):
            path = f"wavs/speakers/{speaker}/{uuid5(NAMESPACE_OID, said.id)}.wav"
            stage.audio(path, said, 16_000)
            number = len(tables[table])
            tables[table].append((number, path, speaker, said.text, *next(intents)))
    for table, rows in tables.items():
        _write_table(stage, f"{table}_data", HEADER, rows)
    about = ("native", "English (United States)", "English (United States)")
    people = [(id, *about, gender, age) for id, (_, _, gender, age) in SPEAKERS.items()]
    _write_table(stage, "speaker_demographics", DEMOGRAPHICS, people)
    stage.text("readme.md", "A miniature of Fluent Speech Commands, synthesised.\n")


def _write_table(
    stage: Stage, name: str, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]
) -> None:
    """Write a table, values quoted where they need it."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    stage.text(f"data/{name}.csv", text.getvalue())
