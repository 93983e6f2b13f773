"""Miniature corpora: written from a bank of synthesised audio exactly as the publisher would.

One writer for each corpus, in `speech/`, `music/`, `audio/`, under the corpus's name: a function
`write(folder, bank)` that lays it out, with each quirk that the reader handles present once.
"""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from pathlib import Path

from audio_flan.registry import module_names


def write_samples(root: str | os.PathLike[str]) -> dict[str, Path]:
    """Write all miniature corpora below a folder, unless they are there.

    Args:
        root: the folder, made if need be.

    Returns:
        The folder of each corpus, by its key.
    """
    return {name.split("/")[1]: write_sample(name.split("/")[1], Path(root)) for name in _writers()}


def write_sample(key: str, root: Path) -> Path:
    """Write one miniature corpus into `root/<the folder that the publisher's archive makes>`."""
    from audio_flan.corpora import corpus_class
    from audio_flan.samples.bank import load_bank

    names = corpus_class(key).folders
    folder = root / (names[0] if names else key)
    if not folder.exists():
        module = import_module(next(m for n, m in _writers().items() if n.endswith(f"/{key}")))
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        module.write(unfinished, load_bank())
        unfinished.replace(folder)
    return folder


def _writers() -> dict[str, str]:
    return module_names(__name__)
