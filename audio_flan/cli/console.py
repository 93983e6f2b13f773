"""The console that everything is printed to, and JSON for scripts."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

FILE_WIDTH = 120
"""Width of tables where the output is not a terminal."""

console = Console(highlight=False, width=None if sys.stdout.isatty() else FILE_WIDTH)


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    print(json.dumps(value, indent=1, ensure_ascii=False))
