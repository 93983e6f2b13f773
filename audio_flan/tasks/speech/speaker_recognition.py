"""Speaker Recognition: whose voice it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import ClassVar

from audio_flan.clip import Clip
from audio_flan.corpora.base import Corpus
from audio_flan.randomness import Rng
from audio_flan.slots import Draft, Kind, Label, Value
from audio_flan.tasks.base import PairTask


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
        draw = _PartnerDraw(window, rng, self.max_pairs, self.same_gender_share)
        balance = 0
        for index, clip in enumerate(window):
            if draw.uses[index] >= self.max_pairs:
                continue
            same = balance < 0 or (balance == 0 and rng.uniform(0, 1) < 0.5)
            partner = draw.partner(index, same)
            if partner is None and balance == 0:
                same = not same
                partner = draw.partner(index, same)
            if partner is None:
                continue
            balance += 1 if same else -1
            first, second = rng.shuffled((clip, window[partner]))
            label = Label("yes" if same else "no", self.labels["same_speaker"])
            slots: dict[str, Value] = {
                "first_audio": first.audio,
                "second_audio": second.audio,
                "same_speaker": label,
            }
            yield Draft(slots, (first, second))


class _PartnerDraw:
    """Draws partners inside a window, with what was drawn before in mind."""

    attempts = 20

    def __init__(
        self, window: Sequence[Clip], rng: Rng, max_pairs: int, same_gender_share: float
    ) -> None:
        self._window, self._rng = window, rng
        self._max_pairs, self._same_gender_share = max_pairs, same_gender_share
        self.uses: Counter[int] = Counter()
        self._drawn: set[frozenset[int]] = set()
        self._by_speaker: dict[str | None, list[int]] = defaultdict(list)
        self._genders: dict[str | None, str | None] = {}
        for index, clip in enumerate(window):
            self._by_speaker[clip.speaker].append(index)
            self._genders[clip.speaker] = clip.gender.value if clip.gender else None

    def partner(self, index: int, same: bool) -> int | None:
        """The partner of an utterance, by the same speaker or another; None if none is found."""
        speakers = self._speakers(index, same)
        for _ in range(self.attempts if speakers else 0):
            partner = self._rng.choice(self._by_speaker[self._rng.choice(speakers)])
            pair = frozenset((index, partner))
            if len(pair) == 2 and pair not in self._drawn and self.uses[partner] < self._max_pairs:
                self._drawn.add(pair)
                self.uses.update(pair)
                return partner
        return None

    def _speakers(self, index: int, same: bool) -> list[str | None]:
        speaker = self._window[index].speaker
        if same:
            return [speaker]
        gender = self._genders[speaker]
        others = [other for other in self._by_speaker if other != speaker]
        alike = [other for other in others if gender and self._genders[other] == gender]
        unlike = [other for other in others if other not in set(alike)]
        hard = self._rng.uniform(0, 1) < self._same_gender_share
        return (alike or unlike) if hard else (unlike or alike)
