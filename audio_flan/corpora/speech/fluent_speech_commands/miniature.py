"""A miniature Fluent Speech Commands: three speakers train, one validates, one tests.

The bank has no spoken commands: transcriptions are what is said, the intents beside them are
nominal and have nothing to do with the words.

Quirks in it: a header that starts with an empty name, a text in doubled quotes, a trailing blank in
a name of the demographics, ids of speakers in mixed case, a speaker without gender.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from audio_flan.miniatures.bank import SpeechEntry, samples, write_wav
from audio_flan.miniatures.stage import Stage

RATE = 16_000
LEVEL = 0.5
"""Gain: microphones of a crowd are not set alike, and no other miniature has the same audio."""
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
    """Write fluent_speech_commands_dataset into a folder."""
    folder, bank = stage.folder, stage.bank
    (folder / "data").mkdir()
    tables: dict[str, list[Sequence[object]]] = {"train": [], "valid": [], "test": []}
    commands = 0
    for speaker, (table, voice, *_) in SPEAKERS.items():
        for sentence in bank.speech("en", voice):
            path = _write_recording(folder, speaker, sentence)
            intent = INTENTS[commands % len(INTENTS)]
            rows = tables[table]
            rows.append((len(rows), path, speaker, sentence.text, *intent))
            commands += 1
    for table, rows in tables.items():
        _write_table(folder / "data" / f"{table}_data.csv", [HEADER, *rows])
    english = "English (United States)"
    people = [
        (id, "native", english, english, gender, age)
        for id, (_, _, gender, age) in SPEAKERS.items()
    ]
    _write_table(folder / "data" / "speaker_demographics.csv", [DEMOGRAPHICS, *people])
    (folder / "readme.md").write_text("A miniature of Fluent Speech Commands, synthesised.\n")


def _write_recording(folder: Path, speaker: str, sentence: SpeechEntry) -> str:
    """Write a recording; return its path in the tables."""
    path = f"wavs/speakers/{speaker}/{uuid5(NAMESPACE_OID, sentence.id)}.wav"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    write_wav(folder / path, LEVEL * samples(sentence, RATE), RATE)
    return path


def _write_table(path: Path, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
