"""Builds that are interrupted: a rerun completes, and is the same as an undisturbed build."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from building import CLI, build, digests, in_new_process, rejects

TASKS = ("--task", "speech_asr", "--task", "speech_tts", "--task", "speech_denoising")


@pytest.fixture
def undisturbed(large: Path, tmp_path: Path) -> dict[str, str]:
    """What an undisturbed build leaves, with a reject in it."""
    (large / "LJSpeech-1.1" / "wavs" / "LJ001-0003.wav").unlink()
    assert build(tmp_path / "undisturbed", large, *TASKS) == 0
    assert rejects(tmp_path / "undisturbed")
    return digests(tmp_path / "undisturbed")


def test_killed_builds_leave_nothing_half_written_and_complete(
    undisturbed: dict[str, str], large: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [*CLI, "build", str(out), "--root", str(large), *TASKS, "--workers", "2"]
    draw = random.Random(5)
    for _ in range(6):
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(draw.uniform(0.8, 3.5))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for path in [*out.glob("*/*.parquet"), *(out / ".build" / "parts").glob("*.parquet")]:
            pq.read_table(path, columns=["uuid"])
    subprocess.run(command, check=True, capture_output=True)
    assert digests(out) == undisturbed


def descendants(process: int) -> list[int]:
    """Ids of the processes that a process started, and of those that these started."""
    found: list[int] = []
    for thread in Path(f"/proc/{process}/task").glob("*"):
        for child in map(int, (thread / "children").read_text().split()):
            found += [child, *descendants(child)]
    return found


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; a minute at most."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_worker_is_told_of_and_made_up_for(
    undisturbed: dict[str, str], large: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [*CLI, "build", str(out), "--root", str(large), *TASKS, "--workers", "2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    wait_for(lambda: list((out / ".build" / "parts").glob("*")))
    os.kill(descendants(process.pid)[-1], signal.SIGKILL)
    message = process.communicate()[1].decode()
    assert process.returncode == 2
    assert "worker process was killed" in message and "Traceback" not in message
    subprocess.run(command, check=True, capture_output=True)
    assert digests(out) == undisturbed


def test_a_killed_driver_leaves_no_process_behind(large: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [*CLI, "build", str(out), "--root", str(large), *TASKS, "--workers", "2"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    wait_for(lambda: list((out / ".build" / "parts").glob("*")))
    started = descendants(process.pid)
    assert len(started) > 2
    process.kill()
    process.wait()
    wait_for(lambda: not any(map(is_running, started)))


def is_running(process: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB, too small for the build."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs the right to do so")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_told_of_and_the_rerun_completes(
    undisturbed: dict[str, str], large: Path, small_disk: Path
) -> None:
    out = small_disk / "out"
    for workers in (1, 2):
        failed = in_new_process("build", out, "--root", large, *TASKS, "--workers", workers)
        assert failed.returncode == 2
        assert "disk is full" in failed.stderr and "Traceback" not in failed.stderr
        assert not list(out.glob("*/*.parquet")) and not list(out.rglob("*.unfinished"))
    subprocess.run(["mount", "-o", "remount,size=1g", str(small_disk)], check=True)
    assert build(out, large, *TASKS) == 0
    assert digests(out) == undisturbed


def test_audio_that_could_not_be_read_is_tried_again(speech: Path, tmp_path: Path) -> None:
    root, out = tmp_path / "packed", tmp_path / "out"
    root.mkdir()
    archive = Path(shutil.make_archive(str(root / "LJSpeech-1.1"), "zip", speech, "LJSpeech-1.1"))
    content = archive.read_bytes()
    assert build(tmp_path / "undisturbed", root, *TASKS) == 0
    # A bad block in the packed audio: no size changes, neither now nor when it is mended.
    place = content.index(b"LJ001-0002.wav") + 2000
    archive.write_bytes(content[:place] + bytes(500) + content[place + 500 :])
    assert build(out, root, *TASKS) == 0
    assert {reject["reason"] for reject in rejects(out)} == {"audio-unreadable"}
    archive.write_bytes(content)
    assert in_new_process("build", out, "--root", root, *TASKS).returncode == 0
    assert rejects(out) == []
    assert digests(out) == digests(tmp_path / "undisturbed")


def test_a_corpus_that_can_not_be_read_any_more_is_told_of(
    miniatures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from audio_flan.build.build import build as build_dataset
    from audio_flan.build.options import Options
    from audio_flan.build.plan import make_plan
    from audio_flan.corpora.find import find_corpora
    from audio_flan.errors import BuildError

    root = tmp_path / "root"
    shutil.copytree(miniatures / "LJSpeech-1.1", root / "LJSpeech-1.1")
    corpora = find_corpora(str(root))
    plan = make_plan(corpora, ["speech_asr"], None, Options())
    (root / "LJSpeech-1.1").rename(tmp_path / "away")
    with pytest.raises(BuildError, match=r"cannot read ljspeech .*metadata\.csv"):
        build_dataset(str(tmp_path / "out"), corpora, plan)
    (tmp_path / "away").rename(root / "LJSpeech-1.1")
    assert build_dataset(str(tmp_path / "out"), corpora, plan)


def test_audio_that_goes_away_with_its_corpus_is_no_reject(
    miniatures: Path, tmp_path: Path
) -> None:
    from audio_flan.build.build import build as build_dataset
    from audio_flan.build.options import Options
    from audio_flan.build.plan import make_plan
    from audio_flan.corpora.find import find_corpora
    from audio_flan.errors import BuildError

    root, away = tmp_path / "root" / "LJSpeech-1.1", tmp_path / "away"
    shutil.copytree(miniatures / "LJSpeech-1.1", root)
    corpora = find_corpora(str(root.parent))
    plan = make_plan(corpora, ["speech_asr", "speech_tts"], None, Options())

    def take_away(unit: object, record: object) -> None:
        if not away.exists():
            root.rename(away)

    out = str(tmp_path / "out")
    with pytest.raises(BuildError, match=r"cannot read ljspeech .*metadata\.csv"):
        build_dataset(out, corpora, plan, on_progress=take_away)
    away.rename(root)
    records = build_dataset(out, corpora, plan)
    assert records and not any(record.tally.rejected for record in records)
