"""Fluent Speech Commands: orders to a smart home, in English."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audits.facts import Fact, sound, table

FOLDERS = ("fluent_speech_commands_dataset",)
VERBS = {"activate": "turn on", "deactivate": "turn off", "increase": "increase"}
VERBS |= {"decrease": "decrease", "bring": "bring"}
AGES = {"22-40": "22 to 40", "41-65": "41 to 65", "65+": "over 65"}


def facts(folder: Path) -> Iterator[Fact]:
    """A line for each command: path, speaker, text, action, object, location."""
    people = {line[0]: line for line in table(folder / "data/speaker_demographics.csv")}
    for part in ("train", "valid", "test"):
        for line in table(folder / f"data/{part}_data.csv")[1:]:
            _, path, speaker, text, action, thing, location = line
            *_, gender, age = [value.strip() for value in people.get(speaker, ["", ""])]
            yield Fact(
                Path(path).stem,
                sound(folder, path),
                transcript=text.strip(),
                text=text.strip(),
                language="English",
                speaker=speaker,
                gender=gender or None,
                age=AGES[age] if age else None,
                intent=intent(action, thing, location),
            )


def intent(action: str, thing: str, location: str) -> str:
    """What is wanted, in words."""
    if action == "change language":
        return "change the language" + ("" if thing == "none" else f" to {thing}")
    return f"{VERBS[action]} the {thing}" + ("" if location == "none" else f" in the {location}")
