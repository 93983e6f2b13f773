"""The floor under a build: rows that are finished beforehand, and a bare Parquet writer."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import audio_flan.generate.generation
from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.find import find_corpora
from audio_flan.dataset.row import arrow_schema
from audio_flan.generate.generation import Generation
from audio_flan.media.audio import AudioRef, EncodedAudio
from audio_flan.model.instance import Instance
from audio_flan.model.splits import SPLITS
from audio_flan.tasks import get_task

if TYPE_CHECKING:
    import pyarrow.parquet as pq

NO_AUDIO = EncodedAudio(b"", ".wav", 1.0)


def leave_audio_out() -> None:
    """Make this process carry an empty audio of one second for every clip."""

    def load(ref: AudioRef, *, verify: bool = False) -> EncodedAudio:
        return NO_AUDIO

    vars(audio_flan.generate.generation)["load"] = load


def load_pyarrow() -> None:
    """Import what pyarrow imports at its first conversion: pandas, where it is installed."""
    import pyarrow as pa
    import pyarrow.parquet

    pa.array([""])


def open_corpus(root: str) -> Corpus:
    """LJ Speech under a root."""
    (corpus,) = find_corpora(root)
    return corpus


def instances(corpus: Corpus, split: str) -> Iterator[Instance]:
    """The instances of speech recognition on a split."""
    return Generation(get_task("speech_asr"), corpus, split).instances(corpus.shards()[split])


def finished_rows(root: str) -> list[tuple[str, dict[str, Any]]]:
    """Path of the audio, and the row without its bytes, of every utterance."""
    leave_audio_out()
    corpus = open_corpus(root)
    folder = Path(corpus.folder.path)
    rows = []
    for split in corpus.shards():
        for instance in instances(corpus, split):
            row = instance.row()
            name = json.loads(row["other"])["clips"][0]["file"]
            rows.append((str(folder / name), row))
    return rows


def build_by_datasets(root: str, out: str, splits: Collection[str] = SPLITS) -> int:
    """Build speech recognition by the stock path of `datasets`, our builder; the number of rows."""
    import datasets

    from audio_flan.builders.audio_flan import AudioFlan

    class SomeSplits(AudioFlan):  # type: ignore[misc]
        def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
            return [s for s in super()._split_generators(dl_manager) if s.name in splits]

    datasets.disable_progress_bars()
    builder = SomeSplits(
        cache_dir=f"{out}/cache", config_name="speech_asr", root=root, require_root=True
    )
    builder.download_and_prepare(f"{out}/dataset", file_format="parquet")
    return sum(split.num_examples for split in builder.info.splits.values())


def open_bare_writer(path: Path) -> pq.ParquetWriter:
    """A writer with pyarrow's own settings, but for page index and content-defined chunking."""
    import pyarrow.parquet as pq

    return pq.ParquetWriter(
        path, arrow_schema(), use_content_defined_chunking=True, write_page_index=True
    )
