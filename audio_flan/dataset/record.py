"""The record of a finished unit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from audio_flan.generate.tally import Tally


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """What is recorded of a finished unit, as in `.build/units/<key>.json`.

    Args:
        config, corpus, split: what the unit was.
        parts: names of its Parquet parts.
        tally: the counts of `Tally`.
        version: the version of this library that made them.
        options: the build's options by name.
    """

    config: str
    corpus: str
    split: str
    parts: tuple[str, ...]
    tally: Tally
    version: str
    options: Mapping[str, Any]

    @staticmethod
    def plain(options: Mapping[str, Any]) -> dict[str, Any]:
        """Options as a record has them when it is read."""
        plain: dict[str, Any] = json.loads(json.dumps(options))
        return plain

    def to_json(self) -> str:
        """The record as a line of JSON."""
        tally = {field.name: getattr(self.tally, field.name) for field in fields(self.tally)}
        record = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps({**record, "tally": tally})

    @classmethod
    def from_json(cls, text: str | bytes) -> UnitRecord:
        """The inverse of `to_json`."""
        record: dict[str, Any] = json.loads(text)
        counts = record["tally"]
        by_name = {name: Counter(n) for name, n in counts.items() if isinstance(n, dict)}
        tally = Tally(**{**counts, **by_name})
        return cls(**{**record, "parts": tuple(record["parts"]), "tally": tally})


Manifest: TypeAlias = Mapping[str, Mapping[str, Sequence[str]]]
"""Keys of units by config and split, in the order of their rows."""


def by_split(manifest: Manifest, records: Mapping[str, UnitRecord]) -> Records:
    """Records as a manifest arranges them."""
    return {
        config: {split: [records[key] for key in keys] for split, keys in splits.items()}
        for config, splits in manifest.items()
    }


Records = Mapping[str, Mapping[str, Sequence[UnitRecord]]]
"""Records of the units by config and split."""
