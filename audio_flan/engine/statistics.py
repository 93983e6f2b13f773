"""The figures of a finished build: `.build/stats.json`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import audio_flan
from audio_flan.corpora import corpus_class
from audio_flan.engine.layout import Layout
from audio_flan.engine.record import UnitRecord
from audio_flan.schema import AUDIO_COLUMNS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audio_flan.hub.figures import Records


class Place(NamedTuple):
    """What the figures are broken down by."""

    config: str
    corpus: str
    split: str
    license: str


def statistics(layout: Layout, records: Records) -> dict[str, Any]:
    """Instances, seconds of audio, distinct audios and rejects: of all, and by each of `Place`.

    Distinct audios are counted by 64-bit hashes of their ids, 8 bytes for each audio of a row.

    Args:
        layout: a build whose Parquet files have their final names.
        records: records of its units by config and split.
    """
    units: dict[Place, list[UnitRecord]] = defaultdict(list)
    audios: dict[Place, list[NDArray[np.uint64]]] = defaultdict(list)
    for unit, files in _files(records):
        place = Place(unit.config, unit.corpus, unit.split, corpus_class(unit.corpus).license)
        units[place].append(unit)
        audios[place] += (_audio_hashes(layout, file) for file in files)
    groups: dict[str, Any] = {"all": _figures(units, audios, list(units))}
    for dimension, values in zip(Place._fields, zip(*units, strict=True), strict=True):
        groups[f"by_{dimension}"] = {
            value: _figures(units, audios, [p for p in units if getattr(p, dimension) == value])
            for value in sorted(set(values))
        }
    return {"version": audio_flan.__version__, **groups}


def _files(records: Records) -> Iterator[tuple[UnitRecord, list[str]]]:
    """Each unit and the names of its files."""
    for config, splits in records.items():
        for split, units in splits.items():
            count, index = sum(len(unit.parts) for unit in units), 0
            for unit in units:
                stop = index + len(unit.parts)
                yield unit, [Layout.final(config, split, i, count) for i in range(index, stop)]
                index = stop


def _audio_hashes(layout: Layout, file: str) -> NDArray[np.uint64]:
    """Hashes of the ids of a file's audios, each once."""
    import numpy as np
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with layout.store.open(file) as source:
        table = pq.ParquetFile(source).read([f"{column}.path" for column in AUDIO_COLUMNS])
    paths = {
        path
        for column in AUDIO_COLUMNS
        for path in pc.struct_field(table[column], "path").unique().to_pylist()
        if path is not None
    }
    digests = b"".join(blake2b(path.encode(), digest_size=8).digest() for path in paths)
    return np.frombuffer(digests, np.uint64)


def _figures(
    units: dict[Place, list[UnitRecord]],
    audios: dict[Place, list[NDArray[np.uint64]]],
    places: Sequence[Place],
) -> dict[str, Any]:
    import numpy as np

    tallies = [unit.tally for place in places for unit in units[place]]
    hashes = [array for place in places for array in audios[place]]
    rejected = sum((tally.rejected for tally in tallies), Counter())
    return {
        "instances": sum(tally.made for tally in tallies),
        "seconds": round(sum(tally.seconds for tally in tallies), 3),
        "distinct_audios": len(np.unique(np.concatenate(hashes))) if hashes else 0,
        "rejects": dict(sorted(rejected.items())),
    }
