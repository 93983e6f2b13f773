"""Multiple Music Reasoning: two recordings compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from audio_flan.clip import Clip
from audio_flan.randomness import Rng
from audio_flan.slots import Draft, Kind, Label, Value
from audio_flan.tasks.base import PairTask
from audio_flan.tasks.pairing import balanced_pairs


class InstrumentComparison(PairTask):
    """Whether two notes are played by instruments of the same family.

    The rule of the pairs: two different notes of one split; "yes" and "no" in balance to within
    one; no note is in more than four pairs, and no pair comes twice; the order of the two is drawn.
    """

    config = "music_instrument_comparison"
    requires = frozenset({"instrument"})
    inputs = {"first_audio": Kind.AUDIO, "second_audio": Kind.AUDIO}
    outputs = {"same_instrument": Kind.LABEL}
    labels = {"same_instrument": ("yes", "no")}

    def pairs(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft]:
        """A pair for each note that still finds a partner."""
        for first, second, same in balanced_pairs(
            window,
            rng,
            group=lambda clip: clip.instrument.value if clip.instrument else None,
            stratum=lambda clip: None,
        ):
            slots: dict[str, Value] = {
                "first_audio": first.audio,
                "second_audio": second.audio,
                "same_instrument": Label("yes" if same else "no", self.labels["same_instrument"]),
            }
            yield Draft(slots, (first, second))


class KeyComparison(PairTask):
    """Whether two excerpts are in the same key, tonic and mode.

    The rule of the pairs: two excerpts of one split, of two pieces; "yes" and "no" in balance to
    within one; three in four of the "no" pairs are of one mode; no excerpt is in more than four
    pairs, and no pair comes twice; the order of the two is drawn.
    """

    config = "music_key_comparison"
    requires = frozenset({"key"})
    inputs = {"first_audio": Kind.AUDIO, "second_audio": Kind.AUDIO}
    outputs = {"same_key": Kind.LABEL}
    labels = {"same_key": ("yes", "no")}

    def pairs(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft]:
        """A pair for each excerpt that still finds a partner."""
        for first, second, same in balanced_pairs(
            window,
            rng,
            group=lambda clip: clip.key.value if clip.key else None,
            stratum=lambda clip: clip.key.value.split()[-1] if clip.key else None,
            origin=lambda clip: clip.piece,
        ):
            slots: dict[str, Value] = {
                "first_audio": first.audio,
                "second_audio": second.audio,
                "same_key": Label("yes" if same else "no", self.labels["same_key"]),
            }
            yield Draft(slots, (first, second))


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
