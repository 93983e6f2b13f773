"""`audio_flan.load_dataset` and the builder: what users of `datasets` expect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import datasets
import pytest
from built_card import files_of, front_matter

import audio_flan
from audio_flan.errors import CorpusLayoutError, RootError, UnknownNameError
from audio_flan.tasks import task_configs


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def card(whole_build: Path) -> dict[str, Any]:
    """The YAML of the card, which `datasets` would parse again for each config."""
    return front_matter(whole_build)


def published_rows(out: Path, card: dict[str, Any], config: str) -> datasets.IterableDatasetDict:
    """The rows of a config as they lie, of the files that the card names."""
    (listed,) = (c for c in card["configs"] if c["config_name"] == config)
    files = {
        split: list(map(str, found)) for split, found in files_of(out, listed["data_files"]).items()
    }
    return datasets.load_dataset("parquet", data_files=files, streaming=True)


def first_of_each_corpus(rows: Iterable[dict[str, Any]], limit: int | None) -> list[dict[str, Any]]:
    """The rows that a limit leaves of a split."""
    seen: Counter[str] = Counter()
    found = []
    for row in rows:
        seen[row["corpus"]] += 1
        if limit is None or seen[row["corpus"]] <= limit:
            found.append(row)
    return found


@pytest.mark.parametrize("config", task_configs())
def test_stream_map_and_published_rows_are_equal(
    config: str,
    miniatures: Path,
    whole_build: Path,
    card: dict[str, Any],
    cache: str,
    first_rows: int | None,
) -> None:
    options = {"root": miniatures, "limit": first_rows, "cache_dir": cache}
    mapped = audio_flan.load_dataset(config, **options)
    streamed = audio_flan.load_dataset(config, streaming=True, **options)
    assert isinstance(mapped, datasets.DatasetDict)
    assert isinstance(streamed, datasets.IterableDatasetDict)
    published = published_rows(whole_build, card, config)
    assert set(mapped) == set(streamed) == set(published)
    for split in mapped:
        rows = list(mapped[split])
        assert rows == list(streamed[split])
        as_they_lie = published[split].decode(False)
        assert rows == first_of_each_corpus(as_they_lie, first_rows)
        assert mapped[split].features == as_they_lie.features


def test_what_was_prepared_can_be_streamed(miniatures: Path, tmp_path: Path) -> None:
    options = {"root": miniatures, "split": "test", "cache_dir": str(tmp_path)}
    mapped = audio_flan.load_dataset("speech_asr", **options)
    # `datasets` now has features of its own for it, whose audio it would encode by torchcodec.
    streamed = audio_flan.load_dataset("speech_asr", streaming=True, **options)
    assert list(mapped) == list(streamed) != []


def test_one_split_gives_one_dataset(miniatures: Path, cache: str) -> None:
    rows = audio_flan.load_dataset(
        "speech_asr", root=str(miniatures), split="test", cache_dir=cache
    )
    assert isinstance(rows, datasets.Dataset) and {"aishell3", "ljspeech"} <= set(rows["corpus"])
    stream = audio_flan.load_dataset("speech_asr", root=miniatures, split="test", streaming=True)
    assert isinstance(stream, datasets.IterableDataset)
    part = audio_flan.load_dataset("speech_asr", root=miniatures, split="test[:3]", cache_dir=cache)
    assert part["uuid"][:] == rows["uuid"][:3]


def test_audio_decodes_without_torch(miniatures: Path) -> None:
    row = next(
        iter(audio_flan.load_dataset("speech_asr", root=miniatures, streaming=True)["train"])
    )
    decoded, rate = audio_flan.decode(row["input_audio"])
    assert rate == 44_100 and decoded.shape[0] == 1
    assert decoded.shape[1] / rate == pytest.approx(row["seconds"], abs=1e-4)


def test_corpora_select_and_point_anywhere(miniatures: Path) -> None:
    def corpora(**options: object) -> set[str]:
        stream = audio_flan.load_dataset("speech_asr", split="train", streaming=True, **options)
        return {row["corpus"] for row in stream}

    assert corpora(root=miniatures, corpora=["ljspeech"]) == {"ljspeech"}
    assert corpora(corpora={"aishell3": str(miniatures / "data_aishell3")}) == {"aishell3"}
    both = {"aishell3": str(miniatures / "data_aishell3"), "ljspeech": str(miniatures)}
    assert corpora(corpora=both) == {"aishell3", "ljspeech"}


def test_limit_and_seed_are_kept_apart_in_the_cache(miniatures: Path, cache: str) -> None:
    def load(**options: int) -> list[dict[str, object]]:
        return list(
            audio_flan.load_dataset(
                "speech_denoising", root=miniatures, split="train", cache_dir=cache, **options
            )
        )

    corpora = [row["corpus"] for row in load(limit=1)]
    assert {"aishell3", "ljspeech"} <= set(corpora) and len(corpora) == len(set(corpora))
    first, second = load(), load(seed=1)
    assert [row["uuid"] for row in first] == [row["uuid"] for row in second]
    assert all(
        one["input_audio"]["bytes"] != other["input_audio"]["bytes"]
        for one, other in zip(first, second, strict=True)
    )


def test_changed_metadata_is_not_answered_from_the_cache(
    miniatures: Path, tmp_path: Path, cache: str
) -> None:
    import shutil

    folder = tmp_path / "LJSpeech-1.1"
    shutil.copytree(miniatures / "LJSpeech-1.1", folder)

    def count() -> int:
        rows = audio_flan.load_dataset("speech_asr", root=tmp_path, split="train", cache_dir=cache)
        return len(rows)

    assert count() == 4
    lines = (folder / "metadata.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "metadata.csv").write_text("".join(lines[1:]), encoding="utf-8")
    assert count() == 3


def test_processes_share_the_work(miniatures: Path, tmp_path: Path) -> None:
    rows = audio_flan.load_dataset(
        "speech_tts", root=miniatures, split="train", cache_dir=str(tmp_path), num_proc=2
    )
    alone = audio_flan.load_dataset("speech_tts", root=miniatures, split="train", streaming=True)
    assert sorted(rows["uuid"]) == sorted(row["uuid"] for row in alone)


def test_a_stream_is_divided_between_nodes(miniatures: Path) -> None:
    from datasets.distributed import split_dataset_by_node

    stream = audio_flan.load_dataset("speech_asr", root=miniatures, split="train", streaming=True)
    nodes = [
        {row["uuid"] for row in split_dataset_by_node(stream, rank=rank, world_size=2)}
        for rank in (0, 1)
    ]
    assert not nodes[0] & nodes[1]
    assert nodes[0] | nodes[1] == {row["uuid"] for row in stream}


def test_streams_mix_with_published_ones(miniatures: Path, whole_build: Path, cache: str) -> None:
    own = audio_flan.load_dataset("speech_asr", root=miniatures, split="train", streaming=True)
    published = datasets.load_dataset(
        str(whole_build),
        "audio_scene_classification",
        split="train",
        streaming=True,
        cache_dir=cache,
    )
    mixed = datasets.interleave_datasets([own, published.decode(False)])
    assert {row["domain"] for row in mixed} == {"speech", "audio"}


def test_views_hold_the_rows_of_their_tasks(whole_build: Path, cache: str) -> None:
    def uuids(config: str) -> set[str]:
        options = {"split": "train", "streaming": True, "columns": ["uuid"], "cache_dir": cache}
        return {row["uuid"] for row in datasets.load_dataset(str(whole_build), config, **options)}

    assert set(task_configs()) < set(datasets.get_dataset_config_names(str(whole_build)))
    recognition = uuids("speech_asr") | uuids("speech_phonetic_recognition")
    assert uuids("speech_recognition") == recognition
    speech, everything = uuids("speech"), uuids("all")
    assert recognition < speech < everything
    assert everything - speech - uuids("audio") == uuids("music")


def test_the_builder_without_a_root_uses_the_miniature_corpora(tmp_path: Path) -> None:
    from audio_flan.builders.audio_flan import AudioFlan

    builder = AudioFlan(cache_dir=str(tmp_path), config_name="audio_scene_classification")
    rows = list(builder.as_streaming_dataset(split="test").decode(False))
    assert len(rows) == 3 and {row["corpus"] for row in rows} == {"tau_urban_acoustic_scenes"}


def test_mistakes_are_clear(miniatures: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'speech_asr'"):
        audio_flan.load_dataset("speech_asrr", root=miniatures)
    with pytest.raises(UnknownNameError, match="did you mean 'train'"):
        audio_flan.load_dataset("speech_asr", root=miniatures, split="trian", streaming=True)
    with pytest.raises(CorpusLayoutError, match="nothing there"):
        audio_flan.load_dataset("speech_asr", corpora={"ljspeech": str(miniatures / "nothing")})
    with pytest.raises(RootError, match="no such folder"):
        audio_flan.load_dataset("speech_asr", root=miniatures / "nothing")


def test_rejects_are_told_of(
    miniatures: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import shutil

    shutil.copytree(miniatures / "LJSpeech-1.1", tmp_path / "LJSpeech-1.1")
    (tmp_path / "LJSpeech-1.1" / "wavs" / "LJ001-0003.wav").unlink()
    rows = list(audio_flan.load_dataset("speech_asr", root=tmp_path, split="train", streaming=True))
    assert len(rows) == 3
    assert "1 of 4 clips rejected" in caplog.text and "LJ001-0003" in caplog.text
