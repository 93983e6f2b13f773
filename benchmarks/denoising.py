"""Rendering speech_denoising on the sample clips: decode, simulate, encode both as FLAC.

The library (instances with all their texts) against the same operation written plainly with
soundfile, numpy and scipy. Seconds of speech per second of CPU: the multiple of real time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.corpora_at_scale import sample_corpora
from benchmarks.measuring import ROUNDS, Result, compare, fresh, settle, take_turns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audio_flan.schema import Instance

PASSES = {"small": 10, "full": 50}
"""How often all sample clips are rendered in a turn, each time with another seed."""

LEAST_OF_PLAIN = 0.9
SAME_WORK = 0.02
"""Most that the FLAC bytes of both may differ, as a share; else they do not do the same."""

EXPONENTS = {"white": 0.0, "pink": 1.0, "brown": 2.0}


def run(data: Path, scale: str) -> list[Result]:
    """Multiples of real time of the library and of the plain code."""
    root = str(sample_corpora(data))
    contestants = {
        name: partial(fresh, f"benchmarks.denoising:{name}", root=root, passes=PASSES[scale])
        for name in ("library", "plain")
    }
    runs = take_turns(contestants, ROUNDS)
    _check_same_work(runs["library"][0], runs["plain"][0])
    ours, plain = (
        [run["speech"] / run["cpu"] for run in runs[name]] for name in ("library", "plain")
    )
    peer = ("plain soundfile, numpy, scipy", plain)
    return [compare("speech_denoising, one core", ours, peer, ",.0f × real time", LEAST_OF_PLAIN)]


def _check_same_work(ours: dict[str, Any], plain: dict[str, Any]) -> None:
    differences = [abs(ours[name] / plain[name] - 1) for name in ("speech", "flac_bytes")]
    if max(differences) > SAME_WORK:
        raise RuntimeError(f"library and plain code do different work: {ours}, {plain}")


# ---- the library ----------------------------------------------------------------------------


def library(root: str, passes: int) -> dict[str, float]:
    """Make instances; their audio is rendered on the way."""
    list(_instances(root, passes))
    settle()
    started, speech, flac_bytes = time.process_time(), 0.0, 0
    for seed in range(passes):
        for instance in _instances(root, seed):
            speech += instance.seconds / 2
            flac_bytes += instance.audio_bytes
    return {"speech": speech, "flac_bytes": flac_bytes, "cpu": time.process_time() - started}


def _instances(root: str, seed: int) -> Iterator[Instance]:
    """All instances of the task, with synthesised noise."""
    from audio_flan.corpora.finding import find_corpora
    from audio_flan.generate import Generation
    from audio_flan.tasks import get_task
    from audio_flan.tasks.base import Pool

    task = get_task("speech_denoising")
    for corpus in find_corpora(root):
        for split, shards in corpus.shards().items() if task.serves(corpus) else ():
            generation = Generation(task, corpus, split, seed=seed, pools={"noise": Pool([])})
            yield from generation.instances(shards)


# ---- the same, plainly ----------------------------------------------------------------------


class Job(NamedTuple):
    """One rendering: file of the speech, signal-to-noise ratio (dB), exponent of the noise."""

    path: str
    snr_db: float
    exponent: float


def plain(root: str, passes: int) -> dict[str, float]:
    """Render the clips of the same passes with the same draws."""
    import numpy as np

    jobs = [job for seed in range(passes) for job in _jobs(root, seed)]
    rng = np.random.default_rng(0)
    render(jobs[0], rng)
    settle()
    started, speech, flac_bytes = time.process_time(), 0.0, 0
    for job in jobs:
        noisy, clean, seconds = render(job, rng)
        speech += seconds
        flac_bytes += len(noisy) + len(clean)
    return {"speech": speech, "flac_bytes": flac_bytes, "cpu": time.process_time() - started}


def _jobs(root: str, seed: int) -> Iterator[Job]:
    from audio_flan.corpora.finding import find_corpora

    folders = {corpus.key: Path(corpus.folder.path) for corpus in find_corpora(root)}
    for instance in _instances(root, seed):
        other = json.loads(instance.other)
        clip, simulation = other["clips"][0], other["simulation"]
        colour = simulation["noise"].split()[1]
        path = str(folders[clip["corpus"]] / clip["file"])
        yield Job(path, simulation["snr_db"], EXPONENTS[colour])


def render(job: Job, rng: np.random.Generator) -> tuple[bytes, bytes, float]:
    """Noisy speech and clean speech as FLAC, and their duration in seconds."""
    import numpy as np
    import soundfile

    speech, rate = soundfile.read(job.path, dtype="float32", always_2d=True)
    speech = speech.mean(axis=1)
    noise = _noise(speech.size, rate, job.exponent, rng)
    wanted = _active_power(speech, rate) / 10 ** (job.snr_db / 10)
    noisy = speech + noise * np.float32(np.sqrt(wanted / np.mean(noise**2)))
    gain = np.float32(min(1.0, 0.9 / max(np.abs(noisy).max(), np.abs(speech).max())))
    return _flac(noisy * gain, rate), _flac(speech * gain, rate), speech.size / rate


def _noise(count: int, rate: int, exponent: float, rng: np.random.Generator) -> NDArray[np.float32]:
    import numpy as np
    from scipy import fft

    length = fft.next_fast_len(count, real=True)
    spectrum = fft.rfft(rng.standard_normal(length, dtype=np.float32))
    shape = np.maximum(fft.rfftfreq(length, 1 / rate), 20.0) ** (-exponent / 2)
    shape[0] = 0.0
    noise: NDArray[np.float32] = fft.irfft(spectrum * shape.astype(np.float32), length)[:count]
    return noise


def _active_power(speech: NDArray[np.float32], rate: int) -> float:
    """Mean square over frames of 32 ms at most 40 dB below the loudest."""
    import numpy as np

    frame = round(0.032 * rate)
    powers = np.mean(speech[: speech.size // frame * frame].reshape(-1, frame) ** 2, axis=1)
    return float(powers[powers >= powers.max() * 1e-4].mean())


def _flac(samples: NDArray[np.float32], rate: int) -> bytes:
    import soundfile

    target = BytesIO()
    soundfile.write(target, samples, rate, format="FLAC", subtype="PCM_16")
    return target.getvalue()
