"""Making rows without audio: metadata, drafts, templates, uuids, provenance, Arrow, Parquet.

`Generation.instances` with an audio stub, written by the engine's writer, against pyarrow alone:
`pa.Table.from_pylist` of the finished rows, and its `ParquetWriter`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from audio_flan.engine.parquet import ROW_GROUP_ROWS, write_parts
from audio_flan.schema import arrow_schema
from benchmarks.corpora_at_scale import many_utterances
from benchmarks.first_row import LARGE_CORPUS
from benchmarks.floor import (
    instances,
    leave_audio_out,
    load_pyarrow,
    open_bare_writer,
    open_corpus,
)
from benchmarks.measuring import CLOCKS, ROUNDS, Result, compare, rates, take_turns, timed

LEAST_OF_PYARROW = 0.3


def run(data: Path, scale: str) -> list[Result]:
    """Rows per second of the library and of pyarrow alone."""
    root = str(many_utterances(data, LARGE_CORPUS[scale]))
    contestants = {
        "ours": partial(rates, f"{__name__}:library", data, root=root),
        "pyarrow alone": partial(rates, f"{__name__}:pyarrow_alone", data, root=root),
    }
    runs = take_turns(contestants, ROUNDS)
    return [
        compare(
            f"rows without audio, by {clock} time",
            [turn[clock] for turn in runs["ours"]],
            ("pyarrow alone", [turn[clock] for turn in runs["pyarrow alone"]]),
            ",.0f rows/s",
            LEAST_OF_PYARROW if clock == "wall" else None,
        )
        for clock in CLOCKS
    ]


def library(root: str, out: str) -> dict[str, float]:
    """From metadata to Parquet by the library."""
    import pyarrow.parquet as pq

    leave_audio_out()
    corpus = open_corpus(root)

    def write() -> int:
        parts = write_parts(instances(corpus, "train"), Path(out), "text")
        return sum(pq.read_metadata(part).num_rows for part in parts)

    load_pyarrow()
    return timed(write)


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
