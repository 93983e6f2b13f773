"""A Hub on the loopback interface; every client of it is a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from loopback_hub import LoopbackHub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackHub]:
    """A running server without any repo."""
    pytest.importorskip("starlette", reason="the loopback Hub needs starlette")
    pytest.importorskip("uvicorn", reason="the loopback Hub needs uvicorn")
    from loopback_hub import LoopbackHub

    server = LoopbackHub(tmp_path_factory.mktemp("hub"))
    yield server
    server.stop()
