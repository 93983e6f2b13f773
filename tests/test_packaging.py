"""The package as users get it: a wheel, a wheel made from the sdist, and an editable install."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

USE = """
import sys
from pathlib import Path
import audio_flan
from audio_flan.builders.audio_flan import AudioFlan
from audio_flan.cli.app import main
from audio_flan.tasks import task_configs, task_template
assert Path(audio_flan.__file__).is_relative_to(sys.argv[1]), audio_flan.__file__
assert all(len(task_template(config).variations) >= 12 for config in task_configs())
rows = AudioFlan(cache_dir=sys.argv[2], config_name="speech_asr").as_streaming_dataset("train")
assert len(list(rows.decode(False))) >= 12
main(["build", sys.argv[2] + "/out", "--root", sys.argv[2] + "/audio_flan_samples_0.1.0"])
"""


def archives(source: Path, out: Path) -> tuple[Path, Path]:
    """Build wheel and sdist of a source tree with the tools of this environment."""
    pytest.importorskip("build")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(out.glob("*.whl")), next(out.glob("*.tar.gz"))


def use(place: Path, scratch: Path) -> None:
    """Use a package that lies unpacked in a folder, before any other of its name."""
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", USE, str(place), str(scratch)],
        capture_output=True,
        text=True,
        cwd=scratch,
        env={**os.environ, "PYTHONPATH": str(place)},
    )
    assert done.returncode == 0, done.stderr
    assert (scratch / "out" / "README.md").exists()


def files_of(folder: Path) -> list[str]:
    """Names of all files in a folder and below it, links followed."""
    return sorted(
        (Path(path) / name).relative_to(folder).as_posix()
        for path, _, names in os.walk(folder, followlinks=True)
        for name in names
    )


def test_wheel_and_sdist_hold_everything_once(tmp_path: Path) -> None:
    source = tmp_path / "source"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(source)], check=True)
    package = [f"audio_flan/{name}" for name in files_of(source / "audio_flan")]
    assert "audio_flan/templates/speech/speech_asr.yaml" in package
    wheel, sdist = archives(source, tmp_path / "dist")
    names = sorted(zipfile.ZipFile(wheel).namelist())
    assert [name for name in names if ".dist-info/" not in name] == package
    zipfile.ZipFile(wheel).extractall(tmp_path / "wheel")
    use(tmp_path / "wheel", tmp_path / "from-wheel")

    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    sent = [unpacked / name for name in files_of(unpacked) if ".egg-info/" not in name]
    assert {"README.md", "CHANGELOG.md", "examples"} <= {path.name for path in unpacked.iterdir()}
    contents = [data for path in sent if (data := path.read_bytes())]
    assert len(set(contents)) == len(contents), "a file is in the sdist twice"
    again, _ = archives(unpacked, tmp_path / "dist-again")
    assert sorted(zipfile.ZipFile(again).namelist()) == names
