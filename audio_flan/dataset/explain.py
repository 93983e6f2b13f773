"""What a row of a built dataset is: its texts, its sources, its wording, and how it was built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from audio_flan.corpora import corpus_class
from audio_flan.corpora.find import check_root
from audio_flan.dataset.find_row import FoundRow, find_row
from audio_flan.dataset.record import UnitRecord
from audio_flan.dataset.sources import Source, read_row, sources_of
from audio_flan.errors import CorpusLayoutError
from audio_flan.model.instance import AUDIO_COLUMNS
from audio_flan.model.provenance import Provenance
from audio_flan.tasks import task_configs, task_template

TEXTS = ("instruction", "input", "output")


@dataclass(frozen=True)
class Explanation:
    """A row and what is known of it.

    Args:
        found: the row, and where it is.
        provenance: what its column `other` says.
        sources: the clips that it is made of.
        record: of the unit that made it; None where it is not there, as on the Hub.
    """

    found: FoundRow
    provenance: Provenance
    sources: tuple[Source, ...]
    record: UnitRecord | None

    def tree(self) -> dict[str, Any]:
        """All of it as JSON values; audio is told by its path and size."""
        row, wording = self.found.values, self.provenance.wording
        cells = {column: row[column] for column in AUDIO_COLUMNS if row[column]}
        return {
            "uuid": row["uuid"],
            "config": self.found.config,
            "split": self.found.split,
            "file": self.found.file,
            **{name: row[name] for name in TEXTS},
            "audio": {
                c: {"path": v["path"], "bytes": len(v["bytes"] or b"")} for c, v in cells.items()
            },
            "sources": [_source_tree(source) for source in self.sources],
            "wording": {
                "template": self._template(),
                "variation": wording.variation,
                "answer": wording.answer,
            },
            "simulation": dict(self.provenance.simulation),
            "build": {
                "seed": wording.seed,
                "version": self.record and self.record.version,
                "options": self.record and dict(self.record.options),
            },
        }

    def _template(self) -> str | None:
        """File and line of the wording; None where this version has no wording of that id."""
        if self.found.config not in task_configs():
            return None
        template = task_template(self.found.config)
        lines = (v.line for v in template.variations if v.id == self.provenance.wording.variation)
        return next((f"{template.file}:{line}" for line in lines), None)


def _source_tree(source: Source) -> dict[str, Any]:
    """A source as JSON values, with the line of its metadata if its corpus is found."""
    corpus = corpus_class(source.corpus)
    tree = asdict(source)
    del tree["where"]
    tree = {"corpus": tree.pop("corpus"), "title": corpus.title, **tree, "metadata": None}
    try:
        line = source.metadata_line() if source.where else None
    except CorpusLayoutError as error:
        return {**tree, "problem": str(error)}
    return {**tree, "metadata": line and line._asdict()}


def explain(
    out: str, uuid: str, *, places: Mapping[str, str] | None = None, root: str | None = None
) -> Explanation:
    """Find a row and what is known of it.

    Args:
        out: folder or URL of a built dataset.
        uuid: of the row, or the start of it, where no other row starts so.
        places: where corpora are, by their keys.
        root: where all others are.

    Raises:
        BuildError: there is no dataset, or a file of it does not read.
        AudioFlanError: this is no uuid, no row has it, or several rows start so; or the row has no
            provenance that can be read.
        UnknownNameError: there is no such corpus.
        RootError: there is no such root.
    """
    for key in places or ():
        corpus_class(key)
    if root is not None:
        check_root(root)
    found = find_row(out, uuid)
    _, provenance = read_row(found.values)
    sources = sources_of(found.values, places or {}, root)
    return Explanation(found, provenance, sources, found.record())
