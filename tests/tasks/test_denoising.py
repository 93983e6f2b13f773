"""Denoising: what is asked for, measured on the files that a row carries."""

from __future__ import annotations

import io
import json
import math
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy import signal

from audio_flan.corpora import corpus_classes
from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.corpora.read.folder import Folder
from audio_flan.generate.generation import Generation
from audio_flan.generate.pools import draw_pools
from audio_flan.media.audio import AudioRef, resample
from audio_flan.miniatures.bank import load_bank, write_wav
from audio_flan.miniatures.bank import samples as bank_samples
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.instance import Instance
from audio_flan.model.randomness import Rng
from audio_flan.simulate.noise import COLOURS
from audio_flan.tasks import get_task
from audio_flan.tasks.contract import Pool

TASK = get_task("speech_denoising")
SERVING = [cls.key for cls in corpus_classes() if TASK.serves(cls)]
SEEDS = range(30)
STEP = 2**-15
"""Resolution of 16 bits."""
Samples = NDArray[np.float64]


class Noises(Corpus):
    """The bank's noises as a corpus: fan and rain in train, the keyboard in test."""

    key, domain = "noises", "audio"
    recognised_by = ("fan.wav",)
    provides = frozenset({"noise"})
    names = {"train": ("fan", "rain"), "test": ("keyboard",)}

    def shards(self) -> dict[str, list[Shard]]:
        """A shard for each split."""
        return {split: [Shard(split, (split,))] for split in self.names}

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """A clip for each noise."""
        for name in self.names[shard.split]:
            audio = self.folder.audio(f"{name}.wav")
            yield Clip(id=name, corpus=self.key, split=shard.split, audio=audio, noise=True)


class Noisy(NamedTuple):
    """What a row carries, decoded, and what it says of itself."""

    mixture: Samples
    target: Samples
    source: Samples
    rate: int
    other: dict[str, Any]

    @property
    def residual(self) -> Samples:
        return self.mixture - self.target

    @property
    def simulation(self) -> dict[str, Any]:
        return self.other["simulation"]


@pytest.fixture(scope="module")
def noises(tmp_path_factory: pytest.TempPathFactory) -> Noises:
    folder = tmp_path_factory.mktemp("noises")
    for entry in load_bank().noises:
        write_wav(folder / f"{entry.label}.wav", bank_samples(entry, entry.rate), entry.rate)
    return Noises(Folder("noises", str(folder)))


def open_corpora(root: Path) -> dict[str, Corpus]:
    corpora = {cls.key: cls.find(str(root)) for cls in corpus_classes()}
    return {key: corpus for key, corpus in corpora.items() if corpus}


def instances(
    corpus: Corpus, split: str, pools: Mapping[str, Pool] | None = None, seed: int = 0
) -> list[Instance]:
    pools = pools or draw_pools(TASK, [], split)
    generation = Generation(TASK, corpus, split, seed=seed, pools=pools)
    return list(generation.instances(corpus.shards()[split]))


def decode(instance: Instance, corpus: Corpus) -> Noisy:
    """The files of a row and the publisher's own, by libsndfile."""
    noisy, _, clean = instance.audio
    assert noisy is not None
    assert clean is not None
    other = json.loads(instance.other)
    source = Path(corpus.folder.path) / other["clips"][0]["file"]
    read = [soundfile.read(io.BytesIO(cell[1].data)) for cell in (noisy, clean)]
    original, rate = soundfile.read(source)
    assert {rate for _, rate in read} == {rate}
    return Noisy(read[0][0], read[1][0], original, rate, other)


@cache
def decoded(root: Path, key: str, seed: int) -> list[Noisy]:
    """All clips of all splits of a miniature corpus, made noisy."""
    corpus = open_corpora(root)[key]
    return [
        decode(instance, corpus)
        for split in corpus.shards()
        for instance in instances(corpus, split, seed=seed)
    ]


