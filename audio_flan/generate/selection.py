"""Which instances a build keeps: by their length, and by a seeded draw that bounds their number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from audio_flan.errors import Unusable

DRAW_BITS = 64


class NotSelected(Unusable):
    """An instance that the build does not keep; others of its clip may be kept."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which instances of a task and a corpus are kept.

    Args:
        min_seconds, max_seconds: bounds of all audio of an instance together; None for none.
        below: the clips whose draw is below it lead instances, and each of them only one; None for
            all clips and instances.
        seed: seed of the draws.
    """

    min_seconds: float | None = None
    max_seconds: float | None = None
    below: int | None = None
    seed: int = 0

    def takes(self, config: str, corpus: str, clip: str) -> bool:
        """Whether a clip may lead an instance of a task."""
        return self.below is None or draw(self.seed, config, corpus, clip) < self.below

    def check_seconds(self, seconds: float) -> None:
        """Check the length of an instance's audio.

        Raises:
            NotSelected: reason "shorter-than-asked" or "longer-than-asked".
        """
        if self.min_seconds is not None and seconds < self.min_seconds:
            detail = f"{seconds:.2f} s of audio, at least {self.min_seconds:g} s are asked for"
            raise NotSelected("shorter-than-asked", detail)
        if self.max_seconds is not None and seconds > self.max_seconds:
            detail = f"{seconds:.2f} s of audio, at most {self.max_seconds:g} s are asked for"
            raise NotSelected("longer-than-asked", detail)


def draw(seed: int, config: str, corpus: str, clip: str) -> int:
    """The number that a clip draws for a task, evenly from 0 to 2**64 - 1.

    The clips with the lowest numbers are taken: of 1 % all are in the 10 %, and so on.
    """
    key = f"{seed}\x1f{config}\x1f{corpus}\x1f{clip}".encode()
    return int.from_bytes(blake2b(key, digest_size=DRAW_BITS // 8).digest(), "big")


def shares(cap: int, clips: Mapping[str, int]) -> dict[str, int]:
    """How many clips of each corpus a task may take, as evenly as they have them.

    A larger cap never takes fewer of any corpus, so that what is selected only grows with it.

    Args:
        cap: the most clips in all.
        clips: number of clips by key of the corpus.
    """
    taken, left = {}, cap
    by_size = sorted(clips, key=lambda key: (clips[key], key))
    for position, key in enumerate(by_size):
        taken[key] = min(clips[key], left // (len(by_size) - position))
        left -= taken[key]
    return taken
