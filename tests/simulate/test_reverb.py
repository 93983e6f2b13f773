"""Rooms against acoustics: delay by distance, decay by Schroeder's integral, time kept."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal

from audio_flan.errors import AudioFlanError
from audio_flan.miniatures.bank import load_bank, samples
from audio_flan.model.randomness import Rng
from audio_flan.simulate import reverb
from audio_flan.simulate.reverb import (
    MAX_ORDER,
    Room,
    direct_path,
    draw_room,
    reverberate,
    reverberation_time,
    room_response,
)

SPEECH = load_bank().sentences
RATE = 16_000
ROOMS = [draw_room(Rng("test", seed)) for seed in range(6)]
Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def responses() -> list[NDArray[np.float64]]:
    pytest.importorskip("pyroomacoustics")
    return [room_response(room, RATE) for room in ROOMS]


def energy(audio: NDArray[np.floating]) -> float:
    return float(np.sum(np.square(audio, dtype=np.float64)))


def rms(audio: Samples) -> float:
    return math.sqrt(energy(audio) / audio.size)


def lag(one: Samples, other: Samples) -> int:
    correlation = signal.correlate(one, other, method="fft")
    return int(np.argmax(correlation)) - (other.size - 1)


def decaying_noise(t60: float, rate: int, seconds: float, seed: int = 0) -> NDArray[np.float64]:
    """Noise that falls by 60 dB in the time given: the ideal diffuse response."""
    time = np.arange(round(seconds * rate)) / rate
    shape = 10 ** (-3 * time / t60)
    return np.asarray(np.random.default_rng(seed).standard_normal(time.size) * shape)


# ---- rooms -------------------------------------------------------------------------------------


@given(st.integers(0, 10**9))
@settings(deadline=None, max_examples=300)
def test_rooms_are_within_their_limits(seed: int) -> None:
    room = draw_room(Rng(seed))
    for side, (low, high) in zip(room.size, ((3, 10), (3, 8), (2.5, 4)), strict=True):
        assert low <= side <= high
    assert 0.2 <= room.t60 <= 1
    for place in (room.source, room.microphone):
        for x, side in zip(place, room.size, strict=True):
            assert 0.5 - 1e-9 <= x <= side - 0.5 + 1e-9
    assert 0.5 <= math.dist(room.source, room.microphone) <= 3
    assert 0 < room.absorption < 1
    assert room.order <= MAX_ORDER
    assert draw_room(Rng(seed)) == room


def test_the_whole_range_is_drawn() -> None:
    rooms = [draw_room(Rng(seed)) for seed in range(2_000)]
    times = [room.t60 for room in rooms]
    distances = [room.distance for room in rooms]
    assert min(times) < 0.21
    assert max(times) > 0.98
    assert min(distances) < 0.55
    assert max(distances) > 2.9


def test_the_absorption_is_sabines() -> None:
    room = Room((5.0, 4.0, 3.0), 0.5, (1.0, 1.0, 1.0), (2.0, 2.0, 2.0))
    # T60 = 0.161 V / (S a), in metres and seconds.
    assert 0.161 * 60 / (94 * room.absorption) == pytest.approx(0.5, rel=0.005)


# ---- responses ---------------------------------------------------------------------------------


def test_the_direct_sound_arrives_after_the_way_to_the_microphone(
    responses: list[NDArray[np.float64]],
) -> None:
    for room, response in zip(ROOMS, responses, strict=True):
        # The library centres its filters of fractional delay 40 samples late.
        arrival = room.distance / 343 * RATE + 40
        assert abs(direct_path(response) - arrival) <= 4


def test_the_decay_is_the_one_that_pyroomacoustics_measures(
    responses: list[NDArray[np.float64]],
) -> None:
    from pyroomacoustics.experimental import measure_rt60

    for room, response in zip(ROOMS, responses, strict=True):
        measured = reverberation_time(response, RATE)
        assert measured == pytest.approx(measure_rt60(response, RATE, decay_db=30), rel=0.1)
        # Sabine's field is diffuse, a box is not: of the same order is all that can be asked.
        assert 0.6 <= measured / room.t60 <= 2.2


@given(st.floats(0.15, 1.5), st.sampled_from([8_000, 16_000, 44_100]), st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_the_decay_of_noise_that_decays_so(t60: float, rate: int, seed: int) -> None:
    response = decaying_noise(t60, rate, t60, seed)
    assert reverberation_time(response, rate) == pytest.approx(t60, rel=0.1)


def test_no_reflection_is_missing_in_the_first_40_db() -> None:
    """More reflections than the room asks for change nothing that can be heard."""
    pra = pytest.importorskip("pyroomacoustics")
    room = next(room for room in map(draw_room, map(Rng, range(99))) if room.t60 < 0.4)
    response = room_response(room, RATE)
    shoebox = pra.ShoeBox(
        room.size, fs=RATE, materials=pra.Material(room.absorption), max_order=2 * room.order
    )
    shoebox.add_source(list(room.source))
    shoebox.add_microphone(list(room.microphone))
    shoebox.compute_rir()
    whole = np.asarray(shoebox.rir[0][0])
    missing = whole.copy()
    missing[: response.size] -= response
    assert 10 * math.log10(energy(missing) / energy(whole)) < -35


def test_the_number_of_threads_changes_no_byte() -> None:
    pra = pytest.importorskip("pyroomacoustics")
    before = pra.constants.get("num_threads")
    found = set()
    try:
        for threads in (1, 2, 5):
            pra.constants.set("num_threads", threads)
            found.add(room_response(ROOMS[0], RATE).tobytes())
            assert pra.constants.get("num_threads") == threads
    finally:
        pra.constants.set("num_threads", before)
    assert len(found) == 1


def test_without_pyroomacoustics_it_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(reverb, "import_module", absent)
    with pytest.raises(AudioFlanError, match=r"pip install audio-flan\[simulate\]"):
        room_response(ROOMS[0], RATE)


# ---- speech in a room --------------------------------------------------------------------------


def test_speech_and_target_stay_in_time_and_at_their_level(
    responses: list[NDArray[np.float64]],
) -> None:
    for response, entry in zip(responses, SPEECH[::3], strict=False):
        dry = samples(entry, RATE)
        made = reverberate(dry, response, RATE)
        assert made.mixture.shape == made.target.shape == dry.shape
        assert made.mixture.dtype == made.target.dtype == np.float32
        assert lag(made.mixture, made.target) == 0
        peak = max(np.max(np.abs(made.mixture)), np.max(np.abs(made.target)))
        assert peak <= 0.9 + 1e-6
        # The level of the dry speech, unless the ceiling is in the way.
        if peak < 0.9 - 1e-3:
            assert rms(made.mixture) == pytest.approx(rms(dry), rel=1e-4)
        else:
            assert rms(made.mixture) <= rms(dry) * (1 + 1e-4)


def test_both_are_convolutions_with_one_gain(responses: list[NDArray[np.float64]]) -> None:
    response, dry = responses[0], samples(SPEECH[0], RATE)
    made = reverberate(dry, response, RATE)
    delay = direct_path(response)
    for got, last in ((made.mixture, response.size), (made.target, delay + RATE // 20)):
        # Sample by sample, at a few places.
        for at in range(100, dry.size, dry.size // 7):
            reach = np.arange(max(0, at + delay - dry.size + 1), min(last, at + delay + 1))
            expected = made.gain * np.sum(response[reach] * dry[at + delay - reach])
            assert got[at] == pytest.approx(expected, abs=1e-5)


def test_late_reflections_are_in_the_input_only() -> None:
    response = np.zeros(RATE // 2)
    # A direct sound, a soft ripple before it, an early and a late reflection.
    for at, level in ((95, 0.05), (100, 1.0), (100 + 400, 0.5), (100 + 1_600, 0.4)):
        response[at] = level
    click = np.zeros(RATE, np.float32)
    click[1_000] = 0.5
    made = reverberate(click, response, RATE)
    assert direct_path(response) == 100
    mixture, target = (
        {int(i) - 1_000: round(float(x[i]) / (0.5 * made.gain), 3) for i in np.flatnonzero(keep)}
        for x in (made.mixture, made.target)
        for keep in [np.abs(x) > 1e-3]
    )
    assert target == {-5: 0.05, 0: 1.0, 400: 0.5}
    assert mixture == {**target, 1_600: 0.4}


def test_the_same_gives_the_same_bytes(responses: list[NDArray[np.float64]]) -> None:
    dry = samples(SPEECH[0], RATE)
    kept = dry.copy()
    one, other = (reverberate(dry, room_response(ROOMS[0], RATE), RATE) for _ in range(2))
    assert one.mixture.tobytes() == other.mixture.tobytes()
    assert one.target.tobytes() == other.target.tobytes()
    assert np.array_equal(dry, kept)
