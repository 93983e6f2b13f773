"""Every corpus is held to its case table: `tests/corpora/<domain>/test_<key>.py`."""

from __future__ import annotations

import shutil
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from cases import Quirk, check_quirk, check_says, read

from audio_flan.corpora import corpus_class, corpus_keys

HERE = Path(__file__).parent


@cache
def table(key: str) -> ModuleType | None:
    """The module of a corpus's case table; None where it has none."""
    file = HERE / corpus_class(key).domain / f"test_{key}.py"
    spec = spec_from_file_location(f"cases_of_{key}", file)
    if not file.exists() or spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


KEYS = [key for key in corpus_keys() if table(key)]
QUIRKS = [
    pytest.param(key, quirk, id=f"{key}: {quirk.what}")
    for key in KEYS
    for quirk in getattr(table(key), "QUIRKS", ())
]


def folder_name(key: str) -> str:
    """What the publisher's archive unpacks to."""
    return (*corpus_class(key).folders, key)[0]


def test_every_corpus_has_a_case_table() -> None:
    assert list(corpus_keys()) == KEYS


@pytest.mark.parametrize("key", KEYS)
def test_the_miniature_says_what_the_table_states(key: str, miniatures: Path) -> None:
    cases = table(key)
    clips, rejects = read(corpus_class(key), miniatures / folder_name(key))
    assert len(clips) == cases.CLIPS  # type: ignore[union-attr]
    assert rejects == getattr(cases, "REJECTS", {})
    check_says(cases.SAYS, clips)  # type: ignore[union-attr]


@pytest.mark.parametrize(("key", "quirk"), QUIRKS)
def test_a_quirk_gives_what_its_row_states(
    key: str, quirk: Quirk, miniatures: Path, tmp_path: Path
) -> None:
    name = folder_name(key)
    folder = shutil.copytree(miniatures / name, tmp_path / "root" / name)
    check_quirk(corpus_class(key), folder, quirk)
