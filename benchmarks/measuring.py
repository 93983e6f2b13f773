"""Measuring: fresh processes, contestants that take turns, and the result of a comparison."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

T = TypeVar("T")

REPOSITORY = Path(__file__).parents[1]

ROUNDS = 5
"""Turns of each contestant; figures are medians."""

CLOCKS = ("wall", "CPU")
"""CPU time, of all threads, is steadier where other work shares the machine."""


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table.

    Args:
        what: what is measured.
        ours: median of the library's runs.
        peer: median of the runs of what it is compared with; None for no peer.
        peer_name: what it is compared with.
        unit: unit of both, and in front of it the number of decimals as a format: ".2f s".
        target: what is asked for, in words; empty for a figure that is only shown.
        met: whether it is; None without a target.
        runs: the single runs by contestant.
    """

    what: str
    ours: float
    peer: float | None
    peer_name: str
    unit: str
    target: str
    met: bool | None
    runs: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Ours to the peer's."""
        return self.ours / self.peer if self.peer else None

    def show(self, value: float) -> str:
        """A value with its unit."""
        form, unit = self.unit.split(" ", 1)
        return f"{value:{form}} {unit}"


def take_turns(contestants: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Run the contestants one after the other, A B A B …, so that drifts of the machine hit all.

    Args:
        contestants: what to run, by name.
        rounds: number of turns of each.
    """
    results: dict[str, list[T]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            results[name].append(run())
    return results


def compare(
    what: str,
    ours: Sequence[float],
    peer: tuple[str, Sequence[float]],
    unit: str,
    at_least: float | None = None,
) -> Result:
    """The result of comparing rates, of which greater is better.

    Args:
        what: what is measured.
        ours: the library's runs.
        peer: name and runs of the peer.
        unit: see `Result`.
        at_least: the ratio of medians that is asked for; None where it is only shown.
    """
    name, runs = peer
    mine, other = median(ours), median(runs)
    target = "" if at_least is None else f"ratio ≥ {at_least}"
    met = None if at_least is None else mine / other >= at_least
    return Result(what, mine, other, name, unit, target, met, {"ours": ours, name: runs})


def fresh(function: str, /, python: str | Path = sys.executable, **arguments: object) -> Any:
    """Call a function in a fresh process and return its result.

    Args:
        function: "module:name"; it returns what JSON can hold.
        python: the interpreter that runs it.
        arguments: keyword arguments that JSON can hold.

    Raises:
        subprocess.CalledProcessError: the function raised; its traceback is on stderr.
    """
    command = [str(python), "-m", "benchmarks.measuring", function, json.dumps(arguments)]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def rates(function: str, data: Path, **arguments: object) -> dict[str, float]:
    """Rows per second of wall time and of CPU time of a function, in a fresh process.

    Args:
        function: "module:name" of one that writes rows to `out`, a folder that is removed
            afterwards, and returns what `timed` does.
        data: where the folder is made.
        arguments: keyword arguments that JSON can hold.
    """
    with tempfile.TemporaryDirectory(dir=data, prefix="output-") as out:
        done = fresh(function, out=out, **arguments)
    return {clock: done["rows"] / done[clock] for clock in CLOCKS}


def timed(write: Callable[[], int]) -> dict[str, float]:
    """Call a function that writes rows: their number, its seconds of wall and of CPU time."""
    settle()
    wall, cpu = time.perf_counter(), time.process_time()
    rows = write()
    return {"rows": rows, "wall": time.perf_counter() - wall, "CPU": time.process_time() - cpu}


def settle() -> None:
    """Before a timed stretch: flush earlier writes, and spare it the scans of what is set up."""
    os.sync()
    gc.collect()
    gc.freeze()


def _main(function: str, arguments: str) -> None:
    module, name = function.split(":")
    print(json.dumps(getattr(import_module(module), name)(**json.loads(arguments))), flush=True)
    # A stream of Parquet that was not read to its end may stop an interpreter from ending, as
    # pyarrow's threads go on reading ahead (github.com/apache/arrow/issues/45214).
    os._exit(0)


if __name__ == "__main__":
    _main(*sys.argv[1:])
