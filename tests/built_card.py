"""The card of a build, taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml


def front_matter(out: Path) -> dict[str, Any]:
    """The YAML of a build's card."""
    text = (out / "README.md").read_text(encoding="utf-8")
    return dict(yaml.load(text.split("---\n")[1], yaml.CSafeLoader))


def body(out: Path) -> str:
    """The Markdown of a build's card."""
    return (out / "README.md").read_text(encoding="utf-8").split("---\n", 2)[2]


def files_of(out: Path, data_files: Sequence[dict[str, Any]]) -> dict[str, list[Path]]:
    """The files of each split of a config, by the patterns of the card."""
    return {
        entry["split"]: [file for pattern in entry["path"] for file in sorted(out.glob(pattern))]
        for entry in data_files
    }
