"""Where the units of a build run: what processes of this machine and clusters have in common.

The processes are this package's (`local`): datatrove's pool waits forever for one that was killed.
Slurm is datatrove's (`slurm_cluster`). Ray is used directly (`ray_cluster`): datatrove waits
forever for a unit whose node dies while its process starts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Protocol

from audio_flan.build.options import Plan, Unit
from audio_flan.build.worker import Worker
from audio_flan.dataset.record import UnitRecord
from audio_flan.errors import AudioFlanError

OnDone = Callable[[Unit, UnitRecord], None]


class Engine(Protocol):
    """Runs units."""

    def run(self, worker: Worker, plan: Plan, units: Sequence[Unit], on_done: OnDone) -> bool:
        """Run some units of a plan.

        Args:
            worker: runs one unit.
            plan: the plan, for an engine that finishes the build itself, later.
            units: those that are not done yet.
            on_done: called for each unit when it is done, if this process is told.

        Returns:
            Whether they have run; False where they will, and the build is finished then.
        """
        ...


def require(engine: str, *packages: str) -> None:
    """Check that the packages that an engine needs are installed.

    Args:
        engine: its name on the command line.
        packages: their importable names.

    Raises:
        AudioFlanError: some are not.
    """
    if missing := [name for name in packages if find_spec(name) is None]:
        raise AudioFlanError(
            f"--engine {engine} needs {', '.join(missing)}; install audio-flan[cluster]"
        )
