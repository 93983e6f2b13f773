"""NSynth: single notes of 11 families of instruments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from audits.facts import Fact, sound


def facts(folder: Path) -> Iterator[Fact]:
    """examples.json: a record for each note."""
    for file in sorted(folder.glob("nsynth-*/examples.json")):
        for id, record in json.loads(file.read_text(encoding="utf-8")).items():
            audio = sound(folder, file.with_name("audio") / f"{id}.wav")
            family = record["instrument_family_str"].replace("_", " ")
            yield Fact(id, audio, pitch=record["pitch"], instruments=family)
