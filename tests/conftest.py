"""Fixtures and options that all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from building import build
from once import once
from pairs import Pair, all_pairs, chosen_pairs
from real_copies import check_real_copies, real_copies

from audio_flan.corpora import corpus_keys
from audio_flan.corpora.miniatures import write_miniatures

if TYPE_CHECKING:
    from loopback_hub import LoopbackHub

REAL = Path(__file__).parents[2] / "shared" / "real"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("audio-flan")
    text = "test every task with every corpus that serves it, not with two unlike ones"
    group.addoption("--all-pairs", action="store_true", help=text)
    text = "test a real copy of a corpus, which is only read, and nothing else; repeatable"
    group.addoption("--corpus", action="append", default=[], metavar="KEY=PATH", help=text)


def pytest_configure(config: pytest.Config) -> None:
    # What `datasets` keeps is of this process: a test may neither find what another one left, nor
    # leave anything to the user. Set before anything imports `datasets`.
    home = TemporaryDirectory(prefix="audio-flan-hf-")
    config.add_cleanup(home.cleanup)
    os.environ["HF_HOME"] = home.name
    check_real_copies(config)


def pytest_report_header(config: pytest.Config) -> str:
    if copies := real_copies(config):
        return f"real copies: {', '.join(f'{key} at {path}' for key, path in copies.items())}"
    chosen = len(chosen_pairs(config))
    return f"pairs of a task and a corpus: {chosen} of {len(all_pairs())} (all with --all-pairs)"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if marker := metafunc.definition.get_closest_marker("every_pair"):
        names = ("config", "key", *marker.args)
        sets = marker.kwargs.get("of", list)(chosen_pairs(metafunc.config))
        # By pair, so that what is kept of one serves all its tests.
        metafunc.parametrize(names, sets, scope="module")
    if metafunc.definition.get_closest_marker("every_corpus"):
        keys = list(real_copies(metafunc.config)) or corpus_keys()
        metafunc.parametrize("key", keys, scope="module")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if real_copies(config):
        others = [item for item in items if not item.get_closest_marker("every_corpus")]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item.get_closest_marker("every_corpus")]


@pytest.fixture(scope="session")
def pairs(request: pytest.FixtureRequest) -> tuple[Pair, ...]:
    """The pairs of task and corpus that this run is about."""
    return chosen_pairs(request.config)


@pytest.fixture(scope="session")
def first_rows(request: pytest.FixtureRequest) -> int | None:
    """How many rows of each task, corpus and split costly comparisons look at; None for all."""
    return None if request.config.getoption("all_pairs") else 2


@pytest.fixture(scope="session")
def miniatures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all miniature corpora; not to be changed."""
    if real_copies(request.config):
        pytest.skip("needs the miniature corpora, which --corpus leaves out")
    return once("corpora", tmp_path_factory, write_miniatures)


@pytest.fixture(scope="session")
def whole_build(tmp_path_factory: pytest.TempPathFactory, miniatures: Path) -> Path:
    """A build of all tasks from all miniature corpora; not to be changed."""

    def make(folder: Path) -> None:
        assert build(folder, miniatures) == 0

    return once("whole-build", tmp_path_factory, make)


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
