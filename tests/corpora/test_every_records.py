"""What holds for every corpus of JSON records: cut anywhere, not UTF-8, hostile values, parts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hostile import OUTSIDE, SECRET, check_inside

from audio_flan.corpora import corpus_class, corpus_classes
from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.facts import Shares, Splits
from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.records import Record, Records
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.splits import SPLITS

every_records_corpus = pytest.mark.parametrize(
    "key", [cls.key for cls in corpus_classes() if issubclass(cls, Records)]
)
NO_RECORDS = (
    "",
    "garbage",
    "\0\0\0",
    "12",
    '"text"',
    "null",
    "<html><body>404</body></html>",
    "{1: 2}",
    '{"a" 1}',
    '{"a": 1,}',
    '{"a": 1 "b": 2}',
    '{"a": {}} {"b": {}}',
    '{"a": {}}, "b"',
    '{"a": ' + 100_000 * "[",
    '{"a": ' + 10_000 * "1" + "}",
    '{"a": "' + 200_000 * "b" + '"}',
)
"""Texts that are neither an object of records nor an array of them."""


@pytest.fixture
def folder(key: str, miniatures: Path, tmp_path: Path) -> Path:
    name = (*corpus_class(key).folders, key)[0]
    return shutil.copytree(miniatures / name, tmp_path / "root" / name)


def opened(folder: Path, key: str) -> Records:
    corpus = corpus_class(key).open(str(folder))
    assert isinstance(corpus, Records)
    return corpus


def files(corpus: Records) -> list[str]:
    found = dict.fromkeys(file for split in SPLITS for file in corpus.files_of(split))
    return [file for file in found if corpus.folder.exists(file)]


def read(corpus: Corpus) -> list[Clip | Reject]:
    shards = [shard for shards in corpus.shards().values() for shard in shards]
    return [item for shard in shards for item in corpus.clips(shard)]


def read_file(corpus: Records, file: str) -> list[Clip | Reject]:
    shards = [shard for shards in corpus.shards().values() for shard in shards]
    return [item for shard in shards if shard.part[0] == file for item in corpus.clips(shard)]


@every_records_corpus
def test_a_file_cut_anywhere_is_told(key: str, folder: Path) -> None:
    for file in files(opened(folder, key)):
        data = (folder / file).read_bytes().rstrip()
        # At 200 places, and at each byte of the end.
        ends = {*range(0, len(data), 1 + len(data) // 200), *range(len(data) - 60, len(data))}
        for end in sorted(ends):
            (folder / file).write_bytes(data[:end])
            corpus = opened(folder, key)
            with pytest.raises(CorpusLayoutError) as caught:
                read_file(corpus, file)
            assert f"{file} as one whole JSON {'' if corpus.array else corpus.form}" in str(
                caught.value
            )
            assert str(folder) in str(caught.value)
            assert "cut off?" in str(caught.value)
        (folder / file).write_bytes(data)


@every_records_corpus
@pytest.mark.parametrize("text", NO_RECORDS, ids=lambda text: repr(text[:20]))
def test_text_that_holds_no_records_is_told(key: str, text: str, folder: Path) -> None:
    for file in files(opened(folder, key)):
        data = (folder / file).read_bytes()
        (folder / file).write_text(text, encoding="utf-8")
        with pytest.raises(CorpusLayoutError, match=" as one whole JSON ") as caught:
            read(opened(folder, key))
        assert file in str(caught.value)
        assert len(str(caught.value)) < 500
        (folder / file).write_bytes(data)


@every_records_corpus
def test_a_byte_that_is_not_utf_8_is_told_with_its_line(key: str, folder: Path) -> None:
    for file in files(opened(folder, key)):
        data = (folder / file).read_bytes()
        middle = data.index(b'"', len(data) // 2) + 1
        for at in (data.index(b'"') + 1, middle, len(data)):
            (folder / file).write_bytes(data[:at] + b"\xe9" + data[at:])
            line = 1 + data.count(b"\n", 0, at)
            with pytest.raises(CorpusLayoutError) as caught:
                read(opened(folder, key))
            message = f"{file} in UTF-8; found byte 0xe9 in line {line}, which is not UTF-8"
            assert message in str(caught.value)
        (folder / file).write_bytes(data)


@every_records_corpus
@pytest.mark.parametrize("indent", [None, 0, 2])
def test_white_space_and_a_byte_order_mark_do_not_matter(
    key: str, indent: int | None, folder: Path
) -> None:
    whole = read(opened(folder, key))
    for file in files(opened(folder, key)):
        value = json.loads((folder / file).read_text(encoding="utf-8"))
        text = f"\ufeff \n{json.dumps(value, indent=indent)}\r\n "
        (folder / file).write_text(text, encoding="utf-8", newline="")
    assert read(opened(folder, key)) == whole


@every_records_corpus
def test_no_value_of_a_record_leads_out_of_the_corpus(key: str, folder: Path) -> None:
    outside = folder.parents[1] / "outside.wav"
    for place in (folder.parents[1], folder.parent):
        for name in ("outside.wav", "outside.flac", "outside.wav.wav", "outside.wav.flac"):
            (place / name).write_bytes(SECRET)
    count = len(read(opened(folder, key)))
    for file in files(opened(folder, key)):
        text = (folder / file).read_text(encoding="utf-8")
        for hostile in OUTSIDE:
            for changed in with_hostile_values(text, opened(folder, key), hostile.format(outside)):
                (folder / file).write_text(changed, encoding="utf-8")
                items = read(opened(folder, key))
                assert len(items) == count, (file, changed)
                for item in items:
                    if isinstance(item, Clip):
                        check_inside(item, folder)
                    else:
                        assert (item.clip + item.detail).encode()
        (folder / file).write_text(text, encoding="utf-8")


def with_hostile_values(text: str, corpus: Records, hostile: str) -> Iterable[str]:
    """A file with a hostile value in each field of its first record, and in its name."""
    whole = json.loads(text)
    records = whole[corpus.array] if corpus.array else whole
    first = next(iter(records))
    if isinstance(records, dict):
        yield json.dumps({hostile if name == first else name: records[name] for name in records})
    record = records[first] if isinstance(records, dict) else first
    for field, value in list(record.items()):
        record[field] = hostile
        yield json.dumps(whole)
        record[field] = value


# Forms and parts, on a corpus of each form


class Sounds(Records):
    """Sounds with captions, in one file that all splits share."""

    key = "sounds"
    provides = frozenset({"caption"})
    splits = Splits("by hash", shares=Shares(0.5, 0.25, 0.25))
    file = "list.json"

    def split_of(self, record: Record) -> str:
        if not isinstance(record.value, dict) or "id" not in record.value:
            raise Unusable("malformed-item", f"{record.place}: no id")
        return self.split_of_clip(record.value["id"])

    def clip(self, record: Record, split: str) -> Clip:
        if not record.value.get("caption"):
            raise Unusable("empty-caption", record.place)
        id = record.value["id"]
        return self.made(id, f"{id}.wav", split, caption=record.value["caption"])


class SoundsByName(Sounds):
    form = "object"


class SoundsInAnArray(Sounds):
    form = "array"


class SoundsInAnArrayOfAnObject(Sounds):
    form = "array"
    array = "data"


class SoundsInLines(Sounds):
    form = "lines"


FORMS = (SoundsByName, SoundsInAnArray, SoundsInAnArrayOfAnObject, SoundsInLines)
ITEMS: list[Any] = [{"id": f"s{number}", "caption": f"é {number}"} for number in range(40)]


def laid_out(cls: type[Sounds], folder: Path, items: list[Any]) -> Records:
    """A corpus of a form."""
    if cls.form == "lines":
        text = "".join(f"{json.dumps(item)}\n" for item in items)
    elif cls.form == "object":
        text = json.dumps({f"name {number}": item for number, item in enumerate(items, 1)})
    else:
        text = json.dumps({"count": 1, cls.array: items} if cls.array else items)
    (folder / "list.json").write_text(text, encoding="utf-8")
    return cls(Folder("sounds", str(folder)))


every_form = pytest.mark.parametrize("cls", FORMS, ids=lambda cls: cls.__name__)


@every_form
def test_all_forms_say_the_same(cls: type[Sounds], tmp_path: Path) -> None:
    items = read(laid_out(cls, tmp_path, ITEMS))
    clips = [item for item in items if isinstance(item, Clip)]
    assert len(clips) == len(items)
    assert sorted((c.id, c.caption) for c in clips) == sorted(
        (item["id"], item["caption"]) for item in ITEMS
    )
    assert [clip.split for clip in clips] == sorted(
        (clip.split for clip in clips), key=SPLITS.index
    )
    assert {clip.split for clip in clips} == set(SPLITS)
    for split in SPLITS:
        order = [int(clip.id[1:]) for clip in clips if clip.split == split]
        assert order == sorted(order)


@every_form
def test_a_record_without_split_is_listed_once_and_one_without_clip_by_its_name(
    cls: type[Sounds], tmp_path: Path
) -> None:
    bad = [None, 5, {}, {"id": "s99"}]
    items = read(laid_out(cls, tmp_path, [*ITEMS, *bad]))
    rejects = [(item.clip, item.reason) for item in items if isinstance(item, Reject)]
    last = "name 44" if cls.form == "object" else "list.json:44"
    assert sorted(rejects) == sorted(
        [
            *((f"list.json:{number}", "malformed-item") for number in (41, 42, 43)),
            (last, "empty-caption"),
        ]
    )
    assert len(items) == len(ITEMS) + len(bad)


@every_form
def test_parts_of_a_large_file_have_all_clips_and_rejects(
    cls: type[Sounds], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [*ITEMS, None, {"id": "s99"}]
    whole = read(laid_out(cls, tmp_path, items))
    monkeypatch.setattr(cls, "bytes_per_shard", (tmp_path / "list.json").stat().st_size // 10)
    corpus = laid_out(cls, tmp_path, items)
    counts = {split: len(shards) for split, shards in corpus.shards().items()}
    # A split has as many of the shards as it has of the clips.
    assert counts == {"train": 6, "validation": 3, "test": 3}
    assert sorted(map(repr, read(corpus))) == sorted(map(repr, whole))


def test_lines_that_are_no_json_are_rejected_where_they_are(tmp_path: Path) -> None:
    whole = read(laid_out(SoundsInLines, tmp_path, ITEMS))
    lines = (tmp_path / "list.json").read_bytes().splitlines(keepends=True)
    lines[2:2] = [b"garbage\n", b"\n"]
    (tmp_path / "list.json").write_bytes(b"".join(lines) + b'{"id": "s9')
    found = read(SoundsInLines(Folder("sounds", str(tmp_path))))
    assert [item for item in found if isinstance(item, Clip)] == whole
    assert [(item.clip, item.reason) for item in found if isinstance(item, Reject)] == [
        ("list.json:3", "malformed-line"),
        ("list.json:43", "truncated-line"),
    ]


def test_a_split_without_a_share_has_no_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sounds, "splits", Splits("by hash", shares=Shares(0.5, 0.0, 0.5)))
    corpus = laid_out(SoundsInAnArray, tmp_path, ITEMS)
    assert list(corpus.shards()) == ["train", "test"]
    assert len(read(corpus)) == len(ITEMS)


def test_files_that_are_not_there_have_no_shards(tmp_path: Path) -> None:
    assert SoundsInAnArray(Folder("sounds", str(tmp_path))).shards() == {}
