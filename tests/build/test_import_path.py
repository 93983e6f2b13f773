"""No process of a build imports from the folder where it is started, whatever lies there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from audio_flan import __version__

ROOT = Path(__file__).parents[2]
SLURM = Path(__file__).parent / "slurm"
SMALLEST = ("--corpus", "ljspeech", "--task", "speech_asr", "--limit", "1")

MARK = 'open(f"{__file__}.imported", "w").close()\n'
"""A line of a module that leaves a file beside it when it is imported."""

LIBRARY = """
import os, sys
from audio_flan.build.build import build
from audio_flan.build.choose import choose_tasks
from audio_flan.build.engines.local import LocalEngine
from audio_flan.build.options import Options
from audio_flan.build.plan import make_plan
from audio_flan.corpora.find import find_corpora
if __name__ == "__main__":
    before = dict(os.environ), sys.path[:]
    corpora = find_corpora(sys.argv[2], {"ljspeech": None})
    plan = make_plan(corpora, choose_tasks(["speech_asr"]), None, Options(limit=1))
    build(sys.argv[1], corpora, plan, engine=LocalEngine(2))
    assert before == (dict(os.environ), sys.path)
"""


def mark(folder: Path, *modules: str) -> None:
    """Put modules into a folder that tell when they are imported."""
    for module in modules:
        (folder / f"{module}.py").write_text(MARK)


def imported(folder: Path) -> list[str]:
    """The marked modules of a folder that were imported."""
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*.imported"))


def copy_package(folder: Path, version: str) -> Path:
    """Put this package into a folder, with a version of its own; return its `__init__.py`."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "audio_flan", folder / "audio_flan", ignore=ignored)
    stated = folder / "audio_flan" / "version.py"
    stated.write_text(stated.read_text().replace(f'"{__version__}"', f'"{version}"'))
    return folder / "audio_flan" / "__init__.py"


def versions(out: Path) -> set[str]:
    """The versions of the package that the units of a build ran with; there are some."""
    records = list((out / ".build" / "units").glob("*.json"))
    return {json.loads(record.read_text())["version"] for record in records}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a virtual environment where the package is installed, and not editable."""
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.cfg", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    copy_package(source, __version__)
    command = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder)
    subprocess.run([*command, source], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    # All that the package needs comes from the environment of the tests.
    packages = sysconfig.get_path("purelib", vars={"base": str(folder / "venv")})
    (Path(packages) / "tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    command = (sys.executable, "-m", "pip", "--python", python, "install", "--no-deps")
    subprocess.run([*command, "--no-index", wheel], check=True, capture_output=True)
    for script in ("launch_pickled_pipeline", "merge_stats"):
        if (theirs := Path(sys.executable).with_name(script)).exists():
            _, _, lines = theirs.read_text().partition("\n")
            python.with_name(script).write_text(f"#!{python}\n{lines}")
            python.with_name(script).chmod(0o755)
    return python


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with a checkout of the package, and with modules of all names that there are."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    with copy_package(folder, "checkout").open("a") as init:
        init.write(MARK)
    names = {*sys.stdlib_module_names, *packages_distributions()} - {"audio_flan"}
    mark(folder, *filter(str.isidentifier, names))
    return folder


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_in(python: Path, tmp_path: Path) -> Run:
    """Run a command in a folder, with the stand-in for Slurm, and nothing else set for Python."""
    (tmp_path / "jobs").mkdir()
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("PYTHON")}
    environment["SLURM_STAND_IN"] = str(tmp_path / "jobs")
    environment["PATH"] = os.pathsep.join([str(SLURM), str(python.parent), os.environ["PATH"]])

    def run_in(folder: Path, *command: object) -> subprocess.CompletedProcess[str]:
        words = list(map(str, command))
        return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)

    return run_in


@pytest.mark.parametrize(
    ("needs", "options"),
    [
        ("", ()),
        ("", ("--workers", "2")),
        ("datatrove", ("--engine", "slurm", "--partition", "cpu", "--units-per-job", "3")),
        ("ray", ("--engine", "ray", "--memory", "0.5")),
    ],
    ids=["one process", "two workers", "Slurm", "Ray"],
)
def test_the_installed_package_builds_inside_a_checkout(
    python: Path,
    checkout: Path,
    miniatures: Path,
    tmp_path: Path,
    run_in: Run,
    needs: str,
    options: tuple[str, ...],
) -> None:
    if needs:
        pytest.importorskip(needs, reason=f"needs {needs}: audio-flan[cluster]")
    command = (python.with_name("audio-flan"), "build", tmp_path / "out", "--root", miniatures)
    done = run_in(checkout, *command, *SMALLEST, *options)
    assert imported(checkout) == []
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "README.md").exists() and versions(tmp_path / "out") == {__version__}
    # Nor would processes that a job starts.
    scripts = list((tmp_path / "out" / ".build").rglob("launch_script.slurm"))
    assert all("export PYTHONSAFEPATH=1" in script.read_text() for script in scripts)


def test_the_command_line_in_python_c_imports_nothing_from_the_current_directory(
    python: Path, miniatures: Path, tmp_path: Path, run_in: Run
) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    # Python itself looks there until the command line takes over.
    mark(folder, "jinja2", "multiprocessing", "numpy", "pandas", "pickle", "pyarrow", "soundfile")
    code = "import sys; from audio_flan.cli.app import main; main(sys.argv[1:])"
    command = (python, "-c", code, "build", tmp_path / "out", "--root", miniatures)
    done = run_in(folder, *command, *SMALLEST, "--workers", "2")
    assert imported(folder) == []
    assert done.returncode == 0, done.stderr


def test_processes_of_a_script_import_what_the_script_imports(
    python: Path, checkout: Path, miniatures: Path, tmp_path: Path, run_in: Run
) -> None:
    folder = tmp_path / "script"
    folder.mkdir()
    # The script has a package of its own beside it, whatever is installed.
    copy_package(folder, "beside")
    (folder / "script.py").write_text(LIBRARY)
    done = run_in(checkout, python, folder / "script.py", tmp_path / "out", miniatures)
    assert imported(checkout) == []
    assert done.returncode == 0, done.stderr
    assert versions(tmp_path / "out") == {"beside"}


def test_python_that_ignores_its_environment_starts_no_processes(
    python: Path, checkout: Path, miniatures: Path, tmp_path: Path, run_in: Run
) -> None:
    command = (python.with_name("audio-flan"), "build", tmp_path / "out", "--root", miniatures)
    done = run_in(checkout, python, "-E", *command, *SMALLEST, "--workers", "2")
    assert imported(checkout) == []
    assert done.returncode == 2 and "use python -I" in done.stderr
