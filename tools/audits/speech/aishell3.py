"""AISHELL-3: Mandarin sentences with their pinyin, read by 218 people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from audits.facts import Fact, sound

FOLDERS = ("data_aishell3", "AISHELL-3")
AGES = {"A": "under 14", "B": "14 to 25", "C": "26 to 40", "D": "over 41"}
ACCENTS = {"north": "northern", "south": "southern", "others": "other"}
ALL = {"language": "Mandarin Chinese", "phone_notation": "pinyin with tone digits"}


def facts(folder: Path) -> Iterator[Fact]:
    """content.txt: Han and pinyin in turn; spk-info.txt: speaker, age group, gender, accent."""
    info = (folder / "spk-info.txt").read_text(encoding="utf-8")
    people = re.findall(r"^(SSB\d+)\t(\w)\t(\w+)\t(\w+)", info, re.M)
    traits = {
        speaker: {"age": AGES[age], "gender": gender, "accent": ACCENTS[accent]}
        for speaker, age, gender, accent in people
    }
    for part in ("train", "test"):
        text = (folder / part / "content.txt").read_text(encoding="utf-8-sig")
        for id, tokens in re.findall(r"^(SSB\d{8})\.wav\t(.+?)\r?$", text, re.M):
            speaker, pairs = id[:7], re.findall(r"(\S+) +(\S+)", tokens)
            if speaker in traits:
                audio = sound(folder, f"{part}/wav/{speaker}/{id}.wav")
                han, pinyin = "".join(p[0] for p in pairs), " ".join(p[1] for p in pairs)
                says = {"transcript": han, "text": han, "phones": pinyin, "speaker": speaker}
                yield Fact(id, audio, **says, **traits[speaker], **ALL)
