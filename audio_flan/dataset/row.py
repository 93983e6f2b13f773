"""The row: one schema for all tasks, its Arrow and `datasets` forms, and the paper's JSONL.

The fields of the paper (arXiv 2502.16584, appendix A.3) stand as it has them; next to them are the
corpus, its licence, the seconds of audio, and three columns of audio.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from audio_flan.media.audio import EncodedAudio
from audio_flan.model.instance import (
    AUDIO_COLUMNS,
    CLASSES,
    OUTPUT_AUDIO_COLUMNS,
    Instance,
    Origin,
    constant_fields,
)

if TYPE_CHECKING:
    import datasets
    import pyarrow as pa


def feature_tree() -> dict[str, Any]:
    """The features as JSON, lists in the one-element form that `datasets` 3.6 to 5.x all read."""
    text = {"dtype": "string", "_type": "Value"}
    task_type = {
        "major": [text],
        "minor": [text],
        "U/G": [text],
        "unseen": {"dtype": "bool", "_type": "Value"},
    }
    return {
        "uuid": text,
        "instruction": text,
        "input": text,
        "output": text,
        "split": [text],
        "task_type": task_type,
        "domain": text,
        "source": [text],
        "other": text,
        "corpus": text,
        "license": text,
        "seconds": {"dtype": "float32", "_type": "Value"},
        **{column: {"_type": "Audio"} for column in AUDIO_COLUMNS},
    }


def features() -> datasets.Features:
    """The features of a row, with plain `Audio` columns."""
    from datasets import Features

    return Features.from_dict(feature_tree())


@cache
def arrow_schema() -> pa.Schema:
    """The Arrow schema of a row, which carries the features for `datasets`."""
    import pyarrow as pa

    text, texts = pa.string(), pa.list_(pa.string())
    task_type = pa.struct(
        [("major", texts), ("minor", texts), ("U/G", texts), ("unseen", pa.bool_())]
    )
    special = {
        "split": texts,
        "task_type": task_type,
        "source": texts,
        "seconds": pa.float32(),
        **{c: pa.struct([("bytes", pa.binary()), ("path", text)]) for c in AUDIO_COLUMNS},
    }
    tree = feature_tree()
    metadata = {"huggingface": json.dumps({"info": {"features": tree}})}
    return pa.schema([(name, special.get(name, text)) for name in tree], metadata)


def to_table(instances: Sequence[Instance]) -> pa.Table:
    """The Arrow table of instances that all have the same origin.

    Args:
        instances: at least one.
    """
    import pyarrow as pa

    schema = arrow_schema()
    columns = dict(zip(Instance._fields, zip(*instances, strict=True), strict=True))
    audio = dict(zip(AUDIO_COLUMNS, zip(*columns["audio"], strict=True), strict=True))
    answers = audio[OUTPUT_AUDIO_COLUMNS[0]]
    arrays = _constant_arrays(instances[0].origin, [answer is not None for answer in answers])
    for name in schema.names:
        type = schema.field(name).type
        if name in audio:
            arrays[name] = _audio_array(audio[name], type)
        elif name not in arrays:
            arrays[name] = pa.array(columns[name], type)
    return pa.table([arrays[name] for name in schema.names], schema=schema)


def _constant_arrays(origin: Origin, generates: Sequence[bool]) -> dict[str, pa.Array]:
    """The columns that an origin fixes: a row of each class, taken as often as there are rows."""
    import pyarrow as pa

    taken = _rows_of_classes(origin).take(pa.array(generates).cast(pa.int8()))
    return dict(zip(taken.schema.names, taken.columns, strict=True))


@lru_cache(maxsize=1)
def _rows_of_classes(origin: Origin) -> pa.RecordBatch:
    """The constant fields of an origin, a row for each class."""
    import pyarrow as pa

    own = {"corpus": origin.corpus, "license": origin.license}
    rows = [{**constant_fields(origin, ug), **own} for ug in CLASSES]
    fields = [field for field in arrow_schema() if field.name in rows[0]]
    return pa.RecordBatch.from_pylist(rows, pa.schema(fields))


def _audio_array(
    cells: Sequence[tuple[str, EncodedAudio] | None], type: pa.StructType
) -> pa.StructArray:
    import pyarrow as pa

    if not any(cells):
        return pa.nulls(len(cells), type)
    data = _binary_array([cell[1].data if cell else b"" for cell in cells])
    path = pa.array([cell[0] + cell[1].extension if cell else None for cell in cells])
    absent = pa.array([cell is None for cell in cells])
    return pa.StructArray.from_arrays([data, path], fields=list(type), mask=absent)


def _binary_array(values: Sequence[bytes]) -> pa.BinaryArray:
    """Bytes as an array, copied once: `pa.array` copies them again as its buffer grows."""
    import pyarrow as pa

    ends = list(accumulate(map(len, values), initial=0))
    data = pa.allocate_buffer(ends[-1])
    with pa.FixedSizeBufferWriter(data) as writer:
        for value in values:
            writer.write(value)
    _, offsets = pa.array(ends, pa.int32()).buffers()
    return pa.Array.from_buffers(pa.binary(), len(values), [None, offsets, data])


# ---- the paper's JSONL ----------------------------------------------------------------------
