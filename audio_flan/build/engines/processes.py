"""The worker processes of this machine: forked from a server that has loaded what they need.

The server does nothing but import, once for all of them, and may do so while the plan is made. A
fork of the driver itself would share its open archives and the threads of pyarrow.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import forkserver, get_context, parent_process
from threading import Thread

from audio_flan.build.engines.import_path import same_path
from audio_flan.build.options import Unit
from audio_flan.build.worker import Worker
from audio_flan.dataset.record import UnitRecord

METHOD = "forkserver" if sys.platform == "linux" else "spawn"
"""How processes start; system libraries of other platforms do not bear forks."""


def preload() -> None:
    """Begin to load, in the background, what worker processes need."""
    if METHOD == "forkserver":
        forkserver.set_forkserver_preload(["audio_flan.build.engines.preload"])
        with same_path():
            forkserver.ensure_running()


def worker_pool(worker: Worker, count: int) -> ProcessPoolExecutor:
    """A pool of processes that run units; see `submit`.

    Args:
        worker: what each of them works by.
        count: their number.
    """
    preload()
    with same_path():
        return ProcessPoolExecutor(
            count, mp_context=get_context(METHOD), initializer=_start, initargs=(worker,)
        )


def submit(pool: ProcessPoolExecutor, units: Iterable[Unit]) -> dict[Future[UnitRecord], Unit]:
    """Give units to a pool, which starts its processes as they come.

    Args:
        pool: of `worker_pool`.
        units: in the order in which they begin.
    """
    with same_path():
        return {pool.submit(_run, unit): unit for unit in units}


_worker: Worker | None = None
"""The worker of this process."""


def _start(worker: Worker) -> None:
    global _worker
    _worker = worker
    Thread(target=_end_with_the_driver, daemon=True).start()


def _end_with_the_driver() -> None:
    """A pool's process would wait for ever for work from a driver that was killed."""
    driver = parent_process()
    assert driver is not None
    driver.join()
    os._exit(1)


def _run(unit: Unit) -> UnitRecord:
    """Run a unit in a process of the pool."""
    assert _worker is not None
    return _worker.run(unit)
