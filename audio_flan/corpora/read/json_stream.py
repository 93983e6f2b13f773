"""Large JSON files of metadata, read piece by piece in constant memory."""

from __future__ import annotations

import json
import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from itertools import chain
from json import JSONDecoder
from typing import Any

from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.read.table import BadRow
from audio_flan.errors import CorpusLayoutError

WINDOW = 1 << 16
"""Characters in hand while a value is parsed; a value must be shorter."""

OBJECT = r"\s*\{\s*", "an object"
NEXT_PAIR = r'\s*(?:,\s*(?=")|(?=\}))', "a comma and a name"
END = r"\}\s*\Z", "the end"
"""What is gone past in an object, and how to call it."""


def records(folder: Folder, file: str) -> Iterator[tuple[str, Any]]:
    """The pairs of a JSON object, one by one and in constant memory.

    Raises:
        CorpusLayoutError: the file is cut off, or is not a JSON object in UTF-8.
    """
    text = _Text(folder, file)
    text.skip(*OBJECT)
    while not text.starts("}"):
        key, value = text.name(), text.value()
        # Before the pair is passed on: a number at the end of a file may be half of one.
        text.skip(*NEXT_PAIR)
        yield key, value
    text.skip(*END)


def items(folder: Folder, file: str, name: str = "") -> Iterator[Any]:
    """The items of a JSON array, one by one and in constant memory.

    Args:
        folder: the corpus.
        file: path inside the corpus.
        name: name of the array, where it is a value of an object; "" where it is the whole file.

    Raises:
        CorpusLayoutError: the file is cut off, is not JSON of this form in UTF-8, or has no such
            array.
    """
    if name:
        yield from _items_of_pair(folder, file, name)
        return
    text = _Text(folder, file, "array")
    text.skip(r"\s*", "an array")
    yield from _array(text)
    text.skip(r"\s*\Z", "the end")


def lines(folder: Folder, file: str) -> Iterator[tuple[int, Any]]:
    """The number of each line of a file of JSON lines and its value; blank lines are left out.

    The value of a line that is no JSON is a `BadRow`.

    Raises:
        CorpusLayoutError: the file is not UTF-8, or has no line.
    """
    number = 0
    for number, data in _filled_lines(folder, file):
        text = _decoded_line(folder, file, number, data)
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            reason = "malformed-line" if text.endswith("\n") else "truncated-line"
            value = BadRow(number, reason, f"{file}:{number}: {error}: {text[:80]!r}")
        yield number, value
    if number == 0:
        raise _layout_error(folder, file, "with a JSON value in each line", "an empty file")


def _filled_lines(folder: Folder, file: str) -> Iterator[tuple[int, bytes]]:
    with folder.open(file) as opened:
        yield from ((n, data) for n, data in enumerate(opened, 1) if data.strip())


def _decoded_line(folder: Folder, file: str, number: int, data: bytes) -> str:
    encoding = "utf-8-sig" if number == 1 else "utf-8"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            # The file ends inside a character.
            return data.decode(encoding, "replace")
        byte = f"byte 0x{data[error.start]:02x} in line {number}"
        raise _layout_error(folder, file, "in UTF-8", f"{byte}, which is not UTF-8") from None


def _items_of_pair(folder: Folder, file: str, name: str) -> Iterator[Any]:
    text, found = _Text(folder, file), False
    text.skip(*OBJECT)
    while not text.starts("}"):
        if text.name() == name:
            found = True
            yield from _array(text)
        else:
            text.value()
        text.skip(*NEXT_PAIR)
    if not found:
        raise text.error(f"a pair {name!r}")
    text.skip(*END)


def _array(text: _Text) -> Iterator[Any]:
    text.skip(r"\[\s*", "an array")
    while not text.starts("]"):
        item = text.value()
        text.skip(r"\s*(?:,\s*(?=[^\s\]])|(?=\]))", "a comma and an item")
        yield item
    text.skip(r"\]", "the end of the array")


class _Text:
    """A long text of which `WINDOW` characters, or the rest, are in hand.

    Args:
        folder: the corpus.
        file: the text's file in it, UTF-8.
        form: what it is to be, for messages: "object" or "array".
    """

    def __init__(self, folder: Folder, file: str, form: str = "object") -> None:
        self.folder, self.file, self.form = folder, file, form
        self._pieces = self._decoded()
        self._piece, self._at, self._passed, self._ended = "", 0, 0, False
        self._parse = JSONDecoder().raw_decode

    def _decoded(self) -> Iterator[str]:
        decoder, line = getincrementaldecoder("utf-8-sig")(), 1
        with self.folder.open(self.file) as file:
            # The empty piece at the end tells the decoder of a character that is cut off.
            for data in chain(iter(lambda: file.read(WINDOW), b""), (b"",)):
                try:
                    yield decoder.decode(data, final=not data)
                except UnicodeDecodeError as error:
                    line += error.object.count(b"\n", 0, error.start)
                    byte = f"byte 0x{error.object[error.start]:02x} in line {line}"
                    found = f"{byte}, which is not UTF-8"
                    raise _layout_error(self.folder, self.file, "in UTF-8", found) from None
                line += data.count(b"\n")

    def _fill(self) -> None:
        while not self._ended and len(self._piece) - self._at < WINDOW:
            piece = next(self._pieces, None)
            self._ended = piece is None
            self._piece = self._piece[self._at :] + (piece or "")
            self._passed += self._at
            self._at = 0

    def starts(self, start: str) -> bool:
        """Whether the rest starts so."""
        self._fill()
        return self._piece.startswith(start, self._at)

    def skip(self, pattern: str, expected: str) -> None:
        """Go past what a pattern matches; `expected` says what that is."""
        self._fill()
        match = re.compile(pattern).match(self._piece, self._at)
        if match is None:
            raise self.error(expected)
        self._at = match.end()

    def name(self) -> str:
        """Go past the name of a pair and its colon, and return it."""
        name = self.value()
        if not isinstance(name, str):
            raise self.error("a name")
        self.skip(r"\s*:\s*", "a colon")
        return name

    def value(self) -> Any:
        """Go past a JSON value and return it."""
        self._fill()
        try:
            value, self._at = self._parse(self._piece, self._at)
        except (ValueError, RecursionError):
            raise self.error("a JSON value") from None
        return value

    def error(self, expected: str) -> CorpusLayoutError:
        """The file is not what it should be, here."""
        rest = self._piece[self._at :]
        place = f"character {self._passed + self._at + 1}"
        # A value that is cut off fails at its start, less than a window before the end.
        end = f"; it ends {len(rest)} characters later: cut off?" if self._ended else ""
        found = f"{rest[:80]!r} at {place}, not {expected}{end}"
        return _layout_error(self.folder, self.file, f"as one whole JSON {self.form}", found)


def _layout_error(folder: Folder, file: str, expected: str, found: str) -> CorpusLayoutError:
    where, expected = folder.path, f"{file} {expected}"
    return CorpusLayoutError(folder.corpus, where, expected=expected, found=found)
