"""Files wherever they are: local, at an fsspec URL, or inside a zip archive, read in place."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from audio_flan.errors import Unusable

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")

OUTSIDE = re.compile(r"^$|^[/\\~]|^[A-Za-z]:|://|::|\0|(?:^|[/\\])\.\.(?:[/\\]|$)")
"""Paths that are absolute, have a drive, hold a URL or a chain of them, or go up."""


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
    if OUTSIDE.search(name):
        raise Unusable("path-outside-corpus", f"{name!r} does not stay inside the corpus's folder")
    return name


def open_file(path: str) -> IO[bytes]:
    """Open a local path or an fsspec URL for reading bytes, seekable."""
    if not is_url(path):
        return open(path, "rb")
    import fsspec

    file: IO[bytes] = fsspec.open(path, "rb").open()
    return file


def read_audio(path: str, member: str | None, name: str) -> bytes:
    """All bytes of an audio file.

    Args:
        path: local path or URL of the file, or of the zip archive that it is in.
        member: its name inside the archive; None for a plain file.
        name: what to call it in messages.

    Raises:
        Unusable: reason "audio-missing" or "audio-unreadable".
    """
    with _audio_errors(name):
        if member is not None:
            return open_archive(path).read(member)
        with open_file(path) as file:
            return file.read()


def audio_head(path: str, member: str | None, name: str, count: int) -> tuple[bytes, int]:
    """The first bytes of an audio file (all, unless it is local), and its size in bytes.

    Raises:
        Unusable: as `read_audio`.
    """
    if member is not None or is_url(path):
        data = read_audio(path, member, name)
        return data, len(data)
    with _audio_errors(name), open(path, "rb") as file:
        return file.read(count), os.fstat(file.fileno()).st_size


@contextmanager
def _audio_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise Unusable("audio-missing", f"no file {name}") from None
    except (OSError, BadZipFile, NotImplementedError, RuntimeError, zlib.error) as error:
        detail = f"{name}: {getattr(error, 'strerror', None) or error}"
        raise Unusable("audio-unreadable", detail) from None


def open_archive(path: str) -> ZipFile:
    """A zip archive, kept open; each process has its own handle."""
    return _open_archive(path, os.getpid())


@lru_cache(maxsize=64)
def _open_archive(path: str, process: int) -> ZipFile:
    return ZipFile(open_file(path))


def list_folder(path: str) -> list[str]:
    """Names of the entries of a folder, sorted; empty where there is no such folder."""
    if not is_url(path):
        folder = Path(path)
        return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    filesystem, inner = _filesystem(path)
    if not filesystem.isdir(inner):
        return []
    return sorted(PurePosixPath(entry).name for entry in filesystem.ls(inner, detail=False))


def exists(path: str) -> bool:
    """Whether there is a file or folder."""
    if not is_url(path):
        return os.path.exists(path)
    filesystem, inner = _filesystem(path)
    return bool(filesystem.exists(inner))


def _filesystem(path: str) -> tuple[Any, str]:
    import fsspec

    filesystem, inner = fsspec.core.url_to_fs(path)
    return filesystem, inner
