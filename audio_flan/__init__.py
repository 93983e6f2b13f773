"""Audio-FLAN: instruction-tuning data of 80 audio tasks out of public corpora, for `datasets`.

The names here are imported when they are first used, so that `import audio_flan` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from audio_flan.version import __version__ as __version__

if TYPE_CHECKING:
    from audio_flan.api import list_corpora, list_tasks, load_dataset, source_of
    from audio_flan.dataset.jsonl import from_jsonl, to_jsonl
    from audio_flan.errors import AudioFlanError
    from audio_flan.media.audio import decode

__all__ = [
    "AudioFlanError",
    "decode",
    "from_jsonl",
    "list_corpora",
    "list_tasks",
    "load_dataset",
    "source_of",
    "to_jsonl",
]

_HOMES = {
    "AudioFlanError": "errors",
    "decode": "media.audio",
    "from_jsonl": "dataset.jsonl",
    "list_corpora": "api",
    "list_tasks": "api",
    "load_dataset": "api",
    "source_of": "api",
    "to_jsonl": "dataset.jsonl",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
