"""What `audio-flan templates` prints: the pools of templates, their sizes and their diversity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from audio_flan.cli.console import console, print_json

if TYPE_CHECKING:
    from audio_flan.wording.template import Variation


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
        print_json(pools)
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
