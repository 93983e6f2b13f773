"""Speaker Recognition: whose voice it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from audio_flan.clip import Clip
from audio_flan.corpora.base import Corpus
from audio_flan.randomness import Rng
from audio_flan.slots import Draft, Kind, Label, Value
from audio_flan.tasks.base import PairTask
from audio_flan.tasks.pairing import balanced_pairs


class SpeakerVerification(PairTask):
    """Whether two recordings are of the same speaker.

    The rule of the pairs: both recordings come from the same corpus and split; every utterance of
    a window leads one pair as long as it is in fewer than `max_pairs`, "yes" and "no" in balance
    to within one; three in four of the "no" pairs are of two speakers of the same gender (hard
    negatives), the others of two genders, where there are such; the order of the two is drawn; no
    utterance is in more than `max_pairs` pairs, and no pair comes twice.
    """

    config = "speech_speaker_verification"
    requires = frozenset({"speaker"})
    inputs = {"first_audio": Kind.AUDIO, "second_audio": Kind.AUDIO}
    outputs = {"same_speaker": Kind.LABEL}
    labels = {"same_speaker": ("yes", "no")}
    max_pairs: ClassVar[int] = 4
    same_gender_share: ClassVar[float] = 0.75

    def serves(self, corpus: Corpus | type[Corpus]) -> bool:
        """Also asks for several speakers: with one, there is nothing to tell apart."""
        return super().serves(corpus) and corpus.speakers != 1

    def pairs(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft]:
        """A pair for each utterance that still finds a partner."""
        pairs = balanced_pairs(
            window,
            rng,
            group=lambda clip: clip.speaker,
            stratum=lambda clip: clip.gender.value if clip.gender else None,
            max_pairs=self.max_pairs,
            same_stratum_share=self.same_gender_share,
        )
        for first, second, same in pairs:
            slots: dict[str, Value] = {
                "first_audio": first.audio,
                "second_audio": second.audio,
                "same_speaker": Label("yes" if same else "no", self.labels["same_speaker"]),
            }
            yield Draft(slots, (first, second))
