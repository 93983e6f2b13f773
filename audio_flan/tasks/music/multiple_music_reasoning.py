"""Multiple Music Reasoning: two recordings compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.model.labels import Label
from audio_flan.model.randomness import Rng
from audio_flan.tasks.contract import PairTask
from audio_flan.tasks.pairing import SamenessTask


class InstrumentComparison(SamenessTask):
    """Whether two notes are played by instruments of the same family."""

    config = "music_instrument_comparison"
    field = "instrument"

    def stratum(self, clip: Clip) -> str | None:
        """None: families differ in nothing else that is annotated."""
        return None


class KeyComparison(SamenessTask):
    """Whether two excerpts of two pieces are in the same key, tonic and mode.

    Three in four of the "no" pairs are of one mode.
    """

    config = "music_key_comparison"
    field = "key"

    def stratum(self, clip: Clip) -> str | None:
        """The mode."""
        return clip.key.value.split()[-1] if clip.key else None

    def origin(self, clip: Clip) -> str | None:
        """The piece."""
        return clip.piece


class TempoComparison(PairTask):
    """Which of two excerpts is faster, or that their tempi are equal.

    The rule of the pairs: each excerpt leads one pair, with a partner drawn from those of the
    window, of another piece, that fit an answer drawn before: tempi are equal, or the faster is
    `clear_ratios` times as fast (far from double time, which can be heard as equal); where none
    fits, another answer is tried.
    """

    config = "music_tempo_comparison"
    requires = frozenset({"tempo"})
    inputs = {"first_audio": Kind.AUDIO, "second_audio": Kind.AUDIO}
    outputs = {"faster": Kind.LABEL}
    labels = {
        "faster": ("the first one is faster", "the second one is faster", "both are equally fast")
    }
    window = 256
    clear_ratios: ClassVar[tuple[float, float]] = (1.1, 1.8)

    def pairs(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft]:
        """A pair for each excerpt that finds a partner."""
        seen: set[frozenset[str]] = set()
        for first in window:
            for answer in rng.shuffled(self.labels["faster"]):
                partners = [
                    second
                    for second in window
                    if self._answer(first, second) == answer
                    and frozenset((first.id, second.id)) not in seen
                ]
                if partners:
                    second = rng.choice(partners)
                    seen.add(frozenset((first.id, second.id)))
                    slots: dict[str, Value] = {
                        "first_audio": first.audio,
                        "second_audio": second.audio,
                        "faster": Label(answer, self.labels["faster"]),
                    }
                    yield Draft(slots, (first, second))
                    break

    def _answer(self, first: Clip, second: Clip) -> str | None:
        """The answer for a pair; None where it would not be clear, or where they are one piece."""
        assert first.tempo is not None
        assert second.tempo is not None
        if first is second or (first.piece is not None and first.piece == second.piece):
            return None
        first_faster, second_faster, equal = self.labels["faster"]
        if first.tempo == second.tempo:
            return equal
        ratio = max(first.tempo, second.tempo) / min(first.tempo, second.tempo)
        if not self.clear_ratios[0] <= ratio <= self.clear_ratios[1]:
            return None
        return first_faster if first.tempo > second.tempo else second_faster
