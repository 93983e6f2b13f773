"""Dereverberation, declipping, bandwidth extension, SNR: what drafts say, measured on their files.

Denoising has a file of its own.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy import signal

from audio_flan.errors import Unusable
from audio_flan.media.audio import AudioRef, Waveform, encode
from audio_flan.miniatures.bank import load_bank, write_wav
from audio_flan.miniatures.bank import samples as bank_samples
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind
from audio_flan.model.randomness import Rng
from audio_flan.tasks.contract import Pool, SimulatedTask
from audio_flan.tasks.speech.speech_enhancement import (
    BandwidthExtension,
    Declipping,
    Denoising,
    Dereverberation,
    SnrEstimation,
)

TASKS = [Dereverberation, Declipping, BandwidthExtension, SnrEstimation]
PAIRS = {
    Dereverberation: ("reverberant_speech", "dry_speech"),
    Declipping: ("clipped_speech", "restored_speech"),
    BandwidthExtension: ("narrowband_speech", "wideband_speech"),
}
RATES = (16_000, 22_050, 44_100)
SPEECH = load_bank().sentences
STEP = 2**-15
"""Resolution of 16 bits."""
Samples = NDArray[np.float64]
MakeClip = Callable[..., Clip]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Sentences of the bank as files of several rates."""
    folder = tmp_path_factory.mktemp("speech")
    made = []
    for number, entry in enumerate(SPEECH[::3]):
        rate = RATES[number % len(RATES)]
        write_wav(folder / f"{entry.id}.wav", bank_samples(entry, rate), rate)
        made.append(clip_of(folder / f"{entry.id}.wav"))
    return made


def clip_of(path: Path) -> Clip:
    return Clip(id=path.stem, corpus="x", split="train", audio=AudioRef(str(path), path.name))


def written(folder: Path, audio: Samples, rate: int = 16_000) -> Clip:
    soundfile.write(folder / "made.wav", audio, rate, subtype="PCM_16")
    return clip_of(folder / "made.wav")


def draft_of(task: type[SimulatedTask], clip: Clip, seed: int = 0) -> Draft:
    if task is Dereverberation:
        pytest.importorskip("pyroomacoustics")
    (draft,) = task().drafts(
        clip, Rng(seed, task.config, clip.id), {"noise": Pool([]), "room": Pool([])}
    )
    return draft


def stored(draft: Draft, slot: str) -> tuple[Samples, int]:
    """What the row's file of a slot decodes to."""
    wave = draft.slots[slot]
    assert isinstance(wave, Waveform)
    audio, rate = soundfile.read(io.BytesIO(encode(wave).data))
    return audio, rate


@cache
def source_of(clip: Clip) -> tuple[Samples, int]:
    audio, rate = soundfile.read(clip.audio.path)
    return audio, rate


def lag(one: Samples, other: Samples) -> int:
    correlation = signal.correlate(one, other, method="fft")
    return int(np.argmax(correlation)) - (other.size - 1)


def decibels(ratio: float) -> float:
    return 10 * math.log10(ratio)


def sdr_db(clean: Samples, distorted: Samples) -> float:
    return decibels(float(np.sum(clean**2) / np.sum((clean - distorted) ** 2)))


# ---- what holds of all -------------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
def test_slots_and_records(task: type[SimulatedTask], clips: list[Clip]) -> None:
    draft = draft_of(task, clips[0])
    assert set(draft.slots) == set(task.inputs) | set(task.outputs)
    assert task.requires == {"clean_speech"}
    assert draft.clips == (clips[0],)
    for name, kind in task().kinds.items():
        if kind is Kind.NUMBER:
            assert re.fullmatch(kind.value, str(draft.slots[name]))
    assert json.loads(json.dumps(draft.simulation)) == draft.simulation
    assert str(task.__doc__).split()[0] in task().rule
    assert len(task().rule) > 300, "the card says how its instances are made"


@pytest.mark.parametrize("task", TASKS)
def test_the_same_seed_gives_the_same_bytes(task: type[SimulatedTask], clips: list[Clip]) -> None:
    for clip in clips[:3]:
        one, same, other = (draft_of(task, clip, seed) for seed in (0, 0, 1))
        slot = next(iter(task.inputs))
        assert one.simulation == same.simulation
        assert stored(one, slot)[0].tobytes() == stored(same, slot)[0].tobytes()
        assert one.simulation != other.simulation
        assert stored(one, slot)[0].tobytes() != stored(other, slot)[0].tobytes()


@pytest.mark.parametrize("task", PAIRS)
def test_pairs_are_equally_long_and_in_time(task: type[SimulatedTask], clips: list[Clip]) -> None:
    for seed, clip in enumerate(clips):
        draft = draft_of(task, clip, seed)
        (given, rate), (wanted, same_rate) = (stored(draft, slot) for slot in PAIRS[task])
        source, source_rate = source_of(clip)
        assert rate == same_rate == source_rate
        assert given.shape == wanted.shape == source.shape
        assert lag(given, wanted) == 0
        assert max(np.max(np.abs(given)), np.max(np.abs(wanted))) <= 0.9 + STEP


