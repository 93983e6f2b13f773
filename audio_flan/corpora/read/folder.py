"""The folder of one corpus, wherever it is, with zip archives read in place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from io import BytesIO
from typing import IO
from zipfile import BadZipFile

from audio_flan.errors import CorpusLayoutError
from audio_flan.media.audio import AudioRef
from audio_flan.media.files import (
    check_inside,
    exists,
    inner_path,
    join,
    list_folder,
    open_archive,
    open_file,
)

AUDIO_EXTENSIONS = (".wav", ".flac", ".mp3", ".ogg", ".opus")
"""What libsndfile decodes and corpora come in."""

INSIDE = re.compile(r"(.+?\.(?:parquet|zip))#(.+)", re.DOTALL)
"""The name of an audio inside a file of a corpus: the file, and the row or the member in it."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One corpus as it lies on disk; every name in it is a POSIX path relative to it.

    Args:
        corpus: key of the corpus, for messages.
        path: local path or fsspec URL of the unpacked folder, or of the first archive.
        archives: zip archives of the publisher that are not unpacked.
        top: names of a folder that archives may hold everything in.
    """

    corpus: str
    path: str
    archives: tuple[str, ...] = ()
    top: tuple[str, ...] = ()

    def _locate(self, name: str) -> tuple[str, str | None]:
        """(path, member of the archive or None) of a file."""
        if self.archives:
            archive, member = self._members().get(name, ("", ""))
            if member:
                return archive, member
        return join(self.path, name), None

    def _members(self) -> dict[str, tuple[str, str]]:
        try:
            return _members(self.archives, self.top)
        except BadZipFile as error:
            raise self._broken(", ".join(self.archives), error) from None

    def _broken(self, archives: str, error: BadZipFile) -> CorpusLayoutError:
        found = f"one that does not open ({error}); get it again"
        return CorpusLayoutError(self.corpus, archives, expected="whole zip archives", found=found)

    def exists(self, name: str) -> bool:
        """Whether a file is there.

        Args:
            name: of a file; of a folder with something in it, if it ends in "/"; with a "*" in its
                last part, of any file that matches.
        """
        if "*" in name:
            folder, _, pattern = name.rpartition("/")
            return any(fnmatchcase(entry, pattern) for entry in self.list(folder))
        if name.endswith("/"):
            return bool(self.list(name.rstrip("/")))
        path, member = self._locate(name)
        return member is not None or exists(path)

    def has(self, name: str) -> bool:
        """Whether a file is there, by one listing of its folder, which is kept.

        For many files of few folders; `exists` asks for one file.
        """
        parent, _, file = name.rpartition("/")
        return file in _entries(self, parent)

    def open(self, name: str) -> IO[bytes]:
        """Open a metadata file of the corpus for reading bytes."""
        path, member = self._locate(name)
        return BytesIO(open_archive(path).read(member)) if member else open_file(path)

    def read(self, name: str, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes of a metadata file from start to stop."""
        with self.open(name) as file:
            file.seek(start)
            return file.read() if stop is None else file.read(stop - start)

    def size(self, name: str) -> int:
        """Size of a file in bytes; of a folder, or of where a pattern looks, its entries."""
        if name.endswith("/") or "*" in name:
            return len(self.list(_parent(name) if "*" in name else name.rstrip("/")))
        with self.open(name) as file:
            return file.seek(0, 2)

    def list(self, name: str) -> Sequence[str]:
        """Names of the entries of a sub-folder, sorted; archives count as unpacked."""
        prefix = f"{name}/" if name else ""
        members = self._members() if self.archives else {}
        inside = {m[len(prefix) :].split("/")[0] for m in members if m.startswith(prefix)}
        return sorted(inside | set(list_folder(join(self.path, name) if name else self.path)))

    def walk(self, name: str, extensions: tuple[str, ...] = AUDIO_EXTENSIONS) -> Iterator[str]:
        """Names of the files in a sub-folder and all below it, folder by folder in sorted order.

        Args:
            name: the sub-folder; "" for the corpus itself.
            extensions: of the files that are meant, lower-case, in any case on disk.
        """
        prefix = f"{name}/" if name else ""
        for entry in self.list(name):
            if entry.startswith("."):
                continue
            if entry.lower().endswith(extensions):
                yield prefix + entry
            elif "." not in entry or self.list(prefix + entry):
                yield from self.walk(prefix + entry, extensions)

    def cell(self, name: str, row: int) -> AudioRef:
        """Where the audio in a row of a Parquet file is; nothing is opened.

        Args:
            name: the file, with a column `audio` as `datasets` writes it.
            row: number of the row, from 0.
        """
        return AudioRef(join(self.path, name), f"{name}#{row}", str(row))

    def packed(self, archive: str) -> Sequence[str]:
        """Names of the files in a zip archive that is a file of the corpus, or the last of several.

        Raises:
            CorpusLayoutError: it does not open.
        """
        path = self._archive(archive)
        try:
            return [name for name in open_archive(path).namelist() if not name.endswith("/")]
        except BadZipFile as error:
            raise self._broken(path, error) from None

    def packed_audio(self, archive: str, member: str) -> AudioRef:
        """Where an audio file in such an archive is; `member` is a name that `packed` gave."""
        return AudioRef(self._archive(archive), f"{archive}#{member}", member)

    def named(self, name: str) -> AudioRef:
        """Where the audio of a name is: the inverse of `AudioRef.name`; nothing is opened.

        Args:
            name: as `audio`, `cell` or `packed_audio` made it. It may come from a dataset.

        Raises:
            Unusable: reason "path-outside-corpus".
        """
        inside = INSIDE.fullmatch(name)
        # A plain file may have such a name as well.
        if inside is None or self.exists(check_inside(name)):
            return self.audio(name)
        file, entry = check_inside(inside[1]), inside[2]
        if not file.endswith(".parquet"):
            return self.packed_audio(file, entry)
        return self.cell(file, int(entry)) if entry.isdecimal() else self.audio(name)

    def _archive(self, name: str) -> str:
        path, member = self._locate(name)
        return path if member is None else inner_path(path, member)

    def audio(self, name: str, start: float | None = None, end: float | None = None) -> AudioRef:
        """Where an audio file of the corpus is; nothing is opened.

        Args:
            name: its path inside the corpus, which may come from metadata.
            start, end: a stretch of it, seconds.

        Raises:
            Unusable: reason "path-outside-corpus".
        """
        path, member = self._locate(check_inside(name))
        return AudioRef(path, name, member, start, end)


