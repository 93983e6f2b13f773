"""The contract of corpora: a folder as published in, clips out.

A reader states what a corpus is (`corpus.yaml` beside it, see `facts`) and yields its clips; it
knows nothing of tasks, templates or `datasets`. Most corpora are rows of tables (`rows.Rows`),
audio files in a tree (`files.Files`) or JSON records (`records.Records`); any other derives from
`Corpus`.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from errno import ENOENT
from functools import cached_property, lru_cache
from hashlib import blake2b
from itertools import accumulate
from os import strerror
from pathlib import Path
from typing import Any, ClassVar

from audio_flan.corpora.facts import Copy, Facts, Shares, Splits, load_facts
from audio_flan.corpora.read.folder import Folder, Signature
from audio_flan.corpora.read.table import BadRow, Row, Table
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.media.audio import AudioRef
from audio_flan.media.files import join
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.labels import Label, Labels
from audio_flan.model.splits import SPLITS

MAX_LISTED = 8
"""Names of files in a message."""

FACTS_FILE = "corpus.yaml"

NOWHERE = AudioRef("", "")

POSITIONS = {field: position for position, field in enumerate(Clip._fields)}
"""Where each field of a clip is; putting values there costs half of naming them."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a corpus that is read in one go: fixed by the data, never by the machine.

    Args:
        split: the split of its clips.
        part: what the reader reads, in a `NamedTuple` of its own of texts and numbers: a run of
            lines of a table, of files, of songs.
        provides: annotation fields that its clips may have, where they are only some of the
            corpus's; tasks that need others never read it.
    """

    split: str
    part: tuple[Any, ...]
    provides: frozenset[str] | None = None


class Corpus(ABC):
    """A corpus as its publisher distributes it.

    Class attributes are the facts of `corpus.yaml` (see `Facts` for each), and what follows from
    them. A class whose package has no such file, as in tests, states them itself.

    Args:
        folder: where it lies.

    Class attributes:
        key: name of the corpus in this library, and of its folder.
        domain: "speech", "music" or "audio".
        labels: closed label sets by field, in words that a person would say; the values of
            `words`, each once.
    """

    key: ClassVar[str]
    domain: ClassVar[str]
    title: ClassVar[str]
    license: ClassVar[str]
    license_conditions: ClassVar[str] = ""
    license_page: ClassVar[str] = ""
    terms: ClassVar[str] = ""
    redistributable: ClassVar[bool]
    commercial: ClassVar[bool]
    homepage: ClassVar[str]
    download: ClassVar[str]
    citation: ClassVar[str]
    languages: ClassVar[tuple[str, ...]] = ()
    language_folders: ClassVar[Mapping[str, str]] = {}
    origin: ClassVar[str]
    folders: ClassVar[tuple[str, ...]] = ()
    recognised_by: ClassVar[tuple[str, ...]]
    one_is_enough: ClassVar[bool] = False
    without_top_folder: ClassVar[bool] = False
    encodings: ClassVar[tuple[str, ...]] = ("utf-8",)
    provides: ClassVar[frozenset[str]]
    words: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    labels: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    constants: ClassVar[Mapping[str, Any]] = {}
    speakers: ClassVar[int] = 0
    splits: ClassVar[Splits]
    copies: ClassVar[tuple[Copy, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        stated = vars(cls)
        if file := _facts_file(cls):
            cls.key, cls.domain = file.parent.name, file.parent.parent.name
            facts = load_facts(file.read_bytes(), f"{cls.domain}/{cls.key}/{FACTS_FILE}")
            for field in fields(Facts):
                if field.name not in stated:
                    setattr(cls, field.name, getattr(facts, field.name))
            # Label sets that are computed stand in the class, next to those of the file.
            cls.words = {**facts.words, **stated.get("words", {})}
        if "labels" not in stated:
            cls.labels = {f: tuple(dict.fromkeys(w.values())) for f, w in cls.words.items()}

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._labels: dict[tuple[str, str], Label] = {}

    @classmethod
    def _signature(cls) -> Signature:
        names = (cls.key, *cls.folders)
        return Signature(
            cls.key,
            names,
            cls.recognised_by,
            cls.one_is_enough,
            cls.without_top_folder,
            tuple(cls.language_folders),
        )

    @classmethod
    def _expected(cls) -> str:
        which = "at least one of the files" if cls.one_is_enough else "the files"
        return f"{which} {_listed(cls.recognised_by)}"

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
        """The clips of a shard, lazily and in a stable order; what cannot be read as rejects."""

    def line_of(self, clip: str) -> tuple[str, int] | None:
        """Where the metadata of a clip stands: a file of the corpus and the number of the line.

        Args:
            clip: the clip's id.

        Returns:
            None where no line is the clip's own, or no clip has this id.
        """
        return None

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The groups of clips, of the kind `splits.group`, that a clip is of, as far as its id and
        file tell; no group is in two splits, which `audio-flan check` holds.

        Args:
            clip: the clip's id.
            file: path of its audio inside the corpus.

        Raises:
            ValueError: they are not of the form that this corpus has.
        """
        return (clip,)

    def can_have(self, split: str) -> bool:
        """Whether a split gets any share of the groups, where the corpus is split by their hash."""
        return self.splits.shares is None or getattr(self.splits.shares, split) > 0

    def split_of_group(self, group: str) -> str:
        """The split of a group of clips, by its hash and the shares in `corpus.yaml`."""
        assert self.splits.shares is not None, f"{self.key} states no shares"
        return hash_split(self.key, group, self.splits.shares, self.splits.seed)

    def split_of_clip(self, clip: str, file: str = "") -> str:
        """The split of a clip, by the hash of its first group."""
        return self.split_of_group(self.groups(clip, file)[0])

    def files_to_recognise(self) -> list[str]:
        """The files that it is recognised by, as far as they are there."""
        return self._signature().present(self.folder)

    def made(self, id: str, audio: str | AudioRef, split: str, **annotations: Any) -> Clip:
        """A clip of this corpus, with the constants that all clips have.

        Args:
            id: its id.
            audio: path of its audio inside the corpus, which may come from metadata, or where it
                is.
            split: its split.
            annotations: fields of `Clip`. In a field with a closed set, a text is the publisher's
                word of a label ("" for none) and a list several of them; both become labels.

        Raises:
            Unusable: reason "path-outside-corpus" or "unknown-label".
        """
        values = self._blank.copy()
        values[0], values[2] = id, split
        values[3] = self.folder.audio(audio) if isinstance(audio, str) else audio
        for field, value in annotations.items():
            if field in self.labels:
                value = self._value(field, value)
            values[POSITIONS[field]] = value
        return Clip._make(values)

    @cached_property
    def _blank(self) -> list[Any]:
        """What all clips have in common, in the order of the fields."""
        constants = {field: self._value(field, value) for field, value in self.constants.items()}
        return [*Clip("", self.key, "", NOWHERE, **constants)]

    def _value(self, field: str, value: Any) -> Any:
        """The value of a field, its labels put into words."""
        if field not in self.labels or not isinstance(value, (str, list)):
            return value
        if isinstance(value, str):
            return self.label(field, value) if value else None
        return self.several(field, value) if value else None

    def label(self, field: str, word: str) -> Label:
        """A label of one of the corpus's closed sets.

        Args:
            field: the field.
            word: the publisher's word for it, or ours.

        Raises:
            Unusable: reason "unknown-label".
        """
        label = self._labels.get((field, word))
        if label is None:
            options = self.labels[field]
            value = self.words[field].get(word, word) if field in self.words else word
            if value not in options:
                detail = f"{field} {word!r} is none of {', '.join(options)}"
                raise Unusable("unknown-label", detail)
            label = self._labels[field, word] = Label(value, options)
        return label

    def several(self, field: str, words: Iterable[str]) -> Labels:
        """Labels of one of the corpus's closed sets, sorted, each once.

        Raises:
            Unusable: reason "unknown-label".
        """
        found = sorted({self.label(field, word).value for word in words})
        return Labels(tuple(found), self.labels[field])

    def join(self, table: Table, column: str) -> dict[str, Row]:
        """The rows of a small table by one of its columns, such as a table of speakers.

        Raises:
            CorpusLayoutError: a line does not fit the table, or there is none.
        """
        rows: dict[str, Row] = {}
        for row in table.rows(self.folder):
            if isinstance(row, BadRow):
                raise self.layout_error(
                    f"{table.file} with {', '.join(table.columns)} in each line", row.detail
                )
            rows[row[column].strip()] = row
        if not rows:
            raise self.layout_error(f"{table.file} with a line for each {column}", "an empty table")
        return rows

    def layout_error(self, expected: str, found: str) -> CorpusLayoutError:
        """The error that something lies elsewhere, or otherwise, than the publisher has it."""
        where = self.folder.path
        return CorpusLayoutError(self.key, where, expected=expected, found=found)


