"""Building a dataset: units run somewhere, finished files renamed into place, and resumed.

A unit leaves its Parquet files and a record of its counts under `OUT/.build/`; a rerun skips the
units that have both. Only when all units are done do files get their final names.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, replace

from audio_flan.build.engines.contract import Engine, OnDone
from audio_flan.build.engines.local import LocalEngine
from audio_flan.build.finish import finish
from audio_flan.build.options import Plan
from audio_flan.build.plan import by_lines
from audio_flan.build.worker import Worker
from audio_flan.corpora.contract import Corpus
from audio_flan.dataset.layout import Layout
from audio_flan.dataset.record import UnitRecord
from audio_flan.dataset.store import Store
from audio_flan.errors import BuildError
from audio_flan.media.files import is_url, remote_errors

TRY_AGAIN = ("audio-unreadable",)
"""Reasons of rejects that may not recur in the next run, even if no file has changed."""

LOCAL = LocalEngine()


def build(
    out: str,
    corpora: Sequence[Corpus],
    plan: Plan,
    *,
    engine: Engine = LOCAL,
    on_progress: OnDone = lambda unit, record: None,
) -> list[UnitRecord] | None:
    """Build a dataset, or resume a build that was interrupted.

    Args:
        out: folder of the dataset, local or a URL; new, empty, or of an earlier build.
        corpora: the corpora that the plan was made of.
        plan: what to do.
        engine: where the units run. It never changes the output.
        on_progress: called for each unit when it is done.

    Returns:
        The record of each unit, in the order of the plan; None where they will run later.

    Raises:
        BuildError: the folder holds something else, the disk is full, a worker was killed, a corpus
            cannot be read.
        Unusable: at the first clip that cannot be used, where the options ask for it.
    """
    layout = Layout(Store(out.rstrip("/")))
    with explained(out):
        layout.check_is_build()
        done = find_done(layout, plan)
        _adopt(layout, plan, done)
        for unit in plan.units:
            if unit.key in done:
                on_progress(unit, done[unit.key])
        waiting = by_lines([unit for unit in plan.units if unit.key not in done])
        worker = Worker(layout, corpora, plan.options)
        if not engine.run(worker, plan, waiting, on_progress):
            return None
        return finish(layout, plan)


def find_done(layout: Layout, plan: Plan) -> dict[str, UnitRecord]:
    """The records of the units that need not run again, by key.

    Args:
        layout: the build's folder.
        plan: what to do.
    """
    records = layout.read_records(unit.key for unit in plan.units)
    parts = layout.find_parts() if records else {}
    return {
        key: record
        for key, record in records.items()
        if all(part in parts for part in record.parts)
        and not any(record.tally.rejected[reason] for reason in TRY_AGAIN)
    }


def _adopt(layout: Layout, plan: Plan, done: dict[str, UnitRecord]) -> None:
    """Put the current options into records: those that change no unit (licences, other tasks)."""
    options = UnitRecord.plain(asdict(plan.options))
    for key, record in done.items():
        if record.options != options:
            done[key] = replace(record, options=options)
            layout.write_record(key, done[key])


@contextmanager
def explained(out: str) -> Iterator[None]:
    """Turn what goes wrong with a build's folder into a line that says what to do.

    Args:
        out: the folder, local or a URL.
    """
    try:
        with remote_errors(out) if is_url(out) else nullcontext():
            yield
    except OSError as error:
        full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        reason = error.strerror or str(error)
        what = "the disk is full" if error.errno in full else f"cannot write: {reason}"
        raise BuildError(
            f"{what} ({error.filename or out}); free some space or fix the cause, then run the "
            "same command again to resume"
        ) from error
