"""What the command line prints: lists of tasks and corpora, progress, tables, rows."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from audio_flan.build.estimate import Estimate
    from audio_flan.build.options import Unit
    from audio_flan.dataset.layout import Layout
    from audio_flan.dataset.record import UnitRecord
    from audio_flan.hub.push import Destination, PushResult
    from audio_flan.hub.upload import Upload
    from audio_flan.wording.template import Variation

FILE_WIDTH = 120
"""Width of tables where the output is no terminal."""

console = Console(highlight=False, width=None if sys.stdout.isatty() else FILE_WIDTH)


def task_list() -> list[dict[str, Any]]:
    """All tasks of the taxonomy with the corpora of ours that serve them."""
    from audio_flan.corpora import corpus_classes
    from audio_flan.model.taxonomy import minor_tasks
    from audio_flan.tasks import get_task, task_configs

    built = task_configs()
    return [
        {
            "config": config,
            "minor": minor.minor,
            "major": minor.major,
            "domain": minor.domain,
            "modality": minor.modality,
            "U/G": minor.ug,
            "definition": minor.definition,
            "can_be_built": config in built,
            "corpora": [c.key for c in corpus_classes() if get_task(config).serves(c)]
            if config in built
            else [],
            "corpora_of_the_paper": list(minor.corpora),
        }
        for config, minor in minor_tasks().items()
    ]


def show_tasks(tasks: Sequence[dict[str, Any]], as_json: bool) -> None:
    """Print the list of tasks."""
    if as_json:
        print(json.dumps(tasks, indent=1, ensure_ascii=False))
        return
    table = Table("config", "task", "modality", "built from")
    for task in tasks:
        corpora = ", ".join(task["corpora"]) if task["can_be_built"] else "[dim]not yet[/dim]"
        table.add_row(task["config"], task["minor"], task["modality"], corpora)
    console.print(table)


def corpus_list(root: str | None) -> list[dict[str, Any]]:
    """All corpora: what they provide and serve, and what is found of them under a root.

    Raises:
        CorpusLayoutError: there is no such root.
    """
    from audio_flan.corpora import corpus_classes
    from audio_flan.corpora.find import check_root
    from audio_flan.tasks import get_task, task_configs

    if root is not None:
        check_root(root)
    return [
        {
            "key": corpus.key,
            "title": corpus.title,
            "domain": corpus.domain,
            "license": corpus.license,
            "redistributable": corpus.redistributable,
            "languages": list(corpus.languages),
            "provides": sorted(corpus.provides),
            "serves": [c for c in task_configs() if get_task(c).serves(corpus)],
            "folders": [corpus.key, *corpus.folders],
            "metadata": list(corpus.metadata),
            "homepage": corpus.homepage,
            "download": corpus.download,
            **_found(corpus, root),
        }
        for corpus in corpus_classes()
    ]


def _found(corpus: Any, root: str | None) -> dict[str, Any]:
    """Whether a corpus is under a root; what is missing if it is not."""
    from audio_flan.errors import CorpusLayoutError

    if root is None:
        return {"found": None, "path": None, "missing": None}
    try:
        here = corpus.find(root)
    except CorpusLayoutError as error:
        return {"found": False, "path": None, "missing": str(error)}
    missing = None if here else f"no folder {' or '.join((corpus.key, *corpus.folders))}"
    return {"found": here is not None, "path": here and here.folder.path, "missing": missing}


def show_corpora(corpora: Sequence[dict[str, Any]], as_json: bool) -> None:
    """Print the list of corpora."""
    if as_json:
        print(json.dumps(corpora, indent=1, ensure_ascii=False))
        return
    for corpus in corpora:
        console.print(f"[bold]{corpus['key']}[/bold]: {corpus['title']}, {corpus['license']}")
        lines = {
            "found": {None: "", True: corpus["path"], False: "no"}[corpus["found"]],
            "missing": corpus["missing"],
            "provides": ", ".join(corpus["provides"]),
            "serves": ", ".join(corpus["serves"]),
            "get it": f"{corpus['download']} ({corpus['homepage']})",
        }
        for name, text in lines.items():
            if text:
                console.print(f"  {name:<9} {text}", markup=False, soft_wrap=True)


def template_list() -> list[dict[str, Any]]:
    """The pool of wordings of each task and language, with its size, forms and diversity."""
    from audio_flan.tasks import task_configs, task_template
    from audio_flan.wording.diversity import diversity

    pools: dict[tuple[str, str], list[Variation]] = {}
    for config in task_configs():
        for variation in task_template(config).variations:
            pools.setdefault((config, variation.language), []).append(variation)
    return [
        {
            "config": config,
            "language": language,
            "variations": len(pool),
            "forms": len({variation.form for variation in pool}),
            **diversity(pool)._asdict(),
        }
        for (config, language), pool in pools.items()
    ]


def show_templates(pools: Sequence[dict[str, Any]], as_json: bool) -> None:
    """Print the pools of wordings, and the mean of their diversity."""
    from audio_flan.wording.diversity import Diversity, mean_diversity

    if as_json:
        print(json.dumps(pools, indent=1))
        return
    figures = Diversity._fields
    table = Table("config", "language")
    for name in ("variations", "forms", *figures):
        table.add_column(name, justify="right")
    for pool in pools:
        counts = (str(pool["variations"]), str(pool["forms"]))
        table.add_row(
            pool["config"], pool["language"], *counts, *(f"{pool[f]:.3f}" for f in figures)
        )
    console.print(table)
    for language in sorted({pool["language"] for pool in pools}):
        group = [Diversity(*(p[f] for f in figures)) for p in pools if p["language"] == language]
        mean = mean_diversity(group)._asdict().items()
        console.print(f"mean, {language}: " + ", ".join(f"{name} {x:.3f}" for name, x in mean))


@contextmanager
def progress(total: int) -> Iterator[Callable[[Unit, UnitRecord], None]]:
    """A progress bar over work units, on stderr; yields what to call for each unit done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("building"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("units, {task.fields[made]:,} instances"),
        TimeElapsedColumn(),
    )
    console_of_progress = Console(stderr=True)
    quiet = not console_of_progress.is_terminal
    with Progress(*columns, console=console_of_progress, transient=True, disable=quiet) as bar:
        task, made = bar.add_task("build", total=total, made=0), 0

        def advance(unit: Unit, record: UnitRecord) -> None:
            nonlocal made
            made += record.tally.made
            bar.update(task, advance=1, made=made)

        yield advance


