"""The card of a dataset: the counts that it states, compared with the files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from audio_flan.check.files import DataFile, config_of
from audio_flan.dataset.layout import CARD
from audio_flan.dataset.rights import read_note
from audio_flan.dataset.store import Store


@dataclass(frozen=True, slots=True)
class Contents:
    """What the footer of a file says.

    Args:
        file: the file.
        rows: number of its rows.
        size: bytes of the file.
    """

    file: DataFile
    rows: int
    size: int


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says of the dataset.

    Args:
        patterns: patterns of the files by config and split.
        rows: number of rows by config and split.
        sizes: bytes of all files by config.
        withheld: keys of the corpora whose audio is not there.
        withheld_rows: number of the rows without it.
        fault: why it cannot be read; empty where it can.
    """

    patterns: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()
    withheld_rows: int = 0
    fault: str = ""

    @classmethod
    def read(cls, store: Store) -> Card:
        """The card of a dataset; one with a fault where there is none that can be read."""
        import yaml

        if not store.exists(CARD):
            return cls(fault="missing")
        try:
            _, metadata, body = store.read_text(CARD).split("---\n", 2)
            # The parser in C, where PyYAML has it, takes a tenth of the time.
            tree = yaml.load(metadata, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            return cls(*_metadata(tree), *read_note(body))
        except (ValueError, KeyError, TypeError, yaml.YAMLError) as error:
            return cls(fault=f"cannot be read: {error!r:.200}")

    def faults(
        self, files: Sequence[Contents], broken: Set[str], withheld_rows: int
    ) -> Iterator[str]:
        """Where the card and the files disagree.

        Args:
            files: the files that could be read.
            broken: configs with files that could not be read; they are not compared.
            withheld_rows: number of rows without audio.
        """
        if self.fault:
            yield self.fault
            return
        folders: dict[str, list[Contents]] = defaultdict(list)
        for contents in files:
            folders[contents.file.config].append(contents)
        yield from (f"no config {config}" for config in sorted(folders.keys() - self.patterns))
        for config, splits in self.patterns.items():
            paths = [pattern for patterns in splits.values() for pattern in patterns]
            if broken.isdisjoint(config_of(path) for path in paths):
                yield from self._faults_of(config, folders)
        if withheld_rows != self.withheld_rows and not broken:
            yield f"{self.withheld_rows:,} rows without audio; the files hold {withheld_rows:,}"

    def _faults_of(self, config: str, folders: Mapping[str, Sequence[Contents]]) -> Iterator[str]:
        size = 0
        for split, patterns in self.patterns[config].items():
            rows = 0
            for pattern in patterns:
                there = folders.get(config_of(pattern), ())
                found = [contents for contents in there if fnmatchcase(contents.file.name, pattern)]
                rows += sum(contents.rows for contents in found)
                size += sum(contents.size for contents in found)
                if not found:
                    yield f"{config}: no file {pattern}"
            if (told := self.rows[config].get(split)) != rows:
                yield f"{config}: {told} rows in {split}; the files hold {rows}"
        if self.sizes[config] != size:
            yield f"{config}: {self.sizes[config]} bytes of files; they are {size}"
        own = {contents.file.split for contents in folders.get(config, ())}
        yield from (f"{config}: no split {s}" for s in sorted(own - self.patterns[config].keys()))


def _metadata(
    tree: Any,
) -> tuple[dict[str, dict[str, list[str]]], dict[str, dict[str, int]], dict[str, int]]:
    """Patterns, rows and sizes out of the card's YAML; raises KeyError or TypeError."""
    info = {entry["config_name"]: entry for entry in tree["dataset_info"]}
    patterns = {
        config["config_name"]: {entry["split"]: entry["path"] for entry in config["data_files"]}
        for config in tree["configs"]
    }
    rows = {
        config: {split["name"]: split["num_examples"] for split in info[config]["splits"]}
        for config in patterns
    }
    return patterns, rows, {config: info[config]["download_size"] for config in patterns}
