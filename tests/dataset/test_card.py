"""The card says what is in the dataset, and what it tells a reader to type works."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import datasets
import pyarrow.parquet as pq
import pytest
from building import build
from built_card import body, files_of, front_matter

import audio_flan
from audio_flan.corpora import corpus_class, corpus_classes
from audio_flan.dataset.card import REPO_ID, rule_with_values
from audio_flan.dataset.metadata import TASK_CATEGORIES
from audio_flan.dataset.row import features
from audio_flan.model.instance import audio_id
from audio_flan.model.taxonomy import load_taxonomy, minor_task, minor_tasks
from audio_flan.tasks import get_task, task_configs

if TYPE_CHECKING:
    from loopback_hub import LoopbackHub

HUB_CATEGORIES = {
    "automatic-speech-recognition",
    "audio-classification",
    "audio-text-to-text",
    "audio-to-audio",
    "text-to-audio",
    "text-to-speech",
    "translation",
    "voice-activity-detection",
}
"""Those of the Hub's list (huggingface.js, `pipelines.ts`) that the card may name."""

SNIPPETS = ("streaming", "columns", "map", "duckdb", "polars", "provenance")
"""The Python blocks of the card, in their order."""


@pytest.fixture(scope="module")
def speech(miniatures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build that is quick to load and to push."""
    tasks = ["--task", "speech_asr", "--task", "speech_denoising", "--limit", "2"]
    out = tmp_path_factory.mktemp("speech") / "built"
    assert build(out, miniatures, *tasks) == 0
    return out


def rows_of(files: list[Path]) -> int:
    return sum(pq.read_metadata(file).num_rows for file in files)


def test_every_task_and_view_has_its_exact_files_and_counts(whole_build: Path) -> None:
    card = front_matter(whole_build)
    configs = {config["config_name"]: config for config in card["configs"]}
    infos = {info["config_name"]: info for info in card["dataset_info"]}
    assert list(configs) == list(infos) and len(configs) == len(card["configs"])
    views: dict[str, set[str]] = {name: {name} for name in task_configs()}
    views["all"] = set(task_configs())
    for major in load_taxonomy():
        here = {minor.config for minor in major.minors if minor.config in task_configs()}
        views[major.domain] = views.get(major.domain, set()) | here
        if here:
            views.setdefault(major.slug, here)
    assert set(configs) == set(views)
    for name, tasks in views.items():
        files = files_of(whole_build, configs[name]["data_files"])
        expected = {file for task in tasks for file in (whole_build / task).glob("*.parquet")}
        assert {file for of_split in files.values() for file in of_split} == expected
        counts = {split: rows_of(of_split) for split, of_split in files.items()}
        splits = infos[name]["splits"]
        assert {split["name"]: split["num_examples"] for split in splits} == counts
        size = sum(file.stat().st_size for file in expected)
        assert infos[name]["download_size"] == size
        assert infos[name]["dataset_size"] == sum(split["num_bytes"] for split in splits)
    assert [name for name, config in configs.items() if config.get("default")] == ["all"]


def test_names_are_quoted_so_that_no_yaml_reader_mistakes_them(whole_build: Path) -> None:
    text = (whole_build / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    names = re.findall(r"^- config_name: (.*)$", text, re.M)
    assert len(names) >= 2 * len(task_configs())
    assert all(re.fullmatch(r'"[a-z0-9_]+"', name) for name in names)
    languages = re.findall(r"^language:\n((?:- .*\n)+)", text, re.M)[0].splitlines()
    assert len(languages) > 3
    assert all(re.fullmatch(r'- "[a-z]{2,3}"', line) for line in languages)


def test_the_features_of_the_card_are_those_of_the_rows(whole_build: Path) -> None:
    for info in front_matter(whole_build)["dataset_info"]:
        listed = datasets.Features._from_yaml_list(info["features"])
        assert listed == features() and list(listed) == list(features())
        kinds = {key for feature in info["features"] for key in feature}
        assert kinds == {"name", "dtype", "list", "struct"}, "a form that datasets 3.6 reads"


def test_every_task_has_a_category_of_the_hub() -> None:
    assert set(TASK_CATEGORIES) <= HUB_CATEGORIES
    chosen = {config for configs in TASK_CATEGORIES.values() for config in configs}
    assert chosen == set(minor_tasks())
    spoken = {*TASK_CATEGORIES["text-to-speech"], *TASK_CATEGORIES["text-to-audio"]}
    of_audio = spoken | set(TASK_CATEGORIES["audio-to-audio"])
    assert of_audio == {c for c, minor in minor_tasks().items() if minor.outputs == ("audio",)}


def test_the_head_names_what_is_there_and_nothing_else(speech: Path, whole_build: Path) -> None:
    small, whole = front_matter(speech), front_matter(whole_build)
    assert small["task_categories"] == ["automatic-speech-recognition", "audio-to-audio"]
    assert "task_ids" not in small and "audio-emotion-recognition" in whole["task_ids"]
    assert set(whole["task_categories"]) == HUB_CATEGORIES
    assert small["size_categories"] == ["n<1K"] and small["license"] == "other"
    assert small["license_link"].endswith("#licences") and "## Licences" in body(speech)
    made = {row for file in whole_build.glob("*/*.parquet") for row in corpora_of(file)}
    # Of the 102 of FLEURS and the 7 of the DNS Challenge, those that are there.
    others = made - {"fleurs", "dns_challenge"}
    languages = {code for key in others for code in corpus_class(key).languages}
    assert set(whole["language"]) == {code.split("-")[0] for code in languages} | {"es", "de"}
    assert "language_bcp47" not in whole
    assert "https://arxiv.org/abs/2502.16584" in body(whole_build)


def corpora_of(file: Path) -> set[str]:
    return set(pq.read_table(file, columns=["corpus"])["corpus"].to_pylist())


@pytest.mark.parametrize("config", task_configs())
def test_the_body_tells_of_each_task(whole_build: Path, config: str) -> None:
    text, minor = body(whole_build), minor_task(config)
    assert f"**{minor.minor}** (`{config}`). " in text
    rule = rule_with_values(get_task(config))
    assert not re.search(r"`\w+`", rule), "a parameter without its value"
    assert rule.replace("<", "\\<").replace("|", "\\|").replace("*", "\\*") in text
    (line,) = re.findall(rf"^\| `{config}` \| {re.escape(minor.minor)} \|.*$", text, re.M)
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    splits = ("train", "validation", "test")
    counts = [rows_of(list((whole_build / config).glob(f"{split}-*"))) for split in splits]
    assert cells[3:6] == [str(count) for count in counts]
    tables = [
        pq.read_table(f, columns=["seconds"]) for f in (whole_build / config).glob("*.parquet")
    ]
    hours = sum(sum(table["seconds"].to_pylist()) for table in tables) / 3600
    assert float(cells[6]) == pytest.approx(hours, rel=1e-3)
    made = {key for file in (whole_build / config).glob("*.parquet") for key in corpora_of(file)}
    assert cells[7] == ", ".join(sorted(made))


@pytest.mark.parametrize("key", [corpus.key for corpus in corpus_classes()])
def test_the_body_states_licence_and_citation_of_each_corpus(whole_build: Path, key: str) -> None:
    text, corpus = body(whole_build), corpus_class(key)
    (line,) = re.findall(rf"^\| `{key}` \| \[.*$", text, re.M)
    assert corpus.license in line and corpus.homepage in line
    assert " ".join(corpus.license_conditions.split()) in line
    assert f"| {'yes' if corpus.redistributable else 'no'} |" in line
    assert f"- `{key}`: {corpus.citation}" in text


def test_all_columns_are_described_and_all_tables_are_whole(whole_build: Path) -> None:
    text = body(whole_build)
    columns = text[text.index("## Columns") : text.index("## Provenance")]
    described = re.findall(r"^\| (`.*?) \|", columns, re.M)
    assert described == [f"`{name}`" for name in features()]
    for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table[:200]


def test_the_card_stays_small(whole_build: Path) -> None:
    assert (whole_build / "README.md").stat().st_size < 400_000


def test_the_card_says_how_the_rows_were_made(speech: Path) -> None:
    text = body(speech)
    made = f"- `audio-flan` {audio_flan.__version__}, seed 0, "
    made += "the first 2 instances of each task, corpus and split; audio checked by its header"
    assert made + " and length\n" in text
    mixed_in: Counter[str] = Counter()
    for file in (speech / "speech_denoising").glob("*.parquet"):
        for other in pq.read_table(file, columns=["other"])["other"].to_pylist():
            mixed_in.update({clip["corpus"] for clip in json.loads(other)["clips"][1:]})
    assert mixed_in["dns_challenge"] > 5
    told = ", ".join(f"`{key}` {count}" for key, count in sorted(mixed_in.items()))
    assert f"by the corpus that it is from: {told}.\n" in text


def test_the_worked_example_leads_to_the_file(whole_build: Path, miniatures: Path) -> None:
    text = " ".join(body(whole_build).split())
    uuid = re.findall(r'^uuid = "(.*)"$', body(whole_build), re.M)[0]
    config, split = re.findall(r"the first row of `(\w+)` (\w+), made from", text)[0]
    path, file = re.findall(r"Its audio `(.*?)` is, .*? the file `(.*?)`, byte for byte", text)[0]
    row = pq.read_table(min((whole_build / config).glob(f"{split}-*"))).to_pylist()[0]
    assert row["uuid"] == uuid
    cell = row["input_audio"]
    clip = json.loads(row["other"])["clips"][0]
    assert cell["path"] == path == audio_id(clip["corpus"], clip["id"]) + Path(path).suffix
    (source,) = miniatures.glob(f"*/{file}")
    assert source.read_bytes() == cell["bytes"]


def snippets(out: Path) -> dict[str, str]:
    blocks = re.findall(r"```python\n(.*?)```", body(out), re.S)
    return dict(zip(SNIPPETS, blocks, strict=True))


LEAVE = "\nimport os, sys\nsys.stdout.flush()\nos._exit(0)"
"""The end of a script without Python's teardown, in which pyarrow may abort (arrow#45214)."""


def run(code: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code + LEAVE], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def check_output(name: str, printed: str, out: Path) -> None:
    """What a reader sees is the dataset's first row, or its figures."""
    files = sorted((out / "speech_asr").glob("train-*"))
    row = pq.read_table(files[0]).to_pylist()[0]
    clip = json.loads(row["other"])["clips"][0]
    expected = {
        "streaming": [row["instruction"], row["output"], "float32 16000"],
        "columns": [f"{{'instruction': {row['instruction']!r}, 'output': {row['output']!r}}}"],
        "map": [f"{rows_of(files)} rows, "],
        "duckdb": ["corpus", "hours", "ljspeech", "LicenseRef-public-domain"],
        "polars": ["instruction", "output", "seconds"],
        "provenance": [clip["corpus"], clip["id"], clip["file"]],
    }
    assert all(text in printed for text in expected[name]), printed


@pytest.mark.parametrize("name", SNIPPETS)
def test_snippets_run_on_the_folder(name: str, speech: Path, tmp_path: Path) -> None:
    code = snippets(speech)[name]
    for package in ("duckdb", "polars"):
        if f"import {package}" in code:
            pytest.importorskip(package)
    assert REPO_ID in code
    code = code.replace(f"hf://datasets/{REPO_ID}", str(speech)).replace(REPO_ID, str(speech))
    printed = run(code, {**os.environ, "HF_HOME": str(tmp_path), "POLARS_FMT_STR_LEN": "80"})
    check_output(name, printed, speech)


PUSH = f"""
import sys
from huggingface_hub import HfApi
api = HfApi()
api.create_repo({REPO_ID!r}, repo_type="dataset")
api.upload_folder(
    repo_id={REPO_ID!r}, repo_type="dataset", folder_path=sys.argv[1], ignore_patterns=".build/*"
)
"""


@pytest.mark.skipif(
    not (find_spec("starlette") and find_spec("uvicorn")), reason="needs starlette and uvicorn"
)
def test_snippets_run_by_the_name_of_the_repository(
    speech: Path, tmp_path: Path, hub: LoopbackHub
) -> None:
    environment = hub.environment(tmp_path)
    push = [sys.executable, "-c", PUSH, str(speech)]
    done = subprocess.run(push, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    for name in ("streaming", "columns", "map"):
        check_output(name, run(snippets(speech)[name], environment), speech)
