"""The heart: from a task, a corpus and its shards to instances, with every clip accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain, islice
from operator import attrgetter

from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.errors import Unusable
from audio_flan.generate.selection import NotSelected, Selection
from audio_flan.generate.tally import LARGE_ROW, Tally
from audio_flan.media.audio import AudioRef, EncodedAudio, Waveform, encode, load, probe
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.draft import Draft, Value
from audio_flan.model.instance import (
    AUDIO_COLUMNS,
    END_OF_AUDIO,
    START_OF_AUDIO,
    Instance,
    Origin,
    audio_id,
    computed_role,
    instance_uuid,
    marker,
    owner_and_role,
)
from audio_flan.model.labels import Labels
from audio_flan.model.provenance import Wording, write
from audio_flan.model.randomness import Rng
from audio_flan.tasks import task_template
from audio_flan.tasks.contract import ClipTask, PairTask, Pool, SimulatedTask, Task
from audio_flan.wording.template import Variation

EVERYTHING = Selection()

NOTHING_TO_ASK = Unusable("nothing-to-ask", "the task found nothing to ask about this clip")


class Generation:
    """One task over one split of one corpus.

    Args:
        task: the task.
        corpus: a corpus that serves it.
        split: a split of the corpus.
        seed: seed of all draws.
        pools: auxiliary clips by role, for a simulated task.
        verify: decode all audio that is carried.
        stop_at_reject: raise at the first clip that cannot be used.
        selection: which instances are kept.
        unseen: whether the task is held out of training.

    Attributes:
        tally: the counts so far.
        rejects: the clips that could not be used, since the list was last emptied.
    """

    def __init__(
        self,
        task: Task,
        corpus: Corpus,
        split: str,
        *,
        seed: int = 0,
        pools: Mapping[str, Pool] | None = None,
        verify: bool = False,
        stop_at_reject: bool = False,
        selection: Selection = EVERYTHING,
        unseen: bool = False,
    ) -> None:
        minor = task.minor
        self._task, self._corpus, self._seed = task, corpus, seed
        self._pools, self._verify, self._stop_at_reject = pools or {}, verify, stop_at_reject
        self._selection = selection
        self._template = task_template(task.config)
        self._required = task.needed_of(corpus)
        # The id, so that it is a tuple also of one required field.
        self._values = attrgetter("id", *self._required)
        self._loaded: tuple[AudioRef, EncodedAudio] | None = None
        self._wordings: dict[str, Wording] = {}
        self._origin = Origin(
            config=task.config,
            major=minor.major,
            minor=minor.minor,
            domain=minor.domain,
            corpus=corpus.key,
            license=corpus.license,
            source=(corpus.origin,),
            split=split,
            unseen=unseen,
        )
        self.tally = Tally()
        self.rejects: list[Reject] = []

    def instances(self, shards: Iterable[Shard], limit: int | None = None) -> Iterator[Instance]:
        """The instances of some shards, lazily, in a stable order.

        Args:
            shards: shards of the split.
            limit: the most to make.

        Raises:
            Unusable: at the first reject, where that was asked for.
        """
        # Shard by shard, so that what is drawn never depends on which shards are taken together.
        made = chain.from_iterable(map(self._of_shard, shards))
        for instance in islice(made, limit):
            self.tally.made += 1
            self.tally.seconds += instance.seconds
            yield instance
        tally = self.tally
        tally.left = tally.read - tally.used - sum(tally.rejected.values())

    def _of_shard(self, shard: Shard) -> Iterator[Instance]:
        return self.instances_of(self._corpus.clips(shard))

    def instances_of(self, clips: Iterable[Clip | Reject]) -> Iterator[Instance]:
        """The instances of some clips of a shard, in their order.

        Args:
            clips: clips of the corpus and split, and what could not be read.

        Raises:
            Unusable: at the first reject, where that was asked for.
        """
        usable = self._usable(clips)
        if isinstance(self._task, PairTask):
            return self._of_pairs(usable)
        return self._of_clips(usable)

    def _usable(self, clips: Iterable[Clip | Reject]) -> Iterator[Clip]:
        """The clips that have what the task requires; the others become rejects."""
        for clip in clips:
            self.tally.read += 1
            if isinstance(clip, Reject):
                self._reject(clip)
                continue
            if None not in self._values(clip):
                yield clip
            elif self._is_readable(clip):
                missing = [field for field in self._required if getattr(clip, field) is None]
                detail = f"no {', '.join(missing)}"
                self._reject(Reject(clip.corpus, clip.id, "annotation-missing", detail))

    def _of_clips(self, clips: Iterable[Clip]) -> Iterator[Instance]:
        most = self._most_of_a_clip
        for clip in clips if most is None else filter(self._is_taken, clips):
            made = 0
            failure, nothing = None, NOTHING_TO_ASK
            try:
                for ordinal, draft in enumerate(islice(self._drafts(clip), most)):
                    try:
                        instance = self._instance(draft, ordinal)
                    except NotSelected as outside:
                        nothing = outside
                        continue
                    # Counted before it is given away: the reader may stop here.
                    self.tally.used += not made
                    made += 1
                    yield instance
            except Unusable as unusable:
                failure = unusable
            if failure or not made:
                # A clip that fails after its first instances is listed as a reject as well.
                self.tally.used -= bool(made)
                error = failure or nothing
                self._reject(Reject(clip.corpus, clip.id, error.reason, error.detail))

    def _drafts(self, clip: Clip) -> Iterator[Draft]:
        return self._draft(clip, Rng(self._seed, self._task.config, clip.corpus, clip.id))

    @cached_property
    def _draft(self) -> Callable[[Clip, Rng], Iterator[Draft]]:
        """How the task makes drafts of a clip; kept, as telling its kind is slow."""
        task, pools = self._task, self._pools
        if isinstance(task, SimulatedTask):
            return lambda clip, rng: task.drafts(clip, rng, pools)
        assert isinstance(task, ClipTask)
        return task.drafts

    def _of_pairs(self, clips: Iterator[Clip]) -> Iterator[Instance]:
        assert isinstance(self._task, PairTask)
        # Checked first, so that no pair is drawn in vain.
        readable = filter(self._is_readable, clips)
        while window := list(islice(readable, self._task.window)):
            rng = Rng(self._seed, self._task.config, self._corpus.key, window[0].id)
            alone = Unusable("no-partner", "no partner is left in its window")
            unused = dict.fromkeys((clip.id for clip in window), alone)
            ordinals: Counter[tuple[str, ...]] = Counter()
            left: set[str] = set()
            leading: Counter[str] = Counter()
            for draft in self._task.pairs(window, rng):
                if isinstance(draft, Reject):
                    if draft.clip in unused:
                        unused[draft.clip] = Unusable(draft.reason, draft.detail)
                    continue
                pair = tuple([clip.id for clip in draft.clips])
                ordinal = ordinals[pair]
                ordinals[pair] += 1
                if not self._is_taken(draft.clips[0]) or leading[pair[0]] == self._most_of_a_clip:
                    left.update(pair)
                    continue
                leading[pair[0]] += 1
                try:
                    instance = self._instance(draft, ordinal)
                except Unusable as unusable:
                    unused |= {id: unusable for id in pair if id in unused}
                else:
                    self.tally.used += sum(unused.pop(id, None) is not None for id in pair)
                    yield instance
            for id, error in unused.items():
                if id not in left:
                    self._reject(Reject(self._corpus.key, id, error.reason, error.detail))

    def _is_taken(self, clip: Clip) -> bool:
        """Whether the selection lets the clip lead an instance."""
        return self._selection.takes(self._task.config, clip.corpus, clip.id)

    @property
    def _most_of_a_clip(self) -> int | None:
        """How many instances a clip may lead."""
        return None if self._selection.below is None else 1

    def _is_readable(self, clip: Clip) -> bool:
        """Whether the clip's audio is there; else it becomes a reject."""
        try:
            if self._verify:
                load(clip.audio, verify=True)
            else:
                probe(clip.audio)
        except Unusable as error:
            self._reject(Reject(clip.corpus, clip.id, error.reason, error.detail))
            return False
        return True

    def _reject(self, reject: Reject) -> None:
        if self._stop_at_reject:
            detail = f"{reject.corpus} {reject.clip} for {self._task.config}: {reject.detail}"
            raise Unusable(reject.reason, detail)
        self.tally.rejected[reject.reason] += 1
        self.rejects.append(reject)

    def _instance(self, draft: Draft, ordinal: int) -> Instance:
        main = draft.clips[0]
        uuid = instance_uuid(
            self._task.config, main.corpus, [clip.id for clip in draft.clips], ordinal
        )
        variation = self._template.choose(uuid, main.language)
        texts: dict[str, str | Labels] = {}
        ids: dict[str, str] = {}
        # The source audio of each slot and the clip that it is of, for provenance.
        used: dict[str, tuple[Clip, AudioRef]] = {}
        for name, value in draft.slots.items():
            if isinstance(value, str):
                texts[name] = _checked(name, value)
            elif isinstance(value, Labels):
                texts[name] = value
            else:
                if isinstance(value, AudioRef):
                    clip, role = owner_and_role(value, draft)
                    used[name] = clip, value
                else:
                    clip, role = main, computed_role(self._task.config, name, ordinal)
                ids[name] = audio_id(clip.corpus, clip.id, role)
                texts[name] = marker(ids[name])
        rendered = variation.render(texts, Rng(self._seed, uuid))
        audio = tuple(
            [
                (ids[name], self._encoded(draft.slots[name])) if name else None
                for name in variation.audio_columns
            ]
        )
        seconds = sum([cell[1].seconds for cell in audio if cell])
        self._selection.check_seconds(seconds)
        other = write(draft, used, self._wording(variation))
        instance = Instance(uuid, *rendered, other, seconds, audio, self._origin)
        self._count(instance, draft)
        return instance

    def _count(self, instance: Instance, draft: Draft) -> None:
        """Add what an instance is made of to the tally."""
        if instance.audio_bytes > LARGE_ROW:
            self.tally.large[_forms(draft)] += 1
        if draft.auxiliary:
            self.tally.mixed_in.update(sorted({clip.corpus for clip in draft.auxiliary}))
        for clip in draft.clips:
            if clip.language:
                self.tally.languages[clip.language] += 1

    def _encoded(self, audio: Value) -> EncodedAudio:
        if isinstance(audio, Waveform):
            return encode(audio)
        assert isinstance(audio, AudioRef)
        # The instances of one clip come one after the other and share its audio.
        if self._loaded is None or self._loaded[0] is not audio:
            self._loaded = audio, load(audio, verify=self._verify)
        return self._loaded[1]

    def _wording(self, variation: Variation) -> Wording:
        """What the provenance of all rows of a variation says of it, made once."""
        if variation.id not in self._wordings:
            columns = zip(AUDIO_COLUMNS, variation.audio_columns, strict=True)
            audio = {column: slot for column, slot in columns if slot}
            self._wordings[variation.id] = Wording(
                audio, variation.id, variation.answer, self._seed
            )
        return self._wordings[variation.id]


def _forms(draft: Draft) -> str:
    """What the audio of a draft is, for the record of what makes a row large."""
    forms = {
        "computed audio"
        if isinstance(value, Waveform)
        else "whole recordings as published"
        if value.is_whole
        else "stretches or channels of recordings"
        for value in draft.slots.values()
        if isinstance(value, (AudioRef, Waveform))
    }
    return " and ".join(sorted(forms))


def _checked(name: str, text: str) -> str:
    """A slot's text, safe to stand next to audio markers."""
    if not text.strip():
        raise Unusable("empty-text", f"{name} is empty")
    if START_OF_AUDIO in text or END_OF_AUDIO in text:
        raise Unusable("marker-in-text", f"{name} holds an audio marker: {text[:80]!r}")
    return text
