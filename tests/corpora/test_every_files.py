"""What holds for every corpus that is a tree of audio files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from audio_flan.corpora import corpus_class, corpus_classes, files
from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.files import Files
from audio_flan.errors import CorpusLayoutError
from audio_flan.model.clip import Clip, Reject

every_tree = pytest.mark.parametrize(
    "key", [cls.key for cls in corpus_classes() if issubclass(cls, Files)]
)


@pytest.fixture
def corpus(key: str, miniatures: Path, tmp_path: Path) -> Files:
    """A copy of a miniature, to be changed."""
    name = (*corpus_class(key).folders, key)[0]
    found = corpus_class(key).open(str(shutil.copytree(miniatures / name, tmp_path / name)))
    assert isinstance(found, Files)
    return found


def read(corpus: Corpus) -> list[Clip | Reject]:
    shards = [shard for shards in corpus.shards().values() for shard in shards]
    return [item for shard in shards for item in corpus.clips(shard)]


def recordings(corpus: Files) -> list[Path]:
    found = (path for tree in corpus.trees for path in Path(corpus.folder.path, tree).rglob("*.*"))
    return [path for path in found if path.suffix.lower() in corpus.extensions]


@every_tree
def test_an_audio_file_of_another_name_is_told_of_once(key: str, corpus: Files) -> None:
    whole = read(type(corpus)(corpus.folder))
    first = min(recordings(corpus))
    shutil.copy(first, first.with_stem("not one of ours"))
    found = read(corpus)
    (other,) = (item for item in found if item not in whole)
    assert isinstance(other, Reject)
    assert other.reason == "unknown-file"
    assert other.clip == f"{first.with_stem('not one of ours').relative_to(corpus.folder.path)}"
    assert [item for item in found if item != other] == whole


@every_tree
def test_a_corpus_without_recordings_is_told(key: str, corpus: Files) -> None:
    for path in recordings(corpus):
        path.unlink()
    with pytest.raises(CorpusLayoutError) as caught:
        read(corpus)
    assert key in str(caught.value) and corpus.folder.path in str(caught.value)


@every_tree
def test_runs_of_files_give_all_clips_in_their_order(
    key: str, corpus: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read(corpus)
    monkeypatch.setattr(files, "FILES_PER_SHARD", 1)
    assert sum(map(len, corpus.shards().values())) == len(whole)
    assert read(corpus) == whole
