"""Fixtures of the tests of `audio-flan check`."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_dataset import build, copied


@pytest.fixture(scope="session")
def built(miniatures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build without a fault; not to be changed."""
    return build(tmp_path_factory.mktemp("check") / "out", miniatures)


@pytest.fixture
def out(built: Path, tmp_path: Path) -> Path:
    """A copy of it as it would be published, to be changed."""
    return copied(built, tmp_path / "out")
