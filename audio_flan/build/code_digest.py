"""Digests of source code: what a module does depends on its text and on that of what it imports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path

PACKAGE = Path(__file__).parents[1]

IMPORT = re.compile(
    r"^\s*(?:from\s+([\w.]+)\s+import\s+(\([^)]*\)|.*)|import\s+(.*))", re.MULTILINE
)
"""An import, which always starts a line; parsing the sources takes a tenth of a second instead."""

NAME = re.compile(r"[\w.]+")

DATA = (".csv", ".yaml")
"""Endings of data files."""


@cache
def code_digest(*modules: str) -> str:
    """A hash of the sources of modules of this package, and of all that they import of it.

    Data files with the name of a module beside it count as part of it, as do all data files in a
    package beside its `__init__.py`. Modules that are found by name at run time (corpora,
    tasks) are not followed: name them.

    Args:
        modules: dotted names.
    """
    digest = blake2b(digest_size=10)
    for path in sorted({path for name in _closure(modules) for path in _files(name)}):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _closure(modules: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _imports(name)
    return found


@cache
def _imports(module: str) -> tuple[str, ...]:
    """The modules of this package that a module imports anywhere in it."""
    path = _path(module)
    assert path is not None
    names = dict.fromkeys(_imported_names(path.read_text("utf-8")))
    return tuple(name for name in names if _path(name) is not None)


def _imported_names(source: str) -> Iterator[str]:
    """All names that a module may import; text that looks like an import is harmless."""
    for module, names, modules in IMPORT.findall(source):
        yield from NAME.findall(modules)
        if module:
            yield module
            # Some of these are modules, others what a module defines.
            yield from (f"{module}.{name}" for name in NAME.findall(names))


@cache
def _path(module: str) -> Path | None:
    """The file of a module of this package; None for any other name."""
    package, *parts = module.split(".")
    path = PACKAGE.joinpath(*parts)
    files = (path / "__init__.py", path.with_suffix(".py"))
    return next((file for file in files if package == PACKAGE.name and file.exists()), None)


def _files(module: str) -> list[Path]:
    """The file of a module, and the data files that belong to it."""
    path = _path(module)
    assert path is not None
    pattern = "*" if path.stem == "__init__" else f"{path.stem}.*"
    return [path, *(p for p in path.parent.glob(pattern) if p.suffix in DATA)]
