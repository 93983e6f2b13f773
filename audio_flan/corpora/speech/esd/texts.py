"""The text files of ESD: which encoding one is in, and the text in each of its lines."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection
from typing import NamedTuple

from audio_flan.corpora.read.table import BadRow
from audio_flan.errors import Unusable

MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
LAST_NUMBER = 1750
"""350 sentences in five emotions."""
LINE = re.compile(r"\d{4}_(\d{6})\s+(.+)")


class Texts(NamedTuple):
    """The texts of a speaker by their numbers, and the lines that cannot be read."""

    by_number: dict[int, str]
    bad: list[BadRow]


def decode(data: bytes, old: str) -> str:
    """A text file, in whichever encoding it is.

    Args:
        data: its bytes.
        old: the encoding of older copies that have no byte order mark.

    Raises:
        ValueError: it has no text, or is in none of the encodings; the message says what was found.
    """
    if not data.strip():
        raise ValueError("an empty file")
    marked = next((code for mark, code in MARKS.items() if data.startswith(mark)), None)
    # UTF-8 first: hardly a text in another encoding happens to be valid UTF-8.
    for encoding in (marked,) if marked else ("utf-8", old):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data[: error.start].decode(encoding, "replace").count("\n") + 1
            found = f"byte 0x{data[error.start]:02x} in line {line}, which is none of them"
    raise ValueError(found)


def read_lines(content: str, emotions: Collection[str]) -> Texts:
    """The texts of a file.

    Args:
        content: the text of the file.
        emotions: the publisher's names of emotions, one of which ends a line.
    """
    ending = re.compile(rf"(?:^|\s+)(?:{'|'.join(emotions)})$")
    texts: dict[int, str] = {}
    bad: list[BadRow] = []
    lines = content.split("\n")
    for line, text in enumerate(map(str.strip, lines), 1):
        if not text:
            continue
        try:
            number, transcript = _parse(text, ending, last=line == len(lines))
            if number in texts:
                raise Unusable("malformed-line", f"a second line for {number:06d}")
            texts[number] = transcript
        except Unusable as error:
            bad.append(BadRow(line, error.reason, error.detail))
    # Without a text the line is as good as absent.
    return Texts({number: text for number, text in texts.items() if text}, bad)


def _parse(line: str, ending: re.Pattern[str], last: bool) -> tuple[int, str]:
    """Number and text of a line; the last one has no line end, so it may have been cut off."""
    match = LINE.match(line)
    number = int(match[1]) if match else 0
    if not match or not 1 <= number <= LAST_NUMBER:
        raise Unusable("malformed-line", f"expected id, text and emotion, found {line[:80]!r}")
    if last and not ending.search(line):
        raise Unusable("truncated-line", f"the file ends inside this line: {line[:80]!r}")
    text, tab, _ = match[2].rpartition("\t")
    return number, (text if tab else ending.sub("", match[2])).strip()
