"""Every corpus from every place where it may lie, and with files that are not as published."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import fsspec
import pytest
from every_corpus import (
    clips,
    contents,
    contents_of_miniature,
    every_corpus,
    every_table,
    folder_name,
    read,
    tables_of,
)

from audio_flan.corpora import corpus_class, corpus_classes
from audio_flan.corpora.contract import MAX_LISTED, Corpus
from audio_flan.corpora.files import Files
from audio_flan.corpora.find import find_corpora
from audio_flan.corpora.read.folder import AUDIO_EXTENSIONS, LANGUAGE
from audio_flan.corpora.rows import Rows
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.media import audio
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.splits import SPLITS

# The places


def zip_into(archive: Path, source: Path, top: str, *, backwards: bool = False) -> None:
    with ZipFile(archive, "w", ZIP_DEFLATED, compresslevel=1) as packed:
        for file in sorted(source.rglob("*"), reverse=backwards):
            packed.write(file, f"{top}{file.relative_to(source).as_posix()}")


def as_folder(source: Path, root: Path) -> str:
    shutil.copytree(source, root / source.name)
    return str(root)


def as_folder_in_other_case(source: Path, root: Path) -> str:
    shutil.copytree(source, root / source.name.swapcase())
    return str(root)


def as_zip_archive(source: Path, root: Path) -> str:
    zip_into(root / f"{source.name}.zip", source, f"{source.name}/", backwards=True)
    return str(root)


def as_zip_archive_without_top_folder(source: Path, root: Path) -> str:
    zip_into(root / f"{source.name}.zip", source, "")
    return str(root)


def as_zip_archive_in_its_folder(source: Path, root: Path) -> str:
    (root / source.name).mkdir()
    zip_into(root / source.name / f"{source.name}.zip", source, f"{source.name}/")
    return str(root)


def as_one_zip_archive(source: Path, root: Path) -> str:
    as_zip_archive(source, root)
    return str(root / f"{source.name}.zip")


def as_folder_in_a_folder_of_its_key(source: Path, root: Path) -> str:
    key = next(cls.key for cls in corpus_classes() if folder_name(cls.key) == source.name)
    shutil.copytree(source, root / key / source.name)
    return str(root)


def as_its_own_folder(source: Path, root: Path) -> str:
    return f"{as_folder(source, root)}/{source.name}"


def as_memory(source: Path, root: Path) -> str:
    url = f"memory://{root.parent.name}/{root.name}"
    for file in sorted(source.rglob("*"), reverse=True):
        if file.is_file():
            name = f"{source.name}/{file.relative_to(source).as_posix()}"
            with fsspec.open(f"{url}/{name}", "wb") as target:
                target.write(file.read_bytes())
    return url


def as_zip_archive_in_memory(source: Path, root: Path) -> str:
    as_zip_archive(source, root)
    url = f"memory://{root.parent.name}/{root.name}"
    with fsspec.open(f"{url}/{source.name}.zip", "wb") as target:
        target.write((root / f"{source.name}.zip").read_bytes())
    return url


PLACES = [
    as_folder,
    as_folder_in_other_case,
    as_folder_in_a_folder_of_its_key,
    as_its_own_folder,
    as_zip_archive,
    as_zip_archive_without_top_folder,
    as_zip_archive_in_its_folder,
    as_one_zip_archive,
    as_memory,
    as_zip_archive_in_memory,
]


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """An empty folder; what tests leave in the memory filesystem is removed."""
    (tmp_path / "root").mkdir()
    yield tmp_path / "root"
    memory = fsspec.filesystem("memory")
    if memory.exists(f"/{tmp_path.name}"):
        memory.rm(f"/{tmp_path.name}", recursive=True)


@every_corpus
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_clips_and_audio_are_the_same_from_every_place(
    key: str, place: Callable[[Path, Path], str], miniatures: Path, root: Path
) -> None:
    where = place(miniatures / folder_name(key), root)
    expected = contents_of_miniature(key, miniatures)
    (found,) = find_corpora(where)
    assert found.key == key
    assert contents(found) == expected
    assert contents(corpus_class(key).open(where)) == expected


@every_corpus
def test_a_folder_of_any_name_can_be_opened(key: str, miniatures: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(miniatures / folder_name(key), tmp_path / "my copy, final")
    expected = contents_of_miniature(key, miniatures)
    assert contents(corpus_class(key).open(str(folder))) == expected
    (found,) = find_corpora(None, {key: str(folder)})
    assert contents(found) == expected


@every_corpus
def test_a_broken_archive_is_told_with_its_name(key: str, miniatures: Path, root: Path) -> None:
    as_zip_archive(miniatures / folder_name(key), root)
    archive = root / f"{folder_name(key)}.zip"
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    with pytest.raises(CorpusLayoutError) as caught:
        read(corpus_class(key).open(str(root)))
    assert archive.name in str(caught.value)


# Metadata that is not as published


def siblings(cls: type[Corpus], file: str) -> list[str]:
    """What does as well as a metadata file: the others in its folder, where any of them will do."""
    place = file.rpartition("/")[0]
    names = [
        name.replace(LANGUAGE, language)
        for name in cls.recognised_by
        for language in (cls.language_folders if LANGUAGE in name else [""])
    ]
    return [
        name for name in names if cls.one_is_enough and name.rpartition("/")[0] == place != name
    ]


@every_corpus
def test_a_missing_metadata_file_tells_what_is_missing_where_and_where_to_get_it(
    key: str, metadata_files: list[str], copy: Callable[[str], Path]
) -> None:
    cls = corpus_class(key)
    for file in metadata_files:
        folder = copy(key)
        (folder / file).unlink()
        root = str(folder.parent)
        if any((folder / other).is_file() for other in siblings(cls, file)):
            # A part of the corpus is not there; the others are.
            assert cls.find(root)
            continue
        for search in (cls.find, cls.open, find_corpora):
            with pytest.raises(CorpusLayoutError) as caught:
                search(root)
            for part in (key, root, file, cls.download, cls.homepage):
                assert part in str(caught.value)


@every_corpus
def test_an_empty_folder_of_its_name_tells_what_is_missing(key: str, tmp_path: Path) -> None:
    cls = corpus_class(key)
    (tmp_path / folder_name(key)).mkdir()
    with pytest.raises(CorpusLayoutError) as caught:
        cls.find(str(tmp_path))
    for part in (key, str(tmp_path), *cls.recognised_by[:MAX_LISTED], cls.download):
        assert part in str(caught.value)


@every_corpus
def test_metadata_in_latin_1_is_told_with_file_and_line(
    key: str, metadata_files: list[str], copy: Callable[[str], Path]
) -> None:
    for file in metadata_files if corpus_class(key).encodings == ("utf-8",) else ():
        folder = copy(key)
        lines = (folder / file).read_bytes().split(b"\n")
        # Some have one long line.
        index = max(i for i, line in enumerate(lines[:3]) if line)
        lines[index] = lines[index][:-1] + "é".encode("latin-1") + lines[index][-1:]
        (folder / file).write_bytes(b"\n".join(lines))
        with pytest.raises(CorpusLayoutError) as caught:
            read(corpus_class(key).open(str(folder)))
        for part in (key, str(folder), file, f"line {index + 1}", "UTF-8"):
            assert part in str(caught.value)


@every_corpus
def test_metadata_of_0_bytes_is_not_taken_for_a_corpus_without_clips(
    key: str, metadata_files: list[str], copy: Callable[[str], Path]
) -> None:
    for file in metadata_files:
        folder = copy(key)
        os.truncate(folder / file, 0)
        try:
            found = read(corpus_class(key).open(str(folder)))
        except CorpusLayoutError as error:
            assert file in str(error)
        else:
            # A table that the lines of another one refer to: these are told of.
            assert {type(item) for item in found} == {Reject}


def data_lines(corpus: Corpus, file: str) -> list[int]:
    """The lines of a table that are clips in the miniature, counted from 1."""
    assert isinstance(corpus, Rows)
    header = next(table.header for table in tables_of(type(corpus)) if table.file == file)
    count = len(corpus.folder.read(file).decode("utf-8").removesuffix("\n").split("\n"))
    return list(range(1 + header, count + 1))


def assert_one_reject(broken: Corpus, whole: list[Clip], file: str, line: int) -> None:
    """All clips but that of one line are as they were; the line is told of once."""
    found = read(broken)
    rejects = [item for item in found if isinstance(item, Reject)]
    kept = [item for item in found if isinstance(item, Clip)]
    assert [(reject.corpus, reject.clip) for reject in rejects] == [(broken.key, f"{file}:{line}")]
    assert rejects[0].reason in {"malformed-line", "truncated-line"}
    assert f"{file}:{line}: " in rejects[0].detail
    assert len(kept) == len(whole) - 1
    assert [clip for clip in whole if clip in kept] == kept


@every_table
def test_clips_and_rejects_add_up_to_the_lines(
    key: str, file: str, copy: Callable[[str], Path]
) -> None:
    folder = copy(key)
    corpus = corpus_class(key).open(str(folder))
    assert isinstance(corpus, Rows)
    splits = {s for s in SPLITS if any(t.file == file for t in corpus.tables_of(s))}
    whole = [clip for clip in clips(corpus) if clip.split in splits]
    assert len(whole) == len(data_lines(corpus, file))
    lines = (folder / file).read_bytes().split(b"\n")
    lines[2:2] = [b"", b"garbage", b"\x00\x01\x02", b"   ", b"more,garbage|and\tmore"]
    (folder / file).write_bytes(b"\n".join(lines))
    found = [item for item in read(corpus) if isinstance(item, Reject) or item.split in splits]
    assert len(found) == len(whole) + 3
    rejects = [item.clip for item in found if isinstance(item, Reject)]
    assert rejects == [f"{file}:{line}" for line in (4, 5, 7)]


@every_table
@pytest.mark.parametrize("garbage", [b"\x00\x00\x00\x00", b"garbage, of (some) kind", b'"'])
def test_a_garbled_line_is_a_reject_and_harms_no_other(
    key: str, file: str, garbage: bytes, copy: Callable[[str], Path]
) -> None:
    folder = copy(key)
    corpus = corpus_class(key).open(str(folder))
    whole = clips(corpus)
    numbers = data_lines(corpus, file)
    line = numbers[len(numbers) // 2]
    lines = (folder / file).read_bytes().split(b"\n")
    lines[line - 1] = garbage
    (folder / file).write_bytes(b"\n".join(lines))
    assert_one_reject(corpus_class(key).open(str(folder)), whole, file, line)


@every_table
def test_a_table_that_ends_inside_a_line_loses_that_line_only(
    key: str, file: str, copy: Callable[[str], Path]
) -> None:
    folder = copy(key)
    corpus = corpus_class(key).open(str(folder))
    assert isinstance(corpus, Rows)
    whole = clips(corpus)
    delimiter = next(t.delimiter for t in tables_of(type(corpus)) if t.file == file).encode()
    data = (folder / file).read_bytes()
    last = data.rstrip(b"\n").rindex(b"\n") + 1
    # Inside the first value: no table can take that for a whole line.
    (folder / file).write_bytes(data[: data.index(delimiter, last)])
    line = data_lines(corpus, file)[-1]
    assert_one_reject(corpus_class(key).open(str(folder)), whole, file, line)


# Audio that is not there


@every_corpus
def test_clips_of_a_partial_copy_come_and_their_audio_is_told_missing(
    key: str, copy: Callable[[str], Path]
) -> None:
    folder = copy(key)
    whole = clips(corpus_class(key).open(str(folder)))
    gone = whole[0].audio
    (folder / gone.name).unlink()
    found = read(corpus_class(key).open(str(folder)))
    if issubclass(corpus_class(key), Files):
        # It knows nothing of a file that is not there; another recording may take its place.
        assert [item for item in found if getattr(item, "id", "") != whole[0].id] == whole[1:]
        return
    rejects = [item for item in found if isinstance(item, Reject)]
    if missing := [reject for reject in rejects if reject.reason == "audio-missing"]:
        # A reader that goes by the files that are there tells of what has none.
        assert {clip.id for clip in whole} >= {c.id for c in found if isinstance(c, Clip)}
        assert all(reject.detail for reject in missing)
        return
    left = [item for item in found if isinstance(item, Clip)]
    files = [file for file in folder.rglob("*") if file.is_file()]
    if all(file.suffix in AUDIO_EXTENSIONS for file in files):
        # Nothing lists the files of a corpus without metadata: what is not there is no clip.
        assert left == whole[1:]
        return
    # A reader that looks for files by their names cannot know where a missing one was.
    missed = left[0].audio
    assert [clip._replace(audio=gone) if clip.audio == missed else clip for clip in left] == whole
    for use in (audio.load, audio.probe):
        with pytest.raises(Unusable) as caught:
            use(missed)
        assert caught.value.reason == "audio-missing"
        assert missed.name in caught.value.detail
