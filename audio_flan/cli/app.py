"""The command line: every command is one call into the library."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audio_flan.cli import new
from audio_flan.cli import options as given
from audio_flan.cli.option_groups import with_option_groups
from audio_flan.version import __version__

if TYPE_CHECKING:
    from audio_flan.build.engines.contract import Engine
    from audio_flan.build.options import Options, Plan
    from audio_flan.corpora.contract import Corpus


def _examples(*commands: str) -> str:
    """The end of a help page."""
    # Blank lines, as earlier versions of Typer join all others.
    return "\n\n".join(("Examples:", *(f"- `{command}`" for command in commands)))


app = typer.Typer(
    help="Turn public audio corpora, as they lie on disk, into instruction data for audio models.",
    epilog=_examples(
        "audio-flan miniatures corpora",
        "audio-flan build out --root corpora --workers 2",
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"audio-flan {__version__}")
        raise typer.Exit


@app.callback()
def before_any_command(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Options that stand before the command."""


@app.command(epilog=_examples("audio-flan tasks", "audio-flan tasks --json"))
def tasks(json: given.Json = False) -> None:
    """List the 80 tasks and the corpora that each can be built from."""
    from audio_flan.cli.show_tasks import show_tasks, task_list

    show_tasks(task_list(), as_json=json)


@app.command(epilog=_examples("audio-flan corpora", "audio-flan corpora --root corpora --json"))
def corpora(
    root: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Look for the corpora in this folder or URL."),
    ] = None,
    json: given.Json = False,
) -> None:
    """List the corpora: what each provides, which tasks it serves, and how to get it."""
    from audio_flan.cli.show_corpora import corpus_list, show_corpora

    show_corpora(corpus_list(root), as_json=json)


@app.command(epilog=_examples("audio-flan templates", "audio-flan templates --json"))
def templates(json: given.Json = False) -> None:
    """List the templates of each task: how many there are and how varied they are."""
    from audio_flan.cli.show_templates import show_templates, template_list

    show_templates(template_list(), as_json=json)


@app.command(
    epilog=_examples(
        "audio-flan plan out --root corpora",
        "audio-flan plan out --root corpora --task speech_asr --json",
    )
)
@with_option_groups
def plan(out: given.Out, contents: given.Contents, json: given.Json = False) -> None:
    """Estimate what a build with the same options would make: its work units and their sizes."""
    from audio_flan.build.estimate import write_estimates
    from audio_flan.cli.show_plan import show_plan

    found, planned = _planned(contents, _options(contents))
    show_plan(write_estimates(out, found, planned), as_json=json)


@app.command(
    epilog=_examples(
        "audio-flan build out --root corpora --task speech_asr --workers 4",
        "audio-flan build out --corpus ljspeech=LJSpeech-1.1 --limit 100",
    )
)
@with_option_groups
def build(
    out: given.Out,
    contents: given.Contents,
    machines: given.Machines,
    on_error: given.OnError = "skip",
) -> None:
    """Build a dataset of Parquet files from corpora, on this machine or on a cluster."""
    # Before the other imports, since the worker processes start loading meanwhile.
    engine = _engine(machines)

    from audio_flan.build.build import build as build_dataset
    from audio_flan.cli.progress import progress_bar
    from audio_flan.cli.show_build import show_build

    if machines.engine != "local":
        # The processes of a cluster start in folders of their own.
        out, contents = _absolute(out), _with_absolute_paths(contents)
    found, planned = _planned(contents, _options(contents, on_error))
    with progress_bar("building", "units, {:,} instances", len(planned.units)) as bar:
        records = build_dataset(
            out,
            found,
            planned,
            engine=engine,
            on_progress=lambda unit, record: bar.advance(record.tally.made),
        )
    show_build(out, records)


def _options(contents: given.Contents, on_error: str = "skip") -> Options:
    """The options of a build, as the library takes them."""
    from audio_flan.build.options import Options
    from audio_flan.errors import AudioFlanError, UnknownNameError

    if on_error not in ("skip", "raise"):
        raise UnknownNameError("value of --on-error", on_error, ("skip", "raise"))
    least, most = contents.min_seconds, contents.max_seconds
    if least is not None and most is not None and least > most:
        raise AudioFlanError(f"--min-seconds {least:g} is more than --max-seconds {most:g}")
    return Options(
        seed=contents.seed,
        limit=contents.limit,
        verify=contents.verify_audio,
        stop_at_reject=on_error == "raise",
        min_seconds=least,
        max_seconds=most,
        per_task_cap=contents.per_task_cap,
        unseen=tuple(contents.unseen or ()),
        licenses=tuple(contents.license or ()),
        commercial=contents.commercial,
    )


def _engine(machines: given.Machines) -> Engine:
    """Where a build runs."""
    from audio_flan.build.engines.local import LocalEngine
    from audio_flan.build.engines.ray import RayEngine
    from audio_flan.build.engines.slurm import SlurmEngine
    from audio_flan.errors import AudioFlanError, UnknownNameError

    name, memory, workers = machines.engine, machines.memory, machines.workers
    if name == "local":
        local = LocalEngine(workers or 1)
        local.preload()
        return local
    if name == "ray":
        return RayEngine(machines.ray_address, memory, workers)
    if name != "slurm":
        raise UnknownNameError("value of --engine", name, ("local", "slurm", "ray"))
    if not machines.partition:
        raise AudioFlanError("--engine slurm needs --partition")
    more = dict(text.partition("=")[::2] for text in machines.sbatch or ())
    return SlurmEngine(
        machines.partition, machines.time, memory, workers, machines.units_per_job, more
    )


