"""Texts made fit for Markdown."""

from __future__ import annotations

import re

CODE_OR_SPECIAL = re.compile(r"`[^`]*`|[<*]|(?<!\w)_|_(?!\w)")
"""A stretch of code, or a character that would mean something in prose."""


def cell(text: str) -> str:
    """A text for a cell of a table."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", "<br>")


def prose(text: str) -> str:
    """A paragraph of a docstring; one that is indented is code and stays as it is."""
    if text.startswith("    "):
        return text
    return CODE_OR_SPECIAL.sub(
        lambda found: found[0] if found[0][0] == "`" else f"\\{found[0]}", text
    )
