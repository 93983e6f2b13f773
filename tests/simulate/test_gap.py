"""Gaps: silent inside, untouched outside, where the signal sounds, never too long."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from audio_flan.model.randomness import Rng
from audio_flan.simulate.gap import Gap, draw_gap, silenced

RATE = 16_000
SEEDS = range(40)


def noise(seconds: float, channels: int = 2) -> npt.NDArray[np.float32]:
    shape = channels, round(seconds * RATE)
    return (0.1 * np.random.default_rng(0).standard_normal(shape)).astype(np.float32)


@pytest.mark.parametrize("seconds", [2.0, 4.5, 10.0])
def test_a_gap_has_the_length_and_the_context_that_are_promised(seconds: float) -> None:
    lengths = []
    for seed in SEEDS:
        gap = draw_gap(noise(seconds), RATE, Rng(seed))
        assert gap is not None
        start, end = gap.start / RATE, gap.end / RATE
        assert 0.1 <= round(end - start, 6) <= min(2.0, 0.2 * seconds) + 0.01
        assert start >= 0.5
        assert seconds - end >= 0.49
        # Exact at the two decimals that a text has.
        assert (round(start, 2), round(end, 2)) == pytest.approx((start, end), abs=1e-9)
        lengths.append(end - start)
    assert max(lengths) > 1.5 * min(lengths)


def test_the_gap_is_silent_and_the_rest_is_the_same_bit_by_bit() -> None:
    samples = noise(3.0)
    before = samples.copy()
    gap = Gap(10_000, 15_000)
    masked = silenced(samples, gap)
    assert not masked[:, 10_000:15_000].any()
    np.testing.assert_array_equal(masked[:, :10_000], before[:, :10_000])
    np.testing.assert_array_equal(masked[:, 15_000:], before[:, 15_000:])
    np.testing.assert_array_equal(samples, before)


def test_a_gap_lies_where_the_signal_sounds() -> None:
    samples = noise(10.0)
    samples[:, : 6 * RATE] = 0.0
    gaps = [draw_gap(samples, RATE, Rng(seed)) for seed in SEEDS]
    assert all(gap is None or gap.end > 6 * RATE for gap in gaps)
    assert sum(gap is not None for gap in gaps) > 30


@pytest.mark.parametrize("seconds", [0.3, 1.0, 1.05])
def test_a_signal_that_is_too_short_gets_no_gap(seconds: float) -> None:
    assert draw_gap(noise(seconds), RATE, Rng(0)) is None


def test_silence_gets_no_gap() -> None:
    assert draw_gap(np.zeros((1, 5 * RATE), dtype=np.float32), RATE, Rng(0)) is None
