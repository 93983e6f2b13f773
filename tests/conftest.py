"""Fixtures that all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_flan.miniatures.write import write_miniatures

REAL = Path(__file__).parents[2] / "shared" / "real"


@pytest.fixture(scope="session")
def miniatures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all miniature corpora; not to be changed."""
    root = tmp_path_factory.mktemp("corpora")
    write_miniatures(root)
    return root


@pytest.fixture(scope="session")
def real() -> Path:
    """A folder with a few real recordings; the tests on them are skipped where it is absent."""
    if not REAL.is_dir():
        pytest.skip("the real recordings are not here")
    return REAL
