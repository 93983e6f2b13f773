"""The command line as users start it: in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import REPOSITORY

WITHOUT_SCRIPT = "import sys; from audio_flan.cli.app import main; sys.exit(main())"


def audio_flan(*arguments: str | Path) -> list[str]:
    """The command `audio-flan` with some arguments, of the installation that runs this."""
    script = Path(sys.executable).with_name("audio-flan")
    start = [str(script)] if script.exists() else [sys.executable, "-c", WITHOUT_SCRIPT]
    return [*start, *map(str, arguments)]


def build(out: Path, root: Path, tasks: Sequence[str], *options: str) -> list[str]:
    """The command that builds some tasks from the corpora under a root."""
    chosen = [word for task in tasks for word in ("--task", task)]
    return audio_flan("build", out, "--root", root, *chosen, *options)


def run(command: Sequence[str]) -> None:
    """Run a command in the repository; what it prints is dropped.

    Raises:
        subprocess.CalledProcessError: it failed; stderr says why.
    """
    subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, check=True)
