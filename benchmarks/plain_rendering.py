"""What the simulated tasks render, in plain soundfile, numpy, scipy, soxr, pyroomacoustics.

As one would in a script: the same signals from the same files with the same draws, but no checks
of the source, no texts and no provenance. Each function takes a job and gives the signals that
become FLAC, the target last.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile
import soxr
from scipy import signal
from scipy.optimize import brentq

from benchmarks.plain_signals import (
    Signal,
    active_power,
    active_stretches,
    bandwidth,
    below_ceiling,
    coloured_noise,
    mix,
    read,
)


class Job(NamedTuple):
    """One rendering.

    Args:
        paths: files of the clips, the main clip's first.
        cuts: the stretch of each in seconds; None for all of it.
        parts: further stretches, of the main clip, by slot.
        drawn: what the library says that it drew.
    """

    paths: list[str]
    cuts: list[list[float] | None]
    parts: dict[str, list[float]]
    drawn: dict[str, Any]


class Rendered(NamedTuple):
    """Signals at a rate in Hz that become FLAC, and audio that is carried as it is."""

    signals: list[Signal]
    rate: int
    carried: bytes = b""


def render(config: str, job: Job, rng: np.random.Generator) -> tuple[int, float]:
    """Render a job; bytes of its audio and seconds of its target."""
    signals, rate, carried = OPERATIONS[config](job, rng)
    size = len(carried)
    for samples in signals:
        target = BytesIO()
        soundfile.write(target, samples, rate, format="FLAC", subtype="PCM_16")
        size += len(target.getvalue())
    return size, signals[-1].size / rate


# ---- speech ---------------------------------------------------------------------------------


def denoising(job: Job, rng: np.random.Generator) -> Rendered:
    speech, rate = read(job.paths[0])
    noise = coloured_noise(speech.size, rate, job.drawn["noise"], rng)
    level = active_power(speech, rate) / 10 ** (job.drawn["snr_db"] / 10)
    return Rendered(below_ceiling(*mix(speech, noise, level)), rate)


def snr_estimation(job: Job, rng: np.random.Generator) -> Rendered:
    (noisy, clean), rate, _ = denoising(job, rng)
    stored, target = (
        np.rint(samples * np.float32(2**15)) * np.float32(2**-15) for samples in (noisy, clean)
    )
    snr_db = 10 * math.log10(active_power(target, rate) / np.mean((stored - target) ** 2))
    assert abs(snr_db - job.drawn["snr_db"]) < 1
    return Rendered([noisy], rate)


def dereverberation(job: Job, rng: np.random.Generator) -> Rendered:
    import pyroomacoustics as pra  # type: ignore[import-untyped]

    speech, rate = read(job.paths[0])
    pra.constants.set("num_threads", 1)
    size, t60 = job.drawn["room_metres"], job.drawn["t60_seconds"]
    absorption, _ = pra.inverse_sabine(t60, size)
    nearest = min(
        size[i] * size[j] / math.hypot(size[i], size[j]) for i, j in ((0, 1), (0, 2), (1, 2))
    )
    order = math.ceil(343 * t60 * 2 / 3 / nearest) - 1
    room = pra.ShoeBox(size, fs=rate, materials=pra.Material(absorption), max_order=order)
    room.add_source(job.drawn["source_metres"])
    room.add_microphone(job.drawn["microphone_metres"])
    room.compute_rir()
    response = room.rir[0][0]
    magnitudes = np.abs(response)
    delay = int(np.argmax(magnitudes >= magnitudes.max() / 10))
    wet, early = (
        signal.fftconvolve(speech, part)[delay : delay + speech.size].astype(np.float32)
        for part in (response, response[: delay + round(0.05 * rate)])
    )
    level = np.sqrt(np.mean(speech**2) / np.mean(wet**2))
    return Rendered(below_ceiling(wet * level, early * level), rate)


def declipping(job: Job, rng: np.random.Generator) -> Rendered:
    speech, rate = read(job.paths[0])
    (target,) = below_ceiling(speech)
    magnitudes = np.abs(target)
    wanted = np.sum(magnitudes**2) / 10 ** (job.drawn["sdr_db"] / 10)
    threshold = brentq(
        lambda height: float(np.sum(np.maximum(magnitudes - np.float32(height), 0) ** 2) - wanted),
        0.0,
        float(magnitudes.max()),
        xtol=1e-6,
    )
    return Rendered([np.clip(target, -threshold, threshold), target], rate)


def speaker_extraction(job: Job, rng: np.random.Generator) -> Rendered:
    (target, rate), (other, _) = map(read, job.paths[:2])
    count = min(target.size, other.size, 10 * rate)
    target, other = target[:count], other[:count]
    level = active_power(target, rate) / 10 ** (job.drawn["level_db"] / 10)
    mixed = mix(target, other * np.float32(1 / np.sqrt(active_power(other, rate))), level, 1.0)
    return Rendered(below_ceiling(*mixed), rate, Path(job.paths[2]).read_bytes())


def voice_activity_detection(job: Job, rng: np.random.Generator) -> Rendered:
    utterances = [read(path) for path in job.paths]
    rate = utterances[0][1]
    level = active_power(utterances[0][0], rate)
    pauses = job.drawn["pauses_seconds"]
    placed: list[tuple[int, Signal]] = []
    now = pauses[0]
    for (samples, _), pause in zip(utterances, pauses[1:], strict=True):
        stretches = active_stretches(samples, rate)
        first, end = stretches[0][0], stretches[-1][1]
        if placed and now + (end - first) / rate + pause > 30:
            continue
        (samples,) = below_ceiling(
            samples * np.float32(np.sqrt(level / active_power(samples, rate)))
        )
        origin = round(now * rate) - first
        placed += [(origin + start, samples[start:stop]) for start, stop in stretches]
        now += (end - first) / rate + pause
    track = np.zeros(round(now * rate), dtype=np.float32)
    ramp = np.linspace(0, 1, round(0.005 * rate), dtype=np.float32)
    for start, piece in placed:
        track[start : start + piece.size] = piece
        track[start : start + ramp.size] *= ramp
        track[start + piece.size - ramp.size : start + piece.size] *= ramp[::-1]
    noise = coloured_noise(track.size, rate, job.drawn["noise"], rng)
    wanted = active_power(track, rate) / 10 ** (job.drawn["snr_db"] / 10)
    mixture, target = below_ceiling(*mix(track, noise, wanted))
    return Rendered([mixture if job.drawn["speech"] else mixture - target], rate)


# ---- sounds ---------------------------------------------------------------------------------


def band_restoration(job: Job, rng: np.random.Generator) -> Rendered:
    samples, rate = read(job.paths[0])
    drawn, cutoff = job.drawn, job.drawn["cutoff_hz"]
    assert 1.5 * cutoff <= bandwidth(samples, rate)
    narrow = samples
    if drawn["filter"] != "resample":
        ripples = {"cheby1": (0.1,), "ellip": (0.1, 60.0)}.get(drawn["filter"], ())
        norm = {"norm": "mag"} if drawn["filter"] == "bessel" else {}
        design = getattr(signal, drawn["filter"])
        sections = design(drawn["order"], *ripples, cutoff, fs=rate, output="sos", **norm)
        narrow = signal.sosfiltfilt(sections, samples, padlen=round(10 * rate / cutoff))
        narrow = narrow.astype(np.float32)
    if drawn["resampled"]:
        low = soxr.resample(narrow, rate, 2 * cutoff, "VHQ")
        narrow = soxr.resample(low, 2 * cutoff, rate, "VHQ")[: samples.size]
        narrow = np.pad(narrow, (0, samples.size - narrow.size))
    return Rendered(below_ceiling(narrow, samples), rate)


def inpainting(job: Job, rng: np.random.Generator) -> Rendered:
    samples, rate = read(job.paths[0], job.drawn["excerpt_seconds"])
    (target,) = below_ceiling(samples)
    start, end = job.drawn["gap_samples"]
    assert np.mean(target[start:end] ** 2) > 1e-4 * np.mean(target**2)
    damaged = target.copy()
    damaged[start:end] = 0
    return Rendered([damaged, target], rate)


def extraction(job: Job, rng: np.random.Generator) -> Rendered:
    target, rate = read(job.paths[0], job.drawn["excerpt_seconds"])
    other, other_rate = read(job.paths[1])
    if other_rate != rate:
        other = soxr.resample(other, other_rate, rate)
    while other.size < target.size:
        fade = np.sqrt(np.linspace(0, 1, round(0.02 * rate), dtype=np.float32))
        joint = other[-fade.size :] * fade[::-1] + other[: fade.size] * fade
        other = np.concatenate([other[: -fade.size], joint, other[fade.size :]])
    start = rng.integers(0, other.size - target.size + 1)
    other = other[start : start + target.size]
    level = active_power(target, rate) / 10 ** (job.drawn["snr_db"] / 10)
    mixed = mix(target, other, level, active_power(other, rate))
    return Rendered(below_ceiling(*mixed), rate)


def example_extraction(job: Job, rng: np.random.Generator) -> Rendered:
    (mixture, target), rate, _ = extraction(job, rng)
    example, _ = read(job.paths[2], job.cuts[2])
    return Rendered([mixture, example, target], rate)


def continuation(job: Job, rng: np.random.Generator) -> Rendered:
    (_, cut), (_, end) = job.parts["beginning"], job.parts["continuation"]
    samples, rate = read(job.paths[0], [0.0, end])
    given, following = np.split(samples, [round(cut * rate)])
    assert np.mean(following[: rate // 2] ** 2) > 1e-4 * np.mean(given**2)
    return Rendered([given, following], rate)


OPERATIONS: dict[str, Callable[[Job, np.random.Generator], Rendered]] = {
    "speech_denoising": denoising,
    "speech_dereverberation": dereverberation,
    "speech_declipping": declipping,
    "speech_bandwidth_extension": band_restoration,
    "speech_snr_estimation": snr_estimation,
    "speech_speaker_extraction": speaker_extraction,
    "audio_voice_activity_detection": voice_activity_detection,
    "audio_inpainting": inpainting,
    "audio_super_resolution": band_restoration,
    "audio_source_separation": extraction,
    "audio_label_querying_extraction": extraction,
    "audio_audio_querying_extraction": example_extraction,
    "audio_continuation": continuation,
}
"""All simulated tasks, and the continuation of sounds, which cuts them."""
