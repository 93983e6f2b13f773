"""The sound corpora, read anew from their raw files."""

from __future__ import annotations

import csv
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from audits.facts import Fact, Reader, Sound, file_of, table

SCENES = {"metro": "inside a metro train", "bus": "inside a bus", "tram": "inside a tram"}
SCENES |= {"park": "urban park", "street_traffic": "street with medium traffic"}
SCENES |= {"street_pedestrian": "pedestrian street"}


def tau(folder: Path) -> Iterator[tuple[str, Fact]]:
    """Two lists of files and scenes, separated by tabs."""
    for part in ("train", "evaluate"):
        for name, scene in table(folder / f"evaluation_setup/fold1_{part}.csv", "\t")[1:]:
            says = {"scene": (SCENES.get(scene, scene.replace("_", " ")),)}
            yield Path(name).stem, Fact(file_of(folder, name), says)


MAYBE_SPEECH = """Whispering|Shout|Screaming|Singing|Human group actions|Vocal music|Song|Opera|
Hip hop music|Sound reproduction|Cacophony""".replace("\n", "").split("|")


def audioset(folder: Path) -> Iterator[tuple[str, Fact]]:
    """Weak lists (ytid, start, end, "MIDs"), strong lists (an event a line), the ontology."""
    sounds: dict[str, Sound] = {}
    for path in sorted(folder.glob("audios/**/*.*")):
        if match := re.fullmatch(r"Y?([\w-]{11})(?:_[\d.]+)*\.\w+", path.name):
            sounds.setdefault(match[1], file_of(folder, path.relative_to(folder).as_posix()))
    weak = {line[1]: in_words(line[2]) for line in table(folder / "class_labels_indices.csv")[1:]}
    names = table(folder / "strong/mid_to_display_name.tsv", "\t", quoting=csv.QUOTE_NONE)
    strong = {line[0]: in_words(line[1]) for line in names}
    above = ancestors(folder / "ontology.json")
    spoken = captions(folder / "dataset")
    for file in sorted(folder.glob("*_segments.csv")):
        for ytid, mids in re.findall(r'^([\w-]{11}), .*?"(.*)"', file.read_text("utf-8"), re.M):
            says = labels(mids.split(","), weak, above)
            if not file.name.startswith("eval"):
                says["caption"] = spoken.get(ytid)
            if ytid in sounds:
                yield ytid, Fact(sounds[ytid], says)
    for file in sorted(folder.glob("strong/audioset_*_strong.tsv")):
        events: dict[str, list[tuple[float, float, str]]] = {}
        for segment, start, end, mid in table(file, "\t")[1:]:
            events.setdefault(segment, []).append((float(start), float(end), strong[mid]))
        for segment, told in events.items():
            if segment[:11] in sounds:
                yield segment, Fact(sounds[segment[:11]], {"events": told})


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
    says["sound_kind"] = tuple(kinds) if len(kinds) == 1 and "unknown" not in kinds else None
    if any("Speech" in above[mid] for mid in mids):
        says["speech_presence"] = ("speech",)
    elif not any(above[mid] & set(MAYBE_SPEECH) for mid in mids):
        says["speech_presence"] = ("non-speech",)
    return says


def captions(folder: Path) -> dict[str, str]:
    """The first caption of each clip in AudioCaps' train.csv that is not in its other parts."""
    parts = {part: table(folder / f"{part}.csv") for part in ("train", "val", "test")}
    others = {line[1] for part in ("val", "test") for line in parts[part]}
    train = [line for line in parts["train"][1:] if len(line) == 4 and line[3].strip()]
    return {line[1]: line[3].strip() for line in reversed(train) if line[1] not in others}


