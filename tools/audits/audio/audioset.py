"""AudioSet: classes of 10 s clips, events of some, and the captions of AudioCaps."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audits.facts import Fact, Sound, sound, table

MAYBE_SPEECH = """Whispering|Shout|Screaming|Singing|Human group actions|Vocal music|Song|Opera|
Hip hop music|Sound reproduction|Cacophony""".replace("\n", "").split("|")


def facts(folder: Path) -> Iterator[Fact]:
    """Clips of the weak lists by the id of their video, segments of the strong lists by theirs."""
    sounds: dict[str, Sound] = {}
    for path in sorted(folder.glob("audios/**/*.*")):
        if match := re.fullmatch(r"Y?([\w-]{11})(?:_[\d.]+)*\.\w+", path.name):
            sounds.setdefault(match[1], sound(folder, path))
    yield from weak(folder, sounds)
    yield from strong(folder, sounds)


def weak(folder: Path, sounds: Mapping[str, Sound]) -> Iterator[Fact]:
    """*_segments.csv: id, start, end, "classes"."""
    names = {line[1]: in_words(line[2]) for line in table(folder / "class_labels_indices.csv")[1:]}
    above = ancestors(folder / "ontology.json")
    spoken = captions(folder / "dataset")
    for file in sorted(folder.glob("*_segments.csv")):
        for id, mids in re.findall(r'^([\w-]{11}), .*?"(.*)"', file.read_text("utf-8"), re.M):
            if id in sounds:
                caption = None if file.name.startswith("eval") else spoken.get(id)
                says = labels(mids.split(","), names, above)
                yield Fact(id, sounds[id], caption=caption, **says)


def strong(folder: Path, sounds: Mapping[str, Sound]) -> Iterator[Fact]:
    """audioset_*_strong.tsv: segment, start, end and class of an event."""
    lines = table(folder / "strong/mid_to_display_name.tsv", "\t", quoting=csv.QUOTE_NONE)
    names = {line[0]: in_words(line[1]) for line in lines}
    for file in sorted(folder.glob("strong/audioset_*_strong.tsv")):
        events: dict[str, list[tuple[float, float, str]]] = {}
        for segment, start, end, mid in table(file, "\t")[1:]:
            events.setdefault(segment, []).append((float(start), float(end), names[mid]))
        for segment, told in events.items():
            if segment[:11] in sounds:
                yield Fact(segment, sounds[segment[:11]], events=told)


def in_words(name: str) -> str:
    """A display name as one would say it."""
    name = re.sub(r"^Inside, ", "Inside a ", name)
    name = re.sub(r"^Outside, (.+)", r"Outside in \1 surroundings", name)
    name = re.sub(r",? etc\.", "", name).replace(", ", " or ")
    return name[:1].lower() + name[1:]


def ancestors(file: Path) -> dict[str, set[str]]:
    """The names of each class and of all above it."""
    nodes = json.loads(file.read_text(encoding="utf-8"))
    found = {node["id"]: {node["name"]} for node in nodes}
    for _ in range(len(nodes)):
        before = sum(map(len, found.values()))
        for node in nodes:
            for child in node["child_ids"]:
                found[child] |= found[node["id"]]
        if sum(map(len, found.values())) == before:
            break
    children = {child for node in nodes for child in node["child_ids"]}
    found["roots"] = {node["name"] for node in nodes if node["id"] not in children}
    return found


def labels(mids: list[str], names: Mapping[str, str], above: dict[str, set[str]]) -> dict[str, Any]:
    """The classes of a clip in words; its one kind of sound; whether anybody speaks."""
    says: dict[str, Any] = {"event_labels": tuple(sorted({names[mid] for mid in mids}))}
    kinds = set()
    for family in (above[mid] for mid in mids):
        mine = family & {"Speech", "Silence", "Music", "Noise"}
        sure = len(mine) == 1 == len(family & above["roots"]) and not family & {"Bell", "Chime"}
        if sure or "Acoustic environment" not in family:
            kinds.add(next(iter(mine)).lower() if sure else "unknown")
    says["sound_kind"] = kinds.pop() if len(kinds) == 1 and "unknown" not in kinds else None
    if any("Speech" in above[mid] for mid in mids):
        says["speech_presence"] = "speech"
    elif not any(above[mid] & set(MAYBE_SPEECH) for mid in mids):
        says["speech_presence"] = "non-speech"
    return says


def captions(folder: Path) -> dict[str, str]:
    """The first caption of each clip in AudioCaps' train.csv that is not in its other parts."""
    parts = {part: table(folder / f"{part}.csv") for part in ("train", "val", "test")}
    others = {line[1] for part in ("val", "test") for line in parts[part]}
    train = [line for line in parts["train"][1:] if len(line) == 4 and line[3].strip()]
    return {line[1]: line[3].strip() for line in reversed(train) if line[1] not in others}
