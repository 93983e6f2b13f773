"""The engine of this machine: units run in this process, or in several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from audio_flan.build.engines.contract import OnDone
from audio_flan.build.engines.processes import preload, submit, worker_pool
from audio_flan.build.options import Plan, Unit
from audio_flan.build.plan import by_lines
from audio_flan.build.worker import Worker
from audio_flan.dataset.record import UnitRecord
from audio_flan.errors import BuildError


@dataclass(frozen=True)
class LocalEngine:
    """Runs units in processes of this machine.

    Args:
        workers: number of processes; 1 works in this one.
    """

    workers: int = 1

    def preload(self) -> None:
        """Begin to start the processes, while the plan is made; `run` does not need it."""
        if self.workers > 1:
            preload()

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
            for unit, record in self._in_processes(worker, plan, units):
                on_done(unit, record)
        except BrokenProcessPool:
            message = "a worker process was killed (out of memory?)"
            raise BuildError(f"{message}; run the same command again to resume") from None
        return True

    def _in_processes(
        self, worker: Worker, plan: Plan, units: Sequence[Unit]
    ) -> Iterator[tuple[Unit, UnitRecord]]:
        with worker_pool(worker, self.workers) as pool:
            # The largest of the same lines first, so that all processes end at about one time.
            largest_first = by_lines(sorted(units, key=plan.clips_of, reverse=True))
            futures = submit(pool, largest_first)
            # The end of the build needs them, and this process only waits meanwhile.
            import jinja2  # noqa: F401
            import pyarrow.parquet  # noqa: F401

            try:
                for future in as_completed(futures):
                    yield futures[future], future.result()
            finally:
                pool.shutdown(cancel_futures=True)
