"""The engine of Ray clusters: a Ray task for each unit, which Ray runs again where a node dies."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from audio_flan.build.engines.contract import OnDone, require
from audio_flan.build.engines.import_path import same_path
from audio_flan.build.options import Plan, Unit
from audio_flan.build.worker import Worker
from audio_flan.dataset.record import UnitRecord
from audio_flan.errors import BuildError

RETRIES = 5
"""Of a unit whose process or node dies; one that fails by itself would fail again."""


@dataclass(frozen=True)
class RayEngine:
    """Runs units on a Ray cluster, and waits for them.

    The folder, the corpora and this package must be at the same paths on all nodes.

    Args:
        address: of the cluster; None for one of this machine, made for the build.
        memory: of a unit, GB.
        workers: units that run at once; None for as many as the cluster has room for.
    """

    address: str | None = None
    memory: float = 2
    workers: int | None = None

    def run(self, worker: Worker, plan: Plan, units: Sequence[Unit], on_done: OnDone) -> bool:
        """See `Engine`.

        Raises:
            BuildError: the cluster is not there, or a unit failed.
        """
        require("ray", "ray")
        if not units:
            return True
        import ray

        self._connect()
        failures = []
        try:
            for unit, outcome in self._outcomes(worker, units):
                if isinstance(outcome, UnitRecord):
                    on_done(unit, outcome)
                else:
                    failures.append(f"{unit.config}, {unit.split} of {unit.corpus}: {outcome}")
        finally:
            ray.shutdown()
        if failures:
            raise BuildError(
                f"{len(failures)} of {len(units)} units failed (the first: {failures[0]}); "
                "run the same command again to resume"
            )
        return True

    def _connect(self) -> None:
        """Join the cluster, or make one.

        Raises:
            BuildError: the cluster is not there.
        """
        import ray
        from ray.job_config import JobConfig

        _check_address(self.address)
        # Ray would have workers import from the driver's current directory, unless it is a client.
        job = JobConfig.from_json({"client_job": True})
        # Without an address, Ray would join whatever cluster was last started on this machine.
        address = self.address or "local"
        try:
            with same_path():
                ray.init(address, job_config=job, include_dashboard=False, log_to_driver=False)
        except (ConnectionError, ValueError) as error:
            raise BuildError(f"no Ray cluster at {address}: {error}") from None

    def _outcomes(
        self, worker: Worker, units: Sequence[Unit]
    ) -> Iterator[tuple[Unit, UnitRecord | str]]:
        """What becomes of each unit, its record or why it has none, in the order they end."""
        import ray

        options = {"num_cpus": 1, "memory": int(self.memory * 1e9), "max_retries": RETRIES}
        task = ray.remote(_run).options(**options)
        # In a list, so that it is fetched once by each process and not for each unit.
        shared = [ray.put(worker)]
        waiting = iter(units)
        running: dict[Any, Unit] = {}
        for unit in waiting:
            running[task.remote(shared, unit)] = unit
            if len(running) == (self.workers or len(units)):
                break
        while running:
            (ended,), _ = ray.wait(list(running), num_returns=1)
            unit = running.pop(ended)
            if following := next(waiting, None):
                running[task.remote(shared, following)] = following
            try:
                yield unit, ray.get(ended)
            except ray.exceptions.RayTaskError as error:
                yield unit, str(error.cause)
            except ray.exceptions.RayError as error:
                yield unit, " ".join(str(error).split())


def _run(shared: list[Any], unit: Unit) -> UnitRecord:
    """Run a unit in a process of Ray's."""
    return _fetched(shared[0]).run(unit)


@cache
def _fetched(worker: Any) -> Worker:
    import ray

    fetched: Worker = ray.get(worker)
    return fetched


def _check_address(address: str | None) -> None:
    """Check that somebody listens at HOST:PORT: Ray itself waits for a quarter of an hour."""
    host, _, port = (address or "").rpartition(":")
    if host and port.isdecimal() and "://" not in host:
        try:
            socket.create_connection((host, int(port)), timeout=10).close()
        except (OSError, OverflowError) as error:
            raise BuildError(f"no Ray cluster at {address}: {error}") from None
