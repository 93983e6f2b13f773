"""The folder of a build: what is where in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audio_flan.dataset.record import Manifest, UnitRecord
from audio_flan.dataset.store import AT_ONCE, UNFINISHED, Store
from audio_flan.errors import BuildError

if TYPE_CHECKING:
    import pyarrow.parquet as pq


PART_KEY = b"audio_flan.part"
"""Key of a Parquet file's metadata that says which part of which unit it is."""

CARD = "README.md"
STATE = ".build"
"""Plan, records, rejects, statistics: never uploaded."""


@dataclass(frozen=True)
class Layout:
    """Names in a build's folder.

    Args:
        store: the folder: README.md, <config>/<split>-00000-of-00001.parquet, and .build/.
    """

    store: Store

    parts = f"{STATE}/parts"
    """Finished Parquet files that have no final name yet."""
    units = f"{STATE}/units"
    """The record, the rejects and the digests of the audio ids of each finished unit."""
    manifest = f"{STATE}/manifest.json"
    """Which units each config and split is made of, in order."""
    all_rejects = f"{STATE}/rejects.jsonl"
    statistics = f"{STATE}/stats.json"
    plan = f"{STATE}/plan.jsonl"

    def part(self, name: str) -> str:
        """A part that has no final name yet."""
        return f"{self.parts}/{name}.parquet"

    def record(self, unit: str) -> str:
        """The record of a finished unit."""
        return f"{self.units}/{unit}.json"

    def rejects(self, unit: str) -> str:
        """The rejects of a unit."""
        return f"{self.units}/{unit}.rejects.jsonl"

    def audio_ids(self, unit: str) -> str:
        """The digests of a unit's audio ids."""
        return f"{self.units}/{unit}.audio-ids"

    @staticmethod
    def final(config: str, split: str, index: int, count: int) -> str:
        """The final name of a Parquet file."""
        return f"{config}/{split}-{index:05d}-of-{count:05d}.parquet"

    def check_is_build(self) -> None:
        """Check that the folder is new, empty, or that of a build.

        Raises:
            BuildError: it holds something else, or is a file.
        """
        if self.store.exists() and not self.store.is_folder():
            raise BuildError(f"{self.store.url} is a file; give a new or empty folder")
        if self.store.list() and not self.store.is_folder(STATE):
            raise BuildError(
                f"{self.store.url} is not empty and holds no build; give a new or empty folder, or "
                "the folder of an earlier build"
            )

    def clear_unfinished(self) -> None:
        """Remove what killed processes left half-written; nothing else may write meanwhile."""
        for name in [*self.store.list(), *self.store.walk(STATE)]:
            if name.endswith(UNFINISHED):
                self.store.remove(name)

    def final_files(self) -> list[str]:
        """Names of the Parquet files that have their final names, sorted."""
        folders = [name for name in self.store.list() if not name.startswith(".")]
        return [
            f"{folder}/{name}"
            for folder in folders
            for name in self.store.list(folder)
            if name.endswith(".parquet")
        ]

    def find_parts(self) -> dict[str, str]:
        """Where each finished part is, by the name inside the file; final names do not matter."""
        waiting = [
            f"{self.parts}/{name}"
            for name in self.store.list(self.parts)
            if name.endswith(".parquet")
        ]
        # A unit that was rebuilt waits under the name of its old part: the new part counts.
        footers = read_footers(self.store, [*self.final_files(), *waiting])
        names = {path: (footer.metadata or {}).get(PART_KEY) for path, footer in footers.items()}
        return {name.decode(): path for path, name in names.items() if name}

    def read_manifest(self) -> dict[str, dict[str, list[str]]]:
        """The units by config and split; empty where nothing is finished yet."""
        if not self.store.exists(self.manifest):
            return {}
        manifest: dict[str, dict[str, list[str]]] = json.loads(self.store.read_text(self.manifest))
        return manifest

    def read_records(self, units: Iterable[str]) -> dict[str, UnitRecord]:
        """The records of those units that have one, and what belongs to it, by their keys."""
        there = {f"{self.units}/{name}" for name in self.store.list(self.units)}
        kinds = (self.record, self.rejects, self.audio_ids)
        keys = [key for key in dict.fromkeys(units) if {kind(key) for kind in kinds} <= there]
        texts = self.store.read_all(map(self.record, keys))
        return {key: UnitRecord.from_json(text) for key, text in zip(keys, texts, strict=True)}

    def write_record(self, unit: str, record: UnitRecord) -> None:
        """Write the record of a unit, which says that its files are there."""
        self.store.write_text(self.record(unit), f"{record.to_json()}\n")

    def records_of(self, manifest: Manifest) -> dict[str, UnitRecord]:
        """The records of the units of a manifest, in its order, by their keys.

        Raises:
            KeyError: one has none.
        """
        keys = [key for splits in manifest.values() for keys in splits.values() for key in keys]
        records = self.read_records(keys)
        return {key: records[key] for key in keys}


def read_footers(store: Store, files: Iterable[str]) -> dict[str, pq.FileMetaData]:
    """The footers of Parquet files, by their names.

    Args:
        store: the folder.
        files: their names in it.
    """
    import pyarrow.parquet as pq

    def read(name: str) -> Any:
        with store.open(name) as file:
            return pq.read_metadata(file)

    names = list(files)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(names, pool.map(read, names), strict=True))
