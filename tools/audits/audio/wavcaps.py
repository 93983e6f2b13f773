"""WavCaps: captions of sounds from four sources."""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from audits.facts import Fact, Sound, sound

FOLDERS = ("WavCaps",)
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


def facts(folder: Path) -> Iterator[Fact]:
    """A JSON list for each source; FLAC files, unpacked or in split archives."""
    unpacked = {path.stem: path for path in sorted(folder.glob("**/*.flac"))}
    for file in sorted(folder.glob("json_files/*/*_final.json")):
        source = file.parent.name
        packed = members(folder, f"Zip_files/{source}/{source}.zip")
        for item in json.loads(file.read_text(encoding="utf-8"))["data"]:
            id, caption = re.sub(r"\.(wav|flac)$", "", str(item["id"])), item["caption"].strip()
            audio = sound(folder, unpacked[id]) if id in unpacked else packed.get(id)
            if audio:
                heard = presence(caption) if source == "AudioSet_SL" else None
                yield Fact(f"{source}-{id}", audio, caption=caption, speech_presence=heard)


def presence(caption: str) -> str | None:
    """Whether somebody speaks, as far as a caption tells."""
    told, left_open, denied = (
        re.search(pattern.replace("\n", ""), caption, re.I)
        for pattern in (SAYS_SPEECH, LEAVES_IT_OPEN, DENIES)
    )
    if told:
        return None if denied else "speech"
    return None if left_open else "non-speech"


def members(folder: Path, name: str) -> dict[str, Sound]:
    """The recordings in a split archive, by id: its parts put together, entry after entry."""
    archive = folder / name
    parts = [*sorted(archive.parent.glob(f"{archive.stem}.z[0-9]*")), archive]
    data = b"".join(part.read_bytes() for part in parts if part.exists())
    sizes, found = {}, {}
    for match in re.finditer(rb"PK\x01\x02", data):
        size, _, length = struct.unpack("<2LH", data[match.start() + 20 : match.start() + 30])
        sizes[data[match.start() + 46 : match.start() + 46 + length]] = size
    for match in re.finditer(rb"PK\x03\x04", data):
        method, length, extra = struct.unpack("<8xH16x2H", data[match.start() : match.start() + 30])
        start = match.start() + 30 + length
        member = data[match.start() + 30 : start]
        if member in sizes and member.endswith(b".flac"):
            body = data[start + extra : start + extra + sizes[member]]
            path = member.decode()
            found[Path(path).stem] = Sound(f"{name}#{path}", reader(body, method))
    return found


def reader(body: bytes, method: int) -> Callable[[], bytes]:
    """What gives the bytes of a member, packed or not."""
    return lambda: zlib.decompress(body, -15) if method == 8 else body
