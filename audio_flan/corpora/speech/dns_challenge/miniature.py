"""A miniature DNS Challenge: the 16 kHz tree of editions 2 and 3 with speech, noises and rooms.

The responses are decaying noise after a clear direct sound. Quirks in it: noises named by YouTube
and by Freesound, two of one Freesound recording; a Mandarin source with folders of its own; singing
among the speech; a response with two channels; a noise among the responses; a response that is in
both of its sources; a folder of test data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audio_flan.miniatures.bank import Entry
from audio_flan.miniatures.stage import Stage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GAIN = 1.0
RATE = 16_000
READERS = {
    "en_f1": "00001",
    "en_m1": "00038",
    "en_f2": "03516",
    "en_f3": "00593",
    "en_m2": "01407",
}
"""Voice of the bank and number of each English reader; the last two test, the third validates."""
AISHELL = {"zh_f1": ("S0002", 2), "zh_f2": ("S0018", 1), "zh_m1": ("S0019", 1)}
"""Number of each Mandarin speaker and of its recordings; one in each split."""
MANDARIN_LEVEL = 0.8
"""Unlike that of ESD's miniature, which has the same voices, dealt to other splits."""
NOISES = {
    "mini-dns001": "noise_fan",
    "mini-dns002": "noise_rain",
    "keyboard_Freesound_validated_1000_0": "noise_keyboard",
    "keyboard_Freesound_validated_1000_1": "noise_keyboard",
    "mini-dns039": "scene_bus",
    "mini-dns007": "scene_tram",
    "traffic_Freesound_validated_2994_0": "scene_street_traffic",
}
"""Recording of the bank of each noise; the fifth validates, the last two test."""
SIMULATED = "simulated_rirs_16k/smallroom/{0}/{0}-00001.wav"
ROOMS = {"Room001": 0.25, "Room008": 0.3, "Room049": 0.35}
"""Reverberation time of each simulated room in seconds; one for each split."""
RESPONSE_SECONDS = 0.6


def write(stage: Stage) -> None:
    """Lay out DNS-Challenge."""
    _write_speech(stage)
    _write_noises(stage)
    _write_responses(stage)
    stage.audio("datasets/dev_testset/synthetic/noisy_fileid_1.wav", stage.bank.sentences[0], RATE)


def _write_speech(stage: Stage) -> None:
    for voice, reader in READERS.items():
        for index, said in enumerate(stage.speech(voice)[:2]):
            name = f"book_{index:05d}_chp_0009_reader_{reader}_{index}.wav"
            stage.audio(f"datasets/clean/read_speech/{name}", said, RATE)
    for voice, (speaker, count) in AISHELL.items():
        for said in stage.speech(voice)[:count]:
            name = f"slr33_aishell/{speaker}/BAC009{speaker}W{said.sentence:04d}.wav"
            wave = MANDARIN_LEVEL * stage.wave(said, RATE)
            stage.audio(f"datasets/clean/mandarin_speech/{name}", wave, RATE)
    singing = "VocalSet11/FULL/female2/excerpts/straight/f2_row_straight.wav"
    stage.audio(f"datasets/clean/singing_voice/{singing}", stage.bank.melodies[0], RATE)


def _write_noises(stage: Stage) -> None:
    bank = stage.bank
    recordings: dict[str, Entry] = {entry.id: entry for entry in (*bank.noises, *bank.scenes)}
    for name, recording in NOISES.items():
        wave = stage.wave(recordings[recording], RATE)
        if "keyboard" in name:
            # Two clips of one recording are its halves.
            half, middle = int(name[-1]), wave.size // 2
            wave = wave[middle * half : middle * (half + 1)]
        stage.audio(f"datasets/noise/{name}.wav", wave, RATE)


def _write_responses(stage: Stage) -> None:
    slr26, slr28 = (f"datasets/impulse_responses/{name}" for name in ("SLR26", "SLR28/RIRS_NOISES"))
    for room, seconds in ROOMS.items():
        response = _response(int(room[-3:]), seconds)
        stage.audio(f"{slr26}/{SIMULATED.format(room)}", response, RATE)
    again = SIMULATED.format("Room001").replace("_16k", "")
    stage.audio(f"{slr28}/{again}", _response(1, ROOMS["Room001"]), RATE)
    real = f"{slr28}/real_rirs_isotropic_noises"
    far = _response(2, 0.4, 2)
    stage.audio(f"{real}/RVB2014_type1_rir_largeroom1_far_angla.wav", far, RATE)
    noise = 0.1 * _response(3, 10.0)
    stage.audio(f"{real}/RVB2014_type1_noise_largeroom1_1.wav", noise, RATE)


def _response(seed: int, t60: float, channels: int = 1) -> NDArray[np.float32]:
    """A direct sound at a later time in each channel, then noise that decays, float32 [n, c]."""
    import numpy as np

    times = np.arange(round(RESPONSE_SECONDS * RATE))[:, None] / RATE
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal((times.size, channels))
    response = 0.1 * noise * 10 ** (-3 * times / t60)
    for channel in range(channels):
        direct = round((0.005 + 0.001 * channel) * RATE)
        response[:direct, channel] = 0.0
        response[direct, channel] = 0.9
    clipped: NDArray[np.float32] = np.clip(response, -1, 1).astype(np.float32)
    return clipped
