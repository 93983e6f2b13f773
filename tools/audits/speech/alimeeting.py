"""AliMeeting: meetings in Mandarin, cut into excerpts."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from audits.facts import SHORTEST, Excerpts, Fact, sound

FOLDERS = ("AliMeeting",)
INTERVAL = r'xmin = (\S+)\s+xmax = (\S+)\s+text = "(.*?)"\s*\n'
SILENCE = ("", "<sil>", "(sil)")


def facts(folder: Path) -> Excerpts:
    """TextGrids with a tier for each speaker; an id is the session and milliseconds."""
    meetings = {
        file.stem: meeting(folder, file)
        for file in sorted(folder.glob("**/*_far/textgrid_dir/*.TextGrid"))
    }

    def cut(id: str) -> Fact:
        session, _, stretch = id.rpartition("_")
        first, last = (int(milliseconds) / 1000 for milliseconds in stretch.split("-"))
        return excerpt(id, meetings[session], first, last)

    return Excerpts(cut)


def meeting(folder: Path, file: Path) -> Fact:
    """A whole meeting: what its TextGrid says, and the recording of the same name."""
    turns = []
    tiers = re.split(r"item \[\d+\]:", file.read_text(encoding="utf-8-sig") + "\n")[1:]
    for tier in tiers:
        (speaker,) = re.findall(r'name = ".*?(SPK\d+)"', tier)
        for start, end, text in re.findall(INTERVAL, tier, re.S):
            if text.strip().lower() not in SILENCE:
                turns.append((float(start), float(end), speaker))
    (path,) = file.parent.with_name("audio_dir").glob(f"{file.stem}_*.wav")
    return Fact(file.stem, sound(folder, path), turns=turns)


def excerpt(id: str, meeting: Fact, first: float, last: float) -> Fact:
    """A stretch of a meeting as its first microphone has it, with the turns inside."""
    inside = [
        (round(max(start - first, 0.0), 3), round(min(end, last) - first, 3), speaker)
        for start, end, speaker in meeting["turns"]
        if min(end, last) - max(start, first) >= SHORTEST
    ]
    audio = replace(meeting.audio, start=first, end=last, channel=0)
    return Fact(id, audio, turns=inside, language="Mandarin Chinese")
