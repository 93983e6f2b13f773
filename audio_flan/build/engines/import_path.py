"""Where processes import from: never from the current directory, unless its user says so.

`python -c`, by which multiprocessing starts its processes, looks for every module in the current
directory first, even for those of the standard library. PYTHONSAFEPATH keeps Python from it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audio_flan.errors import AudioFlanError

SAFE_PATH = "PYTHONSAFEPATH"
"""The environment variable; what it is set to does not matter."""

ROOT = Path(__file__).parents[3]
"""The folder that this package lies in."""


@contextmanager
def safe_path() -> Iterator[None]:
    """In this block, neither this process nor those that it starts look in the current directory.

    A package that lies in the current directory itself, as in a checkout, is imported from there.
    """
    is_ours = Path.cwd() == ROOT
    leave_out = sys.path[:1] == [""] and not is_ours
    if leave_out:
        del sys.path[0]
    try:
        with _environment({SAFE_PATH: "1"}):
            yield
    finally:
        if leave_out:
            sys.path.insert(0, "")


@contextmanager
def same_path() -> Iterator[None]:
    """Processes that start in this block import from where this one does, and nowhere else.

    Raises:
        AudioFlanError: Python runs with -E, and its processes would ignore what they are told.
    """
    if sys.flags.ignore_environment and not sys.flags.safe_path:
        raise AudioFlanError(
            "python -E starts processes that import from the current directory; use python -I"
        )
    path = os.pathsep.join(entry for entry in sys.path if isinstance(entry, str))
    with _environment({SAFE_PATH: "1", "PYTHONPATH": path}):
        yield


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
