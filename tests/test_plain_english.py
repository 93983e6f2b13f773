"""Phrases that readers of English stumble over stay out of messages, help and docstrings."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

import audio_flan
from audio_flan.cli.app import app

PACKAGE = Path(audio_flan.__file__).parent

INSTEAD = {
    r"\bcan not\b": "cannot",
    r"\bof no (use|meaning)\b": "cannot be used; is ignored",
    r"\bso (many|much)\b": "N; the number of",
    r"\b(tell|tells|told) of\b": "report; list; describe",
    r"\b(go|goes|going|gone) (by|past)\b": "use; is based on; skip",
    r"\banew\b": "again",
    r"\b(do|does) in place of\b": "replaces",
    r"\b(go|goes|going) on\b": "resume; continue",
    r"\bfor ever\b": "forever",
    r"\bsee to it\b": "make sure",
    r"\bmend(s|ed|ing)?\b": "repair; fix",
    r"\bmust be there\b": "must exist",
    r"\basked for\b": "requested",
    r"^where\.$": "what the option decides",
}
"""Phrases to avoid (in any case of letters), and what to write."""

DETAILS_OF_REJECTS = {" s are asked for"}
"""Texts that stand in datasets already built."""


class Text(NamedTuple):
    """A text, and where it stands."""

    where: str
    text: str


def modules() -> list[Path]:
    # The builders are a link, which rglob does not follow.
    return [*PACKAGE.rglob("*.py"), *(PACKAGE / "builders").glob("*.py")]


def split_texts(file: Path) -> tuple[list[Text], list[Text]]:
    """The messages of a module (of f-strings the fixed pieces), and its docstrings and comments."""
    source = file.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    messages, prose = [], []
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts = prose if id(node) in docstrings else messages
            texts.append(Text(f"{file}:{node.lineno}", node.value))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            prose.append(Text(f"{file}:{token.start[0]}", token.string))
    return messages, prose


def help_texts() -> Iterator[Text]:
    """The texts of the help pages."""
    group: Any = typer.main.get_command(app)
    for command in (group, *group.commands.values()):
        yield Text(f"audio-flan {command.name}", command.help)
        for parameter in command.params:
            yield Text(f"audio-flan {command.name} {parameter.name}", parameter.help or "")


def with_phrase(phrase: str, texts: Iterable[Text]) -> list[Text]:
    # A phrase may be broken over two lines.
    pattern = re.compile(phrase.replace(" ", r"\s+"), re.IGNORECASE)
    return [text for text in texts if pattern.search(text.text)]


@pytest.fixture(scope="module")
def messages() -> list[Text]:
    texts = [text for file in modules() for text in split_texts(file)[0]]
    return [*(text for text in texts if text.text not in DETAILS_OF_REJECTS), *help_texts()]


@pytest.mark.parametrize("phrase", INSTEAD)
def test_messages_and_help_are_plain_english(phrase: str, messages: list[Text]) -> None:
    assert len(messages) > 1000
    assert not with_phrase(phrase, messages), f"write: {INSTEAD[phrase]}"


def test_docstrings_and_comments_say_cannot() -> None:
    texts = [text for file in modules() for text in split_texts(file)[1]]
    assert len(texts) > 500
    assert not with_phrase("can not", texts)


def test_a_phrase_is_found_wherever_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        '"""What can\nnot be."""\n'
        "# It can not be.\n"
        'text = "Can not be."\n'
        'other = f"{text} can not be {text}"\n'
    )
    found, prose = split_texts(file)
    assert len(with_phrase("can not", found)) == 2
    assert len(with_phrase("can not", prose)) == 2
    assert not with_phrase("cannot", [*found, *prose])
