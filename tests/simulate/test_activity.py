"""Activity: found where a signal was put, and put where it is said to be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from audio_flan.simulate.activity import active_stretches, lay_out

RATE = 16_000
Signal = npt.NDArray[np.float32]


def bursts(*stretches: tuple[float, float], seconds: float = 6.0, floor: float = 1e-4) -> Signal:
    """Tones at known times over a floor 70 dB below them."""
    rng = np.random.default_rng(0)
    samples = (floor * rng.standard_normal(round(seconds * RATE))).astype(np.float32)
    time = np.arange(samples.size) / RATE
    for start, end in stretches:
        inside = (time >= start) & (time < end)
        samples[inside] += 0.5 * np.sin(2 * np.pi * 440 * time[inside]).astype(np.float32)
    return samples


def test_activity_is_found_where_the_signal_is() -> None:
    stretches = [(0.5, 1.25), (2.0, 2.5), (4.0, 5.9)]
    found = active_stretches(bursts(*stretches), RATE)
    np.testing.assert_allclose(found, stretches, atol=0.0101)


@pytest.mark.parametrize(("pause", "count"), [(0.1, 1), (0.25, 1), (0.35, 2), (1.0, 2)])
def test_short_pauses_are_bridged_and_long_ones_are_not(pause: float, count: int) -> None:
    samples = bursts((1.0, 2.0), (2.0 + pause, 3.0 + pause))
    assert len(active_stretches(samples, RATE)) == count


def test_clicks_are_no_activity() -> None:
    assert len(active_stretches(bursts((1.0, 1.05), (3.0, 4.0)), RATE)) == 1


def test_silence_has_no_activity() -> None:
    assert active_stretches(np.zeros(RATE, dtype=np.float32), RATE) == []


def test_the_level_does_not_matter() -> None:
    samples = bursts((0.5, 1.25), (2.0, 2.5))
    assert active_stretches(samples, RATE) == active_stretches(samples * np.float32(0.01), RATE)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
def test_pieces_lie_where_they_are_said_to_be_and_nothing_lies_elsewhere(rate: int) -> None:
    pieces = [np.full(round(0.7 * rate), 0.5, np.float32), np.full(rate // 4, -0.5, np.float32)]
    track, placed = lay_out(pieces, [0.31, 1.77], 2.5, rate)
    assert track.size == round(2.5 * rate)
    np.testing.assert_allclose(placed, [(0.31, 1.01), (1.77, 2.02)], atol=1.5 / rate)
    time = np.arange(track.size) / rate
    inside = np.zeros(track.size, dtype=bool)
    for start, end in placed:
        inside |= (time >= start - 0.5 / rate) & (time < end - 0.5 / rate)
    assert not track[~inside].any()
    assert np.abs(track[inside]).max() == 0.5
    # Faded in and out within 5 ms: no step of more than a full scale in 1 ms at either end.
    assert np.abs(np.diff(track)).max() < 0.5 / (0.004 * rate)


def test_pieces_that_are_placed_are_found_again() -> None:
    piece = bursts((0.0, 0.8), seconds=0.8)
    track, placed = lay_out([piece, piece], [0.4, 2.2], 4.0, RATE)
    np.testing.assert_allclose(active_stretches(track, RATE), placed, atol=0.0101)
