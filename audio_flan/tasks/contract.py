"""The contract of tasks: pure functions from clips to drafts; they know no wording and no files.

A task names the annotation fields that it requires and the slots that it fills. Which corpora
serve it follows from that, and nothing else: `Task.serves`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar

from audio_flan.model.clip import Clip, Reject
from audio_flan.model.draft import LABEL_KINDS, Draft, Kind
from audio_flan.model.randomness import Rng
from audio_flan.model.taxonomy import MinorTask, minor_task

if TYPE_CHECKING:
    from audio_flan.corpora.contract import Corpus, Shard


class Task(ABC):
    """One minor task. Subclass `ClipTask`, `PairTask` or `SimulatedTask`.

    Class attributes:
        config: config name in the taxonomy.
        requires: annotation fields that a clip must have.
        inputs: slots of the question and their kinds.
        outputs: slots of the answer and their kinds.
        one_of: groups of output slots that say the same in different notations; an answer
            holds exactly one of a group.
        packages: importable names of packages that only an extra of this library installs.
        labels: closed label sets that are the task's own, by slot; a label slot without one here
            bears the name of a field, and its set comes from the corpora.
        label_fields: the field that the closed set of a label slot belongs to, where the slot
            bears another name.
        alternatives: further sets of fields, any of which does in place of `requires`.
        domains: domains of the corpora that it is made from; empty for the task's own.
        several_speakers: whether a corpus of one speaker has nothing to ask about.
    """

    config: ClassVar[str]
    requires: ClassVar[frozenset[str]]
    label_fields: ClassVar[Mapping[str, str]] = {}
    alternatives: ClassVar[tuple[frozenset[str], ...]] = ()
    domains: ClassVar[tuple[str, ...]] = ()
    several_speakers: ClassVar[bool] = False
    inputs: ClassVar[Mapping[str, Kind]]
    outputs: ClassVar[Mapping[str, Kind]]
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()
    packages: ClassVar[tuple[str, ...]] = ()
    labels: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @property
    def missing_packages(self) -> tuple[str, ...]:
        """The packages that the task needs and that are not installed."""
        return tuple(name for name in self.packages if find_spec(name) is None)

    @property
    def minor(self) -> MinorTask:
        """The task's place and definition in the taxonomy."""
        return minor_task(self.config)

    @property
    def rule(self) -> str:
        """How its instances are made: the docstring of its class, and of those it builds on."""
        classes = [
            c for c in type(self).__mro__ if issubclass(c, Task) and c.__module__ != __name__
        ]
        return " ".join(" ".join((c.__doc__ or "").split()) for c in classes)

    @property
    def kinds(self) -> dict[str, Kind]:
        """Kinds of all slots."""
        return {**self.inputs, **self.outputs}

    @property
    def label_slots(self) -> tuple[str, ...]:
        """Slots that hold a label of a closed set."""
        return tuple(name for name, kind in self.kinds.items() if kind in LABEL_KINDS)

    def serves(self, corpus: Corpus | type[Corpus]) -> bool:
        """Whether a corpus of the task's domains has all that the task needs."""
        domains = self.domains or (self.minor.domain,)
        if self.several_speakers and corpus.speakers == 1:
            return False
        return corpus.domain in domains and self.fields_of(corpus.provides) is not None

    def fields_of(self, provided: Collection[str]) -> frozenset[str] | None:
        """The fields that the task needs, of those that are provided; None if some are missing."""
        provided = set(provided)
        sets = (self.requires, *self.alternatives)
        return next((fields for fields in sets if fields <= provided), None)

    def needed_of(self, corpus: Corpus | type[Corpus]) -> list[str]:
        """The fields that a corpus's clips must have for this task."""
        return sorted(self.fields_of(corpus.provides) or self.requires)

    def reads(self, shard: Shard) -> bool:
        """Whether a shard's clips may have what the task needs."""
        return shard.provides is None or self.fields_of(shard.provides) is not None

    def label_sets(self, corpora: Iterable[Corpus | type[Corpus]]) -> dict[str, tuple[str, ...]]:
        """The closed set of each label slot, over all the corpora given that serve the task."""
        sets = {slot: dict.fromkeys(self.labels.get(slot, ())) for slot in self.label_slots}
        for corpus in corpora:
            for slot in set(sets) - set(self.labels) if self.serves(corpus) else ():
                field = self.label_fields.get(slot, slot)
                sets[slot].update(dict.fromkeys(corpus.labels[field]))
        return {slot: tuple(labels) for slot, labels in sets.items()}


