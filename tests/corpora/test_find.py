"""Finding corpora under a root: all that are there, and a clear word where one is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from audio_flan.corpora import corpus_class, corpus_classes, corpus_keys
from audio_flan.corpora.contract import MAX_LISTED
from audio_flan.corpora.find import find_corpora
from audio_flan.errors import CorpusLayoutError, UnknownNameError

every_corpus = pytest.mark.parametrize("key", corpus_keys())


def folder_name(key: str) -> str:
    return (*corpus_class(key).folders, key)[0]


def keys(root: str | None, corpora: object = None) -> list[str]:
    return [corpus.key for corpus in find_corpora(root, corpora)]  # type: ignore[arg-type]


def message(root: str | None, corpora: object = None) -> str:
    with pytest.raises(CorpusLayoutError) as caught:
        keys(root, corpora)
    return str(caught.value)


def test_all_corpora_of_the_samples_are_found_by_domain_and_key(miniatures: Path) -> None:
    found = find_corpora(str(miniatures))
    assert [corpus.key for corpus in found] == list(corpus_keys())
    domains = [corpus.domain for corpus in found]
    assert domains == sorted(domains, key=["speech", "music", "audio"].index)


def test_a_root_with_a_trailing_slash_is_the_same_root(miniatures: Path) -> None:
    assert keys(f"{miniatures}/") == list(corpus_keys())


@every_corpus
def test_a_root_with_one_corpus_gives_that_one(key: str, miniatures: Path, tmp_path: Path) -> None:
    shutil.copytree(miniatures / folder_name(key), tmp_path / folder_name(key))
    (tmp_path / "notes.txt").write_text("other things may lie there")
    (tmp_path / "some other corpus").mkdir()
    assert keys(str(tmp_path)) == [key]


@every_corpus
def test_every_name_of_a_corpus_is_known(key: str, miniatures: Path, tmp_path: Path) -> None:
    cls = corpus_class(key)
    for name in (cls.key, *cls.folders):
        root = tmp_path / f"root of {name}"
        shutil.copytree(miniatures / folder_name(key), root / name)
        assert keys(str(root)) == [key], name


@every_corpus
def test_the_folder_of_a_corpus_works_as_the_root(key: str, miniatures: Path) -> None:
    assert keys(str(miniatures / folder_name(key))) == [key]
    assert keys(f"{miniatures / folder_name(key)}/") == [key]


@every_corpus
def test_keys_select(key: str, miniatures: Path) -> None:
    assert keys(str(miniatures), [key]) == [key]
    others = [other for other in corpus_keys() if other != key]
    assert keys(str(miniatures), list(reversed(others))) == others


@every_corpus
def test_a_mapping_points_anywhere(key: str, miniatures: Path, tmp_path: Path) -> None:
    place = shutil.copytree(miniatures / folder_name(key), tmp_path / "elsewhere")
    assert keys(None, {key: str(place)}) == [key]
    assert keys(str(tmp_path / "no such root"), {key: str(place)}) == [key]


def test_a_mapping_without_a_path_means_under_the_root(miniatures: Path, tmp_path: Path) -> None:
    first, second = corpus_keys()[:2]
    place = shutil.copytree(miniatures / folder_name(first), tmp_path / "elsewhere")
    found = find_corpora(str(miniatures), {second: None, first: str(place)})
    assert [corpus.key for corpus in found] == [first, second]
    assert found[0].folder.path == str(place)
    assert found[1].folder.path.startswith(str(miniatures))


@pytest.mark.parametrize("corpora", [["ljspech"], {"ljspech": None}, ["vocadito", "ljspech"]])
def test_an_unknown_key_offers_the_nearest(corpora: object, miniatures: Path) -> None:
    with pytest.raises(UnknownNameError) as caught:
        keys(str(miniatures), corpora)
    assert "'ljspech'" in str(caught.value)
    assert "did you mean 'ljspeech'" in str(caught.value)


def test_an_unknown_key_that_is_near_to_none_lists_all(miniatures: Path) -> None:
    with pytest.raises(UnknownNameError) as caught:
        keys(str(miniatures), ["qqqq"])
    assert all(key in str(caught.value) for key in corpus_keys())


def test_no_root_says_how_to_give_one() -> None:
    text = message(None)
    assert "root=" in text
    assert "--root" in text


def test_a_missing_root_is_named(tmp_path: Path) -> None:
    root = str(tmp_path / "no" / "such")
    assert root in message(root)
    assert "no such folder" in message(root)


@pytest.mark.parametrize("url", ["memory://no-such-root", "memory://no-such-root/"])
def test_a_missing_url_is_named(url: str) -> None:
    assert url in message(url)


def test_an_empty_root_says_what_would_be_found_in_it(tmp_path: Path) -> None:
    text = message(str(tmp_path))
    assert str(tmp_path) in text
    assert "an empty folder" in text
    for cls in corpus_classes():
        assert all(name in text for name in (cls.key, *cls.folders))


def test_a_root_of_other_corpora_says_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "LibriSpeech").mkdir()
    (tmp_path / "ESC-50-master").mkdir()
    text = message(str(tmp_path))
    assert "ESC-50-master, LibriSpeech" in text
    for index in range(30):
        (tmp_path / f"folder {index:02}").mkdir()
    assert "folder 07, …" in message(str(tmp_path))
    assert "folder 29" not in message(str(tmp_path))


@every_corpus
def test_a_corpus_that_was_asked_for_and_is_not_there_is_told(key: str, tmp_path: Path) -> None:
    cls = corpus_class(key)
    (tmp_path / "LibriSpeech").mkdir()
    for corpora in ([key], {key: None}, {key: str(tmp_path)}):
        text = message(str(tmp_path), corpora)
        for part in (
            key,
            str(tmp_path),
            *cls.recognised_by[:MAX_LISTED],
            cls.download,
            cls.homepage,
        ):
            assert part in text


@every_corpus
def test_a_mapping_to_nowhere_is_told_with_the_place(key: str, miniatures: Path) -> None:
    place = str(miniatures / "no such folder")
    text = message(str(miniatures), {key: place})
    assert key in text
    assert place in text


@every_corpus
def test_a_mapping_to_another_corpus_is_told(key: str, miniatures: Path) -> None:
    other = next(other for other in corpus_keys() if other != key)
    place = str(miniatures / folder_name(other))
    text = message(None, {key: place})
    for part in (key, place, *corpus_class(key).recognised_by[:MAX_LISTED]):
        assert part in text


@every_corpus
def test_a_key_without_root_or_path_is_told(key: str) -> None:
    assert "neither a path for it nor a root" in message(None, [key])


def test_a_corpus_without_a_folder_of_its_own_is_found_in_the_root(
    miniatures: Path, tmp_path: Path
) -> None:
    # The archive of AISHELL-3 unpacks into the current folder.
    shutil.copytree(miniatures / "data_aishell3", tmp_path, dirs_exist_ok=True)
    assert [corpus.key for corpus in find_corpora(str(tmp_path))] == ["aishell3"]
