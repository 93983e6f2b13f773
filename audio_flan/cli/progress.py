"""The progress bar of commands that take long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)


@dataclass
class ProgressBar:
    """A progress bar over steps, which may also count what the steps make.

    Args:
        progress: what draws it.
        task: its number there.
        counts: what is counted, after the number of steps; "{:,}" stands for what was made.
        made: what the steps have made so far.
    """

    progress: Progress
    task: TaskID
    counts: str
    made: int = 0

    def start(self, total: int) -> None:
        """Set the number of steps."""
        self.progress.update(self.task, total=total)

    def advance(self, made: int = 0) -> None:
        """Count one more step, and what it made."""
        self.made += made
        self.progress.update(self.task, advance=1, counts=self.counts.format(self.made))

    def reach(self, done: int, total: int) -> None:
        """Set the number of steps that are done, and of all."""
        self.progress.update(self.task, completed=done, total=total)


@contextmanager
def progress_bar(title: str, counts: str, total: int | None = None) -> Iterator[ProgressBar]:
    """A progress bar on stderr while a block runs; invisible where stderr is not a terminal.

    Args:
        title: what is being done.
        counts: as for `ProgressBar`.
        total: number of steps; None where it is not known yet.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
    )
    stderr = Console(stderr=True)
    quiet = not stderr.is_terminal
    with Progress(*columns, console=stderr, transient=True, disable=quiet) as progress:
        task = progress.add_task(title, total=total, counts=counts.format(0))
        yield ProgressBar(progress, task, counts)
