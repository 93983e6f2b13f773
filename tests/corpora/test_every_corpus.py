"""What holds for every corpus, on its miniature: a new corpus is tested by existing."""

from __future__ import annotations

import os
import re
import shutil
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeAlias
from zipfile import ZIP_DEFLATED, ZipFile

import fsspec
import numpy as np
import pytest
from real_copies import real_copies

from audio_flan.corpora import corpus_class, corpus_classes
from audio_flan.corpora.contract import MAX_LISTED, Corpus
from audio_flan.corpora.files import Files
from audio_flan.corpora.find import find_corpora
from audio_flan.corpora.read.folder import AUDIO_EXTENSIONS, LANGUAGE
from audio_flan.corpora.read.table import Table
from audio_flan.corpora.rows import Rows
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.media import audio
from audio_flan.media.audio import AudioRef
from audio_flan.model.clip import ANNOTATIONS, Clip, Reject, Span, Stem
from audio_flan.model.instance import audio_id
from audio_flan.model.labels import Labels
from audio_flan.model.languages import language_name
from audio_flan.model.splits import SPLITS
from audio_flan.model.taxonomy import DOMAINS

every_corpus = pytest.mark.every_corpus
HEARD = 20
"""Recordings of each split of a real copy that are decoded."""


def folder_name(key: str) -> str:
    """What the publisher's archive unpacks to."""
    return (*corpus_class(key).folders, key)[0]


def tables_of(cls: type[Rows]) -> list[Table]:
    """The tables of a corpus that always has the same."""
    return [cls.table] if cls.table else list(cls.tables.values())


every_table = pytest.mark.parametrize(
    ("key", "file"),
    [
        (cls.key, file)
        for cls in corpus_classes()
        if issubclass(cls, Rows)
        for file in sorted({table.file for table in tables_of(cls)})
    ],
)


def each(corpus: Corpus, *splits: str) -> Iterator[Clip | Reject]:
    """What is in some splits, or in all; one by one, as a real copy may have millions."""
    for split, shards in corpus.shards().items():
        for shard in shards if split in (splits or SPLITS) else ():
            yield from corpus.clips(shard)


def each_clip(corpus: Corpus, *splits: str) -> Iterator[Clip]:
    return (found for found in each(corpus, *splits) if isinstance(found, Clip))


def read(corpus: Corpus) -> list[Clip | Reject]:
    return list(each(corpus))


def clips(corpus: Corpus) -> list[Clip]:
    """The clips of a miniature."""
    found = read(corpus)
    # A quirk of a publisher's may be a clip that is listed as unusable.
    rejects = [item.reason for item in found if isinstance(item, Reject)]
    assert len(rejects) <= 1
    assert set(rejects) <= {"failed-restoration", "blacklisted"}
    return [item for item in found if isinstance(item, Clip)]


Contents: TypeAlias = list[tuple[Clip, bytes]]


@lru_cache(maxsize=1)
def contents_of_miniature(key: str, root: Path) -> Contents:
    return contents(corpus_class(key).open(str(root)))


def contents(corpus: Corpus) -> Contents:
    """Clips and the bytes of their audio, whatever place they are read from."""

    def without_place(ref: AudioRef) -> AudioRef:
        return ref._replace(path="", member=None)

    def stems_without_place(stems: tuple[Stem, ...] | None) -> tuple[Stem, ...] | None:
        return stems and tuple(replace(stem, audio=without_place(stem.audio)) for stem in stems)

    return [
        (
            clip._replace(
                audio=without_place(clip.audio),
                stems=stems_without_place(clip.stems),
                voices=stems_without_place(clip.voices),
            ),
            audio.load(clip.audio).data,
        )
        for clip in clips(corpus)
    ]


@pytest.fixture
def real_copy(request: pytest.FixtureRequest, key: str) -> str | None:
    """Where the user's copy lies, of which nothing is changed; None for the miniature."""
    return real_copies(request.config).get(key)


@pytest.fixture
def corpus(request: pytest.FixtureRequest, key: str, real_copy: str | None) -> Corpus:
    """The corpus, in the user's copy or as a miniature; only to be read."""
    return corpus_class(key).open(real_copy or str(request.getfixturevalue("miniatures")))