def snr_db(target: Samples, residual: Samples, rate: int) -> float:
    """Power of the target where it speaks, over that of the residual.

    It speaks in the frames of 32 ms that are within 40 dB of the loudest.
    """
    size = round(0.032 * rate)
    frames = [target[i : i + size] for i in range(0, target.size - size + 1, size)]
    powers = np.array([np.mean(frame**2) for frame in frames])
    speaking = powers[10 * np.log10(powers / powers.max() + 1e-30) >= -40]
    return float(10 * np.log10(speaking.mean() / np.mean(residual**2)))


def lag(one: Samples, other: Samples) -> int:
    """How many samples the second must be moved to lie on the first."""
    correlation = signal.correlate(one, other, method="fft")
    return int(np.argmax(correlation)) - (other.size - 1)


def test_some_corpora_serve() -> None:
    assert len(SERVING) >= 2


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("key", SERVING)
def test_the_noise_is_as_loud_as_was_drawn(miniatures: Path, key: str, seed: int) -> None:
    rows = decoded(miniatures, key, seed)
    assert rows
    for row in rows:
        measured = snr_db(row.target, row.residual, row.rate)
        assert measured == pytest.approx(row.simulation["snr_db"], abs=0.1)
        # The target is the source times one gain, at the same place, of the same length.
        assert row.mixture.shape == row.target.shape == row.source.shape
        gain = np.sum(row.target * row.source) / np.sum(row.source**2)
        assert gain == pytest.approx(row.simulation["gain"], abs=1e-4)
        assert np.max(np.abs(row.target - gain * row.source)) <= STEP
        # Nothing is louder than the ceiling; what stays below it is left alone.
        peak = max(np.max(np.abs(row.mixture)), np.max(np.abs(row.target)))
        assert peak <= 0.9 + STEP
        assert gain <= 1 + 1e-6
        if row.simulation["gain"] == 1:
            assert np.array_equal(row.target, row.source)
        else:
            assert peak == pytest.approx(0.9, abs=2 * STEP)


@pytest.mark.parametrize("key", SERVING)
def test_nothing_is_delayed(miniatures: Path, key: str) -> None:
    for row in decoded(miniatures, key, 0):
        assert lag(row.target, row.source) == 0
        assert lag(row.mixture, row.target) == 0


def test_ratios_are_drawn_evenly_from_minus_5_to_20_db(tmp_path: Path) -> None:
    write_wav(tmp_path / "short.wav", np.full(800, 0.1, np.float32), 8_000)
    audio = AudioRef(str(tmp_path / "short.wav"), "short.wav")
    clips = [Clip(id=f"{i}", corpus="x", split="train", audio=audio) for i in range(1_200)]
    pools = {"noise": Pool([])}
    drafts = [TASK.drafts(clip, Rng(0, TASK.config, "x", clip.id), pools) for clip in clips]
    drawn = np.array([next(draft).simulation["snr_db"] for draft in drafts])
    assert -5 <= drawn.min() < -4.7
    assert 19.7 < drawn.max() <= 20
    shares = np.histogram(drawn, bins=5, range=(-5, 20))[0] / drawn.size
    # Five standard deviations of 1,200 draws.
    assert np.all(np.abs(shares - 0.2) < 0.058)


def test_without_recordings_noise_of_every_colour_is_synthesised(miniatures: Path) -> None:
    rows = [row for key in SERVING for seed in range(3) for row in decoded(miniatures, key, seed)]
    assert {row.simulation["noise"] for row in rows} == {
        f"synthesised {colour} noise" for colour in COLOURS
    }
    for row in rows:
        assert row.simulation["noise_corpus"] is None
        assert len(row.other["clips"]) == 1


