"""Multiple Music Reasoning: two recordings compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
