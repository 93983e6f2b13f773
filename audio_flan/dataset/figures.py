"""The figures of a built dataset: what each config of the card holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

from audio_flan.corpora import corpus_class
from audio_flan.dataset.layout import read_footers
from audio_flan.dataset.record import Records, UnitRecord
from audio_flan.dataset.store import Store
from audio_flan.model.splits import SPLITS
from audio_flan.model.taxonomy import DOMAINS, load_taxonomy, minor_task, minor_tasks

if TYPE_CHECKING:
    import pyarrow.parquet as pq


EVERYTHING = "all"
"""The view of all tasks, which `datasets` loads where no config is named."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of a split.

    Args:
        instances: number of rows.
        seconds: duration of their audio.
        longest: duration of the audio of the longest row, seconds.
        bytes: size of the decoded columns.
        disk_bytes: size of the files.
    """

    instances: int
    seconds: float
    longest: float
    bytes: int
    disk_bytes: int

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.instances + other.instances,
            self.seconds + other.seconds,
            max(self.longest, other.longest),
            self.bytes + other.bytes,
            self.disk_bytes + other.disk_bytes,
        )


@dataclass(frozen=True, slots=True)
class View:
    """A config of the card: one task, or several without storing anything again.

    Args:
        name: config name.
        configs: the tasks in it.
        splits: figures by split.
    """

    name: str
    configs: tuple[str, ...]
    splits: Mapping[str, Figures]

    @property
    def total(self) -> Figures:
        """Figures of all splits."""
        return reduce(add, self.splits.values())


def task_views(store: Store, records: Records) -> list[View]:
    """The views of single tasks that have any rows, in the order of the taxonomy.

    Args:
        store: folder of the dataset.
        records: records of all the units that are in it.
    """
    views = []
    sizes = {
        name: size
        for config in records
        for name, size in store.sizes(config).items()
        if name.endswith(".parquet")
    }
    footers = read_footers(store, sizes)
    for config in filter(records.__contains__, minor_tasks()):
        by_split = records[config]
        splits = {
            split: _figures(
                {n: footers[n] for n in sizes if n.startswith(f"{config}/{split}-")},
                sizes,
                by_split[split],
            )
            for split in SPLITS
            if sum(unit.tally.made for unit in by_split.get(split, ()))
        }
        if splits:
            views.append(View(config, (config,), splits))
    return views


def _figures(
    files: Mapping[str, pq.FileMetaData], sizes: Mapping[str, int], units: Iterable[UnitRecord]
) -> Figures:
    groups = [f.row_group(i) for f in files.values() for i in range(f.num_row_groups)]
    return Figures(
        instances=sum(footer.num_rows for footer in files.values()),
        seconds=sum(unit.tally.seconds for unit in units),
        longest=max(map(_longest, groups)),
        bytes=sum(group.total_byte_size for group in groups),
        disk_bytes=sum(map(sizes.__getitem__, files)),
    )


def _longest(group: pq.RowGroupMetaData) -> float:
    """The largest value of the column `seconds`, from the statistics of a row group."""
    columns = (group.column(index) for index in range(group.num_columns))
    return float(next(c.statistics.max for c in columns if c.path_in_schema == "seconds"))


def group_views(tasks: Sequence[View]) -> list[View]:
    """The views over several tasks: all, each domain, each major task; none stores anything.

    A major task with the name of its only minor task needs no view of its own.

    Args:
        tasks: the views of single tasks.
    """
    minors = [minor_task(view.name) for view in tasks]
    members = {EVERYTHING: [minor.config for minor in minors]}
    for domain in DOMAINS:
        members[domain] = [minor.config for minor in minors if minor.domain == domain]
    for major in load_taxonomy():
        if major.slug not in minor_tasks():
            members[major.slug] = [m.config for m in minors if m.major == major.major]
    by_name = {view.name: view for view in tasks}
    return [
        _view(name, [by_name[config] for config in configs])
        for name, configs in members.items()
        if configs
    ]


def _view(name: str, parts: Sequence[View]) -> View:
    splits = {
        split: reduce(add, figures)
        for split in SPLITS
        if (figures := [part.splits[split] for part in parts if split in part.splits])
    }
    return View(name, tuple(part.name for part in parts), splits)


def made_units(records: Records) -> list[UnitRecord]:
    """The records of the units that made at least one instance."""
    units = (unit for by_split in records.values() for same in by_split.values() for unit in same)
    return [unit for unit in units if unit.tally.made]


def large_rows(units: Iterable[UnitRecord]) -> Counter[str]:
    """How many rows hold more than 2 MB of audio, by what their audio is."""
    return sum((unit.tally.large for unit in units), Counter())


def mixed_in(units: Iterable[UnitRecord]) -> Counter[str]:
    """How many instances have auxiliary audio in them, by the key of its corpus."""
    return sum((unit.tally.mixed_in for unit in units), Counter())


def languages(units: Iterable[UnitRecord]) -> set[str]:
    """BCP 47 codes of what is spoken, by the clips; if they do not say, all of their corpus."""
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for unit in units:
        told[unit.corpus] += unit.tally.languages
    return {code for key, found in told.items() for code in found or corpus_class(key).languages}


def builds(units: Iterable[UnitRecord]) -> list[dict[str, Any]]:
    """The versions and options that the rows were made with, each once."""
    found: list[dict[str, Any]] = []
    for unit in units:
        made = {"version": unit.version, **unit.options}
        if made not in found:
            found.append(made)
    return found