SAYS_SPEECH = r"""\b(speech(es)?|speak(s|ing)?|spoken?|talk(s|ing|ed)?|convers(ations?|es?|ing)|
narrat(es?|ing|ions?|ors?)|monologues?|dialog(ue)?s?|says?|saying|said|voice-?overs?)\b"""
LEAVES_IT_OPEN = r"""\b(voices?|vocal\w*|(loud)?speakers?|s[aiu]ng|sing(s|ing|ers?)|songs?|chant\w*|
rap(s|ping|pers?)?|choirs?|laugh\w*|giggl\w*|chuckl\w*|cry|cries|crying|sob\w*|scream\w*|shout\w*|
yell\w*|whisper\w*|murmur\w*|mumbl\w*|babbl\w*|chat\w*|cheer\w*|crowds?|audiences?|applau\w*|
people|persons?|humans?|(wo)?m[ae]n|(fe)?males?|guys?|lad(y|ies)|boys?|girls?|child(ren)?|kids?|
bab(y|ies)|adults?|some(one|body)|announc\w*|radios?|tv|televisions?|broadcast\w*|commenta\w*|
(tele)?phones?|reads?|reading|recit\w*|preach\w*|sermons?|lectur\w*|explain\w*|discuss\w*|
interview\w*|pray\w*)\b"""
DENIES = r"\b(no|not|without|nobody|non)\b"


def wavcaps(folder: Path) -> Iterator[tuple[str, Fact]]:
    """A JSON list for each source; FLAC files, unpacked or in split archives."""
    unpacked = {p.stem: p.relative_to(folder).as_posix() for p in sorted(folder.glob("**/*.flac"))}
    for file in sorted(folder.glob("json_files/*/*_final.json")):
        source = file.parent.name
        archive = folder / f"Zip_files/{source}/{source}.zip"
        packed = dict(members(archive)) if archive.exists() else {}
        for item in json.loads(file.read_text(encoding="utf-8"))["data"]:
            id, caption = re.sub(r"\.(wav|flac)$", "", str(item["id"])), item["caption"].strip()
            says: dict[str, Any] = {"caption": caption}
            if source == "AudioSet_SL":
                says["speech_presence"] = presence(caption)
            if id in unpacked:
                yield f"{source}-{id}", Fact(file_of(folder, unpacked[id]), says)
            elif id in packed:
                name, read = packed[id]
                place = archive.relative_to(folder).as_posix()
                yield f"{source}-{id}", Fact(Sound(f"{place}#{name}", read), says)


def presence(caption: str) -> tuple[str] | None:
    """Whether somebody speaks, as far as a caption tells."""
    told, left_open, denied = (
        re.search(pattern.replace("\n", ""), caption, re.I)
        for pattern in (SAYS_SPEECH, LEAVES_IT_OPEN, DENIES)
    )
    if told:
        return None if denied else ("speech",)
    return None if left_open else ("non-speech",)


def members(archive: Path) -> Iterator[tuple[str, tuple[str, Callable[[], bytes]]]]:
    """The members of a split archive by id: its parts put together, entry after entry."""
    parts = [*sorted(archive.parent.glob(f"{archive.stem}.z[0-9]*")), archive]
    data = b"".join(part.read_bytes() for part in parts)
    sizes = {}
    for match in re.finditer(rb"PK\x01\x02", data):
        size, _, length = struct.unpack("<2LH", data[match.start() + 20 : match.start() + 30])
        sizes[data[match.start() + 46 : match.start() + 46 + length]] = size
    for match in re.finditer(rb"PK\x03\x04", data):
        method, length, extra = struct.unpack("<8xH16x2H", data[match.start() : match.start() + 30])
        name = data[match.start() + 30 : match.start() + 30 + length]
        if name in sizes and name.endswith(b".flac"):
            start = match.start() + 30 + length + extra
            body = data[start : start + sizes[name]]
            text = name.decode()
            yield Path(text).stem, (text, _reader(body, method))


def _reader(body: bytes, method: int) -> Callable[[], bytes]:
    return lambda: zlib.decompress(body, -15) if method == 8 else body


AUDIO: dict[str, tuple[Sequence[str], Reader]] = {
    "tau_urban_acoustic_scenes": (
        ("TAU-urban-acoustic-scenes-2022-mobile-development", "tau_urban_acoustic_scenes"),
        tau,
    ),
    "audioset": (("audioset",), audioset),
    "wavcaps": (("WavCaps", "wavcaps"), wavcaps),
}
"""Names of the corpora's folders, and their readers."""
