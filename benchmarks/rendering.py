"""Rendering of every simulated task: decode, simulate, encode as FLAC.

The library (instances with all their texts) against the same operation written plainly with the
same draws: `benchmarks.plain_rendering`. Seconds of target audio per second of CPU, that is the
multiple of real time, on clips of usual lengths: speech of 3 to 10 s at 24 kHz (WAV, as LibriTTS
has), sounds of 10 s at 32 kHz (FLAC, as WavCaps has).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.read.folder import Folder
from audio_flan.generate.generation import Generation
from audio_flan.generate.pools import draw_pools
from audio_flan.model.instance import Instance
from audio_flan.tasks import get_task
from audio_flan.tasks.contract import Pool
from benchmarks.clips_to_render import CLIPS, Sounds, Speech, write_clips
from benchmarks.measuring import ROUNDS, Result, compare, fresh, settle, take_turns

ROOMS = "speech_dereverberation"
"""The one task whose cost is not that of decoding and encoding: it computes a room's response."""

CONFIGS = (
    "speech_denoising",
    ROOMS,
    "speech_declipping",
    "speech_bandwidth_extension",
    "speech_snr_estimation",
    "speech_speaker_extraction",
    "audio_voice_activity_detection",
    "audio_inpainting",
    "audio_super_resolution",
    "audio_source_separation",
    "audio_label_querying_extraction",
    "audio_audio_querying_extraction",
    "audio_continuation",
)

PASSES = {"small": 1, "full": 4}
"""How often all clips are rendered in a turn, each time with another seed."""

ROOM_CLIPS = {"small": 30, "full": 80}
"""Clips that get a room in a turn, in one pass."""

LEAST_OF_PLAIN = 0.9
LEAST_SPEED = 100
"""Multiple of real time, for all tasks but that with rooms."""

SAME_WORK = 0.02
"""Most that the audio's bytes of both may differ, as a share; else they do not do the same."""


def run(data: Path, scale: str) -> list[Result]:
    """Multiples of real time of the library and of the plain code, by task."""
    root = write_clips(data / "clips-to-render")
    arguments = {"root": str(root), "scale": scale}
    fresh(f"{__name__}:write_jobs", **arguments)
    contestants = {
        name: partial(fresh, f"{__name__}:{name}", **arguments) for name in ("library", "plain")
    }
    runs = take_turns(contestants, ROUNDS)
    return [
        _result(config, *([run[config] for run in runs[name]] for name in ("library", "plain")))
        for config in CONFIGS
    ]


def _result(config: str, library: list[dict[str, float]], plain: list[dict[str, float]]) -> Result:
    for name in ("seconds", "bytes"):
        if abs(library[0][name] / plain[0][name] - 1) > SAME_WORK:
            both = f"{library[0]}, {plain[0]}"
            raise RuntimeError(f"{config}: library and plain code do different work: {both}")
    ours, peer = ([run["seconds"] / run["cpu"] for run in runs] for runs in (library, plain))
    result = compare(config, ours, ("plain", peer), ",.0f × real time", LEAST_OF_PLAIN)
    if config == ROOMS:
        return replace(result, unit=",.1f × real time")
    is_fast = result.ours >= LEAST_SPEED
    target = f"{result.target}, ours ≥ {LEAST_SPEED} ×"
    return replace(result, target=target, met=bool(result.met) and is_fast)


# ---- the contestants ------------------------------------------------------------------------


def library(root: str, scale: str) -> dict[str, dict[str, float]]:
    """Make instances; their audio is rendered on the way."""
    for config in CONFIGS:
        next(_instances(root, config, 1, seed=PASSES["full"]))
    settle()
    done = {}
    for config in CONFIGS:
        started, seconds, size = time.process_time(), 0.0, 0
        for instance in _all_instances(root, config, scale):
            seconds += _target_seconds(instance)
            size += instance.audio_bytes
        done[config] = {
            "seconds": seconds,
            "bytes": size,
            "cpu": time.process_time() - started,
        }
    return done


def plain(root: str, scale: str) -> dict[str, dict[str, float]]:
    """Render the same clips with the same draws."""
    import numpy as np

    from benchmarks.plain_rendering import Job, render

    listed = json.loads(_jobs_file(root, scale).read_text())
    jobs = {config: [Job(**job) for job in listed[config]] for config in CONFIGS}
    rng = np.random.default_rng(0)
    for config in CONFIGS:
        render(config, jobs[config][0], rng)
    settle()
    done = {}
    for config in CONFIGS:
        started, seconds, size = time.process_time(), 0.0, 0
        for job in jobs[config]:
            job_size, job_seconds = render(config, job, rng)
            seconds += job_seconds
            size += job_size
        done[config] = {
            "seconds": seconds,
            "bytes": size,
            "cpu": time.process_time() - started,
        }
    return done


def write_jobs(root: str, scale: str) -> None:
    """Write down what the library draws, for the plain code."""
    jobs = {
        config: [_job(root, json.loads(i.other)) for i in _all_instances(root, config, scale)]
        for config in CONFIGS
    }
    _jobs_file(root, scale).write_text(json.dumps(jobs))


def _jobs_file(root: str, scale: str) -> Path:
    return Path(root) / f"jobs-{scale}.json"


def _job(root: str, other: dict[str, Any]) -> dict[str, Any]:
    clips, parts = other["clips"], other.get("parts", {})
    return {
        "paths": [str(Path(root) / clip["file"]) for clip in clips],
        "cuts": [[clip["start"], clip["end"]] if "start" in clip else None for clip in clips],
        "parts": {slot: [part["start"], part["end"]] for slot, part in parts.items()},
        "drawn": other.get("simulation", {}),
    }


# ---- instances ------------------------------------------------------------------------------


def _all_instances(root: str, config: str, scale: str) -> Iterator[Instance]:
    """The instances of a turn."""
    if config == ROOMS:
        yield from _instances(root, config, ROOM_CLIPS[scale], seed=0)
    else:
        for seed in range(PASSES[scale]):
            yield from _instances(root, config, CLIPS, seed)


def _instances(root: str, config: str, limit: int, seed: int) -> Iterator[Instance]:
    """Instances of a task; noise and rooms are synthesised, as no corpus has any."""
    task = get_task(config)
    corpus = next(c for c in _corpora(root) if task.fields_of(c.provides) is not None)
    generation = Generation(task, corpus, "train", seed=seed, pools=_pools(root, config))
    return generation.instances(corpus.shards()["train"], limit)


@cache
def _corpora(root: str) -> tuple[Corpus, ...]:
    return tuple(kind(Folder(kind.key, root)) for kind in (Speech, Sounds))


@cache
def _pools(root: str, config: str) -> dict[str, Pool]:
    return draw_pools(get_task(config), _corpora(root), "train")


def _target_seconds(instance: Instance) -> float:
    """Seconds of the target; of the input where the answer is text."""
    return [audio.seconds for _, audio in filter(None, instance.audio)][-1]
