"""Builds on clusters: a stand-in for Slurm that runs its scripts, and a real Ray of two nodes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from building import CLI, build, digests, in_new_process, run

SLURM = Path(__file__).parent / "slurm"
TASKS = ("--task", "speech_asr", "--task", "speech_denoising")


@pytest.fixture
def slurm(tmp_path: Path) -> dict[str, str]:
    """An environment with Slurm's commands."""
    pytest.importorskip("datatrove", reason="clusters need datatrove: audio-flan[cluster]")
    (tmp_path / "jobs").mkdir()
    path = os.pathsep.join([str(SLURM), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "SLURM_STAND_IN": str(tmp_path / "jobs")}


def jobs(environment: dict[str, str]) -> list[dict[str, Any]]:
    """What was asked of Slurm, without datatrove's jobs that merge its statistics."""
    files = Path(environment["SLURM_STAND_IN"]).glob("*.json")
    found = [json.loads(file.read_text()) for file in sorted(files, key=lambda f: int(f.stem))]
    return [job for job in found if "export" in job["asked"]]


@pytest.mark.parametrize("there", [True, False])
def test_sbatch_that_fails_or_is_not_there_is_one_line(
    slurm: dict[str, str], speech: Path, tmp_path: Path, there: bool
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    if there:
        (folder / "sbatch").write_text("#!/bin/sh\necho invalid partition >&2\nexit 1\n")
        (folder / "sbatch").chmod(0o755)
    path = {"PATH": os.pathsep.join([str(folder), "/usr/bin", "/bin"])}
    options = ("--task", "speech_asr", "--engine", "slurm", "--partition", "cpu")
    done = in_new_process(
        "build", tmp_path / "out", "--root", speech, *options, env={**slurm, **path}
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
    last = done.stderr.strip().split("\n")[-1]
    assert last.startswith("audio-flan: ") and "sbatch" in last


def test_slurm_makes_the_same_bytes(
    slurm: dict[str, str], miniatures: Path, tmp_path: Path
) -> None:
    build(tmp_path / "local", miniatures, *TASKS)
    options = ("--engine", "slurm", "--partition", "cpu", "--time", "02:00:00", "--memory", "3")
    more = ("--units-per-job", "4", "--workers", "2", "--sbatch", "account=speech")
    # A relative place: the jobs start in folders of their own.
    done = in_new_process(
        *("build", "out", "--root", miniatures, *TASKS, *options, *more), cwd=tmp_path, env=slurm
    )
    assert done.returncode == 0, done.stderr
    assert "submitted; the last job finishes" in done.stdout
    assert digests(tmp_path / "out") == digests(tmp_path / "local")
    building, finishing = jobs(slurm)
    asked = building["asked"]
    assert (asked["partition"], asked["time"], asked["mem-per-cpu"]) == ("cpu", "02:00:00", "3G")
    assert asked["account"] == "speech" and asked["array"].endswith("%2")
    assert len(building["codes"]) >= 3 and not any(building["codes"])
    assert finishing["asked"]["dependency"] == "afterok:1"


def test_a_failed_slurm_job_is_made_up_for(
    slurm: dict[str, str], large: Path, tmp_path: Path
) -> None:
    undisturbed, out = tmp_path / "undisturbed", tmp_path / "out"
    task = ("--task", "speech_asr")
    build(undisturbed, large, *task)
    options = ("--engine", "slurm", "--partition", "cpu")
    arguments = ("build", out, "--root", large, *task, *options)
    # The jobs of all but the first of the three splits can not write: a file is in their way.
    plan = tmp_path / "plan"
    run("plan", plan, "--root", large, *task)
    lines = (plan / ".build" / "plan.jsonl").read_text().splitlines()
    for line in lines[1:]:
        (out / json.loads(line)["files"].replace("-*", "-0")).mkdir(parents=True)
    in_new_process(*arguments, env=slurm, check=True)
    building, finishing = jobs(slurm)
    assert building["codes"] == [0, 1, 1] and finishing["codes"] == []
    assert not list(out.glob("*/*.parquet"))
    for folder in (out / ".build" / "parts").glob("*"):
        shutil.rmtree(folder) if folder.is_dir() else None
    # What is there when a node loses power in the middle of its last lines.
    for key in (json.loads(line)["key"] for line in lines):
        (out / ".build" / "units" / f"{key}.rejects.jsonl.0a1b2c3d.unfinished").write_text("{")
    (out / "README.md.0a1b2c3d.unfinished").write_text("---")
    in_new_process(*arguments, env=slurm, check=True)
    assert len(jobs(slurm)[2]["codes"]) == 2
    assert digests(out) == digests(undisturbed)


def test_what_slurm_needs_is_said(
    miniatures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(tmp_path / "out", miniatures, "--engine", "slurm") == 2
    assert "--partition" in capsys.readouterr().err
    assert build(tmp_path / "out", miniatures, "--engine", "slurmm") == 2
    assert "did you mean 'slurm'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def ray_cluster() -> Iterator[Any]:
    """A Ray cluster of two nodes on this machine; the first is the head."""
    pytest.importorskip("ray", reason="clusters need ray: audio-flan[cluster]")
    from ray.cluster_utils import Cluster

    handler = signal.getsignal(signal.SIGTERM)
    head = {"num_cpus": 1, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    yield cluster
    cluster.shutdown()
    # With Ray's own, processes that later tests fork from this one would not end when told to.
    signal.signal(signal.SIGTERM, handler)


@pytest.mark.parametrize("parts", [1, 3])
def test_ray_makes_the_same_bytes_though_a_node_dies(
    ray_cluster: Any, large: Path, tmp_path: Path, parts: int
) -> None:
    undisturbed, out = tmp_path / "undisturbed", tmp_path / "out"
    build(undisturbed, large, *TASKS)
    node = ray_cluster.add_node(num_cpus=1)
    options = ("--engine", "ray", "--ray-address", ray_cluster.address, "--memory", "0.5")
    process = subprocess.Popen(
        [*CLI, *map(str, ("build", out, "--root", large, *TASKS, *options))],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while process.poll() is None and not is_under_way(out, parts):
        time.sleep(0.01)
    # The raylet and all its workers at once, as when the machine loses power.
    ray_cluster.remove_node(node, allow_graceful=False)
    printed, _ = process.communicate(timeout=180)
    assert process.returncode == 0, printed
    assert digests(out) == digests(undisturbed)
    assert not list(out.rglob("*.unfinished"))


def is_under_way(out: Path, parts: int) -> bool:
    """Whether a build has started, and has so many of its files."""
    return out.exists() and len(list(out.glob(".build/parts/*.parquet"))) >= parts


def test_a_unit_that_fails_on_ray_is_told_of(
    ray_cluster: Any, speech: Path, tmp_path: Path
) -> None:
    (speech / "LJSpeech-1.1" / "wavs" / "LJ001-0002.wav").write_bytes(b"")
    options = ("--engine", "ray", "--ray-address", ray_cluster.address, "--memory", "0.5")
    task = ("--task", "speech_asr", "--on-error", "raise")
    done = in_new_process("build", tmp_path / "out", "--root", speech, *task, *options)
    assert done.returncode == 2 and "Traceback" not in done.stderr.split("audio-flan:")[-1]
    assert "1 of 3 units failed" in done.stderr
    assert "speech_asr, train of ljspeech: " in done.stderr and "LJ001-0002" in done.stderr
    absent = in_new_process(
        *("build", tmp_path / "two", "--root", speech, "--engine", "ray"),
        *("--ray-address", "127.0.0.1:1"),
    )
    assert absent.returncode == 2 and "no Ray cluster at 127.0.0.1:1" in absent.stderr
