"""Zip archives split into several files, as `zip -s` makes them: NAME.z01, NAME.z02, …, NAME.zip.

`zipfile` reads archives of one file only. The format is PKWARE's (APPNOTE.TXT, sections 4.3 and 8):
the last file holds the end of the central directory, whose entries tell in which volume, and where
in it, a member starts; a member runs on in the next volume where its own ends.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from struct import Struct
from threading import Lock
from typing import IO, NamedTuple
from zipfile import BadZipFile

END = Struct("<4s4H2LH")
"""End of central directory: number of this volume, volume of the directory, entries in this volume
and in all, size and position of the directory, length of the comment."""
LOCATOR64 = Struct("<4sLQL")
"""Where the zip64 end record is: its volume, its position, number of volumes."""
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
    """Where the central directory is; volumes are numbered from 0."""

    last_volume: int
    volume: int
    offset: int
    size: int
    entries: int


class _Entry(NamedTuple):
    """What the central directory says of a member."""

    volume: int
    offset: int
    method: int
    flags: int
    crc: int
    packed_size: int
    file_size: int


def volume_suffix(volume: int) -> str:
    """How the name of a volume ends that is not the last, numbered from 0: ".z01" for the first."""
    return f".z{volume + 1:02d}"


def is_split(file: IO[bytes]) -> bool:
    """Whether a file is the last one of a split archive, rather than a whole one or none."""
    tail = _tail(file)
    end = _find_end(tail)
    if end is None:
        return False
    this_volume: int = END.unpack_from(tail, end)[1]
    if this_volume != IN_ZIP64_16:
        return this_volume > 0
    locator = _locator(tail, end)
    return locator is not None and locator[2] > 1


class SplitZip:
    """A split archive, open for reading, with the methods of `zipfile.ZipFile` that we need.

    Args:
        last: its last volume, seekable.
        open_volume: opens another volume by its number from 0; FileNotFoundError where it is
            absent. Volumes are opened when a member in them is read, and stay open.

    Raises:
        BadZipFile: it is damaged, or the volume with its directory is missing.
    """

    def __init__(self, last: IO[bytes], open_volume: Callable[[int], IO[bytes]]) -> None:
        self._open_volume, self._lock = open_volume, Lock()
        self._last = 0
        self._volumes = {0: last}
        found = self._find_directory(last)
        self._directory = self._bytes(found.volume, found.offset, found.size)
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
            BadZipFile: a volume is missing, or the member is damaged.
            NotImplementedError: it is encrypted, or packed in another way than deflated.
        """
        entry = self.getinfo(name)
        if entry.flags & ENCRYPTED or entry.method not in (STORED, DEFLATED):
            detail = "encrypted" if entry.flags & ENCRYPTED else f"packed by method {entry.method}"
            raise NotImplementedError(f"{name!r} is {detail}")
        header = self._bytes(entry.volume, entry.offset, LOCAL.size)
        signature, *_, name_length, extra_length = LOCAL.unpack(header)
        if signature != b"PK\3\4":
            where = f"volume {entry.volume + 1} at {entry.offset}"
            raise BadZipFile(f"{name!r} does not start in {where}: a volume of another archive?")
        start = entry.offset + LOCAL.size + name_length + extra_length
        data = self._bytes(entry.volume, start, entry.packed_size)
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
        _, this, volume, _, entries, size, offset, _ = END.unpack_from(tail, end)
        locator = _locator(tail, end)
        if locator is None:
            self._set_last(this, last)
            return _Directory(this, volume, offset, size, entries)
        record_volume, position, volumes = locator
        self._set_last(volumes - 1, last)
        record = END64.unpack(self._bytes(record_volume, position, END64.size))
        if record[0] != b"PK\6\6":
            raise BadZipFile("no zip64 end of a central directory where its locator says")
        this, volume, _, entries, size, offset = record[4:]
        return _Directory(this, volume, offset, size, entries)

    def _set_last(self, number: int, file: IO[bytes]) -> None:
        self._last, self._volumes = number, {number: file}

    def _bytes(self, volume: int, offset: int, count: int) -> bytes:
        """Some bytes from a position on, out of as many volumes as they are in."""
        pieces = []
        while True:
            file = self._volume(volume)
            with self._lock:
                size = file.seek(0, 2)
                start = file.seek(min(offset, size))
                # No more than is there: a damaged length may be astronomic.
                pieces.append(file.read(min(count, size - start)))
            count -= len(pieces[-1])
            if count <= 0:
                return b"".join(pieces)
            volume, offset = volume + 1, max(0, offset - size)

    def _volume(self, number: int) -> IO[bytes]:
        if number > self._last:
            raise BadZipFile("the archive ends inside a member")
        if number not in self._volumes:
            try:
                self._volumes[number] = self._open_volume(number)
            except (FileNotFoundError, KeyError):
                suffix = volume_suffix(number)
                raise BadZipFile(f"its volume {suffix} is missing (of {self._last + 1})") from None
        return self._volumes[number]


def _tail(file: IO[bytes]) -> bytes:
    """The end of a file, long enough for all that must be in the last volume."""
    size = file.seek(0, 2)
    file.seek(max(0, size - END.size - LONGEST_COMMENT - LOCATOR64.size))
    return file.read()


def _find_end(tail: bytes) -> int | None:
    """Where in a file's end the end of the central directory is."""
    position = tail.rfind(b"PK\5\6")
    while position >= 0:
        if position + END.size <= len(tail):
            comment: int = END.unpack_from(tail, position)[-1]
            if position + END.size + comment <= len(tail):
                return position
        position = tail.rfind(b"PK\5\6", 0, position)
    return None


def _locator(tail: bytes, end: int) -> tuple[int, int, int] | None:
    """Part and position of the zip64 end record and the number of volumes; None without zip64."""
    start = end - LOCATOR64.size
    if start < 0 or tail[start : start + 4] != b"PK\6\7":
        return None
    _, volume, offset, volumes = LOCATOR64.unpack_from(tail, start)
    return volume, offset, volumes


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
    name_length, extra_length, volume, offset = fields[10], fields[11], fields[13], fields[16]
    start = position + ENTRY.size + name_length
    wide = _zip64_values(directory[start : start + extra_length])
    # The order is the format's; only the fields that do not fit are there.
    size = _next(wide, 8) if size == IN_ZIP64_32 else size
    packed_size = _next(wide, 8) if packed_size == IN_ZIP64_32 else packed_size
    offset = _next(wide, 8) if offset == IN_ZIP64_32 else offset
    volume = _next(wide, 4) if volume == IN_ZIP64_16 else volume
    return _Entry(volume, offset, method, flags, crc, packed_size, size)


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
