"""Slots: what a task hands to a template, typed, so that every rendered text can be read back.

A task fills named slots; a template places them. Each slot has a kind, which fixes how its value
looks in text and therefore the pattern by which `Template.parse` finds it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias, Union

if TYPE_CHECKING:
    from audio_flan.audio import AudioRef, Waveform
    from audio_flan.clip import Clip


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
    LABEL = r"[^\n]+?"
    """One of a closed set of labels, a `Label`."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label out of a closed set; templates may also show the set or ask for a letter.

    A slot `emotion` of this kind gives templates four names: `emotion` (the word),
    `emotion_options` (the set, in a seeded order), `emotion_choices` (at most four lettered
    lines, the label among them) and `emotion_letter` (the label's letter in these lines).

    Args:
        value: the label in words that a person would say.
        options: the whole closed set, `value` included, in any order.
    """

    value: str
    options: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.options.count(self.value) != 1:
            raise ValueError(f"label {self.value!r} must occur once in its set {self.options!r}")


LABEL_VIEWS = ("options", "choices", "letter")
"""The suffixes that a label slot may carry in a template, next to its plain name."""

MAX_CHOICES = 4
"""Lines in a multiple choice; four is what the field's benchmarks show (MMAU, AIR-Bench)."""

Value: TypeAlias = Union[str, Label, "AudioRef", "Waveform"]
"""What a slot holds: text, a label, source audio, or computed audio."""


@dataclass(frozen=True, slots=True)
class Draft:
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
    simulation: Mapping[str, object] = field(default_factory=dict)
