"""The row: one schema, the same in Arrow, Parquet, `datasets` and the paper's JSONL."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any
from uuid import RFC_4122, UUID, uuid5

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from generating import generate, open_corpora
from hypothesis import given
from hypothesis import strategies as st

from audio_flan.corpora import corpus_keys
from audio_flan.dataset.jsonl import from_jsonl, to_jsonl
from audio_flan.dataset.row import arrow_schema, features, to_table
from audio_flan.errors import AudioFlanError
from audio_flan.model.instance import (
    AUDIO_COLUMNS,
    UUID_NAMESPACE,
    Instance,
    audio_id,
    instance_uuid,
)

A3_FIELDS = [
    "instruction",
    "input",
    "output",
    "uuid",
    "split",
    "task_type",
    "domain",
    "source",
    "other",
]
"""The fields of a line in the order of appendix A.3 of the paper."""


@lru_cache(maxsize=2)
def instances(config: str, key: str, root: Path) -> tuple[Instance, ...]:
    """All instances of a task over the first split of a miniature corpus."""
    (split, *_) = open_corpora(root)[key].shards()
    return tuple(generate(root, config, key, split).instances)


def paper_line(**changes: Any) -> dict[str, Any]:
    """A line as appendix A.3 shows them."""
    task_type = {"major": ["Speech Recognition"], "minor": ["Automatic Speech Recognition"]}
    line = {
        "instruction": "Please transcribe the speech.",
        "input": "audio: <|SOA|>Speech_Audio<|EOA|>.",
        "output": 'She said: "yes"\nand left.',
        "uuid": "UUID",
        "split": ["train"],
        "task_type": {**task_type, "U/G": ["understanding"], "unseen": False},
        "domain": "speech",
        "source": ["unknown"],
        "other": None,
    }
    return {**line, **changes}


def without_audio(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **dict.fromkeys(AUDIO_COLUMNS)}


# ---- the paper's JSONL ----------------------------------------------------------------------


@pytest.mark.every_pair
def test_a_line_has_the_fields_of_the_paper_in_its_order(
    miniatures: Path, config: str, key: str
) -> None:
    for instance in instances(config, key, miniatures):
        line = to_jsonl(instance.row())
        assert "\n" not in line
        fields = json.loads(line)
        assert list(fields) == A3_FIELDS
        assert list(fields["task_type"]) == ["major", "minor", "U/G", "unseen"]


@pytest.mark.every_pair
def test_a_row_comes_back_from_its_line_but_for_the_audio(
    miniatures: Path, config: str, key: str
) -> None:
    for instance in instances(config, key, miniatures):
        row = instance.row()
        kept = json.dumps(without_audio(row))
        back = from_jsonl(to_jsonl(row))
        assert back == without_audio(row)
        assert list(back) == list(row)
        assert json.dumps(without_audio(row)) == kept


def test_a_row_read_by_datasets_gives_the_same_line(miniatures: Path) -> None:
    made = instances("speech_denoising", "ljspeech", miniatures)
    dataset = datasets.Dataset(to_table(made))
    for column in AUDIO_COLUMNS:
        dataset = dataset.cast_column(column, datasets.Audio(decode=False))
    assert [to_jsonl(row) for row in dataset] == [to_jsonl(i.row()) for i in made]


@pytest.mark.parametrize(
    "line",
    [
        paper_line(),
        paper_line(
            output="<|SOA|>Musi_Audio<|EOA|>",
            split=["test"],
            task_type={
                "major": ["Music Generation"],
                "minor": ["Text-guided Music Continuation"],
                "U/G": ["generation"],
                "unseen": True,
            },
            domain="music",
            source=["youtube", "studio"],
        ),
        paper_line(input="", other={"note": "naïve 引号", "nested": {"list": [1, 2.5, None]}}),
        paper_line(other={"seconds": 2.5, "corpus": "ljspeech", "license": "CC0-1.0"}),
    ],
    ids=["understanding", "generation", "other is an object", "other has our fields"],
)
def test_a_line_of_the_paper_comes_back_from_its_row(line: dict[str, Any]) -> None:
    row = from_jsonl(json.dumps(line))
    assert set(row) == set(features())
    assert json.loads(to_jsonl(row)) == line
    pa.Table.from_pylist([row], arrow_schema()).validate(full=True)


def test_text_is_written_as_it_is_not_escaped() -> None:
    row = from_jsonl(json.dumps(paper_line(output="早点儿回家 — café")))
    assert "早点儿回家 — café" in to_jsonl(row)


@pytest.mark.parametrize(
    "line", ["", "{", "null", "[]", '"text"', "5", '{"uuid": "x"}', "not json"]
)
def test_a_line_that_is_none_raises(line: str) -> None:
    with pytest.raises(AudioFlanError) as error:
        from_jsonl(line)
    assert repr(line[:80]) in str(error.value)


@pytest.mark.parametrize("field", A3_FIELDS)
def test_a_line_without_a_field_raises_and_names_it(field: str) -> None:
    line = paper_line()
    del line[field]
    with pytest.raises(AudioFlanError, match=f"needs the fields {field}:"):
        from_jsonl(json.dumps(line))


@pytest.mark.parametrize("other", ["[]", '"a note"', "5", "{}", '{"a": 1}', "null"])
def test_other_may_be_any_json_and_comes_back(other: str) -> None:
    line = json.dumps(paper_line() | {"other": json.loads(other)})
    assert json.loads(to_jsonl(from_jsonl(line))) == json.loads(line)


# ---- Arrow and datasets ---------------------------------------------------------------------


@pytest.mark.every_pair
def test_a_table_holds_exactly_the_rows(miniatures: Path, config: str, key: str) -> None:
    made = instances(config, key, miniatures)
    table = to_table(made)
    assert table.schema.equals(arrow_schema(), check_metadata=True)
    table.validate(full=True)
    assert table.to_pylist() == [instance.row() for instance in made]


def test_a_table_may_hold_understanding_and_generation(miniatures: Path) -> None:
    made = [*instances("speech_tts", "ljspeech", miniatures)]
    made[1] = made[1]._replace(audio=(None,) * len(AUDIO_COLUMNS))
    rows = to_table(made).to_pylist()
    assert rows == [instance.row() for instance in made]
    assert [row["task_type"]["U/G"] for row in rows][:3] == [
        ["generation"],
        ["understanding"],
        ["generation"],
    ]


def test_seconds_are_those_of_all_audio_as_float32(miniatures: Path) -> None:
    for instance in instances("speech_speaker_verification", "aishell3", miniatures):
        seconds = sum(cell[1].seconds for cell in instance.audio if cell)
        assert instance.seconds == pytest.approx(seconds, abs=1e-4)
        assert instance.row()["seconds"] == float(np.float32(seconds))


def test_features_survive_arrow_and_parquet(miniatures: Path, tmp_path: Path) -> None:
    assert datasets.Features.from_arrow_schema(arrow_schema()) == features()
    path = tmp_path / "rows.parquet"
    made = instances("speech_asr", "aishell3", miniatures)
    pq.write_table(to_table(made), path)
    loaded = datasets.Dataset.from_parquet(str(path), cache_dir=str(tmp_path / "cache"))
    assert loaded.features == features()
    assert loaded["uuid"] == [instance.uuid for instance in made]


def test_the_arrow_types_are_those_that_datasets_makes_of_the_features() -> None:
    assert features().arrow_schema.remove_metadata().equals(arrow_schema().remove_metadata())


def test_the_columns_of_the_paper_are_all_there() -> None:
    assert set(A3_FIELDS) <= set(features())
    assert [name for name, kind in features().items() if isinstance(kind, datasets.Audio)] == [
        "input_audio",
        "input_audio_2",
        "output_audio",
    ]


# ---- names ----------------------------------------------------------------------------------


def test_a_uuid_is_what_it_always_was() -> None:
    # Published rows bear these: they must never change.
    uuid = instance_uuid("speech_asr", "ljspeech", ["LJ001-0001"], 0)
    assert uuid == "393affeb-c418-554c-b2b3-c542373ca41c"


@given(st.text(min_size=1), st.lists(st.text(min_size=1), min_size=1), st.integers(0, 99))
def test_a_uuid_is_of_version_5(config: str, clips: list[str], ordinal: int) -> None:
    uuid = instance_uuid(config, "ljspeech", clips, ordinal)
    name = "\x1f".join([config, "ljspeech", *clips, str(ordinal)])
    assert uuid == str(uuid5(UUID_NAMESPACE, name))
    assert (UUID(uuid).version, UUID(uuid).variant) == (5, RFC_4122)


def test_every_part_of_an_instance_makes_another_uuid() -> None:
    parts = product(
        ("speech_asr", "speech_tts"), ("a", "b"), (["x"], ["x", "y"], ["y", "x"], ["xy"]), (0, 1)
    )
    uuids = [instance_uuid(*part) for part in parts]
    assert len(set(uuids)) == len(uuids) == 32


@given(st.lists(st.text(min_size=1), min_size=2, unique=True))
def test_audio_ids_are_plain_and_as_different_as_the_clips(clips: list[str]) -> None:
    ids = [audio_id("ljspeech", clip) for clip in clips]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", id) for id in ids)


def test_an_audio_id_tells_nothing_of_its_clip() -> None:
    # A publisher's id names the scene, the speaker, the emotion: the answer next to the question.
    id = audio_id("tau_urban_acoustic_scenes", "tram-lisbon-1006-40006-6-s4")
    assert re.fullmatch(r"[0-9a-f]{20}", id)
    assert (
        audio_id("tau_urban_acoustic_scenes", "tram-lisbon-1006-40006-6-s4", "0-1ms")
        == f"{id}.0-1ms"
    )


def test_no_corpus_can_take_the_audio_ids_of_another() -> None:
    ids = {audio_id(corpus, "1") for corpus in corpus_keys()}
    assert len(ids) == len(corpus_keys())
    assert audio_id("a", "b_c") != audio_id("a_b", "c")
