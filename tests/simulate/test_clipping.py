"""Clipping against its definition: what is cut, what is kept, and how much is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio_flan.miniatures.bank import load_bank, samples
from audio_flan.simulate.clipping import distortion_ratio, hard_clip, is_clipped, threshold_for

SPEECH = load_bank().sentences
Samples = NDArray[np.float32]


def measured_sdr(clean: Samples, distorted: Samples) -> float:
    error = clean.astype(np.float64) - distorted.astype(np.float64)
    return float(10 * np.log10(np.sum(np.square(clean, dtype=np.float64)) / np.sum(error**2)))


@given(
    entry=st.sampled_from(SPEECH),
    rate=st.sampled_from([8_000, 16_000, 44_100]),
    sdr_db=st.floats(1, 30),
    level=st.floats(0.01, 1.5),
)
@settings(deadline=None, max_examples=60)
def test_speech_is_clipped_to_the_ratio_that_was_asked_for(
    entry: object, rate: int, sdr_db: float, level: float
) -> None:
    clean = (level * samples(entry, rate)).astype(np.float32)  # type: ignore[arg-type]
    threshold = threshold_for(clean, sdr_db)
    clipped = hard_clip(clean, threshold)
    assert measured_sdr(clean, clipped) == pytest.approx(sdr_db, abs=0.05)
    assert distortion_ratio(clean, clipped) == pytest.approx(sdr_db, abs=0.05)
    beyond = np.abs(clean) > threshold
    assert beyond.any()
    # The cut ones at the threshold exactly, with their sign; the others bit by bit.
    assert np.array_equal(clipped[beyond], np.copysign(np.float32(threshold), clean[beyond]))
    assert clipped[~beyond].tobytes() == clean[~beyond].tobytes()
    assert clipped.dtype == np.float32
    # Lightly clipped at a low rate, no top need be three samples long.
    assert sdr_db > 8 or is_clipped(clipped)


def test_the_ratio_of_a_sine_is_that_of_the_integral() -> None:
    time = np.arange(48_000) / 48_000
    sine = np.sin(2 * np.pi * 10 * time).astype(np.float32)
    # Over a quarter period: the integral of (sin x - t)^2 from arcsin t to pi/2.
    t = 0.5
    a = np.arcsin(t)
    lost = (np.pi / 2 - a) * (0.5 + t**2) + np.sin(2 * a) / 4 - 2 * t * np.cos(a)
    expected = 10 * np.log10((np.pi / 4) / lost)
    assert threshold_for(sine, expected) == pytest.approx(t, abs=1e-3)
    assert distortion_ratio(sine, hard_clip(sine, t)) == pytest.approx(expected, abs=0.01)


def test_nothing_lost_is_an_infinite_ratio() -> None:
    clean = samples(SPEECH[0], 16_000)
    assert distortion_ratio(clean, hard_clip(clean, 1.0)) == np.inf


def test_a_run_of_three_at_an_extreme_is_clipped() -> None:
    for flat in ([0.5, 0.5, 0.5], [-0.5, -0.5, -0.5], [0.5] * 10):
        assert is_clipped(np.array([0, 0.1, *flat, 0.2, -0.3], np.float32))
    # Two at the top, a run elsewhere, three apart, silence, nothing.
    for whole in (
        [0, 0.5, 0.5, 0, -0.1],
        [0, 0.1, 0.1, 0.1, 0.5, -0.4],
        [0.5, 0.5, 0, 0.5, -0.4],
        [0] * 9,
        [],
    ):
        assert not is_clipped(np.array(whole, np.float32))


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100])
def test_the_bank_is_not_taken_for_clipped(rate: int) -> None:
    for entry in SPEECH:
        stored = np.rint(samples(entry, rate) * 2**15).astype(np.float32) / 2**15
        assert not is_clipped(stored)
