"""Making one row of a built dataset again from the corpora, to see whether it is the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any

from audio_flan.build.choose import choose_corpora, choose_tasks
from audio_flan.build.options import Options
from audio_flan.build.plan import make_units
from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.find import find_corpora
from audio_flan.dataset.explain import Explanation
from audio_flan.dataset.layout import Layout
from audio_flan.dataset.row import feature_tree
from audio_flan.errors import AudioFlanError
from audio_flan.generate.generation import Generation
from audio_flan.generate.pools import draw_pools
from audio_flan.generate.selection import Selection
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.instance import AUDIO_COLUMNS
from audio_flan.tasks import get_task
from audio_flan.tasks.contract import PairTask, SimulatedTask


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A row that was made again.

    Args:
        differing: the columns that are not the same; all of them where it could not be made.
        withheld: audio columns that the dataset was published without, so that nothing can be said.
        problem: why it could not be made; empty where it could.
    """

    differing: tuple[str, ...]
    withheld: tuple[str, ...] = ()
    problem: str = ""

    @property
    def is_same(self) -> bool:
        """Whether all columns that can be compared are the same, bytes of audio included."""
        return not self.differing


@dataclass(frozen=True, slots=True)
class LedBy(Selection):
    """The instances that one clip leads, whichever of them a bound would leave out.

    Args:
        clip: id of the clip.
    """

    clip: str = ""

    def takes(self, config: str, corpus: str, clip: str) -> bool:
        """See `Selection`."""
        return clip == self.clip


def rebuild(
    row: Explanation, *, root: str | None = None, corpora: Mapping[str, str | None] | None = None
) -> Rebuilt:
    """Make a row again and compare it.

    Of the options of its build only those count that change a row, rather than whether it is there.
    Noise, rooms and other voices come from the corpora that are there; if these are more than the
    build had, and the row differs, from those that it had.

    Args:
        row: the row.
        root: folder or URL with one folder for each corpus.
        corpora: places of corpora by their keys (None: under the root); if any are given, auxiliary
            audio is drawn from these alone, as in a build of the same options.

    Raises:
        RootError, CorpusLayoutError: a corpus is not where it should be.
        AudioFlanError: nothing says where its corpus is; the task needs a package that is not
            installed.
    """
    key = row.provenance.clips[0].corpus
    if root is None and not (corpora or {}).get(key):
        raise AudioFlanError(
            f"a row is made again from its corpora, and nothing says where {key} is: give "
            f"--root FOLDER or --corpus {key}=PATH"
        )
    choose_tasks([row.found.config])
    tried: list[Rebuilt] = []
    for there in _candidates(row, root, corpora):
        tried.append(_rebuild_from(row, there))
        if tried[-1].is_same:
            return tried[-1]
    return tried[0]


def _candidates(
    row: Explanation, root: str | None, corpora: Mapping[str, str | None] | None
) -> Iterator[list[Corpus]]:
    """The corpora that the build may have had, as far as the row depends on them."""
    key = row.provenance.clips[0].corpus
    task = get_task(row.found.config)
    if not isinstance(task, SimulatedTask):
        yield find_corpora(root, {key: (corpora or {}).get(key)})
        return
    found = find_corpora(root, corpora and {key: None, **corpora})
    options = _options(row)
    # Fewer corpora may be given than the build had, and so fewer licences.
    licenses = {corpus.license for corpus in found}.intersection(options.licenses)
    there = choose_corpora(found, replace(options, licenses=tuple(licenses)))
    providing = [c for c in there if any(f <= c.provides for f in task.auxiliary.values())]
    yield there
    built_from = {clip.corpus for clip in row.provenance.clips} | _built_from(row.found.layout)
    if not built_from.issuperset(corpus.key for corpus in providing):
        yield [corpus for corpus in there if corpus.key in built_from]


def _built_from(layout: Layout) -> set[str]:
    """Keys of the corpora that the rows of a dataset are made of, as far as its records tell."""
    keys = [keys for splits in layout.read_manifest().values() for keys in splits.values()]
    records = layout.read_records(chain.from_iterable(keys)).values()
    return {key for record in records for key in (record.corpus, *record.tally.mixed_in)}


def _options(row: Explanation) -> Options:
    """The options of the build; without its record, what the row tells of them."""
    if row.record is None:
        unseen = row.found.values["task_type"]["unseen"]
        return Options(
            seed=row.provenance.wording.seed, unseen=(row.found.config,) if unseen else ()
        )
    names = {field.name for field in fields(Options)}
    known = {n: _of_json(value) for n, value in row.record.options.items() if n in names}
    return Options(**known)


def _of_json(value: Any) -> Any:
    """The value of an option as `Options` has it: JSON has no tuples."""
    return tuple(value) if isinstance(value, list) else value


def _rebuild_from(row: Explanation, corpora: list[Corpus]) -> Rebuilt:
    """Make the row again from some corpora, and compare it."""
    found, main = row.found, row.provenance.clips[0]
    task, options = get_task(found.config), _options(row)
    corpus = next(corpus for corpus in corpora if corpus.key == main.corpus)
    generation = Generation(
        task,
        corpus,
        found.split,
        seed=options.seed,
        pools=draw_pools(task, corpora, found.split),
        verify=options.verify,
        selection=LedBy(clip=main.id),
        unseen=found.config in options.unseen,
    )
    clips = _clips(corpus, found.config, found.split, main.id, replace(options, limit=None))
    for instance in generation.instances_of(clips):
        if instance.uuid == found.values["uuid"]:
            return _compared(found.values, instance.row())
    return Rebuilt(tuple(feature_tree()), problem=_why_not(generation.rejects, main.id))


def _clips(
    corpus: Corpus, config: str, split: str, id: str, options: Options
) -> Iterable[Clip | Reject]:
    """What an instance that a clip leads is made of: the clip, or for pairs all of its shard.

    Args:
        corpus: the corpus.
        config: config name of the task.
        split: the split.
        id: id of the clip.
        options: of the build, without a limit.
    """
    for unit in make_units([corpus], [config], [split], options):
        (shard,) = unit.shards
        for clip in corpus.clips(shard):
            if isinstance(clip, Clip) and clip.id == id:
                return corpus.clips(shard) if isinstance(get_task(config), PairTask) else [clip]
    return []


def _why_not(rejects: Iterable[Reject], id: str) -> str:
    """Why no row was made."""
    for reject in rejects:
        if reject.clip == id:
            return f"{id} cannot be used: {reject.reason}: {reject.detail}"
    return f"no row of this uuid is made of {id}"


def _compared(row: Mapping[str, Any], again: Mapping[str, Any]) -> Rebuilt:
    """What differs between a row of the dataset and the same made again."""
    withheld = tuple(c for c in AUDIO_COLUMNS if row[c] is None and again[c] is not None)
    if len(withheld) < sum(again[column] is not None for column in AUDIO_COLUMNS):
        # One audio alone is not withheld: it is lost.
        withheld = ()
    names = (name for name in feature_tree() if name not in withheld)
    return Rebuilt(tuple(name for name in names if row[name] != again[name]), withheld)
