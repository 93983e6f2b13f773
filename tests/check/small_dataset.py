"""A small built dataset, and the means to put a fault into a copy of it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from audio_flan.cli.app import main
from audio_flan.dataset.parquet import open_writer
from audio_flan.dataset.row import arrow_schema
from audio_flan.model.instance import AUDIO_COLUMNS
from audio_flan.tasks import task_template
from audio_flan.wording.template import Variation

CORPORA = ("ljspeech", "fluent_speech_commands")
TASKS = (
    "speech_asr",
    "speech_tts",
    "speech_intent_classification",
    "speech_speaker_verification",
    "speech_declipping",
)

Rows = list[dict[str, Any]]


def run(*arguments: str | Path) -> int:
    """Run `audio-flan` in this process; its exit code."""
    with pytest.raises(SystemExit) as exit:
        main([str(argument) for argument in arguments])
    return exit.value.code or 0


def build(out: Path, miniatures: Path) -> Path:
    """A build of a few tasks from two corpora, one of which may not be published again."""
    options = [*(f"--corpus={key}" for key in CORPORA), *(f"--task={task}" for task in TASKS)]
    assert run("build", out, "--root", miniatures, *options) == 0
    return out


def copied(out: Path, to: Path) -> Path:
    """What is published of a build, by links; files are replaced in it, never written to."""
    return shutil.copytree(
        out, to, copy_function=os.link, ignore=shutil.ignore_patterns(".build"), dirs_exist_ok=True
    )


def files(out: Path, pattern: str = "*/*") -> list[Path]:
    """Its Parquet files."""
    return sorted(out.glob(f"{pattern}.parquet"))


def rows(file: Path) -> Rows:
    """The rows of a file."""
    return list(pq.read_table(file).to_pylist())


def write(file: Path, new: Rows) -> None:
    """Replace a file by one with other rows."""
    table = pa.Table.from_pylist(new, arrow_schema())
    unfinished = file.with_suffix(".unfinished")
    with open_writer(unfinished, {}) as writer:
        writer.write_table(table)
    unfinished.replace(file)


def change(out: Path, pattern: str, by: Callable[[dict[str, Any]], bool | None]) -> int:
    """Change rows of the files of a pattern, and the sizes in the card.

    Args:
        by: changes a row in its place; returns False to leave it, and try the next.

    Returns:
        The number of rows that were changed.
    """
    changed = 0
    for file in files(out, pattern):
        new = rows(file)
        count = sum(by(row) is not False for row in new)
        changed += count
        if count:
            write(file, new)
    settle(out)
    return changed


def change_one(out: Path, pattern: str, by: Callable[[dict[str, Any]], bool | None]) -> None:
    """Change the first row that lets itself be changed."""
    done = False

    def once(row: dict[str, Any]) -> bool:
        nonlocal done
        done, now = done or by(row) is not False, not done
        return now and done

    assert change(out, pattern, once) == 1


def settle(out: Path) -> None:
    """Write the sizes of the files into the card."""

    def resized(card: dict[str, Any]) -> None:
        paths = {
            config["config_name"]: [
                path for entry in config["data_files"] for path in entry["path"]
            ]
            for config in card["configs"]
        }
        for info in card["dataset_info"]:
            found = {file for path in paths[info["config_name"]] for file in out.glob(path)}
            info["download_size"] = sum(file.stat().st_size for file in found)

    change_card(out, resized)


def change_card(out: Path, by: Callable[[dict[str, Any]], None]) -> None:
    """Change the YAML of the card."""
    card = out / "README.md"
    _, text, body = card.read_text(encoding="utf-8").split("---\n", 2)
    tree = yaml.load(text, yaml.CSafeLoader)
    by(tree)
    card.unlink()
    dumped = yaml.dump(tree, sort_keys=False, allow_unicode=True, Dumper=yaml.CSafeDumper)
    card.write_text(f"---\n{dumped}---\n{body}", encoding="utf-8")


def change_other(row: dict[str, Any], by: Callable[[dict[str, Any]], Any]) -> bool:
    """Change the provenance of a row; as it comes out."""
    other = json.loads(row["other"])
    result = by(other)
    row["other"] = json.dumps(other)
    return result is not False


def cells(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The audio cells of a row."""
    return filter(None, (row[column] for column in AUDIO_COLUMNS))


def variation(config: str, row: dict[str, Any]) -> Variation:
    """The wording of a row."""
    id = json.loads(row["other"])["variation"]
    return next(v for v in task_template(config).variations if v.id == id)
