"""Bandwidth against Welch's spectra, tones and time: what is left, what is gone, nothing late."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal

from audio_flan.miniatures.bank import load_bank, samples
from audio_flan.simulate.bandwidth import FAMILIES, ORDERS, bandwidth, low_pass

SPEECH = load_bank().sentences
Samples = NDArray[np.float32]


def noise(count: int, seed: int = 0) -> Samples:
    return (0.1 * np.random.default_rng(seed).standard_normal(count)).astype(np.float32)


def gain_db(
    before: Samples, after: Samples, rate: int, low: float, high: float
) -> NDArray[np.float64]:
    """What became of each frequency of a band, by Welch's spectra, dB."""
    frequencies, one = signal.welch(before, rate, nperseg=1024)
    _, other = signal.welch(after, rate, nperseg=1024)
    band = (frequencies >= low) & (frequencies <= high)
    return np.asarray(10 * np.log10(other[band] / one[band] + 1e-20))


def band_loss_db(before: Samples, after: Samples, rate: int, low: float) -> float:
    """How far all from a frequency on is down, dB."""
    frequencies, one = signal.welch(before, rate, nperseg=1024)
    _, other = signal.welch(after, rate, nperseg=1024)
    band = frequencies >= low
    return float(10 * np.log10(one[band].sum() / other[band].sum()))


CASES = st.tuples(
    st.sampled_from(FAMILIES),
    st.integers(*ORDERS),
    st.sampled_from([(16_000, 2_000), (16_000, 4_000), (22_050, 3_400), (44_100, 8_000)]),
)


@given(CASES)
@settings(deadline=None, max_examples=80)
def test_the_upper_band_is_gone_and_the_lower_one_stays(
    case: tuple[str, int, tuple[int, int]],
) -> None:
    family, order, (rate, cutoff) = case
    before = noise(2 * rate)
    after = low_pass(before, rate, cutoff, family, order)
    assert after.shape == before.shape
    assert after.dtype == np.float32
    # Leakage of the Hann windows reaches two bins further.
    edge = 1.2 * cutoff + 2 * rate / 1024
    assert band_loss_db(before, after, rate, edge) >= 40
    # Butterworth of low order and Bessel are soft by nature, twice so forth and back.
    if family in ("cheby1", "ellip", "resample") or (family == "butter" and order >= 6):
        gains = gain_db(before, after, rate, 100, 0.8 * cutoff)
        assert np.max(np.abs(gains)) <= 1
    else:
        gains = gain_db(before, after, rate, 100, 0.2 * cutoff)
        assert np.max(np.abs(gains)) <= 1


@given(CASES, st.sampled_from(SPEECH))
@settings(deadline=None, max_examples=40)
def test_speech_is_not_delayed(case: tuple[str, int, tuple[int, int]], entry: object) -> None:
    family, order, (rate, cutoff) = case
    before = samples(entry, rate)  # type: ignore[arg-type]
    after = low_pass(before, rate, cutoff, family, order)
    assert after.size == before.size
    correlation = signal.correlate(after, before, method="fft")
    assert int(np.argmax(correlation)) == before.size - 1
    # Zero phase: an impulse becomes a symmetric response.
    impulse = np.zeros(4_001, np.float32)
    impulse[2_000] = 0.5
    response = low_pass(impulse, rate, cutoff, family, order)
    # soxr's grids meet at the first sample, so that its response may be off by little.
    assert np.allclose(response, response[::-1], atol=2e-3 * response.max())


def test_families_differ() -> None:
    before = noise(16_000)
    made = [low_pass(before, 16_000, 4_000, family, 6) for family in FAMILIES]
    for i, one in enumerate(made):
        for other in made[:i]:
            assert np.max(np.abs(one - other)) > 1e-3


@given(st.integers(1, 300), st.sampled_from(FAMILIES), st.integers(*ORDERS))
@settings(deadline=None)
def test_any_length_is_kept(count: int, family: str, order: int) -> None:
    after = low_pass(noise(count), 16_000, 3_000, family, order)
    assert after.size == count
    assert np.isfinite(after).all()


def test_the_same_gives_the_same_bytes() -> None:
    before = noise(16_000)
    kept = before.copy()
    for family in FAMILIES:
        one, other = (low_pass(before, 16_000, 4_000, family, 5) for _ in range(2))
        assert one.tobytes() == other.tobytes()
    assert np.array_equal(before, kept)


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(ValueError, match="butter"):
        low_pass(noise(100), 16_000, 4_000, "brick", 4)


# ---- the measured bandwidth --------------------------------------------------------------------


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100])
@pytest.mark.parametrize("edge", [1_500, 3_000, 5_000, 7_000])
def test_the_bandwidth_of_noise_ends_where_its_band_ends(rate: int, edge: int) -> None:
    spectrum = np.fft.rfft(noise(4 * rate))
    spectrum[np.fft.rfftfreq(4 * rate, 1 / rate) > edge] = 0
    limited = np.fft.irfft(spectrum).astype(np.float32)
    # A bin is rate/512 wide, and the window spreads an edge over a few of them.
    assert bandwidth(limited, rate) == pytest.approx(edge, abs=4 * rate / 512)


def test_what_lies_50_db_below_the_peak_does_not_count() -> None:
    rate = 16_000
    time = np.arange(rate) / rate
    low = np.sin(2 * np.pi * 1_000 * time)
    for level_db, expected in ((-40, 6_000), (-60, 1_000)):
        high = 10 ** (level_db / 20) * np.sin(2 * np.pi * 6_000 * time)
        assert bandwidth((low + high).astype(np.float32), rate) == pytest.approx(expected, abs=100)


def test_white_noise_fills_the_band_and_silence_has_none() -> None:
    assert bandwidth(noise(16_000), 16_000) == 8_000
    assert bandwidth(np.zeros(1_000, np.float32), 16_000) == 0
    assert bandwidth(noise(10), 16_000) > 0


def test_the_bank_reaches_8_khz_at_any_rate() -> None:
    for entry in SPEECH[::5]:
        reached = [bandwidth(samples(entry, rate), rate) for rate in (22_050, 44_100)]
        assert all(6_000 <= hz <= 8_300 for hz in reached)
