"""Files wherever they are: local, at an fsspec URL, or inside a zip archive, read in place."""

from __future__ import annotations

import os
import re
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EIO
from functools import lru_cache
from io import BytesIO
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from audio_flan.errors import AudioFlanError, Unusable
from audio_flan.media.split_zip import SplitZip, is_split, volume_suffix

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")

INNER = "zip://"

READ_AHEAD = 8 << 20
"""Bytes to fetch from a URL beyond those requested: tables and archives are read in order."""

AUDIO_READ_AHEAD = 1 << 20
"""The same for a recording, of which a header and a stretch are read: little more than a request
costs anyway. s3fs would fetch 50 MB for each."""

PLAIN = re.compile(r"[\w-][\w /-]*(?:\.[\w /-]+)*")
"""Paths that stay inside whatever the system, as nearly all do: a quick look at the usual ones."""

ABSOLUTE = re.compile(r"$|[/\\~]|[A-Za-z]:")
"""How paths start that are empty, absolute, or have a drive."""

CHAIN = re.compile(r"://|::|\0")
"""What paths hold that are URLs or chains of them, or end early."""

UP = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)")
"""What paths hold that go up."""


def is_url(path: str) -> bool:
    """Whether a path is an fsspec URL ("s3://bucket/key") rather than a local path."""
    return URL.match(path) is not None


def join(folder: str, name: str) -> str:
    """A path inside a folder, local or URL; `name` is a relative POSIX path."""
    return f"{folder.rstrip('/')}/{name}"


def check_inside(name: str) -> str:
    """Check that a path taken from metadata stays inside its corpus.

    Args:
        name: the path as the metadata has it.

    Raises:
        Unusable: reason "path-outside-corpus", for absolute paths, drives, "..", URLs.
    """
    if PLAIN.fullmatch(name):
        return name
    goes_up = ".." in name and UP.search(name)
    if ABSOLUTE.match(name) or CHAIN.search(name) or goes_up:
        raise Unusable("path-outside-corpus", f"{name!r} does not stay inside the corpus's folder")
    return name


def inner_path(archive: str, member: str) -> str:
    """The path of an archive that is itself a member of one, as fsspec chains URLs."""
    return f"{INNER}{member}::{archive}"


@contextmanager
def remote_errors(url: str) -> Iterator[None]:
    """What goes wrong at a URL is an `OSError`, whatever its client library raises."""
    try:
        yield
    except (OSError, AudioFlanError):
        raise
    except Exception as error:
        raise OSError(EIO, str(error).partition("\n")[0] or repr(error), url) from error


def open_file(path: str, read_ahead: int = READ_AHEAD) -> IO[bytes]:
    """Open a local path, an fsspec URL or an `inner_path` for reading bytes, seekable.

    Args:
        path: what to open.
        read_ahead: bytes to fetch at a URL beyond those requested.
    """
    if not is_url(path):
        return open(path, "rb")
    if path.startswith(INNER):
        member, _, archive = path.removeprefix(INNER).partition("::")
        return BytesIO(open_archive(archive).read(member))
    filesystem, inner = filesystem_of(path)
    with remote_errors(path):
        file: IO[bytes] = filesystem.open(inner, "rb", block_size=read_ahead)
    return file


def read_audio(path: str, member: str | None, name: str) -> bytes:
    """All bytes of an audio file.

    Args:
        path: local path or URL of the file, or of the zip archive or Parquet file that it is in.
        member: its name inside the archive, or its row; None for a plain file.
        name: what to call it in messages.

    Raises:
        Unusable: reason "audio-missing" or "audio-unreadable".
    """
    # Not by `_audio_errors`: entering a context takes a tenth of the time of a short clip.
    try:
        if member is not None and path.endswith(".parquet"):
            return _cells(path, os.getpid()).read(int(member))
        if member is not None:
            return open_archive(path).read(member)
        return _read_url(path) if is_url(path) else _read_local(path)
    except READ_ERRORS as error:
        raise _unusable(error, name) from None


def _read_url(path: str) -> bytes:
    filesystem, inner = filesystem_of(path)
    with remote_errors(path):
        data: bytes = filesystem.cat_file(inner)
    return data


