"""Corpora that have a JSON record for each clip, in files that may be too large for the memory."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from audio_flan.corpora.contract import Corpus, Shard, by_splits
from audio_flan.corpora.read import json_stream
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.splits import SPLITS


class Records(Corpus):
    """A corpus with a JSON record for each clip.

    A file of one JSON value cannot be cut into runs of lines: it is a shard, read as a stream.

    Class attributes:
        files: the file of each split; one that is absent is a split that is not there.
    """

    files: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def clip(self, name: str, record: Any, split: str) -> Clip:
        """The clip of a record.

        Args:
            name: the record's name in its file.
            record: what the file says of it: any JSON value.
            split: its split.

        Raises:
            Unusable: the record cannot be used; it becomes a reject.
        """

    def shards(self) -> dict[str, list[Shard]]:
        """A shard for each file that is there."""
        return by_splits(
            Shard(split, (self.files[split],))
            for split in SPLITS
            if split in self.files and self.folder.exists(self.files[split])
        )

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The clips of a file, in the order of its records.

        Raises:
            CorpusLayoutError: the file is cut off, or is no JSON object in UTF-8.
        """
        (file,) = shard.part
        for name, record in json_stream.records(self.folder, file):
            try:
                yield self.clip(name, record, shard.split)
            except Unusable as error:
                yield Reject(self.key, self.reject_name(name, file), error.reason, error.detail)

    def reject_name(self, name: str, file: str) -> str:
        """How a record that cannot be used is listed."""
        return name
