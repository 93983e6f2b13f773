"""The command line: every command is one call into the library."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from audio_flan.engine.plan import Options

app = typer.Typer(
    help="Turn audio corpora, as published, into Audio-FLAN: instruction data for audio models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
CorpusOption = Annotated[
    list[str] | None,
    typer.Option(
        "--corpus",
        metavar="KEY[=PATH]",
        help="Only this corpus, and where it lies if not under the root. Repeatable.",
    ),
]


@app.command(epilog="Example: `audio-flan tasks --json`")
def tasks(json: Json = False) -> None:
    """List the 80 tasks, and which of them can be built from which corpora."""
    from audio_flan import listing

    listing.show_tasks(listing.task_list(), as_json=json)


@app.command(epilog="Example: `audio-flan corpora --root corpora`")
def corpora(
    root: Annotated[str | None, typer.Option(help="Look for the corpora in this folder.")] = None,
    json: Json = False,
) -> None:
    """List the corpora: what each provides and serves, whether it is there, where to get it."""
    from audio_flan import listing

    listing.show_corpora(listing.corpus_list(root), as_json=json)


@app.command(epilog="Example: `audio-flan templates`")
def templates(json: Json = False) -> None:
    """List the wordings of each task: how many there are, and how varied they are."""
    from audio_flan import listing

    listing.show_templates(listing.template_list(), as_json=json)


@app.command(epilog="Example: `audio-flan build out --root corpora --task speech_asr --workers 4`")
def build(
    out: Annotated[Path, typer.Argument(help="Folder of the dataset; a rerun goes on in it.")],
    root: Annotated[
        str | None, typer.Option(help="Folder or URL with one folder for each corpus.")
    ] = None,
    corpus: CorpusOption = None,
    task: Annotated[list[str] | None, typer.Option(help="Only this task. Repeatable.")] = None,
    split: Annotated[
        list[str] | None, typer.Option(help="Only train, validation or test. Repeatable.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes. They never change the output.")
    ] = 1,
    seed: Annotated[int, typer.Option(help="Seed of all draws.")] = 0,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Most instances per task, corpus and split.")
    ] = None,
    on_error: Annotated[
        str, typer.Option(metavar="skip|raise", help="What to do about a clip that is of no use.")
    ] = "skip",
    verify_audio: Annotated[
        bool, typer.Option("--verify-audio", help="Decode all audio instead of its header only.")
    ] = False,
) -> None:
    """Build a dataset of Parquet files from corpora on disk."""
    from audio_flan.engine.plan import Options
    from audio_flan.errors import UnknownNameError

    if on_error not in ("skip", "raise"):
        raise UnknownNameError("value of --on-error", on_error, ("skip", "raise"))
    options = Options(seed, limit, verify_audio, stop_at_reject=on_error == "raise")
    _build(out, root, corpus, task, split, workers, options)


def _build(
    out: Path,
    root: str | None,
    corpus: list[str] | None,
    task: list[str] | None,
    split: list[str] | None,
    workers: int,
    options: Options,
) -> None:
    from audio_flan import listing
    from audio_flan.corpora.finding import find_corpora
    from audio_flan.engine.build import build as build_dataset
    from audio_flan.engine.plan import choose_tasks, left_out, make_plan

    places = dict(_key_and_path(text) for text in corpus) if corpus else None
    configs = choose_tasks(task)
    found = find_corpora(root, places)
    units = make_plan(found, configs, split, options)
    if not task and (names := left_out()):
        typer.echo(f"left out: {', '.join(names)}; they need audio-flan[simulate]", err=True)
    with listing.progress(len(units)) as on_progress:
        records = build_dataset(
            out, found, units, options, workers=workers, on_progress=on_progress
        )
    listing.show_build(out, records)


def _key_and_path(text: str) -> tuple[str, str | None]:
    key, _, path = text.partition("=")
    return key, path or None


@app.command(epilog="Example: `audio-flan show out speech_asr -n 2`")
def show(
    out: Annotated[Path, typer.Argument(help="Folder of a built dataset.")],
    task: Annotated[str, typer.Argument(help="Config name of the task.")],
    n: Annotated[int, typer.Option("-n", min=1, help="Number of rows.")] = 3,
) -> None:
    """Print rows as a person reads them, with duration, rate and level of each audio."""
    from audio_flan import listing

    listing.show_rows(out, task, n)


@app.command(epilog="Example: `audio-flan push out HKUSTAudio/Audio-FLAN --dry-run`")
def push(
    out: Annotated[Path, typer.Argument(help="Folder of a finished build.")],
    repo: Annotated[str, typer.Argument(metavar="ORG/NAME", help="Dataset repository.")],
    private: Annotated[
        bool, typer.Option("--private", help="Nobody else may see the repository.")
    ] = False,
    revision: Annotated[str | None, typer.Option(help="Branch, made if it is new.")] = None,
    create_pr: Annotated[
        bool, typer.Option("--create-pr", help="Open a pull request instead of writing to main.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")
    ] = False,
    rights: Annotated[
        bool, typer.Option("--i-have-the-rights", help="Send all audio, whatever the licences say.")
    ] = False,
    without_audio: Annotated[
        bool, typer.Option("--without-audio", help="Send no audio that may not be published again.")
    ] = False,
) -> None:
    """Publish a built dataset on the HuggingFace Hub; a rerun goes on where it stopped."""
    from audio_flan import listing
    from audio_flan.hub.push import Destination
    from audio_flan.hub.push import push as push_dataset

    destination = Destination(repo, private, revision, create_pr)
    receipt = push_dataset(
        out,
        destination,
        with_rights=rights,
        without_audio=without_audio,
        dry_run=dry_run,
        on_ready=lambda cargo: listing.show_cargo(cargo, destination),
    )
    listing.show_receipt(receipt)


@app.command(epilog="Example: `audio-flan sample corpora`")
def sample(
    folder: Annotated[Path, typer.Argument(help="Folder to write them to.")],
) -> None:
    """Write the miniature corpora of the package, each in its publisher's layout."""
    from audio_flan.samples import write_samples

    for key, path in write_samples(folder).items():
        typer.echo(f"{key}: {path}")


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; a user's mistake ends in one line on stderr and exit code 2."""
    from audio_flan.errors import AudioFlanError

    try:
        return app(arguments)
    except AudioFlanError as error:
        print(f"audio-flan: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"audio-flan: {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("audio-flan: interrupted; the same command goes on where it stopped", file=sys.stderr)
        sys.exit(130)
