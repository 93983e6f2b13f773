"""The command line: every command is one call into the library."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import audio_flan
from audio_flan.cli import options as given

if TYPE_CHECKING:
    from audio_flan.build.engines.contract import Engine
    from audio_flan.build.options import Options, Plan
    from audio_flan.corpora.contract import Corpus

app = typer.Typer(
    help="Turn audio corpora, as published, into Audio-FLAN: instruction data for audio models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"audio-flan {audio_flan.__version__}")
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


@app.command(epilog="Example: `audio-flan tasks --json`")
def tasks(json: given.Json = False) -> None:
    """List the 80 tasks, and which of them can be built from which corpora."""
    from audio_flan.cli import show

    show.show_tasks(show.task_list(), as_json=json)


@app.command(epilog="Example: `audio-flan corpora --root corpora`")
def corpora(
    root: Annotated[str | None, typer.Option(help="Look for the corpora in this folder.")] = None,
    json: given.Json = False,
) -> None:
    """List the corpora: what each provides and serves, whether it is there, where to get it."""
    from audio_flan.cli import show

    show.show_corpora(show.corpus_list(root), as_json=json)


@app.command(epilog="Example: `audio-flan templates`")
def templates(json: given.Json = False) -> None:
    """List the wordings of each task: how many there are, and how varied they are."""
    from audio_flan.cli import show

    show.show_templates(show.template_list(), as_json=json)


@app.command(epilog="Example: `audio-flan plan out --root corpora --task speech_asr`")
def plan(
    context: typer.Context,
    out: given.Out,
    root: given.Root = None,
    corpus: given.Corpora = None,
    task: given.Tasks = None,
    split: given.Splits = None,
    seed: given.Seed = 0,
    limit: given.Limit = None,
    per_task_cap: given.PerTaskCap = None,
    min_seconds: given.MinSeconds = None,
    max_seconds: given.MaxSeconds = None,
    unseen: given.Unseen = None,
    license: given.Licenses = None,
    commercial: given.Commercial = False,
    verify_audio: given.VerifyAudio = False,
    json: given.Json = False,
) -> None:
    """Say what a build of the same options would do: its work units, and how large they are."""
    from audio_flan.build.estimate import write_estimates
    from audio_flan.cli import show

    found, planned = _planned(root, corpus, task, split, _options(**context.params))
    show.show_plan(write_estimates(out, found, planned), as_json=json)


@app.command(epilog="Example: `audio-flan build out --root corpora --task speech_asr --workers 4`")
def build(
    context: typer.Context,
    out: given.Out,
    root: given.Root = None,
    corpus: given.Corpora = None,
    task: given.Tasks = None,
    split: given.Splits = None,
    seed: given.Seed = 0,
    limit: given.Limit = None,
    per_task_cap: given.PerTaskCap = None,
    min_seconds: given.MinSeconds = None,
    max_seconds: given.MaxSeconds = None,
    unseen: given.Unseen = None,
    license: given.Licenses = None,
    commercial: given.Commercial = False,
    on_error: given.OnError = "skip",
    verify_audio: given.VerifyAudio = False,
    workers: given.Workers = None,
    engine: given.EngineName = "local",
    partition: given.Partition = None,
    time: given.Time = "24:00:00",
    memory: given.Memory = 4,
    units_per_job: given.UnitsPerJob = 1,
    sbatch: given.Sbatch = None,
    ray_address: given.RayAddress = None,
) -> None:
    """Build a dataset of Parquet files from corpora, on this machine or on a cluster."""
    # First of all, as it may load ahead.
    chosen = _engine(**context.params)

    from audio_flan.build.build import build as build_dataset
    from audio_flan.cli import show

    options = _options(**context.params)
    if engine != "local":
        # The processes of a cluster start in folders of their own.
        out, root = _absolute(out), root and _absolute(root)
        corpus = corpus and [_absolute_place(text) for text in corpus]
    found, planned = _planned(root, corpus, task, split, options)
    with show.progress(len(planned.units)) as on_progress:
        records = build_dataset(out, found, planned, engine=chosen, on_progress=on_progress)
    show.show_build(out, records)


def _options(
    *, verify_audio: bool, on_error: str = "skip", unseen: Any, license: Any, **given: Any
) -> Options:
    """The options of a build, out of those of its command."""
    from audio_flan.build.options import Options
    from audio_flan.errors import AudioFlanError, UnknownNameError

    if on_error not in ("skip", "raise"):
        raise UnknownNameError("value of --on-error", on_error, ("skip", "raise"))
    options = Options(
        verify=verify_audio,
        stop_at_reject=on_error == "raise",
        unseen=tuple(unseen or ()),
        licenses=tuple(license or ()),
        **{field.name: given[field.name] for field in fields(Options) if field.name in given},
    )
    least, most = options.min_seconds, options.max_seconds
    if least is not None and most is not None and least > most:
        raise AudioFlanError(f"--min-seconds {least:g} is more than --max-seconds {most:g}")
    return options


def _engine(
    *,
    engine: str,
    workers: int | None,
    partition: str | None,
    time: str,
    memory: float,
    units_per_job: int,
    sbatch: list[str] | None,
    ray_address: str | None,
    **others: Any,
) -> Engine:
    """Where a build runs, out of the options of its command."""
    from audio_flan.build.engines.local import LocalEngine
    from audio_flan.build.engines.ray import RayEngine
    from audio_flan.build.engines.slurm import SlurmEngine
    from audio_flan.errors import AudioFlanError, UnknownNameError

    if engine == "local":
        local = LocalEngine(workers or 1)
        local.preload()
        return local
    if engine == "ray":
        return RayEngine(ray_address, memory, workers)
    if engine != "slurm":
        raise UnknownNameError("value of --engine", engine, ("local", "slurm", "ray"))
    if not partition:
        raise AudioFlanError("--engine slurm needs --partition")
    more = dict(text.partition("=")[::2] for text in sbatch or ())
    return SlurmEngine(partition, time, memory, workers, units_per_job, more)


def _planned(
    root: str | None,
    corpus: list[str] | None,
    task: list[str] | None,
    split: list[str] | None,
    options: Options,
) -> tuple[list[Corpus], Plan]:
    from audio_flan.build.choose import choose_corpora, choose_tasks, left_out
    from audio_flan.build.plan import make_plan
    from audio_flan.cli import show
    from audio_flan.corpora.find import find_corpora

    paths = dict(_key_and_path(text) for text in corpus) if corpus else None
    configs = choose_tasks(task)
    found = choose_corpora(find_corpora(root, paths), options)
    if not task and (names := left_out()):
        typer.echo(f"left out: {', '.join(names)}; they need audio-flan[simulate]", err=True)
    with show.reading_progress() as on_read:
        return found, make_plan(found, configs, split, options, on_read)


def _key_and_path(text: str) -> tuple[str, str | None]:
    key, _, path = text.partition("=")
    return key, path or None


def _absolute(path: str) -> str:
    from audio_flan.media.files import is_url

    return path if is_url(path) else str(Path(path).absolute())


def _absolute_place(text: str) -> str:
    key, path = _key_and_path(text)
    return f"{key}={_absolute(path)}" if path else key


@app.command(epilog="Example: `audio-flan show out speech_asr -n 2`")
def show(
    out: Annotated[str, typer.Argument(help="Folder or URL of a built dataset.")],
    task: Annotated[str, typer.Argument(help="Config name of the task.")],
    n: Annotated[int, typer.Option("-n", min=1, help="Number of rows.")] = 3,
) -> None:
    """Print rows as a person reads them, with duration, rate and level of each audio."""
    from audio_flan.cli import show

    show.show_rows(out, task, n)


@app.command(epilog="Example: `audio-flan check out --sample 100`")
def check(
    out: Annotated[str, typer.Argument(help="Folder or URL of a built dataset.")],
    sample: Annotated[
        int | None,
        typer.Option(min=0, help="Decode the audio of so many rows of each file, not of all."),
    ] = None,
) -> None:
    """Read every file of a dataset and look for faults; exit code 1 if there are any."""
    from audio_flan.check.check import check as check_dataset
    from audio_flan.cli.show_check import progress, show_report

    with progress() as (on_start, on_progress):
        report = check_dataset(out, sample=sample, on_start=on_start, on_progress=on_progress)
    show_report(report)
    if report.findings.counts:
        raise typer.Exit(1)


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
    from audio_flan.cli import show
    from audio_flan.hub.push import Destination
    from audio_flan.hub.push import push as push_dataset

    destination = Destination(repo, private, revision, create_pr)
    result = push_dataset(
        out,
        destination,
        with_rights=rights,
        without_audio=without_audio,
        dry_run=dry_run,
        on_ready=lambda upload: show.show_upload(upload, destination),
    )
    show.show_push(result)


@app.command(epilog="Example: `audio-flan sample corpora`")
def sample(
    folder: Annotated[Path, typer.Argument(help="Folder to write them to.")],
) -> None:
    """Write the miniature corpora of the package, each in its publisher's layout."""
    from audio_flan.miniatures.write import write_miniatures

    for key, path in write_miniatures(folder).items():
        typer.echo(f"{key}: {path}")


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
        print("audio-flan: interrupted; the same command goes on where it stopped", file=sys.stderr)
        sys.exit(130)
