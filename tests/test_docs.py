"""The documents that a command writes are those that it would write now."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from audio_flan.corpora import corpus_classes, corpus_keys
from audio_flan.tasks import task_configs

TOOLS = Path(__file__).parents[1] / "tools"


@pytest.fixture
def write_docs(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that writes the documents."""
    monkeypatch.syspath_prepend(str(TOOLS))
    import write_docs

    return write_docs


def test_the_pages_are_current(write_docs: ModuleType) -> None:
    for path, text in write_docs.pages().items():
        assert path.read_text(encoding="utf-8") == text, f"`make docs` brings {path} up to date"
        keys = {"tasks.md": task_configs(), "corpora.md": corpus_keys()}[path.name]
        assert set(keys) == set(sections(text))


def test_the_readme_counts_no_corpus_that_is_not_there(write_docs: ModuleType) -> None:
    (number,) = write_docs.NUMBER.findall(write_docs.README.read_text(encoding="utf-8"))
    # It may be behind: where two corpora are added at the same time, both write the same number.
    assert 0 < int(number) <= len(corpus_keys())


def test_a_corpus_changes_no_line_of_another(write_docs: ModuleType) -> None:
    classes = corpus_classes()
    everything = sections("\n".join(write_docs.corpora.page(classes)))
    for number, left_out in enumerate(classes):
        others = [*classes[:number], *classes[number + 1 :]]
        without = sections("\n".join(write_docs.corpora.page(others)))
        assert without == {k: text for k, text in everything.items() if k != left_out.key}


def sections(page: str) -> dict[str, str]:
    """The sections of a page by what their headings name."""
    _, *parts = re.split(r"^### `(\w+)`$", page, flags=re.MULTILINE)
    # The heading of the domain or major task that follows is no part of a section.
    texts = (re.sub(r"^## .*", "", text, flags=re.MULTILINE).strip() for text in parts[1::2])
    return dict(zip(parts[::2], texts, strict=True))