def by_splits(shards: Iterable[Shard]) -> dict[str, list[Shard]]:
    """Shards by their split, in the order of the splits; those without shards are left out."""
    found: dict[str, list[Shard]] = {split: [] for split in SPLITS}
    for shard in shards:
        found[shard.split].append(shard)
    return {split: shards for split, shards in found.items() if shards}


def _facts_file(cls: type) -> Path | None:
    """The file of facts beside a class that is defined in the `__init__.py` of a corpus."""
    source = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
    file = Path(source).with_name(FACTS_FILE) if source.endswith("__init__.py") else None
    return file if file and file.is_file() else None


def _listed(names: Sequence[str]) -> str:
    """Names for a message, the first of many."""
    more = f", … ({len(names)} in all)" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more


@lru_cache(maxsize=4096)
def hash_split(corpus: str, group: str, shares: Shares, seed: int = 0) -> str:
    """The split of a group of clips (a speaker, an artist, a recording session), by its hash.

    Args:
        corpus: key of the corpus, which seeds the hash.
        group: what must not be in two splits.
        shares: the share of each split.
        seed: another one deals the groups again, where few groups fell badly.
    """
    digest = blake2b(f"{corpus}:{seed}:{group}".encode(), digest_size=8).digest()
    point = int.from_bytes(digest, "big") / 2**64
    ends = zip(SPLITS, accumulate(shares), strict=True)
    return next((split for split, end in ends if point < end), SPLITS[0])
