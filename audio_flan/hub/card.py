"""The dataset card: the README.md of a built dataset, with what `datasets` and the Hub read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib import resources
from operator import add
from pathlib import Path
from typing import Any

import audio_flan
from audio_flan.corpora import corpus_class
from audio_flan.corpora.base import SPLITS, Corpus
from audio_flan.engine.record import UnitRecord
from audio_flan.schema import feature_tree
from audio_flan.tasks import get_task
from audio_flan.taxonomy import DOMAINS, MinorTask, load_taxonomy, minor_task

Records = Mapping[str, Mapping[str, Sequence[UnitRecord]]]
"""Records of the units by config and split."""

TASK_CATEGORIES = {
    ("audio", "text"): "audio-classification",
    ("text", "audio"): "text-to-audio",
    ("audio", "audio"): "audio-to-audio",
}
"""Category of the Hub by first input and output."""

SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
)
"""Size categories of the Hub by their upper bound."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of a split.

    Args:
        instances: number of rows.
        seconds: duration of their audio.
        bytes: size of the decoded columns.
        disk_bytes: size of the files.
    """

    instances: int
    seconds: float
    bytes: int
    disk_bytes: int

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.instances + other.instances,
            self.seconds + other.seconds,
            self.bytes + other.bytes,
            self.disk_bytes + other.disk_bytes,
        )


@dataclass(frozen=True, slots=True)
class View:
    """A config of the card: one task, or several without storing anything again.

    Args:
        name: config name.
        configs: the tasks in it.
        splits: figures by split.
    """

    name: str
    configs: tuple[str, ...]
    splits: Mapping[str, Figures]


def render_card(out: Path, records: Records) -> str:
    """The text of the card.

    Args:
        out: folder of the dataset, whose Parquet files have their final names.
        records: records of all the units that are in it.
    """
    import yaml
    from jinja2 import Environment, StrictUndefined

    tasks = _tasks(out, records)
    units = [unit for splits in records.values() for units in splits.values() for unit in units]
    corpora = [corpus_class(key) for key in sorted({u.corpus for u in units if u.tally.made})]
    front = _front_matter([*tasks, *_views(tasks)], tasks, corpora)
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    source = resources.files("audio_flan.hub").joinpath("dataset_card.md").read_text("utf-8")
    return environment.from_string(source).render(
        front_matter=yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=1000).strip(),
        tasks=[_task_lines(view, units) for view in tasks],
        corpora=corpora,
        rejected=sum((unit.tally.rejected for unit in units), Counter()),
        version=audio_flan.__version__,
    )


def _tasks(out: Path, records: Records) -> list[View]:
    """The views of single tasks that have any rows."""
    views = []
    for config, by_split in records.items():
        splits = {
            split: _figures(sorted((out / config).glob(f"{split}-*.parquet")), by_split[split])
            for split in SPLITS
            if sum(unit.tally.made for unit in by_split.get(split, ()))
        }
        if splits:
            views.append(View(config, (config,), splits))
    return views


def _figures(files: Sequence[Path], units: Iterable[UnitRecord]) -> Figures:
    import pyarrow.parquet as pq

    footers = [pq.read_metadata(file) for file in files]
    groups = [footer.row_group(i) for footer in footers for i in range(footer.num_row_groups)]
    return Figures(
        sum(footer.num_rows for footer in footers),
        sum(unit.tally.seconds for unit in units),
        sum(group.total_byte_size for group in groups),
        sum(file.stat().st_size for file in files),
    )


def _views(tasks: Sequence[View]) -> list[View]:
    """Views over several tasks: all, each domain, each major task that is more than one."""
    minors = [minor_task(view.name) for view in tasks]
    members: dict[str, list[str]] = {"all": [minor.config for minor in minors]}
    for domain in DOMAINS:
        members[domain] = [minor.config for minor in minors if minor.domain == domain]
    for major in load_taxonomy():
        if major.slug not in members and major.slug not in members["all"]:
            members[major.slug] = [m.config for m in minors if m.major == major.major]
    by_name = {view.name: view for view in tasks}
    return [
        _view(name, [by_name[config] for config in configs])
        for name, configs in members.items()
        if configs
    ]


def _view(name: str, parts: Sequence[View]) -> View:
    splits = {
        split: reduce(add, figures)
        for split in SPLITS
        if (figures := [part.splits[split] for part in parts if split in part.splits])
    }
    return View(name, tuple(part.name for part in parts), splits)


def _front_matter(
    views: Sequence[View], tasks: Sequence[View], corpora: Sequence[type[Corpus]]
) -> dict[str, Any]:
    """The YAML of the card."""
    total = sum(figures.instances for view in tasks for figures in view.splits.values())
    files = {view.name: view for view in tasks}
    minors = [minor_task(view.name) for view in tasks]
    return {
        "pretty_name": "Audio-FLAN",
        "language": sorted({language for corpus in corpora for language in corpus.languages}),
        "license": "other",
        "license_name": "licences-of-the-sources",
        "license_link": "#licences",
        "size_categories": [next((name for bound, name in SIZES if total < bound), "n>1B")],
        "task_categories": sorted({_category(minor) for minor in minors}),
        "tags": ["audio", "instruction-tuning", "speech", "music", "sound"],
        "configs": [_config(view, files) for view in views],
        "dataset_info": [_dataset_info(view) for view in views],
    }


def _category(minor: MinorTask) -> str:
    return TASK_CATEGORIES[minor.inputs[0], minor.outputs[0]]


def _config(view: View, tasks: Mapping[str, View]) -> dict[str, Any]:
    data_files = [
        {
            "split": split,
            "path": [f"{c}/{split}-*" for c in view.configs if split in tasks[c].splits],
        }
        for split in view.splits
    ]
    default = {"default": True} if view.name == "all" else {}
    return {"config_name": view.name, **default, "data_files": data_files}


def _dataset_info(view: View) -> dict[str, Any]:
    total = reduce(add, view.splits.values())
    return {
        "config_name": view.name,
        "features": [_yaml_feature(name, tree) for name, tree in feature_tree().items()],
        "splits": [
            {"name": split, "num_bytes": figures.bytes, "num_examples": figures.instances}
            for split, figures in view.splits.items()
        ],
        "download_size": total.disk_bytes,
        "dataset_size": total.bytes,
    }


def _yaml_feature(name: str, tree: Any) -> dict[str, Any]:
    """A feature as cards write it; lists in the form that all versions of `datasets` read."""
    if isinstance(tree, list):
        return {"name": name, "list": tree[0]["dtype"]}
    if "_type" not in tree:
        return {"name": name, "struct": [_yaml_feature(key, value) for key, value in tree.items()]}
    return {"name": name, "dtype": "audio" if tree["_type"] == "Audio" else tree["dtype"]}


def _task_lines(view: View, units: Iterable[UnitRecord]) -> dict[str, Any]:
    """What the body says of a task."""
    task = get_task(view.name)
    return {
        "minor": minor_task(view.name),
        "rule": task.rule,
        "splits": view.splits,
        "corpora": sorted({u.corpus for u in units if u.config == view.name and u.tally.made}),
    }
