"""Inpainting, super-resolution and continuation of sounds: measured on the audio of the drafts."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from audio_flan.errors import Unusable
from audio_flan.media.audio import AudioRef, Waveform, encode, load
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft
from audio_flan.model.randomness import Rng
from audio_flan.tasks import get_task
from audio_flan.tasks.contract import ClipTask, SimulatedTask

RATE = 32_000
SEEDS = range(12)
Samples = npt.NDArray[np.float64]


def noise(seconds: float, channels: int = 1, seed: int = 0) -> Samples:
    shape = round(seconds * RATE), channels
    return 0.1 * np.random.default_rng(seed).standard_normal(shape)


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Makes a clip of samples [n, channels]."""

    def made(samples: Samples) -> Clip:
        soundfile.write(tmp_path / "x.wav", samples, RATE, subtype="PCM_16")
        ref = AudioRef(str(tmp_path / "x.wav"), "x.wav")
        return Clip(id="x", corpus="any", split="train", audio=ref, sound=True)

    return made


def first_draft(config: str, clip: Clip, seed: int) -> Draft:
    task = get_task(config)
    if isinstance(task, SimulatedTask):
        return next(task.drafts(clip, Rng(seed, config), {}))
    assert isinstance(task, ClipTask)
    return next(task.drafts(clip, Rng(seed, config)))


def stored(draft: Draft, slot: str) -> Samples:
    """The samples of a slot, [n, channels], as its file gives them back."""
    value = draft.slots[slot]
    if isinstance(value, AudioRef):
        encoded = load(value)
    else:
        assert isinstance(value, Waveform)
        encoded = encode(value)
    samples, rate = soundfile.read(BytesIO(encoded.data), always_2d=True)
    assert rate == RATE
    return np.asarray(samples)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_gap_is_silent_where_the_text_says_and_all_else_is_the_target(
    make: Any, channels: int, seed: int
) -> None:
    draft = first_draft("audio_inpainting", make(noise(6.0, channels)), seed)
    damaged, target = stored(draft, "damaged_audio"), stored(draft, "restored_audio")
    start, end = (round(float(str(draft.slots[name])) * RATE) for name in ("start", "end"))
    assert damaged.shape == target.shape == (6 * RATE, channels)
    assert not damaged[start:end].any()
    np.testing.assert_array_equal(damaged[:start], target[:start])
    np.testing.assert_array_equal(damaged[end:], target[end:])
    assert 0.1 * RATE <= end - start <= 1.2 * RATE + 2
    assert np.abs(target[start:end]).max() > 0.05


def test_of_a_long_recording_an_excerpt_is_filled(make: Any) -> None:
    recording = noise(25.0)
    draft = first_draft("audio_inpainting", make(recording), 3)
    target = stored(draft, "restored_audio")
    start, end = (round(t * RATE) for t in draft.simulation["excerpt_seconds"])  # type: ignore[attr-defined]
    assert end - start == target.size == 10 * RATE
    np.testing.assert_allclose(target, recording[start:end], atol=2**-15)


@pytest.mark.parametrize("samples", [noise(1.0), np.zeros((5 * RATE, 1))])
def test_what_is_too_short_or_silent_is_refused(make: Any, samples: Samples) -> None:
    with pytest.raises(Unusable):
        first_draft("audio_inpainting", make(samples), 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_left_above_the_cut_off_and_all_is_there_below(make: Any, seed: int) -> None:
    draft = first_draft("audio_super_resolution", make(noise(2.0)), seed)
    low, high = stored(draft, "low_resolution_audio"), stored(draft, "high_resolution_audio")
    assert low.shape == high.shape
    assert str(draft.slots["rate"]) == "32"
    cutoff = float(str(draft.simulation["cutoff_hz"]))
    powers = [np.abs(np.fft.rfft(part[:, 0])) ** 2 for part in (low, high)]
    frequencies = np.fft.rfftfreq(low.size, 1 / RATE)
    above, below = frequencies > 1.2 * cutoff, frequencies < 0.3 * cutoff
    left = 10 * np.log10(powers[0][above].sum() / powers[1][above].sum())
    assert left <= -40
    kept = 10 * np.log10(powers[0][below].sum() / powers[1][below].sum())
    assert kept == pytest.approx(0, abs=1)


def test_a_recording_without_high_frequencies_is_refused(make: Any) -> None:
    time = np.arange(2 * RATE) / RATE
    with pytest.raises(Unusable, match="narrow-source"):
        first_draft("audio_super_resolution", make(0.3 * np.sin(2000 * time)[:, None]), 0)


@pytest.mark.parametrize("seconds", [4.0, 9.0, 40.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_given_and_what_follows_are_the_recording(
    make: Any, seconds: float, seed: int
) -> None:
    recording = noise(seconds, 2)
    draft = first_draft("audio_continuation", make(recording), seed)
    given, following = stored(draft, "beginning"), stored(draft, "continuation")
    joined = np.concatenate([given, following])
    np.testing.assert_allclose(joined, recording[: len(joined)], atol=2**-15)
    assert 2 <= len(given) / RATE <= min(5.0, seconds / 2) + 0.01
    assert len(joined) == len(recording) or len(following) == 10 * RATE
    assert float(str(draft.slots["seconds"])) == pytest.approx(len(following) / RATE, abs=0.051)


def test_a_recording_that_falls_silent_is_not_continued(make: Any) -> None:
    recording = np.concatenate([noise(2.0), np.zeros((8 * RATE, 1))])
    refused = 0
    for seed in SEEDS:
        try:
            first_draft("audio_continuation", make(recording), seed)
        except Unusable as error:
            assert error.reason == "silent-audio"
            refused += 1
    assert refused == len(SEEDS)
