"""The contract of corpora: a folder as published in, clips out.

A reader states what a corpus is (class attributes) and yields its clips; it knows nothing of tasks,
templates or `datasets`. Most corpora are tables: see `TableCorpus`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from errno import ENOENT
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from os import strerror
from typing import ClassVar, NamedTuple, TypeAlias

from audio_flan.corpora.read.folder import Folder, Signature
from audio_flan.corpora.read.table import BadRow, Range, Row, Table
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.media.files import join
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.labels import Label, Labels
from audio_flan.model.splits import SPLITS

MAX_LISTED = 8
"""Names of files in a message."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a corpus that is read in one go: fixed by the data, never by the machine.

    Args:
        split: the split of its clips.
        file: metadata file or folder that it is read from, or what else the reader goes by (the
            language, where a split's files are of several).
        part: run of lines of the file; None for all of it.
        provides: annotation fields that its clips may have, where they are only some of the
            corpus's; tasks that need others never read it.
    """

    split: str
    file: str
    part: Range | None = None
    provides: frozenset[str] | None = None


class Corpus(ABC):
    """A corpus as its publisher distributes it.

    Args:
        folder: where it lies.

    Class attributes:
        key: name of the corpus in this library, and of its module.
        title: its name in full.
        domain: "speech", "music" or "audio".
        license: SPDX id, or "LicenseRef-…" with `license_conditions` saying what it asks.
        redistributable: whether the licence lets its audio be published again.
        commercial: whether the licence allows commercial use.
        homepage: where it is described.
        download: how to get it.
        citation: the work to cite.
        languages: BCP 47 codes of its words.
        source: the paper's field: where the audio comes from ("audiobook", "youtube", "studio").
        folders: names that the publisher's archive unpacks to, next to `key`.
        metadata: files that it can not do without, which also tell that it is there.
        any_metadata: whether one of these files is enough, as where each split comes by itself.
        encodings: encodings that its metadata is found in; the reader tells them apart.
        flat: whether its archives have no folder of their own: its files may lie in the root.
        provides: annotation fields of `Clip` that it fills.
        labels: closed label sets by field, in words that a person would say.
        speakers: number of speakers as published; 0 where unknown.
        split_rule: how the splits are made, in a sentence.
        kept_whole: what is in one split only, in a word: "speaker", "song"; `groups_of` tells which
            of them a clip is of.
        alike_splits: splits that may have such groups in common.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    domain: ClassVar[str]
    license: ClassVar[str]
    license_conditions: ClassVar[str] = ""
    redistributable: ClassVar[bool]
    commercial: ClassVar[bool]
    homepage: ClassVar[str]
    download: ClassVar[str]
    citation: ClassVar[str]
    languages: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str]
    folders: ClassVar[tuple[str, ...]] = ()
    metadata: ClassVar[tuple[str, ...]]
    any_metadata: ClassVar[bool] = False
    encodings: ClassVar[tuple[str, ...]] = ("utf-8",)
    flat: ClassVar[bool] = False
    provides: ClassVar[frozenset[str]]
    labels: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    speakers: ClassVar[int] = 0
    split_rule: ClassVar[str]
    kept_whole: ClassVar[str] = "clip"
    alike_splits: ClassVar[tuple[str, ...]] = ()

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._labels: dict[tuple[str, str], Label] = {}

    @classmethod
    def _signature(cls) -> Signature:
        names = (cls.key, *cls.folders)
        return Signature(cls.key, names, cls.metadata, cls.any_metadata, cls.flat)

    @classmethod
    def _expected(cls) -> str:
        which = "at least one of the files" if cls.any_metadata else "the files"
        return f"{which} {_listed(cls.metadata)}"

    @classmethod
    def find(cls, root: str) -> Corpus | None:
        """The corpus under a root that holds a folder (or archive) for each corpus.

        Returns:
            None where the root has nothing of that name.

        Raises:
            CorpusLayoutError: its folder is there, its metadata is not.
        """
        folder, missing = cls._signature().find(root)
        if missing:
            raise CorpusLayoutError(
                cls.key,
                root,
                expected=cls._expected(),
                found=f"a folder of that name without {_listed(missing)}",
                get_it=f"{cls.download} ({cls.homepage})",
            )
        return cls(folder) if folder else None

    @classmethod
    def open(cls, path: str) -> Corpus:
        """The corpus in a folder or archive of any name, or under its own name in there.

        Raises:
            CorpusLayoutError: it is not there.
        """
        folder = cls._signature().at(path)
        corpus = cls(folder) if folder else cls.find(path)
        if corpus is None:
            raise CorpusLayoutError(
                cls.key,
                path,
                expected=cls._expected(),
                found="none of them",
                get_it=f"{cls.download} ({cls.homepage})",
            )
        return corpus

    def check_is_there(self) -> None:
        """Check that the corpus is still where it was found.

        Raises:
            FileNotFoundError: some of its metadata is not there any more.
        """
        for name in self._signature().missing(self.folder):
            raise FileNotFoundError(ENOENT, strerror(ENOENT), join(self.folder.path, name))

    @abstractmethod
    def shards(self) -> dict[str, list[Shard]]:
        """The shards of each split that is there, from metadata only.

        Raises:
            CorpusLayoutError: a metadata file is not what the publisher distributes.
        """

    @abstractmethod
    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The clips of a shard, lazily and in a stable order; what can not be read as rejects."""

    def line_of(self, clip: str) -> tuple[str, int] | None:
        """Where the metadata of a clip stands: a file of the corpus and the number of the line.

        Args:
            clip: the clip's id.

        Returns:
            None where no line is the clip's own, or no clip has this id.
        """
        return None

    @classmethod
    def groups_of(cls, clip: str, file: str) -> tuple[str, ...]:
        """The groups of clips, of the kind `kept_whole`, that a clip is of, as far as a row of a
        dataset tells it; `audio-flan check` holds that none is in two splits.

        Args:
            clip: the clip's id.
            file: path of its audio inside the corpus.

        Raises:
            ValueError: they are not of the form that this corpus has.
        """
        return (clip,)

    def label(self, field: str, value: str) -> Label:
        """A label of one of the corpus's closed sets.

        Raises:
            Unusable: reason "unknown-label".
        """
        label = self._labels.get((field, value))
        if label is None:
            options = self.labels[field]
            if value not in options:
                detail = f"{field} {value!r} is none of {', '.join(options)}"
                raise Unusable("unknown-label", detail)
            label = self._labels[field, value] = Label(value, options)
        return label

    def several(self, field: str, values: Iterable[str]) -> Labels:
        """Labels of one of the corpus's closed sets, sorted, each once.

        Raises:
            Unusable: reason "unknown-label".
        """
        found = sorted({self.label(field, value).value for value in values})
        return Labels(tuple(found), self.labels[field])


def _listed(names: Sequence[str]) -> str:
    """Names for a message, the first of many."""
    more = f", … ({len(names)} in all)" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more


class TableCorpus(Corpus):
    """A corpus with a line of a table for each clip.

    Class attributes:
        tables: the table of each split; one table for several splits where `split_of` tells.
    """

    tables: ClassVar[Mapping[str, Table]]

    @abstractmethod
    def clip(self, row: Row, split: str) -> Clip:
        """The clip of a row.

        Raises:
            Unusable: the row can not be used.
        """

    def split_of(self, row: Row) -> str | None:
        """The split of a row; None where its table has just one split."""
        return None

    def is_header(self, row: Row) -> bool:
        """Whether the first line is a header that only some copies have."""
        return False

    def shards(self) -> dict[str, list[Shard]]:
        """Runs of lines of each split's table; a split whose table is absent is left out."""
        return {
            split: [Shard(split, table.file, part) for part in self._ranges(table)]
            for split, table in self.tables.items()
            if self.folder.exists(table.file)
        }

    def _ranges(self, table: Table) -> list[Range]:
        ranges = table.ranges(self.folder)
        if not ranges:
            expected = f"{table.file} with a line for each clip"
            raise CorpusLayoutError(
                self.key, self.folder.path, expected=expected, found="an empty file"
            )
        return ranges

    def line_of(self, clip: str) -> tuple[str, int] | None:
        """See `Corpus`; reads the tables until the clip is found."""
        for split, table in self.tables.items():
            for row in table.rows(self.folder) if self.folder.exists(table.file) else ():
                if isinstance(row, Row) and (row.line != 1 or not self.is_header(row)):
                    try:
                        if self.clip(row, self.split_of(row) or split).id == clip:
                            return table.file, row.line
                    except Unusable:
                        continue
        return None

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The clips of a run of lines that belong to the shard's split."""
        yield from _clips_by_split(self, self.tables[shard.split], shard.part)[shard.split]


