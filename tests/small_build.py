"""A build of all tasks from the miniature corpora, two instances for each corpus and split."""

from __future__ import annotations

from pathlib import Path

from building import build
from once import once_in


def small_build(miniatures: Path) -> Path:
    """The build, made once in a run beside the miniature corpora; not to be changed."""

    def make(folder: Path) -> None:
        assert build(folder, miniatures, "--limit", "2") == 0

    return once_in(miniatures.parent, "small-build", make)
