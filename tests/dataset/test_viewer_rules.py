"""What the Hub's dataset viewer asks of a dataset, held against every file of a build.

The limits are those of huggingface/dataset-viewer as of August 2026.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import soundfile
from building import build
from built_card import body, files_of, front_matter
from croissant import MAX_CONFIGS, croissant

from audio_flan.dataset.card import REPO_ID
from audio_flan.dataset.parquet import FILE_BYTES, ROW_GROUP_BYTES
from audio_flan.dataset.row import features
from audio_flan.model.instance import AUDIO_COLUMNS
from audio_flan.tasks import task_configs

MAX_SCAN_BYTES = 100_000_000
"""Row groups up to this size are shown whatever the scan needs (300 MB in all)."""
MAX_ROW_BYTES = 2_000_000
MAX_FILES_IN_FOLDER = 10_000
MAX_VIEWS, MAX_SPLITS = 4000, 30
MINUTES = 4
NATIVE = {".wav": b"RIFF", ".flac": b"fLaC", ".mp3": b"ID3"}
"""What the viewer plays as it is, and the first bytes of such a file."""

LABELS, LABEL_SHARE, FEW_LABELS = 1000, 0.2, 10
"""Texts that are no more different than this are counted as labels, not measured."""

# By task, so that the files of one serve all its tests.
every_task = pytest.mark.parametrize("config", task_configs(), scope="module")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, miniatures: Path) -> Path:
    """Recognition of recordings of 10 MB each."""
    root = tmp_path_factory.mktemp("large")
    folder = root / "LJSpeech-1.1"
    (folder / "wavs").mkdir(parents=True)
    (folder / "metadata.csv").write_bytes((miniatures / folder.name / "metadata.csv").read_bytes())
    for wav in (miniatures / folder.name / "wavs").glob("*.wav"):
        said, rate = soundfile.read(wav, dtype="int16")
        soundfile.write(folder / "wavs" / wav.name, np.resize(said, MINUTES * 60 * rate), rate)
    out = root / "built"
    assert build(out, root, "--task", "speech_asr") == 0
    return out


@lru_cache(maxsize=1)
def tables(folder: Path) -> dict[Path, pa.Table]:
    """The files of a task, by path."""
    return {file: pq.read_table(file) for file in sorted(folder.glob("*.parquet"))}


def cells(folder: Path) -> Iterator[dict[str, Any]]:
    """All audio cells of a task."""
    for table in tables(folder).values():
        for column in AUDIO_COLUMNS:
            yield from filter(None, table[column].to_pylist())


def test_names_are_legal_and_no_split_is_empty(whole_build: Path) -> None:
    configs = front_matter(whole_build)["configs"]
    assert len(configs) <= MAX_VIEWS
    for config in configs:
        name, splits = config["config_name"], files_of(whole_build, config["data_files"])
        assert isinstance(name, str) and not re.search(r'[<>:/\\|?*"]', name)
        assert not re.fullmatch(r"[\d.]+|yes|no|on|off|true|false|null|~", name)
        assert 0 < len(splits) <= MAX_SPLITS
        for split, files in splits.items():
            assert re.fullmatch(r"\w+(\.\w+)*", split)
            assert sum(pq.read_metadata(file).num_rows for file in files) > 0
            assert all(pq.read_metadata(file).num_rows > 0 for file in files)


def test_nothing_but_the_card_and_parquet_is_published(whole_build: Path) -> None:
    published = {p.relative_to(whole_build) for p in whole_build.rglob("*") if p.is_file()}
    published = {path for path in published if path.parts[0] != ".build"}
    assert {str(path) for path in published if path.suffix != ".parquet"} == {"README.md"}
    tasks = {path.parts[0] for path in published if path.suffix == ".parquet"}
    assert tasks == set(task_configs())
    assert all(len(list((whole_build / task).iterdir())) <= MAX_FILES_IN_FOLDER for task in tasks)


@every_task
def test_files_have_a_page_index_and_stored_audio(whole_build: Path, config: str) -> None:
    for file in tables(whole_build / config):
        footer = pq.read_metadata(file)
        assert file.stat().st_size <= FILE_BYTES + 2 * ROW_GROUP_BYTES
        for index in range(footer.num_row_groups):
            group = footer.row_group(index)
            assert group.total_byte_size <= MAX_SCAN_BYTES
            for column in map(group.column, range(group.num_columns)):
                assert column.has_offset_index
                is_audio = column.path_in_schema in {f"{name}.bytes" for name in AUDIO_COLUMNS}
                assert (column.compression == "UNCOMPRESSED") == is_audio


def test_row_groups_are_bounded_by_bytes(large: Path) -> None:
    groups = [
        footer.row_group(index).total_byte_size
        for file in large.glob("*/*.parquet")
        for footer in [pq.read_metadata(file)]
        for index in range(footer.num_row_groups)
    ]
    row = MINUTES * 60 * 22050 * 2
    assert max(groups) <= ROW_GROUP_BYTES + row + 100_000
    assert max(groups) > ROW_GROUP_BYTES and len(groups) > 3, "one of the splits needs two"


@every_task
def test_features_are_read_without_code_by_every_version(whole_build: Path, config: str) -> None:
    for table in tables(whole_build / config).values():
        stored = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        kinds = re.findall(r'"_type": "(\w+)"', json.dumps(stored))
        assert set(kinds) == {"Value", "Audio"}, "List and Sequence are not known everywhere"
        assert stored["split"] == [{"dtype": "string", "_type": "Value"}]
        assert datasets.Features.from_dict(stored) == features()
        assert table.schema.names == list(features())
        assert len(table.schema) <= 1000 and all(len(n) <= 500 for n in table.schema.names)


@every_task
def test_every_audio_cell_plays(whole_build: Path, config: str) -> None:
    count = 0
    for cell in cells(whole_build / config):
        with soundfile.SoundFile(io.BytesIO(cell["bytes"])) as sound:
            assert sound.frames > 0
            assert len(sound.read()) == sound.frames
        path = Path(cell["path"])
        assert path.name == cell["path"] and not re.search(r"[\\:]|\.\.", cell["path"])
        assert cell["bytes"].startswith(NATIVE[path.suffix])
        count += 1
    rows = sum(map(len, tables(whole_build / config).values()))
    assert count >= rows, "every row has audio"


@every_task
def test_rows_are_at_most_2_mb_or_the_card_says_why(whole_build: Path, config: str) -> None:
    sizes: list[int] = []
    for table in tables(whole_build / config).values():
        columns = [pc.struct_field(table[name], "bytes") for name in AUDIO_COLUMNS]
        lengths = [pc.fill_null(pc.binary_length(column), 0).to_pylist() for column in columns]
        sizes += map(sum, zip(*lengths, strict=True))
    large = sum(size > MAX_ROW_BYTES for size in sizes)
    limits = body(whole_build).split("## Limits")[1]
    told = re.findall(rf"^\| `{config}` \| ([\d,]+) of ([\d,]+) \| \w", limits, re.M)
    assert told == ([(f"{large:,}", f"{len(sizes):,}")] if large else [])


def test_large_rows_are_told_with_their_reason(large: Path) -> None:
    line = "| `speech_asr` | 12 of 12 | whole recordings as published (12) | 240.0 |"
    assert line in body(large)
    records = [json.loads(file.read_text()) for file in large.glob(".build/units/*.json")]
    counts = [record["tally"]["large"] for record in records]
    assert counts == [{"whole recordings as published": 4}] * 3


@every_task
def test_no_column_breaks_the_statistics(whole_build: Path, config: str) -> None:
    """A histogram from n to n + 1 fails, of whole numbers and of lengths of lists and texts."""
    files = tables(whole_build / config)
    for split in {file.name.split("-")[0] for file in files}:
        table = pa.concat_tables(t for f, t in files.items() if f.name.startswith(split))
        for field in table.schema:
            column = table[field.name].combine_chunks()
            assert not pa.types.is_integer(field.type)
            if pa.types.is_list(field.type):
                assert set(pc.list_value_length(column).to_pylist()) == {1}
            elif pa.types.is_string(field.type):
                assert not has_bad_lengths(column), f"{field.name} of {split}"


def has_bad_lengths(column: pa.Array) -> bool:
    different = len(column.unique())
    share = different / len(column)
    if different <= FEW_LABELS or (different <= LABELS and share <= LABEL_SHARE):
        return False
    lengths = pc.min_max(pc.utf8_length(column)).as_py()
    return bool(lengths["max"] == lengths["min"] + 1)


@pytest.fixture(scope="module")
def validate() -> Callable[[dict[str, Any]], list[str]]:
    """Validation by mlcroissant: raises on an error, and returns the warnings."""
    mlcroissant = pytest.importorskip("mlcroissant")
    logging.getLogger("absl").setLevel(logging.ERROR)

    def warnings(document: dict[str, Any]) -> list[str]:
        dataset = mlcroissant.Dataset(jsonld=document)
        assert not dataset.metadata.ctx.issues.errors
        assert len(dataset.metadata.record_sets) == len(document["recordSet"])
        found = sorted(dataset.metadata.ctx.issues.warnings)
        return [warning for warning in found if "is recommended" not in warning]

    return warnings


def test_the_croissant_of_the_hub_is_valid_but_for_its_second_split(
    whole_build: Path, validate: Callable[[dict[str, Any]], list[str]]
) -> None:
    card = front_matter(whole_build)
    document = croissant(card, REPO_ID)
    assert len(document["recordSet"]) == 2 * min(MAX_CONFIGS, len(card["configs"]))
    assert document["recordSet"][1]["@id"] == "all"
    assert validate(document) == ["`source` has cardinality `ONE`, but got a list"]
    assert "next to the paper's column `split`" in body(whole_build)
    card["dataset_info"] = card["dataset_info"][:3]
    for info in card["dataset_info"]:
        info["features"] = [f for f in info["features"] if f["name"] != "split"]
    assert validate(croissant(card, REPO_ID)) == []
