"""The training example: it learns, goes on exactly after a kill, and shares rows among ranks."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import datasets
import pytest

import audio_flan
from audio_flan.cli import main
from audio_flan.schema import AUDIO_COLUMNS

pytest.importorskip("torch", reason='training needs torch: pip install "audio-flan[train]"')

EXAMPLE = Path(__file__).parents[2] / "examples" / "train_streaming.py"
LOOPBACK_HUB = Path(__file__).parents[1] / "hub" / "loopback_hub.py"
MANY_FILES, ONE_FILE = "speech_language_identification", "audio_scene_classification"
STEPS = 60

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


def train(source: Source, *options: object, ranks: int = 1, task: str = MANY_FILES) -> list[Step]:
    """Run the example to its end."""
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"]
    command = [sys.executable, *(launcher if ranks > 1 else []), *arguments(source, task, options)]
    done = subprocess.run(command, env=source.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [parse(line) for line in done.stdout.splitlines()]


def arguments(source: Source, task: str, options: tuple[object, ...]) -> list[str]:
    return [str(EXAMPLE), source.dataset, task, *map(str, options)]


@pytest.fixture(scope="module")
def built(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("build") / "out"
    tasks = ["--task", MANY_FILES, "--task", ONE_FILE]
    return build(out, "--root", str(samples), *tasks)


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
    """A run from start to end: an epoch and two thirds, several shuffled blocks each."""
    return train(local, "--steps", STEPS, "--batch-size", 2)


def ids_of(dataset: str, task: str) -> Counter[str]:
    rows = datasets.load_dataset(dataset, task, split="train", streaming=True)
    return Counter(row["uuid"][:8] for row in rows.select_columns(["uuid"]))


def test_it_learns_from_every_row_once_an_epoch(unbroken: list[Step], local: Source) -> None:
    first, last = unbroken[:10], unbroken[-10:]
    assert sum(step.loss for step in last) < 0.7 * sum(step.loss for step in first)
    assert Counter(id for step in unbroken if step.epoch == 0 for id in step.ids) == ids_of(
        local.dataset, MANY_FILES
    )
    assert unbroken[-1].epoch == 1


@pytest.mark.parametrize("source", ["local", "repo"])
def test_a_killed_run_goes_on_with_the_same_rows_and_losses(
    source: str, unbroken: list[Step], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place: Source = request.getfixturevalue(source)
    options = ["--steps", STEPS, "--batch-size", 2, "--save-every", 5]
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


def test_the_audio_of_datasets_is_as_long_as_ours(samples: Path, tmp_path: Path) -> None:
    if datasets.__version__ < "5":
        pytest.skip("older versions of datasets decode otherwise")
    try:
        import torchcodec  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        pytest.skip(f"datasets decodes by torchcodec and FFmpeg's libraries: {error}"[:200])
    options = ["--split", "train", "--limit", "1"]
    out = build(tmp_path / "out", "--root", str(samples), *options)
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