@contextmanager
def reading_progress() -> Iterator[Callable[[int, int], None]]:
    """A progress bar over shards of metadata, on stderr; yields what to call for each."""
    from rich.progress import Progress

    console_of_progress = Console(stderr=True)
    quiet = not console_of_progress.is_terminal
    with Progress(console=console_of_progress, transient=True, disable=quiet) as bar:
        task = bar.add_task("reading metadata", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def show_plan(estimates: Sequence[Estimate], as_json: bool) -> None:
    """Print the units of a plan: all of them as JSON, or the sums of each config and split."""
    if as_json:
        for estimate in estimates:
            print(json.dumps(estimate.line(), ensure_ascii=False))
        return
    groups: dict[tuple[str, str], list[Estimate]] = {}
    for estimate in estimates:
        groups.setdefault((estimate.unit.config, estimate.unit.split), []).append(estimate)
    table = Table("config", "split")
    for name in ("units", "done", "instances", "MB", "audio hours"):
        table.add_column(name, justify="right")
    for (config, split), same in groups.items():
        table.add_row(config, split, *_sums(same))
    table.add_section()
    table.add_row("all", "", *_sums(estimates))
    console.print(table)
    console.print("instances, MB and hours are estimates from a few clips of each corpus")


def _sums(estimates: Sequence[Estimate]) -> Iterator[str]:
    yield f"{len(estimates):,}"
    yield f"{sum(estimate.done for estimate in estimates):,}"
    yield f"{sum(estimate.instances for estimate in estimates):,}"
    yield f"{sum(estimate.bytes for estimate in estimates) / 1e6:,.1f}"
    yield f"{sum(estimate.seconds for estimate in estimates) / 3600:,.4f}"


def show_build(out: str, records: Sequence[UnitRecord] | None) -> None:
    """The closing table of a build: instances, hours and rejects of each config and split.

    Args:
        out: folder of the dataset.
        records: of its units; None where they run later.
    """
    from audio_flan.generate.tally import Tally

    if records is None:
        console.print(f"submitted; the last job finishes {out}", soft_wrap=True)
        return
    totals: dict[tuple[str, str], Tally] = {}
    for record in records:
        totals.setdefault((record.config, record.split), Tally()).add(record.tally)
    table = Table()
    for name in ("config", "split"):
        table.add_column(name, no_wrap=True)
    for name in ("instances", "audio hours", "clips read"):
        table.add_column(name, justify="right")
    table.add_column("rejected by reason", overflow="fold")
    for (config, split), tally in totals.items():
        if not tally.read:
            continue
        reasons = ", ".join(f"{reason} {n}" for reason, n in tally.rejected.most_common())
        hours = f"{tally.seconds / 3600:.4f}"
        table.add_row(config, split, f"{tally.made:,}", hours, f"{tally.read:,}", reasons or "-")
    console.print(table)
    rejected = sum(tally.rejected.total() for tally in totals.values())
    made = sum(tally.made for tally in totals.values())
    where = f"; {rejected:,} rejects are listed in {out}/.build/rejects.jsonl" if rejected else ""
    console.print(f"{made:,} instances in {out}{where}")


def show_upload(upload: Upload, to: Destination) -> None:
    """What a push will send: files and bytes of each config, and where they go."""
    sizes: dict[str, list[int]] = {}
    for name, size in upload.files.items():
        sizes.setdefault(name.split("/")[0], []).append(size)
    table = Table("config")
    for column in ("files", "bytes"):
        table.add_column(column, justify="right")
    for config, files in sizes.items():
        table.add_row(config, str(len(files)), f"{sum(files):,}")
    console.print(table)
    branch = "a pull request" if to.create_pr else to.revision or "main"
    private = "private" if to.private else "public if it is new"
    total = (
        f"{len(upload.files)} Parquet files of {sum(upload.files.values()):,} bytes and the card"
    )
    console.print(f"to send: {total}, to {to.repo_id} ({branch}; {private})", soft_wrap=True)
    if upload.withheld:
        console.print(f"{upload.withheld:,} rows go without their audio", soft_wrap=True)


def show_push(result: PushResult | None) -> None:
    """What a push did; None for a dry run."""
    if result is None:
        console.print("nothing was sent (dry run)")
        return
    counts = f"{result.sent} files sent, {result.unchanged} unchanged, {result.removed} removed"
    console.print(f"{counts}: {result.url}", soft_wrap=True)
    if result.unlisted:
        names = ", ".join(result.unlisted)
        console.print(f"the new card does not name what else is there: {names}", soft_wrap=True)


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