class ClipTask(Task):
    """A task whose instances are made of one clip each."""

    @abstractmethod
    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """The instances that a clip gives, in a stable order.

        Raises:
            Unusable: the clip cannot serve this task.
        """


class AnnotationTask(ClipTask):
    """A task that asks for one annotation of a clip as it stands: a label, several, or a text.

    Class attributes:
        field: the annotation field that is asked for, and the name of its slot.
        kind: the kind of the slot.
    """

    field: ClassVar[str]
    kind: ClassVar[Kind] = Kind.LABEL
    inputs = {"audio": Kind.AUDIO}

    def __init_subclass__(cls) -> None:
        cls.requires = frozenset({cls.field})
        cls.outputs = {cls.field: cls.kind}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per clip."""
        yield Draft({"audio": clip.audio, self.field: getattr(clip, self.field)}, (clip,))


class PairTask(Task):
    """A task whose instances are pairs of clips, drawn inside a bounded window of a shard.

    Class attributes:
        window: number of clips in a window.
    """

    window: ClassVar[int] = 2048

    @abstractmethod
    def pairs(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft | Reject]:
        """The pairs that a window of usable clips gives, in a stable order; a reject for a clip
        that found a partner but cannot be used with it."""


class Pool:
    """Auxiliary clips that a simulated task draws from: noise, room responses, other speakers.

    All corpora that have a clip that fits are drawn from equally often. A draw orders the corpora
    by a hash of itself and of their keys (rendezvous hashing) and takes the first that has one; the
    clip is drawn from that corpus alone. So a corpus that comes or goes changes only the draws that
    take its clips.

    Args:
        clips: clips of the main clip's split, those of a corpus in a stable order.

    Class attributes:
        attempts: draws from a corpus before all of its clips are looked at.
    """

    attempts: ClassVar[int] = 16

    def __init__(self, clips: Iterable[Clip]) -> None:
        self._clips: dict[str, list[Clip]] = {}
        for clip in clips:
            self._clips.setdefault(clip.corpus, []).append(clip)

    def __len__(self) -> int:
        return sum(map(len, self._clips.values()))

    def draw(self, rng: Rng, fits: Callable[[Clip], bool] = lambda clip: True) -> Clip | None:
        """A clip that fits; None where there is none.

        Args:
            rng: gives one number, whatever the pool holds, so that later draws do not depend on it.
            fits: says of a clip whether it may be drawn.
        """
        number = rng.integer(0, 2**64 - 1)
        by_corpus = {corpus: Rng(number, corpus) for corpus in self._clips}
        for corpus, own in sorted(by_corpus.items(), key=lambda item: item[1].seed):
            if clip := self._draw(self._clips[corpus], own, fits):
                return clip
        return None

    def _draw(self, clips: Sequence[Clip], rng: Rng, fits: Callable[[Clip], bool]) -> Clip | None:
        """A clip of one corpus."""
        for _ in range(self.attempts):
            if fits(clip := rng.choice(clips)):
                return clip
        candidates = list(filter(fits, clips))
        return rng.choice(candidates) if candidates else None


class SimulatedTask(Task):
    """A task that computes audio from a clip and auxiliary clips.

    Class attributes:
        auxiliary: role of each pool and the fields that its clips must have; a pool may turn out
            empty, and then the task synthesises what it needs.
    """

    auxiliary: ClassVar[Mapping[str, frozenset[str]]] = {}

    @abstractmethod
    def drafts(self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]) -> Iterator[Draft]:
        """The instances that a clip gives; parameters are drawn first, then rendered.

        Raises:
            Unusable: the clip cannot serve this task.
        """
