"""Fixtures that all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audio_flan.corpora.miniatures import write_miniatures

if TYPE_CHECKING:
    from loopback_hub import LoopbackHub

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


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackHub]:
    """A running Hub on the loopback interface, without any repo; its clients are processes."""
    pytest.importorskip("starlette", reason="the loopback Hub needs starlette")
    pytest.importorskip("uvicorn", reason="the loopback Hub needs uvicorn")
    from loopback_hub import LoopbackHub

    server = LoopbackHub(tmp_path_factory.mktemp("hub"))
    yield server
    server.stop()
