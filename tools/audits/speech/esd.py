"""ESD: 350 sentences in each of two languages, acted by ten speakers in five emotions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from audits.facts import Fact, sound

FOLDERS = ("Emotion Speech Dataset", "Emotional Speech Dataset (ESD)")
EMOTIONS = {"Neutral": "neutral", "Angry": "angry", "Happy": "happy", "Sad": "sad"}
EMOTIONS |= {"Surprise": "surprised"}
AT_END = re.compile(rf"\s*\b(?:{'|'.join(EMOTIONS)})$|\s+(?:中立|生气|快乐|伤心|惊喜)$")
MEN = (4, 5, 6, 8, 10, 11, 12, 13, 14, 20)


def facts(folder: Path) -> Iterator[Fact]:
    """The folder of a recording tells its emotion, its number the sentence."""
    texts = texts_in(folder)
    votes: dict[tuple[str, int], Counter[str]] = {}
    for (speaker, number), said in texts.items():
        votes.setdefault(sentence_of(speaker, number), Counter())[said] += 1
    for path in sorted(folder.glob("[0-9]*/*/**/*.wav")):
        speaker, emotion, *_ = path.relative_to(folder).parts
        number = int(path.stem.partition("_")[2])
        sentence = sentence_of(speaker, number)
        usual = votes.get(sentence, Counter()).most_common(1)
        text = texts.get((speaker, number)) or (usual[0][0] if usual else None)
        yield Fact(
            f"{speaker}_{number:06d}",
            sound(folder, path),
            transcript=text,
            text=text,
            speaker=speaker,
            sentence=sentence,
            language=sentence[0],
            emotion=EMOTIONS[emotion],
            gender="male" if int(speaker) in MEN else "female",
        )


def sentence_of(speaker: str, number: int) -> tuple[str, int]:
    """The language of a speaker, and which of its sentences a recording is."""
    return "Mandarin Chinese" if int(speaker) <= 10 else "English", (number - 1) % 350


def texts_in(folder: Path) -> dict[tuple[str, int], str]:
    """The text of each recording, by speaker and number: a text file for each speaker."""
    texts: dict[tuple[str, int], str] = {}
    for file in sorted(folder.glob("[0-9]*/[0-9]*.txt")):
        for line in decoded(file.read_bytes(), int(file.stem) <= 10).splitlines():
            if match := re.match(r"\d{4}_(\d{6})\s+(.+)", line.strip()):
                said = AT_END.sub("", match[2]).strip()
                texts.setdefault((file.stem, int(match[1])), said)
    return texts


def decoded(data: bytes, is_chinese: bool) -> str:
    """A text file in whichever of its encodings it is."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030" if is_chinese else "cp1252")
