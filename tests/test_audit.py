"""The audit of answers (tools/audit_answers.py): it agrees with what is built, and can fail."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audio_flan.cli.app import main

AUDIT = Path(__file__).parents[1] / "tools" / "audit_answers.py"


@pytest.fixture(scope="module")
def built(miniatures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of all tasks and corpora, two instances of each."""
    out = tmp_path_factory.mktemp("audit") / "out"
    with pytest.raises(SystemExit) as exit:
        main(["build", str(out), "--root", str(miniatures), "--limit", "2"])
    assert not exit.value.code
    return out


def audit(dataset: Path, corpora: Path, *tasks: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "utf8", str(AUDIT), str(dataset), str(corpora), *tasks]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_all_answers_agree_with_the_raw_annotations(built: Path, miniatures: Path) -> None:
    found = audit(built, miniatures)
    assert found.returncode == 0, found.stdout + found.stderr
    total = found.stdout.splitlines()[-1]
    match = re.fullmatch(
        r"(\d+) tasks, (\d+) instances checked, 0 disagreements; 0 tasks without .*", total
    )
    assert match, total
    assert int(match[1]) >= 50
    assert int(match[2]) >= 500


def test_it_goes_by_other_means_than_the_package() -> None:
    for file in (AUDIT, *AUDIT.with_name("audits").glob("*.py")):
        assert not re.search(r"^\s*(?:import|from) audio_flan", file.read_text("utf-8"), re.M)


def swap(file: Path, one: str, other: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(one) == text.count(other) == 1
    text = text.replace(one, "\0").replace(other, one).replace("\0", other)
    file.write_text(text, encoding="utf-8")


def swap_transcripts(root: Path, one: str, other: str) -> None:
    swap(root / "LJSpeech-1.1/metadata.csv", f"{one}|", f"{other}|")


def raise_pitches(root: Path, *ids: str) -> None:
    for file in root.glob("nsynth/nsynth-*/examples.json"):
        notes = json.loads(file.read_text(encoding="utf-8"))
        for id in notes.keys() & set(ids):
            notes[id]["pitch"] += 1
        file.write_text(json.dumps(notes), encoding="utf-8")


def change_scenes(root: Path, *ids: str) -> None:
    for file in root.glob("TAU-*/evaluation_setup/fold1_*.csv"):
        text = file.read_text(encoding="utf-8")
        for id in ids:
            new = "tram" if id.startswith("park") else "park"
            text = re.sub(rf"^(audio/{id}\.wav)\t\w+", rf"\1\t{new}", text, flags=re.M)
        file.write_text(text, encoding="utf-8")


def clips(dataset: Path, config: str, corpus: str, split: str) -> dict[str, str]:
    """The clip of each row, by uuid."""
    found = {}
    for file in (dataset / config).glob(f"{split}-*.parquet"):
        for row in pq.read_table(file, columns=["uuid", "corpus", "other"]).to_pylist():
            if row["corpus"] == corpus:
                found[row["uuid"]] = json.loads(row["other"])["clips"][0]["id"]
    return found


@pytest.mark.parametrize(
    ("config", "corpus", "change"),
    [
        ("speech_asr", "ljspeech", swap_transcripts),
        ("speech_tts", "ljspeech", swap_transcripts),
        ("music_pitch_classification", "nsynth", raise_pitches),
        ("audio_scene_classification", "tau_urban_acoustic_scenes", change_scenes),
    ],
)
def test_other_annotations_are_noticed(
    built: Path,
    miniatures: Path,
    tmp_path: Path,
    config: str,
    corpus: str,
    change: Callable[..., None],
) -> None:
    for folder in miniatures.iterdir():
        (tmp_path / folder.name).symlink_to(folder)
    (own,) = (f for f in tmp_path.iterdir() if f.name.lower().startswith(corpus[:3]))
    own.unlink()
    shutil.copytree(miniatures / own.name, own)
    said = clips(built, config, corpus, "train")
    assert len(said) == 2
    change(tmp_path, *said.values())
    found = audit(built, tmp_path, config)
    assert found.returncode == 1
    wrong = re.findall(rf"^DISAGREES {config} {corpus} (\S+): ", found.stdout, re.M)
    assert sorted(wrong) == sorted(said)


@pytest.mark.parametrize("column", ["output", "output_audio"])
def test_rows_with_another_answer_are_noticed(
    built: Path, miniatures: Path, tmp_path: Path, column: str
) -> None:
    config = "speech_asr" if column == "output" else "speech_voice_conversion"
    (tmp_path / config).mkdir()
    (file, *_) = sorted((built / config).glob("train-*.parquet"))
    table = pq.read_table(file)
    first, second = table.column(column).to_pylist()[:2]
    assert first != second
    place = table.schema.get_field_index(column)
    others = [second, first, *table.column(column).to_pylist()[2:]]
    field = table.schema.field(place)
    swapped = table.set_column(place, field, pa.array(others, field.type))
    pq.write_table(swapped, tmp_path / config / file.name)
    found = audit(tmp_path, miniatures, config)
    assert found.returncode == 1
    for uuid in table.column("uuid").to_pylist()[:2]:
        assert f" {uuid}: " in found.stdout


def test_a_task_without_a_row_is_noticed(tmp_path: Path, miniatures: Path) -> None:
    found = audit(tmp_path, miniatures, "speech_asr")
    assert found.returncode == 1
    assert "speech_asr: no instance" in found.stdout
