"""AudioSet's classes: their names in words, and how they stand above one another.

`classes.csv` holds a line for each of the 527 classes of the weak lists and the 456 of the
strong ones: MID, and the words for it in either (empty where it is not in that list). The words
are the display names, the first letter small unless it is a proper name, alternatives joined by
"or" instead of a comma, "etc." left out; the five kinds of place ("Inside, small room") are worded
by hand. Twelve classes are wider or narrower in the strong lists, and are called differently there
("duck", "ducks or geese or waterfowl").
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Mapping
from importlib.resources import files
from typing import Any

from audio_flan.corpora.read.folder import Folder
from audio_flan.errors import CorpusLayoutError, Unusable

KINDS = frozenset({"Speech", "Silence", "Music", "Noise"})
"""The class at the top of each kind of sound."""

NEUTRAL = "Acoustic environment"
"""What stands below it says where something sounds, not what."""

HALF_MUSICAL = frozenset({"Bell", "Chime"})
"""The ontology has them among the instruments; doors, bicycles and wind ring them too."""

MAYBE_SPEECH = frozenset(
    {
        "Whispering",
        "Shout",
        "Screaming",
        "Singing",
        "Human group actions",
        "Vocal music",
        "Song",
        "Opera",
        "Hip hop music",
        "Sound reproduction",
        "Cacophony",
    }
)
"""Outside of Speech, but words may be heard in what stands below them."""


def _words(column: str) -> dict[str, str]:
    file = files("audio_flan.corpora.audio.audioset") / "classes.csv"
    rows = csv.DictReader(file.read_text(encoding="utf-8").split("\n"))
    return {row["mid"]: row[column] for row in rows if row[column]}


WEAK: Mapping[str, str] = _words("weak")
"""Words for the classes of the weak lists, by MID."""

STRONG: Mapping[str, str] = _words("strong")
"""Words for the classes of the strong lists, by MID."""


def in_words(mid: str, vocabulary: Mapping[str, str]) -> str:
    """The words for a class.

    Raises:
        Unusable: reason "unknown-label".
    """
    if mid not in vocabulary:
        detail = f"{mid[:40]!r} is none of the {len(vocabulary)} classes"
        raise Unusable("unknown-label", detail)
    return vocabulary[mid]


class Ontology:
    """Which classes stand above which; a class may have several parents.

    Args:
        nodes: what ontology.json holds.
    """

    def __init__(self, nodes: list[dict[str, Any]]) -> None:
        self._names: dict[str, str] = {node["id"]: node["name"] for node in nodes}
        self._parents: dict[str, list[str]] = {mid: [] for mid in self._names}
        for node in nodes:
            for child in node["child_ids"]:
                self._parents[child].append(node["id"])
        roots = [self._names[mid] for mid, parents in self._parents.items() if not parents]
        self._roots = frozenset(roots)
        self._families: dict[str, frozenset[str]] = {}

    def family(self, mid: str) -> frozenset[str]:
        """The names of a class and of all that stand above it.

        Raises:
            Unusable: reason "unknown-label".
        """
        if mid not in self._families:
            if mid not in self._names:
                raise Unusable("unknown-label", f"{mid[:40]!r} is not in the ontology")
            above = {mid}
            waiting = [mid]
            while waiting:
                new = set(self._parents[waiting.pop()]) - above
                above |= new
                waiting += sorted(new)
            self._families[mid] = frozenset(self._names[one] for one in above)
        return self._families[mid]

    def sound_kind(self, mids: Collection[str]) -> str | None:
        """The class at the top of the one kind that all classes of a clip are of, or None.

        A class with several roots ("chant" is voice and music) is of no kind; classes that say
        where something sounds do not count.
        """
        kinds: set[str] = set()
        for family in map(self.family, mids):
            found = family & KINDS
            if len(found) == 1 and len(family & self._roots) == 1 and not family & HALF_MUSICAL:
                kinds |= found
            elif NEUTRAL not in family:
                return None
        return kinds.pop() if len(kinds) == 1 else None

    def speech_presence(self, mids: Collection[str]) -> str | None:
        """Whether anybody speaks; None where nothing says so but words may be heard."""
        families = [self.family(mid) for mid in mids]
        if any("Speech" in family for family in families):
            return "speech"
        return None if any(MAYBE_SPEECH & family for family in families) else "non-speech"


def read_ontology(folder: Folder, file: str) -> Ontology:
    """The ontology of a copy of the corpus.

    Raises:
        CorpusLayoutError: the file is not what the publisher distributes.
    """
    try:
        nodes = json.loads(folder.read(file).decode("utf-8-sig"))
        if not nodes or not isinstance(nodes, list):
            raise TypeError("no list of classes")
        return Ontology(nodes)
    except (ValueError, KeyError, TypeError) as error:
        raise CorpusLayoutError(
            folder.corpus,
            folder.path,
            expected=f"{file} with a list of classes, each with id, name and child_ids",
            found=f"a file that does not read so ({type(error).__name__}: {error}); get it again",
        ) from None
