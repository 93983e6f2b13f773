"""The work of one unit: from its shards to its Parquet files, its rejects and its record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace

from audio_flan.build.options import Options, Unit
from audio_flan.corpora.contract import Corpus
from audio_flan.dataset.layout import Layout
from audio_flan.dataset.parquet import write_parts
from audio_flan.dataset.record import UnitRecord
from audio_flan.dataset.statistics import digests_of
from audio_flan.errors import AudioFlanError, CorpusReadError
from audio_flan.generate.generation import Generation
from audio_flan.generate.pools import draw_pools
from audio_flan.media.files import is_url
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.instance import Instance
from audio_flan.tasks import get_task
from audio_flan.tasks.contract import Pool
from audio_flan.version import __version__


@dataclass
class Worker:
    """Runs units one after another, in any process and on any machine that it is sent to.

    Args:
        layout: the build's folder.
        corpora: the corpora that are there.
        options: what changes the instances.
    """

    layout: Layout
    corpora: Sequence[Corpus]
    options: Options
    _pools: dict[tuple[str, str], dict[str, Pool]] = field(default_factory=dict, repr=False)

    def run(self, unit: Unit) -> UnitRecord:
        """Write one unit's files, its rejects and, last of all, its record.

        Raises:
            OSError: the folder cannot be written to; nothing half-written is left.
            CorpusReadError: the corpus cannot be read any more.
            Unusable: at the first clip that cannot be used, where the options ask for it.
        """
        corpus = self._corpus(unit)
        with _reading(corpus):
            generation = self._generation(unit, corpus)
        instances = _readable(generation.instances(unit.shards, self.options.limit), corpus)
        ids: set[str] = set()
        parts = write_parts(_noting_ids(instances, ids), self.layout, unit.key)
        if generation.tally.rejected["audio-missing"]:
            with _reading(corpus):
                corpus.check_is_there()
        self._write_rejects(unit, generation.rejects)
        self.layout.store.write(self.layout.audio_ids(unit.key), digests_of(ids))
        record = UnitRecord(
            config=unit.config,
            corpus=unit.corpus,
            split=unit.split,
            parts=tuple(parts),
            tally=generation.tally,
            version=__version__,
            options=UnitRecord.plain(asdict(self.options)),
        )
        self.layout.write_record(unit.key, record)
        return record

    def instances_of(self, unit: Unit, clips: Sequence[Clip]) -> Iterator[Instance]:
        """What a unit makes of some of its clips, for an estimate of all.

        Raises:
            CorpusReadError: the corpus cannot be read any more.
        """
        corpus = self._corpus(unit)
        with _reading(corpus):
            # These clips stand for all, even if a cap would leave them out.
            generation = self._generation(replace(unit, below=None), corpus)
            yield from generation.instances_of(clips)

    def _corpus(self, unit: Unit) -> Corpus:
        return next(corpus for corpus in self.corpora if corpus.key == unit.corpus)

    def _generation(self, unit: Unit, corpus: Corpus) -> Generation:
        return Generation(
            get_task(unit.config),
            corpus,
            unit.split,
            seed=self.options.seed,
            pools=self._draw_pools(unit),
            verify=self.options.verify,
            stop_at_reject=self.options.stop_at_reject,
            selection=unit.selection(self.options),
            unseen=unit.config in self.options.unseen,
        )

    def _draw_pools(self, unit: Unit) -> dict[str, Pool]:
        """Auxiliary clips, read once for each task and split."""
        key = (unit.config, unit.split)
        if key not in self._pools:
            self._pools[key] = draw_pools(get_task(unit.config), self.corpora, unit.split)
        return self._pools[key]

    def _write_rejects(self, unit: Unit, rejects: Sequence[Reject]) -> None:
        lines = [
            json.dumps({**asdict(reject), "config": unit.config, "split": unit.split})
            for reject in rejects
        ]
        text = "".join(f"{line}\n" for line in lines)
        self.layout.store.write_text(self.layout.rejects(unit.key), text)


def _readable(instances: Iterable[Instance], corpus: Corpus) -> Iterator[Instance]:
    """The instances; failures of reading are kept apart from failures of writing."""
    with _reading(corpus):
        yield from instances


def _noting_ids(instances: Iterable[Instance], ids: set[str]) -> Iterator[Instance]:
    """The instances; the ids of their audio are added to `ids`."""
    for instance in instances:
        for cell in instance.audio:
            if cell:
                ids.add(cell[0])
        yield instance


@contextmanager
def _reading(corpus: Corpus) -> Iterator[None]:
    path = corpus.folder.path
    # A local file raises an OSError; what a remote one raises depends on its client library.
    kinds: type[Exception] = Exception if is_url(path) else OSError
    try:
        yield
    except AudioFlanError:
        raise
    except kinds as error:
        raise CorpusReadError(corpus.key, path, error) from error
