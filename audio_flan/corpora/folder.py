"""The folder of one corpus, wherever it is, with zip archives read in place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import IO
from zipfile import BadZipFile

from audio_flan.audio import AudioRef
from audio_flan.errors import CorpusLayoutError
from audio_flan.storage import (
    check_inside,
    exists,
    join,
    list_folder,
    open_archive,
    open_file,
)


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

    def _place(self, name: str) -> tuple[str, str | None]:
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
            raise CorpusLayoutError(
                self.corpus,
                ", ".join(self.archives),
                expected="whole zip archives",
                found=f"one that does not open ({error}); get it again",
            ) from None

    def exists(self, name: str) -> bool:
        """Whether a file is there."""
        path, member = self._place(name)
        return member is not None or exists(path)

    def open(self, name: str) -> IO[bytes]:
        """Open a metadata file of the corpus for reading bytes."""
        path, member = self._place(name)
        return BytesIO(open_archive(path).read(member)) if member else open_file(path)

    def read(self, name: str, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes of a metadata file from start to stop."""
        with self.open(name) as file:
            file.seek(start)
            return file.read() if stop is None else file.read(stop - start)

    def size(self, name: str) -> int:
        """Size of a file in bytes."""
        with self.open(name) as file:
            return file.seek(0, 2)

    def list(self, name: str) -> Sequence[str]:
        """Names of the entries of a sub-folder, sorted; archives count as unpacked."""
        prefix = f"{name}/"
        members = self._members() if self.archives else {}
        inside = {m[len(prefix) :].split("/")[0] for m in members if m.startswith(prefix)}
        return sorted(inside | set(list_folder(join(self.path, name))))

    def audio(self, name: str, start: float | None = None, end: float | None = None) -> AudioRef:
        """Where an audio file of the corpus is; nothing is opened.

        Args:
            name: its path inside the corpus, which may come from metadata.
            start, end: a stretch of it, seconds.

        Raises:
            Unusable: reason "path-outside-corpus".
        """
        path, member = self._place(check_inside(name))
        return AudioRef(path, name, member, start, end)


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


def locate(
    key: str, root: str, names: Sequence[str], metadata: Sequence[str]
) -> tuple[Folder | None, list[str]]:
    """Find a corpus under a root, or at it.

    Args:
        key: key of the corpus.
        root: local folder, zip archive or fsspec URL.
        names: names that its folder may bear.
        metadata: files that it can not do without.

    Returns:
        The folder, or None; and the metadata files that the best candidate lacks (empty where
        there is no candidate at all).
    """
    best: list[str] = []
    for folder in _candidates(key, root, names):
        missing = [name for name in metadata if not folder.exists(name)]
        if not missing:
            return folder, []
        # An archive given as the root may be any corpus's.
        if not root.endswith(".zip") and (not best or len(missing) < len(best)):
            best = missing
    return None, best


def _candidates(key: str, root: str, names: Sequence[str]) -> Iterable[Folder]:
    """Places where a corpus may be: under its names, one level deeper, in its archives."""
    known = {name.casefold() for name in names}
    if root.endswith(".zip"):
        yield Folder(key, root, (root,), tuple(names))
        return
    entries = list_folder(root)
    bears_name = root.rstrip("/").rpartition("/")[2].casefold() in known
    folders = [root] if bears_name else []
    folders += [join(root, e) for e in entries if e.casefold() in known]
    for folder in folders:
        inner = list_folder(folder)
        archives = _archives(folder, inner, known)
        yield Folder(key, folder, archives, tuple(names))
        for entry in inner:
            if entry.casefold() in known:
                yield Folder(key, join(folder, entry), archives, tuple(names))
    if archives := _archives(root, entries, known):
        yield Folder(key, archives[0], archives, tuple(names))


def _archives(folder: str, entries: Sequence[str], known: set[str]) -> tuple[str, ...]:
    """Zip archives named like the corpus: NAME.zip, or parts NAME.anything.zip."""
    return tuple(
        join(folder, entry)
        for entry in entries
        if entry.endswith(".zip") and any(entry.casefold().startswith(f"{name}.") for name in known)
    )


def at(key: str, path: str, metadata: Sequence[str]) -> Folder | None:
    """A corpus in a folder of any name, as `--corpus KEY=PATH` says; None where it is not."""
    folder = Folder(key, path)
    return folder if all(folder.exists(name) for name in metadata) else None
