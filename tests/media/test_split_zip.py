"""Split zip archives: members that run over part ends, zip64, what is missing or damaged.

The archives are made here, by the format's description, and by dividing those of `zipfile`.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_flan.corpora.audio.wavcaps.miniature import split_archive
from audio_flan.errors import Unusable
from audio_flan.media.files import inner_path, open_archive, read_audio
from audio_flan.media.split_zip import SplitZip, is_split, volume_suffix

NOISE = random.Random(0).randbytes(5000)
MEMBERS = {
    "noise.bin": NOISE,
    "deep/in/folders/text.txt": b"the same again and again\n" * 400,
    "empty": b"",
    "ümlaut.txt": "größer".encode(),
    "last.bin": NOISE[::-1],
}


def split_by_hand(
    members: dict[str, bytes], size: int, *, deflate: bool, zip64: bool, comment: bytes = b""
) -> list[bytes]:
    """An archive in parts of exactly `size` bytes, whatever is divided by that."""
    data, directory = bytearray(b"PK\7\x08"), bytearray()
    for name, content in members.items():
        packer = zlib.compressobj(wbits=-15)
        packed = packer.compress(content) + packer.flush() if deflate else content
        encoded, part, offset = name.encode(), *divmod(len(data), size)
        method, crc = 8 if deflate else 0, zlib.crc32(content)
        # Sizes after the data, as in streams; a local extra field of another length.
        local = struct.pack(
            "<4s5H3L2H", b"PK\3\4", 20, 0x808, method, 0, 0, 0, 0, 0, len(encoded), 5
        )
        data += (
            local + encoded + b"\x99\x99\1\0x" + packed + struct.pack("<4L", 0x08074B50, crc, 1, 2)
        )
        lengths, extra = (len(packed), len(content)), b"UT\1\0z"
        if zip64:
            extra += struct.pack("<2H3QL", 1, 28, len(content), len(packed), offset, part)
            lengths, part, offset = (0xFFFFFFFF, 0xFFFFFFFF), 0xFFFF, 0xFFFFFFFF
        directory += struct.pack("<4s6H3L", b"PK\1\2", 20, 20, 0x808, method, 0, 0, crc, *lengths)
        directory += struct.pack("<5H2L", len(encoded), len(extra), 3, part, 0, 0, offset)
        directory += encoded + extra + b"abc"
    part, offset = divmod(len(data), size)
    total = struct.pack("<2H2L", 0, len(members) & 0xFFFF, len(directory), offset)
    data += directory
    if zip64:
        place = divmod(len(data), size)
        last = (len(data) + 56 + 20 - 1) // size
        data += struct.pack("<4sQ2H2L", b"PK\6\6", 44, 45, 45, last, part)
        data += struct.pack("<4Q", 0, len(members), len(directory), offset)
        data += struct.pack("<4sLQL", b"PK\6\7", *place, last + 1)
    parts = [bytes(data[i : i + size]) for i in range(0, len(data), size)]
    if zip64 and len(parts[-1]) < 20:
        # The locator must be in the last part.
        missing = 20 - len(parts[-1])
        parts[-2:] = [parts[-2][:-missing], parts[-2][-missing:] + parts[-1]]
    here = struct.pack("<2H", len(parts) - 1, part)
    fields = b"\xff" * 16 if zip64 else here + total
    parts[-1] += b"PK\5\6" + fields + struct.pack("<H", len(comment)) + comment
    return parts


def opened(parts: list[bytes]) -> SplitZip:
    def part(number: int) -> BytesIO:
        if not parts[number]:
            raise FileNotFoundError(number)
        return BytesIO(parts[number])

    return SplitZip(BytesIO(parts[-1]), part)


def written(parts: list[bytes], folder: Path, name: str = "some") -> Path:
    """The parts as files, but for empty ones; the path of the last one."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(parts[:-1], 1):
        if data:
            (folder / f"{name}.z{number:02d}").write_bytes(data)
    (folder / f"{name}.zip").write_bytes(parts[-1])
    return folder / f"{name}.zip"


