"""The check of a dataset: reads it file by file and applies all rules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

from audio_flan.check.across import Across, Conflict
from audio_flan.check.card import Card, Contents
from audio_flan.check.files import (
    FILE_RULES,
    NAME_RULES,
    DataFile,
    config_of,
    data_files,
    list_files,
    opened,
)
from audio_flan.check.findings import SHOWN, Findings
from audio_flan.check.row_rules import null_values, row_faults
from audio_flan.check.rows import Row
from audio_flan.check.sounds import Listener
from audio_flan.dataset.layout import CARD
from audio_flan.dataset.store import Store
from audio_flan.errors import BuildError
from audio_flan.model.randomness import Rng
from audio_flan.model.taxonomy import minor_tasks

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BATCH_ROWS = 64
"""Rows that are taken out of a row group at once."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a check has read and found.

    Args:
        findings: the faults.
        files, rows, audios: how much was read.
        decoded: how many of the audios were decoded; of the others the header was read.
        seconds: duration of the audio.
        withheld: rows without audio, for the sake of a licence, as the card says.
    """

    findings: Findings
    files: int
    rows: int
    audios: int
    decoded: int
    seconds: float
    withheld: int


def check(
    out: str,
    *,
    sample: int | None = None,
    on_start: Callable[[int], None] = lambda files: None,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> Report:
    """Check a built dataset, also one that was published and downloaded: `.build/` is not needed.

    Memory: what `Across` and `Listener` keep, and a row group at a time.

    Args:
        out: its folder, a local path or an fsspec URL.
        sample: decode the audio of only this number of rows of each file, always the same ones;
            None decodes all.
        on_start: called with the number of files before the first is read.
        on_progress: called with the number of rows of each file when it is read.

    Raises:
        BuildError: there is no dataset.
    """
    store = Store(out)
    try:
        names = list_files(store)
    except (ValueError, ImportError) as error:
        raise BuildError(f"cannot read {out}: {error}") from None
    if not any(name.endswith(".parquet") and config_of(name) in minor_tasks() for name in names):
        raise BuildError(f"{out} holds no built dataset; `audio-flan build {out} …` makes one")
    checking = _Checking(store, sample)
    checking.check_names(names)
    files = data_files(names)
    on_start(len(files))
    for _, group in groupby(files, key=lambda file: file.config):
        for file in group:
            on_progress(checking.read(file))
        checking.close_task()
    return checking.close()


def _values(parquet: pq.ParquetFile) -> Iterator[dict[str, Any]]:
    """The columns of each row."""
    # One row group at a time: otherwise pyarrow keeps those that have been read.
    for group in range(parquet.num_row_groups):
        for batch in parquet.iter_batches(BATCH_ROWS, row_groups=[group]):
            yield from batch.to_pylist()


class _Checking:
    """A check in progress."""

    def __init__(self, store: Store, sample: int | None) -> None:
        self._store, self._sample = store, sample
        self._card = Card.read(store)
        self._findings, self._across, self._listener = Findings(), Across(), Listener()
        self._files: list[Contents] = []
        self._starts: list[int] = []
        self._broken: set[str] = set()
        self._rows = self._audios = self._withheld = 0

    def check_names(self, names: list[str]) -> None:
        """Check the names of the files against their rules."""
        for kind, rule in NAME_RULES.items():
            for name, detail in rule(names):
                self._break(kind, name, detail)

    def _break(self, kind: str, name: str, detail: str) -> None:
        """Note a fault of a whole file; the card's counts of its config are then not checked."""
        self._findings.add(kind, name, detail)
        self._broken.add(config_of(name))

    def read(self, file: DataFile) -> int:
        """Read a file to its end; returns the number of its rows."""
        import pyarrow as pa

        start = self._rows
        try:
            with opened(self._store, file.name) as parquet:
                self._read(file, parquet)
        except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
            self._break("unreadable-file", file.name, " ".join(str(error).split())[:200])
        return self._rows - start

    def _read(self, file: DataFile, parquet: pq.ParquetFile) -> None:
        rows, start = parquet.metadata.num_rows, self._rows
        self._files.append(Contents(file, rows, self._store.size(file.name)))
        self._starts.append(start)
        faults = [(kind, detail) for kind, rule in FILE_RULES.items() for detail in rule(parquet)]
        for kind, detail in faults:
            self._break(kind, file.name, detail)
        if "schema" in dict(faults):
            return
        chosen = self._chosen(file, rows)
        for values in _values(parquet):
            row = Row(file, values, self._card.withheld)
            self._check_row(row, decode=self._rows - start in chosen)

    def _chosen(self, file: DataFile, rows: int) -> Collection[int]:
        """Numbers of the rows of a file whose audio is decoded."""
        if self._sample is None or self._sample >= rows:
            return range(rows)
        return frozenset(Rng("check", file.name).sample(range(rows), self._sample))

    def _check_row(self, row: Row, decode: bool) -> None:
        nulls = [("null-value", detail) for detail in null_values(row)]
        # The other rules cannot be applied to a row with nulls.
        for kind, detail in nulls or chain(row_faults(row), self._listener.faults(row, decode)):
            self._findings.add(kind, row.file.name, detail, row.uuid)
        if not nulls:
            self._across.add(row, self._rows)
            self._withheld += row.is_withheld
        self._rows += 1
        self._audios += len(row.cells)

    def close_task(self) -> None:
        """Report conflicts between rows of the task."""
        self._tell(self._across.close_task())

    def close(self) -> Report:
        """Report conflicts between rows of all tasks, and the faults of the card."""
        self._tell(self._across.close())
        for detail in self._card.faults(self._files, self._broken, self._withheld):
            self._findings.add("card", CARD, detail)
        return Report(
            findings=self._findings,
            files=len(self._files),
            rows=self._rows,
            audios=self._audios,
            decoded=self._listener.decoded,
            seconds=self._listener.seconds,
            withheld=self._withheld,
        )

    def _tell(self, conflicts: Iterator[Conflict]) -> None:
        """Add conflicts to the findings; only those that will be shown are looked up again."""
        for conflict in conflicts:
            if self._findings.counts[conflict.rule.kind] < SHOWN:
                first, second = self._row(conflict.first), self._row(conflict.second)
                detail = conflict.describe(first, second)
                self._findings.add(conflict.rule.kind, second.file.name, detail, second.uuid)
            else:
                self._findings.count(conflict.rule.kind, 1)

    def _row(self, number: int) -> Row:
        """A row that was read before."""
        index = bisect_right(self._starts, number) - 1
        file, inner = self._files[index].file, number - self._starts[index]
        with opened(self._store, file.name) as parquet:
            for group in range(parquet.num_row_groups):
                size = parquet.metadata.row_group(group).num_rows
                if inner < size:
                    values = parquet.read_row_group(group).slice(inner, 1).to_pylist()[0]
                    return Row(file, values, self._card.withheld)
                inner -= size
        raise AssertionError(f"{file.name} has changed")
