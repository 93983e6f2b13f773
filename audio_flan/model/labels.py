"""Labels out of a closed set, and the options and choices that templates show of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import eq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audio_flan.model.randomness import Rng


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels out of a closed set; templates may also show the set or ask for a letter.

    A slot `events` of this kind gives templates four names: `events` (the labels in words, as a
    list), `events_options` (the set, in a seeded order), `events_choices` (at most four lettered
    lines, each a whole answer, the right one among them) and `events_letter` (its letter).

    Args:
        values: the labels, in words that a person would say.
        options: the whole closed set, all values included, in any order.
        ordered: whether the order of the values is part of the answer; values may then be
            repeated, but not twice in a row.
    """

    values: tuple[str, ...]
    options: tuple[str, ...]
    ordered: bool = False

    def __post_init__(self) -> None:
        if not self.values or any(self.options.count(value) != 1 for value in set(self.values)):
            raise ValueError(f"labels {self.values!r} must occur once in their set {self.options}")
        if not self.ordered and tuple(sorted(set(self.values))) != self.values:
            raise ValueError(f"labels {self.values!r} must be sorted, each once")

    def shown_options(self, rng: Rng) -> list[str]:
        """The set in random order; of a large set, the values and as many others as fit."""
        options: Sequence[str] = self.options
        if len(options) > MAX_OPTIONS:
            values = list(dict.fromkeys(self.values))
            others = [option for option in options if option not in values]
            options = values + rng.sample(others, max(0, MAX_OPTIONS - len(values)))
        return rng.shuffled(options)

    def choices(self, rng: Rng) -> list[tuple[str, ...]]:
        """At most `MAX_CHOICES` answers of the same length in random order, the right one once."""
        wrong = list(islice(self._wrong_answers(rng), MAX_CHOICES - 1))
        wrong.insert(rng.integer(0, len(wrong)), self.values)
        return wrong

    def _wrong_answers(self, rng: Rng) -> Iterator[tuple[str, ...]]:
        """Different answers: some values replaced, or in another order where that counts."""
        others = [option for option in self.options if option not in self.values]
        if len(self.values) == 1:
            yield from ((other,) for other in rng.shuffled(others))
            return
        seen = {self.values}
        for _ in range(ATTEMPTS):
            if self.ordered and (not others or rng.uniform(0, 1) < 0.5):
                answer = tuple(rng.shuffled(self.values))
            else:
                answer = self._with_others(others, rng)
            if answer not in seen and not any(map(eq, answer, answer[1:])):
                seen.add(answer)
                yield answer

    def _with_others(self, others: Sequence[str], rng: Rng) -> tuple[str, ...]:
        count = rng.integer(1, len(self.values))
        new = rng.sample(others, min(count, len(others)))
        positions = rng.sample(range(len(self.values)), len(new))
        replaced = dict(zip(positions, new, strict=True))
        answer = [replaced.get(position, value) for position, value in enumerate(self.values)]
        return tuple(answer if self.ordered else sorted(answer))


class Label(Labels):
    """One label out of a closed set.

    Args:
        value: the label in words that a person would say.
        options: the whole closed set, `value` included, in any order.
    """

    __slots__ = ()

    def __init__(self, value: str, options: tuple[str, ...]) -> None:
        super().__init__((value,), options)

    @property
    def value(self) -> str:
        """The label."""
        return self.values[0]

    def __reduce__(self) -> tuple[object, ...]:
        return Label, (self.value, self.options)


LABEL_VIEWS = ("options", "choices", "letter")
"""The suffixes that a label slot may carry in a template, next to its plain name."""


MAX_CHOICES = 4
"""Lines in a multiple choice; four is what the field's benchmarks show (MMAU, AIR-Bench)."""


MAX_OPTIONS = 32
"""Labels in a list of options; a longer list would be longer than the text it belongs to."""


ATTEMPTS = 64
"""Draws of wrong answers before fewer lines are shown."""
