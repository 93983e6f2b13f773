"""Where the FLAC files of WavCaps are: in folders and archives that are named after a source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from audio_flan.corpora.read.folder import Folder
from audio_flan.media.audio import AudioRef

SOURCES = ("AudioSet_SL", "BBC_Sound_Effects", "FreeSound", "SoundBible")


class _Flac(NamedTuple):
    """A FLAC file: a file of the corpus, or a member of an archive that is one."""

    file: str
    member: str | None = None


class AudioFiles:
    """The FLAC files of a source, by their ids.

    Args:
        folder: the corpus.
        source: one of `SOURCES`.

    Raises:
        CorpusLayoutError: an archive does not open.
    """

    def __init__(self, folder: Folder, source: str) -> None:
        self._folder = folder
        self._by_id: dict[str, _Flac] = {}
        # Unpacked ones count before packed ones.
        for flac in sorted(_flacs(folder, source), key=lambda flac: flac.member is not None):
            name = flac.member or flac.file
            self._by_id.setdefault(without_extension(name.rpartition("/")[2]), flac)
        unpacked = (flac.file for flac in self._by_id.values() if flac.member is None)
        self._usual_folder = next(unpacked, f"Audio/{source}/").rpartition("/")[0]

    def find(self, id: str) -> AudioRef:
        """Where the file of an id is, or would be.

        Raises:
            Unusable: reason "path-outside-corpus".
        """
        file, member = self._by_id.get(id) or _Flac(f"{self._usual_folder}/{id}.flac")
        return self._folder.packed_audio(file, member) if member else self._folder.audio(file)


def without_extension(name: str) -> str:
    """An id or a name of a file without what it ends in."""
    return name.removesuffix(".wav").removesuffix(".flac")


def _flacs(folder: Folder, source: str) -> Iterator[_Flac]:
    for top in _tops(folder, source, ""):
        names = [top] if top.endswith(".zip") else folder.walk(top, (".flac", ".zip"))
        for name in names:
            if name.endswith(".zip"):
                members = (member for member in folder.packed(name) if member.endswith(".flac"))
                yield from (_Flac(name, member) for member in members)
            else:
                yield _Flac(name)


def _tops(folder: Folder, source: str, path: str) -> Iterator[str]:
    """Folders and archives that are named after a source."""
    for entry in folder.list(path):
        name = f"{path}/{entry}" if path else entry
        owner = next((s for s in SOURCES if entry.casefold().startswith(s.casefold())), None)
        if owner == source and ("." not in entry or entry.endswith(".zip")):
            yield name
        elif owner is None and "." not in entry and entry != "json_files":
            yield from _tops(folder, source, name)
