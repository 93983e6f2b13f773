"""The folder that a build is written to: local, or wherever fsspec writes.

No file ever bears its name half-written. A local one is written next to its place and renamed;
what goes elsewhere is written to a local temporary file first and sent when it is whole.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO, Any
from uuid import uuid4

from audio_flan.storage import filesystem_of, is_url, join

UNFINISHED = ".unfinished"
"""How the names of files end that are being written."""


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

    @cached_property
    def _filesystem(self) -> Any:
        # Several machines write to one folder: what was listed a moment ago may be out of date.
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

    def open(self, name: str) -> IO[bytes]:
        """Open a file for reading, seekable."""
        file: IO[bytes] = self._filesystem.open(self._path(name), "rb")
        return file

    def read_text(self, name: str) -> str:
        """The text of a file.

        Raises:
            FileNotFoundError: it is not there.
        """
        with self.open(name) as file:
            return file.read().decode("utf-8")

    def write_text(self, name: str, text: str) -> None:
        """Write a text file so that it is there whole or not at all."""
        with self.new_file(name) as path:
            path.write_text(text, encoding="utf-8", newline="\n")

    @contextmanager
    def new_file(self, name: str) -> Iterator[Path]:
        """A local path to write a file to, which bears its name when the block ends well.

        Raises:
            OSError: it can not be written; nothing half-written is left.
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
            self._make_parent(name)
            # Not every filesystem shows a file only when it is whole; all of them can rename.
            sent = f"{self._path(name)}.{uuid4().hex[:8]}{UNFINISHED}"
            try:
                self._filesystem.put_file(str(path), sent)
                self._filesystem.mv(sent, self._path(name))
            except BaseException:
                with suppress(OSError):
                    self._filesystem.rm_file(sent)
                raise

    def move(self, name: str, new: str) -> None:
        """Give a file another name, which it bears when it is there whole."""
        self._make_parent(new)
        if (folder := self.local) is not None:
            (folder / name).replace(folder / new)
        else:
            self._filesystem.mv(self._path(name), self._path(new))

    def remove(self, name: str) -> None:
        """Remove a file, if it is there, and its folder if that is empty then."""
        with suppress(FileNotFoundError):
            self._filesystem.rm_file(self._path(name))
        if (folder := self.local) is not None and (parent := (folder / name).parent) != folder:
            with suppress(OSError):
                parent.rmdir()

    def _make_parent(self, name: str) -> None:
        if parent := name.rpartition("/")[0]:
            self._filesystem.makedirs(self._path(parent), exist_ok=True)
