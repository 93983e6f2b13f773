"""Tasks over pairs of clips: partners drawn in balance, bounded, never the same pair twice."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.model.labels import Label
from audio_flan.model.randomness import Rng
from audio_flan.tasks.contract import PairTask

Key = str | None
YES_NO = ("yes", "no")


class SamenessTask(PairTask):
    """The rule of the pairs: both clips come from the same corpus and split; every clip of a window
    leads one pair as long as it is in fewer than `max_pairs`, "yes" and "no" in balance to within
    one; no clip is in more than `max_pairs` pairs, and no pair comes twice; the order of the two is
    drawn.
    """

    # A subclass states the field that is to be the same, and what more it needs.
    field: ClassVar[str]
    max_pairs: ClassVar[int] = 4
    needs: ClassVar[frozenset[str]] = frozenset()
    across_strata: ClassVar[bool] = True
    inputs = {"first_audio": Kind.AUDIO, "second_audio": Kind.AUDIO}

    def __init_subclass__(cls) -> None:
        cls.requires = cls.needs | {cls.field}
        cls.outputs = {f"same_{cls.field}": Kind.LABEL}
        cls.labels = {f"same_{cls.field}": YES_NO}

    @abstractmethod
    def stratum(self, clip: Clip) -> Key:
        """What would give different groups away: the gender of speakers."""

    def origin(self, clip: Clip) -> Key:
        """What no pair is of twice: the piece that two clips are cut from."""
        return None

    def pairs(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft]:
        """A pair for each clip that still finds a partner."""
        for first, second, same in balanced_pairs(
            window,
            rng,
            group=self._group,
            stratum=self.stratum,
            max_pairs=self.max_pairs,
            across_strata=self.across_strata,
            origin=self.origin,
        ):
            slots: dict[str, Value] = {
                "first_audio": first.audio,
                "second_audio": second.audio,
                f"same_{self.field}": Label("yes" if same else "no", YES_NO),
            }
            yield Draft(slots, (first, second))

    def _group(self, clip: Clip) -> Key:
        value = getattr(clip, self.field)
        return value.value if isinstance(value, Label) else value


def balanced_pairs(
    window: Sequence[Clip],
    rng: Rng,
    group: Callable[[Clip], Key],
    stratum: Callable[[Clip], Key],
    *,
    max_pairs: int,
    same_stratum_share: float = 0.75,
    across_strata: bool = True,
    origin: Callable[[Clip], Key] = lambda clip: None,
) -> Iterator[tuple[Clip, Clip, bool]]:
    """Pairs of clips of the same group and of different groups, in balance to within one.

    Every clip leads one pair as long as it finds a partner; the order of the two is drawn.

    Args:
        window: the clips.
        rng: source of the draws.
        group: what the pairs are about: the speaker, the instrument.
        stratum: what would give different groups away: the gender, the register.
        max_pairs: the most pairs that a clip is in.
        same_stratum_share: share of the pairs of different groups that are of one stratum (hard
            negatives); the others are of different strata, where there are such.
        across_strata: whether different groups may be of different strata at all.
        origin: what no pair is of twice: the piece that two clips are cut from.

    Yields:
        (first, second, whether they are of one group).
    """
    share = same_stratum_share if across_strata else None
    draw = _PartnerDraw(window, rng, group, stratum, max_pairs, share, origin)
    balance = 0
    for index, clip in enumerate(window):
        if draw.uses[index] >= max_pairs:
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
        yield first, second, same


class _PartnerDraw:
    """Draws partners inside a window, with what was drawn before in mind."""

    attempts = 20

    def __init__(
        self,
        window: Sequence[Clip],
        rng: Rng,
        group: Callable[[Clip], Key],
        stratum: Callable[[Clip], Key],
        max_pairs: int,
        same_stratum_share: float | None,
        origin: Callable[[Clip], Key],
    ) -> None:
        self._origins = [origin(clip) for clip in window]
        self._rng, self._max_pairs, self._share = rng, max_pairs, same_stratum_share
        self.uses: Counter[int] = Counter()
        self._drawn: set[frozenset[int]] = set()
        self._groups = [group(clip) for clip in window]
        self._members: dict[Key, list[int]] = defaultdict(list)
        self._strata: dict[Key, Key] = {}
        for index, clip in enumerate(window):
            self._members[self._groups[index]].append(index)
            self._strata[self._groups[index]] = stratum(clip)

    def partner(self, index: int, same: bool) -> int | None:
        """The partner of a clip, of the same group or another; None if none is found."""
        groups = self._candidates(index, same)
        for _ in range(self.attempts if groups else 0):
            partner = self._rng.choice(self._members[self._rng.choice(groups)])
            pair = frozenset((index, partner))
            fits = len(pair) == 2 and pair not in self._drawn and self._are_apart(index, partner)
            if fits and self.uses[partner] < self._max_pairs:
                self._drawn.add(pair)
                self.uses.update(pair)
                return partner
        return None

    def _are_apart(self, index: int, partner: int) -> bool:
        origin = self._origins[index]
        return origin is None or origin != self._origins[partner]

    def _candidates(self, index: int, same: bool) -> list[Key]:
        group = self._groups[index]
        if same:
            return [group]
        stratum = self._strata[group]
        others = [other for other in self._members if other != group]
        alike = [other for other in others if stratum and self._strata[other] == stratum]
        if self._share is None:
            return alike
        unlike = [other for other in others if other not in set(alike)]
        hard = self._rng.uniform(0, 1) < self._share
        return (alike or unlike) if hard else (unlike or alike)


def group_by(window: Sequence[Clip], key: Callable[[Clip], Key]) -> dict[Key, list[Clip]]:
    """The clips of a window by a key, in their order; clips without the key are left out."""
    groups: dict[Key, list[Clip]] = defaultdict(list)
    for clip in window:
        if key(clip) is not None:
            groups[key(clip)].append(clip)
    return groups
