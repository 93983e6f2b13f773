"""Finding modules by the directory: a file in the right folder is registered, and nothing else.

Modules are imported when they are first used; a broken module raises its own error.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from audio_flan.model.taxonomy import DOMAINS


@cache
def module_names(package: str) -> dict[str, str]:
    """The modules of a package's three domain folders.

    Args:
        package: such as "audio_flan.corpora".

    Returns:
        Full module name by "<domain>/<file name>", in order of domain and name.
    """
    names = {}
    for domain in DOMAINS:
        folder = import_module(f"{package}.{domain}")
        for found in sorted(info.name for info in pkgutil.iter_modules(folder.__path__)):
            names[f"{domain}/{found}"] = f"{package}.{domain}.{found}"
    return names


def classes_in(module: ModuleType, base: type) -> list[Any]:
    """The concrete subclasses of a class that a module defines, in its order."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, base)
        and value.__module__ == module.__name__
        and not getattr(value, "__abstractmethods__", None)
    ]
