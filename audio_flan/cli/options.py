"""The options that several commands share, each with its help."""

from __future__ import annotations

from typing import Annotated

import typer

Out = Annotated[str, typer.Argument(help="Folder or URL of the dataset; a rerun goes on in it.")]
Root = Annotated[str | None, typer.Option(help="Folder or URL with one folder for each corpus.")]
Corpora = Annotated[
    list[str] | None,
    typer.Option(
        "--corpus",
        metavar="KEY[=PATH]",
        help="Only this corpus, and where it lies if not under the root. Repeatable.",
    ),
]
Tasks = Annotated[list[str] | None, typer.Option("--task", help="Only this task. Repeatable.")]
Splits = Annotated[
    list[str] | None,
    typer.Option("--split", help="Only train, validation or test. Repeatable."),
]
Seed = Annotated[int, typer.Option(help="Seed of all draws.")]
Limit = Annotated[
    int | None,
    typer.Option(min=1, help="The first instances only, so many per task, corpus and split."),
]
PerTaskCap = Annotated[
    int | None,
    typer.Option(
        min=1, help="At most so many instances of each task, drawn evenly over its corpora."
    ),
]
MinSeconds = Annotated[
    float | None, typer.Option(min=0, help="Least seconds of audio of an instance.")
]
MaxSeconds = Annotated[
    float | None, typer.Option(min=0, help="Most seconds of audio of an instance.")
]
Unseen = Annotated[
    list[str] | None,
    typer.Option(help="Hold this task out of training: test split only. Repeatable."),
]
Licenses = Annotated[
    list[str] | None,
    typer.Option("--license", help="Only corpora under this licence (SPDX id). Repeatable."),
]
Commercial = Annotated[
    bool, typer.Option("--commercial", help="Only corpora that allow commercial use.")
]
OnError = Annotated[
    str, typer.Option(metavar="skip|raise", help="What to do about a clip that is of no use.")
]
VerifyAudio = Annotated[
    bool, typer.Option("--verify-audio", help="Decode all audio instead of its header only.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Units that run at once; by default 1, on a cluster all that fit."),
]
EngineName = Annotated[str, typer.Option("--engine", metavar="local|slurm|ray", help="Where.")]
Partition = Annotated[str | None, typer.Option(help="Slurm: partition.")]
Time = Annotated[str, typer.Option(help="Slurm: limit of a job.")]
Memory = Annotated[float, typer.Option(help="Slurm, Ray: memory of a unit, GB.")]
UnitsPerJob = Annotated[int, typer.Option(min=1, help="Slurm: units that a job runs in turn.")]
Sbatch = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="Slurm: further option of sbatch. Repeatable."),
]
RayAddress = Annotated[
    str | None, typer.Option(help="Ray: address of the cluster; without it, one of this machine.")
]
