"""`audio_flan.load_dataset` of what is published: from a folder, by the same way as the Hub."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import Dataset, DatasetDict, IterableDatasetDict

import audio_flan
from audio_flan.cli.app import main
from audio_flan.errors import AudioFlanError, UnknownNameError

TASKS = ("speech_asr", "music_key_detection", "audio_caption")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def published(miniatures: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("published") / "audio-flan"
    options = [option for task in TASKS for option in ("--task", task)]
    with pytest.raises(SystemExit) as exit:
        main(["build", str(out), "--root", str(miniatures), *options])
    assert exit.value.code in (0, None)
    return str(out)


@pytest.mark.parametrize("config", TASKS)
def test_published_rows_are_those_of_the_corpora(
    config: str, miniatures: Path, published: str, cache: str
) -> None:
    made = audio_flan.load_dataset(config, root=miniatures, cache_dir=cache)
    mapped = audio_flan.load_dataset(config, repo_id=published, cache_dir=cache)
    streamed = audio_flan.load_dataset(config, repo_id=published, streaming=True)
    assert isinstance(made, DatasetDict)
    assert isinstance(mapped, DatasetDict)
    assert isinstance(streamed, IterableDatasetDict)
    assert set(made) == set(mapped) == set(streamed)
    for split, rows in made.items():
        assert list(rows) == list(mapped[split]) == list(streamed[split])
    row = next(iter(streamed["train"]))
    samples_of_row, rate = audio_flan.decode(row["input_audio"])
    assert samples_of_row.shape[1] / rate == pytest.approx(row["seconds"])


def test_a_view_holds_several_tasks(published: str, cache: str) -> None:
    rows = audio_flan.load_dataset("all", repo_id=published, split="test", cache_dir=cache)
    assert isinstance(rows, Dataset)
    assert set(rows["domain"]) == {"speech", "music", "audio"}


def test_corpora_can_be_chosen(published: str, cache: str) -> None:
    for streaming in (False, True):
        rows = audio_flan.load_dataset(
            "speech_asr",
            repo_id=published,
            split="train",
            corpora=["esd", "fleurs"],
            cache_dir=cache,
            streaming=streaming,
        )
        assert {row["corpus"] for row in rows} == {"esd", "fleurs"}


def test_mistakes_are_told_before_anything_is_fetched() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'speech_asr'"):
        audio_flan.load_dataset("speech_asrr")
    with pytest.raises(UnknownNameError, match="did you mean 'ljspeech'"):
        audio_flan.load_dataset("speech_asr", corpora=["ljspech"])
    with pytest.raises(UnknownNameError, match="did you mean 'train'"):
        audio_flan.load_dataset("speech_asr", split="trian")
    with pytest.raises(AudioFlanError, match="root=FOLDER"):
        audio_flan.load_dataset("speech_asr", seed=1)


def test_tasks_and_corpora_are_listed() -> None:
    assert set(TASKS) <= set(audio_flan.list_tasks())
    assert audio_flan.list_corpora()[0] == "aishell3"
    assert len(audio_flan.list_corpora()) == len(set(audio_flan.list_corpora())) >= 15


@pytest.mark.parametrize("streaming", [False, True])
def test_columns_can_be_chosen(
    streaming: bool, miniatures: Path, published: str, cache: str
) -> None:
    names = ["output", "instruction"]
    for place in ({"root": miniatures}, {"repo_id": published}):
        rows = audio_flan.load_dataset(
            "speech_asr",
            split="test",
            columns=names,
            streaming=streaming,
            cache_dir=None if streaming else cache,
            **place,
        )
        assert set(next(iter(rows))) == set(names)
    one = {"corpora": "ljspeech", "split": "test", "columns": ["uuid"], "streaming": streaming}
    chosen = audio_flan.load_dataset("speech_asr", repo_id=published, **one)
    made = audio_flan.load_dataset("speech_asr", root=miniatures, **one)
    assert {row["uuid"] for row in chosen} == {row["uuid"] for row in made} != set()
    with pytest.raises(AudioFlanError, match="'all' is a view of published datasets"):
        audio_flan.load_dataset("all", root=miniatures)
    with pytest.raises(UnknownNameError, match="did you mean 'instruction'"):
        audio_flan.load_dataset("speech_asr", repo_id=published, columns=["instructions"])
