"""The commands that start a corpus or a task in a checkout of the project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

CORPUS = "audio-flan new corpus speech my_corpus --like Files"
TASK = "audio-flan new task speech speech_dialect_asr"

app = typer.Typer(
    help="Write the files of a new corpus or task into a checkout, with what is to be answered.",
    epilog=f"Examples:\n\n- `{CORPUS}`\n\n- `{TASK}`",
    no_args_is_help=True,
)

Domain = Annotated[str, typer.Argument(help="Domain: speech, music or audio.")]


@app.command(epilog=f"Examples:\n\n- `{CORPUS}`")
def corpus(
    domain: Domain,
    key: Annotated[str, typer.Argument(help="Name of the corpus in this library.")],
    like: Annotated[
        str,
        typer.Option(
            metavar="Rows|Files|Records",
            help="What holds its clips: the rows of a table, a tree of audio files, JSON records.",
        ),
    ],
) -> None:
    """Write a reader, its facts, a miniature, a case table and an audit, each to be filled in."""
    from audio_flan.cli.scaffold import find_checkout, write_corpus

    checkout = find_checkout(Path.cwd())
    _show(checkout, write_corpus(checkout, domain, key, like))


@app.command(epilog=f"Examples:\n\n- `{TASK}`")
def task(
    domain: Domain,
    config: Annotated[str, typer.Argument(help="Config name of the task in the taxonomy.")],
) -> None:
    """Write a task's class into the file of its major task, and its template file."""
    from audio_flan.cli.scaffold import find_checkout, write_task

    checkout = find_checkout(Path.cwd())
    _show(checkout, write_task(checkout, domain, config))
    typer.echo("`make format` sorts the imports.")


def _show(checkout: Path, files: Iterable[Path]) -> None:
    for file in files:
        typer.echo(file.relative_to(checkout))
    typer.echo("Each TODO is a question or a piece to write; CONTRIBUTING.md has the checklist.")