def _read_local(path: str) -> bytes:
    """All bytes of a local file by four calls to the system, where a file object makes nine."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        size = os.fstat(descriptor).st_size
        data = os.read(descriptor, size)
        # Linux reads at most 2 GB at once.
        while len(data) < size and (more := os.read(descriptor, size - len(data))):
            data += more
        return data
    finally:
        os.close(descriptor)


@contextmanager
def audio_file(path: str, member: str | None, name: str) -> Iterator[IO[bytes]]:
    """An audio file, open for reading and seekable; only what is inside others is read whole.

    Raises:
        Unusable: as `read_audio`.
    """
    with _audio_errors(name):
        file: IO[bytes]
        if member is None:
            file = open_file(path, AUDIO_READ_AHEAD)
        else:
            file = BytesIO(read_audio(path, member, name))
    with file, _audio_errors(name):
        yield file


@contextmanager
def _audio_errors(name: str) -> Iterator[None]:
    try:
        yield
    except READ_ERRORS as error:
        raise _unusable(error, name) from None


READ_ERRORS = (OSError, BadZipFile, NotImplementedError, RuntimeError, zlib.error)
"""What goes wrong in reading a file, or a member of an archive."""


def _unusable(error: Exception, name: str) -> Unusable:
    """What went wrong in reading an audio file, as the reason of a reject."""
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return Unusable("audio-missing", f"no file {name}")
    detail = f"{name}: {getattr(error, 'strerror', None) or error}"
    return Unusable("audio-unreadable", detail)


def open_archive(path: str) -> ZipFile | SplitZip:
    """A zip archive, whole or the last file of a split one, kept open; each process has its own."""
    return _open_archive(path, os.getpid())


@lru_cache(maxsize=64)
def _open_archive(path: str, process: int) -> ZipFile | SplitZip:
    file = open_file(path)
    if not is_split(file):
        return ZipFile(file)
    # Of an archive in an archive, a chain of URLs, the first one tells the name.
    name, chain, outer = path.partition("::") if is_url(path) else (path, "", "")
    stem = name[: -len(".zip")]
    return SplitZip(file, lambda n: open_file(f"{stem}{volume_suffix(n)}{chain}{outer}"))


class _Cells:
    """The column `audio` of a Parquet file, read a row group at a time."""

    def __init__(self, path: str) -> None:
        import pyarrow.parquet as pq

        self._file = pq.ParquetFile(open_file(path))
        counts = [
            self._file.metadata.row_group(i).num_rows for i in range(self._file.num_row_groups)
        ]
        self._ends = list(accumulate(counts))
        self._group, self._first = -1, 0
        self._column: Any = None

    def read(self, row: int) -> bytes:
        group = bisect_right(self._ends, row)
        if group != self._group:
            table = self._file.read_row_group(group, columns=["audio.bytes"])
            self._column = table.column("audio").combine_chunks().field("bytes")
            self._group, self._first = group, self._ends[group] - table.num_rows
        data: bytes | None = self._column[row - self._first].as_py()
        if data is None:
            raise FileNotFoundError(row)
        return data


@lru_cache(maxsize=4)
def _cells(path: str, process: int) -> _Cells:
    return _Cells(path)


def list_folder(path: str) -> list[str]:
    """Names of the entries of a folder, sorted; empty where there is no such folder."""
    if not is_url(path):
        folder = Path(path)
        return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    filesystem, inner = filesystem_of(path)
    with remote_errors(path):
        if not filesystem.isdir(inner):
            return []
        return sorted(PurePosixPath(entry).name for entry in filesystem.ls(inner, detail=False))


def file_size(path: str, member: str | None = None) -> int | None:
    """Bytes of a file as its folder or archive lists it, without opening it; None where it is not.

    Args:
        path: local path or URL of the file, or of the archive or Parquet file that it is in.
        member: its name inside the archive; of a Parquet file's row, the file counts.
    """
    if member is not None and not path.endswith(".parquet"):
        try:
            return open_archive(path).getinfo(member).file_size
        except (KeyError, OSError, BadZipFile):
            return None
    if is_url(path):
        folder, _, name = path.rpartition("/")
        return _sizes(folder).get(name)
    try:
        return os.stat(path).st_size
    except OSError:
        return None


def forget_sizes() -> None:
    """Forget the listings of folders at URLs, which may have changed meanwhile."""
    _sizes.cache_clear()


@lru_cache(maxsize=64)
def _sizes(folder: str) -> dict[str, int | None]:
    """Bytes of the files in a folder at a URL, by name: one request for a thousand of them."""
    filesystem, inner = filesystem_of(folder)
    filesystem.invalidate_cache(inner)
    try:
        with remote_errors(folder):
            entries = filesystem.ls(inner, detail=True)
    except FileNotFoundError:
        return {}
    return {PurePosixPath(entry["name"]).name: entry["size"] for entry in entries}


def exists(path: str) -> bool:
    """Whether there is a file or folder."""
    if not is_url(path):
        return os.path.exists(path)
    filesystem, inner = filesystem_of(path)
    with remote_errors(path):
        return bool(filesystem.exists(inner))


def filesystem_of(url: str, **options: Any) -> tuple[Any, str]:
    """The filesystem of an fsspec URL, and the path in it.

    Args:
        url: the URL.
        options: of the filesystem, as `fsspec` takes them.

    Raises:
        AudioFlanError: no such kind of URL, or its package is not installed.
    """
    import fsspec

    try:
        filesystem, inner = fsspec.core.url_to_fs(url, **options)
    except (ValueError, ImportError) as error:
        raise AudioFlanError(f"cannot open {url}: {error}") from None
    return filesystem, inner
