"""Builds: same bytes whatever the workers, resumable, nothing half-written, nothing lost."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from building import build, digests, rejects

from audio_flan.dataset.parquet import ROW_GROUP_BYTES
from audio_flan.dataset.row import features
from audio_flan.model.instance import AUDIO_COLUMNS


@pytest.fixture(scope="module")
def built(miniatures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("build") / "out"
    assert build(out, miniatures) == 0
    return out


def test_any_number_of_workers_gives_the_same_bytes(
    built: Path, miniatures: Path, tmp_path: Path
) -> None:
    assert build(tmp_path / "out", miniatures, "--workers", "2") == 0
    assert digests(tmp_path / "out") == digests(built)


def test_a_rerun_changes_nothing(miniatures: Path, tmp_path: Path) -> None:
    build(tmp_path / "out", miniatures, "--task", "speech_asr")
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    before = digests(tmp_path / "out")
    build(tmp_path / "out", miniatures, "--task", "speech_asr")
    assert digests(tmp_path / "out") == before
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == times


@pytest.mark.parametrize("kind", ["*.json", "*.rejects.jsonl", "*.audio-ids"])
def test_a_unit_that_lost_a_file_runs_again(miniatures: Path, tmp_path: Path, kind: str) -> None:
    build(tmp_path / "out", miniatures, "--task", "speech_asr")
    before = digests(tmp_path / "out")
    lost = sorted((tmp_path / "out" / ".build" / "units").glob(kind))
    assert len(lost) > 2
    lost[1].unlink()
    assert build(tmp_path / "out", miniatures, "--task", "speech_asr") == 0
    assert digests(tmp_path / "out") == before


def test_another_task_joins_and_other_options_replace(miniatures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(out, miniatures, "--task", "speech_asr")
    asr = digests(out / "speech_asr")
    build(out, miniatures, "--task", "speech_tts")
    assert digests(out / "speech_asr") == asr
    card = (out / "README.md").read_text(encoding="utf-8")
    assert 'config_name: "speech_asr"' in card and 'config_name: "speech_tts"' in card
    build(out, miniatures, "--task", "speech_asr", "--limit", "1", "--split", "train")
    counts = [pq.read_metadata(path).num_rows for path in (out / "speech_asr").glob("train-*")]
    assert len(counts) >= 2 and set(counts) == {1}
    rows = json.loads((out / ".build" / "manifest.json").read_text())["speech_asr"]
    assert set(rows) == {"train", "validation", "test"}
    assert len(list((out / ".build" / "units").glob("*.json"))) == sum(
        len(keys)
        for splits in json.loads((out / ".build" / "manifest.json").read_text()).values()
        for keys in splits.values()
    )


def test_a_corpus_that_joins_renumbers_the_files(miniatures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(out, miniatures, "--corpus", "ljspeech", "--task", "speech_asr")
    assert [p.name for p in (out / "speech_asr").glob("train-*")] == [
        "train-00000-of-00001.parquet"
    ]
    build(out, miniatures, "--task", "speech_asr")
    build(tmp_path / "fresh", miniatures, "--task", "speech_asr")
    assert digests(out) == digests(tmp_path / "fresh")


def test_files_are_as_the_viewer_wants_them(large: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(out, large, "--task", "speech_asr", "--split", "train")
    (path,) = out.glob("speech_asr/*.parquet")
    footer = pq.read_metadata(path)
    assert footer.num_row_groups > 2
    for index in range(footer.num_row_groups):
        group = footer.row_group(index)
        columns = {
            group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)
        }
        audio = columns["input_audio.bytes"]
        assert audio.compression == "UNCOMPRESSED" and audio.has_offset_index
        assert audio.total_uncompressed_size < ROW_GROUP_BYTES * 1.1
        assert columns["instruction"].compression == "SNAPPY"
    info = json.loads(pq.read_schema(path).metadata[b"huggingface"])["info"]
    assert list(info["features"]) == list(features())
    assert not list(out.rglob("*.py"))


def test_no_split_is_empty(real: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(out, real, "--corpus", "ljspeech")
    assert {path.name.split("-")[0] for path in out.glob("*/*.parquet")} == {"train"}
    assert "validation" not in (out / "README.md").read_text().split("---")[1]


def test_broken_audio_is_rejected_listed_and_counted(speech: Path, tmp_path: Path) -> None:
    wavs = speech / "LJSpeech-1.1" / "wavs"
    (wavs / "LJ001-0001.wav").unlink()
    (wavs / "LJ001-0002.wav").write_bytes(b"")
    whole = (wavs / "LJ001-0003.wav").read_bytes()
    (wavs / "LJ001-0003.wav").write_bytes(whole[:-1000])
    (wavs / "LJ001-0004.wav").write_text("<html>404 not found</html>")
    out = tmp_path / "out"
    configs = ["speech_asr", "speech_tts", "speech_denoising", "speech_gender_recognition"]
    assert build(out, speech, *(f"--task={config}" for config in configs)) == 0
    expected = {
        ("LJ001-0001", "audio-missing"),
        ("LJ001-0002", "audio-empty"),
        ("LJ001-0003", "audio-truncated"),
        ("LJ001-0004", "not-audio"),
    }
    for config in configs:
        listed = {(r["clip"], r["reason"]) for r in rejects(out) if r["config"] == config}
        assert listed == expected
    records = [json.loads(path.read_text()) for path in (out / ".build" / "units").glob("*.json")]
    counted: Counter[str] = Counter()
    for record in records:
        tally = record["tally"]
        assert tally["read"] == tally["used"] + tally["left"] + sum(tally["rejected"].values())
        counted.update(tally["rejected"])
    assert counted == Counter(reject["reason"] for reject in rejects(out))


def test_the_first_reject_can_stop_the_build(
    speech: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (speech / "LJSpeech-1.1" / "wavs" / "LJ001-0002.wav").write_bytes(b"")
    assert build(tmp_path / "out", speech, "--on-error", "raise") == 2
    message = capsys.readouterr().err
    assert "LJ001-0002" in message and "audio-empty" in message and "speech_asr" in message
    assert not list((tmp_path / "out").glob("*/*.parquet"))


def test_verification_finds_damage_that_the_header_hides(speech: Path, tmp_path: Path) -> None:
    import soundfile

    wav = speech / "LJSpeech-1.1" / "wavs" / "LJ001-0001.wav"
    samples, rate = soundfile.read(wav)
    soundfile.write(wav, samples, rate, format="FLAC")
    data = bytearray(wav.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = bytes(2000)
    wav.write_bytes(data)
    options = ["--task", "speech_asr", "--split", "train"]
    build(tmp_path / "fast", speech, *options)
    build(tmp_path / "verified", speech, *options, "--verify-audio")
    assert [r["clip"] for r in rejects(tmp_path / "verified")] == ["LJ001-0001"]
    assert rejects(tmp_path / "fast") == []


def test_paths_that_leave_the_corpus_are_rejected_and_never_opened(
    speech: Path, tmp_path: Path
) -> None:
    folder = speech / "LJSpeech-1.1"
    shutil.copy(folder / "wavs" / "LJ001-0001.wav", speech / "secret.wav")
    with (folder / "metadata.csv").open("a") as file:
        file.write("LJ001/../../../secret|Secret.|Secret.\n")
        file.write("LJ001-../../../../etc/passwd|Secret.|Secret.\n")
    out = tmp_path / "out"
    build(out, speech, "--task", "speech_asr")
    assert [r["reason"] for r in rejects(out)] == ["path-outside-corpus"] * 2
    for path in out.glob("speech_asr/*.parquet"):
        for row in pq.read_table(path).to_pylist():
            assert row["output"] != "Secret."
            assert "secret" not in row["other"]


def test_a_folder_of_something_else_is_refused(
    miniatures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.tex").write_text("important")
    assert build(tmp_path, miniatures) == 2
    assert "not empty and holds no build" in capsys.readouterr().err
    assert (tmp_path / "thesis.tex").read_text() == "important"


def test_real_recordings_are_carried_untouched(real: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert build(out, real) == 0
    table = {
        line.split("|")[0]: line.rstrip("\n").split("|")[1:]
        for line in (real / "LJSpeech-1.1" / "metadata.csv").open(encoding="utf-8")
    }
    for config in ("speech_asr", "speech_tts"):
        rows = pq.read_table(out / config).to_pylist()
        assert len(rows) == 4
        for row in rows:
            cell = row["input_audio"] or row["output_audio"]
            id = json.loads(row["other"])["clips"][0]["id"]
            assert cell["bytes"] == (real / "LJSpeech-1.1" / "wavs" / f"{id}.wav").read_bytes()
            said = row["output"] if config == "speech_asr" else row["input"] + row["instruction"]
            assert table[id][0] in said
    absent = sorted(r["clip"] for r in rejects(out) if r["config"] == "speech_asr")
    assert absent == ["LJ001-0001", "LJ001-0003", "LJ001-0005", "LJ001-0007"]


def test_pitch_answers_agree_with_the_real_annotation(real: Path, tmp_path: Path) -> None:
    import math
    import re

    out = tmp_path / "out"
    build(out, real, "--corpus", "vocadito")
    lines = (real / "vocadito/Annotations/Notes/vocadito_1_notesA1.csv").read_text().split()
    notes = [tuple(map(float, line.split(","))) for line in lines]
    names = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
    rows = pq.read_table(out / "music_beat_level_pitch_estimation").to_pylist()
    assert len(rows) >= 10
    for row in rows:
        asked = re.sub(r"<\|SOA\|>.*?<\|EOA\|>", "", row["instruction"] + "\n" + row["input"])
        start, end = sorted(float(number) for number in re.findall(r"\d+\.\d\d", asked))
        origin = json.loads(row["other"])["clips"][0]["start"]
        (note,) = [n for n in notes if abs(n[0] - origin - start) < 0.006]
        assert abs(note[0] + note[2] - origin - end) < 0.011
        midi = round(69 + 12 * math.log2(note[1] / 440))
        said = re.search(r"[A-G]#?-?\d|\d+", row["output"])
        assert said and said[0] in (str(midi), f"{names[midi % 12]}{midi // 12 - 1}")


def test_every_audio_cell_opens(built: Path) -> None:
    import audio_flan

    cells = 0
    for path in built.glob("*/*.parquet"):
        for row in pq.read_table(path).to_pylist():
            seconds = 0.0
            for column in AUDIO_COLUMNS:
                if row[column]:
                    samples, rate = audio_flan.decode(row[column])
                    seconds += samples.shape[1] / rate
                    cells += 1
            assert seconds == pytest.approx(row["seconds"], abs=1e-4)
    assert cells > 150


def test_a_build_of_rejects_only_says_why(
    miniatures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "LJSpeech-1.1"
    shutil.copytree(miniatures / "LJSpeech-1.1", root)
    out = tmp_path / "out"
    assert build(out, tmp_path, "--task", "speech_asr") == 0
    assert (out / "README.md").exists()
    shutil.rmtree(root / "wavs")
    assert build(out, tmp_path, "--task", "speech_asr") == 2
    clips = len((root / "metadata.csv").read_text("utf-8").splitlines())
    said = " ".join(capsys.readouterr().err.split())
    assert f"no instance could be made from {clips} clips (audio-missing {clips})" in said
    assert len((out / ".build" / "rejects.jsonl").read_text().splitlines()) == clips
    assert not (out / "README.md").exists() and not list(out.glob("*/*.parquet"))