def _planned(contents: given.Contents, options: Options) -> tuple[list[Corpus], Plan]:
    """The corpora of a build, and its plan."""
    from audio_flan.build.choose import choose_corpora, choose_tasks, left_out
    from audio_flan.build.plan import make_plan
    from audio_flan.cli.progress import progress_bar
    from audio_flan.corpora.find import find_corpora

    paths = dict(_key_and_path(text) for text in contents.corpus) if contents.corpus else None
    configs = choose_tasks(contents.task)
    found = choose_corpora(find_corpora(contents.root, paths), options)
    if not contents.task and (names := left_out()):
        typer.echo(f"left out: {', '.join(names)}; install audio-flan[simulate]", err=True)
    with progress_bar("reading metadata", "shards") as bar:
        return found, make_plan(found, configs, contents.split, options, bar.reach)


def _key_and_path(text: str) -> tuple[str, str | None]:
    key, _, path = text.partition("=")
    return key, path or None


def _absolute(path: str) -> str:
    from audio_flan.media.files import is_url

    return path if is_url(path) else str(Path(path).absolute())


def _with_absolute_paths(contents: given.Contents) -> given.Contents:
    pairs = [_key_and_path(text) for text in contents.corpus or ()]
    return replace(
        contents,
        root=contents.root and _absolute(contents.root),
        corpus=[f"{key}={_absolute(path)}" if path else key for key, path in pairs],
    )


@app.command(
    epilog=_examples("audio-flan show out speech_asr", "audio-flan show out speech_asr -n 10")
)
def show(
    out: given.Built,
    task: Annotated[str, typer.Argument(help="Config name of the task.")],
    n: Annotated[int, typer.Option("-n", metavar="N", min=1, help="Number of rows.")] = 3,
) -> None:
    """Print rows in a readable form, with duration, sampling rate and level of each audio."""
    from audio_flan.cli.show_rows import show_rows

    show_rows(out, task, n)


@app.command(epilog=_examples("audio-flan check out", "audio-flan check out --sample 100"))
def check(
    out: given.Built,
    sample: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Decode the audio of only N rows of each file. Default: decode all audio.",
        ),
    ] = None,
) -> None:
    """Check every file of a dataset for faults; the exit code is 1 if there are any."""
    from audio_flan.check.check import check as check_dataset
    from audio_flan.cli.progress import progress_bar
    from audio_flan.cli.show_check import show_report

    with progress_bar("checking", "files, {:,} rows") as bar:
        report = check_dataset(out, sample=sample, on_start=bar.start, on_progress=bar.advance)
    show_report(report)
    if report.findings.counts:
        raise typer.Exit(1)


@app.command(
    epilog=_examples(
        "audio-flan push out ORG/NAME --dry-run",
        "audio-flan push out ORG/NAME --without-audio --private",
    )
)
@with_option_groups
def push(
    out: Annotated[Path, typer.Argument(help="Folder of a finished build.")],
    repo: Annotated[str, typer.Argument(metavar="ORG/NAME", help="Dataset repository on the Hub.")],
    how: given.Publication,
) -> None:
    """Publish a built dataset on the HuggingFace Hub; an interrupted push resumes."""
    from audio_flan.cli.show_push import show_push, show_upload
    from audio_flan.hub.push import Destination
    from audio_flan.hub.push import push as push_dataset

    destination = Destination(repo, how.private, how.revision, how.create_pr)
    result = push_dataset(
        out,
        destination,
        with_rights=how.i_have_the_rights,
        without_audio=how.without_audio,
        dry_run=how.dry_run,
        on_ready=lambda upload: show_upload(upload, destination),
    )
    show_push(result)


# The name that the command had before.
@app.command("sample", hidden=True)
@app.command(
    epilog=_examples("audio-flan miniatures corpora", "audio-flan miniatures data/miniatures")
)
def miniatures(
    folder: Annotated[Path, typer.Argument(help="Folder to write them to.")],
) -> None:
    """Write the package's miniature corpora, each in its publisher's layout."""
    from audio_flan.corpora.miniatures import write_miniatures

    for key, path in write_miniatures(folder).items():
        typer.echo(f"{key}: {path}")


@app.command(
    epilog=_examples(
        "audio-flan explain out 6c5f1725",
        "audio-flan explain out 6c5f1725 --root corpora --rebuild",
    )
)
def explain(
    out: Annotated[str, typer.Argument(help="Folder or URL of a built dataset.")],
    uuid: Annotated[str, typer.Argument(help="uuid of a row, or its first 8 characters or more.")],
    root: given.Root = None,
    corpus: given.Corpora = None,
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="Make the row again from the corpora, and compare it."),
    ] = False,
    json: given.Json = False,
) -> None:
    """Print what a row is made of: its sources, wording and build; exit code 1 if a row that is
    made again is not the same."""
    from audio_flan.build.rebuild import rebuild as rebuild_row
    from audio_flan.cli.show_explain import show_explanation
    from audio_flan.dataset.explain import explain as explain_row

    paths = dict(_key_and_path(text) for text in corpus or ())
    places = {key: path for key, path in paths.items() if path}
    row = explain_row(out, uuid, places=places, root=root)
    rebuilt = rebuild_row(row, root=root, corpora=paths or None) if rebuild else None
    show_explanation(row, rebuilt, as_json=json)
    if rebuilt and not rebuilt.is_same:
        raise typer.Exit(1)


app.add_typer(new.app, name="new")


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; a user's mistake ends in one line on stderr and exit code 2."""
    from audio_flan.build.engines.import_path import safe_path
    from audio_flan.errors import AudioFlanError

    try:
        with safe_path():
            return app(arguments)
    except AudioFlanError as error:
        print(f"audio-flan: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"audio-flan: {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("audio-flan: interrupted; run the same command again to resume", file=sys.stderr)
        sys.exit(130)
