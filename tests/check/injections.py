"""The register of what can be wrong with a dataset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Injection = Callable[[Path], None]

FAULTS: dict[str, tuple[Injection, dict[str, int]]] = {}
"""What is done to a dataset, and the kinds and numbers of faults that it has then."""


def gives(**counts: int) -> Callable[[Injection], Injection]:
    """Register an injection; underscores stand for hyphens."""

    def register(injection: Injection) -> Injection:
        kinds = {kind.replace("_", "-"): count for kind, count in counts.items()}
        FAULTS[injection.__name__] = injection, kinds
        return injection

    return register
