"""How pitches are written: MIDI numbers and scientific pitch notation."""

from __future__ import annotations

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def note_name(midi: int) -> str:
    """Scientific pitch notation of a MIDI number, with sharps: 61 -> "C#4" (60 is C4)."""
    return f"{PITCH_CLASSES[midi % 12]}{midi // 12 - 1}"
