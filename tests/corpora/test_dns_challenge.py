"""DNS Challenge: trees of five editions, what names tell, singing and noises among the pools."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.speech import dns_challenge
from audio_flan.corpora.speech.dns_challenge import DNSChallenge
from audio_flan.corpora.speech.dns_challenge.miniature import ROOMS
from audio_flan.errors import CorpusLayoutError
from audio_flan.generate.pools import draw_pools
from audio_flan.media import audio
from audio_flan.model.clip import ANNOTATIONS, Clip, Reject
from audio_flan.tasks import get_task

POOLS = {"clean_speech": "clean", "noise": "noise", "room_response": "impulse_responses"}


def read(folder: Path) -> list[Clip | Reject]:
    corpus = DNSChallenge.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> list[Clip]:
    found = read(folder)
    assert not [item for item in found if isinstance(item, Reject)]
    return [item for item in found if isinstance(item, Clip)]


def by_name(folder: Path) -> dict[str, Clip]:
    return {clip.audio.name: clip for clip in clips(folder)}


def tree(folder: Path, names: Iterable[str]) -> Path:
    """A tree of empty files."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


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
    assert set(by_name(folder)) == found - left_out


def test_a_clip_is_of_one_pool_and_bears_its_fields(folder: Path) -> None:
    for name, clip in by_name(folder).items():
        filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
        (pool,) = filled & set(POOLS)
        assert name.startswith(f"datasets/{POOLS[pool]}/")
        assert getattr(clip, pool) is True
        expected = {"clean_speech", "speaker", "language"} if pool == "clean_speech" else {pool}
        assert filled == expected


def test_shards_tell_what_their_clips_may_have(folder: Path) -> None:
    corpus = DNSChallenge.open(str(folder))
    for shards in corpus.shards().values():
        for shard in shards:
            assert shard.provides is not None
            for clip in corpus.clips(shard):
                assert isinstance(clip, Clip)
                filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
                assert filled <= shard.provides
    assert frozenset[str]().union(
        *(s.provides or () for shards in corpus.shards().values() for s in shards)
    ) == (DNSChallenge.provides)


def test_every_split_has_every_pool_and_shares_no_speaker_recording_or_room(folder: Path) -> None:
    groups: dict[str, dict[str, str]] = {field: {} for field in POOLS}
    splits: dict[str, set[str]] = {field: set() for field in POOLS}
    patterns = {
        "clean_speech": r"(reader_\d+|/S\d{4}/)",
        "noise": r"/([^/]*_Freesound_validated_\d+|[\w-]{11})(?:_\d+)?\.wav$",
        "room_response": r"(Room\d+/|largeroom1)",
    }
    for name, clip in by_name(folder).items():
        field = next(field for field in POOLS if getattr(clip, field))
        match = re.search(patterns[field], name)
        assert match, name
        assert groups[field].setdefault(match[1], clip.split) == clip.split
        splits[field].add(clip.split)
    assert set(map(frozenset, splits.values())) == {frozenset({"train", "validation", "test"})}
    assert all(len(found) > 3 for found in groups.values())


def test_responses_have_a_direct_sound_and_the_decay_that_is_told(folder: Path) -> None:
    responses = {n: c for n, c in by_name(folder).items() if c.room_response}
    for name, clip in responses.items():
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
        assert clip.audio.is_whole
    assert {audio.waveform(clip.audio).samples.shape[0] for clip in responses.values()} == {1, 2}


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_tasks_draw_their_noises_and_rooms_from_the_pools(folder: Path, split: str) -> None:
    corpus: Corpus = DNSChallenge.open(str(folder))
    for config, role in (("speech_denoising", "noise"), ("speech_dereverberation", "room")):
        task = get_task(config)
        assert len(draw_pools(task, [corpus], split)[role]) > 0
        read_files = {shard.part[0] for shard in filter(task.reads, corpus.shards()[split])}
        assert read_files == {"datasets/clean"}


# What names tell


