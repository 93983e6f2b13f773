"""Corpora that have a line of a table for each clip."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, TypeAlias

from audio_flan.corpora.contract import Corpus, Shard, by_splits
from audio_flan.corpora.read.table import BadRow, Lines, Row, Table
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.splits import SPLITS


class Rows(Corpus):
    """A corpus with a line of a table for each clip.

    Class attributes:
        table: the one table of all splits; `split_of` tells the split of a row.
        tables: or the table of each split; one that is absent is a split that is not there.
    """

    table: ClassVar[Table | None] = None
    tables: ClassVar[Mapping[str, Table]] = {}

    @abstractmethod
    def clip(self, row: Row, split: str) -> Clip:
        """The clip of a row.

        Raises:
            Unusable: the row cannot be used; it becomes a reject at its file and line.
        """

    def split_of(self, row: Row) -> str:
        """The split of a row of `table`.

        Raises:
            Unusable: it does not tell; it becomes a reject, listed once.
        """
        raise NotImplementedError(f"{type(self).__name__} has one table and no split_of")

    def is_header(self, row: Row) -> bool:
        """Whether the first line is a header that only some copies have."""
        return False

    def tables_of(self, split: str) -> Sequence[Table]:
        """The tables of a split; override it where the folder tells which there are."""
        if self.table and not self.can_have(split):
            return []
        return [table] if (table := self.tables.get(split, self.table)) else []

    def fields_of(self, table: Table, split: str) -> frozenset[str] | None:
        """What the clips of a table may have, where it is only some of what the corpus provides."""
        return None

    def shards(self) -> dict[str, list[Shard]]:
        """Runs of lines of each split's tables.

        Raises:
            CorpusLayoutError: a table is empty, or none is there.
        """
        return by_splits(
            Shard(split, lines, self.fields_of(table, split))
            for split in SPLITS
            for table in self.tables_of(split)
            if self.folder.exists(table.file)
            for lines in self._runs(table)
        )

    def _runs(self, table: Table) -> list[Lines]:
        runs = table.runs(self.folder)
        if not runs:
            raise self.layout_error(f"{table.file} with a line for each clip", "an empty file")
        return runs

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The clips of a run of lines that belong to the shard's split."""
        yield from _clips_by_split(self, shard.split, Lines(*shard.part))[shard.split]

    def line_of(self, clip: str) -> tuple[str, int] | None:
        """See `Corpus`; reads the tables until the clip is found."""
        for split in SPLITS:
            for table in self.tables_of(split):
                for row in table.rows(self.folder) if self.folder.exists(table.file) else ():
                    found = _item(self, table, row, self._splits_of(table, split))
                    if found and isinstance(found[1], Clip) and found[1].id == clip:
                        return table.file, row.line
        return None

    def _splits_of(self, table: Table, split: str) -> list[str]:
        """The splits of a table: all that there are where it is the one table."""
        return list(filter(self.tables_of, SPLITS)) if table == self.table else [split]


ClipsBySplit: TypeAlias = dict[str, list["Clip | Reject"]]

_kept_clips: dict[tuple[Rows, Lines], ClipsBySplit] = {}
"""The clips of the last run of lines, as other splits and tasks ask for the same lines next."""


def _clips_by_split(corpus: Rows, split: str, lines: Lines) -> ClipsBySplit:
    """The clips of a run of lines, kept until those of another are asked for."""
    asked = corpus, lines
    if asked not in _kept_clips or split not in _kept_clips[asked]:
        # Not both runs in memory at once.
        _kept_clips.clear()
        _kept_clips[asked] = _read_clips(corpus, split, lines)
    return _kept_clips[asked]


def _read_clips(corpus: Rows, split: str, lines: Lines) -> ClipsBySplit:
    table = next(table for table in corpus.tables_of(split) if table.file == lines.file)
    splits = corpus._splits_of(table, split)
    clips: ClipsBySplit = {split: [] for split in splits}
    for row in table.rows(corpus.folder, lines):
        if found := _item(corpus, table, row, splits):
            clips[found[0]].append(found[1])
    return clips


def _item(
    corpus: Rows, table: Table, row: Row | BadRow, splits: Sequence[str]
) -> tuple[str, Clip | Reject] | None:
    """Split and clip of a row, or its reject; None for a header."""
    if isinstance(row, BadRow):
        # A line that cannot be parsed has no split of its own: it is listed once, in the first.
        return splits[0], Reject(corpus.key, f"{table.file}:{row.line}", row.reason, row.detail)
    if row.line == 1 and corpus.is_header(row):
        return None
    split = splits[0]
    try:
        if len(splits) > 1:
            split = corpus.split_of(row)
        return split, corpus.clip(row, split)
    except Unusable as error:
        place = f"{table.file}:{row.line}"
        return split, Reject(corpus.key, place, error.reason, error.detail)


def forget_clips() -> None:
    """Read tables again, as they may have changed."""
    _kept_clips.clear()
