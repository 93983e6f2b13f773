"""The figures of a finished build: `.build/stats.json`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from audio_flan.corpora import corpus_class
from audio_flan.dataset.layout import Layout
from audio_flan.dataset.record import UnitRecord
from audio_flan.version import __version__

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Dimensions(NamedTuple):
    """What the figures are broken down by."""

    config: str
    corpus: str
    split: str
    license: str


def digests_of(ids: Iterable[str]) -> bytes:
    """64-bit digests of audio ids one after the other, in their own order.

    Args:
        ids: each once.
    """
    return b"".join(sorted(blake2b(id.encode(), digest_size=8).digest() for id in ids))


def statistics(layout: Layout, records: Mapping[str, UnitRecord]) -> dict[str, Any]:
    """Instances, seconds of audio, distinct audios and rejects: of all and by each of
    `Dimensions`.

    Distinct audios are counted by 64-bit digests of their ids, 8 bytes for each audio of a unit.

    Args:
        layout: a build.
        records: the records of its units by their keys.
    """
    units: dict[Dimensions, list[UnitRecord]] = defaultdict(list)
    audios: dict[Dimensions, list[NDArray[np.uint64]]] = defaultdict(list)
    for unit, digests in zip(records.values(), _digests(layout, records), strict=True):
        place = Dimensions(unit.config, unit.corpus, unit.split, corpus_class(unit.corpus).license)
        units[place].append(unit)
        audios[place].append(digests)
    groups: dict[str, Any] = {"all": _figures(units, audios, list(units))}
    for dimension, values in zip(Dimensions._fields, zip(*units, strict=True), strict=True):
        groups[f"by_{dimension}"] = {
            value: _figures(units, audios, [p for p in units if getattr(p, dimension) == value])
            for value in sorted(set(values))
        }
    return {"version": __version__, **groups}


def _digests(layout: Layout, units: Iterable[str]) -> Iterator[NDArray[np.uint64]]:
    """The digests of the audio ids of each unit."""
    import numpy as np

    for data in layout.store.read_all(map(layout.audio_ids, units)):
        yield np.frombuffer(data, np.uint64)


def _figures(
    units: dict[Dimensions, list[UnitRecord]],
    audios: dict[Dimensions, list[NDArray[np.uint64]]],
    groups: Sequence[Dimensions],
) -> dict[str, Any]:
    import numpy as np

    tallies = [unit.tally for place in groups for unit in units[place]]
    hashes = [array for place in groups for array in audios[place]]
    rejected = sum((tally.rejected for tally in tallies), Counter())
    return {
        "instances": sum(tally.made for tally in tallies),
        "seconds": round(sum(tally.seconds for tally in tallies), 3),
        "distinct_audios": len(np.unique(np.concatenate(hashes))) if hashes else 0,
        "rejects": dict(sorted(rejected.items())),
    }
