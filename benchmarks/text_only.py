"""Making rows without audio: metadata, drafts, templates, uuids, provenance, Arrow, Parquet.

`Generation.instances` with an audio stub, written by the engine's writer, against

- the stock way of `datasets`: `download_and_prepare(file_format="parquet")` of our builder, with
  the same stub;
- pyarrow alone: `pa.Table.from_pylist` of the finished rows, and its `ParquetWriter`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from audio_flan.dataset.layout import Layout
from audio_flan.dataset.parquet import ROW_GROUP_ROWS, write_parts
from audio_flan.dataset.row import arrow_schema
from audio_flan.dataset.store import Store
from benchmarks.corpora_at_scale import many_utterances
from benchmarks.floor import (
    build_by_datasets,
    instances,
    leave_audio_out,
    load_pyarrow,
    open_bare_writer,
    open_corpus,
)
from benchmarks.measuring import CLOCKS, ROUNDS, Result, compare, rates, take_turns, timed

UTTERANCES = {"small": 50_000, "full": 100_000}

LEAST_RATE = 50_000
"""Rows per second, on one core."""

LEAST_OF_BUILDER = 3.0


def run(data: Path, scale: str) -> list[Result]:
    """Rows per second of each contestant; the targets are for wall time."""
    root = str(many_utterances(data, UTTERANCES[scale]))
    contestants = {
        "ours": partial(rates, f"{__name__}:library", data, root=root),
        "datasets builder": partial(rates, f"{__name__}:builder", data, root=root),
        "pyarrow alone": partial(rates, f"{__name__}:pyarrow_alone", data, root=root),
    }
    runs = take_turns(contestants, ROUNDS)
    ours = runs.pop("ours")
    return [
        _result(name, clock, [turn[clock] for turn in ours], [turn[clock] for turn in turns])
        for name, turns in runs.items()
        for clock in CLOCKS
    ]


def _result(name: str, clock: str, ours: list[float], peer: list[float]) -> Result:
    is_target = (name, clock) == ("datasets builder", "wall")
    result = compare(
        f"rows without audio, by {clock} time",
        ours,
        (name, peer),
        ",.0f rows/s",
        LEAST_OF_BUILDER if is_target else None,
    )
    if not is_target:
        return result
    target = f"{result.target}, ours ≥ {LEAST_RATE:,} rows/s"
    return replace(result, target=target, met=bool(result.met) and result.ours >= LEAST_RATE)


def library(root: str, out: str) -> dict[str, float]:
    """From metadata to Parquet by the library."""
    import pyarrow.parquet as pq

    leave_audio_out()
    corpus, layout = open_corpus(root), Layout(Store(out))

    def write() -> int:
        parts = write_parts(instances(corpus, "train"), layout, "text")
        return sum(pq.read_metadata(Path(out) / layout.part(part)).num_rows for part in parts)

    load_pyarrow()
    return timed(write)


def builder(root: str, out: str) -> dict[str, float]:
    """From metadata to Parquet by the builder of `datasets` and its own writer."""
    leave_audio_out()
    load_pyarrow()
    return timed(lambda: build_by_datasets(root, out, ["train"]))


def pyarrow_alone(root: str, out: str) -> dict[str, float]:
    """From finished dictionaries to Parquet by pyarrow."""
    import pyarrow as pa

    leave_audio_out()
    rows = [instance.row() for instance in instances(open_corpus(root), "train")]
    schema = arrow_schema()

    def write() -> int:
        with open_bare_writer(Path(out) / "text.parquet") as writer:
            for start in range(0, len(rows), ROW_GROUP_ROWS):
                group = rows[start : start + ROW_GROUP_ROWS]
                writer.write_table(pa.Table.from_pylist(group, schema))
        return len(rows)

    load_pyarrow()
    return timed(write)