def zipped(members: dict[str, bytes] = MEMBERS, method: int = ZIP_DEFLATED) -> bytes:
    target = BytesIO()
    with ZipFile(target, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


# Reading


@pytest.mark.parametrize("zip64", [False, True])
@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("size", [64, 97, 1000, 4096, 7001])
def test_members_are_read_over_the_ends_of_parts(size: int, deflate: bool, zip64: bool) -> None:
    parts = split_by_hand(MEMBERS, size, deflate=deflate, zip64=zip64)
    assert len(parts) > 1
    archive = opened(parts)
    assert archive.namelist() == list(MEMBERS)
    for name in reversed(MEMBERS):
        assert archive.read(name) == MEMBERS[name], name


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.text("abc/", min_size=1, max_size=8), st.binary(max_size=300), min_size=1),
    st.integers(60, 400),
    st.booleans(),
    st.booleans(),
)
def test_any_members_in_parts_of_any_size(
    members: dict[str, bytes], size: int, deflate: bool, zip64: bool
) -> None:
    parts = split_by_hand(members, size, deflate=deflate, zip64=zip64)
    if len(parts) > 1:
        archive = opened(parts)
        assert {name: archive.read(name) for name in archive.namelist()} == members


@pytest.mark.parametrize("method", [ZIP_STORED, ZIP_DEFLATED])
@pytest.mark.parametrize("size", [600, 2000, 6000])
def test_an_archive_of_zipfile_in_parts_is_read_as_the_whole_one(size: int, method: int) -> None:
    data = zipped(method=method)
    parts = split_archive(data, size)
    assert len(parts) > 1
    assert max(map(len, parts)) <= size
    archive, whole = opened(parts), ZipFile(BytesIO(data))
    assert archive.namelist() == whole.namelist()
    assert [archive.read(n) for n in whole.namelist()] == [whole.read(n) for n in whole.namelist()]


def test_a_comment_that_looks_like_an_end_does_not_mislead() -> None:
    comment = b"PK\5\6" + b"\xff" * 30
    parts = split_by_hand(MEMBERS, 900, deflate=True, zip64=False, comment=comment)
    assert opened(parts).read("noise.bin") == NOISE


@pytest.mark.parametrize("zip64", [False, True])
def test_the_last_part_of_a_split_archive_is_told_from_a_whole_one(zip64: bool) -> None:
    parts = split_by_hand(MEMBERS, 900, deflate=True, zip64=zip64)
    assert is_split(BytesIO(parts[-1]))
    one = split_by_hand(MEMBERS, 10**6, deflate=True, zip64=zip64)
    assert len(one) == 1
    for other in (*one, parts[0], zipped(), b"", b"no archive", b"PK\5\6"):
        assert not is_split(BytesIO(other))


def test_parts_are_named_as_zip_names_them() -> None:
    assert [volume_suffix(number) for number in (0, 8, 98, 99)] == [".z01", ".z09", ".z99", ".z100"]


def test_a_part_is_opened_when_it_is_needed_only() -> None:
    parts = split_by_hand(MEMBERS, 3000, deflate=False, zip64=False)
    asked: list[int] = []

    def part(number: int) -> BytesIO:
        asked.append(number)
        return BytesIO(parts[number])

    archive = SplitZip(BytesIO(parts[-1]), part)
    archive.namelist()
    before = set(asked)
    assert 0 not in before
    archive.read("noise.bin")
    assert set(asked) - before == {0, 1}
    archive.read("noise.bin")
    assert len(asked) == len(set(asked))


# What is missing or damaged


def test_a_missing_part_is_named_and_harms_no_member_elsewhere() -> None:
    parts = split_by_hand(MEMBERS, 3000, deflate=False, zip64=False)
    assert len(parts) > 5
    archive = opened([b"", *parts[1:]])
    with pytest.raises(BadZipFile, match=r"volume \.z01 is missing \(of \d\)"):
        archive.read("noise.bin")
    assert archive.read("last.bin") == NOISE[::-1]
    with pytest.raises(KeyError):
        archive.read("absent")


def test_a_directory_in_a_missing_part_is_told() -> None:
    members = {f"{number:03d}": b"" for number in range(100)}
    parts = split_by_hand(members, 2000, deflate=False, zip64=False)
    with pytest.raises(BadZipFile, match="is missing"):
        opened([*parts[:-2], b"", parts[-1]])


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


@pytest.mark.parametrize("deflate", [False, True])
def test_damage_is_found_by_the_checksum(deflate: bool) -> None:
    parts = split_by_hand(MEMBERS, 1000, deflate=deflate, zip64=False)
    with pytest.raises(BadZipFile, match=r"noise\.bin"):
        opened([parts[0], flipped(parts[1], 500), *parts[2:]]).read("noise.bin")


