"""What it costs to start: `import audio_flan` beyond a bare interpreter, and `audio-flan --help`.

Also which heavy packages are loaded after the import.
"""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.command_line import audio_flan
from benchmarks.command_line import run as run_command
from benchmarks.measuring import REPOSITORY, Result, take_turns

ROUNDS = 7
HEAVY = ("numpy", "pyarrow", "datasets", "torch")

MOST_IMPORT_MS = 100
MOST_HELP_SECONDS = 0.5

IMPORT = "import audio_flan"


def run(data: Path, scale: str) -> list[Result]:
    """Median times of seven starts each, in turns; neither corpora nor scale matter."""
    commands = {
        "bare": [sys.executable, "-c", "pass"],
        "import": [sys.executable, "-c", IMPORT],
        "help": audio_flan("--help"),
    }
    contestants = {name: partial(_seconds, command) for name, command in commands.items()}
    take_turns(contestants, 1)
    runs = take_turns(contestants, ROUNDS)
    return [_import_result(runs), _heavy_result(), _help_result(runs)]


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    run_command(command)
    return time.perf_counter() - started


def _import_result(runs: dict[str, list[float]]) -> Result:
    bare = [1e3 * seconds for seconds in runs["bare"]]
    ours = [1e3 * seconds - median(bare) for seconds in runs["import"]]
    met, target = median(ours) < MOST_IMPORT_MS, f"< {MOST_IMPORT_MS} ms"
    what, peer = "import audio_flan, beyond a bare interpreter", "bare interpreter"
    all_runs = {"ours": ours, peer: bare}
    return Result(what, median(ours), median(bare), peer, ".1f ms", target, met, all_runs)


def _heavy_result() -> Result:
    script = f"import sys; {IMPORT}; print(*({set(HEAVY)!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    what = f"of {', '.join(HEAVY)} loaded by it"
    return Result(what, len(loaded), None, "", ".0f packages", "none", not loaded)


def _help_result(runs: dict[str, list[float]]) -> Result:
    ours, bare = median(runs["help"]), median(runs["bare"])
    met, target = ours < MOST_HELP_SECONDS, f"< {MOST_HELP_SECONDS} s"
    all_runs = {"ours": runs["help"], "bare interpreter": runs["bare"]}
    return Result(
        "audio-flan --help", ours, bare, "bare interpreter", ".3f s", target, met, all_runs
    )
