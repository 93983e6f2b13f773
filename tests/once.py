"""What takes long to make is made once, for all processes of a test run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def once(
    name: str, tmp_path_factory: pytest.TempPathFactory, make: Callable[[Path], object]
) -> Path:
    """A folder that the first process that asks for it makes; nobody may change it.

    Args:
        name: its name.
        make: makes the folder.
    """
    of_process = tmp_path_factory.getbasetemp()
    # The workers of pytest-xdist have folders of their own in that of the run.
    of_run = of_process.parent if "PYTEST_XDIST_WORKER" in os.environ else of_process
    return once_in(of_run, name, make)


def once_in(of_run: Path, name: str, make: Callable[[Path], object]) -> Path:
    """The same in a folder that all processes of the run share."""
    folder, done = of_run / name, of_run / f"{name}.done"
    with FileLock(of_run / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder
