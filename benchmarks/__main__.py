"""Run benchmarks: `python -m benchmarks [NAME ...] [--scale small|full] [--json FILE]`."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.measuring import Result

NARROWEST = 130
"""Columns of the table where the output is no terminal."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Name(StrEnum):
    """The benchmarks: each is a module of this package."""

    FIRST_ROW = "first_row"
    PASS_THROUGH = "pass_through"
    TEXT_ONLY = "text_only"
    START_UP = "start_up"
    RENDERING = "rendering"
    STREAMING = "streaming"
    WORKERS = "workers"
    MEMORY = "memory"


class Scale(StrEnum):
    """How much is measured."""

    SMALL = "small"
    FULL = "full"


@app.command()
def main(
    names: Annotated[
        list[Name] | None, typer.Argument(help="Benchmarks to run; all by default.")
    ] = None,
    scale: Annotated[Scale, typer.Option(help="small: minutes; full: needs 10 GB.")] = Scale.SMALL,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file too.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the input corpora, which stay for another run.")
    ] = None,
) -> None:
    """Measure the library against its peers; exit code 1 if a target is missed."""
    folder = data or Path(tempfile.gettempdir()) / "audio-flan-benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    # Nothing of `datasets` outside this folder.
    os.environ["HF_HOME"] = str(folder / "huggingface")
    # As a user's processes, ours do not compile each module anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    results: list[Result] = []
    for name in names or list(Name):
        print(f"{name.value} at {scale.value} scale …", end="", file=sys.stderr, flush=True)
        started = time.monotonic()
        results += import_module(f"benchmarks.{name.value}").run(folder, scale.value)
        print(f" {time.monotonic() - started:.0f} s", file=sys.stderr)
    show(results)
    if json_file:
        json_file.write_text(json.dumps(report(results, scale.value), indent=1) + "\n")
    raise typer.Exit(any(result.met is False for result in results))


def show(results: Sequence[Result]) -> None:
    """Print the table."""
    table = Table("what", "ours", "peer or floor", "ratio", "target", "met")
    for result in results:
        peer = f"{result.show(result.peer)} ({result.peer_name})" if result.peer else "-"
        if result.peer is None and result.peer_name:
            peer = result.peer_name
        ratio = f"{result.ratio:.2f}" if result.ratio is not None else "-"
        met = {None: "-", True: "yes", False: "[red]NO[/red]"}[result.met]
        ours = result.show(result.ours)
        table.add_row(result.what, ours, peer, ratio, result.target or "-", met)
    width = None if sys.stdout.isatty() else NARROWEST
    Console(highlight=False, width=width).print(table)


def report(results: Sequence[Result], scale: str) -> dict[str, Any]:
    """All figures, with what they were measured on."""
    packages = ("audio-flan", "datasets", "numpy", "pyarrow", "scipy", "soundfile", "soxr")
    return {
        "scale": scale,
        "machine": {"platform": platform.platform(), "cores": os.cpu_count()},
        "python": platform.python_version(),
        "packages": {package: version(package) for package in packages},
        "results": [{**asdict(result), "ratio": result.ratio} for result in results],
    }


if __name__ == "__main__":
    app()
