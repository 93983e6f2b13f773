"""`audio-flan explain`: what is printed of a row, and what of a mistake."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from building import run
from small_build import small_build

import audio_flan
from audio_flan.wording import template

TASKS = ("speech_asr", "speech_denoising", "speech_speaker_extraction", "music_key_detection")


@pytest.fixture(scope="module")
def out(miniatures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few tasks of a build, which may be changed."""
    out = tmp_path_factory.mktemp("explain") / "out"
    for name in (".build", *TASKS):
        shutil.copytree(small_build(miniatures) / name, out / name)
    return out


def first(out: Path, task: str, corpus: str) -> dict[str, Any]:
    """The first row of a task and a corpus."""
    files = sorted(out.glob(f"{task}/*.parquet"))
    rows = (row for file in files for row in pq.read_table(file).to_pylist())
    return next(row for row in rows if row["corpus"] == corpus)


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What the command prints."""
    assert run("explain", *arguments) == 0
    return capsys.readouterr().out


def test_a_row_is_explained(
    out: Path, miniatures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = first(out, "speech_denoising", "ljspeech")
    text = said(capsys, out, row["uuid"], "--root", miniatures)
    lines = [line.strip() for line in text.splitlines()]
    voice, noise = json.loads(row["other"])["clips"]
    assert f"speech_denoising · {row['split'][0]} · {row['uuid']}" in lines[0]
    assert f"instruction: {row['instruction']}" in lines
    title = "The LJ Speech Dataset 1.1 (ljspeech), LicenseRef-public-domain"
    assert f"source 1 of 2: {title}" in lines
    assert f"clip      {voice['id']}" in lines and f"file      {noise['file']}" in lines
    metadata = (miniatures / "LJSpeech-1.1" / "metadata.csv").read_text("utf-8").split("\n")
    number = next(n for n, line in enumerate(metadata, 1) if line.startswith(voice["id"]))
    assert f"metadata  metadata.csv:{number}: {metadata[number - 1]}" in lines
    assert "used in   computed audio" in lines
    simulation = json.loads(row["other"])["simulation"]
    assert f"simulation: snr_db {simulation['snr_db']}, noise {simulation['noise']}" in text
    assert (
        f"build: audio-flan {audio_flan.__version__}, seed 0, the first 2 instances of each task, "
        "corpus and split" in lines
    )


def test_the_wording_is_found_in_its_file(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = first(out, "speech_asr", "ljspeech")
    tree = json.loads(said(capsys, out, row["uuid"], "--json"))
    file, _, line = tree["wording"]["template"].rpartition(":")
    written = (Path(template.__file__).parents[1] / file).read_text("utf-8").split("\n")
    assert tree["wording"]["variation"] == json.loads(row["other"])["variation"]
    assert tree["wording"]["variation"] in written[int(line) - 1]


def test_json_holds_all(out: Path, miniatures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = first(out, "music_key_detection", "aam")
    arguments = (out, row["uuid"], "--json", "--rebuild", "--root", miniatures)
    tree = json.loads(said(capsys, *arguments))
    assert {name: tree[name] for name in ("uuid", "instruction", "input", "output")} == {
        name: row[name] for name in ("uuid", "instruction", "input", "output")
    }
    (source,) = tree["sources"]
    clip = json.loads(row["other"])["clips"][0]
    assert (source["file"], source["start"], source["end"]) == (
        clip["file"],
        clip["start"],
        clip["end"],
    )
    assert source["column"] == "input_audio" and source["channel"] is None
    size = len(row["input_audio"]["bytes"])
    assert tree["audio"] == {"input_audio": {"path": row["input_audio"]["path"], "bytes": size}}
    assert tree["build"]["options"]["limit"] == 2 and tree["build"]["seed"] == 0
    assert tree["rebuilt"] == {"is_same": True, "differing": [], "withheld": [], "problem": ""}


def test_the_start_of_a_uuid_is_enough(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uuid = first(out, "speech_asr", "ljspeech")["uuid"]
    whole = said(capsys, out, uuid)
    for start in (uuid[:8], uuid[:20], uuid.upper()):
        assert said(capsys, out, start) == whole
    assert said(capsys, f"file://{out}", uuid[:8]) == whole


def test_a_copy_of_the_hub_is_explained_too(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(out / "speech_asr", tmp_path / "speech_asr")
    uuid = first(out, "speech_asr", "ljspeech")["uuid"]
    assert "seed 0; version and options are not recorded here" in said(capsys, tmp_path, uuid)
    tree = json.loads(said(capsys, tmp_path, uuid, "--json"))
    assert tree["build"] == {"seed": 0, "version": None, "options": None}


def test_a_corpus_that_is_not_there_spoils_nothing_else(
    out: Path, miniatures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "LJSpeech-1.1").symlink_to(miniatures / "LJSpeech-1.1")
    row = first(out, "speech_denoising", "ljspeech")
    text = said(capsys, out, row["uuid"], "--root", tmp_path)
    assert "metadata  metadata.csv:" in text
    assert "metadata  dns_challenge in " in text
    place = f"ljspeech={miniatures / 'LJSpeech-1.1'}"
    text = said(capsys, out, row["uuid"], "--corpus", place)
    assert text.count("metadata  ") == 1


def test_a_row_that_is_not_the_same_is_told_and_exits_with_1(
    out: Path, miniatures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(miniatures / "LJSpeech-1.1", tmp_path / "LJSpeech-1.1")
    row = first(out, "speech_asr", "ljspeech")
    rebuilt = ("--rebuild", "--root", tmp_path)
    text = said(capsys, out, row["uuid"], *rebuilt)
    assert "rebuilt: the same, texts and bytes of audio" in text
    audio = tmp_path / "LJSpeech-1.1" / json.loads(row["other"])["clips"][0]["file"]
    other = next(file for file in audio.parent.iterdir() if file != audio)
    shutil.copy(other, audio)
    assert run("explain", out, row["uuid"], *rebuilt) == 1
    assert "rebuilt: not the same: seconds, input_audio differ" in capsys.readouterr().out
    audio.unlink()
    assert run("explain", out, row["uuid"], *rebuilt) == 1
    assert "cannot be used: audio-missing" in capsys.readouterr().out


MISTAKES = {
    "OUT 1234567": "is not a uuid: expected 36 hexadecimal digits and hyphens, or the first 8",
    "OUT speech_asr": "is not a uuid",
    "OUT 00000000": "no row of OUT has the uuid '00000000'",
    "OUT UUID0": "is not a uuid",
    "EMPTY UUID": "holds no built dataset",
    "OUT UUID --rebuild": "give --root FOLDER or --corpus ljspeech=PATH",
    "OUT UUID --root EMPTY --rebuild": "expected the files metadata.csv",
    "OUT UUID --root OUT/nothing": "no such folder",
    "OUT UUID --corpus ljspech=OUT": "did you mean 'ljspeech'",
    "BROKEN UUID": "cannot read BROKEN/speech_asr/",
    "FOREIGN UUID": "lacks the columns instruction, input",
    "TWINS UUID8": "2 rows of TWINS start with",
    "NULL UUID": "has no provenance: its column 'other' is null",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_a_mistake_is_one_clear_line(
    command: str, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = first(out, "speech_asr", "ljspeech")
    folders = {
        name: tmp_path / name.lower() for name in ("EMPTY", "BROKEN", "TWINS", "NULL", "FOREIGN")
    }
    for folder in folders.values():
        (folder / "speech_asr").mkdir(parents=True)
    file = min((out / "speech_asr").glob("*.parquet"))
    (folders["BROKEN"] / "speech_asr" / file.name).write_bytes(file.read_bytes()[:-100])
    schema = pq.read_schema(file)
    twins = [row, {**row, "uuid": f"{row['uuid'][:8]}-0000"}]
    for name, rows in {"TWINS": twins, "NULL": [{**row, "other": None}]}.items():
        table = pa.Table.from_pylist(rows, schema)
        pq.write_table(table, folders[name] / "speech_asr" / file.name)
    foreign = pa.table({"uuid": [row["uuid"]], "text": ["hello"]})
    pq.write_table(foreign, folders["FOREIGN"] / "speech_asr" / file.name)
    words = {"OUT": out, "UUID8": row["uuid"][:8], "UUID0": row["uuid"] + "0", "UUID": row["uuid"]}
    arguments, expected = command, MISTAKES[command]
    for word, value in {**folders, **words}.items():
        arguments = arguments.replace(word, str(value))
        expected = expected.replace(word, str(value))
    assert run("explain", *arguments.split()) == 2
    error = capsys.readouterr().err
    assert expected in error and error.startswith("audio-flan: ") and error.count("\n") == 1
