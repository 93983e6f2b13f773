"""The folder that a build is written to: local, or wherever fsspec writes.

A file that is half-written never has its final name. A local file is written beside its final
path and renamed; any other is written to a local temporary file and sent when it is whole, to most
stores under a temporary name as well.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Any
from uuid import uuid4

from audio_flan.media.files import filesystem_of, is_url, join

UNFINISHED = ".unfinished"
"""Ending of the names of files that are being written."""

OBJECT_STORES = ("s3", "s3a", "gs", "gcs")
"""Kinds of URLs where a file appears only when it is whole, and folders need not be made."""

AT_ONCE = 16
"""Files that are read or renamed at once: most of the time is spent waiting for a server."""


@dataclass(frozen=True)
class Store:
    """A folder to write to; every name in it is a POSIX path relative to it.

    Args:
        url: local path or fsspec URL.
    """

    url: str

    @property
    def local(self) -> Path | None:
        """The folder where it is a local one; else None."""
        return None if is_url(self.url) else Path(self.url)

    @property
    def _is_object_store(self) -> bool:
        return self.url.partition("://")[0] in OBJECT_STORES

    @cached_property
    def _filesystem(self) -> Any:
        # Several machines write to one folder: an earlier listing may be out of date.
        filesystem, _ = filesystem_of(self.url, use_listings_cache=False)
        return filesystem

    def _path(self, name: str) -> str:
        return join(self.url, name) if name else self.url

    def exists(self, name: str = "") -> bool:
        """Whether there is a file or folder."""
        return bool(self._filesystem.exists(self._path(name)))

    def is_folder(self, name: str = "") -> bool:
        """Whether there is a folder."""
        return bool(self._filesystem.isdir(self._path(name)))

    def list(self, folder: str = "") -> list[str]:
        """Names of the entries of a folder, sorted; empty where there is no such folder."""
        if not self.is_folder(folder):
            return []
        entries = self._filesystem.ls(self._path(folder), detail=False)
        return sorted({PurePosixPath(entry.rstrip("/")).name for entry in entries})

    def walk(self, folder: str = "") -> Iterator[str]:
        """Names of all files in a folder and below it, sorted."""
        if self.is_folder(folder):
            root = self._filesystem._strip_protocol(self._path(folder)).rstrip("/")
            prefix = f"{folder}/" if folder else ""
            for path in sorted(self._filesystem.find(self._path(folder))):
                yield prefix + path[len(root) + 1 :]

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return int(self._filesystem.size(self._path(name)))

    def sizes(self, folder: str) -> dict[str, int]:
        """Bytes of the files of a folder, links followed, by their names; empty where it is not."""
        if not self.is_folder(folder):
            return {}
        entries = self._filesystem.ls(self._path(folder), detail=True)
        return {
            f"{folder}/{PurePosixPath(entry['name']).name}": int(entry["size"])
            for entry in entries
            if entry["type"] != "directory"
        }

    def open(self, name: str) -> IO[bytes]:
        """Open a file for reading, seekable."""
        file: IO[bytes] = self._filesystem.open(self._path(name), "rb")
        return file

    def read(self, name: str) -> bytes:
        """All bytes of a file.

        Raises:
            FileNotFoundError: it is not there.
        """
        data: bytes = self._filesystem.cat_file(self._path(name))
        return data

    def read_all(self, names: Iterable[str]) -> Iterator[bytes]:
        """All bytes of each of several files, in their order; few of them are held at a time.

        Raises:
            FileNotFoundError: one is not there.
        """
        left = iter(names)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while some := list(islice(left, 8 * AT_ONCE)):
                yield from pool.map(self.read, some)

    def read_text(self, name: str) -> str:
        """The text of a file.

        Raises:
            FileNotFoundError: it is not there.
        """
        return self.read(name).decode("utf-8")

    def write(self, name: str, data: bytes) -> None:
        """Write a file so that it appears whole or not at all."""
        with self.new_file(name) as path:
            path.write_bytes(data)

    def write_text(self, name: str, text: str) -> None:
        """Write a text file so that it appears whole or not at all."""
        self.write(name, text.encode("utf-8"))

    @contextmanager
    def new_file(self, name: str) -> Iterator[Path]:
        """A local path to write a file to, which gets its name when the block succeeds.

        Raises:
            OSError: it cannot be written; nothing half-written is left.
        """
        if (folder := self.local) is not None:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished = target.with_name(f"{target.name}.{uuid4().hex[:8]}{UNFINISHED}")
            try:
                yield unfinished
                unfinished.replace(target)
            finally:
                unfinished.unlink(missing_ok=True)
            return
        with tempfile.TemporaryDirectory(prefix="audio-flan-") as temporary:
            path = Path(temporary) / PurePosixPath(name).name
            yield path
            self._send(path, name)

    def _send(self, path: Path, name: str) -> None:
        """Copy a local file to where the folder is."""
        if self._is_object_store:
            self._filesystem.put_file(str(path), self._path(name))
            return
        self._make_parent(name)
        # Not every filesystem shows only whole files, but all of them can rename.
        sent = f"{self._path(name)}.{uuid4().hex[:8]}{UNFINISHED}"
        try:
            self._filesystem.put_file(str(path), sent)
            self._filesystem.mv(sent, self._path(name))
        except BaseException:
            with suppress(OSError):
                self._filesystem.rm_file(sent)
            raise

    def move(self, name: str, new: str) -> None:
        """Give a file another name, under which it appears only when it is whole."""
        self._make_parent(new)
        if (folder := self.local) is not None:
            (folder / name).replace(folder / new)
        else:
            self._filesystem.mv(self._path(name), self._path(new))

    def move_all(self, names: Mapping[str, str]) -> None:
        """Give several files other names, each by its old one; no new name may be in use."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self.move, names.keys(), names.values()))

    def remove(self, name: str) -> None:
        """Remove a file, if it is there, and its folder if that is empty then."""
        with suppress(FileNotFoundError):
            self._filesystem.rm_file(self._path(name))
        if (folder := self.local) is not None and (parent := (folder / name).parent) != folder:
            with suppress(OSError):
                parent.rmdir()

    def _make_parent(self, name: str) -> None:
        parent = name.rpartition("/")[0]
        if parent and not self._is_object_store:
            self._filesystem.makedirs(self._path(parent), exist_ok=True)