@pytest.fixture
def copy(miniatures: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Copies one miniature corpus into an empty folder, to be changed there."""

    def copied(key: str) -> Path:
        source = miniatures / folder_name(key)
        return shutil.copytree(source, Path(mkdtemp(dir=tmp_path)) / source.name)

    return copied


@pytest.fixture
def metadata_files(key: str, miniatures: Path) -> list[str]:
    """The metadata files of the miniature, which may be of a part of the corpus."""
    folder = miniatures / folder_name(key)
    files = corpus_class(key).open(str(folder)).files_to_recognise()
    return [file for file in files if (folder / file).is_file()]


# The class


@every_corpus
def test_class_says_what_the_corpus_is(key: str) -> None:
    cls = corpus_class(key)
    texts = ("title", "license", "origin", "homepage", "download", "citation")
    for name in texts:
        assert getattr(cls, name).strip(), name
    assert cls.splits.rule.strip()
    assert cls.homepage.startswith("https://")
    assert isinstance(cls.redistributable, bool)
    # An SPDX id, or a reference with its conditions in words.
    assert re.fullmatch(r"[A-Za-z0-9.+-]+", cls.license)
    assert not cls.license.startswith("LicenseRef-") or cls.license_conditions.strip()
    assert all(re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", code) for code in cls.languages)


@every_corpus
def test_module_stands_where_its_key_and_domain_say(key: str) -> None:
    cls = corpus_class(key)
    assert cls.__module__ == f"audio_flan.corpora.{cls.domain}.{cls.key}"
    assert cls.key == key
    assert cls.domain in DOMAINS
    assert cls.recognised_by


@every_corpus
def test_what_it_provides_and_labels_is_in_the_vocabulary(key: str) -> None:
    cls = corpus_class(key)
    assert cls.provides
    assert cls.provides <= ANNOTATIONS
    assert set(cls.labels) <= cls.provides
    for field, labels in cls.labels.items():
        assert len(set(labels)) == len(labels) > 0, field
        assert all(label.strip() == label != "" for label in labels), field


def test_keys_and_folder_names_belong_to_one_corpus_each() -> None:
    names = [
        name for cls in corpus_classes() for name in {n.casefold() for n in (cls.key, *cls.folders)}
    ]
    assert sorted(set(names)) == sorted(names)


# The clips


@every_corpus
def test_every_split_that_it_can_have_yields_clips(corpus: Corpus, real_copy: str | None) -> None:
    found = {split for split in corpus.shards() if any(each_clip(corpus, split))}
    rows = isinstance(corpus, Rows)
    expected = set(filter(corpus.tables_of, SPLITS)) if rows else set(corpus.shards())
    # A real copy may be a part of the corpus.
    assert set() < found <= expected if real_copy else found == expected
    assert found <= set(SPLITS)
    for split in found:
        assert {clip.split for clip in each_clip(corpus, split)} == {split}


@every_corpus
def test_fields_are_filled_where_provided_and_nowhere_else(
    corpus: Corpus, real_copy: str | None
) -> None:
    filled = {
        field
        for clip in each_clip(corpus)
        for field in ANNOTATIONS
        if getattr(clip, field) is not None
    }
    assert filled <= corpus.provides
    if missing := corpus.provides - filled:
        assert real_copy, missing
        warnings.warn(f"{corpus.key}: no clip has {', '.join(sorted(missing))}", stacklevel=1)


@every_corpus
def test_languages_of_clips_are_those_of_the_class_and_have_a_name(corpus: Corpus) -> None:
    found = {clip.language for clip in each_clip(corpus)} - {None}
    assert found <= set(corpus.languages)
    assert all(language_name(code) for code in corpus.languages if "language" in corpus.provides)


@every_corpus
def test_texts_are_neither_empty_nor_padded(corpus: Corpus) -> None:
    for clip in each_clip(corpus):
        for field in ANNOTATIONS:
            value = getattr(clip, field)
            if isinstance(value, str):
                assert value.strip() == value != "", (clip.id, field)


@every_corpus
def test_closed_labels_are_labels_of_the_class(corpus: Corpus) -> None:
    for clip in each_clip(corpus):
        for field in ANNOTATIONS:
            value = getattr(clip, field)
            if field in corpus.labels and value is not None:
                labels = list(labels_of(value))
                assert labels
                assert set(labels) <= set(corpus.labels[field])
                assert not isinstance(value, Labels) or value.options == corpus.labels[field]
            else:
                assert not isinstance(value, Labels), field


def labels_of(value: Labels | tuple[Span | Stem, ...]) -> Iterator[str]:
    """The labels in a field that has a closed set: themselves, of its spans, of its stems."""
    for item in (value,) if isinstance(value, Labels) else value:
        if isinstance(item, Stem):
            yield from item.instrument.values if item.instrument else ()
        else:
            yield from item.values if isinstance(item, Labels) else (item.label,)


@every_corpus
def test_ids_are_unique_over_all_splits_and_fit_for_audio_ids(corpus: Corpus) -> None:
    ids: set[str] = set()
    audio_ids: set[str] = set()
    for clip in each_clip(corpus):
        assert clip.corpus == corpus.key
        assert clip.id not in ids
        assert not re.search(r"[\s/\\|<>]|\.(wav|flac|mp3|ogg)$", clip.id)
        ids.add(clip.id)
        audio_ids.add(audio_id(corpus.key, clip.id))
    assert len(audio_ids) == len(ids) > 0
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", id) for id in audio_ids)


@every_corpus
def test_no_two_splits_share_what_is_kept_whole(corpus: Corpus) -> None:
    assert corpus.splits.group.strip() and set(corpus.splits.sharing) <= set(SPLITS)
    sides: dict[str, str] = {}
    for clip in each_clip(corpus):
        side = corpus.splits.sharing[0] if clip.split in corpus.splits.sharing else clip.split
        groups = corpus.groups(clip.id, clip.audio.name)
        assert groups and all(groups)
        for group in groups:
            assert sides.setdefault(group, side) == side, f"{corpus.splits.group} {group}"


@every_corpus
def test_speakers_that_are_kept_whole_are_those_of_the_clips(corpus: Corpus) -> None:
    for clip in each_clip(corpus) if corpus.splits.group == "speaker" else ():
        speakers = tuple(voice.speaker for voice in clip.voices or ()) or (clip.speaker,)
        assert None in speakers or corpus.groups(clip.id, clip.audio.name) == speakers


@every_corpus
def test_rejects_say_why(corpus: Corpus, real_copy: str | None) -> None:
    counts: Counter[str] = Counter()
    for reject in each(corpus):
        if isinstance(reject, Reject):
            assert reject.corpus == corpus.key and reject.clip and reject.detail
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*", reject.reason)
            counts[reject.reason] += 1
    if counts and real_copy:
        told = ", ".join(f"{reason} {count}" for reason, count in counts.most_common())
        warnings.warn(f"{corpus.key}: rejects: {told}", stacklevel=1)


@every_corpus
def test_audio_decodes_and_is_silent_only_where_it_says_so(
    corpus: Corpus, real_copy: str | None
) -> None:
    for clip in first_that_are_there(corpus) if real_copy else each_clip(corpus):
        wave = audio.waveform(clip.audio)
        # A stretch is rounded to whole samples.
        assert wave.seconds == pytest.approx(audio.duration(clip.audio), abs=1 / wave.rate), clip.id
        assert audio.load(clip.audio, verify=True).seconds == wave.seconds > 0
        if not real_copy:
            assert 0.3 <= wave.seconds <= 15.0, clip.id
            silent = clip.sound_kind is not None and clip.sound_kind.value == "silence"
            assert (np.abs(wave.samples).max() > 0.01) != silent, clip.id


def first_that_are_there(corpus: Corpus) -> list[Clip]:
    """The first clips of each split whose audio a real copy has, which may be a part."""
    found: list[Clip] = []
    for split in corpus.shards():
        found += islice(filter(is_there, each_clip(corpus, split)), HEARD)
    first = next(each_clip(corpus)).audio.name
    assert found, f"no clip has its audio; that of the first would be {first}"
    return found


def is_there(clip: Clip) -> bool:
    try:
        audio.probe(clip.audio)
    except Unusable as error:
        if error.reason == "audio-missing":
            return False
        raise
    return True


# The order


@every_corpus
def test_two_reads_give_equal_clips_in_equal_order(corpus: Corpus, real_copy: str | None) -> None:
    other = type(corpus).open(real_copy or corpus.folder.path)
    for one, again, elsewhere in zip(each(corpus), each(corpus), each(other), strict=True):
        assert one == again == elsewhere


@every_corpus
@pytest.mark.parametrize("backwards", [False, True])
def test_order_does_not_depend_on_the_order_of_files_on_disk(
    key: str, backwards: bool, miniatures: Path, tmp_path: Path
) -> None:
    source = miniatures / folder_name(key)
    for file in sorted(source.rglob("*"), reverse=backwards):
        if file.is_file():
            target = tmp_path / source.name / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    corpus = corpus_class(key).open(str(tmp_path))
    assert contents(corpus) == contents_of_miniature(key, miniatures)


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
