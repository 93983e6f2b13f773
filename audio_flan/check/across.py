"""The rules that hold across rows: ids and contents, splits that share nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from audio_flan.check.ledger import Ledger
from audio_flan.check.rows import Row, digest, groups_of
from audio_flan.corpora import corpus_class
from audio_flan.model.splits import SPLITS

Entries = Iterator[tuple[str, int]]
"""What a row enters into a ledger: keys and their values."""


def uuids(row: Row, number: int) -> Entries:
    """Its uuid, which no other row has."""
    yield row.uuid, number


def contents(row: Row, number: int) -> Entries:
    """The content of each audio id, which is the same wherever the id stands."""
    for cell in row.cells:
        if cell.data:
            yield cell.id, cell.content


def groups(row: Row, number: int) -> Entries:
    """The split of each clip, and of the speaker, song, … that its corpus keeps in one."""
    split = row.file.split
    for clip in row.provenance.clips if row.provenance else ():
        yield f"clip {clip.id} of {clip.corpus}", SPLITS.index(split)
        # Where a clip's groups cannot be read, that is a fault of its row.
        with suppress(ValueError):
            for group in groups_of(clip):
                alike = corpus_class(clip.corpus).splits.sharing
                yield group, SPLITS.index(alike[0] if split in alike else split)


def leaks(row: Row, number: int) -> Entries:
    """The split of each content but silence, which in one task is one only."""
    for cell in row.cells:
        if cell.data and not cell.silent:
            yield f"{cell.content:x}", SPLITS.index(row.file.split)


@dataclass(frozen=True, slots=True)
class Rule:
    """What must not differ from row to row.

    Args:
        kind: kind of fault.
        entries: what a row enters, with the row's number in the dataset.
        text: what is wrong, of the key, the name of the first file and the uuid of its row.
        in_task: whether it holds in each task by itself, rather than over all.
    """

    kind: str
    entries: Callable[[Row, int], Entries]
    text: str
    in_task: bool = False


ACROSS_RULES = (
    Rule("duplicate-uuid", uuids, "also in {file}"),
    Rule("audio-id", contents, "{key} has other bytes than in {file}, row {uuid}"),
    Rule("two-splits", groups, "{key} is also in {file}, row {uuid}"),
    Rule("leak", leaks, "the same audio is in {file}, row {uuid}", in_task=True),
)
"""The rules across rows."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two rows that break a rule.

    Args:
        rule: the rule.
        key: hash of what they have in common.
        first, second: their numbers in the dataset.
    """

    rule: Rule
    key: int
    first: int
    second: int

    def describe(self, first: Row, second: Row) -> str:
        """What is wrong.

        Args:
            first, second: the rows.
        """
        names = [name for name, _ in self.rule.entries(second, 0) if _key(name) == self.key]
        return self.rule.text.format(key=names[0], file=first.file.name, uuid=first.uuid)


class Across:
    """The ledgers of all rules.

    Memory: 40 bytes a row (uuids), and 40 for each different audio id, clip and group of clips,
    and content of the largest task: for a hundred million rows some 7 GB.
    """

    def __init__(self) -> None:
        self._ledgers = {rule.kind: Ledger() for rule in ACROSS_RULES}

    def add(self, row: Row, number: int) -> None:
        """Enter a row.

        Args:
            row: the row.
            number: its number in the dataset.
        """
        for rule in ACROSS_RULES:
            ledger = self._ledgers[rule.kind]
            for name, value in rule.entries(row, number):
                ledger.add(_key(name), value, number)

    def close_task(self) -> Iterator[Conflict]:
        """The conflicts in the task that was read last; what is entered of it is forgotten."""
        yield from self._close(rule for rule in ACROSS_RULES if rule.in_task)

    def close(self) -> Iterator[Conflict]:
        """The conflicts over all tasks."""
        yield from self._close(rule for rule in ACROSS_RULES if not rule.in_task)

    def _close(self, rules: Iterable[Rule]) -> Iterator[Conflict]:
        for rule in rules:
            for conflict in self._ledgers[rule.kind].conflicts():
                yield Conflict(rule, *conflict)
            self._ledgers[rule.kind] = Ledger()


def _key(name: str) -> int:
    return digest(name.encode())
