"""AudioSet's audio files, which have the id of a video in their names, in one manner or another."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable

NAME = re.compile(r"(Y?)([A-Za-z0-9_-]{11})((?:_[0-9.]+){0,2}\.[A-Za-z0-9]+)")
"""No name reads in two ways: what follows an id starts with "_" and goes on with digits."""


class AudioFiles:
    """The audio files of a folder by YTID; two million of them take 30 MB.

    Args:
        names: paths of files, in the order in which they are preferred.
    """

    def __init__(self, names: Iterable[str]) -> None:
        import numpy as np

        ids, forms = bytearray(), array("i")
        known: dict[tuple[str, str], int] = {}
        for name in names:
            folder, slash, file = name.rpartition("/")
            if match := NAME.fullmatch(file):
                ids += match[2].encode()
                forms.append(known.setdefault((folder + slash + match[1], match[3]), len(known)))
        unsorted = np.frombuffer(bytes(ids), dtype="S11")
        order = np.argsort(unsorted, kind="stable")
        self._ids, self._forms = unsorted[order], np.array(forms, dtype="i4")[order]
        self._known = list(known)

    def find(self, ytid: str) -> str | None:
        """The path of a video's file: of several, the first; of none, None."""
        index = int(self._ids.searchsorted(ytid.encode()))
        if index == len(self._ids) or self._ids[index] != ytid.encode():
            return None
        before, after = self._known[int(self._forms[index])]
        return f"{before}{ytid}{after}"
