"""The end of a build: parts get their final names, and rejects, statistics and card are written."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from audio_flan.build.options import Plan, Unit
from audio_flan.dataset.card import render_card
from audio_flan.dataset.layout import CARD, Layout
from audio_flan.dataset.record import UnitRecord, by_split
from audio_flan.dataset.statistics import statistics
from audio_flan.errors import BuildError
from audio_flan.generate.tally import Tally


def finish(layout: Layout, plan: Plan) -> list[UnitRecord]:
    """Give all parts their final names, and write manifest, rejects, statistics and card.

    Configs and splits that were not requested stay unchanged.

    Args:
        layout: the build's folder.
        plan: what was to be done.

    Returns:
        The record of each unit.

    Raises:
        BuildError: some unit has not run, or a part of it is missing; or there is no row at all.
    """
    records = layout.read_records(unit.key for unit in plan.units)
    parts = layout.find_parts()
    made: dict[tuple[str, str], list[str]] = {asked: [] for asked in plan.asked}
    for unit in plan.units:
        made[unit.config, unit.split] += _parts(unit, records, parts)
    _name_parts(layout, parts, made)
    manifest = _merge_manifest(layout, plan)
    layout.store.write_text(layout.manifest, json.dumps(manifest, indent=1) + "\n")
    everything = layout.records_of(manifest)
    _gather_rejects(layout, everything)
    _prune(layout, everything.keys())
    figures = json.dumps(statistics(layout, everything), indent=1) + "\n"
    layout.store.write_text(layout.statistics, figures)
    _check_rows(layout, everything.values())
    layout.store.write_text(CARD, render_card(layout.store, by_split(manifest, everything)))
    return [records[unit.key] for unit in plan.units]


def _parts(
    unit: Unit, records: Mapping[str, UnitRecord], parts: Mapping[str, str]
) -> Sequence[str]:
    """The names of a unit's parts, none of which may be missing."""
    record = records.get(unit.key)
    if record is None or any(part not in parts for part in record.parts):
        what = f"{unit.config}, {unit.split} of {unit.corpus}"
        raise BuildError(f"the build is not complete ({what}); run the same command again")
    return record.parts


def _check_rows(layout: Layout, records: Iterable[UnitRecord]) -> None:
    """Refuse a dataset without rows, which has no card either."""
    tally = Tally()
    for record in records:
        tally.add(record.tally)
    if not tally.made:
        layout.store.remove(CARD)
        reasons = ", ".join(f"{reason} {n:,}" for reason, n in tally.rejected.most_common())
        raise BuildError(
            f"no instance could be made from {tally.read:,} clips ({reasons or 'no clips'}); "
            f"see {layout.store.url}/{layout.all_rejects}"
        )


def _gather_rejects(layout: Layout, records: Mapping[str, UnitRecord]) -> None:
    keys = [key for key, record in records.items() if record.tally.rejected.total()]
    with layout.store.new_file(layout.all_rejects) as path, path.open("wb") as file:
        file.writelines(layout.store.read_all(map(layout.rejects, keys)))


def _prune(layout: Layout, keys: Collection[str]) -> None:
    """Remove what earlier plans and killed processes left behind."""
    layout.clear_unfinished()
    for name in layout.store.list(layout.units):
        if name.split(".")[0] not in keys:
            layout.store.remove(f"{layout.units}/{name}")
    for name in layout.store.list(layout.parts):
        layout.store.remove(f"{layout.parts}/{name}")


def _name_parts(
    layout: Layout, parts: dict[str, str], made: Mapping[tuple[str, str], Sequence[str]]
) -> None:
    """Rename the parts of each split to their final names; safe to be killed at any point."""
    final: dict[str, str] = {}
    for (config, split), names in made.items():
        targets = {
            name: layout.final(config, split, index, len(names)) for index, name in enumerate(names)
        }
        _make_room(layout, parts, config, split, targets)
        final |= targets
    moves = {parts[name]: target for name, target in final.items() if parts[name] != target}
    layout.store.move_all(moves)


def _make_room(
    layout: Layout, parts: dict[str, str], config: str, split: str, targets: Mapping[str, str]
) -> None:
    """Remove files that belong to no split, and move parts with a wrong name out of the way."""
    holders = {path: name for name, path in parts.items()}
    present = [
        f"{config}/{file}"
        for file in layout.store.list(config)
        if file.startswith(f"{split}-") and file.endswith(".parquet")
    ]
    for path in present:
        name = holders.get(path, "")
        if name not in targets:
            layout.store.remove(path)
        elif path != targets[name]:
            # Out of the way first: another part may need its name.
            layout.store.move(path, layout.part(name))
            parts[name] = layout.part(name)


def _merge_manifest(layout: Layout, plan: Plan) -> dict[str, dict[str, list[str]]]:
    """The units of every config and split in the folder, this build's put in place."""
    manifest = layout.read_manifest()
    for config, split in plan.asked:
        manifest.setdefault(config, {})[split] = []
    for unit in plan.units:
        manifest[unit.config][unit.split].append(unit.key)
    there = {
        config: {split: keys for split, keys in splits.items() if keys}
        for config, splits in manifest.items()
    }
    return {config: there[config] for config in sorted(there) if there[config]}
