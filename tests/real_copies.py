"""Copies of corpora that a user has: `pytest --corpus KEY=PATH` tests these."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from audio_flan.corpora.find import find_corpora
from audio_flan.errors import AudioFlanError


def real_copies(config: pytest.Config) -> Mapping[str, str]:
    """The path or URL of each copy, by the key of its corpus.

    Raises:
        pytest.UsageError: an option is not of the form KEY=PATH, or the corpus is not there.
    """
    copies = {}
    for option in config.getoption("corpus"):
        key, _, path = option.partition("=")
        if not path:
            raise pytest.UsageError(f"--corpus {option}: expected KEY=PATH")
        copies[key] = path
    return copies


def check_real_copies(config: pytest.Config) -> None:
    """Check that each of them is there.

    Raises:
        pytest.UsageError: one is not, or no corpus has its key.
    """
    for key, path in real_copies(config).items():
        try:
            find_corpora(None, {key: path})
        except AudioFlanError as error:
            raise pytest.UsageError(f"--corpus {key}={path}: {error}") from None
