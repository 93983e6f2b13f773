"""VCTK: English sentences with many accents, by two microphones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from audits.facts import Fact, sound

FOLDERS = ("VCTK-Corpus-0.92", "VCTK-Corpus")
GENDERS = {"F": "female", "M": "male"}
NAMES: dict[str, str | None] = {"NewZealand": "New Zealand", "NorthernIrish": "Northern Irish"}
NAMES |= {"SouthAfrican": "South African", "Unknown": None, "British": None}


def facts(folder: Path) -> Iterator[Fact]:
    """speaker-info.txt: id, age, gender, accent; txt/ has the sentences."""
    info = (folder / "speaker-info.txt").read_text(encoding="utf-8")
    people = re.findall(r"^[ps]?(\d+)\s+\d+\s+([FM])\s+(\w+)", info, re.M)
    traits = {n: {"gender": GENDERS[g], "accent": NAMES.get(a, a)} for n, g, a in people}
    # The last of two recordings is the second microphone's.
    paths = sorted(folder.glob("wav48*/*/*_*"))
    for id, path in {re.sub(r"_mic\d$", "", path.stem): path for path in paths}.items():
        speaker, text = path.parent.name, folder / "txt" / path.parent.name / f"{id}.txt"
        said = text.read_text(encoding="utf-8").strip() if text.exists() else None
        says = {"transcript": said, "text": said, "language": "English", "speaker": speaker}
        yield Fact(id, sound(folder, path), **says, **traits.get(speaker[1:], {}))
