"""Corpora: a folder each in `speech/`, `music/`, `audio/`, found by the name of the folder.

In the folder lie the reader (`__init__.py`), the facts (`corpus.yaml`) and the writer of the
corpus's miniature (`miniature.py`).
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from audio_flan.errors import UnknownNameError
from audio_flan.model.registry import classes_in, module_names

if TYPE_CHECKING:
    from audio_flan.corpora.contract import Corpus


def corpus_keys() -> tuple[str, ...]:
    """Keys of all corpora, by domain and name; nothing is imported."""
    return tuple(name.split("/")[1] for name in module_names(__name__))


def corpus_module(key: str) -> str:
    """The name of the package that holds a corpus.

    Raises:
        UnknownNameError: there is no such corpus.
    """
    modules = {name.split("/")[1]: full for name, full in module_names(__name__).items()}
    if key not in modules:
        raise UnknownNameError("corpus", key, modules)
    return modules[key]


@cache
def corpus_class(key: str) -> type[Corpus]:
    """The class of a corpus.

    Raises:
        UnknownNameError: there is no such corpus.
    """
    from audio_flan.corpora.contract import Corpus

    found: type[Corpus]
    (found,) = classes_in(import_module(corpus_module(key)), Corpus)
    return found


def corpus_classes() -> tuple[type[Corpus], ...]:
    """The classes of all corpora."""
    return tuple(corpus_class(key) for key in corpus_keys())
