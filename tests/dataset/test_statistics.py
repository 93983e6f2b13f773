"""The figures of a finished build, against a count of its rows."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from building import build, rejects

from audio_flan.corpora import corpus_class
from audio_flan.model.instance import AUDIO_COLUMNS

TASKS = ("speech_asr", "speech_denoising", "speech_speaker_verification", "audio_caption")


@pytest.fixture(scope="module")
def out(miniatures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("statistics") / "out"
    assert build(out, miniatures, *(option for task in TASKS for option in ("--task", task))) == 0
    return out


def counted(rows: list[dict[str, Any]], listed: list[dict[str, str]]) -> dict[str, Any]:
    paths = {row[column]["path"] for row in rows for column in AUDIO_COLUMNS if row[column]}
    return {
        "instances": len(rows),
        "seconds": pytest.approx(sum(row["seconds"] for row in rows), abs=0.01),
        "distinct_audios": len(paths),
        "rejects": dict(Counter(reject["reason"] for reject in listed)),
    }


def test_the_statistics_are_those_of_the_rows(out: Path) -> None:
    statistics = json.loads((out / ".build" / "stats.json").read_text())
    rows = [
        {**row, "config": file.parent.name}
        for file in out.glob("*/*.parquet")
        for row in pq.read_table(file).to_pylist()
    ]
    listed = rejects(out)
    assert statistics["all"] == counted(rows, listed)
    of_row = {
        "config": lambda row: row["config"],
        "corpus": lambda row: row["corpus"],
        "split": lambda row: row["split"][0],
        "license": lambda row: row["license"],
    }
    of_reject = {
        "config": lambda reject: reject["config"],
        "corpus": lambda reject: reject["corpus"],
        "split": lambda reject: reject["split"],
        "license": lambda reject: corpus_class(reject["corpus"]).license,
    }
    for dimension, value_of in of_row.items():
        figures = statistics[f"by_{dimension}"]
        assert len(figures) >= 3
        for value, figure in figures.items():
            same = [row for row in rows if value_of(row) == value]
            lost = [reject for reject in listed if of_reject[dimension](reject) == value]
            assert figure == counted(same, lost)
    distinct = [f["distinct_audios"] for f in statistics["by_config"].values()]
    assert statistics["all"]["distinct_audios"] < sum(distinct)
