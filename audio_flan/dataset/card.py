"""The dataset card: the README.md of a built dataset, with what `datasets` and the Hub read."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Any

from audio_flan.corpora import corpus_class
from audio_flan.corpora.contract import Corpus
from audio_flan.dataset import REPO_ID
from audio_flan.dataset.figures import (
    View,
    builds,
    group_views,
    languages,
    large_rows,
    made_units,
    mixed_in,
    task_views,
)
from audio_flan.dataset.metadata import front_matter
from audio_flan.dataset.record import Records, UnitRecord
from audio_flan.dataset.rights import note
from audio_flan.dataset.store import Store
from audio_flan.model import provenance
from audio_flan.model.instance import AUDIO_COLUMNS, audio_id
from audio_flan.model.taxonomy import minor_task
from audio_flan.tasks import get_task
from audio_flan.tasks.contract import SimulatedTask, Task
from audio_flan.version import __version__


def render_card(
    store: Store,
    records: Records,
    repo_id: str = REPO_ID,
    forbidden: Sequence[type[Corpus]] = (),
    withheld: int = 0,
) -> str:
    """The text of the card.

    Args:
        store: folder of the dataset, whose Parquet files have their final names.
        records: records of all the units that are in it.
        repo_id: the repository that the card's examples load from.
        forbidden: corpora whose audio is not in the files.
        withheld: number of rows without their audio for that.
    """
    tasks = task_views(store, records)
    groups = group_views(tasks)
    made = made_units(records)
    units = [unit for by_split in records.values() for same in by_split.values() for unit in same]
    auxiliary = mixed_in(made)
    led = {unit.corpus for unit in made}
    corpora = [corpus_class(key) for key in sorted(led | auxiliary.keys())]
    text: str = _template().render(
        front_matter=front_matter(tasks, groups, languages(made), repo_id),
        repo_id=repo_id,
        tasks=[_task_lines(view, made, forbidden) for view in tasks],
        note=note(forbidden, withheld),
        withheld=withheld,
        groups=groups,
        corpora=corpora,
        auxiliary=auxiliary,
        example=_example(store, tasks),
        builds=builds(made),
        rejected=sum((unit.tally.rejected for unit in units), Counter()),
        version=__version__,
    )
    return text


def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {"plain": plain, "selected": selected}
    source = resources.files("audio_flan.dataset").joinpath("dataset_card.md").read_text("utf-8")
    return environment.from_string(source)


def plain(text: str) -> str:
    """A text that Markdown takes as it is, in a paragraph or in a cell of a table."""
    return re.sub(r"([|<*])", r"\\\1", " ".join(text.split()))


def selected(options: Mapping[str, Any]) -> list[str]:
    """Which instances a build was asked for, in words.

    Args:
        options: the options of the build by name, as a unit's record has them.
    """
    words = {
        "limit": "the first {:,} instances of each task, corpus and split",
        "per_task_cap": "at most {:,} instances of each task, drawn evenly over its corpora",
        "min_seconds": "instances with at least {:g} s of audio",
        "max_seconds": "instances with at most {:g} s of audio",
        "licenses": "only corpora under {}",
        "commercial": "only corpora whose licence allows commercial use",
        "unseen": "held out of training, in the test split only: {}",
    }
    said = [
        phrase.format(", ".join(value) if isinstance(value, list) else value)
        for option, phrase in words.items()
        if (value := options[option])
    ]
    return said or ["all instances"]


def _task_lines(
    view: View, units: Iterable[UnitRecord], forbidden: Sequence[type[Corpus]]
) -> dict[str, Any]:
    """What the body says of a task."""
    task = get_task(view.name)
    own = [unit for unit in units if unit.config == view.name]
    empty = {corpus.key for corpus in forbidden}
    return {
        "minor": minor_task(view.name),
        "rule": rule_with_values(task),
        "is_simulated": isinstance(task, SimulatedTask),
        "splits": view.splits,
        "total": view.total,
        "corpora": sorted({unit.corpus for unit in own}),
        "large": large_rows(unit for unit in own if unit.corpus not in empty),
    }


def rule_with_values(task: Task) -> str:
    """The rule of a task with the values of the parameters that it names in backticks.

    Args:
        task: the task; its rule names attributes of its class, or constants of its module.
    """
    module = sys.modules[type(task).__module__]

    def value(match: re.Match[str]) -> str:
        found = getattr(task, match[1], getattr(module, match[1], None))
        values = found if isinstance(found, tuple) else (found,)
        if not all(isinstance(number, int | float) for number in values):
            return match[0]
        return " to ".join(f"{number:g}" for number in values)

    return re.sub(r"`(\w+)`", value, task.rule)


def _example(store: Store, tasks: Iterable[View]) -> dict[str, Any]:
    """The first row of the first task whose first row has its audio, and where that is from."""
    examples = (_first_row(store, view) for view in tasks)
    first = next(examples)
    return first if first["path"] else next((e for e in examples if e["path"]), first)


def _first_row(store: Store, view: View) -> dict[str, Any]:
    import pyarrow.parquet as pq

    split = next(iter(view.splits))
    name = min(name for name in store.list(view.name) if name.startswith(f"{split}-"))
    columns = ["uuid", "other", *(f"{column}.path" for column in AUDIO_COLUMNS)]
    with store.open(f"{view.name}/{name}") as file:
        batches = pq.ParquetFile(file).iter_batches(batch_size=1, columns=columns)
        row = next(batches).to_pylist()[0]
    # A dataset that is published without audio has none.
    column = next((c for c in AUDIO_COLUMNS if row[c]), AUDIO_COLUMNS[0])
    path: str = row[column]["path"] if row[column] else ""
    clips = provenance.read(row["other"]).clips
    of_audio = (clip for clip in clips if audio_id(clip.corpus, clip.id) == path.split(".")[0])
    clip = next(of_audio, clips[0])
    return {
        "config": view.name,
        "split": split,
        "uuid": row["uuid"],
        "column": column,
        "path": path,
        "is_computed": f".{view.name}-" in path,
        "clip": clip,
        "corpus": corpus_class(clip.corpus),
    }