def test_the_synthesised_noise_has_its_colour(miniatures: Path) -> None:
    tilts: dict[str, list[float]] = {}
    for row in decoded(miniatures, "aishell3", 0) + decoded(miniatures, "aishell3", 1):
        frequencies, density = signal.welch(row.residual, row.rate, nperseg=1024)
        low, high = (
            density[(frequencies >= a) & (frequencies < b)].mean()
            for a, b in ((150, 600), (1500, 6000))
        )
        tilts.setdefault(row.simulation["noise"].split()[1], []).append(10 * math.log10(high / low))
    for colour, exponent in COLOURS.items():
        assert np.mean(tilts[colour]) == pytest.approx(-10 * exponent, abs=2)


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("key", SERVING)
def test_recorded_noise_is_of_the_same_split_and_told_of(
    miniatures: Path, noises: Noises, key: str, split: str
) -> None:
    corpora = open_corpora(miniatures)
    quiet = [corpus for corpus in corpora.values() if "noise" not in corpus.provides]
    pools = draw_pools(TASK, [*quiet, noises], split)
    assert len(pools["noise"]) == len(Noises.names[split])
    used = set()
    for seed in range(3):
        for instance in instances(corpora[key], split, pools, seed):
            row = decode(instance, corpora[key])
            name = row.simulation["noise"]
            used.add(name)
            assert row.simulation["noise_corpus"] == "noises"
            assert row.other["clips"][1] == {"corpus": "noises", "id": name, "file": f"{name}.wav"}
            measured = snr_db(row.target, row.residual, row.rate)
            assert measured == pytest.approx(row.simulation["snr_db"], abs=0.1)
            assert is_part_of(row.residual, Path(noises.folder.path) / f"{name}.wav", row.rate)
    assert used == set(Noises.names[split])


def is_part_of(residual: Samples, file: Path, rate: int) -> bool:
    """Whether most of a residual, by power, is found in a recording; looks at five tenths of it."""
    source, source_rate = soundfile.read(file, dtype="float32")
    noise = resample(source[None], source_rate, rate)[0].astype(np.float64)
    size = rate // 10
    energy = np.concatenate([[0], np.cumsum(noise**2)])
    level = np.sqrt(np.maximum(energy[size:] - energy[:-size], 1e-9))
    found = total = 0.0
    for start in np.linspace(0, residual.size - size, 5, dtype=int):
        piece = residual[start : start + size]
        correlation = signal.correlate(noise, piece, mode="valid", method="fft")
        found += float(np.max(np.abs(correlation) / level) ** 2)
        total += float(np.sum(piece**2))
    return found > 0.7 * total


def test_a_corpus_without_that_split_leaves_the_pool_empty(
    miniatures: Path, noises: Noises
) -> None:
    pools = draw_pools(TASK, [noises], "validation")
    assert len(pools["noise"]) == 0
    corpus = open_corpora(miniatures)["ljspeech"]
    for instance in instances(corpus, "validation", pools):
        assert json.loads(instance.other)["simulation"]["noise_corpus"] is None


def test_pools_hold_only_noise_that_is_there(
    miniatures: Path, noises: Noises, tmp_path: Path
) -> None:
    shutil.copytree(noises.folder.path, tmp_path / "noises")
    (tmp_path / "noises" / "fan.wav").unlink()
    partial = Noises(Folder("noises", str(tmp_path / "noises")))
    corpora = open_corpora(miniatures).values()
    quiet = [corpus for corpus in corpora if "noise" not in corpus.provides]
    assert len(draw_pools(TASK, [*quiet, partial], "train")["noise"]) == 1


@pytest.mark.parametrize("key", SERVING)
def test_the_same_seed_gives_the_same_bytes_and_another_one_other_noise(
    miniatures: Path, noises: Noises, key: str
) -> None:
    corpora = open_corpora(miniatures)
    for pool in ([], [noises]):
        pools = draw_pools(TASK, pool, "train")
        first, same, other = (instances(corpora[key], "train", pools, seed) for seed in (0, 0, 1))
        assert [i.row() for i in first] == [i.row() for i in same]
        assert [i.uuid for i in first] == [i.uuid for i in other]
        for one, another in zip(first, other, strict=True):
            assert one.audio[0] != another.audio[0]


