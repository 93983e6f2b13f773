"""Noise against physics: its spectrum, its level, and loops that can not be heard."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal, stats

from audio_flan.miniatures.bank import NoiseEntry, load_bank, samples
from audio_flan.simulate.noise import COLOURS, coloured_noise, fit_length

RATES = (16_000, 22_050, 44_100)
NOISES = load_bank().noises


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def decibels(ratio: float) -> float:
    return 10 * np.log10(ratio)


def mean_square(audio: NDArray[np.float32]) -> float:
    return float(np.mean(np.square(audio, dtype=np.float64)))


def largest_step(audio: NDArray[np.float32]) -> float:
    return float(np.max(np.abs(np.diff(audio))))


def slope(audio: NDArray[np.float32], rate: int) -> float:
    """Slope of the power density from 100 Hz to 5 kHz, dB per decade."""
    frequencies, density = signal.welch(audio, rate, nperseg=8192)
    band = (frequencies >= 100) & (frequencies <= 5_000)
    # A decade weighs the same wherever it is, although it has ten times the bins of the last.
    edges = np.geomspace(100, 5_000, 18)
    places = np.digitize(frequencies[band], edges)
    means = [
        (
            np.log10(frequencies[band][places == i]).mean(),
            decibels(density[band][places == i].mean()),
        )
        for i in range(1, len(edges))
    ]
    return float(np.polyfit(*np.array(means).T, 1)[0])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("colour", "expected"), [("white", 0), ("pink", -10), ("brown", -20)])
def test_the_spectrum_falls_as_its_colour_says(colour: str, expected: float, rate: int) -> None:
    noise = coloured_noise(30 * rate, rate, COLOURS[colour], rng())
    assert slope(noise, rate) == pytest.approx(expected, abs=1)


def test_every_colour_has_its_spectrum_tested() -> None:
    assert set(COLOURS) == {"white", "pink", "brown"}


@pytest.mark.parametrize("exponent", COLOURS.values(), ids=COLOURS)
def test_noise_is_gaussian_and_centred(exponent: float) -> None:
    noise = coloured_noise(20 * 16_000, 16_000, exponent, rng()).astype(np.float64)
    assert abs(noise.mean()) < 0.01
    # The tails tell: a uniform distribution has a kurtosis of -1.2. Brown noise has fewer
    # independent samples, so that its own strays further.
    assert abs(stats.kurtosis(noise)) < 0.3


@given(st.integers(1, 20_000), st.sampled_from(RATES), st.sampled_from(list(COLOURS.values())))
@settings(deadline=None)
def test_noise_has_the_asked_length_and_level(count: int, rate: int, exponent: float) -> None:
    noise = coloured_noise(count, rate, exponent, rng(count))
    assert noise.shape == (count,)
    assert noise.dtype == np.float32
    assert np.sqrt(mean_square(noise)) == pytest.approx(0.1, rel=1e-3)


@pytest.mark.parametrize("exponent", COLOURS.values(), ids=COLOURS)
def test_noise_depends_on_the_seed_alone(exponent: float) -> None:
    first, same, other = (coloured_noise(16_000, 16_000, exponent, rng(s)) for s in (1, 1, 2))
    assert np.array_equal(first, same)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.5
    assert not np.array_equal(first, other)


@given(st.integers(1, 3_000), st.integers(1, 10_000), st.integers(0, 100))
@settings(deadline=None)
def test_a_recording_fits_any_length_exactly(size: int, count: int, seed: int) -> None:
    recording = rng(1).uniform(-0.5, 0.5, size).astype(np.float32)
    fitted = fit_length(recording, count, 16_000, rng(seed))
    assert fitted.shape == (count,)
    assert fitted.dtype == np.float32
    assert np.array_equal(fitted, fit_length(recording, count, 16_000, rng(seed)))
    # The cross-fade's factors add up to at most the square root of two.
    assert np.max(np.abs(fitted)) <= np.sqrt(2) * np.max(np.abs(recording)) + 1e-6


@given(st.integers(2, 3_000), st.data())
@settings(deadline=None)
def test_a_long_recording_gives_an_untouched_stretch(size: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, size))
    recording = np.arange(size, dtype=np.float32)
    fitted = fit_length(recording, count, 16_000, rng(size))
    assert np.array_equal(fitted, np.arange(fitted[0], fitted[0] + count, dtype=np.float32))


def test_stretches_come_from_all_over_the_recording() -> None:
    recording = np.arange(1_001, dtype=np.float32)
    starts = {int(fit_length(recording, 1_000, 16_000, rng(seed))[0]) for seed in range(50)}
    assert starts == {0, 1}
    starts = {int(fit_length(recording, 500, 16_000, rng(seed))[0]) // 100 for seed in range(100)}
    assert starts >= {0, 1, 2, 3, 4}


@pytest.mark.parametrize("factor", [1.01, 1.9, 2.5, 7.3])
@pytest.mark.parametrize("entry", NOISES, ids=lambda entry: entry.id)
def test_loops_of_a_recording_keep_its_power_and_click_nowhere(
    entry: NoiseEntry, factor: float
) -> None:
    recording = samples(entry, entry.rate)
    looped = fit_length(recording, round(factor * recording.size), entry.rate, rng())
    assert abs(decibels(mean_square(looped) / mean_square(recording))) < 1
    assert largest_step(looped) <= 1.5 * largest_step(recording)


@given(st.integers(1_600, 16_000), st.floats(1.01, 6), st.integers(0, 1_000))
@settings(deadline=None, max_examples=60)
def test_loops_of_slow_noise_have_no_step_at_the_joint(size: int, factor: float, seed: int) -> None:
    # Without waves shorter than 2 ms, its ends differ by many times its own largest step.
    sos = signal.butter(4, 500, fs=16_000, output="sos")
    noise = signal.sosfilt(sos, rng(seed).standard_normal(size + 2_000))[2_000:]
    recording = (0.1 * noise / np.std(noise)).astype(np.float32)
    looped = fit_length(recording, round(factor * size), 16_000, rng(seed))
    # The square-root ramps start steeply: their first step is that of 1/17.8 of the signal.
    assert largest_step(looped) <= 2 * largest_step(recording)
    assert abs(decibels(mean_square(looped) / mean_square(recording))) < 1.5


@pytest.mark.parametrize("size", [330, 500, 700])
def test_the_cross_fade_itself_keeps_the_power(size: int) -> None:
    # A recording of two fades' length is nothing but cross-fades when it is looped.
    ratios = []
    for seed in range(40):
        recording = rng(seed).standard_normal(size).astype(np.float32)
        looped = fit_length(recording, 20_000, 16_000, rng(seed))
        ratios.append(mean_square(looped) / mean_square(recording))
    assert decibels(float(np.mean(ratios))) == pytest.approx(0, abs=0.3)
