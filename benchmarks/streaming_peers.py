"""Other ways to stream the rows of a built config: written and read in the peers' environment.

Each is set up as its own documentation has it for speed, and decodes by soundfile but the last:

- WebDataset: tar files with a JSON of the texts and the audio of a row next to each other;
- lhotse Shar: cuts as JSON lines, a tar file of recordings for each audio column;
- `datasets` itself, on the very files of ours, with its own decoding by torchcodec.

All hold the same bytes of audio as the rows, in the same order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.delivery import AUDIO_COLUMNS, TEXT_COLUMNS, Delivery, take

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS_PER_SHARD = 1_000
RECORDINGS = {"input_audio": "recording", "output_audio": "target_recording"}
"""What lhotse calls the audio columns: that of the cut itself, and a custom one."""


def write(dataset: str, config: str, folder: str) -> None:
    """Write the rows of a built config as WebDataset and as Shar, below a folder."""
    for format, write_rows in {"webdataset": _write_webdataset, "shar": _write_shar}.items():
        target = Path(folder) / format
        target.mkdir(parents=True)
        write_rows(_rows(Path(dataset) / config), target)


def read(
    peer: str, dataset: str, config: str, folder: str, rows: int, only_check: bool = False
) -> dict[str, float]:
    """Take the first rows by a peer; see `take`."""
    return take(partial(READERS[peer], dataset, config, folder), rows, only_check)


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    for path in sorted(folder.glob("train-*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(100):
            yield from batch.to_pylist()


def _audio(row: dict[str, Any]) -> dict[str, tuple[str, bytes]]:
    """Extension and bytes of each audio of a row, by column."""
    cells = {column: row[column] for column in AUDIO_COLUMNS if row[column]}
    return {c: (cell["path"].rpartition(".")[2], cell["bytes"]) for c, cell in cells.items()}


# ---- WebDataset -----------------------------------------------------------------------------


def _write_webdataset(rows: Iterable[dict[str, Any]], folder: Path) -> None:
    import webdataset

    pattern = f"{folder}/%06d.tar"
    with webdataset.ShardWriter(pattern, maxcount=ROWS_PER_SHARD, verbose=0) as shards:
        for row in rows:
            texts = {column: row[column] for column in TEXT_COLUMNS}
            audio = {f"{column}.{kind}": data for column, (kind, data) in _audio(row).items()}
            shards.write({"__key__": row["uuid"], "json": texts, **audio})


def _read_webdataset(dataset: str, config: str, folder: str) -> Iterable[Delivery]:
    import webdataset

    tars = sorted(map(str, Path(folder, "webdataset").iterdir()))
    rows: Iterable[Delivery] = webdataset.WebDataset(tars, shardshuffle=False).map(_from_tar)
    return rows


def _from_tar(sample: dict[str, Any]) -> Delivery:
    texts = json.loads(sample["json"])
    audio = [sample[key] for key in sample if key.startswith(AUDIO_COLUMNS)]
    return Delivery(**texts, audio=[_decode(data) for data in audio])


def _decode(data: bytes) -> NDArray[np.float32]:
    import soundfile

    samples: NDArray[np.float32]
    samples, _ = soundfile.read(BytesIO(data), dtype="float32", always_2d=True)
    return samples.T


# ---- lhotse Shar ----------------------------------------------------------------------------


def _write_shar(rows: Iterable[dict[str, Any]], folder: Path) -> None:
    """Write tar files by lhotse's own writer of them: its `SharWriter` would encode anew."""
    from contextlib import ExitStack

    from lhotse.shar.writers.cut import JsonlShardWriter
    from lhotse.shar.writers.tar import TarWriter

    with ExitStack() as stack:
        # Read faster than the compressed lines that are lhotse's default.
        cuts = stack.enter_context(
            JsonlShardWriter(f"{folder}/cuts.%06d.jsonl", shard_size=ROWS_PER_SHARD)
        )
        tars: dict[str, Any] = {}
        for row in rows:
            audio = _audio(row)
            for column in audio.keys() - tars:
                pattern = f"{folder}/{RECORDINGS[column]}.%06d.tar"
                tars[column] = stack.enter_context(TarWriter(pattern, ROWS_PER_SHARD))
            _write_cut(row, audio, cuts, tars)


def _write_cut(
    row: dict[str, Any],
    audio: dict[str, tuple[str, bytes]],
    cuts: Any,
    tars: dict[str, Any],
) -> None:
    from lhotse import MonoCut, Recording
    from lhotse.shar.utils import to_shar_placeholder

    recordings = {}
    for column, (kind, data) in audio.items():
        recording = to_shar_placeholder(Recording.from_bytes(data, row["uuid"]))
        recordings[RECORDINGS[column]] = recording
        tars[column].write(f"{row['uuid']}.{kind}", BytesIO(data))
        described = json.dumps(recording.to_dict()).encode()
        tars[column].write(f"{row['uuid']}.json", BytesIO(described), count=False)
    recording = recordings.pop("recording")
    texts = {column: row[column] for column in TEXT_COLUMNS}
    cuts.write(
        MonoCut(
            id=row["uuid"],
            start=0,
            duration=recording.duration,
            channel=0,
            recording=recording,
            custom={**texts, **recordings},
        )
    )


def _read_shar(dataset: str, config: str, folder: str) -> Iterator[Delivery]:
    from lhotse import CutSet
    from lhotse.audio.backend import LibsndfileBackend, set_current_audio_backend

    set_current_audio_backend(LibsndfileBackend())
    for cut in CutSet.from_shar(in_dir=f"{folder}/shar"):
        custom, audio = cut.custom, [cut.load_audio()]
        if RECORDINGS["output_audio"] in custom:
            audio.append(cut.load_target_recording())
        yield Delivery(custom["instruction"], custom["input"], custom["output"], audio)


# ---- datasets and torchcodec ----------------------------------------------------------------


def _read_torchcodec(dataset: str, config: str, folder: str) -> Iterator[Delivery]:
    from datasets import load_dataset

    stream = load_dataset(dataset, config, split="train", streaming=True)
    columns = [*TEXT_COLUMNS, *AUDIO_COLUMNS]
    for batch in stream.select_columns(columns).iter(batch_size=32):
        rows = zip(*(batch[name] for name in columns), strict=True)
        for instruction, input, output, *cells in rows:
            present = [decoder for decoder in cells if decoder is not None]
            audio = [decoder.get_all_samples().data.numpy() for decoder in present]
            yield Delivery(instruction, input, output, audio)


READERS = {
    "WebDataset": _read_webdataset,
    "lhotse Shar": _read_shar,
    "datasets, torchcodec": _read_torchcodec,
}
