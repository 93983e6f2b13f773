"""The command line: what a user types, what comes out, and no traceback for a mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from audio_flan.cli.app import main
from audio_flan.model.taxonomy import minor_tasks


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as exit:
        main(list(arguments))
    return exit.value.code or 0


def test_tasks_as_json_are_the_whole_taxonomy(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("tasks", "--json") == 0
    tasks = json.loads(capsys.readouterr().out)
    assert [task["config"] for task in tasks] == list(minor_tasks())
    asr = next(task for task in tasks if task["config"] == "speech_asr")
    assert {"aishell3", "ljspeech"} <= set(asr["corpora"])


def test_corpora_tell_what_is_there_and_what_is_missing(
    miniatures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "vocadito").symlink_to(miniatures / "vocadito")
    (tmp_path / "LJSpeech-1.1" / "wavs").mkdir(parents=True)
    assert run("corpora", "--root", str(tmp_path), "--json") == 0
    corpora = {corpus["key"]: corpus for corpus in json.loads(capsys.readouterr().out)}
    assert corpora["vocadito"]["found"] and corpora["vocadito"]["path"].endswith("vocadito")
    assert "music_beat_level_pitch_estimation" in corpora["vocadito"]["serves"]
    assert not corpora["ljspeech"]["found"]
    assert "metadata.csv" in corpora["ljspeech"]["missing"]
    assert "keithito.com" in corpora["ljspeech"]["download"]
    assert not corpora["aishell3"]["found"] and "data_aishell3" in corpora["aishell3"]["missing"]


def test_tables_are_printed_for_people(
    miniatures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("tasks") == 0
    assert run("corpora", "--root", str(miniatures)) == 0
    text = capsys.readouterr().out
    assert "speech_asr" in text and "aishell3" in text and "openslr.org/93" in text


def test_build_closes_with_a_table(
    miniatures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    corpus = f"ljspeech={miniatures / 'LJSpeech-1.1'}"
    assert run("build", str(out), "--corpus", corpus, "--task", "speech_asr") == 0
    text = capsys.readouterr().out
    assert "speech_asr" in text and "validation" in text
    assert f"12 instances in {out}" in " ".join(text.split())


def test_show_prints_rows_with_their_audio(
    whole_build: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("show", str(whole_build), "speech_denoising", "-n", "1") == 0
    text = capsys.readouterr().out
    assert "instruction:" in text and "dBFS RMS" in text and "snr_db" in text
    assert "44100 Hz" in text


# "sample" is the command's earlier name.
@pytest.mark.parametrize("command", ["miniatures", "sample"])
def test_miniatures_writes_every_corpus(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command, str(tmp_path / "corpora")) == 0
    assert (tmp_path / "corpora" / "LJSpeech-1.1" / "metadata.csv").exists()
    assert (tmp_path / "corpora" / "data_aishell3" / "train" / "content.txt").exists()
    assert "vocadito" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["build", "OUT", "--root", "SAMPLES", "--task", "speech_as"], "did you mean 'speech_asr'"),
        (["build", "OUT", "--root", "SAMPLES", "--corpus", "ljspech"], "did you mean 'ljspeech'"),
        (["build", "OUT", "--root", "SAMPLES", "--split", "tran"], "did you mean 'train'"),
        (["build", "OUT", "--root", "SAMPLES", "--on-error", "rise"], "did you mean 'raise'"),
        (["build", "OUT", "--root", "OUT/nothing"], "no such folder"),
        (["build", "OUT", "--root", "EMPTY"], "an empty folder"),
        (["build", "OUT", "--root", "OTHER"], "found SPEAKERS.TXT, train-clean-100"),
        (["build", "OUT"], "--root FOLDER"),
        (["build", "OUT", "--corpus", "ljspeech=EMPTY"], "expected the files metadata.csv"),
        (["build", "OUT", "--root", "SAMPLES", "--task", "speech_dialect_asr"], "yet"),
        (["show", "EMPTY", "speech_asr"], "holds no built dataset"),
        (["show", "BUILT", "speech_ast"], "did you mean 'speech_asr'"),
        (["corpora", "--root", "OUT/nothing"], "no such folder"),
    ],
)
def test_a_mistake_is_one_clear_message(
    arguments: list[str],
    said: str,
    miniatures: Path,
    whole_build: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "other" / "train-clean-100").mkdir(parents=True)
    (tmp_path / "other" / "SPEAKERS.TXT").touch()
    places = {
        "SAMPLES": miniatures,
        "BUILT": whole_build,
        "OUT": tmp_path / "out",
        "EMPTY": tmp_path / "empty",
        "OTHER": tmp_path / "other",
    }
    for name, path in places.items():
        arguments = [argument.replace(name, str(path)) for argument in arguments]
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert said in captured.err and captured.err.startswith("audio-flan: ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("break_it", ["missing", "encoding"])
def test_broken_metadata_stops_a_build_with_its_name(
    break_it: str, miniatures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    root = tmp_path / "root"
    shutil.copytree(miniatures / "LJSpeech-1.1", root / "LJSpeech-1.1")
    metadata = root / "LJSpeech-1.1" / "metadata.csv"
    text = metadata.read_text(encoding="utf-8")
    metadata.unlink()
    if break_it == "encoding":
        metadata.write_bytes(text.encode("latin-1"))
    assert run("build", str(tmp_path / "out"), "--root", str(root)) == 2
    message = capsys.readouterr().err
    assert "ljspeech" in message and "metadata.csv" in message
    assert ("line 2" in message) == (break_it == "encoding")


def test_help_is_complete_and_light() -> None:
    code = (
        "import sys\nfrom audio_flan.cli.app import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'pyarrow', 'datasets', 'torch', 'librosa'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    for command in ("tasks", "corpora", "templates", "build", "push", "show", "miniatures"):
        assert command in shown.stdout


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys, audio_flan\n"
        "heavy = {'numpy', 'pyarrow', 'datasets', 'torch', 'yaml', 'jinja2'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert callable(audio_flan.load_dataset) and callable(audio_flan.decode)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
