"""DNS Challenge: trees of five editions, what names tell, singing and noises among the pools."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from cases import Edit, Quirk, all_of, copy, read, remove, write

from audio_flan.corpora.speech import dns_challenge
from audio_flan.corpora.speech.dns_challenge import DNSChallenge
from audio_flan.corpora.speech.dns_challenge.miniature import ROOMS
from audio_flan.errors import CorpusLayoutError
from audio_flan.generate.pools import draw_pools
from audio_flan.media import audio
from audio_flan.model.clip import ANNOTATIONS
from audio_flan.tasks import get_task

POOLS = {"clean_speech": "clean", "noise": "noise", "room_response": "impulse_responses"}
SLR28 = "datasets/impulse_responses/SLR28/RIRS_NOISES"
SIMULATED = "smallroom/Room001/Room001-00001.wav"
SIMULATED_16K = f"datasets/impulse_responses/SLR26/simulated_rirs_16k/{SIMULATED}"


def files(*names: str) -> Edit:
    """Add empty files: only names are read."""
    return all_of(*(write(name, b"") for name in names))


# Ten clips of readers, four of AISHELL, seven noises, three simulated rooms and a real one.
CLIPS = 10 + 4 + 7 + 3 + 1
SAYS = {
    "clean.read_speech.book_00000_chp_0009_reader_00001_0": {
        "clean_speech": True,
        "speaker": "reader_00001",
        "language": "en",
        "noise": None,
        "room_response": None,
        "split": "train",
        "file": "datasets/clean/read_speech/book_00000_chp_0009_reader_00001_0.wav",
    },
    "clean.mandarin_speech.slr33_aishell.S0002.BAC009S0002W0001": {
        "clean_speech": True,
        "speaker": "S0002",
        "language": "zh",
    },
    "noise.mini-dns001": {"noise": True, "clean_speech": None, "split": "train"},
    # Two clips of one recording are in one split.
    "noise.keyboard_Freesound_validated_1000_0": {"noise": True, "split": "train"},
    "noise.keyboard_Freesound_validated_1000_1": {"noise": True, "split": "train"},
    "noise.mini-dns039": {"split": "validation"},
    "noise.mini-dns007": {"split": "test"},
    SIMULATED_16K.removeprefix("datasets/").removesuffix(".wav").replace("/", "."): {
        "room_response": True,
        "noise": None,
        "file": SIMULATED_16K,
    },
}
QUIRKS = [
    *(
        Quirk(f"singing in {folder} is no speech", files(f"{folder}/f2_long.wav"))
        for folder in (
            "datasets/clean/singing_voice",
            "datasets/clean/singing_voice/VocalSet11/FULL/female2",
            "datasets_fullband/clean_fullband/VocalSet_48kHz_mono",
        )
    ),
    Quirk(
        "a file that is named after singing elsewhere is kept",
        files("datasets/clean/read_speech/vocalset_of_words.wav"),
        says={"clean.read_speech.vocalset_of_words": {"clean_speech": True, "language": "en"}},
    ),
    Quirk(
        "what the synthesizer wrote is rejected",
        files(
            "datasets/clean/clean_fileid_1.wav",
            "datasets/noise/noise_fileid_20.wav",
            "datasets/noisy/a_snr1_tl-20_fileid_1.wav",
        ),
        rejects={
            "datasets/clean/clean_fileid_1.wav": "generated-audio",
            "datasets/noise/noise_fileid_20.wav": "generated-audio",
        },
    ),
    Quirk(
        "folders of test data are not read",
        files(
            "datasets/test_set/synthetic/no_reverb/clean/a.wav",
            "datasets/blind_test_set/noreverb_fileid_1.wav",
            "datasets_fullband/dev_testset_fullband/noisy/b.wav",
        ),
    ),
    Quirk(
        "names of YouTube may start with hyphens",
        files("datasets/noise/--9VR_F7CtY.wav"),
        says={"noise.--9VR_F7CtY": {"noise": True}},
    ),
    Quirk(
        "simulated rooms of SLR28 are read where SLR26 is not there",
        remove("datasets/impulse_responses/SLR26"),
        says={
            "impulse_responses.SLR28.RIRS_NOISES.simulated_rirs.smallroom.Room001.Room001-00001": {
                "room_response": True
            }
        },
        gone=tuple(
            "impulse_responses.SLR26.simulated_rirs_16k.smallroom." + f"{room}.{room}-00001"
            for room in ROOMS
        ),
    ),
    Quirk(
        "noises among the responses are left out",
        files(
            f"{SLR28}/pointsource_noises/noise-free-sound-0000.wav",
            f"{SLR28}/real_rirs_isotropic_noises/RWCP_type4_noise_rtr_1.wav",
            f"{SLR28}/real_rirs_isotropic_noises/air_type1_air_binaural_office_0_1.wav",
        ),
        says={
            "impulse_responses.SLR28.RIRS_NOISES.real_rirs_isotropic_noises"
            ".air_type1_air_binaural_office_0_1": {"room_response": True}
        },
    ),
    Quirk(
        "rooms of both trees are read once, their speech is not lost",
        all_of(
            copy(SIMULATED_16K, SIMULATED_16K.replace("datasets", "datasets_fullband")),
            files("datasets_fullband/clean_fullband/read_speech/book_0_chp_0_reader_00593_0.wav"),
        ),
        says={
            "clean_fullband.read_speech.book_0_chp_0_reader_00593_0": {
                "speaker": "reader_00593",
                # As the clips of this reader in the other tree.
                "split": "test",
            }
        },
    ),
]


def tree(folder: Path, names: Iterable[str]) -> Path:
    """A tree of empty files."""
    files(*names)(folder)
    return folder


def by_file(folder: Path) -> dict[str, dict[str, Any]]:
    """What all clips say, by their files."""
    clips, rejects = read(DNSChallenge, folder)
    assert not rejects
    return {said["file"]: {"id": id, **said} for id, said in clips.items()}


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "DNS-Challenge", tmp_path / "root" / "DNS-Challenge")


# The miniature


def test_clips_are_the_files_of_the_pools(folder: Path) -> None:
    found = {
        file.relative_to(folder).as_posix()
        for pool in POOLS.values()
        for file in (folder / "datasets" / pool).rglob("*.wav")
    }
    left_out = {name for name in found if re.search("singing|_noise_|SLR28.*simulated_rirs", name)}
    assert len(left_out) == 3
    assert set(by_file(folder)) == found - left_out


def test_a_clip_is_of_one_pool_and_bears_its_fields(folder: Path) -> None:
    for file, said in by_file(folder).items():
        filled = said.keys() & ANNOTATIONS
        (pool,) = filled & POOLS.keys()
        assert file.startswith(f"datasets/{POOLS[pool]}/")
        assert said[pool] is True
        assert filled == {pool} | ({"speaker", "language"} if pool == "clean_speech" else set())
        # Whole files, no stretches of them.
        assert said.keys() - filled == {"id", "split", "file"}


def test_shards_tell_what_their_clips_may_have(folder: Path) -> None:
    corpus = DNSChallenge.open(str(folder))
    provides: set[str] = set()
    for shard in (shard for shards in corpus.shards().values() for shard in shards):
        assert shard.provides is not None
        provides |= shard.provides
        for clip in corpus.clips(shard):
            filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
            assert filled <= shard.provides
    assert provides == DNSChallenge.provides


def test_every_split_has_every_pool_and_shares_no_speaker_recording_or_room(folder: Path) -> None:
    groups: dict[str, dict[str, str]] = {field: {} for field in POOLS}
    splits: dict[str, set[str]] = {field: set() for field in POOLS}
    patterns = {
        "clean_speech": r"(reader_\d+|/S\d{4}/)",
        "noise": r"/([^/]*_Freesound_validated_\d+|[\w-]{11})(?:_\d+)?\.wav$",
        "room_response": r"(Room\d+/|largeroom1)",
    }
    for file, said in by_file(folder).items():
        field = next(field for field in POOLS if field in said)
        match = re.search(patterns[field], file)
        assert match, file
        assert groups[field].setdefault(match[1], said["split"]) == said["split"]
        splits[field].add(said["split"])
    assert set(map(frozenset, splits.values())) == {frozenset({"train", "validation", "test"})}
    assert all(len(found) > 3 for found in groups.values())


def test_responses_have_a_direct_sound_and_the_decay_that_is_told(folder: Path) -> None:
    channels = set()
    for name in (name for name, said in by_file(folder).items() if "room_response" in said):
        samples, rate = soundfile.read(folder / name, always_2d=True)
        assert rate == 16_000
        peaks = np.abs(samples).argmax(axis=0)
        assert np.all(np.abs(samples).max(axis=0) > 0.85)
        assert np.all(peaks / rate < 0.01)
        if match := re.search(r"/(Room\d+)/", name):
            tail = samples[peaks[0] + 1 :, 0]
            half = round(0.5 * ROOMS[match[1]] * rate)
            drop = 10 * np.log10(np.mean(tail[:160] ** 2) / np.mean(tail[half : half + 160] ** 2))
            assert 25 < drop < 35
        ref = DNSChallenge.open(str(folder)).folder.audio(name)
        channels.add(audio.waveform(ref).samples.shape[0])
    assert channels == {1, 2}


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_tasks_draw_their_noises_and_rooms_from_the_pools(folder: Path, split: str) -> None:
    corpus = DNSChallenge.open(str(folder))
    for config, role in (("speech_denoising", "noise"), ("speech_dereverberation", "room")):
        task = get_task(config)
        assert len(draw_pools(task, [corpus], split)[role]) > 0
        read_folders = {shard.part[0] for shard in filter(task.reads, corpus.shards()[split])}
        assert read_folders == {"datasets/clean"}


# What names tell

NAMES = {
    "clean/book_00000_chp_0009_reader_06709_0.wav": ("reader_06709", "en"),
    "clean/read_speech/book_1_chp_2_reader_00003_4_seg_1.wav": ("reader_00003", "en"),
    "clean/emotional_speech/crema_d/1004_TAI_SAD_XX.wav": ("1004", "en"),
    "clean/mandarin_speech/slr33_aishell/S0717/BAC009S0717W0309.wav": ("S0717", "zh"),
    "clean/mandarin_speech/SLR18_THCHS00/A11_0.wav": (None, "zh"),
    "clean/german_speech/M-AILABS/by_book/male/karl/buch/wavs/buch_01.wav": (None, "de"),
    "clean/french_data/a.wav": (None, "fr"),
    "clean_fullband/french_speech/reader_12.wav": (None, "fr"),
    "clean_fullband/italian_speech/x/y.wav": (None, "it"),
    "clean_fullband/russian_speech/x.wav": (None, "ru"),
    "clean_fullband/spanish_speech/arf_00295_00012345678.wav": (None, "es"),
    "clean_fullband/vctk_wav48_silence_trimmed/p225/p225_001_mic1.flac": ("p225", "en"),
    "clean_fullband/vctk_wav48_silence_trimmed/p225/other.wav": (None, "en"),
    "clean_fullband/emotional_speech/other/1004_TAI_SAD_XX.wav": (None, None),
    "clean/some_new_source/p225_001.wav": (None, None),
    "mnt/dnsv5/clean/read_speech/book_0_chp_0_reader_00001_0_x.wav": ("reader_00001", "en"),
    "Track1_Headset/mnt/dnsv5/clean/german_speech/x.wav": (None, "de"),
    "clean_fullband/mnt/dnsv5/clean/spanish_speech/x.wav": (None, "es"),
}
"""Speaker and language by name."""


@pytest.mark.parametrize("base", ["", "datasets/", "datasets_fullband/"])
def test_speaker_and_language_are_those_of_the_name(base: str, tmp_path: Path) -> None:
    found = by_file(tree(tmp_path, [base + name for name in NAMES]))
    assert len(found) == len(NAMES)
    for name, (speaker, language) in NAMES.items():
        said = found[base + name]
        assert (said.get("speaker"), said.get("language")) == (speaker, language)
        assert said["clean_speech"] is True
        assert said["id"] == name.rpartition(".")[0].replace("/", ".")


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("clean/read_speech/book_{n}_chp_1_reader_00042_0.wav", 1),
        ("clean/mandarin_speech/slr33_aishell/S0100/BAC009S0100W{n:04d}.wav", 1),
        ("clean/german_speech/M-AILABS/by_book/male/karl/book{n}/wavs/a.wav", 1),
        ("clean/french_data/M-AILABS/fr_FR_190hrs_16k/female/ezwa/book{n}/wavs/a.wav", 1),
        ("clean/german_speech/corpus/data/{n}.wav", 1),
        ("clean_fullband/spanish_speech/arf_00295_{n}.wav", 1),
        ("clean_fullband/mnt/dnsv5/clean/spanish_speech/arf_00295_{n}.wav", 1),
        ("clean_fullband/spanish_speech/SLR39_5_{n}_48kHz_seg_0.wav", 1),
        ("clean_fullband/spanish_speech/SLR39_5_337_48kHz_seg_{n}.wav", 1),
        ("clean_fullband/spanish_speech/SLR39_native-f-Mexico-mgh8170_s{n}_48kHz.wav", 1),
        ("noise/door_Freesound_validated_9_{n}.wav", 1),
        ("impulse_responses/SLR26/simulated_rirs_16k/smallroom/Room007/Room007-{n:05d}.wav", 1),
        ("impulse_responses/SLR28/x/air_type1_air_binaural_office_{n}_1_3.wav", 1),
        ("impulse_responses/SLR28/x/RWCP_type4_rir_{sign}{n}{side}.wav", 1),
        ("clean/read_speech/book_1_chp_1_reader_{n:05d}_0.wav", 3),
        ("clean_fullband/spanish_speech/arf_{n}_000.wav", 3),
        ("clean_fullband/spanish_speech/SLR39_{n}_11_48kHz_seg_0.wav", 3),
        ("noise/door_Freesound_validated_{n}_0.wav", 3),
        ("noise/youtube{n:04d}.wav", 3),
        ("impulse_responses/SLR26/simulated_rirs_16k/smallroom/Room{n:03d}/Room{n:03d}-1.wav", 3),
    ],
)
def test_what_belongs_together_is_in_one_split(pattern: str, count: int, tmp_path: Path) -> None:
    names = [pattern.format(n=n, sign="mp"[n % 2], side="lr"[n // 2 % 2]) for n in range(300)]
    found = by_file(tree(tmp_path, names))
    assert len(found) == 300
    splits = [said["split"] for said in found.values()]
    assert len(set(splits)) == count
    groups = {DNSChallenge.groups(said["id"], file) for file, said in found.items()}
    assert len(groups) == (1 if count == 1 else 300)
    if count == 3:
        assert 0.88 < splits.count("train") / 300 < 0.98


# Shards


def test_long_folders_are_read_in_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"clean/read_speech/book_0_chp_0_reader_{n % 40:05d}_{n}.wav" for n in range(500)]
    expected = by_file(tree(tmp_path, names))
    monkeypatch.setattr(dns_challenge, "FILES_PER_SHARD", 64)
    corpus = DNSChallenge.open(str(tmp_path))
    shards = corpus.shards()["train"]
    assert len(shards) > 5
    assert len(set(shards)) == len(shards)
    assert list(by_file(tmp_path).items()) == list(expected.items())
    assert sorted(expected) == sorted(names)
    for shard in shards:
        assert 0 < len(list(corpus.clips(shard))) <= 64


@pytest.mark.parametrize("pool", POOLS.values())
def test_any_part_of_the_corpus_will_do(folder: Path, pool: str) -> None:
    whole = by_file(folder)
    for other in set(POOLS.values()) - {pool}:
        shutil.rmtree(folder / "datasets" / other)
    found = by_file(folder.rename(folder.with_name(f"only {pool}")))
    assert found == {
        file: said for file, said in whole.items() if file.startswith(f"datasets/{pool}/")
    }


def test_the_inner_folder_may_be_given_as_the_corpus(folder: Path) -> None:
    splits = {said["id"]: said["split"] for said in by_file(folder).values()}
    inner = by_file(folder / "datasets").values()
    assert {said["id"]: said["split"] for said in inner} == splits


@pytest.mark.parametrize("name", ["datasets/test_set/synthetic/noisy/a.wav", "clean/readme.txt"])
def test_a_folder_without_pools_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(CorpusLayoutError, match="audio files in one of clean, clean_fullband"):
        read(DNSChallenge, tree(tmp_path, [name]))


def test_a_folder_without_any_of_the_names_is_told(tmp_path: Path) -> None:
    with pytest.raises(CorpusLayoutError) as caught:
        DNSChallenge.open(str(tree(tmp_path / "DNS-Challenge", ["test_set/a.wav"]).parent))
    for part in ("datasets/", "clean/", DNSChallenge.homepage):
        assert part in str(caught.value)