ClipsBySplit: TypeAlias = dict[str, list["Clip | Reject"]]

_kept_clips: dict[tuple[TableCorpus, Table, Range | None], ClipsBySplit] = {}
"""The clips of the last run of lines, as other splits and tasks ask for the same lines next."""


def _clips_by_split(corpus: TableCorpus, table: Table, part: Range | None) -> ClipsBySplit:
    """The clips of a run of lines, kept until those of another are asked for."""
    lines = corpus, table, part
    if lines not in _kept_clips:
        # Not both runs in memory at once.
        _kept_clips.clear()
        _kept_clips[lines] = _read_clips(corpus, table, part)
    return _kept_clips[lines]


def _read_clips(corpus: TableCorpus, table: Table, part: Range | None) -> ClipsBySplit:
    splits = [split for split, other in corpus.tables.items() if other == table]
    clips: ClipsBySplit = {split: [] for split in splits}
    for row in table.rows(corpus.folder, part):
        place = f"{table.file}:{row.line}"
        if isinstance(row, BadRow):
            # A line that can not be parsed has no split of its own: it is told of once.
            clips[splits[0]].append(Reject(corpus.key, place, row.reason, row.detail))
        elif row.line != 1 or not corpus.is_header(row):
            split = corpus.split_of(row) or splits[0]
            try:
                clips[split].append(corpus.clip(row, split))
            except Unusable as error:
                clips[split].append(Reject(corpus.key, place, error.reason, error.detail))
    return clips


def forget_clips() -> None:
    """Read tables anew, where they may have changed meanwhile."""
    _kept_clips.clear()


class Shares(NamedTuple):
    """The share of the groups of clips that each split gets; they add up to 1."""

    train: float
    validation: float
    test: float


@lru_cache(maxsize=4096)
def hash_split(corpus: str, group: str, shares: Shares, seed: int = 0) -> str:
    """The split of a group of clips (a speaker, an artist, a recording session), by its hash.

    Args:
        corpus: key of the corpus, which seeds the hash.
        group: what must not be in two splits.
        shares: the share of each split.
        seed: another one deals the groups anew, where few groups fell badly.
    """
    digest = blake2b(f"{corpus}:{seed}:{group}".encode(), digest_size=8).digest()
    point = int.from_bytes(digest, "big") / 2**64
    ends = zip(SPLITS, accumulate(shares), strict=True)
    return next((split for split, end in ends if point < end), SPLITS[0])
