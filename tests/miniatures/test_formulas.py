"""Sounds by formula: they are what they say, by measurement."""

from __future__ import annotations

import numpy as np
import pytest

from audio_flan.miniatures.formulas import HARMONICS, clicks, noise, tone

RATE = 16_000


@pytest.mark.parametrize("kind", HARMONICS)
@pytest.mark.parametrize("hertz", [110.0, 440.0])
def test_a_tone_has_its_pitch_level_and_length(kind: str, hertz: float) -> None:
    wave = tone(hertz, 1.0, RATE, kind, level=0.3)
    spectrum = np.abs(np.fft.rfft(wave))
    assert np.argmax(spectrum) == pytest.approx(hertz, abs=1)
    assert wave.size == RATE and 0.1 < np.abs(wave).max() <= 0.3
    assert abs(wave[0]) < 1e-3 and abs(wave[-1]) < 1e-3


def test_noise_is_white_and_the_same_for_one_seed() -> None:
    wave = noise(2.0, RATE, seed=1, level=0.1)
    assert np.array_equal(wave, noise(2.0, RATE, seed=1, level=0.1))
    assert not np.array_equal(wave, noise(2.0, RATE, seed=2, level=0.1))
    power = np.abs(np.fft.rfft(wave)) ** 2
    low, high = power[: power.size // 2].mean(), power[power.size // 2 :].mean()
    assert low == pytest.approx(high, rel=0.1) and np.std(wave) == pytest.approx(0.1, rel=0.02)


def test_clicks_stand_at_their_times() -> None:
    wave = clicks([0.25, 0.5, 0.99], 1.0, RATE)
    loud = np.flatnonzero(np.abs(wave) > 0.5) / RATE
    starts = loud[np.concatenate([[True], np.diff(loud) > 0.1])]
    assert starts == pytest.approx([0.25, 0.5, 0.99], abs=1e-3)
