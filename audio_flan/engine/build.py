"""Building a dataset: units run in processes, finished files renamed into place, and resumed.

A unit leaves its Parquet files and a record of its counts under `OUT/.build/`; a rerun skips the
units that have both. Only when all units are done do files get their final names.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

import audio_flan
from audio_flan.clip import Reject
from audio_flan.corpora.base import Corpus
from audio_flan.engine.finish import Layout, finish
from audio_flan.engine.parquet import write_parts
from audio_flan.engine.plan import Options, Unit
from audio_flan.engine.record import UnitRecord
from audio_flan.errors import BuildError
from audio_flan.generate import Generation, draw_pools
from audio_flan.tasks import get_task
from audio_flan.tasks.base import Pool


def build(
    out: Path,
    corpora: Sequence[Corpus],
    units: Sequence[Unit],
    options: Options,
    *,
    workers: int = 1,
    on_progress: Callable[[Unit, UnitRecord], None] = lambda unit, record: None,
) -> list[UnitRecord]:
    """Build a dataset, or go on with a build that was interrupted.

    Args:
        out: folder of the dataset; new, empty, or of an earlier build.
        corpora: the corpora that the plan was made of.
        units: the plan.
        options: the options that the plan was made with.
        workers: number of processes; 1 works in this one. It never changes the output.
        on_progress: called for each unit when it is done.

    Returns:
        The record of each unit, in the order of the plan.

    Raises:
        BuildError: the folder holds something else, the disk is full, a worker was killed.
        Unusable: at the first clip that can not be used, where the options ask for it.
    """
    layout = Layout(out)
    try:
        layout.prepare()
        parts = layout.find_parts()
        records = {u.key: record for u in units if (record := _done(layout, u, parts))}
        for unit in units:
            if unit.key in records:
                on_progress(unit, records[unit.key])
        waiting = [unit for unit in units if unit.key not in records]
        for unit, record in _run(layout, corpora, waiting, options, workers):
            records[unit.key] = record
            on_progress(unit, record)
        ordered = [records[unit.key] for unit in units]
        finish(layout, units, ordered)
    except OSError as error:
        raise _disk_error(error, out) from error
    except BrokenProcessPool:
        message = "a worker process was killed (out of memory?)"
        raise BuildError(f"{message}; the same command goes on where it stopped") from None
    return ordered


def _disk_error(error: OSError, out: Path) -> BuildError:
    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    what = "the disk is full" if error.errno in full else f"can not write: {error.strerror}"
    return BuildError(
        f"{what} ({error.filename or out}); free some space, and the same command goes on where it "
        "stopped"
    )


def _done(layout: Layout, unit: Unit, parts: dict[str, Path]) -> UnitRecord | None:
    """The record of a unit that is finished, with all its files; else None."""
    path = layout.record(unit.key)
    if not path.exists():
        return None
    record = UnitRecord.read(path)
    return record if all(part in parts for part in record.parts) else None


class Worker:
    """Runs units one after the other, in this process or in one of a pool.

    Args:
        layout: the build's folder.
        corpora: the corpora that are there.
        options: what changes the instances.
    """

    def __init__(self, layout: Layout, corpora: Sequence[Corpus], options: Options) -> None:
        self._layout, self._corpora, self._options = layout, corpora, options
        self._pools: dict[tuple[str, str], dict[str, Pool]] = {}

    def run(self, unit: Unit) -> UnitRecord:
        """Write one unit's files, its rejects and, last of all, its record.

        Raises:
            OSError: the disk is full or can not be written to; nothing half-written is left.
        """
        generation = Generation(
            get_task(unit.config),
            next(corpus for corpus in self._corpora if corpus.key == unit.corpus),
            unit.split,
            seed=self._options.seed,
            pools=self._draw_pools(unit),
            verify=self._options.verify,
            stop_at_reject=self._options.stop_at_reject,
        )
        instances = generation.instances(unit.shards, self._options.limit)
        parts = write_parts(instances, self._layout.parts, unit.key)
        self._write_rejects(unit, generation.rejects)
        names = tuple(part.stem for part in parts)
        record = UnitRecord(
            config=unit.config,
            corpus=unit.corpus,
            split=unit.split,
            parts=names,
            tally=generation.tally,
            version=audio_flan.__version__,
            options=asdict(self._options),
        )
        self._layout.write(self._layout.record(unit.key), f"{record.to_json()}\n")
        return record

    def _draw_pools(self, unit: Unit) -> dict[str, Pool]:
        """Auxiliary clips, read once for each task and split."""
        place = (unit.config, unit.split)
        if place not in self._pools:
            self._pools[place] = draw_pools(get_task(unit.config), self._corpora, unit.split)
        return self._pools[place]

    def _write_rejects(self, unit: Unit, rejects: Sequence[Reject]) -> None:
        lines = [
            json.dumps({**asdict(reject), "config": unit.config, "split": unit.split})
            for reject in rejects
        ]
        text = "".join(f"{line}\n" for line in lines)
        self._layout.write(self._layout.rejects(unit.key), text)


_worker: Worker | None = None
"""The worker of a pool's process."""


def _start_worker(layout: Layout, corpora: Sequence[Corpus], options: Options) -> None:
    global _worker
    _worker = Worker(layout, corpora, options)


def _run_in_pool(unit: Unit) -> UnitRecord:
    assert _worker is not None
    return _worker.run(unit)


def _run(
    layout: Layout,
    corpora: Sequence[Corpus],
    units: Sequence[Unit],
    options: Options,
    workers: int,
) -> Iterator[tuple[Unit, UnitRecord]]:
    """Run units, here or in processes, and yield them as they finish."""
    if workers == 1:
        worker = Worker(layout, corpora, options)
        for unit in units:
            yield unit, worker.run(unit)
        return
    # Spawned, not forked: a fork would share open archives and the threads of pyarrow.
    with ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),
        initializer=_start_worker,
        initargs=(layout, corpora, options),
    ) as pool:
        futures = {pool.submit(_run_in_pool, unit): unit for unit in units}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)
