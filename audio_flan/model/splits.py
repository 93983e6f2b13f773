"""The splits."""

from __future__ import annotations

from audio_flan.errors import UnknownNameError

SPLITS = ("train", "validation", "test")
"""The splits, in their order."""


def check_split(split: str | None) -> None:
    """Check the name of a split, or of a slice of one such as "train[:10%]".

    Raises:
        UnknownNameError: there is no such split.
    """
    for part in split.split("+") if split else ():
        if part.split("[")[0] not in SPLITS:
            raise UnknownNameError("split", part.split("[")[0], SPLITS)
