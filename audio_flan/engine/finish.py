"""The folder of a build: where things are, and how finished parts get their final names."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audio_flan.engine.parquet import PART_KEY
from audio_flan.engine.plan import Unit
from audio_flan.engine.record import UnitRecord
from audio_flan.errors import BuildError
from audio_flan.hub.card import render_card


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths of a build folder.

    Args:
        out: the folder: README.md, <config>/<split>-00000-of-00001.parquet, and .build/.
    """

    out: Path

    @property
    def state(self) -> Path:
        """Plan, records, rejects: never uploaded."""
        return self.out / ".build"

    @property
    def parts(self) -> Path:
        """Finished Parquet files that have no final name yet."""
        return self.state / "parts"

    @property
    def manifest(self) -> Path:
        """Which units each config and split is made of, in order."""
        return self.state / "manifest.json"

    def record(self, unit: str) -> Path:
        """The record of a finished unit."""
        return self.state / "units" / f"{unit}.json"

    def rejects(self, unit: str) -> Path:
        """The rejects of a unit."""
        return self.state / "units" / f"{unit}.rejects.jsonl"

    def prepare(self) -> None:
        """Make the folders; clear what a killed build left half-written.

        Raises:
            BuildError: the folder holds something that is no build, or is a file.
        """
        if self.out.exists() and not self.out.is_dir():
            raise BuildError(f"{self.out} is a file; give a new or empty folder")
        if self.out.exists() and not self.state.exists() and any(self.out.iterdir()):
            raise BuildError(
                f"{self.out} is not empty and holds no build; give a new or empty folder, or that "
                "of an earlier build"
            )
        self.parts.mkdir(parents=True, exist_ok=True)
        (self.state / "units").mkdir(exist_ok=True)
        for leftover in self.state.rglob("*.unfinished"):
            leftover.unlink()

    def find_parts(self) -> dict[str, Path]:
        """Where each finished part is, by the name inside the file; final names do not matter."""
        import pyarrow.parquet as pq

        found = {}
        for path in (*self.parts.glob("*.parquet"), *self.out.glob("*/*.parquet")):
            metadata = pq.read_metadata(path).metadata
            if PART_KEY in metadata:
                found[metadata[PART_KEY].decode()] = path
        return found

    @staticmethod
    def write(path: Path, text: str) -> None:
        """Write a text file so that it is there whole or not at all."""
        unfinished = path.with_name(f"{path.name}.unfinished")
        try:
            unfinished.write_text(text, encoding="utf-8")
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)


def finish(layout: Layout, units: Sequence[Unit], records: Sequence[UnitRecord]) -> None:
    """Give all parts their final names, and write rejects, manifest and card.

    Configs and splits that this build did not touch stay as they are.

    Args:
        layout: the build's folder.
        units: the plan.
        records: the record of each unit, in the same order.
    """
    made: dict[tuple[str, str], list[str]] = defaultdict(list)
    for unit, record in zip(units, records, strict=True):
        made[unit.config, unit.split] += record.parts
    parts = layout.find_parts()
    for (config, split), names in made.items():
        _place(layout, parts, config, split, names)
    manifest = _merge_manifest(layout, units)
    Layout.write(layout.manifest, json.dumps(manifest, indent=1) + "\n")
    keys = [key for splits in manifest.values() for keys in splits.values() for key in keys]
    rejects = "".join(layout.rejects(key).read_text(encoding="utf-8") for key in keys)
    Layout.write(layout.state / "rejects.jsonl", rejects)
    _prune(layout, set(keys))
    records_of = {
        config: {
            split: [UnitRecord.read(layout.record(key)) for key in keys]
            for split, keys in splits.items()
        }
        for config, splits in manifest.items()
    }
    Layout.write(layout.out / "README.md", render_card(layout.out, records_of))


def _prune(layout: Layout, keys: set[str]) -> None:
    """Remove what earlier plans left behind."""
    for path in (layout.state / "units").iterdir():
        if path.name.split(".")[0] not in keys:
            path.unlink()
    for path in layout.parts.iterdir():
        path.unlink()


def _place(
    layout: Layout, parts: dict[str, Path], config: str, split: str, names: Sequence[str]
) -> None:
    """Rename a split's parts to their final names; safe to be killed at any point."""
    folder = layout.out / config
    targets = {
        name: folder / f"{split}-{index:05d}-of-{len(names):05d}.parquet"
        for index, name in enumerate(names)
    }
    holders = {path: name for name, path in parts.items()}
    for path in folder.glob(f"{split}-*.parquet"):
        name = holders.get(path)
        if name not in targets:
            path.unlink()
        elif path != targets[name]:
            # Out of the way first: its name may be another part's.
            parts[name] = path.replace(layout.parts / f"{name}.parquet")
    for name, target in targets.items():
        if parts[name] != target:
            folder.mkdir(exist_ok=True)
            parts[name] = parts[name].replace(target)
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()


def _merge_manifest(layout: Layout, units: Sequence[Unit]) -> dict[str, dict[str, list[str]]]:
    """The units of every config and split in the folder, this build's put in place."""
    manifest: dict[str, dict[str, list[str]]] = {}
    if layout.manifest.exists():
        manifest = json.loads(layout.manifest.read_text())
    for unit in units:
        manifest.setdefault(unit.config, {})[unit.split] = []
    for unit in units:
        manifest[unit.config][unit.split].append(unit.key)
    return {config: manifest[config] for config in sorted(manifest)}