@pytest.mark.parametrize("task", [Declipping, BandwidthExtension])
def test_the_target_is_the_source(task: type[SimulatedTask], clips: list[Clip]) -> None:
    for seed, clip in enumerate(clips):
        draft = draft_of(task, clip, seed)
        wanted, _ = stored(draft, PAIRS[task][1])
        gain = float(str(draft.simulation["gain"]))
        assert np.max(np.abs(wanted - gain * source_of(clip)[0])) <= STEP
        if gain == 1:
            assert np.array_equal(wanted, source_of(clip)[0])


@pytest.mark.parametrize("task", TASKS)
def test_silence_is_unusable(task: type[SimulatedTask], tmp_path: Path) -> None:
    clip = written(tmp_path, np.zeros(16_000))
    with pytest.raises(Unusable) as caught:
        draft_of(task, clip)
    assert caught.value.reason == "silent-audio"


@pytest.mark.parametrize("task", TASKS)
def test_stereo_becomes_mono(task: type[SimulatedTask], tmp_path: Path) -> None:
    left = bank_samples(SPEECH[0], 16_000).astype(np.float64)
    clip = written(tmp_path, np.stack([left, 0.5 * np.roll(left, 7)], axis=1))
    for value in draft_of(task, clip).slots.values():
        if isinstance(value, Waveform):
            assert value.samples.shape == (1, left.size)


# ---- each of them ------------------------------------------------------------------------------


def test_a_recorded_response_is_used_measured_and_told_of(
    clips: list[Clip], tmp_path: Path
) -> None:
    experimental = pytest.importorskip("pyroomacoustics.experimental")
    rate = source_of(clips[0])[1]
    time = np.arange(rate) / rate
    response = 0.02 * np.random.default_rng(0).standard_normal(rate) * 10 ** (-3 * time / 0.4)
    response[:40] = 0.0
    response[40] = 0.9
    soundfile.write(tmp_path / "hall.wav", response, rate, subtype="PCM_24")
    hall = clip_of(tmp_path / "hall.wav")
    (draft,) = Dereverberation().drafts(clips[0], Rng(0), {"room": Pool([hall])})
    assert draft.auxiliary == (hall,)
    assert draft.simulation["room_response"] == "hall"
    measured = experimental.measure_rt60(response, fs=rate, decay_db=30)
    assert draft.simulation["measured_t60_seconds"] == pytest.approx(measured, rel=0.1)
    assert draft.simulation["measured_t60_seconds"] == pytest.approx(0.4, rel=0.1)
    (wet, _), (dry, _) = (stored(draft, slot) for slot in PAIRS[Dereverberation])
    source, _ = source_of(clips[0])
    assert lag(wet, source) == lag(dry, source) == 0
    # Put through the response anew, from the file of the source.
    again = signal.fftconvolve(source, response)[40 : 40 + source.size]
    scale = float(wet @ again / (again @ again))
    assert np.max(np.abs(wet - scale * again)) < 2**-13


def test_reverberant_speech_has_more_late_sound_and_a_measured_t60(clips: list[Clip]) -> None:
    for seed, clip in enumerate(clips):
        draft = draft_of(Dereverberation, clip, seed)
        said = draft.simulation
        given, wanted = (stored(draft, slot)[0] for slot in PAIRS[Dereverberation])
        # The level of the source, unless the ceiling is in the way.
        levels = [decibels(float(np.mean(x**2))) for x in (given, source_of(clip)[0])]
        peak = max(np.max(np.abs(given)), np.max(np.abs(wanted)))
        assert levels[0] == pytest.approx(levels[1], abs=0.02) or (
            peak > 0.9 - 2 * STEP and levels[0] < levels[1]
        )
        assert sdr_db(wanted, given) < 40
        room, source, microphone = (
            said[f"{name}_metres"] for name in ("room", "source", "microphone")
        )
        assert math.dist(source, microphone) == pytest.approx(  # type: ignore[arg-type]
            said["distance_metres"], abs=1e-3
        )
        assert len(room) == 3  # type: ignore[arg-type]
        assert 0.2 <= said["t60_seconds"] <= 1  # type: ignore[operator]
        assert 0.1 < said["measured_t60_seconds"] < 2.2  # type: ignore[operator]


def test_clipped_speech_has_the_ratio_and_the_threshold_that_are_told(clips: list[Clip]) -> None:
    drawn = []
    for seed, clip in enumerate(clips * 4):
        draft = draft_of(Declipping, clip, seed)
        given, wanted = (stored(draft, slot)[0] for slot in PAIRS[Declipping])
        said = {k: float(str(v)) for k, v in draft.simulation.items()}
        drawn.append(said["sdr_db"])
        assert sdr_db(wanted, given) == pytest.approx(said["sdr_db"], abs=0.05)
        limit = np.max(np.abs(given))
        assert limit == pytest.approx(said["threshold"], abs=STEP)
        cut = given != wanted
        assert np.all(np.abs(given[cut]) == limit)
        assert np.all(np.abs(wanted[cut]) > limit)
        assert np.array_equal(given, np.clip(wanted, -limit, limit))
        # Samples within a step of the threshold are cut, and rounded to what they were.
        assert np.mean(cut) <= said["clipped_share"] + 1e-6
        assert np.mean(np.abs(wanted) >= limit) >= said["clipped_share"] - 1e-6
    assert 3 <= min(drawn) < 5
    assert 13 < max(drawn) <= 15


