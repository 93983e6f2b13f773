"""The training example: it listens, goes on exactly after a kill, and shares rows among ranks."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

import audio_flan
from audio_flan.cli.app import main
from audio_flan.model.instance import AUDIO_COLUMNS

pytest.importorskip("torch", reason='training needs torch: pip install ".[train]"')

EXAMPLE = Path(__file__).parents[2] / "examples" / "train_streaming.py"
LOOPBACK_HUB = Path(__file__).parents[1] / "loopback_hub.py"
MANY_FILES, ONE_FILE = "speech_gender_recognition", "audio_scene_classification"
TWO_AUDIOS = "speech_speaker_verification"
STEPS = 45
SMALL = ("--batch-size", 2, "--window", 12)

PUSH = """
import sys
from huggingface_hub import HfApi
HfApi().create_repo("org/flan", repo_type="dataset")
HfApi().upload_folder(
    repo_id="org/flan", repo_type="dataset", folder_path=sys.argv[1], ignore_patterns=[".build/**"]
)
"""


class Step(NamedTuple):
    """What the example prints of a step."""

    step: int
    epoch: int
    rank: int
    loss: float
    ids: tuple[str, ...]


class Source(NamedTuple):
    """What a run reads, and the environment that it needs."""

    dataset: str
    environment: dict[str, str]


def parse(line: str) -> Step:
    _, step, _, epoch, _, rank, _, loss, *ids = line.split()
    return Step(int(step), int(epoch), int(rank), float(loss), tuple(ids))


def build(out: Path, *options: str) -> Path:
    with pytest.raises(SystemExit) as exit:
        main(["build", str(out), *options])
    assert not exit.value.code
    return out


def run(
    source: Source, *options: object, ranks: int = 1, task: str = MANY_FILES
) -> subprocess.CompletedProcess[str]:
    """Run the example to its end."""
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"]
    command = [sys.executable, *(launcher if ranks > 1 else []), *arguments(source, task, options)]
    return subprocess.run(command, env=source.environment, capture_output=True, text=True)


def train(source: Source, *options: object, ranks: int = 1, task: str = MANY_FILES) -> list[Step]:
    """Run the example without failure."""
    done = run(source, *options, ranks=ranks, task=task)
    assert done.returncode == 0, done.stderr
    return steps_of(done.stdout)


def steps_of(output: str) -> list[Step]:
    return [parse(line) for line in output.splitlines() if line.startswith("step ")]


def copy_with(built: Path, out: Path, change: Callable[[dict[str, Any]], Any]) -> Source:
    """A copy of a build with other input audio, which `change` makes of each row."""
    shutil.copytree(built, out)
    for path in (out / MANY_FILES).glob("*.parquet"):
        table = pq.read_table(path)
        index = table.schema.get_field_index("input_audio")
        field = table.schema.field(index)
        cells = pa.array([change(row) for row in table.to_pylist()], field.type)
        pq.write_table(table.set_column(index, field, cells), path)
    return Source(str(out), dict(os.environ))


def silence(row: dict[str, Any]) -> dict[str, Any]:
    """The row's audio, as long as before and without a sound."""
    samples, rate = audio_flan.decode(row["input_audio"])
    target = BytesIO()
    soundfile.write(target, np.zeros_like(samples.T), rate, format="WAV")
    return {"bytes": target.getvalue(), "path": "silence.wav"}


def arguments(source: Source, task: str, options: tuple[object, ...]) -> list[str]:
    return [str(EXAMPLE), source.dataset, task, *map(str, options)]


