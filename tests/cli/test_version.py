"""`audio-flan --version`."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

CODE = """
import sys
from audio_flan.cli.app import main
try:
    main(["--version"])
finally:
    heavy = {"numpy", "pyarrow", "pandas", "datasets", "soundfile", "librosa", "jinja2"}
    assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""


def test_version_is_that_of_the_package_and_loads_nothing_heavy() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"audio-flan {project['project']['version']}\n"
