"""The audit of answers (tools/audit_answers.py): it agrees with what is built, and can fail."""

from __future__ import annotations

import ast
import csv
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from textwrap import dedent

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from audio_flan.cli.app import main

REPO = Path(__file__).parents[1]
TOOLS = REPO / "tools"


@pytest.fixture(scope="module")
def built(miniatures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of all tasks and corpora, two instances of each in each split."""
    out = tmp_path_factory.mktemp("audit") / "out"
    with pytest.raises(SystemExit) as exit:
        main(["build", str(out), "--root", str(miniatures), "--limit", "2"])
    assert not exit.value.code
    return out


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A copy of the audit, to be changed."""
    (tmp_path / "templates").symlink_to(REPO / "templates")
    shutil.copytree(TOOLS, tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "tools"


def audit(
    dataset: Path, corpora: Path, *tasks: str, tools: Path = TOOLS
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "utf8", str(tools / "audit_answers.py")]
    # As it is typed: relative to where one is.
    command += [str(dataset), os.path.relpath(corpora), *tasks]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def agreed(said: str) -> dict[tuple[str, str], tuple[int, int]]:
    """How many rows were checked and how many agreed, by task and corpus."""
    lines = re.findall(r"^(\w+) (\w+): (\d+) checked, (\d+) agreed$", said, re.M)
    return {(task, corpus): (int(all), int(some)) for task, corpus, all, some in lines}


def test_all_answers_agree_with_the_raw_annotations(built: Path, miniatures: Path) -> None:
    found = audit(built, miniatures)
    assert found.returncode == 0, found.stdout + found.stderr
    total = found.stdout.splitlines()[-1]
    pattern = r"(\d+) tasks, (\d+) instances checked, 0 disagreements; "
    pattern += r"0 tasks without an instance; 0 instances not audited"
    match = re.fullmatch(pattern, total)
    assert match, total
    assert int(match[1]) >= 50
    assert int(match[2]) >= 500


def test_it_has_other_means_than_the_package() -> None:
    files = [TOOLS / "audit_answers.py", *TOOLS.glob("audits/**/*.py")]
    assert len(files) >= 15
    for file in files:
        assert not re.search(r"^\s*(?:import|from) audio_flan", file.read_text("utf-8"), re.M)


def with_other_answers(table: pa.Table) -> pa.Table:
    """The same rows, with an audio upside down where the answer is one, else with another text."""
    rows = table.to_pylist()
    for row in rows:
        if row["output_audio"]:
            row["output_audio"]["bytes"] = upside_down(row["output_audio"]["bytes"])
        else:
            row["output"] = f"not {row['output']}"
    return pa.Table.from_pylist(rows, table.schema)


def upside_down(data: bytes) -> bytes:
    samples, rate = soundfile.read(BytesIO(data), always_2d=True)
    file = BytesIO()
    soundfile.write(file, -samples, rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def test_another_answer_is_noticed_in_every_row(
    built: Path, miniatures: Path, tmp_path: Path
) -> None:
    for file in built.glob("*/*.parquet"):
        (tmp_path / file.parent.name).mkdir(exist_ok=True)
        changed = with_other_answers(pq.read_table(file))
        pq.write_table(changed, tmp_path / file.parent.name / file.name)
    found = audit(tmp_path, miniatures)
    assert found.returncode == 1
    counts = agreed(found.stdout)
    assert len({corpus for _, corpus in counts}) >= 15
    assert {case: some for case, (_, some) in counts.items() if some} == {}
    wrong = Counter(re.findall(r"^DISAGREES (\w+) (\w+) \S+: ", found.stdout, re.M))
    assert wrong == {case: all for case, (all, _) in counts.items()}


Edit = Callable[[bytes], bytes]


def replaced(pattern: bytes, replacement: bytes) -> Edit:
    return lambda data: re.sub(pattern, replacement, data)


def swapped(one: bytes, other: bytes) -> Edit:
    return lambda data: data.replace(one, b"\0").replace(other, one).replace(b"\0", other)


ANNOTATIONS: dict[tuple[str, str], tuple[str, Edit]] = {
    ("speech_phonetic_recognition", "aishell3"): (
        "data_aishell3/*/content.txt",
        replaced(rb"(?<=[a-z])\d", b"5"),
    ),
    ("speech_speaker_diarization", "alimeeting"): (
        "AliMeeting/**/*.TextGrid",
        replaced(b'text = ".+"', b'text = ""'),
    ),
    ("speech_denoising", "dns_challenge"): ("DNS-Challenge/datasets*/**/*.wav", upside_down),
    ("speech_asr", "esd"): (
        "Emotion Speech Dataset/*/*.txt",
        replaced(rb"(_(\x00?)(?:\d\2){6}\s\2)", rb"\1N\2o\2"),
    ),
    ("speech_to_text_translation", "fleurs"): (
        "fleurs/**/*.tsv",
        replaced(rb"(?m)^(\d+\t[^\t]+\t)", rb"\1No: "),
    ),
    ("speech_intent_classification", "fluent_speech_commands"): (
        "fluent*/data/*_data.csv",
        replaced(rb",\w+,(\w+\r?\n)", rb",robot,\1"),
    ),
    ("speech_speaker_extraction", "librimix"): (
        "LibriMix/**/mixture_*.csv",
        replaced(b"/s1/", b"/s2/"),
    ),
    ("speech_gender_recognition", "libritts_r"): (
        "LibriTTS_R/speakers.tsv",
        swapped(b"\tF\t", b"\tM\t"),
    ),
    ("speech_tts", "ljspeech"): ("LJSpeech-1.1/metadata.csv", replaced(rb"(?m)(?<=.)$", b" Not.")),
    ("music_key_detection", "aam"): ("AAM/**/*_segments.arff", swapped(b"maj'", b"min'")),
    ("music_pitch_classification", "nsynth"): (
        "nsynth/*/examples.json",
        replaced(rb'"pitch": ', b'"pitch": 1'),
    ),
    ("music_singing_voice_synthesis", "vocadito"): (
        "vocadito/Annotations/Notes/*A1.csv",
        replaced(rb"(?m)^(?=\d)", b"1"),
    ),
    ("audio_event_recognition", "audioset"): (
        "audioset/class_labels_indices.csv",
        replaced(rb'(?m)^(\d+,[^,]+,"?)', rb"\1Loud "),
    ),
    ("audio_scene_classification", "tau_urban_acoustic_scenes"): (
        "TAU-*/evaluation_setup/fold1_*.csv",
        replaced(rb"\t\w+(?=\r?\n)", b"\tgarden"),
    ),
    ("audio_caption", "wavcaps"): (
        "WavCaps/json_files/**/*.json",
        replaced(b'"caption": "', b'"caption": "No: '),
    ),
}
"""By task and corpus: what to do to which files so that all answers are others."""


def test_other_annotations_are_noticed(built: Path, miniatures: Path, tmp_path: Path) -> None:
    shutil.copytree(miniatures, tmp_path, dirs_exist_ok=True)
    for pattern, edit in ANNOTATIONS.values():
        files = {file: file.read_bytes() for file in tmp_path.glob(pattern)}
        for file, data in files.items():
            file.write_bytes(edit(data))
        assert any(file.read_bytes() != data for file, data in files.items()), pattern
    tasks = {task for task, _ in ANNOTATIONS}
    found = audit(built, tmp_path, *sorted(tasks))
    assert found.returncode == 1
    assert "cannot be rebuilt" not in found.stdout
    counts = agreed(found.stdout)
    assert {case: counts[case][1] for case in ANNOTATIONS} == dict.fromkeys(ANNOTATIONS, 0)


def test_a_corpus_that_no_file_reads_is_counted(built: Path, miniatures: Path, tools: Path) -> None:
    (tools / "audits/speech/ljspeech.py").unlink()
    found = audit(built, miniatures, "speech_asr", "speech_tts", tools=tools)
    assert found.returncode == 0, found.stdout + found.stderr
    *_, said, total = found.stdout.splitlines()
    tables = (pq.read_table(built / task) for task in ("speech_asr", "speech_tts"))
    count = sum(table.column("corpus").to_pylist().count("ljspeech") for table in tables)
    assert said.startswith(f"not audited: {count} instances that need ljspeech")
    assert total.endswith(f"; {count} instances not audited")
    assert ("speech_asr", "ljspeech") not in agreed(found.stdout)
    assert ("speech_asr", "aishell3") in agreed(found.stdout)


def test_the_example_is_a_whole_audit(built: Path, miniatures: Path, tools: Path) -> None:
    docstring = ast.get_docstring(ast.parse((TOOLS / "audits/__init__.py").read_text("utf-8")))
    example = re.search(r'^    """Example.*?(?=^\S)', docstring or "", re.M | re.S)
    assert example
    (tools / "audits/speech/ljspeech.py").write_text(dedent(example[0]), encoding="utf-8")
    corpora = tools / "corpora"
    shutil.copytree(miniatures / "LJSpeech-1.1", corpora / "Example-1.0")
    with (corpora / "Example-1.0/metadata.csv").open("r+", encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE))
        file.seek(0)
        file.truncate()
        csv.writer(file, delimiter="|").writerows((id, text) for id, text, _ in lines)
    only = tools / "only/speech_asr"
    only.mkdir(parents=True)
    table = pq.read_table(built / "speech_asr", filters=[("corpus", "==", "ljspeech")])
    pq.write_table(table, only / "all.parquet")
    found = audit(only.parent, corpora, "speech_asr", tools=tools)
    assert found.returncode == 0, found.stdout + found.stderr
    assert agreed(found.stdout) == {("speech_asr", "ljspeech"): (len(table), len(table))}


def test_a_task_without_a_row_is_noticed(tmp_path: Path, miniatures: Path) -> None:
    found = audit(tmp_path, miniatures, "speech_asr")
    assert found.returncode == 1
    assert "speech_asr: no instance" in found.stdout