@pytest.fixture(scope="module")
def built(miniatures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("build") / "out"
    tasks = ["--task", MANY_FILES, "--task", ONE_FILE, "--task", TWO_AUDIOS]
    return build(out, "--root", str(miniatures), *tasks)


@pytest.fixture(scope="module")
def local(built: Path) -> Source:
    return Source(str(built), dict(os.environ))


@pytest.fixture(scope="module")
def repo(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    """The same build as a repo on a Hub of this machine."""
    pytest.importorskip("starlette", reason="the loopback Hub needs starlette")
    pytest.importorskip("uvicorn", reason="the loopback Hub needs uvicorn")
    spec = importlib.util.spec_from_file_location("loopback_hub", LOOPBACK_HUB)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    hub = module.LoopbackHub(tmp_path_factory.mktemp("hub"))
    environment = hub.environment(tmp_path_factory.mktemp("home"))
    subprocess.run([sys.executable, "-c", PUSH, str(built)], env=environment, check=True)
    yield Source("org/flan", environment)
    hub.stop()


@pytest.fixture(scope="module")
def unbroken(local: Source) -> list[Step]:
    """A run from start to end: an epoch and a half, several windows each."""
    return train(local, "--steps", STEPS, *SMALL)


def ids_of(dataset: str, task: str) -> Counter[str]:
    rows = datasets.load_dataset(dataset, task, split="train", streaming=True)
    return Counter(row["uuid"][:8] for row in rows.select_columns(["uuid"]))


def held_out(output: str) -> tuple[float, float]:
    """The share of held-out rows that are answered rightly, and that a guess answers."""
    *_, right, _, _, guess = output.splitlines()[-1].split()
    return float(right), float(guess)


def test_it_learns_from_the_audio(built: Path, local: Source, tmp_path: Path) -> None:
    silent = copy_with(built, tmp_path / "silent", silence)
    with ThreadPoolExecutor() as both:
        done = list(both.map(run, (local, silent)))
    assert [run.returncode for run in done] == [0, 0], done[0].stderr + done[1].stderr
    hearing, deaf = ([step.loss for step in steps_of(run.stdout)] for run in done)
    assert sum(hearing[-50:]) < 0.2 * sum(hearing[:50])
    assert sum(hearing[-50:]) < 0.75 * sum(deaf[-50:])
    (right, guess), (deaf_right, _) = (held_out(run.stdout) for run in done)
    assert right > 1.5 * guess and right >= deaf_right


def test_every_row_comes_once_an_epoch(unbroken: list[Step], local: Source) -> None:
    assert Counter(id for step in unbroken if step.epoch == 0 for id in step.ids) == ids_of(
        local.dataset, MANY_FILES
    )
    assert unbroken[-1].epoch == 1


def test_windows_mix_what_comes_sorted(local: Source) -> None:
    rows = datasets.load_dataset(local.dataset, MANY_FILES, split="train", streaming=True)
    corpora = {row["uuid"][:8]: row["corpus"] for row in rows.decode(False)}
    steps = train(local, "--steps", 6, "--batch-size", 4)
    assert all(len({corpora[id] for id in step.ids}) > 1 for step in steps)


def test_rows_without_audio_are_skipped_also_across_a_resume(built: Path, tmp_path: Path) -> None:
    def withhold(row: dict[str, Any]) -> Any:
        return None if row["corpus"] in ("esd", "libritts_r") else row["input_audio"]

    source = copy_with(built, tmp_path / "partly", withhold)
    options = [*SMALL, "--checkpoint", tmp_path / "run.pt", "--save-every", 7]
    whole = run(source, *options, "--steps", 21)
    assert "skipped" in whole.stderr
    first = {id for step in steps_of(whole.stdout) if step.epoch == 0 for id in step.ids}
    rows = datasets.load_dataset(source.dataset, MANY_FILES, split="train", streaming=True)
    there = {row["uuid"][:8] for row in rows.decode(False) if row["input_audio"]}
    assert first == there
    (tmp_path / "run.pt").unlink()
    command = [sys.executable, *arguments(source, MANY_FILES, (*options, "--steps", 21))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stopped:
        assert stopped.stdout
        before = [parse(line) for line, _ in zip(stopped.stdout, range(9), strict=False)]
        stopped.kill()
    assert before == steps_of(whole.stdout)[:9]
    after = train(source, *options, "--steps", 21, "--resume")
    assert after and after == steps_of(whole.stdout)[-len(after) :]


def test_it_says_that_no_row_has_audio(built: Path, tmp_path: Path) -> None:
    done = run(copy_with(built, tmp_path / "mute", lambda row: None))
    rows = sum(ids_of(str(built), MANY_FILES).values())
    assert done.returncode == 1
    assert f"rank 0 of 1 gets no rows: {rows} without audio" in done.stderr


def test_tasks_of_two_audios_are_refused(local: Source) -> None:
    done = run(local, task=TWO_AUDIOS)
    assert done.returncode == 1 and not done.stdout
    assert "trains on tasks of one input audio and a text answer" in done.stderr


@pytest.mark.parametrize("source", ["local", "repo"])
def test_a_killed_run_goes_on_with_the_same_rows_and_losses(
    source: str, unbroken: list[Step], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place: Source = request.getfixturevalue(source)
    options = ["--steps", STEPS, *SMALL, "--save-every", 5]
    options += ["--checkpoint", tmp_path / "run.pt"]
    command = [sys.executable, *arguments(place, MANY_FILES, tuple(options))]
    with subprocess.Popen(command, env=place.environment, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        before = [parse(line) for line, _ in zip(run.stdout, range(13), strict=False)]
        run.send_signal(signal.SIGKILL)
    assert before == unbroken[:13]
    after = train(place, *options, "--resume")
    # It may have come some steps further before the signal reached it.
    assert 10 <= STEPS - len(after) < STEPS
    assert after == unbroken[STEPS - len(after) :]


def check_shares(steps: list[Step], rows: Counter[str]) -> None:
    """Check that both ranks came to the second epoch, and what they saw in the first."""
    assert Counter(step.rank for step in steps) == {0: len(steps) // 2, 1: len(steps) // 2}
    assert {step.rank for step in steps if step.epoch == 1} == {0, 1}
    assert Counter(id for step in steps if step.epoch == 0 for id in step.ids) == rows


def test_two_ranks_share_the_files(local: Source) -> None:
    steps = train(local, "--steps", 12, "--batch-size", 4, ranks=2)
    check_shares(steps, ids_of(local.dataset, MANY_FILES))


def test_two_ranks_share_the_rows_of_one_file_also_across_a_resume(
    local: Source, tmp_path: Path
) -> None:
    options = ["--batch-size", 1, "--checkpoint", tmp_path / "run.pt", "--resume"]
    before = train(local, *options, "--steps", 2, ranks=2, task=ONE_FILE)
    after = train(local, *options, "--steps", 4, ranks=2, task=ONE_FILE)
    check_shares(before + after, ids_of(local.dataset, ONE_FILE))


def test_the_audio_of_datasets_is_as_long_as_ours(miniatures: Path, tmp_path: Path) -> None:
    if datasets.__version__ < "5":
        pytest.skip("older versions of datasets decode otherwise")
    try:
        import torchcodec  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        pytest.skip(f"datasets decodes by torchcodec and FFmpeg's libraries: {error}"[:200])
    options = ["--split", "train", "--limit", "1"]
    out = build(tmp_path / "out", "--root", str(miniatures), *options)
    rows = datasets.load_dataset(str(out), "all", split="train", streaming=True)
    compared = 0
    for theirs, ours in zip(rows, rows.decode(False), strict=True):
        assert theirs["uuid"] == ours["uuid"]
        for column in AUDIO_COLUMNS:
            assert (theirs[column] is None) == (ours[column] is None)
            if ours[column] is not None:
                wave, rate = audio_flan.decode(ours[column])
                decoded = theirs[column].get_all_samples()
                assert (tuple(decoded.data.shape), decoded.sample_rate) == (wave.shape, rate)
                compared += 1
    assert compared > 100
