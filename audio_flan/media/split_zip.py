"""Zip archives split into several files, as `zip -s` makes them: NAME.z01, NAME.z02, …, NAME.zip.

`zipfile` reads archives of one file only. The format is PKWARE's (APPNOTE.TXT, sections 4.3 and 8):
the last file holds the end of the central directory, whose entries tell in which part, and where in
it, a member starts; a member runs on in the next part where its own ends.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from struct import Struct
from threading import Lock
from typing import IO, NamedTuple
from zipfile import BadZipFile

END = Struct("<4s4H2LH")
"""End of central directory: number of this part, part of the directory, entries in this part and
in all, size and place of the directory, length of the comment."""
LOCATOR64 = Struct("<4sLQL")
"""Where the zip64 end record is: its part, its place, number of parts."""
END64 = Struct("<4sQ2H2L4Q")
"""Zip64 end record: its size, two versions, then as `END` without the comment."""
ENTRY = Struct("<4s6H3L5H2L")
"""Entry of the central directory, before its name."""
LOCAL = Struct("<4s5H3L2H")
"""What stands before a member's name and data."""

LONGEST_COMMENT = 0xFFFF
IN_ZIP64_16, IN_ZIP64_32 = 0xFFFF, 0xFFFFFFFF
"""What a field holds whose value is in the zip64 record."""
ZIP64_EXTRA = 1
STORED, DEFLATED = 0, 8
ENCRYPTED, UTF_8 = 0x1, 0x800
"""Flags."""


class _Directory(NamedTuple):
    """Where the central directory is; parts are numbered from 0."""

    last_part: int
    part: int
    offset: int
    size: int
    entries: int


class _Entry(NamedTuple):
    """What the central directory says of a member."""

    part: int
    offset: int
    method: int
    flags: int
    crc: int
    packed_size: int
    file_size: int


def part_suffix(part: int) -> str:
    """How the name of a part ends that is not the last, numbered from 0: ".z01" for the first."""
    return f".z{part + 1:02d}"


def is_split(file: IO[bytes]) -> bool:
    """Whether a file is the last one of a split archive, rather than a whole one or none."""
    tail = _tail(file)
    end = _find_end(tail)
    if end is None:
        return False
    this_part: int = END.unpack_from(tail, end)[1]
    if this_part != IN_ZIP64_16:
        return this_part > 0
    locator = _locator(tail, end)
    return locator is not None and locator[2] > 1


class SplitZip:
    """A split archive, open for reading, with the methods of `zipfile.ZipFile` that we need.

    Args:
        last: its last part, seekable.
        open_part: opens another part by its number from 0; FileNotFoundError where it is absent.
            Parts are opened when a member in them is read, and stay open.

    Raises:
        BadZipFile: it is damaged, or the part with its directory is missing.
    """

    def __init__(self, last: IO[bytes], open_part: Callable[[int], IO[bytes]]) -> None:
        self._open_part, self._lock = open_part, Lock()
        self._last = 0
        self._parts = {0: last}
        found = self._find_directory(last)
        self._directory = self._bytes(found.part, found.offset, found.size)
        # Positions only: there may be hundreds of thousands of entries.
        self._positions = dict(_names(self._directory, found.entries))

    def namelist(self) -> list[str]:
        """Names of all members, in the order of the directory."""
        return list(self._positions)

    def getinfo(self, name: str) -> _Entry:
        """What the directory says of a member.

        Raises:
            KeyError: no such member.
        """
        return _entry(self._directory, self._positions[name])

    def read(self, name: str) -> bytes:
        """The content of a member.

        Raises:
            KeyError: no such member.
            BadZipFile: a part is missing, or the member is damaged.
            NotImplementedError: it is encrypted, or packed in another way than deflated.
        """
        entry = self.getinfo(name)
        if entry.flags & ENCRYPTED or entry.method not in (STORED, DEFLATED):
            detail = "encrypted" if entry.flags & ENCRYPTED else f"packed by method {entry.method}"
            raise NotImplementedError(f"{name!r} is {detail}")
        header = self._bytes(entry.part, entry.offset, LOCAL.size)
        signature, *_, name_length, extra_length = LOCAL.unpack(header)
        if signature != b"PK\3\4":
            where = f"part {entry.part + 1} at {entry.offset}"
            raise BadZipFile(f"{name!r} does not start in {where}: a part of another archive?")
        start = entry.offset + LOCAL.size + name_length + extra_length
        data = self._bytes(entry.part, start, entry.packed_size)
        if entry.method == DEFLATED:
            data = _inflated(data, entry.file_size, name)
        if len(data) != entry.file_size or zlib.crc32(data) != entry.crc:
            raise BadZipFile(f"bad CRC-32 or size of {name!r}")
        return data

    def _find_directory(self, last: IO[bytes]) -> _Directory:
        tail = _tail(last)
        end = _find_end(tail)
        if end is None:
            raise BadZipFile("no end of a central directory")
        _, this, part, _, entries, size, offset, _ = END.unpack_from(tail, end)
        locator = _locator(tail, end)
        if locator is None:
            self._set_last(this, last)
            return _Directory(this, part, offset, size, entries)
        record_part, place, parts = locator
        self._set_last(parts - 1, last)
        record = END64.unpack(self._bytes(record_part, place, END64.size))
        if record[0] != b"PK\6\6":
            raise BadZipFile("no zip64 end of a central directory where its locator says")
        this, part, _, entries, size, offset = record[4:]
        return _Directory(this, part, offset, size, entries)

    def _set_last(self, number: int, file: IO[bytes]) -> None:
        self._last, self._parts = number, {number: file}

    def _bytes(self, part: int, offset: int, count: int) -> bytes:
        """Some bytes from a place on, out of as many parts as they are in."""
        pieces = []
        while True:
            file = self._part(part)
            with self._lock:
                size = file.seek(0, 2)
                start = file.seek(min(offset, size))
                # No more than is there: a damaged length may be astronomic.
                pieces.append(file.read(min(count, size - start)))
            count -= len(pieces[-1])
            if count <= 0:
                return b"".join(pieces)
            part, offset = part + 1, max(0, offset - size)

    def _part(self, number: int) -> IO[bytes]:
        if number > self._last:
            raise BadZipFile("the archive ends inside a member")
        if number not in self._parts:
            try:
                self._parts[number] = self._open_part(number)
            except (FileNotFoundError, KeyError):
                suffix = part_suffix(number)
                raise BadZipFile(f"its part {suffix} is missing (of {self._last + 1})") from None
        return self._parts[number]


