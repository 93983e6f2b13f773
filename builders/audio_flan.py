"""The `datasets` builder of Audio-FLAN: a config for each minor task, over corpora on disk.

Used by `audio_flan.load_dataset`; on `datasets` 3.6 it also loads by its path, as a script:
`load_dataset("builders/audio_flan.py", "speech_asr", root="corpora", trust_remote_code=True)`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets

from audio_flan.build.options import Options, Unit
from audio_flan.build.plan import fingerprint, make_units
from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.find import find_corpora
from audio_flan.corpora.miniatures import write_miniatures
from audio_flan.dataset.row import feature_tree
from audio_flan.generate.generation import Generation
from audio_flan.generate.pools import draw_pools
from audio_flan.tasks import get_task, task_configs
from audio_flan.version import __version__

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class EncodedAudio(datasets.Audio):  # type: ignore[misc]
    """Audio whose cells are encoded already: `datasets` 4 and later need no torch to take them.

    It equals a plain `Audio` of the same options, so that rows of both can be interleaved.
    """

    def __eq__(self, other: object) -> bool:
        """Compare the options only."""
        return isinstance(other, datasets.Audio) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).items()))

    def encode_example(self, value: Any) -> Any:
        """The cell `{"bytes": …, "path": …}` as it is."""
        return value


@dataclass
class AudioFlanConfig(datasets.BuilderConfig):  # type: ignore[misc]
    """The options of a dataset made from corpora.

    Args:
        root: folder or fsspec URL with one folder for each corpus; None for the miniature corpora
            that are in the package.
        corpora: key or keys of corpora to keep, or a mapping of keys to their own places.
        seed: seed of all draws.
        limit: the most instances for each corpus and split.
        require_root: raise rather than fall back to the miniature corpora.
    """

    root: str | None = None
    corpora: str | Sequence[str] | Mapping[str, str] | None = None
    seed: int = 0
    limit: int | None = None
    require_root: bool = False

    def create_config_id(
        self, config_kwargs: dict[str, Any], custom_features: datasets.Features | None = None
    ) -> str:
        """The id of the prepared dataset; other metadata on disk makes it another dataset."""
        state = ""
        if self.has_place:
            corpora = self.find()
            state = fingerprint(corpora, self.plan(corpora))
        config_kwargs = {**config_kwargs, "state": state}
        config_id: str = super().create_config_id(config_kwargs, custom_features)
        return config_id

    @property
    def has_place(self) -> bool:
        """Whether the options say where corpora are."""
        return self.require_root or self.root is not None or isinstance(self.corpora, Mapping)

    def find(self) -> list[Corpus]:
        """The corpora that the options name."""
        return find_corpora(self.root, self.corpora)

    def plan(self, corpora: Sequence[Corpus]) -> list[Unit]:
        """The work units of this config's task."""
        return make_units(corpora, [self.name], None, Options(seed=self.seed, limit=self.limit))


class AudioFlan(datasets.GeneratorBasedBuilder):  # type: ignore[misc]
    """Instances of one task, made from the corpora that serve it."""

    VERSION = datasets.Version(__version__)
    BUILDER_CONFIG_CLASS = AudioFlanConfig
    BUILDER_CONFIGS = [
        AudioFlanConfig(name=config, description=get_task(config).minor.definition)
        for config in task_configs()
    ]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Where rows were prepared before, `datasets` has read their features back as plain `Audio`.
        self.info.features = self._info().features

    def _info(self) -> datasets.DatasetInfo:
        features = datasets.Features.from_dict(feature_tree())
        for name, feature in features.items():
            if isinstance(feature, datasets.Audio):
                features[name] = EncodedAudio()
        return datasets.DatasetInfo(description=self.config.description, features=features)

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        if not self.config.has_place:
            folder = Path(self._cache_dir_root) / f"audio_flan_samples_{__version__}"
            logger.warning("no root is given: the miniature corpora of the package are used")
            write_miniatures(folder)
            self.config.root = str(folder)
        corpora = self.config.find()
        by_split: dict[str, list[Unit]] = {}
        for unit in self.config.plan(corpora):
            by_split.setdefault(unit.split, []).append(unit)
        return [
            # The list of units is what `num_proc` and `split_dataset_by_node` divide.
            datasets.SplitGenerator(
                name=split, gen_kwargs={"units": units, "corpora": tuple(corpora)}
            )
            for split, units in by_split.items()
        ]

    def _generate_examples(
        self, units: list[Unit], corpora: tuple[Corpus, ...]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        by_key = {corpus.key: corpus for corpus in corpora}
        task = get_task(self.config.name)
        pools: dict[str, Any] = {}
        for unit in units:
            if unit.split not in pools:
                pools[unit.split] = draw_pools(task, corpora, unit.split)
            generation = Generation(
                task,
                by_key[unit.corpus],
                unit.split,
                seed=self.config.seed,
                pools=pools[unit.split],
            )
            for instance in generation.instances(unit.shards, self.config.limit):
                yield instance.uuid, instance.row()
            _report(unit, generation)


def _report(unit: Unit, generation: Generation) -> None:
    """Tell what could not be used: nothing is lost in silence."""
    tally = generation.tally
    if tally.rejected:
        reasons = ", ".join(f"{reason} {count}" for reason, count in tally.rejected.most_common())
        logger.warning(
            "%s %s: %d of %d clips rejected for %s (%s); the first: %s",
            unit.corpus,
            unit.split,
            tally.rejected.total(),
            tally.read,
            unit.config,
            reasons,
            generation.rejects[0].detail,
        )
