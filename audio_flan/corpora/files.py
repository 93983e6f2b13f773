"""Corpora that are a tree of audio files: what their names and the files beside them tell."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar, NamedTuple

from audio_flan.corpora.contract import Corpus, Shard, by_splits
from audio_flan.corpora.read.folder import AUDIO_EXTENSIONS
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.splits import SPLITS

FILES_PER_SHARD = 1_000


class Run(NamedTuple):
    """A run of the audio files of a split, in their order.

    Args:
        start, stop: their numbers, from 0; `stop` is not in it.
    """

    start: int
    stop: int


class Files(Corpus):
    """A corpus with an audio file for each clip.

    Class attributes:
        trees: folders that are searched, with all below them; "" for the whole corpus.
        extensions: of the audio files, in lower case.
        pattern: what the path of a clip's file looks like, with a group `id` unless `split_of` and
            `clip` need none; it is searched for, so end it with "$".
        ignored: what the paths of audio files look like that are no clips, such as far
            microphones; any other file that does not fit the pattern is a reject.
    """

    trees: ClassVar[tuple[str, ...]] = ("",)
    extensions: ClassVar[tuple[str, ...]] = AUDIO_EXTENSIONS
    pattern: ClassVar[re.Pattern[str]]
    ignored: ClassVar[re.Pattern[str] | None] = None

    @abstractmethod
    def clip(self, file: re.Match[str], split: str) -> Clip:
        """The clip of a file; `file.string` is its path inside the corpus.

        Raises:
            Unusable: the file cannot be used; it becomes a reject at its path.
        """

    def is_clip(self, file: re.Match[str]) -> bool:
        """Whether a file that fits the pattern is a clip: one of several recordings of it is."""
        return True

    def split_of(self, file: re.Match[str]) -> str:
        """The split of a file: by the hash of its group, unless the path tells."""
        return self.split_of_clip(file["id"], file.string)

    def shards(self) -> dict[str, list[Shard]]:
        """Runs of the files of each split.

        Raises:
            CorpusLayoutError: no file fits the pattern.
        """
        files = self._files
        if not any(files.values()):
            where = " or ".join(f"{tree}/" if tree else "the corpus" for tree in self.trees)
            unknown = f"{self._unknown[0]} and the like" if self._unknown else "none"
            raise self.layout_error(
                f"audio files in {where} whose names match {self.pattern.pattern}", unknown
            )
        return by_splits(
            Shard(split, Run(start, min(start + FILES_PER_SHARD, len(names))))
            for split, names in files.items()
            for start in range(0, len(names), FILES_PER_SHARD)
        )

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The clips of a run of files."""
        run = Run(*shard.part)
        if run.start == 0 and shard.split == next(filter(self._files.get, SPLITS)):
            # Of no split, so listed once.
            for name in self._unknown:
                yield Reject(self.key, name, "unknown-file", f"{name}: no name of a clip's file")
        for name in self._files[shard.split][run.start : run.stop]:
            try:
                yield self.clip(self._match(name), shard.split)
            except Unusable as error:
                yield Reject(self.key, name, error.reason, error.detail)

    def text_beside(self, file: str) -> str:
        """The text of a small file that goes with an audio file, white space made single blanks.

        Raises:
            Unusable: reason "transcript-missing", "not-utf-8" or "empty-transcript".
        """
        if not self.folder.has(file):
            raise Unusable("transcript-missing", f"there is no {file}")
        try:
            text = " ".join(self.folder.read(file).decode("utf-8-sig").split())
        except UnicodeDecodeError as error:
            raise Unusable("not-utf-8", f"{file}: {error.reason} at byte {error.start}") from None
        if not text:
            raise Unusable("empty-transcript", f"{file} is empty")
        return text

    def _match(self, name: str) -> re.Match[str]:
        match = self.pattern.search(name)
        assert match is not None
        return match

    @cached_property
    def _names(self) -> list[str]:
        return [name for tree in self.trees for name in self.folder.walk(tree, self.extensions)]

    @cached_property
    def _unknown(self) -> list[str]:
        """The files that are neither clips nor ignored."""
        ignored = self.ignored
        return [
            name
            for name in self._names
            if not self.pattern.search(name) and not (ignored and ignored.search(name))
        ]

    @cached_property
    def _files(self) -> dict[str, list[str]]:
        """The files of each split, in the order of the walk."""
        files: dict[str, list[str]] = {split: [] for split in SPLITS}
        for name in self._names:
            if (match := self.pattern.search(name)) and self.is_clip(match):
                files[self.split_of(match)].append(name)
        return files
