"""Where the units of a build run: processes of this machine, a Slurm cluster, a Ray cluster.

The clusters are datatrove's. It knows its tasks by rank only, so what it keeps lies in a folder
named by a hash of the units that the ranks stand for; whether a unit is done says its own record.
The processes are not: datatrove's pool waits for ever for a process that was killed.
"""

from __future__ import annotations

import math
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from audio_flan.engine.finish import finish
from audio_flan.engine.inputs import digest_of
from audio_flan.engine.layout import STATE
from audio_flan.engine.plan import Plan, Unit
from audio_flan.engine.processes import load_ahead, run_unit, worker_pool
from audio_flan.engine.record import UnitRecord
from audio_flan.engine.worker import Worker
from audio_flan.errors import AudioFlanError, BuildError

if TYPE_CHECKING:
    from datatrove.executor.base import PipelineExecutor

OnDone = Callable[[Unit, UnitRecord], None]


class Engine(Protocol):
    """Runs units."""

    def run(self, worker: Worker, plan: Plan, units: Sequence[Unit], on_done: OnDone) -> bool:
        """Run some units of a plan.

        Args:
            worker: runs one unit.
            plan: the plan, for an engine that finishes the build itself, later.
            units: those that are not done yet.
            on_done: called for each unit when it is done, where this process learns of it.

        Returns:
            Whether they have run; False where they will, and the build is finished then.
        """
        ...


@dataclass(frozen=True)
class LocalEngine:
    """Runs units in processes of this machine.

    Args:
        workers: number of processes; 1 works in this one.
    """

    workers: int = 1

    def load_ahead(self) -> None:
        """Begin to start the processes, while the plan is made; `run` does not need it."""
        if self.workers > 1:
            load_ahead()

    def run(self, worker: Worker, plan: Plan, units: Sequence[Unit], on_done: OnDone) -> bool:
        """See `Engine`.

        Raises:
            BuildError: a process was killed.
        """
        # Nobody else writes there now.
        worker.layout.clear_unfinished()
        if self.workers == 1:
            for unit in units:
                on_done(unit, worker.run(unit))
            return True
        try:
            for unit, record in self._in_processes(worker, units):
                on_done(unit, record)
        except BrokenProcessPool:
            message = "a worker process was killed (out of memory?)"
            raise BuildError(f"{message}; the same command goes on where it stopped") from None
        return True

    def _in_processes(
        self, worker: Worker, units: Sequence[Unit]
    ) -> Iterator[tuple[Unit, UnitRecord]]:
        with worker_pool(worker, self.workers) as pool:
            futures = {pool.submit(run_unit, unit): unit for unit in units}
            try:
                for future in as_completed(futures):
                    yield futures[future], future.result()
            finally:
                pool.shutdown(cancel_futures=True)


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
        """See `Engine`."""
        _require("slurm", "datatrove")
        from datatrove.executor.slurm import SlurmPipelineExecutor

        options: dict[str, Any] = {
            "time": self.time,
            "partition": self.partition,
            "mem_per_cpu_gb": math.ceil(self.memory),
            "venv_path": _activation(),
            # Not every cluster has the one that datatrove asks for; --sbatch qos=NAME names one.
            "qos": "",
            "sbatch_args": dict(self.sbatch),
            "skip_completed": False,
        }
        place = _records(worker, units)
        ending = {"tasks": 1, "job_name": "audio-flan-finish", "logging_dir": f"{place}/finish"}
        building: PipelineExecutor = SlurmPipelineExecutor(
            [UnitStep(worker, units)],
            tasks=len(units),
            workers=self.workers or -1,
            tasks_per_job=self.units_per_job,
            job_name="audio-flan",
            logging_dir=f"{place}/units",
            **options,
        )
        after = {"depends": building} if units else {}
        SlurmPipelineExecutor([FinishStep(worker, plan)], **ending, **after, **options).run()
        return False


@dataclass(frozen=True)
class RayEngine:
    """Runs units on a Ray cluster, and waits for them.

    The folder, the corpora and this package must be at the same paths on all nodes.

    Args:
        address: of the cluster; None for one of this machine, made for the build.
        memory: of a unit, GB.
        workers: units that run at once; None for as many as the cluster has processors.
    """

    address: str | None = None
    memory: float = 2
    workers: int | None = None

    def run(self, worker: Worker, plan: Plan, units: Sequence[Unit], on_done: OnDone) -> bool:
        """See `Engine`.

        Raises:
            BuildError: the cluster is not there, or a unit failed each time.
        """
        _require("ray", "datatrove", "ray")
        if not units:
            return True
        import ray
        from datatrove.executor.ray import RayPipelineExecutor

        _check_address(self.address)
        try:
            ray.init(self.address, include_dashboard=False, log_to_driver=False)
        except (ConnectionError, ValueError) as error:
            raise BuildError(f"no Ray cluster at {self.address}: {error}") from None
        try:
            place = f"{_records(worker, units)}/units"
            RayPipelineExecutor(
                [UnitStep(worker, units)],
                tasks=len(units),
                workers=self.workers or _processors(ray),
                mem_per_cpu_gb=self.memory,
                logging_dir=place,
                skip_completed=False,
            ).run()
        finally:
            ray.shutdown()
        records = worker.layout.read_records(unit.key for unit in units)
        for unit in units:
            if unit.key in records:
                on_done(unit, records[unit.key])
        if failed := len(units) - len(records):
            raise BuildError(
                f"{failed} of {len(units)} units failed; {place}/logs says why, and the same "
                "command goes on where it stopped"
            )
        return True


def _records(worker: Worker, units: Sequence[Unit]) -> str:
    """Where datatrove keeps its logs and records of these units."""
    url = worker.layout.store.url
    return f"{url}/{STATE}/engine/{digest_of([unit.key for unit in units])}"


def _activation() -> str | None:
    """The script that activates the virtual environment that this process runs in, if any."""
    script = Path(sys.prefix) / "bin" / "activate"
    return str(script) if script.exists() else None


def _check_address(address: str | None) -> None:
    """Check that somebody listens at HOST:PORT: Ray itself waits for a quarter of an hour."""
    host, _, port = (address or "").rpartition(":")
    if host and port.isdecimal() and "://" not in host:
        try:
            socket.create_connection((host, int(port)), timeout=10).close()
        except (OSError, OverflowError) as error:
            raise BuildError(f"no Ray cluster at {address}: {error}") from None


def _processors(ray: Any) -> int:
    return int(ray.cluster_resources().get("CPU", 1))


def _require(engine: str, *packages: str) -> None:
    if missing := [name for name in packages if find_spec(name) is None]:
        raise AudioFlanError(
            f"--engine {engine} needs {', '.join(missing)}; install audio-flan[cluster]"
        )
