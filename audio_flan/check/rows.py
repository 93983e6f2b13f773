"""A row as it was read, and what its parts say."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Any

from audio_flan.check.files import DataFile
from audio_flan.corpora import corpus_class, corpus_keys
from audio_flan.model import provenance
from audio_flan.model.instance import AUDIO_COLUMNS
from audio_flan.model.provenance import Provenance, ProvenanceClip
from audio_flan.model.taxonomy import MinorTask, minor_task
from audio_flan.tasks import task_configs, task_template
from audio_flan.wording.template import Rendered, Template, Variation

DIGEST_BYTES = 8
"""Of the hashes by which ids and contents are compared: of a hundred million that differ, any two
look alike with a chance of 1 in 3,700."""


def digest(data: bytes) -> int:
    """The hash by which ids and contents are compared."""
    return int.from_bytes(blake2b(data, digest_size=DIGEST_BYTES).digest(), "little")


class Cell:
    """An audio of a row.

    Args:
        column: its column.
        data: its bytes; None where the cell has none.
        path: its audio id with its extension.

    Attributes:
        silent: whether nothing but zeros was heard in it.
    """

    def __init__(self, column: str, data: bytes | None, path: str | None) -> None:
        self.column, self.data, self.path = column, data or b"", path or ""
        self.silent = False

    @property
    def extension(self) -> str:
        """With its dot."""
        return PurePosixPath(self.path).suffix

    @property
    def id(self) -> str:
        """The audio id."""
        return self.path.removesuffix(self.extension)

    @cached_property
    def content(self) -> int:
        """Hash of its bytes."""
        return digest(self.data)


def groups_of(clip: ProvenanceClip) -> tuple[str, ...]:
    """The groups of a clip that its corpus keeps in one split, in words; none of an unknown corpus.

    Raises:
        ValueError: id or file are not of the form that the corpus has.
    """
    if clip.corpus not in corpus_keys():
        return ()
    corpus = corpus_class(clip.corpus)
    return tuple(
        f"{corpus.splits.group} {group} of {clip.corpus}"
        for group in corpus.groups(clip.id, clip.stretch.file)
    )


class Row:
    """A row and where it stands.

    Args:
        file: its file.
        values: its columns.
        withheld: keys of the corpora whose audio the card says is not there.
    """

    def __init__(self, file: DataFile, values: Mapping[str, Any], withheld: frozenset[str]) -> None:
        self.file, self.values = file, values
        self._withheld = withheld
        self.cells = [
            Cell(column, values[column]["bytes"], values[column]["path"])
            for column in AUDIO_COLUMNS
            if values[column] is not None
        ]

    @property
    def uuid(self) -> str:
        """Its uuid, or whatever stands there."""
        return str(self.values["uuid"])

    @property
    def minor(self) -> MinorTask:
        """Its task."""
        return minor_task(self.file.config)

    @property
    def is_withheld(self) -> bool:
        """Whether it has no audio for the sake of a licence, as the card says."""
        return not self.cells and self.may_not_be_heard

    @cached_property
    def may_not_be_heard(self) -> bool:
        """Whether the card says that audio of one of its corpora is not there."""
        clips = self.provenance.clips if self.provenance else ()
        return not self._withheld.isdisjoint({self.values["corpus"], *(c.corpus for c in clips)})

    @cached_property
    def provenance(self) -> Provenance | None:
        """What `other` says; None where it cannot be read."""
        return self._read_provenance[0]

    @property
    def provenance_fault(self) -> str:
        """Why `other` cannot be read; empty where it can."""
        return self._read_provenance[1]

    @cached_property
    def _read_provenance(self) -> tuple[Provenance | None, str]:
        try:
            return provenance.read(self.values["other"]), ""
        except ValueError as error:
            return None, str(error)

    @property
    def template(self) -> Template | None:
        """The wording of its task; None where this version has none."""
        return task_template(self.file.config) if self.file.config in task_configs() else None

    @cached_property
    def variation(self) -> Variation | None:
        """The wording that `other` names; None where there is none of that name."""
        named = self.provenance.wording.variation if self.provenance else ""
        variations = self.template.variations if self.template else ()
        return next((variation for variation in variations if variation.id == named), None)

    @cached_property
    def slots(self) -> dict[str, Any] | None:
        """The slots' values, read back out of the texts; None where they do not read."""
        return self._read_slots[0]

    @property
    def wording_fault(self) -> str:
        """Why the texts cannot be read back; empty where they can, or nothing tells how."""
        return self._read_slots[1]

    @cached_property
    def _read_slots(self) -> tuple[dict[str, Any] | None, str]:
        texts = Rendered(*(self.values[name] for name in Rendered._fields))
        try:
            return (self.variation.parse(texts), "") if self.variation else (None, "")
        except ValueError as error:
            return None, str(error)
        except LookupError:
            return None, f"the answer {texts.output!r} is none of the choices"
