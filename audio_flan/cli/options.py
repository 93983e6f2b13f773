"""The options that several commands share: names, types, defaults, help and panels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

_corpora = partial(typer.Option, rich_help_panel="Which corpora and tasks")
_instances = partial(typer.Option, rich_help_panel="Which instances")
_unusable = partial(typer.Option, rich_help_panel="Audio that cannot be used")
_machines = partial(typer.Option, rich_help_panel="Where it runs")
_clusters = partial(typer.Option, rich_help_panel="Slurm and Ray")
_destination = partial(typer.Option, rich_help_panel="Where it goes")
_licences = partial(typer.Option, rich_help_panel="Audio that may not be published")
_output = partial(typer.Option, rich_help_panel="Output")

Out = Annotated[
    str, typer.Argument(help="Folder or URL of the dataset. An interrupted build resumes there.")
]
Built = Annotated[str, typer.Argument(help="Folder or URL of a built dataset.")]
Root = Annotated[
    str | None,
    _corpora(
        metavar="FOLDER", help="Folder or URL that holds the corpora, each in a folder of its own."
    ),
]
Corpora = Annotated[
    list[str] | None,
    _corpora(
        "--corpus",
        metavar="KEY[=PATH]",
        help="Use only this corpus; add its path if it is not under the root. Repeatable.",
    ),
]
OnError = Annotated[
    str,
    _unusable(
        metavar="skip|raise",
        help="Skip what cannot be used and list it, or stop at the first such clip.",
    ),
]
Json = Annotated[bool, _output("--json", help="Print JSON, for use in scripts.")]


@dataclass(frozen=True)
class Contents:
    """The options that say what a build makes."""

    root: Root = None
    corpus: Corpora = None
    task: Annotated[
        list[str] | None,
        _corpora(
            "--task", metavar="TASK", help="Build only this task, by its config name. Repeatable."
        ),
    ] = None
    split: Annotated[
        list[str] | None,
        _corpora(
            "--split", metavar="train|validation|test", help="Build only this split. Repeatable."
        ),
    ] = None
    license: Annotated[
        list[str] | None,
        _corpora(
            "--license",
            metavar="SPDX",
            help="Use only corpora under this licence (SPDX id). Repeatable.",
        ),
    ] = None
    commercial: Annotated[
        bool, _corpora("--commercial", help="Use only corpora whose licence allows commercial use.")
    ] = False
    limit: Annotated[
        int | None,
        _instances(
            min=1, metavar="N", help="Keep the first N instances of each task, corpus and split."
        ),
    ] = None
    per_task_cap: Annotated[
        int | None,
        _instances(
            min=1,
            metavar="N",
            help="Keep at most N instances of each task, drawn evenly from its corpora.",
        ),
    ] = None
    min_seconds: Annotated[
        float | None,
        _instances(min=0, metavar="SECONDS", help="Leave out instances with less audio in total."),
    ] = None
    max_seconds: Annotated[
        float | None,
        _instances(min=0, metavar="SECONDS", help="Leave out instances with more audio in total."),
    ] = None
    unseen: Annotated[
        list[str] | None,
        _instances(
            metavar="TASK",
            help="Hold this task out of training: build only its test split. Repeatable.",
        ),
    ] = None
    seed: Annotated[int, _instances(metavar="N", help="Seed of all random draws.")] = 0
    verify_audio: Annotated[
        bool,
        _unusable(
            "--verify-audio",
            help="Decode all audio to find damage; otherwise only headers are read.",
        ),
    ] = False


@dataclass(frozen=True)
class Machines:
    """The options that say where a build runs."""

    engine: Annotated[
        str,
        _machines(
            metavar="local|slurm|ray",
            help="Run on this machine, on a Slurm cluster, or on a Ray cluster.",
        ),
    ] = "local"
    workers: Annotated[
        int | None,
        _machines(
            min=1,
            metavar="N",
            help="Work units that run at once. Default: 1; on a cluster, as many as fit.",
        ),
    ] = None
    partition: Annotated[
        str | None,
        _clusters(
            metavar="NAME", help="Slurm: partition to submit to. Needed with --engine slurm."
        ),
    ] = None
    time: Annotated[str, _clusters(metavar="HH:MM:SS", help="Slurm: time limit of each job.")] = (
        "24:00:00"
    )
    memory: Annotated[
        float, _clusters(metavar="GB", help="Slurm and Ray: memory for each work unit.")
    ] = 4
    units_per_job: Annotated[
        int,
        _clusters(
            min=1, metavar="N", help="Slurm: work units that each job runs, one after another."
        ),
    ] = 1
    sbatch: Annotated[
        list[str] | None,
        _clusters(
            metavar="KEY=VALUE",
            help="Slurm: another option for sbatch, such as account=NAME. Repeatable.",
        ),
    ] = None
    ray_address: Annotated[
        str | None,
        _clusters(
            metavar="HOST:PORT",
            help="Ray: address of the cluster. Default: start one on this machine.",
        ),
    ] = None


@dataclass(frozen=True)
class Publication:
    """The options that say how a dataset is published."""

    private: Annotated[
        bool,
        _destination(
            "--private", help="Create a private repository; one that exists must be private."
        ),
    ] = False
    revision: Annotated[
        str | None,
        _destination(
            metavar="BRANCH", help="Push to this branch; it is created if it does not exist."
        ),
    ] = None
    create_pr: Annotated[
        bool,
        _destination(
            "--create-pr", help="Open a pull request instead of pushing to the main branch."
        ),
    ] = False
    without_audio: Annotated[
        bool,
        _licences("--without-audio", help="Publish the rows concerned without their audio."),
    ] = False
    i_have_the_rights: Annotated[
        bool,
        _licences("--i-have-the-rights", help="Publish all audio, whatever the licences say."),
    ] = False
    dry_run: Annotated[
        bool, _output("--dry-run", help="Show what would be sent, and send nothing.")
    ] = False
