"""Streaming of a built config from local disk: texts, and audio decoded to float32 samples.

Ours is what README.md shows a trainer: `datasets.load_dataset(…, streaming=True)` without its
decoding, taken in batches, and `audio_flan.decode`. Against the same rows as WebDataset and as
lhotse Shar, all decoded by soundfile in one process, and against the decoding of `datasets` itself:
`benchmarks.streaming_peers`. Two kinds of rows: speech as WAV of 3 to 10 s (recognition), and pairs
of FLACs of as long (denoising). All contestants must deliver the same texts and the same samples.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

from benchmarks.command_line import build
from benchmarks.command_line import run as run_command
from benchmarks.corpora_at_scale import many_recordings
from benchmarks.delivery import AUDIO_COLUMNS, TEXT_COLUMNS, Delivery, take
from benchmarks.measuring import CLOCKS, ROUNDS, Result, compare, fresh, take_turns
from benchmarks.peer_environment import can_import, peers_python

Contestant: TypeAlias = Callable[..., dict[str, Any]]

KINDS = {"speech_asr": "a WAV", "speech_denoising": "two FLACs"}
ROWS = {
    "small": {"speech_asr": 800, "speech_denoising": 200},
    "full": {"speech_asr": 3_000, "speech_denoising": 600},
}
UTTERANCES = {"small": 1_000, "full": 4_000}
"""Of which nine in ten are for training."""

OURS, TORCHCODEC = "ours", "datasets, torchcodec"
TARGETS = {"WebDataset": 1.0, "lhotse Shar": 1.0, TORCHCODEC: 1.2}
"""The ratio to each peer that is asked for."""

CHECKED_ROWS = 100
"""Rows that the checksums are of, and that the slowest peer takes."""

NEEDS_FFMPEG = "it needs FFmpeg's libraries; on Debian: apt-get install ffmpeg"

BATCH_ROWS = 32
UNIT = ",.0f rows/s"


def run(data: Path, scale: str) -> list[Result]:
    """Rows per second of each contestant, for each kind of rows."""
    python, root = peers_python(data), many_recordings(data, UTTERANCES[scale])
    results = []
    for config, rows in ROWS[scale].items():
        with tempfile.TemporaryDirectory(dir=data, prefix="output-") as folder:
            contestants = _contestants(config, rows, root, Path(folder), python)
            results += _compare(f"stream rows with {KINDS[config]}", contestants)
    return results


def _contestants(
    config: str, rows: int, root: Path, folder: Path, python: Path | None
) -> dict[str, Contestant]:
    """Write the rows for all who can be measured; how to run each of these."""
    dataset = folder / "dataset"
    run_command(build(dataset, root, [config], "--split", "train", "--limit", str(rows)))
    place = {"dataset": str(dataset), "config": config}
    contestants = {OURS: partial(fresh, f"{__name__}:ours", rows=rows, **place)}
    if python is not None:
        place["folder"] = str(folder)
        fresh("benchmarks.streaming_peers:write", python, **place)
        for peer in TARGETS:
            count = CHECKED_ROWS if peer == TORCHCODEC else rows
            reader = partial(fresh, "benchmarks.streaming_peers:read", python, peer=peer)
            contestants[peer] = partial(reader, rows=count, **place)
        if not can_import(python, "torchcodec.decoders", NEEDS_FFMPEG):
            del contestants[TORCHCODEC]
    return contestants


def _compare(what: str, contestants: Mapping[str, Contestant]) -> list[Result]:
    """Time all who are there, once it is sure that they deliver the same."""
    checks = {n: run(rows=CHECKED_ROWS, only_check=True) for n, run in contestants.items()}
    _same(what, checks, "checksum")
    runs = take_turns(contestants, ROUNDS)
    _same(what, {n: turns[0] for n, turns in runs.items() if n != TORCHCODEC}, "samples")
    return [
        _result(f"{what}, by {clock} time", runs, peer, least if clock == "wall" else None, clock)
        for peer, least in TARGETS.items()
        for clock in CLOCKS
    ]


def _result(
    what: str, runs: Mapping[str, list[dict[str, Any]]], peer: str, least: float | None, clock: str
) -> Result:
    rates = {n: [turn["rows"] / turn[clock] for turn in turns] for n, turns in runs.items()}
    if peer in rates:
        return compare(what, rates[OURS], (peer, rates[peer]), UNIT, least)
    ours, target = rates[OURS], f"ratio ≥ {least}" if least else ""
    return Result(what, median(ours), None, f"{peer}: not measured", UNIT, target, None)


def _same(what: str, deliveries: Mapping[str, Mapping[str, float]], key: str) -> None:
    found = {name: delivery[key] for name, delivery in deliveries.items()}
    if len(set(found.values())) > 1:
        raise RuntimeError(f"{what}: contestants deliver other {key}: {found}")


def ours(dataset: str, config: str, rows: int, only_check: bool = False) -> dict[str, float]:
    """Take the first rows as a user of the library does; see `take`."""
    return take(partial(_rows, dataset, config), rows, only_check)


def _rows(dataset: str, config: str) -> Iterator[Delivery]:
    import datasets

    import audio_flan

    stream = datasets.load_dataset(dataset, config, split="train", streaming=True).decode(False)
    columns = [*TEXT_COLUMNS, *AUDIO_COLUMNS]
    for batch in stream.select_columns(columns).iter(batch_size=BATCH_ROWS):
        rows = zip(*(batch[name] for name in columns), strict=True)
        for instruction, input, output, *cells in rows:
            audio = [audio_flan.decode(cell)[0] for cell in cells if cell is not None]
            yield Delivery(instruction, input, output, audio)
