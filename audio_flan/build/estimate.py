"""How large a build will be: estimates from a few clips of each corpus, made for each task."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audio_flan.build.build import explained, find_done
from audio_flan.build.options import Plan, Unit
from audio_flan.build.worker import Worker
from audio_flan.corpora.contract import Corpus
from audio_flan.dataset.layout import Layout
from audio_flan.dataset.store import Store
from audio_flan.generate.selection import DRAW_BITS
from audio_flan.model.clip import Clip


@dataclass(frozen=True, slots=True)
class Size:
    """What is made of a clip, on average.

    Args:
        instances: number of instances.
        bytes: of their audio and texts.
        seconds: of their audio.
    """

    instances: float = 0.0
    bytes: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A unit of a plan, and how large it will be.

    Args:
        unit: the unit.
        files: pattern of its files until all are numbered; there may be several.
        clips: clips that it reads.
        instances, bytes, seconds: what it makes, as estimated.
        done: whether it is done already.
    """

    unit: Unit
    files: str
    clips: int
    instances: int
    bytes: int
    seconds: float
    done: bool

    def line(self) -> dict[str, Any]:
        """As a line of `.build/plan.jsonl`."""
        unit = self.unit
        shards = [list(shard.part) for shard in unit.shards]
        figures = {
            name: getattr(self, name) for name in ("clips", "instances", "bytes", "seconds", "done")
        }
        group = {"config": unit.config, "corpus": unit.corpus, "split": unit.split}
        return {"key": unit.key, **group, "shards": shards, "files": self.files, **figures}


def write_estimates(out: str, corpora: Sequence[Corpus], plan: Plan) -> list[Estimate]:
    """Estimate the units of a plan, and write them to `.build/plan.jsonl`.

    Args:
        out: folder of the dataset, local or a URL.
        corpora: the corpora that the plan was made of.
        plan: what is to be done.

    Raises:
        BuildError: the folder holds something else.
    """
    layout = Layout(Store(out.rstrip("/")))
    with explained(out):
        layout.check_is_build()
        done = find_done(layout, plan)
    sizes = _sizes(Worker(layout, corpora, plan.options), plan)
    estimates = [
        _estimate(unit, plan, layout, sizes[unit.config, unit.corpus], unit.key in done)
        for unit in plan.units
    ]
    lines = (json.dumps(estimate.line(), ensure_ascii=False) for estimate in estimates)
    with explained(out):
        layout.store.write_text(layout.plan, "".join(f"{line}\n" for line in lines))
    return estimates


def _sizes(worker: Worker, plan: Plan) -> dict[tuple[str, str], Size]:
    """The size of each task on each corpus, from the examples of its largest shard."""
    largest: dict[tuple[str, str], tuple[int, Unit, tuple[Clip, ...]]] = {}
    for unit in plan.units:
        group = unit.config, unit.corpus
        for shard in unit.shards:
            found = plan.inputs[unit.corpus, shard]
            if group not in largest or found.clips > largest[group][0]:
                largest[group] = found.clips, unit, found.examples
    return {group: _size(worker, unit, examples) for group, (_, unit, examples) in largest.items()}


def _size(worker: Worker, unit: Unit, examples: Sequence[Clip]) -> Size:
    if not examples:
        return Size()
    number, size, seconds = 0, 0, 0.0
    for instance in worker.instances_of(unit, examples):
        texts = (instance.instruction, instance.input, instance.output, instance.other)
        number += 1
        size += instance.audio_bytes + sum(len(text.encode()) for text in texts)
        seconds += instance.seconds
    return Size(number / len(examples), size / len(examples), seconds / len(examples))


def _estimate(unit: Unit, plan: Plan, layout: Layout, size: Size, done: bool) -> Estimate:
    clips = plan.clips_of(unit)
    instances = _expected(unit, plan, clips, size.instances)
    share = instances / size.instances if size.instances else 0.0
    return Estimate(
        unit,
        layout.part(f"{unit.key}-*"),
        clips,
        round(instances),
        round(share * size.bytes),
        round(share * size.seconds, 1),
        done,
    )


def _expected(unit: Unit, plan: Plan, clips: int, of_a_clip: float) -> float:
    """Instances that a number of clips makes, within the limits of the options."""
    expected = clips * of_a_clip
    if unit.below is not None:
        expected = clips * unit.below / 2**DRAW_BITS * min(1.0, of_a_clip)
    return expected if plan.options.limit is None else min(expected, plan.options.limit)
