"""docs/tasks.md: every task with its rule and one instance from the miniature corpora."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence

from audio_flan.build.options import Options
from audio_flan.build.plan import make_units
from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.find import find_corpora
from audio_flan.corpora.miniatures import write_miniatures
from audio_flan.generate.generation import Generation
from audio_flan.generate.pools import draw_pools
from audio_flan.model.instance import AUDIO_COLUMNS, Instance
from audio_flan.model.taxonomy import load_taxonomy
from audio_flan.tasks import get_task, task_configs
from pages.markdown import cell

EXAMPLES_FROM = (
    "libritts_r",
    "fluent_speech_commands",
    "esd",
    "fleurs",
    "ljspeech",
    "aishell3",
    "alimeeting",
    "librimix",
    "dns_challenge",
    "vocadito",
    "aam",
    "nsynth",
    "audioset",
    "wavcaps",
    "tau_urban_acoustic_scenes",
)
"""The corpora that examples are made from: the first that serves a task gives its example.

A new corpus changes no example, as it is not in this list. Append one only for a task that none of
these serves.
"""

CHINESE = re.compile(r"[\u4e00-\u9fff]")

HEAD = """# The tasks

Every task that can be built, how its instances are made, and one of them, made from the miniature
corpora of the package (`audio-flan miniatures`). The corpora that a task is made from are in
[corpora.md](corpora.md), and `audio-flan tasks` lists them. Written by `make docs`; not to be
edited by hand.
"""


def page() -> Iterator[str]:
    """The page's lines."""
    yield HEAD
    with tempfile.TemporaryDirectory() as root:
        write_miniatures(root)
        by_key = {corpus.key: corpus for corpus in find_corpora(root, EXAMPLES_FROM)}
        corpora = [by_key[key] for key in EXAMPLES_FROM]
        for major in load_taxonomy():
            built = [minor for minor in major.minors if minor.config in task_configs()]
            if built:
                yield f"## {major.domain}: {major.major}\n"
            for minor in built:
                yield from section(minor.config, corpora)


def section(config: str, corpora: Sequence[Corpus]) -> Iterator[str]:
    """A task: its definition, its rule, and an instance."""
    task = get_task(config)
    yield f"### `{config}`\n"
    yield f"**{task.minor.minor}.** {task.minor.definition}\n"
    yield f"How it is made: {task.rule}\n"
    instance = example(config, corpora)
    columns = zip(AUDIO_COLUMNS, instance.audio, strict=True)
    audio = [f"{name} {held[1].seconds:.2f} s" for name, held in columns if held]
    yield f"| | example from `{instance.origin.corpus}`, {instance.origin.split} |"
    yield "| --- | --- |"
    for name in ("instruction", "input", "output"):
        yield f"| {name} | {cell(getattr(instance, name))} |"
    yield f"| audio | {', '.join(audio)} |\n"


def example(config: str, corpora: Sequence[Corpus]) -> Instance:
    """The first instance of a task that is asked for in English."""
    task = get_task(config)
    serving = {corpus.key: corpus for corpus in corpora if task.serves(corpus)}
    if not serving:
        raise SystemExit(f"{config}: append a corpus that serves it to EXAMPLES_FROM in {__file__}")
    for unit in make_units(list(serving.values()), [config], None, Options()):
        pools = draw_pools(task, corpora, unit.split)
        generation = Generation(task, serving[unit.corpus], unit.split, pools=pools)
        for instance in generation.instances(unit.shards):
            if not CHINESE.search(instance.instruction):
                return instance
    raise SystemExit(f"{config}: the miniatures of {', '.join(serving)} give no instance of it")