def _tail(file: IO[bytes]) -> bytes:
    """The end of a file, long enough for all that must be in the last part."""
    size = file.seek(0, 2)
    file.seek(max(0, size - END.size - LONGEST_COMMENT - LOCATOR64.size))
    return file.read()


def _find_end(tail: bytes) -> int | None:
    """Where in a file's end the end of the central directory is."""
    place = tail.rfind(b"PK\5\6")
    while place >= 0:
        if place + END.size <= len(tail):
            comment: int = END.unpack_from(tail, place)[-1]
            if place + END.size + comment <= len(tail):
                return place
        place = tail.rfind(b"PK\5\6", 0, place)
    return None


def _locator(tail: bytes, end: int) -> tuple[int, int, int] | None:
    """Part and place of the zip64 end record and the number of parts; None without zip64."""
    start = end - LOCATOR64.size
    if start < 0 or tail[start : start + 4] != b"PK\6\7":
        return None
    _, part, offset, parts = LOCATOR64.unpack_from(tail, start)
    return part, offset, parts


def _names(directory: bytes, count: int) -> Iterator[tuple[str, int]]:
    """Names of the entries and where these start in the directory."""
    position = 0
    for number in range(count):
        start = position + ENTRY.size
        if start > len(directory) or directory[position : position + 4] != b"PK\1\2":
            raise BadZipFile(f"the central directory is damaged at its entry {number + 1}")
        fields = ENTRY.unpack_from(directory, position)
        flags, lengths = fields[3], fields[10:13]
        encoding = "utf-8" if flags & UTF_8 else "cp437"
        yield directory[start : start + lengths[0]].decode(encoding, "replace"), position
        position = start + sum(lengths)


def _entry(directory: bytes, position: int) -> _Entry:
    fields = ENTRY.unpack_from(directory, position)
    flags, method, crc, packed_size, size = fields[3], fields[4], *fields[7:10]
    name_length, extra_length, part, offset = fields[10], fields[11], fields[13], fields[16]
    start = position + ENTRY.size + name_length
    wide = _zip64_values(directory[start : start + extra_length])
    # The order is the format's; only the fields that do not fit are there.
    size = _next(wide, 8) if size == IN_ZIP64_32 else size
    packed_size = _next(wide, 8) if packed_size == IN_ZIP64_32 else packed_size
    offset = _next(wide, 8) if offset == IN_ZIP64_32 else offset
    part = _next(wide, 4) if part == IN_ZIP64_16 else part
    return _Entry(part, offset, method, flags, crc, packed_size, size)


def _zip64_values(extra: bytes) -> bytearray:
    """The values in the zip64 extra field; empty where there is none."""
    position = 0
    while position + 4 <= len(extra):
        tag, length = Struct("<2H").unpack_from(extra, position)
        position += 4
        if tag == ZIP64_EXTRA:
            return bytearray(extra[position : position + length])
        position += length
    return bytearray()


def _next(values: bytearray, size: int) -> int:
    """Take the next value off."""
    if len(values) < size:
        raise BadZipFile("a zip64 entry without its values")
    value = int.from_bytes(values[:size], "little")
    del values[:size]
    return value


def _inflated(data: bytes, size: int, name: str) -> bytes:
    try:
        # One byte more than declared, so that a longer one is found out but not unpacked.
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, size + 1)
    except (zlib.error, OverflowError) as error:
        raise BadZipFile(f"{name!r} does not unpack: {error}") from None
