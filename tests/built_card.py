"""A build of all tasks from the miniature corpora, small enough for every test of its files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from audio_flan.cli.app import main


def build(out: Path, root: Path, *options: str) -> Path:
    """Run `audio-flan build` in this process."""
    with pytest.raises(SystemExit) as exit:
        main(["build", str(out), "--root", str(root), *options])
    assert not exit.value.code
    return out


@cache
def small_build(miniatures: Path) -> Path:
    """All tasks, two instances for each corpus and split; made once in a process."""
    return build(miniatures.parent / "small-build", miniatures, "--limit", "2")


def front_matter(out: Path) -> dict[str, Any]:
    """The YAML of a build's card."""
    text = (out / "README.md").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text.split("---\n")[1]))


def body(out: Path) -> str:
    """The Markdown of a build's card."""
    return (out / "README.md").read_text(encoding="utf-8").split("---\n", 2)[2]


def files_of(out: Path, data_files: Sequence[dict[str, Any]]) -> dict[str, list[Path]]:
    """The files of each split of a config, by the patterns of the card."""
    return {
        entry["split"]: [file for pattern in entry["path"] for file in sorted(out.glob(pattern))]
        for entry in data_files
    }
