"""Slots: what a task hands to a template, typed, so that every rendered text can be read back.

A task fills named slots; a template places them. Each slot has a kind, which fixes how its value
looks in text and therefore the pattern by which `Template.parse` finds it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from operator import eq
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, Union

if TYPE_CHECKING:
    from audio_flan.audio import AudioRef, Waveform
    from audio_flan.clip import Clip
    from audio_flan.randomness import Rng


class Kind(Enum):
    """The kinds of slots; the value is the pattern of the slot's text."""

    AUDIO = r"<\|SOA\|>[A-Za-z0-9_.-]+<\|EOA\|>"
    """A stretch of audio, in text as `<|SOA|>AUDIO_ID<|EOA|>`."""
    TEXT = r"[\s\S]+"
    """Any text: a transcript, a caption, lyrics."""
    NUMBER = r"-?\d+(?:\.\d+)?"
    """A number, already rounded and written out by the task."""
    NOTE = r"[A-G]#?-?\d"
    """A note name in scientific pitch notation, sharps only: C#4."""
    NOTES = r"[A-G]#?-?\d \d+\.\d\d-\d+\.\d\d(?:; [A-G]#?-?\d \d+\.\d\d-\d+\.\d\d)*"
    """Notes of a melody with start and end in seconds: C4 0.10-0.55; D4 0.60-1.02."""
    TIMES = r"\d+\.\d\d(?:, \d+\.\d\d)*"
    """Points in time in seconds: 0.52, 1.04, 1.57."""
    STRETCHES = r"none|\d+\.\d\d-\d+\.\d\d(?:, \d+\.\d\d-\d+\.\d\d)*"
    """Stretches of time in seconds, or none: 0.32-2.75, 3.10-5.48."""
    SPANS = r"\d+\.\d\d-\d+\.\d\d [^\n;]+?(?:; \d+\.\d\d-\d+\.\d\d [^\n;]+?)*"
    """Stretches of time in seconds and what each is: 0.00-1.92 F:maj; 1.92-3.84 N."""
    LABEL = r"[^\n]+?"
    """One of a closed set of labels, a `Label`."""
    LABELS = r"[^\n]+"
    """Several of a closed set of labels, `Labels`: cello, piano, violin."""


LABEL_KINDS = (Kind.LABEL, Kind.LABELS)
"""The kinds whose values come from a closed set."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels out of a closed set; templates may also show the set or ask for a letter.

    A slot `events` of this kind gives templates four names: `events` (the labels in words, as a
    list), `events_options` (the set, in a seeded order), `events_choices` (at most four lettered
    lines, each a whole answer, the right one among them) and `events_letter` (its letter).

    Args:
        values: the labels, in words that a person would say.
        options: the whole closed set, all values included, in any order.
        ordered: whether the order of the values is part of the answer; values may then come
            again, but not twice in a row.
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
        """The set in a drawn order; of a large one the values and as many others as fit."""
        options: Sequence[str] = self.options
        if len(options) > MAX_OPTIONS:
            values = list(dict.fromkeys(self.values))
            others = [option for option in options if option not in values]
            options = values + rng.sample(others, max(0, MAX_OPTIONS - len(values)))
        return rng.shuffled(options)

    def choices(self, rng: Rng) -> list[tuple[str, ...]]:
        """At most `MAX_CHOICES` answers of the same length in a drawn order, the right one once."""
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
        places = rng.sample(range(len(self.values)), len(new))
        replaced = dict(zip(places, new, strict=True))
        answer = [replaced.get(place, value) for place, value in enumerate(self.values)]
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
"""Labels in a list of options; a larger set would be longer than what it is asked about."""

ATTEMPTS = 64
"""Draws of wrong answers before fewer lines are shown."""

Value: TypeAlias = Union[str, Labels, "AudioRef", "Waveform"]
"""What a slot holds: text, labels, source audio, or computed audio."""


class Draft(NamedTuple):
    """One instance of a task before it gets its wording.

    Args:
        slots: the value of every slot that the task declares.
        clips: the clips that it is about, the main clip first; they identify the instance.
        auxiliary: clips that were drawn to go with them: noise, a voice to imitate.
        simulation: what was simulated, with its parameters (JSON values); empty otherwise.
    """

    slots: Mapping[str, Value]
    clips: tuple[Clip, ...]
    auxiliary: tuple[Clip, ...] = ()
    simulation: Mapping[str, object] = MappingProxyType({})
