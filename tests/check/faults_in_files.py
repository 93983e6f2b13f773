"""Faults of files and of the card."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from injections import gives
from small_dataset import change_card, files, write

# Files


@gives(unreadable_file=1)
def cut_off_file(out: Path) -> None:
    file = files(out, "speech_asr/test-*")[0]
    data = file.read_bytes()
    file.unlink()
    file.write_bytes(data[: len(data) // 2])


@gives(unreadable_file=1)
def overwritten_page(out: Path) -> None:
    file = files(out, "speech_asr/test-*")[0]
    footer = pq.read_metadata(file).row_group(0)
    place = next(
        footer.column(i)
        for i in range(footer.num_columns)
        if footer.column(i).path_in_schema == "other"
    )
    data = bytearray(file.read_bytes())
    start = place.dictionary_page_offset or place.data_page_offset
    data[start : start + place.total_compressed_size] = b"\xff" * place.total_compressed_size
    file.unlink()
    file.write_bytes(data)


@gives(missing_file=1)
def missing_file_of_a_sequence(out: Path) -> None:
    files(out, "speech_asr/train-*")[0].unlink()


@gives(missing_file=1)
def files_of_two_sequences(out: Path) -> None:
    file = files(out, "speech_asr/train-*")[-1]
    file.rename(file.with_name("train-00000-of-00001.parquet"))


@gives(file_name=1)
def split_of_another_name(out: Path) -> None:
    (file,) = files(out, "speech_declipping/test-*")
    file.rename(file.with_name(file.name.replace("test", "dev")))


@gives(unknown_config=1)
def task_that_is_none(out: Path) -> None:
    shutil.copytree(out / "speech_asr", out / "speech_reading")


@gives(script=1)
def script_beside_the_data(out: Path) -> None:
    (out / "audio-flan.py").write_text("import datasets\n")


@gives(empty_file=1)
def file_without_rows(out: Path) -> None:
    write(files(out, "speech_asr/test-*")[0], [])


@gives(schema=1)
def column_of_another_type(out: Path) -> None:
    file = files(out, "speech_asr/test-*")[0]
    table = pq.read_table(file)
    index = table.schema.get_field_index("seconds")
    replace(file, table.set_column(index, "seconds", table["seconds"].cast(pa.float64())))


@gives(schema=1, features=1)
def column_that_is_not_there(out: Path) -> None:
    file = files(out, "speech_asr/test-*")[0]
    replace(file, pq.read_table(file).drop_columns("license").replace_schema_metadata(None))


@gives(features=1)
def other_features(out: Path) -> None:
    file = files(out, "speech_asr/test-*")[0]
    table = pq.read_table(file)
    text = table.schema.metadata[b"huggingface"].replace(b'"Audio"', b'"Image"')
    replace(file, table.replace_schema_metadata({b"huggingface": text}))


def replace(file: Path, table: pa.Table) -> None:
    """Replace a file by one of a table of any schema."""
    file.unlink()
    pq.write_table(table, file)


# Card


@gives(card=1)
def wrong_count_in_the_card(out: Path) -> None:
    def by(card: dict[str, Any]) -> None:
        info = next(i for i in card["dataset_info"] if i["config_name"] == "speech_asr")
        info["splits"][0]["num_examples"] += 1

    change_card(out, by)


@gives(card=1)
def wrong_size_in_the_card(out: Path) -> None:
    def by(card: dict[str, Any]) -> None:
        card["dataset_info"][-1]["download_size"] += 1

    change_card(out, by)


@gives(card=2)
def pattern_of_no_file_in_the_card(out: Path) -> None:
    def by(card: dict[str, Any]) -> None:
        config = next(c for c in card["configs"] if c["config_name"] == "speech_asr")
        config["data_files"].append({"split": "dev", "path": ["speech_asr/dev-*"]})

    # Neither a file, nor a number of its rows.
    change_card(out, by)


@gives(card=1)
def config_that_the_card_leaves_out(out: Path) -> None:
    def by(card: dict[str, Any]) -> None:
        for name in ("configs", "dataset_info"):
            card[name] = [entry for entry in card[name] if entry["config_name"] != "speech_asr"]

    change_card(out, by)


@gives(card=1)
def no_card(out: Path) -> None:
    (out / "README.md").unlink()


@gives(card=1)
def card_without_metadata(out: Path) -> None:
    (out / "README.md").unlink()
    (out / "README.md").write_text("# Audio-FLAN\n")
