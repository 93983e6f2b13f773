"""Writing the miniature corpora.

Each corpus has a writer in its folder, `miniature.py`: a function `write(stage)` that lays it out,
with each quirk that the reader handles present once; the module may set `GAIN`.
"""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from pathlib import Path

from audio_flan.corpora import corpus_class, corpus_keys, corpus_module


def write_miniatures(root: str | os.PathLike[str]) -> dict[str, Path]:
    """Write all miniature corpora below a folder, unless they are there.

    Args:
        root: the folder, made if need be.

    Returns:
        The folder of each corpus, by its key.
    """
    return {key: write_miniature(key, Path(root)) for key in corpus_keys()}


def write_miniature(key: str, root: Path) -> Path:
    """Write one miniature corpus into `root/<the folder that the publisher's archive makes>`."""
    from audio_flan.miniatures.bank import load_bank
    from audio_flan.miniatures.stage import Stage, gain_of

    names = corpus_class(key).folders
    folder = root / (names[0] if names else key)
    if not folder.exists():
        module = import_module(f"{corpus_module(key)}.miniature")
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        gain = getattr(module, "GAIN", gain_of(key))
        module.write(Stage(unfinished, load_bank(), gain))
        unfinished.replace(folder)
    return folder
