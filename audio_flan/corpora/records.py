"""Corpora that have a JSON record for each clip, in files that may be too large for the memory."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import ceil
from typing import Any, ClassVar, Literal, NamedTuple

from audio_flan.corpora.contract import Corpus, Shard, by_splits
from audio_flan.corpora.read import json_stream
from audio_flan.corpora.read.table import BadRow
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.splits import SPLITS


class Record(NamedTuple):
    """A JSON value that stands for a clip.

    Args:
        file: path of its file inside the corpus.
        number: its number in the file, from 1; in JSON lines, that of its line.
        name: its name, where the file is an object of records; else "".
        value: the value, of any type.
    """

    file: str
    number: int
    name: str
    value: Any

    @property
    def place(self) -> str:
        """File and number, as rejects and messages name them: list.json:13."""
        return f"{self.file}:{self.number}"


class Part(NamedTuple):
    """The records of a file whose index, from 0, is `number` modulo `shards`."""

    file: str
    number: int
    shards: int


class Records(Corpus):
    """A corpus with a JSON record for each clip.

    Class attributes:
        file: the one file of all splits; `split_of` tells the split of a record.
        files: or the file of each split; one that is absent is a split that is not there.
        form: of the files: an "object" of records by their names, an "array" of records, or
            JSON "lines", one record in each.
        array: name of the array, where it is a value of an object; "" where it is the whole file.
        bytes_per_shard: of a file; 0 where a file is one shard. Each shard reads the whole file,
            and keeps what it is dealt.
    """

    file: ClassVar[str] = ""
    files: ClassVar[Mapping[str, str]] = {}
    form: ClassVar[Literal["object", "array", "lines"]] = "object"
    array: ClassVar[str] = ""
    bytes_per_shard: ClassVar[int] = 0

    @abstractmethod
    def clip(self, record: Record, split: str) -> Clip:
        """The clip of a record.

        Raises:
            Unusable: the record cannot be used; it becomes a reject.
        """

    def split_of(self, record: Record) -> str:
        """The split of a record of a file that several splits share.

        Raises:
            Unusable: it does not tell; it becomes a reject at its file and number.
        """
        raise NotImplementedError(f"{type(self).__name__} has files of several splits, no split_of")

    def reject_name(self, record: Record) -> str:
        """How a record is listed that has a split but no clip: its name, else file and number."""
        return record.name or record.place

    def files_of(self, split: str) -> Sequence[str]:
        """The files of a split; override it where the folder tells which there are."""
        if self.file and not self.can_have(split):
            return []
        return [file] if (file := self.files.get(split, self.file)) else []

    def fields_of(self, file: str, split: str) -> frozenset[str] | None:
        """What the clips of a file may have, where it is only some of what the corpus provides."""
        return None

    def shards(self) -> dict[str, list[Shard]]:
        """The files of each split that are there, large ones in several parts."""
        return by_splits(
            Shard(split, Part(file, number, count), self.fields_of(file, split))
            for file in self._splits_by_file
            for split, count in self._shards_of(file).items()
            for number in range(count)
        )

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The clips of a part of a file that belong to the shard's split, in their order.

        Raises:
            CorpusLayoutError: the file is cut off, or is not of its form in UTF-8.
        """
        part = Part(*shard.part)
        for index, record in enumerate(self._records(part.file)):
            if index % part.shards == part.number and (item := self._item(record, shard.split)):
                yield item

    def _item(self, record: Record, split: str) -> Clip | Reject | None:
        """The clip of a record, or its reject; None where it belongs to another split."""
        splits = self._splits_by_file[record.file]
        try:
            if isinstance(record.value, BadRow):
                raise Unusable(record.value.reason, record.value.detail)
            if len(splits) > 1 and self.split_of(record) != split:
                return None
        except Unusable as error:
            # Of no split, so listed once.
            first = split == splits[0]
            return Reject(self.key, record.place, error.reason, error.detail) if first else None
        try:
            return self.clip(record, split)
        except Unusable as error:
            return Reject(self.key, self.reject_name(record), error.reason, error.detail)

    def _records(self, file: str) -> Iterator[Record]:
        if self.form == "lines":
            for line, value in json_stream.lines(self.folder, file):
                yield Record(file, line, "", value)
        elif self.form == "array":
            for number, value in enumerate(json_stream.items(self.folder, file, self.array), 1):
                yield Record(file, number, "", value)
        else:
            for number, pair in enumerate(json_stream.records(self.folder, file), 1):
                yield Record(file, number, *pair)

    def _shards_of(self, file: str) -> dict[str, int]:
        """How many shards each split has of a file: its share of them."""
        splits, shares = self._splits_by_file[file], self.splits.shares
        shards = 1
        if self.bytes_per_shard:
            shards += self.folder.size(file) // self.bytes_per_shard
        if len(splits) == 1 or shares is None:
            return dict.fromkeys(splits, shards)
        return {split: ceil(getattr(shares, split) * shards) for split in splits}

    @cached_property
    def _splits_by_file(self) -> dict[str, list[str]]:
        """The splits that each file has records of, as far as it is there."""
        splits: dict[str, list[str]] = {}
        for split in SPLITS:
            for file in self.files_of(split):
                splits.setdefault(file, []).append(split)
        return {file: found for file, found in splits.items() if self.folder.exists(file)}
