"""What `audio-flan tasks` prints: the tasks and the corpora that they are built from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from audio_flan.cli.console import console, print_json


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
        print_json(tasks)
        return
    table = Table("config", "task", "modality", "built from")
    for task in tasks:
        corpora = ", ".join(task["corpora"]) if task["can_be_built"] else "[dim]not yet[/dim]"
        table.add_row(task["config"], task["minor"], task["modality"], corpora)
    console.print(table)