@lru_cache(maxsize=1024)
def _entries(folder: Folder, name: str) -> frozenset[str]:
    return frozenset(folder.list(name))


def forget_listings() -> None:
    """List folders again, as they may have changed."""
    _entries.cache_clear()


@lru_cache(maxsize=64)
def _members(archives: tuple[str, ...], top: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """The files of several archives by their names in the corpus: (archive, member)."""
    members: dict[str, tuple[str, str]] = {}
    for archive in archives:
        for member in open_archive(archive).namelist():
            first, _, rest = member.partition("/")
            name = rest if first in top else member
            if name and not name.endswith("/"):
                members[name] = (archive, member)
    return members


LANGUAGE = "<language>"
"""Stands in `Signature.recognised_by` for the folder of a language."""


@dataclass(frozen=True, slots=True)
class Signature:
    """How a corpus is told from others.

    Args:
        key: key of the corpus.
        names: names that its folder may bear.
        recognised_by: files that it must have; `LANGUAGE` stands for each of `languages`.
        one_is_enough: whether one of these files is enough, each being of a part (a split, a
            speaker); a folder that is there must have one of those that belong in it.
        without_top_folder: whether its archives have no folder of their own, so that its files may
            lie in the root itself.
        languages: folders of languages, any of which may be absent.
    """

    key: str
    names: tuple[str, ...]
    recognised_by: tuple[str, ...]
    one_is_enough: bool = False
    without_top_folder: bool = False
    languages: tuple[str, ...] = ()

    def missing(self, folder: Folder) -> list[str]:
        """The files that a folder lacks; none where it has what it needs."""
        names, present = self._names(folder)
        missing = [name for name in names if name not in present]
        if self.one_is_enough and present:
            there = {_parent(name) for name in present}
            known = (name for name in missing if "*" not in name and LANGUAGE not in name)
            apart = [name for name in known if _parent(name) not in there]
            return [name for name in apart if folder.list(_parent(name))]
        return missing

    def present(self, folder: Folder) -> list[str]:
        """The files of `recognised_by` that a folder has."""
        names, present = self._names(folder)
        return [name for name in names if name in present]

    def _names(self, folder: Folder) -> tuple[list[str], set[str]]:
        """The files that are looked for, and those that are there.

        Where languages have folders, each folder is listed once instead of asked for each file.
        """
        listed: dict[str, frozenset[str]] = {}

        def entries(name: str) -> frozenset[str]:
            if name not in listed:
                listed[name] = frozenset(folder.list(name))
            return listed[name]

        names: list[str] = []
        present: set[str] = set()
        for pattern in self.recognised_by:
            base, language, rest = pattern.partition(LANGUAGE)
            if not language:
                names.append(pattern)
                present |= {pattern} if folder.exists(pattern) else set()
                continue
            there = entries(base.rstrip("/"))
            found = [f"{base}{code}{rest}" for code in self.languages if code in there]
            names += found or [pattern]
            present |= {n for n in found if n.rpartition("/")[2] in entries(_parent(n))}
        return names, present

    def find(self, root: str) -> tuple[Folder | None, list[str]]:
        """Find the corpus under a root, or at it.

        Args:
            root: local folder, zip archive or fsspec URL.

        Returns:
            The folder, or None; and the metadata files that the best folder of its name lacks
            (empty where there is none of its name).
        """
        best: list[str] = []
        for folder, bears_name in self._candidates(root):
            missing = self.missing(folder)
            if not missing:
                return folder, []
            if bears_name and (not best or len(missing) < len(best)):
                best = missing
        return None, best

    def at(self, path: str) -> Folder | None:
        """The corpus in a folder of any name; None where it is not."""
        folder = Folder(self.key, path)
        return None if self.missing(folder) else folder

    def _candidates(self, root: str) -> Iterator[tuple[Folder, bool]]:
        """Places to look at, and whether they bear the corpus's name."""
        known = {name.casefold() for name in self.names}
        if root.endswith(".zip"):
            # An archive given as the root may be any corpus's.
            yield Folder(self.key, root, (root,), self.names), False
            return
        entries = list_folder(root)
        folders = [root] if root.rstrip("/").rpartition("/")[2].casefold() in known else []
        folders += [join(root, entry) for entry in entries if entry.casefold() in known]
        for folder in folders:
            inner = list_folder(folder)
            archives = _archives(folder, inner, known)
            yield Folder(self.key, folder, archives, self.names), True
            for entry in inner:
                if entry.casefold() in known:
                    yield Folder(self.key, join(folder, entry), archives, self.names), True
        if archives := _archives(root, entries, known):
            yield Folder(self.key, archives[0], archives, self.names), True
        if self.without_top_folder:
            yield Folder(self.key, root), False


def _parent(name: str) -> str:
    return name.rstrip("/").rpartition("/")[0]


def _archives(folder: str, entries: Sequence[str], known: set[str]) -> tuple[str, ...]:
    """Zip archives named like the corpus: NAME.zip, or parts NAME.anything.zip."""
    return tuple(
        join(folder, entry)
        for entry in entries
        if entry.endswith(".zip") and any(entry.casefold().startswith(f"{name}.") for name in known)
    )
