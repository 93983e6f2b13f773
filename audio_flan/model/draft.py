"""The draft: what a task hands to a template, typed, so that every rendered text can be read back.

A task fills named slots; a template places them. Each slot has a kind, which fixes how its value
looks in text and therefore the pattern by which `Template.parse` finds it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, Union

from audio_flan.model.labels import Labels

if TYPE_CHECKING:
    from audio_flan.media.audio import AudioRef, Waveform
    from audio_flan.model.clip import Clip


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