def test_speech_that_is_clipped_already_is_refused(tmp_path: Path) -> None:
    speech = bank_samples(SPEECH[0], 16_000).astype(np.float64)
    whole = written(tmp_path, speech)
    assert draft_of(Declipping, whole)
    limit = 0.4 * np.max(np.abs(speech))
    above = np.minimum(speech, limit)
    for audio in (
        np.clip(speech, -limit, limit),
        np.maximum(speech, -limit),
        # One channel of two: mixed down, its flat tops are gone.
        np.stack([speech, 0.5 * np.roll(above, 99)], axis=1),
    ):
        with pytest.raises(Unusable) as caught:
            draft_of(Declipping, written(tmp_path, audio))
        assert caught.value.reason == "already-clipped"


def test_narrowband_speech_has_lost_what_is_above_the_cutoff(clips: list[Clip]) -> None:
    cutoffs, filters = set(), set()
    for seed, clip in enumerate(clips * 6):
        draft = draft_of(BandwidthExtension, clip, seed)
        said = draft.simulation
        # Before 16 bits, whose noise may be above what is left.
        given, wanted = (draft.slots[slot].samples[0] for slot in PAIRS[BandwidthExtension])  # type: ignore[union-attr]
        rate = source_of(clip)[1]
        assert float(str(draft.slots["rate"])) * 1000 == rate
        cutoff = float(str(said["cutoff_hz"]))
        cutoffs.add(cutoff)
        filters.add(said["filter"])
        frequencies, before = signal.welch(wanted, rate, nperseg=1024)
        _, after = signal.welch(given, rate, nperseg=1024)
        above = frequencies >= 1.2 * cutoff + 2 * rate / 1024
        assert decibels(before[above].sum() / after[above].sum()) >= 40
        if said["filter"] in ("cheby1", "ellip", "resample"):
            kept = (frequencies > 100) & (frequencies <= 0.8 * cutoff)
            assert abs(decibels(after[kept].sum() / before[kept].sum())) <= 1
        assert 1.5 * cutoff <= float(str(said["bandwidth_hz"])) + 1 <= rate / 2 + 1
    assert {2000, 3000, 4000} <= cutoffs
    assert filters == {"butter", "cheby1", "ellip", "bessel", "resample"}


def test_speech_of_a_narrow_band_is_refused(tmp_path: Path) -> None:
    wide = bank_samples(SPEECH[0], 16_000)
    sections = signal.butter(20, 2_000, fs=16_000, output="sos")
    narrow = signal.sosfiltfilt(sections, wide.astype(np.float64))
    with pytest.raises(Unusable) as caught:
        draft_of(BandwidthExtension, written(tmp_path, narrow))
    assert caught.value.reason == "narrow-source"


def test_full_band_audio_may_lose_its_uppermost_octave(tmp_path: Path) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(48_000)
    clip = written(tmp_path, noise, 48_000)
    drawn = {draft_of(BandwidthExtension, clip, s).simulation["cutoff_hz"] for s in range(60)}
    assert drawn == set(BandwidthExtension.cutoffs_hz)


def test_the_ratio_that_is_answered_is_the_one_of_the_file(clips: list[Clip]) -> None:
    answers = []
    for seed, clip in enumerate(clips * 4):
        draft = draft_of(SnrEstimation, clip, seed)
        answer = str(draft.slots["snr"])
        assert re.fullmatch(r"-?\d+\.\d", answer)
        assert answer != "-0.0"
        answers.append(float(answer))
        mixture, rate = stored(draft, "noisy_speech")
        target = float(str(draft.simulation["gain"])) * source_of(clip)[0]
        size = round(0.032 * rate)
        powers = [np.mean(target[i : i + size] ** 2) for i in range(0, target.size - size, size)]
        speaking = [p for p in powers if p >= max(powers) * 1e-4]
        measured = decibels(float(np.mean(speaking) / np.mean((mixture - target) ** 2)))
        assert float(answer) == pytest.approx(measured, abs=0.1)
    assert -5 <= min(answers) < -2
    assert 17 < max(answers) <= 20


def test_the_noise_is_mixed_as_for_denoising(clips: list[Clip]) -> None:
    for clip in clips[:4]:
        noisy, asked = (
            next(task().drafts(clip, Rng(7), {"noise": Pool([]), "room": Pool([])}))
            for task in (Denoising, SnrEstimation)
        )
        one, other = (stored(draft, "noisy_speech")[0] for draft in (noisy, asked))
        assert np.array_equal(one, other)
        assert noisy.simulation.items() <= asked.simulation.items()
