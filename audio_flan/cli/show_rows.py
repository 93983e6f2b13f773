"""What `audio-flan show` prints: rows, with a description of their audio."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from audio_flan.cli.console import console

if TYPE_CHECKING:
    from audio_flan.dataset.layout import Layout


def show_rows(out: str, task: str, count: int) -> None:
    """Print the first rows of a task.

    Raises:
        BuildError: the folder holds no dataset.
        UnknownNameError: the dataset has no such task.
    """
    from audio_flan.dataset.layout import Layout
    from audio_flan.dataset.store import Store
    from audio_flan.errors import BuildError, UnknownNameError

    layout = Layout(Store(out.rstrip("/")))
    files = layout.final_files()
    if not files:
        raise BuildError(f"{out} holds no built dataset; `audio-flan build {out} …` makes one")
    built = sorted({name.split("/")[0] for name in files})
    if task not in built:
        raise UnknownNameError(f"task in {out}", task, built)
    for row in islice(_rows(layout, task, files, count), count):
        _show_row(task, row)


def _rows(layout: Layout, task: str, files: Sequence[str], count: int) -> Iterator[dict[str, Any]]:
    """The rows of a task, split by split."""
    import pyarrow.parquet as pq

    from audio_flan.model.splits import SPLITS

    for split in SPLITS:
        for name in files:
            if name.startswith(f"{task}/{split}-"):
                with layout.store.open(name) as file:
                    for batch in pq.ParquetFile(file).iter_batches(batch_size=count):
                        yield from batch.to_pylist()


def _show_row(task: str, row: dict[str, Any]) -> None:
    from audio_flan.model.instance import AUDIO_COLUMNS

    console.rule(f"{task} · {row['split'][0]} · {row['corpus']} · {row['uuid']}")
    for name in ("instruction", "input", "output"):
        console.print(f"[bold]{name}:[/bold] ", end="")
        console.print(row[name], markup=False)
    for column in AUDIO_COLUMNS:
        if row[column]:
            console.print(f"[bold]{column}:[/bold] {_describe(row[column])}")
    console.print("[bold]other:[/bold] ", end="")
    console.print(row["other"], markup=False)


def _describe(audio: dict[str, Any]) -> str:
    """Duration, rate, channels, level and size of an audio cell."""
    from audio_flan.media.audio import decode
    from audio_flan.simulate.level import decibels, power

    samples, rate = decode(audio)
    level = decibels(power(samples))
    seconds, size = samples.shape[1] / rate, len(audio["bytes"])
    return (
        f"{audio['path']}: {seconds:.2f} s, {rate} Hz, {samples.shape[0]} channel(s), "
        f"{level:.1f} dBFS RMS, {size:,} bytes"
    )
