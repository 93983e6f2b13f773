"""Write docs/tasks.md: every task with its rule and one instance from the miniature corpora.

Usage: python tools/write_task_docs.py [FILE]
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from audio_flan.build.options import Options
from audio_flan.build.plan import make_units
from audio_flan.corpora.find import find_corpora
from audio_flan.corpora.miniatures import write_miniatures
from audio_flan.generate.generation import Generation
from audio_flan.generate.pools import draw_pools
from audio_flan.model.instance import AUDIO_COLUMNS, Instance
from audio_flan.model.taxonomy import load_taxonomy
from audio_flan.tasks import get_task, task_configs

DOCUMENT = Path(__file__).parents[1] / "docs" / "tasks.md"

CHINESE = re.compile(r"[\u4e00-\u9fff]")

HEAD = """# The tasks

Every task that can be built, how its instances are made, and one of them, made from the miniature
corpora of the package (`audio-flan sample`). Written by `make docs`; not to be edited by hand.
"""


def main(file: str | Path = DOCUMENT) -> None:
    """Write the document."""
    Path(file).parent.mkdir(exist_ok=True)
    Path(file).write_text("\n".join(document()), encoding="utf-8", newline="\n")


def document() -> Iterator[str]:
    """The document's lines."""
    yield HEAD
    with tempfile.TemporaryDirectory() as root:
        write_miniatures(root)
        for major in load_taxonomy():
            built = [minor for minor in major.minors if minor.config in task_configs()]
            if built:
                yield f"## {major.domain}: {major.major}\n"
            for minor in built:
                yield from section(minor.config, root)


def section(config: str, root: str) -> Iterator[str]:
    """A task: its place, definition, rule, corpora, and an instance."""
    task = get_task(config)
    corpora = [corpus for corpus in find_corpora(root) if task.serves(corpus)]
    yield f"### `{config}`\n"
    yield f"**{task.minor.minor}.** {task.minor.definition}\n"
    yield f"How it is made: {task.rule}\n"
    yield f"Made from: {', '.join(corpus.key for corpus in corpora)}.\n"
    instance = example(config, root)
    cells = zip(AUDIO_COLUMNS, instance.audio, strict=True)
    audio = [f"{name} {cell[1].seconds:.2f} s" for name, cell in cells if cell]
    yield f"| | example from `{instance.origin.corpus}`, {instance.origin.split} |"
    yield "| --- | --- |"
    for name in ("instruction", "input", "output"):
        yield f"| {name} | {escaped(getattr(instance, name))} |"
    yield f"| audio | {', '.join(audio)} |\n"


def example(config: str, root: str) -> Instance:
    """The first instance of a task that is asked for in English."""
    task, corpora = get_task(config), find_corpora(root)
    for unit in make_units(corpora, [config], None, Options()):
        corpus = next(corpus for corpus in corpora if corpus.key == unit.corpus)
        pools = draw_pools(task, corpora, unit.split)
        for instance in Generation(task, corpus, unit.split, pools=pools).instances(unit.shards):
            if not CHINESE.search(instance.instruction):
                return instance
    raise SystemExit(f"the miniature corpora give no instance of {config}")


def escaped(text: str) -> str:
    """A text for a cell of a table."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", "<br>")


if __name__ == "__main__":
    main(*sys.argv[1:])
