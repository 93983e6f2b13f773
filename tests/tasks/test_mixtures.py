"""Extraction of sounds and voices, and speech activity: measured on the audio of the drafts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from audio_flan.errors import Unusable
from audio_flan.media.audio import AudioRef, Waveform, encode, waveform
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.draft import Draft
from audio_flan.model.labels import Labels
from audio_flan.model.randomness import Rng
from audio_flan.tasks import get_task
from audio_flan.tasks.contract import PairTask, Pool, SimulatedTask

RATE = 16_000
STEP = 2**-15
"""Resolution of 16 bits."""
EVENTS = ("bell", "dog", "rain")
SEEDS = range(12)
Samples = npt.NDArray[np.float64]


def tone(hertz: float, seconds: float = 4.0, *, pause: float = 0.0, rate: int = RATE) -> Samples:
    """A tone that pauses in the middle, for as long as is asked."""
    time = np.arange(round(seconds * rate)) / rate
    samples = 0.3 * np.sin(2 * np.pi * hertz * time)
    samples[np.abs(time - seconds / 2) < pause / 2] = 0.0
    return samples


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Makes a clip of samples, with annotations."""

    def made(id: str, samples: Samples, rate: int = RATE, **fields: Any) -> Clip:
        soundfile.write(tmp_path / f"{id}.wav", samples, rate, subtype="PCM_16")
        ref = AudioRef(str(tmp_path / f"{id}.wav"), f"{id}.wav")
        return Clip(id=id, corpus="any", split="train", audio=ref, **fields)

    return made


def first_draft(task: str, clip: Clip, seed: int, **pools: list[Clip]) -> Draft:
    simulated = get_task(task)
    assert isinstance(simulated, SimulatedTask)
    named = {role: Pool(pools.get(role, [])) for role in simulated.auxiliary}
    return next(simulated.drafts(clip, Rng(seed, clip.id), named))


def stored(draft: Draft, slot: str) -> Samples:
    """The samples of a slot as its file gives them back."""
    from io import BytesIO

    wave = draft.slots[slot]
    if isinstance(wave, AudioRef):
        wave = waveform(wave)
    assert isinstance(wave, Waveform)
    samples, _ = soundfile.read(BytesIO(encode(wave).data), always_2d=True)
    return np.asarray(samples[:, 0])


def level_at(samples: Samples, hertz: float) -> float:
    """Amplitude of a tone in a signal, by its Fourier coefficient."""
    time = np.arange(samples.size) / RATE
    return float(2 * abs(np.mean(samples * np.exp(-2j * np.pi * hertz * time))))


def decibels(ratio: float) -> float:
    return float(20 * np.log10(ratio))


def sound(make: Any, id: str, hertz: float, label: str, family: str, caption: str) -> Any:
    return make(
        id,
        tone(hertz),
        sound=True,
        caption=caption,
        event_labels=Labels((label,), EVENTS),
        event_families=frozenset({label, family}),
    )


@pytest.fixture
def sounds(make: Any) -> Mapping[str, Clip]:
    return {
        "bell": sound(make, "bell", 440, "bell", "things", "A bell rings twice."),
        "bell2": sound(make, "bell2", 600, "bell", "things", "Two bells are struck."),
        "dog": sound(make, "dog", 1000, "dog", "animals", "A dog barks."),
        "rain": sound(make, "rain", 2500, "rain", "nature", "Rain falls on a roof."),
    }


SEPARATIONS = (
    "audio_source_separation",
    "audio_label_querying_extraction",
    "audio_audio_querying_extraction",
)


