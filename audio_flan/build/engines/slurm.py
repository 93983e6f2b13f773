"""The engine of Slurm clusters, by datatrove.

It knows its tasks by rank only, so what it keeps lies in a folder named by a hash of the units that
the ranks stand for; whether a unit is done says its own record.
"""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CalledProcessError
from typing import TYPE_CHECKING, Any

from audio_flan.build.engines.contract import OnDone, require
from audio_flan.build.engines.import_path import SAFE_PATH
from audio_flan.build.finish import finish
from audio_flan.build.inputs import digest_of
from audio_flan.build.options import Plan, Unit
from audio_flan.build.worker import Worker
from audio_flan.dataset.layout import STATE
from audio_flan.errors import BuildError

if TYPE_CHECKING:
    from datatrove.executor.base import PipelineExecutor


class UnitStep:
    """A step of datatrove's: rank n runs the unit of that number.

    Args:
        worker: runs one unit.
        units: what the ranks stand for.
    """

    def __init__(self, worker: Worker, units: Sequence[Unit]) -> None:
        self._worker, self._units = worker, units

    def __call__(self, data: Any, rank: int, world_size: int) -> None:
        """Run the unit, unless it is done: a requeued job starts again at its first rank."""
        unit = self._units[rank]
        if not self._worker.layout.read_records([unit.key]):
            self._worker.run(unit)


class FinishStep:
    """A step of datatrove's: finishes the build.

    Args:
        worker: knows the build's folder.
        plan: the plan.
    """

    def __init__(self, worker: Worker, plan: Plan) -> None:
        self._worker, self._plan = worker, plan

    def __call__(self, data: Any, rank: int, world_size: int) -> None:
        """Give all files their names and write the card."""
        finish(self._worker.layout, self._plan)


@dataclass(frozen=True)
class SlurmEngine:
    """Submits an array of jobs to Slurm, and one that finishes the build after them.

    The folder, the corpora and this Python must be at the same paths on all nodes.

    Args:
        partition: Slurm's partition.
        time: limit of a job, as Slurm writes it ("24:00:00").
        memory: of a job, GB.
        workers: jobs that run at once; None for no limit.
        units_per_job: units that a job runs one after the other.
        sbatch: further options of sbatch, by name.
    """

    partition: str
    time: str = "24:00:00"
    memory: float = 4
    workers: int | None = None
    units_per_job: int = 1
    sbatch: Mapping[str, str] = field(default_factory=dict)

    def run(self, worker: Worker, plan: Plan, units: Sequence[Unit], on_done: OnDone) -> bool:
        """See `Engine`.

        Raises:
            BuildError: sbatch is not there, or refuses a job.
        """
        require("slurm", "datatrove")
        from datatrove.executor.slurm import SlurmPipelineExecutor

        options: dict[str, Any] = {
            "time": self.time,
            "partition": self.partition,
            "mem_per_cpu_gb": math.ceil(self.memory),
            "env_command": _environment(),
            # Not every cluster has the one that datatrove asks for; --sbatch qos=NAME names one.
            "qos": "",
            "sbatch_args": dict(self.sbatch),
            "skip_completed": False,
        }
        folder = _records(worker, units)
        ending = {"tasks": 1, "job_name": "audio-flan-finish", "logging_dir": f"{folder}/finish"}
        building: PipelineExecutor = SlurmPipelineExecutor(
            [UnitStep(worker, units)],
            tasks=len(units),
            workers=self.workers or -1,
            tasks_per_job=self.units_per_job,
            job_name="audio-flan",
            logging_dir=f"{folder}/units",
            **options,
        )
        after = {"depends": building} if units else {}
        finishing = SlurmPipelineExecutor([FinishStep(worker, plan)], **ending, **after, **options)
        _submit(finishing)
        return False


def _submit(executor: PipelineExecutor) -> None:
    """Submit a job and those that it depends on; raises `BuildError` where sbatch does not."""
    try:
        executor.run()
    except FileNotFoundError as error:
        raise BuildError(f"--engine slurm needs {error.filename}, which is not here") from None
    except CalledProcessError as error:
        raise BuildError(
            f"{error.cmd[0]} ended with exit code {error.returncode} (its message is above); "
            "check --partition, --time, --memory and --sbatch"
        ) from None


def _records(worker: Worker, units: Sequence[Unit]) -> str:
    """Where datatrove keeps its logs and records of these units."""
    url = worker.layout.store.url
    return f"{url}/{STATE}/engine/{digest_of([unit.key for unit in units])}"


def _environment() -> str:
    """Commands of a job before its own: the virtual environment that this process runs in, if any.

    Nor do Python processes that a job starts import from the folder that it starts in.
    """
    safe = f"export {SAFE_PATH}=1"
    script = Path(sys.prefix) / "bin" / "activate"
    return f"{safe}; source {shlex.quote(str(script))}" if script.exists() else safe
