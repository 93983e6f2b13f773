"""docs/corpora.md: every corpus, how to get it, what it asks for, and what is made from it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby

from audio_flan.corpora.contract import Corpus
from audio_flan.model.languages import LANGUAGES
from audio_flan.tasks import get_task, task_configs
from audio_flan.tasks.contract import SimulatedTask
from pages.markdown import cell, prose

HEAD = """# The corpora

Every corpus that can be read: its licence, how to get it, how its files lie on disk, what is
peculiar to it, and the [tasks](tasks.md) that are made from it. `audio-flan corpora --root FOLDER`
says which of them are in a folder. Written by `make docs`; not to be edited by hand.
"""


def page(corpora: Sequence[type[Corpus]]) -> Iterator[str]:
    """The page's lines: a table of all corpora, then a section for each.

    Args:
        corpora: by domain. No corpus changes a line of another.
    """
    yield HEAD
    yield "| corpus | name | licence |"
    yield "| --- | --- | --- |"
    for corpus in corpora:
        yield f"| [`{corpus.key}`](#{corpus.key}) | {cell(corpus.title)} | {corpus.license} |"
    yield ""
    for domain, those in groupby(corpora, key=lambda corpus: corpus.domain):
        yield f"## {domain}\n"
        for corpus in those:
            yield from section(corpus)


def section(corpus: type[Corpus]) -> Iterator[str]:
    """A corpus: what it is, what it states of itself, its tasks, its story."""
    lead, *story = (sys.modules[corpus.__module__].__doc__ or "").strip().split("\n\n")
    yield f"### `{corpus.key}`\n"
    yield f"{prose(' '.join(lead.split()))}\n"
    yield f"| | {cell(corpus.title)} |"
    yield "| --- | --- |"
    yield from (f"| {name} | {cell(text)} |" for name, text in facts(corpus).items() if text)
    yield f"\nTasks that are made from it:\n{_lines(served(corpus))}"
    if tasks := lent(corpus):
        yield f"\nTasks that add its clips to those of any corpus:\n{_lines(tasks)}"
    for paragraph in story:
        # The rule of the splits is in the table.
        if not paragraph.startswith("Splits:"):
            yield f"\n{prose(paragraph)}"
    yield ""


def facts(corpus: type[Corpus]) -> dict[str, str]:
    """What a corpus states of itself, in words, by name; empty where there is nothing to say."""
    again = "may" if corpus.redistributable else "may not"
    commercial = "allowed" if corpus.commercial else "not allowed"
    return {
        "from": corpus.homepage,
        "get it": corpus.download,
        "folder": " or ".join(f"`{name}`" for name in (corpus.key, *corpus.folders)),
        "licence": f"{corpus.license}; audio {again} be published; commercial use {commercial}",
        "conditions": corpus.license_conditions,
        "languages": ", ".join(LANGUAGES.get(code, code) for code in corpus.languages),
        "speakers": f"{corpus.speakers:,}" if corpus.speakers else "",
        "audio from": corpus.origin,
        "splits": corpus.splits.rule,
        "provides": ", ".join(f"`{field}`" for field in sorted(corpus.provides)),
        "cite": corpus.citation,
    }


def served(corpus: type[Corpus]) -> list[str]:
    """The tasks that are made from a corpus."""
    return [_link(config) for config in task_configs() if get_task(config).serves(corpus)]


def lent(corpus: type[Corpus]) -> list[str]:
    """The tasks that mix its clips into those of any corpus, and what they are there."""
    tasks = map(get_task, task_configs())
    return [
        f"{_link(task.config)} ({', '.join(roles)})"
        for task in tasks
        if isinstance(task, SimulatedTask)
        and (roles := [r for r, fields in task.auxiliary.items() if fields <= corpus.provides])
    ]


def _lines(items: Sequence[str]) -> str:
    """A sentence with a line for each item, so that what is added at the same time merges."""
    return ",\n".join(items) + "."


def _link(config: str) -> str:
    return f"[`{config}`](tasks.md#{config})"
