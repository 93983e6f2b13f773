"""Plans: what a unit's key depends on, what is redone after a change, and how large it will be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from building import CLI, build, digests, run, units

import audio_flan

TASKS = ("--task", "speech_asr", "--task", "speech_denoising")


def plan(out: Path, root: Path, *options: object) -> list[dict[str, Any]]:
    """The units of `audio-flan plan`, as it writes them."""
    assert run("plan", out, "--root", root, *options) == 0
    lines = (out / ".build" / "plan.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def keys(out: Path, root: Path, *options: object) -> dict[tuple[str, str, str], str]:
    """The key of each unit by its place; every place has one unit here."""
    planned = plan(out, root, *options)
    by_place = {(u["config"], u["corpus"], u["split"]): u["key"] for u in planned}
    assert len(by_place) == len(planned)
    return by_place


def test_a_plan_depends_on_the_data_and_not_on_where_it_lies(speech: Path, tmp_path: Path) -> None:
    here = keys(tmp_path / "out", speech, *TASKS)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(speech, elsewhere)
    for path in elsewhere.rglob("*"):
        os.utime(path, (1, 1))
    assert keys(tmp_path / "other", elsewhere, *TASKS) == here
    packed = tmp_path / "packed"
    packed.mkdir()
    shutil.make_archive(str(packed / "LJSpeech-1.1"), "zip", speech, "LJSpeech-1.1")
    assert keys(tmp_path / "third", packed, *TASKS) == here
    assert len(set(here.values())) == len(here) == 6


def test_a_unit_is_known_before_it_runs(speech: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    planned = plan(out, speech, *TASKS)
    assert not any(unit["done"] for unit in planned)
    assert build(out, speech, *TASKS) == 0
    assert units(out) == {unit["key"] for unit in planned}
    assert all(unit["done"] for unit in plan(out, speech, *TASKS))
    stored = {
        pq.read_metadata(p).metadata[b"audio_flan.part"].decode() for p in out.glob("speech*/*")
    }
    assert {part.split("-")[0] for part in stored} == units(out)


def test_estimates_are_near_the_truth(miniatures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    configs = ("speech_asr", "speech_denoising", "audio_continuation", "music_beat_tracking")
    options = [option for config in configs for option in ("--task", config)]
    planned = plan(out, miniatures, *options)
    assert build(out, miniatures, *options) == 0
    for config in configs:
        of_task = [unit for unit in planned if unit["config"] == config]
        files = list(out.glob(f"{config}/*.parquet"))
        seconds = [s for f in files for s in pq.read_table(f, columns=["seconds"])["seconds"]]
        made = len(seconds)
        assert sum(unit["instances"] for unit in of_task) == pytest.approx(made, rel=0.2)
        actual = sum(value.as_py() for value in seconds)
        assert sum(unit["seconds"] for unit in of_task) == pytest.approx(actual, rel=0.25)
        size = sum(file.stat().st_size for file in files)
        assert sum(unit["bytes"] for unit in of_task) == pytest.approx(size, rel=0.4)


def test_a_changed_line_redoes_the_units_that_read_it(speech: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = keys(out, speech, *TASKS)
    metadata = speech / "LJSpeech-1.1" / "metadata.csv"
    lines = metadata.read_text(encoding="utf-8").splitlines()
    id, text, _ = lines[0].split("|")
    lines[0] = f"{id}|{text} Indeed.|{text} Indeed."
    metadata.write_text("\n".join(lines) + "\n", encoding="utf-8")
    after = keys(out, speech, *TASKS)
    changed = {place for place in before if before[place] != after[place]}
    splits = {split for _, _, split in changed}
    assert len(splits) == 1
    # Denoising of one split reads that split only, as its pools are of the same one.
    assert changed == {(c, "ljspeech", *splits) for c in ("speech_asr", "speech_denoising")}


def test_audio_that_arrives_later_is_built(speech: Path, tmp_path: Path) -> None:
    out, undisturbed = tmp_path / "out", tmp_path / "undisturbed"
    build(undisturbed, speech, *TASKS)
    wav = speech / "LJSpeech-1.1" / "wavs" / "LJ001-0002.wav"
    content = wav.read_bytes()
    wav.unlink()
    build(out, speech, *TASKS)
    first = digests(out)
    wav.write_bytes(content[:-2000])
    build(out, speech, *TASKS)
    assert digests(out) != first
    wav.write_bytes(content)
    build(out, speech, *TASKS)
    assert digests(out) == digests(undisturbed)


def test_an_annotation_beside_the_audio_counts(miniatures: Path, tmp_path: Path) -> None:
    shutil.copytree(miniatures / "vocadito", tmp_path / "root" / "vocadito")
    task = ("--task", "music_beat_level_pitch_estimation", "--split", "train")
    before = keys(tmp_path / "out", tmp_path / "root", *task)
    notes = sorted((tmp_path / "root").rglob("*_notesA1.csv"))
    assert notes
    for file in notes:
        file.write_text(file.read_text().replace("\n", "1\n", 1))
    assert keys(tmp_path / "out", tmp_path / "root", *task) != before


def test_options_count_where_they_change_rows(speech: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = keys(out, speech, *TASKS)
    assert keys(out, speech, *TASKS, "--commercial") == before
    assert keys(out, speech, *TASKS, "--license", "LicenseRef-public-domain") == before
    seeded = keys(out, speech, *TASKS, "--seed", 1)
    assert all(seeded[place] != before[place] for place in before)
    unseen = keys(out, speech, *TASKS, "--unseen", "speech_asr")
    kept = {place for place in unseen if unseen[place] == before[place]}
    assert kept == {place for place in before if place[0] == "speech_denoising"}


def package_copy(folder: Path) -> Path:
    """A copy of the package, without its recordings, whose sources may be changed."""
    source = Path(audio_flan.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__", "*.flac")
    shutil.copytree(source, folder / "audio_flan", ignore=ignored)
    return folder


def add_remark(package: Path, file: str) -> None:
    """Change the text of a file of a copy of the package, and nothing that it does."""
    path = package / "audio_flan" / file
    # Facts that a corpus did not have count from the moment that they are there.
    assert path.exists() or path.name == "corpus.yaml"
    with path.open("a", encoding="utf-8") as changed:
        changed.write("\n# A remark.\n")


def keys_by(package: Path, root: Path, out: Path) -> dict[tuple[str, str, str], str]:
    """The keys of the units of two tasks and two corpora, as a copy of the package gives them."""
    code = f"import sys; sys.path.insert(0, {str(package)!r}); {CLI[2]}"
    corpora = ("--corpus", "ljspeech", "--corpus", "libritts_r")
    arguments = ["plan", str(out), "--root", str(root), *TASKS, *corpora, "--json"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {(line["config"], line["corpus"], line["split"]): line["key"] for line in lines}


@pytest.fixture(scope="module")
def unchanged(
    miniatures: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str, str], str]:
    """The keys of an unchanged copy of the package."""
    folder = tmp_path_factory.mktemp("unchanged")
    return keys_by(package_copy(folder), miniatures, folder / "out")


ASR, DENOISING = {"speech_asr"}, {"speech_denoising"}
LJSPEECH, LIBRITTS_R = {"ljspeech"}, {"libritts_r"}


@pytest.mark.parametrize(
    ("file", "configs", "corpora"),
    [
        ("templates/speech/speech_asr.yaml", ASR, LJSPEECH | LIBRITTS_R),
        ("tasks/speech/speech_recognition.py", ASR, LJSPEECH | LIBRITTS_R),
        ("tasks/speech/speech_enhancement.py", DENOISING, LJSPEECH | LIBRITTS_R),
        ("simulate/noise.py", DENOISING, LJSPEECH | LIBRITTS_R),
        ("corpora/speech/ljspeech/__init__.py", ASR | DENOISING, LJSPEECH),
        ("corpora/speech/ljspeech/corpus.yaml", ASR | DENOISING, LJSPEECH),
        ("corpora/speech/libritts_r/tables.py", ASR | DENOISING, LIBRITTS_R),
        ("corpora/read/arpabet.py", ASR | DENOISING, LIBRITTS_R),
        ("corpora/contract.py", ASR | DENOISING, LJSPEECH | LIBRITTS_R),
        ("tasks/contract.py", ASR | DENOISING, LJSPEECH | LIBRITTS_R),
        ("wording/template.py", ASR | DENOISING, LJSPEECH | LIBRITTS_R),
        ("model/taxonomy.yaml", ASR | DENOISING, LJSPEECH | LIBRITTS_R),
        ("generate/generation.py", ASR | DENOISING, LJSPEECH | LIBRITTS_R),
        ("generate/pools.py", ASR | DENOISING, LJSPEECH | LIBRITTS_R),
        ("dataset/parquet.py", ASR | DENOISING, LJSPEECH | LIBRITTS_R),
    ],
)
def test_changed_sources_redo_the_units_that_they_make(
    unchanged: dict[tuple[str, str, str], str],
    miniatures: Path,
    tmp_path: Path,
    file: str,
    configs: set[str],
    corpora: set[str],
) -> None:
    package = package_copy(tmp_path)
    add_remark(package, file)
    after = keys_by(package, miniatures, tmp_path / "out")
    assert after.keys() == unchanged.keys()
    redone = {unit[:2] for unit in after if after[unit] != unchanged[unit]}
    assert redone == set(product(configs, corpora))


def test_sources_that_make_other_rows_or_none_redo_nothing(
    unchanged: dict[tuple[str, str, str], str], miniatures: Path, tmp_path: Path
) -> None:
    package = package_copy(tmp_path)
    for file in (
        "corpora/speech/ljspeech/miniature.py",
        "corpora/music/nsynth/__init__.py",
        "tasks/speech/speaker_recognition.py",
        "simulate/activity.py",
        "wording/lint.py",
        "dataset/card.py",
        "build/plan.py",
        "api.py",
    ):
        add_remark(package, file)
    assert keys_by(package, miniatures, tmp_path / "out") == unchanged


def test_a_plan_is_printed_by_task_and_split(
    speech: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("plan", tmp_path / "out", "--root", speech, *TASKS) == 0
    printed = capsys.readouterr().out
    assert "speech_denoising" in printed and "validation" in printed and "estimated" in printed
    assert run("plan", tmp_path / "thesis.txt" / "out", "--root", speech, "--task", "nope") == 2
    (tmp_path / "thesis.tex").write_text("important")
    assert run("plan", tmp_path, "--root", speech) == 2
    assert "holds no build" in capsys.readouterr().err