@pytest.mark.parametrize(
    ("name", "speaker", "language"),
    [
        ("clean/book_00000_chp_0009_reader_06709_0.wav", "reader_06709", "en"),
        ("clean/read_speech/book_1_chp_2_reader_00003_4_seg_1.wav", "reader_00003", "en"),
        ("clean/emotional_speech/crema_d/1004_TAI_SAD_XX.wav", "1004", "en"),
        ("clean/mandarin_speech/slr33_aishell/S0717/BAC009S0717W0309.wav", "S0717", "zh"),
        ("clean/german_speech/M-AILABS/by_book/male/karl/buch/wavs/buch_01.wav", None, "de"),
        ("clean/french_data/a.wav", None, "fr"),
        ("clean_fullband/french_speech/reader_12.wav", None, "fr"),
        ("clean_fullband/italian_speech/x/y.wav", None, "it"),
        ("clean_fullband/russian_speech/x.wav", None, "ru"),
        ("clean_fullband/spanish_speech/arf_00295_00012345678.wav", None, "es"),
        ("clean_fullband/vctk_wav48_silence_trimmed/p225/p225_001_mic1.flac", "p225", "en"),
        ("clean_fullband/vctk_wav48_silence_trimmed/p225/other.wav", None, "en"),
        ("clean_fullband/emotional_speech/other/1004_TAI_SAD_XX.wav", None, None),
        ("clean/some_new_source/p225_001.wav", None, None),
        ("mnt/dnsv5/clean/read_speech/book_0_chp_0_reader_00001_0_x.wav", "reader_00001", "en"),
        ("Track1_Headset/mnt/dnsv5/clean/german_speech/x.wav", None, "de"),
        ("clean_fullband/mnt/dnsv5/clean/spanish_speech/x.wav", None, "es"),
    ],
)
@pytest.mark.parametrize("base", ["", "datasets/", "datasets_fullband/"])
def test_speaker_and_language_are_those_of_the_name(
    base: str, name: str, speaker: str | None, language: str | None, tmp_path: Path
) -> None:
    (clip,) = clips(tree(tmp_path, [base + name]))
    assert (clip.speaker, clip.language, clip.clean_speech) == (speaker, language, True)
    assert clip.audio.name == base + name
    assert clip.id == name.rpartition(".")[0].replace("/", ".")


@pytest.mark.parametrize(
    "folder_of_singing",
    ["singing_voice/VocalSet11/FULL/female2", "VocalSet_48kHz_mono", "singing_voice"],
)
def test_singing_is_no_speech(folder_of_singing: str, tmp_path: Path) -> None:
    speech = "clean_fullband/read_speech/book_0_chp_0_reader_00001_0.wav"
    singing = f"clean_fullband/{folder_of_singing}/f2_long.wav"
    assert set(by_name(tree(tmp_path, [speech, singing]))) == {speech}


def test_a_file_named_after_singing_elsewhere_is_kept(tmp_path: Path) -> None:
    assert len(clips(tree(tmp_path, ["clean/read_speech/vocalset_of_words.wav"]))) == 1


# Pools


def test_responses_of_slr28_that_slr26_has_are_left_out_and_others_are_not(tmp_path: Path) -> None:
    again = "impulse_responses/SLR28/RIRS_NOISES/simulated_rirs/smallroom/Room001/Room001-00001.wav"
    first = "impulse_responses/SLR26/simulated_rirs_16k/smallroom/Room001/Room001-00001.wav"
    assert set(by_name(tree(tmp_path / "both", [again, first]))) == {first}
    assert set(by_name(tree(tmp_path / "one", [again]))) == {again}


def test_noises_among_the_responses_are_left_out(tmp_path: Path) -> None:
    base = "impulse_responses/SLR28/RIRS_NOISES"
    noises = [
        f"{base}/pointsource_noises/noise-free-sound-0000.wav",
        f"{base}/real_rirs_isotropic_noises/RWCP_type4_noise_rtr_1.wav",
    ]
    response = f"{base}/real_rirs_isotropic_noises/air_type1_air_binaural_office_0_1.wav"
    assert set(by_name(tree(tmp_path, [*noises, response]))) == {response}


def test_rooms_of_both_trees_are_read_once_and_their_speech_is_not_lost(tmp_path: Path) -> None:
    room = "impulse_responses/SLR26/simulated_rirs_{}/smallroom/Room001/Room001-00001.wav"
    names = [
        f"datasets/{room.format('16k')}",
        f"datasets_fullband/{room.format('48k')}",
        "datasets/clean/read_speech/book_0_chp_0_reader_00001_0.wav",
        "datasets_fullband/clean_fullband/read_speech/book_0_chp_0_reader_00001_0.wav",
    ]
    found = by_name(tree(tmp_path, names))
    assert set(found) == set(names) - {names[1]}
    assert len({clip.id for clip in found.values()}) == 3
    assert found[names[2]].split == found[names[3]].split


