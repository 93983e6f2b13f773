"""What became of the clips."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

LARGE_ROW = 2_000_000
"""Bytes of audio above which a row loads slowly in the Hub's viewer, and is counted."""


@dataclass(slots=True)
class Tally:
    """What became of the clips: `read == used + left + sum(rejected.values())`.

    Args:
        read: clips and lines of metadata that were read.
        used: clips that at least one instance is led by or has in it.
        left: clips that were not used because of a limit.
        made: instances.
        seconds: audio of the instances.
        rejected: clips by reason.
        large: instances with more than `LARGE_ROW` bytes of audio, by what their audio is.
        mixed_in: instances with audio of an auxiliary clip, by the key of its corpus.
        languages: the clips of the instances, by the language that they state.
    """

    read: int = 0
    used: int = 0
    left: int = 0
    made: int = 0
    seconds: float = 0.0
    rejected: Counter[str] = field(default_factory=Counter)
    large: Counter[str] = field(default_factory=Counter)
    mixed_in: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add another's counts to these."""
        self.read += other.read
        self.used += other.used
        self.left += other.left
        self.made += other.made
        self.seconds += other.seconds
        self.rejected += other.rejected
        self.large += other.large
        self.mixed_in += other.mixed_in
        self.languages += other.languages
