"""Build of whole files: clips of 100 kB from disk into Parquet in memory, one process.

The engine (`audio_flan.build.build.build`, as the command line calls it) against

- a bare loop that reads the same files and writes the same rows, whose texts are rendered and
  whose constants are there beforehand: `pa.Table.from_pylist` and pyarrow's own `ParquetWriter`
  with page index, content-defined chunking and row groups of the same size in bytes;
- at full scale, the same loop with the settings of our files (audio without compression and
  dictionary), and the stock way of `datasets`: `download_and_prepare(file_format="parquet")` of our
  builder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from audio_flan.build.build import build
from audio_flan.build.choose import choose_tasks
from audio_flan.build.options import Options
from audio_flan.build.plan import make_plan
from audio_flan.corpora.find import find_corpora
from audio_flan.dataset.parquet import ROW_GROUP_BYTES, open_writer
from audio_flan.dataset.row import arrow_schema
from benchmarks.corpora_at_scale import CLIP_BYTES, many_clips
from benchmarks.floor import build_by_datasets, finished_rows, load_pyarrow, open_bare_writer
from benchmarks.held_memory import fastest, held_memory
from benchmarks.measuring import CLOCKS, ROUNDS, Result, compare, rates, take_turns, timed

CLIPS = 40_000
"""Fewer, and what a build does once, whatever its size, weighs more than it does at scale."""

LEAST_OF_FLOOR = 0.85
LEAST_OF_BUILDER = 1.0


def run(data: Path, scale: str) -> list[Result]:
    """Rows per second of each contestant; what they write is removed after each turn."""
    turn = partial(_turn, fastest(data, CLIPS * CLIP_BYTES), str(many_clips(data, CLIPS)))
    contestants = {"ours": partial(turn, "engine"), "bare loop": partial(turn, "bare_loop")}
    if scale == "full":
        contestants |= {
            "bare loop, our file settings": partial(turn, "bare_loop", our_settings=True),
            "datasets builder": partial(turn, "builder"),
        }
    take_turns({"ours": contestants["ours"]}, 1)
    runs = take_turns(contestants, ROUNDS)
    return _results(f"build of {CLIPS:,} clips of 100 kB", runs)


def _turn(place: Path, root: str, function: str, **arguments: object) -> dict[str, float]:
    with held_memory(place, CLIPS * CLIP_BYTES):
        return rates(f"{__name__}:{function}", place, root=root, **arguments)


def _results(what: str, runs: dict[str, list[dict[str, float]]]) -> list[Result]:
    """Ours against each of the others; the targets are for wall time."""
    targets = {
        ("bare loop", "wall"): LEAST_OF_FLOOR,
        ("datasets builder", "wall"): LEAST_OF_BUILDER,
    }
    ours = runs.pop("ours")
    return [
        compare(
            f"{what}, by {clock} time",
            [turn[clock] for turn in ours],
            (name, [turn[clock] for turn in turns]),
            ",.0f rows/s",
            targets.get((name, clock)),
        )
        for name, turns in runs.items()
        for clock in CLOCKS
    ]


def engine(root: str, out: str) -> dict[str, float]:
    """Plan and build, as `audio-flan build OUT --root ROOT --task speech_asr`."""

    def write() -> int:
        corpora = find_corpora(root)
        plan = make_plan(corpora, choose_tasks(["speech_asr"]), None, Options())
        records = build(f"{out}/dataset", corpora, plan) or []
        return sum(record.tally.made for record in records)

    load_pyarrow()
    return timed(write)


def bare_loop(root: str, out: str, our_settings: bool = False) -> dict[str, float]:
    """Read files, fill them into finished rows, write these; nothing else."""
    import pyarrow as pa

    rows = finished_rows(root)
    path, schema = Path(out) / "rows.parquet", arrow_schema()

    def write() -> int:
        with open_writer(path, {}) if our_settings else open_bare_writer(path) as writer:
            for group in _filled_groups(rows):
                writer.write_table(pa.Table.from_pylist(group, schema))
        return len(rows)

    load_pyarrow()
    return timed(write)


def _filled_groups(rows: Sequence[tuple[str, dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    """Rows with the bytes of their files, as many at a time as make a row group."""
    group: list[dict[str, Any]] = []
    size = 0
    for path, row in rows:
        with open(path, "rb") as file:  # noqa: PTH123 (the fastest way)
            data = file.read()
        group.append({**row, "input_audio": {**row["input_audio"], "bytes": data}})
        size += len(data)
        if size >= ROW_GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def builder(root: str, out: str) -> dict[str, float]:
    """The builder of `datasets`, by its own writer."""
    load_pyarrow()
    return timed(lambda: build_by_datasets(root, out))
