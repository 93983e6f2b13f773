"""What plain renderings share: reading, noise, levels, mixtures; numpy, scipy and soundfile."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy import fft, signal

Signal: TypeAlias = NDArray[np.float32]

EXPONENTS = {"white": 0.0, "pink": 1.0, "brown": 2.0}


def read(path: str, cut: list[float] | None = None) -> tuple[Signal, int]:
    """The samples, channels averaged, and the rate of a file or of a stretch of it."""
    with soundfile.SoundFile(path) as file:
        rate, start, stop = file.samplerate, 0, file.frames
        if cut and cut[0] is not None:
            start, stop = (round(seconds * rate) for seconds in cut)
            file.seek(start)
        samples = file.read(stop - start, dtype="float32")
    return samples if samples.ndim == 1 else samples.mean(axis=1), rate


def coloured_noise(count: int, rate: int, name: str, rng: np.random.Generator) -> Signal:
    """Noise as the library names it: "synthesised pink noise"."""
    length = fft.next_fast_len(count, real=True)
    spectrum = fft.rfft(rng.standard_normal(length, dtype=np.float32))
    exponent = EXPONENTS[name.split()[1]]
    shape = np.maximum(fft.rfftfreq(length, 1 / rate), 20.0) ** (-exponent / 2)
    shape[0] = 0.0
    samples: Signal = fft.irfft(spectrum * shape.astype(np.float32), length)[:count]
    return samples


def mix(
    target: Signal, other: Signal, wanted: float, power: float | None = None
) -> tuple[Signal, Signal]:
    """The target with another signal at a wanted power, and the target alone."""
    power = float(np.mean(other**2)) if power is None else power
    return target + other * np.float32(math.sqrt(wanted / power)), target


def below_ceiling(*signals: Signal) -> list[Signal]:
    """Signals with one gain, at most 1, that keeps all of them within 0.9."""
    peak = max(np.abs(samples).max() for samples in signals)
    gain = np.float32(min(1.0, 0.9 / peak))
    return [samples * gain for samples in signals]


def bandwidth(samples: Signal, rate: int) -> float:
    """Highest frequency less than 50 dB below the peak of the spectrum."""
    window = signal.get_window("hann", 512).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, 512)[::256] * window
    powers = np.mean(np.abs(fft.rfft(frames)) ** 2, axis=0)
    return float(np.flatnonzero(powers > powers.max() * 1e-5)[-1] * rate / 512)


def active_power(samples: Signal, rate: int) -> float:
    """Mean square over frames of 32 ms at most 40 dB below the loudest."""
    frame = round(0.032 * rate)
    powers = np.mean(samples[: samples.size // frame * frame].reshape(-1, frame) ** 2, axis=1)
    return float(powers[powers >= powers.max() * 1e-4].mean())


def active_stretches(samples: Signal, rate: int) -> list[tuple[int, int]]:
    """Starts and ends of what is active for 0.1 s or more, pauses below 0.3 s bridged."""
    frame = round(0.01 * rate)
    powers = np.sum(samples[: samples.size // frame * frame].reshape(-1, frame) ** 2, axis=1)
    active = np.concatenate([[False], powers >= powers.max() * 1e-4, [False]])
    edges = np.flatnonzero(active[1:] != active[:-1])
    starts, ends = edges[::2], edges[1::2]
    apart = starts[1:] - ends[:-1] >= 30
    starts, ends = starts[np.append(True, apart)], ends[np.append(apart, True)]
    return [
        (int(start) * frame, int(end) * frame)
        for start, end in zip(starts, ends, strict=True)
        if end - start >= 10
    ]
