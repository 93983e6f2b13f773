"""Making rows without audio: metadata, drafts, templates, uuids, provenance, Arrow, Parquet.

`Generation.instances` with an audio stub, written by the engine's writer, against pyarrow alone:
`pa.Table.from_pylist` of the finished rows, and its `ParquetWriter`.
"""

from __future__ import annotations

import tempfile
import time
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
from benchmarks.measuring import ROUNDS, Result, compare, fresh, settle, take_turns

LEAST_OF_PYARROW = 0.3


def run(data: Path, scale: str) -> list[Result]:
    """Instances per second of the library and of pyarrow alone."""
    root = many_utterances(data, LARGE_CORPUS[scale])
    contestants = {
        "ours": partial(_rate, "benchmarks.text_only:library", root, data),
        "pyarrow alone": partial(_rate, "benchmarks.text_only:pyarrow_alone", root, data),
    }
    runs = take_turns(contestants, ROUNDS)
    peer = ("pyarrow alone", runs["pyarrow alone"])
    return [compare("rows without audio", runs["ours"], peer, ",.0f rows/s", LEAST_OF_PYARROW)]


def _rate(function: str, root: Path, data: Path) -> float:
    with tempfile.TemporaryDirectory(dir=data, prefix="output-") as out:
        done = fresh(function, root=str(root), out=out)
    rate: float = done["rows"] / done["seconds"]
    return rate


def library(root: str, out: str) -> dict[str, float]:
    """From metadata to Parquet by the library."""
    import pyarrow.parquet as pq

    load_pyarrow()
    leave_audio_out()
    corpus = open_corpus(root)
    settle()
    started = time.perf_counter()
    parts = write_parts(instances(corpus, "train"), Path(out), "text")
    seconds = time.perf_counter() - started
    return {"rows": sum(pq.read_metadata(part).num_rows for part in parts), "seconds": seconds}


def pyarrow_alone(root: str, out: str) -> dict[str, float]:
    """From finished dictionaries to Parquet by pyarrow."""
    import pyarrow as pa

    load_pyarrow()
    leave_audio_out()
    rows = [instance.row() for instance in instances(open_corpus(root), "train")]
    schema = arrow_schema()
    settle()
    started = time.perf_counter()
    with open_bare_writer(Path(out) / "text.parquet") as writer:
        for start in range(0, len(rows), ROW_GROUP_ROWS):
            writer.write_table(pa.Table.from_pylist(rows[start : start + ROW_GROUP_ROWS], schema))
    return {"rows": len(rows), "seconds": time.perf_counter() - started}
