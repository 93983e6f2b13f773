"""Fixtures of the tests of corpora; its folder is on the path of imports, so they find `cases`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

import pytest
from every_corpus import (
    folder_name,
)
from real_copies import real_copies

from audio_flan.corpora import corpus_class
from audio_flan.corpora.contract import Corpus


@pytest.fixture
def real_copy(request: pytest.FixtureRequest, key: str) -> str | None:
    """Where the user's copy lies, of which nothing is changed; None for the miniature."""
    return real_copies(request.config).get(key)


@pytest.fixture
def corpus(request: pytest.FixtureRequest, key: str, real_copy: str | None) -> Corpus:
    """The corpus, in the user's copy or as a miniature; only to be read."""
    return corpus_class(key).open(real_copy or str(request.getfixturevalue("miniatures")))


@pytest.fixture
def copy(miniatures: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Copies one miniature corpus into an empty folder, to be changed there."""

    def copied(key: str) -> Path:
        source = miniatures / folder_name(key)
        return shutil.copytree(source, Path(mkdtemp(dir=tmp_path)) / source.name)

    return copied


@pytest.fixture
def metadata_files(key: str, miniatures: Path) -> list[str]:
    """The metadata files of the miniature, which may be of a part of the corpus."""
    folder = miniatures / folder_name(key)
    files = corpus_class(key).open(str(folder)).files_to_recognise()
    return [file for file in files if (folder / file).is_file()]
