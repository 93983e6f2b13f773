"""LibriMix: one variant out of many, paths out of ids, voices that add up to their mixture."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from cases import Edit, Quirk, all_of, append, prepend, remove, rename, replace, saved_in, write

from audio_flan.corpora import corpus_class
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft
from audio_flan.model.randomness import Rng
from audio_flan.tasks.speech.speaker_recognition import SpeakerExtraction

LibriMix = corpus_class("librimix")
TWO = "Libri2Mix/wav16k/min"
THREE = "Libri3Mix/wav16k/min"
DEV_TABLE = f"{TWO}/metadata/mixture_dev_mix_clean.csv"
HEADER = "mixture_ID,mixture_path,source_1_path,source_2_path,length"
SPEAKERS = "LibriSpeech/SPEAKERS.TXT"
INFO = "metadata/Libri2Mix/libri2mix_test-clean_info.csv"

FOLDERS = {
    "9001-99001-0001_9002-99002-0003": f"{TWO}/train-360",
    "9002-99002-0002_9001-99001-0004": f"{TWO}/train-360",
    "9003-99003-0001_9004-99004-0002": f"{TWO}/train-100",
    "9003-99003-0003_9004-99004-0004": f"{TWO}/train-100",
    "9005-99005-0001_9006-99006-0004": f"{TWO}/dev",
    "9006-99006-0002_9005-99005-0003": f"{TWO}/dev",
    "9007-99007-0001_9008-99008-0002": f"{TWO}/test",
    "9008-99008-0003_9007-99007-0004": f"{TWO}/test",
    "9007-99007-0002_9008-99008-0004_9009-99009-0001": f"{THREE}/test",
    "9009-99009-0003_9007-99007-0003_9008-99008-0001": f"{THREE}/test",
}
"""Folder of each mixture: 16 before 8 kHz, and mix_clean before mix_both."""
SPLITS = {"train-360": "train", "train-100": "train", "dev": "validation", "test": "test"}
OF_TWO = tuple(id for id, folder in FOLDERS.items() if folder.startswith(TWO))
DEV = OF_TWO[4:6]
TEST = OF_TWO[6:]
GENDERS = {
    "9001": "female",
    # A name with a bar inside of it follows.
    "9002": "male",
    "9003": "female",
    "9004": "male",
    "9005": "female",
    # In no table.
    "9006": None,
    # By mixture, their ids as floats.
    "9007": "female",
    "9008": "male",
    "9009": "female",
}


def mixture(
    id: str,
    folder: str = "",
    type: str = "mix_clean",
    genders: Mapping[str, str | None] = GENDERS,
) -> dict[str, Any]:
    """What a mixture says that lies in a folder, by default its own."""
    folder = folder or FOLDERS[id]
    voices = (
        {
            "role": f"s{number}",
            "speaker": utterance[:4],
            "gender": genders.get(utterance[:4]),
            "instrument": None,
            "utterance": utterance,
            "file": f"{folder}/s{number}/{id}.wav",
        }
        for number, utterance in enumerate(id.split("_"), 1)
    )
    return {"voices": tuple(voices), "file": f"{folder}/{type}/{id}.wav"}


# Edits


def as_variants(*variants: str) -> Edit:
    """Put the mixtures of two speakers into other variants."""

    def edit(folder: Path) -> None:
        source = (folder / TWO).rename(folder.with_name("source"))
        shutil.rmtree(folder / "Libri2Mix")
        for variant in variants:
            shutil.copytree(source, folder / "Libri2Mix" / variant)

    return edit


def columns_turned_round(folder: Path) -> None:
    lines = (folder / DEV_TABLE).read_text(encoding="utf-8").splitlines()
    turned = [",".join(reversed(line.split(","))) for line in lines]
    write(DEV_TABLE, "\n".join(turned) + "\n")(folder)


def index_and_commas(folder: Path) -> None:
    """A column without name before all others, and commas in paths."""
    header, *lines = (folder / DEV_TABLE).read_text(encoding="utf-8").splitlines()
    changed = [f",{header}"]
    for number, line in enumerate(lines):
        id, path, rest = line.split(",", 2)
        changed.append(f'{number},{id},"/my, data{path}",{rest}')
    write(DEV_TABLE, "\n".join(changed) + "\n")(folder)


def without_tables(folder: Path) -> None:
    for file in folder.rglob("mixture_*.csv"):
        file.unlink()


# The table

CLIPS = 10
SAYS = {
    id: {**mixture(id), "split": SPLITS[folder.rpartition("/")[2]]}
    for id, folder in FOLDERS.items()
}
NO_MIXTURES = (
    "9005-1-0001",
    "9005-1-0001_9006-1-0001_9007-1-0001",
    "../9005-1-0001_9006-1-0001",
    "9005-1-0001_9006-1-0001/../../x",
    "",
    "a_b",
)
QUIRKS = [
    Quirk(
        "paths of the tables are of another machine and not read",
        replace(DEV_TABLE, "/data/somebody/librimix", "/etc"),
    ),
    *(
        Quirk(
            f"{better} is read before {worse}, with the same ids",
            as_variants(worse, better),
            says={
                id: mixture(id, folder.replace(TWO, f"Libri2Mix/{better}"))
                for id, folder in FOLDERS.items()
                if id in OF_TWO
            },
        )
        for better, worse in (
            ("wav16k/min", "wav16k/max"),
            ("wav16k/max", "wav8k/min"),
            ("wav8k/min", "wav8k/max"),
        )
    ),
    Quirk(
        "noisy mixtures are read where clean ones are not",
        remove(*(f"{TWO}/{subset}/mix_clean" for subset in SPLITS)),
        says={id: mixture(id, type="mix_both") for id in TEST},
        gone=OF_TWO[:6],
    ),
    Quirk(
        "a variant whose table is absent is not chosen",
        remove(f"{TWO}/metadata"),
        says={DEV[0]: mixture(DEV[0], "Libri2Mix/wav8k/min/dev")},
        gone=tuple(id for id in OF_TWO if id != DEV[0]),
    ),
    Quirk(
        "mixtures of one voice and noise are not read",
        all_of(
            write(f"{TWO}/dev/mix_single/{DEV[0]}.wav", b""),
            write(
                f"{TWO}/metadata/mixture_dev_mix_single.csv",
                f"mixture_ID,mixture_path,source_1_path,noise_path,length\n{DEV[0]},/a,/b,/c,1\n",
            ),
        ),
    ),
    Quirk(
        "subsets that were not made are left out",
        remove(DEV_TABLE, f"{TWO}/metadata/mixture_train-360_mix_clean.csv"),
        gone=(*OF_TWO[:2], *DEV),
    ),
    Quirk(
        "without tables of speakers voices have no gender",
        remove("metadata", "LibriSpeech"),
        says={id: mixture(id, genders={}) for id in FOLDERS},
    ),
    Quirk("the table of speakers may lie beside the sets", rename(SPEAKERS, "SPEAKERS.TXT")),
    Quirk("the repository may lie in the storage folder", rename("metadata", "LibriMix/metadata")),
    Quirk(
        "a name in Latin-1 harms no speaker",
        all_of(
            append(SPEAKERS, "9010 | F | dev-clean | 8.01 | Zo\xeb"), saved_in(SPEAKERS, "latin-1")
        ),
    ),
    *(
        Quirk(
            f"a table with the header {header!r} is named",
            replace(DEV_TABLE, HEADER, header),
            error=r"mixture_dev_mix_clean\.csv with the columns 'mixture_ID,",
        )
        for header in ("", "id,path,length", HEADER.replace("ID", "id"))
    ),
    Quirk(
        "a copy without any table is named",
        without_tables,
        error=r"metadata/mixture_<subset>_<type>\.csv",
    ),
    Quirk("columns may be in another order", columns_turned_round),
    Quirk("a path with a comma and further columns do no harm", index_and_commas),
    Quirk("a byte order mark is no part of the header", prepend(DEV_TABLE, "\ufeff")),
    *(
        Quirk(
            f"{id!r}, an id that is not of two utterances, is rejected",
            append(DEV_TABLE, f"{id},/x,/y,/z,1"),
            rejects={f"{DEV_TABLE}:4": "malformed-line"},
        )
        for id in NO_MIXTURES
    ),
    Quirk(
        "an id of two utterances is none of three",
        append(
            f"{THREE}/metadata/mixture_test_mix_clean.csv", "9007-1-0001_9008-1-0001,/x,/y,/z,/a,1"
        ),
        rejects={f"{THREE}/metadata/mixture_test_mix_clean.csv:4": "malformed-line"},
    ),
    Quirk(
        "a short line is rejected, and a last one that was cut off",
        all_of(
            append(DEV_TABLE, "9005-1-0001_9006-1-0001,/x,/y"),
            lambda folder: write(
                DEV_TABLE, (folder / DEV_TABLE).read_bytes() + b"9005-1-0001_9006-1-00"
            )(folder),
        ),
        rejects={f"{DEV_TABLE}:4": "malformed-line", f"{DEV_TABLE}:5": "truncated-line"},
    ),
]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "LibriMix", tmp_path / "root" / "LibriMix")


def clips(folder: Path) -> list[Clip]:
    corpus = LibriMix.open(str(folder))
    shards = [shard for found in corpus.shards().values() for shard in found]
    return [item for shard in shards for item in corpus.clips(shard) if isinstance(item, Clip)]


# The miniature


def test_the_miniature_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    table = (folder / DEV_TABLE).read_text(encoding="utf-8")
    assert ",/data/" in table and not Path("/data/somebody/librimix").exists()
    for file in ("metadata/mixture_test_mix_both.csv", "test/noise", "test/mix_both"):
        assert (folder / TWO / file).exists()
    assert (folder / "Libri2Mix/wav8k/min/dev/s1").exists()
    speakers = (folder / SPEAKERS).read_text(encoding="utf-8")
    assert "| |CBW|" in speakers and speakers.startswith(";")
    info = (folder / INFO).read_text()
    assert ",9007.0,F,9008.0,M" in info
    assert not any("9006" in text for text in (speakers, info))


def test_clips_are_those_of_the_tables_in_their_order(folder: Path) -> None:
    for split, tables in {
        "train": [f"{TWO}/metadata/mixture_train-{n}_mix_clean.csv" for n in (360, 100)],
        "validation": [DEV_TABLE],
        "test": [f"{top}/metadata/mixture_test_mix_clean.csv" for top in (TWO, THREE)],
    }.items():
        ids = []
        for table in tables:
            with (folder / table).open(encoding="utf-8", newline="") as file:
                ids += [row["mixture_ID"] for row in csv.DictReader(file)]
        assert [clip.id for clip in clips(folder) if clip.split == split] == ids


@pytest.mark.parametrize("noisy", [False, True])
def test_voices_of_the_miniature_add_up_to_their_mixture(folder: Path, noisy: bool) -> None:
    if noisy:
        remove(*(f"{TWO}/{subset}/mix_clean" for subset in SPLITS))(folder)
    found = [clip for clip in clips(folder) if not noisy or "mix_both" in clip.audio.name]
    assert len(found) == (2 if noisy else 10)
    for clip in found:
        mixed, rate = soundfile.read(clip.audio.path, dtype="int16")
        parts = [soundfile.read(v.audio.path, dtype="int16")[0] for v in clip.voices or ()]
        if noisy:
            parts.append(
                soundfile.read(folder / TWO / f"test/noise/{clip.id}.wav", dtype="int16")[0]
            )
        assert (rate, mixed.dtype) == (16_000, np.int16)
        assert np.array_equal(np.sum(parts, axis=0, dtype=np.int32), mixed.astype(np.int32))


# Places


@pytest.mark.parametrize(("top", "count"), [("Libri2Mix", 2), ("Libri3Mix", 3)])
def test_the_folder_of_one_number_of_speakers_is_taken(folder: Path, top: str, count: int) -> None:
    expected = [(c.id, c.split) for c in clips(folder) if len(c.voices or ()) == count]
    found = clips(folder / top)
    assert [(clip.id, clip.split) for clip in found] == expected
    assert all((folder / top / clip.audio.name).is_file() for clip in found)


def test_one_variant_is_taken(folder: Path) -> None:
    found = clips(folder / TWO)
    assert [clip.id for clip in found] == list(OF_TWO)
    assert all((folder / TWO / clip.audio.name).is_file() for clip in found)
    assert [clip.id for clip in clips(folder / "Libri2Mix/wav8k/min")] == [DEV[0]]


def test_sets_may_lie_in_the_root_itself(folder: Path) -> None:
    found = LibriMix.find(str(folder.rename(folder.with_name("corpora"))))
    assert found is not None
    counts = {split: len(shards) for split, shards in found.shards().items()}
    assert counts == {"train": 2, "validation": 1, "test": 2}


# The task


def test_every_voice_is_a_target_with_another_utterance_of_its_speaker(folder: Path) -> None:
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
