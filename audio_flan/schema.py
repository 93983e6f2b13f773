"""The row: one schema for all tasks, its Arrow and `datasets` forms, and the paper's JSONL.

The fields of the paper (arXiv 2502.16584, appendix A.3) stand as it has them; next to them are the
corpus, its licence, the seconds of audio, and three columns of audio.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b, sha1
from itertools import accumulate
from struct import pack, unpack
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from audio_flan.audio import EncodedAudio
from audio_flan.errors import AudioFlanError

if TYPE_CHECKING:
    import datasets
    import pyarrow as pa

START_OF_AUDIO, END_OF_AUDIO = "<|SOA|>", "<|EOA|>"
INPUT_AUDIO_COLUMNS = ("input_audio", "input_audio_2")
OUTPUT_AUDIO_COLUMNS = ("output_audio",)
AUDIO_COLUMNS = INPUT_AUDIO_COLUMNS + OUTPUT_AUDIO_COLUMNS

CLASSES = ("understanding", "generation")
"""The values of the paper's field U/G."""

UUID_NAMESPACE = UUID("2a5bb4d2-6f0e-5b0e-9a53-1c6d0c0f2502")
"""Namespace of the instances' uuids."""

NAMESPACE_HASH = sha1(UUID_NAMESPACE.bytes, usedforsecurity=False)
"""What every uuid's hash begins with."""

VARIANTS = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
"""A hexadecimal digit with its two upper bits set to the variant of RFC 9562."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What all instances of one task, corpus and split have in common.

    Args:
        config, major, minor, domain: place in the taxonomy.
        corpus, license: key and SPDX id of the corpus.
        source: the paper's field, where the audio comes from.
        split: "train", "validation" or "test".
        unseen: whether the task is held out of training.
    """

    config: str
    major: str
    minor: str
    domain: str
    corpus: str
    license: str
    source: tuple[str, ...]
    split: str
    unseen: bool = False


class Instance(NamedTuple):
    """One row before it becomes Arrow, Parquet or JSONL.

    Args:
        uuid, instruction, input, output: as in the paper.
        other: provenance as a JSON text.
        seconds: duration of all its audio.
        audio: (audio id, encoded audio) or None for each of `AUDIO_COLUMNS`.
        origin: the row's constant fields.
    """

    uuid: str
    instruction: str
    input: str
    output: str
    other: str
    seconds: float
    audio: tuple[tuple[str, EncodedAudio] | None, ...]
    origin: Origin

    @property
    def ug(self) -> str:
        """The paper's class: generation if the output is audio, else understanding."""
        return CLASSES[self.audio[-1] is not None]

    @property
    def audio_bytes(self) -> int:
        """Size of all audio of the row."""
        total = 0
        for cell in self.audio:
            if cell:
                total += len(cell[1].data)
        return total

    def row(self) -> dict[str, Any]:
        """The row as a dictionary, in the order of the schema."""
        texts = {
            "uuid": self.uuid,
            "instruction": self.instruction,
            "input": self.input,
            "output": self.output,
        }
        audio = zip(AUDIO_COLUMNS, map(_cell, self.audio), strict=True)
        return {
            **texts,
            **constant_fields(self.origin, self.ug),
            "other": self.other,
            "corpus": self.origin.corpus,
            "license": self.origin.license,
            # As the float32 of the column, so that all styles of loading give equal rows.
            "seconds": unpack("f", pack("f", self.seconds))[0],
            **dict(audio),
        }


def _cell(audio: tuple[str, EncodedAudio] | None) -> dict[str, object] | None:
    return audio and {"bytes": audio[1].data, "path": audio[0] + audio[1].extension}


def constant_fields(origin: Origin, ug: str) -> dict[str, Any]:
    """The paper's fields that all instances of an origin share."""
    return {
        "split": [origin.split],
        "task_type": {
            "major": [origin.major],
            "minor": [origin.minor],
            "U/G": [ug],
            "unseen": origin.unseen,
        },
        "domain": origin.domain,
        "source": list(origin.source),
    }


def instance_uuid(config: str, corpus: str, clips: Sequence[str], ordinal: int) -> str:
    """The name-based uuid (version 5, RFC 9562) of an instance.

    The same as `uuid.uuid5` in a quarter of its time, which counts at a hundred million rows.

    Args:
        config: config name of the task.
        corpus: key of the corpus.
        clips: ids of its clips, in the order of the draft.
        ordinal: its number among the instances of these clips, from 0.
    """
    hashed = NAMESPACE_HASH.copy()
    hashed.update("\x1f".join([config, corpus, *clips, str(ordinal)]).encode())
    hex = hashed.hexdigest()
    return f"{hex[:8]}-{hex[8:12]}-5{hex[13:16]}-{VARIANTS[hex[16]]}{hex[17:20]}-{hex[20:32]}"


to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""A value as compact JSON; one encoder for all rows, as making one costs more than using it."""


def audio_id(corpus: str, clip: str, role: str = "") -> str:
    """The id of one stretch of audio: 20 hexadecimal digits, then its role if it has one.

    Publishers' ids name speakers, scenes and emotions, and stand in the text next to the question:
    ours are a hash of corpus and clip, so that they give no answer away. `other` tells the source.

    Args:
        corpus: key of the corpus.
        clip: the publisher's id.
        role: which stretch of the clip, or which slot of which task computed it.
    """
    id = blake2b(f"{corpus}\x1f{clip}".encode(), digest_size=10).hexdigest()
    return f"{id}.{role}" if role else id


def marker(id: str) -> str:
    """How an audio stands in the text."""
    return f"{START_OF_AUDIO}{id}{END_OF_AUDIO}"


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
