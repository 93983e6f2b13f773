"""The corpora under a root, each read by its own file when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from audits.facts import Disagreement, Fact, demand

HERE = Path(__file__).parent
DOMAINS = ("speech", "music", "audio")


class NotAudited(Exception):
    """There is no file that reads a corpus for the audit."""

    def __init__(self, corpus: str) -> None:
        super().__init__(corpus)
        self.corpus = corpus


class Corpora:
    """What the raw files of the corpora say.

    Args:
        root: the folder that holds a folder for each corpus.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._facts: dict[str, Mapping[str, Fact]] = {}

    def fact(self, clip: Mapping[str, Any]) -> Fact:
        """What raw files say of a clip that a row names; its file must be the same.

        Raises:
            Disagreement: the corpus has no such clip, or has it in another file.
            NotAudited: no file reads the corpus.
        """
        corpus, id = clip["corpus"], clip["id"]
        if corpus not in self._facts:
            self._facts[corpus] = read(corpus, self._root)
        try:
            fact = self._facts[corpus][id]
        except KeyError:
            raise Disagreement("clip", f"a clip that {corpus} has", id) from None
        demand(clip["file"] == fact.audio.file, f"file of {id}", fact.audio.file, clip["file"])
        return Fact(id, replace(fact.audio, owner=(corpus, id)), **fact.says)


def read(corpus: str, root: Path) -> Mapping[str, Fact]:
    """What raw files say of all clips of a corpus, by id.

    Raises:
        NotAudited: no file reads the corpus.
        SystemExit: the corpus is not under the root.
    """
    domain = next((d for d in DOMAINS if corpus in names_in(d)), None)
    if domain is None:
        raise NotAudited(corpus)
    audit = import_module(f"audits.{domain}.{corpus}")
    names = (*getattr(audit, "FOLDERS", ()), corpus)
    folder = next((path for name in names if (path := root / name).is_dir()), None)
    if folder is None:
        raise SystemExit(f"{corpus}: none of the folders {', '.join(names)} is in {root}")
    found = audit.facts(folder)
    return found if isinstance(found, Mapping) else {fact.id: fact for fact in found}


def names_in(domain: str) -> set[str]:
    """Keys of the corpora of a domain that have a file here."""
    return {path.stem for path in (HERE / domain).glob("*.py")}
