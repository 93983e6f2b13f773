"""The paper's JSONL: a row as a line and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from audio_flan.dataset.row import feature_tree
from audio_flan.errors import AudioFlanError
from audio_flan.model.instance import AUDIO_COLUMNS, to_json

JSONL_FIELDS = (
    "instruction",
    "input",
    "output",
    "uuid",
    "split",
    "task_type",
    "domain",
    "source",
    "other",
)
"""The fields of a line, in the order of appendix A.3."""


OWN_FIELDS = ("corpus", "license", "seconds")
"""Fields that are ours; a line keeps them inside `other`."""


def to_jsonl(row: Mapping[str, Any]) -> str:
    """A row as a line of the paper's JSONL, without its audio and without a line end.

    Args:
        row: as `Instance.row` or a dataset gives it.
    """
    other = None if row["other"] is None else json.loads(row["other"])
    own = {name: row[name] for name in OWN_FIELDS if row[name] is not None}
    if own:
        other = {**(other or {}), **own}
    line = {name: row[name] for name in JSONL_FIELDS} | {"other": other}
    return json.dumps(line, ensure_ascii=False)


def from_jsonl(line: str) -> dict[str, Any]:
    """A line of the paper's JSONL as a row; its audio columns are null.

    Raises:
        AudioFlanError: the line is not JSON, lacks a field, or has one of another type.
    """
    try:
        fields = json.loads(line)
    except json.JSONDecodeError as error:
        raise AudioFlanError(f"not a line of JSON ({error}): {line[:80]!r}") from None
    _check_fields(fields, line)
    other = fields["other"]
    own = dict.fromkeys(OWN_FIELDS)
    if isinstance(other, dict) and any(name in other for name in OWN_FIELDS):
        own = {name: other.pop(name, None) for name in OWN_FIELDS}
        other = other or None
    text = None if other is None else to_json(other)
    ordered = {name: fields[name] for name in feature_tree() if name in JSONL_FIELDS}
    return {**ordered, "other": text, **own, **dict.fromkeys(AUDIO_COLUMNS)}


def _check_fields(fields: Any, line: str) -> None:
    """Check names and types of the fields of a line."""
    missing = set(JSONL_FIELDS) - set(fields) if isinstance(fields, dict) else set(JSONL_FIELDS)
    if missing:
        raise AudioFlanError(f"a line needs the fields {', '.join(sorted(missing))}: {line[:80]!r}")
    for name, tree in feature_tree().items():
        if name in JSONL_FIELDS and name != "other" and not _fits(fields[name], tree):
            raise AudioFlanError(f"field {name} has another form: {fields[name]!r}: {line[:80]!r}")


def _fits(value: object, tree: Any) -> bool:
    """Whether a JSON value has the form of a feature."""
    if isinstance(tree, list):
        return isinstance(value, list) and all(_fits(item, tree[0]) for item in value)
    if "_type" not in tree:
        names = isinstance(value, dict) and set(value) == set(tree)
        return names and all(_fits(value[key], tree[key]) for key in tree)  # type: ignore[index]
    return isinstance(value, bool if tree["dtype"] == "bool" else str)