def test_a_clip_is_made_noisy_in_the_same_way_whatever_comes_before_it(miniatures: Path) -> None:
    corpus = open_corpora(miniatures)["aishell3"]
    rows = {i.uuid: i.row() for i in instances(corpus, "train")}
    (shard,) = corpus.shards()["train"]
    for clip in list(corpus.clips(shard))[::3]:
        assert isinstance(clip, Clip)
        generation = Generation(TASK, OneClip(corpus, clip), "train", pools={"noise": Pool([])})
        (alone,) = generation.instances([shard])
        assert alone.row() == rows[alone.uuid]


class OneClip(Corpus):
    """A corpus of one clip of another."""

    key, license, origin = "aishell3", "Apache-2.0", "studio"
    provides = frozenset({"clean_speech"})

    def __init__(self, corpus: Corpus, clip: Clip) -> None:
        super().__init__(corpus.folder)
        self._clip = clip

    def shards(self) -> dict[str, list[Shard]]:
        """Not asked for."""
        raise NotImplementedError

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The one clip."""
        yield self._clip


# ---- recordings that are not speech, or not mono ----------------------------------------------


def with_audio(miniatures: Path, root: Path, audio: Samples) -> tuple[Corpus, Generation]:
    """LJ Speech with another recording in place of the first of its train split."""
    folder = root / "LJSpeech-1.1"
    shutil.copytree(miniatures / "LJSpeech-1.1", folder)
    soundfile.write(folder / "wavs" / "LJ001-0001.wav", audio, 22_050, subtype="PCM_16")
    corpus = open_corpora(root)["ljspeech"]
    return corpus, Generation(TASK, corpus, "train", pools=draw_pools(TASK, [], "train"))


@pytest.mark.parametrize("level", [0, 1e-4], ids=["zeros", "-80 dBFS"])
def test_a_silent_recording_is_a_reject(miniatures: Path, tmp_path: Path, level: float) -> None:
    hum = level * np.sin(np.arange(22_050) / 10)
    corpus, generation = with_audio(miniatures, tmp_path, hum)
    made = list(generation.instances(corpus.shards()["train"]))
    assert len(made) == 3
    assert generation.tally.rejected == {"silent-audio": 1}
    (reject,) = generation.rejects
    assert reject.clip == "LJ001-0001"
    assert "wavs/LJ001-0001.wav" in reject.detail


def test_stereo_becomes_mono_of_both_channels(miniatures: Path, tmp_path: Path) -> None:
    time = np.arange(22_050) / 22_050
    left, right = 0.2 * np.sin(2 * np.pi * 200 * time), 0.1 * np.sin(2 * np.pi * 330 * time)
    corpus, generation = with_audio(miniatures, tmp_path, np.stack([left, right], axis=1))
    made = list(generation.instances(corpus.shards()["train"]))
    (instance,) = (i for i in made if "LJ001-0001" in i.other)
    row = decode(instance, corpus)
    assert row.mixture.ndim == row.target.ndim == 1
    expected = row.simulation["gain"] * (left + right) / 2
    assert np.max(np.abs(row.target - expected)) <= 2 * STEP


def test_silent_noise_is_a_reject(miniatures: Path, tmp_path: Path) -> None:
    for name in ("fan", "rain"):
        soundfile.write(tmp_path / f"{name}.wav", np.zeros(16_000), 16_000, subtype="PCM_16")
    corpus = open_corpora(miniatures)["ljspeech"]
    pools = draw_pools(TASK, [Noises(Folder("noises", str(tmp_path)))], "train")
    generation = Generation(TASK, corpus, "train", pools=pools)
    assert list(generation.instances(corpus.shards()["train"])) == []
    assert generation.tally.rejected == {"silent-noise": 4}