def test_what_the_synthesizer_wrote_is_rejected(tmp_path: Path) -> None:
    written = ["clean/clean_fileid_1.wav", "noise/noise_fileid_20.wav"]
    kept = ["clean/read_speech/x.wav", "noise/mini-dns001.wav"]
    found = read(tree(tmp_path, [*written, *kept, "noisy/a_snr1_tl-20_fileid_1.wav"]))
    rejects = {item.clip: item.reason for item in found if isinstance(item, Reject)}
    assert rejects == dict.fromkeys(written, "generated-audio")
    assert {item.audio.name for item in found if isinstance(item, Clip)} == set(kept)


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("clean/read_speech/book_{n}_chp_1_reader_00042_0.wav", 1),
        ("clean/mandarin_speech/slr33_aishell/S0100/BAC009S0100W{n:04d}.wav", 1),
        ("clean/german_speech/M-AILABS/by_book/male/karl/book{n}/wavs/a.wav", 1),
        ("clean/german_speech/corpus/data/{n}.wav", 1),
        ("clean_fullband/spanish_speech/arf_00295_{n}.wav", 1),
        ("clean_fullband/mnt/dnsv5/clean/spanish_speech/arf_00295_{n}.wav", 1),
        ("noise/door_Freesound_validated_9_{n}.wav", 1),
        ("impulse_responses/SLR26/simulated_rirs_16k/smallroom/Room007/Room007-{n:05d}.wav", 1),
        ("impulse_responses/SLR28/x/air_type1_air_binaural_office_{n}_1_3.wav", 1),
        ("clean/read_speech/book_1_chp_1_reader_{n:05d}_0.wav", 3),
        ("clean_fullband/spanish_speech/arf_{n}_000.wav", 3),
        ("noise/door_Freesound_validated_{n}_0.wav", 3),
        ("noise/youtube{n:04d}.wav", 3),
        ("impulse_responses/SLR26/simulated_rirs_16k/smallroom/Room{n:03d}/Room{n:03d}-1.wav", 3),
    ],
)
def test_what_belongs_together_is_in_one_split(pattern: str, count: int, tmp_path: Path) -> None:
    found = clips(tree(tmp_path, [pattern.format(n=number) for number in range(300)]))
    assert len(found) == 300
    splits = [clip.split for clip in found]
    assert len(set(splits)) == count
    if count == 3:
        assert 0.88 < splits.count("train") / 300 < 0.98


# Shards


def test_long_folders_are_read_in_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"clean/read_speech/book_0_chp_0_reader_{n % 40:05d}_{n}.wav" for n in range(500)]
    expected = clips(tree(tmp_path, names))
    monkeypatch.setattr(dns_challenge, "FILES_PER_SHARD", 64)
    corpus = DNSChallenge.open(str(tmp_path))
    shards = corpus.shards()["train"]
    assert len(shards) > 5
    assert len(set(shards)) == len(shards)
    assert clips(tmp_path) == expected
    assert sorted(clip.audio.name for clip in expected) == sorted(names)
    for shard in shards:
        assert 0 < len(list(corpus.clips(shard))) <= 64


@pytest.mark.parametrize("pool", ["clean", "noise", "impulse_responses"])
def test_any_part_of_the_corpus_will_do(folder: Path, pool: str) -> None:
    whole = by_name(folder)
    for other in set(POOLS.values()) - {pool}:
        shutil.rmtree(folder / "datasets" / other)
    copy = folder.rename(folder.with_name(f"only {pool}"))
    found = by_name(copy)
    assert set(found) == {name for name in whole if name.startswith(f"datasets/{pool}/")}
    comparable = set(Clip._fields) - {"audio"}
    for name, clip in found.items():
        assert all(getattr(clip, f) == getattr(whole[name], f) for f in comparable)


def test_the_inner_folder_may_be_given_as_the_corpus(folder: Path) -> None:
    ids = {clip.id: clip.split for clip in clips(folder)}
    assert {clip.id: clip.split for clip in clips(folder / "datasets")} == ids


@pytest.mark.parametrize("name", ["datasets/test_set/synthetic/noisy/a.wav", "clean/readme.txt"])
def test_a_folder_without_pools_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(CorpusLayoutError, match="audio files in one of clean, clean_fullband"):
        read(tree(tmp_path, [name]))


def test_a_folder_without_any_of_the_names_is_told(tmp_path: Path) -> None:
    with pytest.raises(CorpusLayoutError) as caught:
        DNSChallenge.open(str(tree(tmp_path / "DNS-Challenge", ["test_set/a.wav"]).parent))
    for part in ("datasets/", "clean/", DNSChallenge.homepage):
        assert part in str(caught.value)
