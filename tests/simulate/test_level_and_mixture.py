"""Levels and mixtures: measured by other means than those that made them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio_flan.miniatures.bank import SpeechEntry, load_bank, samples
from audio_flan.simulate.level import active_power, decibels, gain_for_snr, peak_gain, power
from audio_flan.simulate.mixture import add_noise

SPEECH = load_bank().sentences
RATE = 16_000
Samples = NDArray[np.float32]


def speech(entry: SpeechEntry, rate: int = RATE) -> Samples:
    """A sentence in whole frames of 32 ms, so that silence after it starts with a frame."""
    audio = samples(entry, rate)
    frame = round(0.032 * rate)
    return audio[: audio.size // frame * frame]


def noise(count: int, level: float = 0.1, seed: int = 0) -> Samples:
    return (level * np.random.default_rng(seed).standard_normal(count)).astype(np.float32)


def mean_square(audio: Samples) -> float:
    return float(np.mean(np.square(audio, dtype=np.float64)))


def active_mean_square(audio: Samples, rate: int) -> float:
    """Mean square over the frames of 32 ms that are at most 40 dB softer than the loudest."""
    frame = round(0.032 * rate)
    powers = [mean_square(audio[i : i + frame]) for i in range(0, audio.size - frame + 1, frame)]
    active = [p for p in powers if 10 * math.log10(max(p, 1e-20) / max(powers)) >= -40]
    return math.fsum(active) / len(active)


# ---- levels ---------------------------------------------------------------------------------


def test_the_power_of_known_signals() -> None:
    sine = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)
    assert power(sine) == pytest.approx(0.5, rel=1e-5)
    assert decibels(power(0.1 * sine)) == pytest.approx(-23.01, abs=0.01)
    assert power(np.ones((2, 100), np.float32)) == 1
    assert power(np.zeros(100, np.float32)) == 0
    assert power(np.zeros(0, np.float32)) == 0
    assert decibels(0) == -math.inf


@pytest.mark.parametrize("entry", SPEECH, ids=lambda entry: entry.id)
def test_pauses_do_not_make_speech_softer(entry: SpeechEntry) -> None:
    alone = speech(entry)
    silence = np.zeros_like(alone)
    level = decibels(active_power(alone, RATE))
    for padded in (
        np.concatenate([alone, silence]),
        np.concatenate([silence, alone]),
        np.concatenate([alone, silence, alone]),
        np.concatenate([alone, noise(alone.size, 1e-4)]),
    ):
        assert decibels(active_power(padded, RATE)) == pytest.approx(level, abs=0.1)
        assert decibels(power(padded)) < decibels(power(alone)) - 1.5


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("entry", SPEECH[::4], ids=lambda entry: entry.id)
def test_active_power_is_that_of_the_frames_within_40_db(entry: SpeechEntry, rate: int) -> None:
    audio = samples(entry, rate)
    assert active_power(audio, rate) == pytest.approx(active_mean_square(audio, rate), rel=1e-4)


@given(st.integers(1, 5_000), st.sampled_from([8_000, 16_000, 44_100]))
@settings(deadline=None)
def test_active_power_of_steady_sound_is_its_power(count: int, rate: int) -> None:
    assert active_power(np.full(count, 0.5, np.float32), rate) == pytest.approx(0.25)


def test_silence_and_nothing_have_no_active_power() -> None:
    assert active_power(np.zeros(1_000, np.float32), RATE) == 0
    assert active_power(np.zeros(0, np.float32), RATE) == 0


@given(st.floats(1e-8, 1), st.floats(1e-8, 1), st.floats(-30, 60))
def test_the_gain_sets_the_ratio(signal: float, disturbance: float, snr_db: float) -> None:
    gain = gain_for_snr(signal, disturbance, snr_db)
    assert decibels(signal / (disturbance * gain**2)) == pytest.approx(snr_db, abs=1e-6)


@given(st.lists(st.floats(0, 30, width=32), min_size=1, max_size=4))
def test_the_peak_gain_keeps_all_below_the_ceiling_and_soft_ones_untouched(
    peaks: list[float],
) -> None:
    signals = [np.array([0, -peak, peak / 2], np.float32) for peak in peaks]
    gain = peak_gain(*signals)
    assert max(peaks) * gain <= 0.9 * (1 + 1e-6)
    assert (gain == 1) == (max(peaks) <= 0.9)
    assert gain == 1 or max(peaks) * gain == pytest.approx(0.9)


def test_the_peak_gain_of_nothing_is_one() -> None:
    assert peak_gain(np.zeros(10, np.float32), np.zeros(0, np.float32)) == 1


# ---- mixtures -------------------------------------------------------------------------------


@given(
    entry=st.sampled_from(SPEECH),
    snr_db=st.floats(-30, 50),
    speech_level=st.floats(0.01, 1.4),
    noise_level=st.floats(0.001, 3),
)
@settings(deadline=None, max_examples=60)
def test_a_mixture_has_the_ratio_that_was_asked_for(
    entry: SpeechEntry, snr_db: float, speech_level: float, noise_level: float
) -> None:
    clean = (speech_level * samples(entry, RATE)).astype(np.float32)
    mixed = add_noise(clean, noise(clean.size, noise_level), snr_db, RATE)
    ratio = active_mean_square(mixed.target, RATE) / mean_square(mixed.residual)
    assert 10 * math.log10(ratio) == pytest.approx(snr_db, abs=0.05)
    assert mixed.mixture.dtype == mixed.target.dtype == mixed.residual.dtype == np.float32
    assert np.allclose(mixed.mixture, mixed.target + mixed.residual, atol=1e-6)
    assert np.allclose(mixed.target, mixed.gain * clean, atol=1e-6)
    for part in (mixed.mixture, mixed.target):
        assert np.max(np.abs(part)) <= 0.9 + 1e-6


def test_a_soft_mixture_is_left_at_its_level() -> None:
    clean = 0.3 * speech(SPEECH[0])
    mixed = add_noise(clean, noise(clean.size), 10, RATE)
    assert mixed.gain == 1
    assert np.array_equal(mixed.target, clean)


def test_pauses_in_speech_do_not_change_the_noise() -> None:
    alone = speech(SPEECH[0])
    padded = np.concatenate([alone, np.zeros(3 * alone.size, np.float32)])
    gains = [add_noise(s, noise(s.size), 5, RATE).noise_gain for s in (alone, padded)]
    assert 20 * math.log10(gains[1] / gains[0]) == pytest.approx(0, abs=0.15)


def test_the_parts_given_are_not_changed() -> None:
    clean, disturbance = 2 * speech(SPEECH[0]), noise(speech(SPEECH[0]).size)
    kept = clean.copy(), disturbance.copy()
    add_noise(clean, disturbance, -5, RATE)
    assert np.array_equal(clean, kept[0])
    assert np.array_equal(disturbance, kept[1])