@pytest.mark.parametrize("task", SEPARATIONS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_mixture_of_sounds_is_target_and_another_at_the_ratio_that_is_stated(
    sounds: Mapping[str, Clip], task: str, seed: int
) -> None:
    pool = list(sounds.values())
    draft = first_draft(task, sounds["bell"], seed, other=pool, example=pool)
    mixture, target = stored(draft, "mixture"), stored(draft, "target_audio")
    other = draft.auxiliary[0]
    hertz = {"dog": 1000, "rain": 2500}[other.id]
    assert mixture.shape == target.shape == (4 * RATE,)
    # The target holds the bell alone, at the level that it has in the mixture.
    assert level_at(target, 440) == pytest.approx(level_at(mixture, 440), abs=STEP)
    assert level_at(target, hertz) < 2 * STEP
    ratio = decibels(level_at(mixture, 440) / level_at(mixture, hertz))
    assert ratio == pytest.approx(draft.simulation["snr_db"], abs=0.1)
    assert -5 <= ratio <= 10.1
    # In time with each other: the residual has nothing of the bell.
    residual = mixture - target
    assert level_at(residual, 440) < 2 * STEP
    assert np.abs(mixture).max() <= 0.9 + STEP


@pytest.mark.parametrize("seed", SEEDS)
def test_an_example_is_another_recording_of_the_same_class(
    sounds: Mapping[str, Clip], seed: int
) -> None:
    pool = list(sounds.values())
    draft = first_draft(SEPARATIONS[2], sounds["bell"], seed, other=pool, example=pool)
    assert [clip.id for clip in draft.auxiliary][1] == "bell2"
    assert level_at(stored(draft, "example_audio"), 600) > 0.2


def test_sounds_of_one_family_or_with_a_word_in_common_are_not_mixed(make: Any) -> None:
    bell = sound(make, "bell", 440, "bell", "things", "A bell rings.")
    alike = [
        sound(make, "horn", 1000, "dog", "things", "A horn."),
        sound(make, "bells", 1000, "dog", "animals", "Many bells."),
    ]
    with pytest.raises(Unusable, match="no clip of another kind"):
        first_draft(SEPARATIONS[0], bell, 0, other=[bell, *alike])


def test_what_can_not_be_asked_for_is_refused(sounds: Mapping[str, Clip]) -> None:
    pool = list(sounds.values())
    both = sounds["dog"]._replace(event_labels=Labels(("bell", "dog"), EVENTS))
    for task in SEPARATIONS[1:]:
        with pytest.raises(Unusable, match="several-sounds"):
            first_draft(task, both, 0, other=pool, example=pool)
    with pytest.raises(Unusable, match="no-example"):
        first_draft(SEPARATIONS[2], sounds["dog"], 0, other=pool, example=pool)
    with pytest.raises(Unusable, match="empty-caption"):
        first_draft(SEPARATIONS[0], sounds["dog"]._replace(caption="A sound."), 0, other=pool)


# ---- voices ---------------------------------------------------------------------------------


def voices(make: Any) -> list[Clip]:
    return [
        make(f"{speaker}{take}", tone(hertz, 2.0 + take), speaker=speaker, clean_speech=True)
        for speaker, hertz in (("ann", 440), ("bob", 1000))
        for take in (0, 1)
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_voice_is_extracted_from_a_mixture_with_another_speaker(make: Any, seed: int) -> None:
    task = get_task("speech_speaker_extraction")
    assert isinstance(task, PairTask)
    hertz = {"ann": 440, "bob": 1000}
    drafts = list(task.pairs(voices(make), Rng(seed)))
    assert len(drafts) == 4
    for draft in drafts:
        assert isinstance(draft, Draft)
        (clip,), (masker, sample) = draft.clips, draft.auxiliary
        assert (sample.speaker, masker.speaker == clip.speaker) == (clip.speaker, False)
        assert sample.id != clip.id
        own, other = hertz[str(clip.speaker)], hertz[str(masker.speaker)]
        mixture, target = stored(draft, "mixture"), stored(draft, "target_speech")
        assert mixture.shape == target.shape
        assert level_at(stored(draft, "speaker_audio"), own) > 0.2
        assert level_at(target, other) < 2 * STEP
        assert level_at(mixture - target, own) < 2 * STEP
        ratio = decibels(level_at(target, own) / level_at(mixture, other))
        assert ratio == pytest.approx(draft.simulation["level_db"], abs=0.1)
        assert -5.1 <= ratio <= 5.1


def test_a_voice_that_is_silent_is_told_of(make: Any) -> None:
    task = get_task("speech_speaker_extraction")
    assert isinstance(task, PairTask)
    silent = make("ann2", np.zeros(2 * RATE), speaker="ann", clean_speech=True)
    found = list(task.pairs([*voices(make), silent], Rng(0)))
    rejects = [item for item in found if isinstance(item, Reject)]
    assert {reject.reason for reject in rejects} == {"silent-audio"}
    assert "ann2" in {reject.clip for reject in rejects}


# ---- activity -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(24))
def test_speech_is_where_the_answer_says_and_nowhere_else(make: Any, seed: int) -> None:
    speech = [
        make(f"talk{i}", tone(1000, 3.0, pause=1.0), clean_speech=True, speaker="ann")
        for i in range(3)
    ]
    low_noise = make("noise", tone(100, 5.0), noise=True)
    draft = first_draft(
        "audio_voice_activity_detection", speech[0], seed, speech=speech, noise=[low_noise]
    )
    audio, answer = stored(draft, "audio"), str(draft.slots["speech_segments"])
    segments = [tuple(map(float, s.split("-"))) for s in answer.split(", ") if s != "none"]
    assert bool(segments) is draft.simulation["speech"]
    if segments:
        assert [end - start for start, end in segments] == pytest.approx(
            [1.0] * len(segments), abs=0.03
        )
    # Stretches of 20 ms hold the tone if they lie in a segment, and only then.
    frame = RATE // 50
    for index in range(audio.size // frame):
        start, end = index / 50, (index + 1) / 50
        inside = any(a + 0.015 <= start and end <= b - 0.015 for a, b in segments)
        outside = all(end <= a - 0.015 or b + 0.015 <= start for a, b in segments)
        level = level_at(audio[index * frame : (index + 1) * frame], 1000)
        assert level > 0.05 or not inside
        assert level < 0.02 or not outside
    assert audio.size / RATE <= 30


def test_an_item_in_eight_has_no_speech(make: Any) -> None:
    speech = make("talk", tone(1000, 1.0), clean_speech=True)
    answers = [
        first_draft("audio_voice_activity_detection", speech, seed).slots["speech_segments"]
        for seed in range(200)
    ]
    assert 0.06 < answers.count("none") / len(answers) < 0.2
