"""LJ Speech: one woman reads."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from audits.facts import Fact, sound, table

FOLDERS = ("LJSpeech-1.1", "LJSpeech")
READER = {"language": "English", "speaker": "LJ", "gender": "female"}


def facts(folder: Path) -> Iterator[Fact]:
    """metadata.csv: id|text|text with numbers spelled out."""
    for id, text, spelled in table(folder / "metadata.csv", "|", quoting=csv.QUOTE_NONE):
        if id != "id":
            audio = sound(folder, f"wavs/{id}.wav")
            yield Fact(id, audio, transcript=text, text=spelled.strip() or text, **READER)
