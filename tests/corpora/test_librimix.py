"""LibriMix: one variant out of many, paths out of ids, voices that add up to their mixture."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio_flan.corpora.speech.librimix import LibriMix
from audio_flan.errors import CorpusLayoutError
from audio_flan.model.clip import ANNOTATIONS, Clip, Reject
from audio_flan.model.draft import Draft
from audio_flan.model.randomness import Rng
from audio_flan.tasks.speech.speaker_recognition import SpeakerExtraction

TOP = "LibriMix"
MIN_16K = "Libri2Mix/wav16k/min"
DEV_TABLE = f"{MIN_16K}/metadata/mixture_dev_mix_clean.csv"


def read(folder: Path) -> list[Clip | Reject]:
    corpus = LibriMix.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> dict[str, Clip]:
    return {item.id: item for item in read(folder) if isinstance(item, Clip)}


def rejects(folder: Path) -> list[Reject]:
    return [item for item in read(folder) if isinstance(item, Reject)]


def names(folder: Path) -> list[str]:
    """The files of all mixtures and voices."""
    return [
        name
        for clip in clips(folder).values()
        for name in (clip.audio.name, *(voice.audio.name for voice in clip.voices or ()))
    ]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / TOP, tmp_path / "root" / TOP)


def add_line(folder: Path, line: str, file: str = DEV_TABLE) -> None:
    with (folder / file).open("a", encoding="utf-8", newline="") as target:
        target.write(f"{line}\n")


def test_every_clip_has_every_annotation(folder: Path) -> None:
    found = clips(folder)
    assert len(found) == 10
    for clip in found.values():
        filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
        assert filled == LibriMix.provides == {"voices"}


def test_clips_are_those_of_the_tables(folder: Path) -> None:
    for split, tables in {
        "train": [f"{MIN_16K}/metadata/mixture_train-{n}_mix_clean.csv" for n in (360, 100)],
        "validation": [DEV_TABLE],
        "test": [f"Libri{n}Mix/wav16k/min/metadata/mixture_test_mix_clean.csv" for n in (2, 3)],
    }.items():
        ids = []
        for table in tables:
            with (folder / table).open(encoding="utf-8", newline="") as file:
                ids += [row["mixture_ID"] for row in csv.DictReader(file)]
        assert [clip.id for clip in clips(folder).values() if clip.split == split] == ids


def test_voices_are_told_by_the_id(folder: Path) -> None:
    clip = clips(folder)["9009-99009-0003_9007-99007-0003_9008-99008-0001"]
    assert clip.audio.name == f"Libri3Mix/wav16k/min/test/mix_clean/{clip.id}.wav"
    assert clip.voices is not None
    assert [(v.role, v.speaker, v.utterance, v.audio.name) for v in clip.voices] == [
        (role, utterance[:4], utterance, f"Libri3Mix/wav16k/min/test/{role}/{clip.id}.wav")
        for role, utterance in zip(("s1", "s2", "s3"), clip.id.split("_"), strict=True)
    ]


def test_voices_of_the_sample_add_up_to_their_mixture(folder: Path) -> None:
    for clip in clips(folder).values():
        mixture, rate = soundfile.read(clip.audio.path, dtype="int16")
        voices = [soundfile.read(v.audio.path, dtype="int16")[0] for v in clip.voices or ()]
        assert (rate, mixture.dtype) == (16_000, np.int16)
        assert np.array_equal(np.sum(voices, axis=0, dtype=np.int32), mixture.astype(np.int32))


def test_the_sample_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    table = (folder / DEV_TABLE).read_text(encoding="utf-8")
    assert ",/data/" in table and not Path("/data/somebody/librimix").exists()
    for file in ("metadata/mixture_test_mix_both.csv", "test/noise", "test/mix_both"):
        assert (folder / MIN_16K / file).exists()
    assert (folder / "Libri2Mix/wav8k/min/dev/s1").exists()
    speakers = (folder / "LibriSpeech/SPEAKERS.TXT").read_text(encoding="utf-8")
    assert "| |CBW|" in speakers and speakers.startswith(";")
    info = (folder / "metadata/Libri2Mix/libri2mix_test-clean_info.csv").read_text()
    assert ",9007.0,F,9008.0,M" in info
    assert not any("9006" in text for text in (speakers, info))


@pytest.mark.parametrize(
    ("speaker", "gender"),
    [("9001", "female"), ("9002", "male"), ("9006", None), ("9007", "female"), ("9008", "male")],
)
def test_genders_come_from_the_tables_that_are_there(
    folder: Path, speaker: str, gender: str | None
) -> None:
    voices = [v for c in clips(folder).values() for v in c.voices or () if v.speaker == speaker]
    assert len(voices) >= 2
    assert {v.gender.value if v.gender else None for v in voices} == {gender}


def test_without_tables_of_speakers_voices_have_no_gender(folder: Path) -> None:
    expected = set(clips(folder))
    shutil.rmtree(folder / "metadata")
    shutil.rmtree(folder / "LibriSpeech")
    found = clips(folder)
    assert set(found) == expected
    assert {voice.gender for clip in found.values() for voice in clip.voices or ()} == {None}


# Variants


def test_16_khz_min_and_clean_come_first(folder: Path) -> None:
    for name in names(folder):
        assert "/wav16k/min/" in name and "mix_both" not in name


def test_noisy_mixtures_are_read_where_clean_ones_are_not(folder: Path) -> None:
    for name in ("train-360", "train-100", "dev", "test"):
        shutil.rmtree(folder / MIN_16K / name / "mix_clean")
    found = [clip for clip in clips(folder).values() if len(clip.voices or ()) == 2]
    assert [clip.split for clip in found] == ["test", "test"]
    for clip in found:
        assert clip.audio.name == f"{MIN_16K}/test/mix_both/{clip.id}.wav"
        noise, _ = soundfile.read(folder / MIN_16K / f"test/noise/{clip.id}.wav", dtype="int16")
        parts = [soundfile.read(v.audio.path, dtype="int16")[0] for v in clip.voices or ()]
        mixture, _ = soundfile.read(clip.audio.path, dtype="int16")
        assert np.array_equal(np.sum([noise, *parts], axis=0, dtype=np.int32), mixture)


def test_a_variant_whose_table_is_absent_is_not_chosen(folder: Path) -> None:
    shutil.rmtree(folder / MIN_16K / "metadata")
    found = [name for name in names(folder) if "Libri2Mix" in name]
    assert len(found) == 3
    assert all("/wav8k/min/dev/" in name for name in found)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("wav16k/min", "wav16k/max"),
        ("wav16k/max", "wav8k/min"),
        ("wav8k/min", "wav8k/max"),
    ],
)
def test_rate_counts_before_mode(folder: Path, better: str, worse: str) -> None:
    source = folder.with_name("source")
    (folder / MIN_16K).rename(source)
    shutil.rmtree(folder / "Libri2Mix")
    for variant in (worse, better):
        shutil.copytree(source, folder / "Libri2Mix" / variant)
    assert {n.split("/", 1)[1].rsplit("/", 3)[0] for n in names(folder) if "Libri2" in n} == {
        better
    }


def test_ids_are_unique_though_variants_share_them(folder: Path) -> None:
    shutil.copytree(folder / MIN_16K, folder / "Libri2Mix/wav16k/max")
    ids = [item.id for item in read(folder) if isinstance(item, Clip)]
    assert len(ids) == len(set(ids)) == 10


# Places


def test_the_folder_of_one_number_of_speakers_is_taken(folder: Path) -> None:
    whole = clips(folder)
    for top, count in (("Libri2Mix", 2), ("Libri3Mix", 3)):
        expected = [(id, c.split) for id, c in whole.items() if len(c.voices or ()) == count]
        found = clips(folder / top)
        assert [(id, clip.split) for id, clip in found.items()] == expected
        for clip in found.values():
            assert (folder / top / clip.audio.name).is_file()


def test_one_variant_is_taken(folder: Path) -> None:
    whole = [id for id, c in clips(folder).items() if len(c.voices or ()) == 2]
    found = clips(folder / MIN_16K)
    assert list(found) == whole
    assert all((folder / MIN_16K / clip.audio.name).is_file() for clip in found.values())
    assert len(clips(folder / "Libri2Mix/wav8k/min")) == 1


def test_sets_may_lie_in_the_root_itself(folder: Path) -> None:
    root = folder.rename(folder.with_name("corpora"))
    found = LibriMix.find(str(root))
    assert found is not None
    assert {split: len(shards) for split, shards in found.shards().items()} == {
        "train": 2,
        "validation": 1,
        "test": 2,
    }


def test_subsets_that_were_not_made_are_left_out(folder: Path) -> None:
    for name in ("train-360", "dev"):
        (folder / MIN_16K / f"metadata/mixture_{name}_mix_clean.csv").unlink()
    assert [clip.split for clip in clips(folder).values()] == ["train"] * 2 + ["test"] * 4


def test_a_copy_without_any_table_is_told(folder: Path) -> None:
    for file in folder.rglob("mixture_*.csv"):
        file.unlink()
    with pytest.raises(CorpusLayoutError, match=r"metadata/mixture_<subset>_<type>\.csv"):
        read(folder)


# Tables


@pytest.mark.parametrize("header", ["", "id,path,length", "mixture_id,mixture_path,length"])
def test_a_table_with_another_header_is_told(folder: Path, header: str) -> None:
    lines = (folder / DEV_TABLE).read_text(encoding="utf-8").split("\n")
    (folder / DEV_TABLE).write_text("\n".join([header, *lines[1:]]), encoding="utf-8")
    with pytest.raises(CorpusLayoutError, match=r"mixture_dev_mix_clean\.csv with a column"):
        read(folder)


def test_a_path_with_a_comma_and_further_columns_do_no_harm(folder: Path) -> None:
    expected = read(folder)
    header, *lines = (folder / DEV_TABLE).read_text(encoding="utf-8").splitlines()
    changed = [f",{header}"]
    for number, line in enumerate(lines):
        id, path, *rest = line.split(",")
        changed.append(",".join([str(number), id, f'"/my, data{path}"', *rest]))
    (folder / DEV_TABLE).write_text("\n".join(changed) + "\n", encoding="utf-8")
    assert read(folder) == expected


@pytest.mark.parametrize(
    "id",
    [
        "9005-1-0001",
        "9005-1-0001_9006-1-0001_9007-1-0001",
        "../9005-1-0001_9006-1-0001",
        "9005-1-0001_9006-1-0001/../../x",
        "",
        "a_b",
    ],
)
def test_a_mixture_id_that_is_not_of_two_utterances_is_rejected(folder: Path, id: str) -> None:
    add_line(folder, f"{id},/x,/y,/z,1")
    assert [(r.clip, r.reason) for r in rejects(folder)] == [(f"{DEV_TABLE}:4", "malformed-line")]
    assert len(clips(folder)) == 10


def test_bad_lines_are_rejected_with_their_place(folder: Path) -> None:
    add_line(folder, "9005-1-0001_9006-1-0001,/x,/y")
    with (folder / DEV_TABLE).open("a", encoding="utf-8") as file:
        file.write("9005-1-0001_9006-1-00")
    assert [(r.clip, r.reason) for r in rejects(folder)] == [
        (f"{DEV_TABLE}:4", "malformed-line"),
        (f"{DEV_TABLE}:5", "truncated-line"),
    ]


# The task


def test_every_voice_of_the_sample_is_a_target_with_another_utterance_of_its_speaker(
    folder: Path,
) -> None:
    corpus, task = LibriMix.open(str(folder)), SpeakerExtraction()
    counts = {}
    for split, shards in corpus.shards().items():
        drafts = []
        for shard in shards:
            window = [clip for clip in corpus.clips(shard) if isinstance(clip, Clip)]
            drafts += [d for d in task.pairs(window, Rng(0, shard.part[0])) if isinstance(d, Draft)]
        counts[split] = len(drafts)
        for draft in drafts:
            (clip,), (other,) = draft.clips, draft.auxiliary
            target = next(v for v in clip.voices or () if v.audio == draft.slots["target_speech"])
            sample = next(v for v in other.voices or () if v.audio == draft.slots["speaker_audio"])
            assert target.speaker == sample.speaker
            assert target.utterance != sample.utterance
    assert counts == {"train": 8, "validation": 4, "test": 4 + 6}