def test_a_part_of_another_archive_or_a_cut_one_is_told() -> None:
    parts = split_by_hand(MEMBERS, 1000, deflate=False, zip64=False)
    with pytest.raises(BadZipFile, match="volume of another archive"):
        opened([bytes(1000), *parts[1:]]).read("noise.bin")
    with pytest.raises(BadZipFile):
        opened([parts[0][:700], *parts[1:]]).read("noise.bin")


def test_a_member_that_unpacks_to_more_than_declared_is_refused() -> None:
    members = {"bomb": bytes(10**6)}
    parts = split_by_hand(members, 200, deflate=True, zip64=False)
    whole = b"".join(parts)
    at = whole.index(struct.pack("<L", 10**6))
    whole = whole[:at] + struct.pack("<L", 10) + whole[at + 4 :]
    parts = [whole[i : i + 200] for i in range(0, 200 * (len(parts) - 1), 200)]
    parts.append(whole[200 * len(parts) :])
    with pytest.raises(BadZipFile, match="size of 'bomb'"):
        opened(parts).read("bomb")


@pytest.mark.parametrize(("flags", "method"), [(0x1, 0), (0, 12)])
def test_encrypted_and_unknown_members_are_told(flags: int, method: int) -> None:
    data = bytearray(zipped({"member": NOISE}, ZIP_STORED))
    entry = data.index(b"PK\1\2")
    struct.pack_into("<2H", data, entry + 8, flags, method)
    with pytest.raises(NotImplementedError, match="member"):
        opened(split_archive(bytes(data), 1000)).read("member")


@pytest.mark.parametrize("cut", [1, 10, 21, 22, 60])
def test_a_last_part_that_is_cut_off_is_no_archive(cut: int) -> None:
    parts = split_by_hand(MEMBERS, 4000, deflate=False, zip64=False)
    assert not is_split(BytesIO(parts[-1][:-cut]))
    with pytest.raises(BadZipFile):
        opened([*parts[:-1], parts[-1][:-cut]])


@settings(max_examples=150, deadline=None)
@given(st.data(), st.booleans())
def test_damaged_records_never_give_another_error(data: st.DataObject, zip64: bool) -> None:
    parts = split_by_hand(MEMBERS, 2500, deflate=True, zip64=zip64)
    place = data.draw(st.integers(0, len(parts[-1]) - 1))
    parts[-1] = flipped(parts[-1], place)
    try:
        archive = opened(parts)
        for name in archive.namelist():
            archive.read(name)
    except (BadZipFile, NotImplementedError):
        pass


# In the storage


def places(parts: list[bytes], folder: Path) -> dict[str, Callable[[], str]]:
    def local() -> str:
        return str(written(parts, folder / "local"))

    def memory() -> str:
        for file in written(parts, folder / "to memory").parent.iterdir():
            with fsspec.open(f"memory://{folder.name}/{file.name}", "wb") as target:
                target.write(file.read_bytes())
        return f"memory://{folder.name}/some.zip"

    def inside() -> str:
        with ZipFile(folder / "outer.zip", "w") as outer:
            for file in written(parts, folder / "to pack").parent.iterdir():
                outer.write(file, f"top/{file.name}")
        return inner_path(str(folder / "outer.zip"), "top/some.zip")

    return {"local": local, "memory": memory, "inside": inside}


@pytest.mark.parametrize("place", ["local", "memory", "inside"])
@pytest.mark.parametrize("missing", [False, True])
def test_split_archives_are_read_wherever_they_are(
    place: str, missing: bool, tmp_path: Path
) -> None:
    parts = split_by_hand(MEMBERS, 3000, deflate=False, zip64=False)
    if missing:
        parts[0] = b""
    path = places(parts, tmp_path)[place]()
    archive = open_archive(path)
    assert archive.namelist() == list(MEMBERS)
    assert read_audio(path, "last.bin", "last") == NOISE[::-1]
    if not missing:
        assert read_audio(path, "noise.bin", "noise") == NOISE
    else:
        with pytest.raises(Unusable) as caught:
            read_audio(path, "noise.bin", "noise")
        assert caught.value.reason == "audio-unreadable"
        assert "volume .z01 is missing" in caught.value.detail


def test_a_whole_archive_is_left_to_zipfile(tmp_path: Path) -> None:
    (tmp_path / "whole.zip").write_bytes(zipped())
    assert isinstance(open_archive(str(tmp_path / "whole.zip")), ZipFile)
