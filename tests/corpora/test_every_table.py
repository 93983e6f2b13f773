"""What holds for every table of every corpus: cut anywhere, and with hostile values."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile import OUTSIDE, SECRET, check_inside

from audio_flan.corpora import corpus_class, corpus_classes
from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.read.table import Row, Table
from audio_flan.corpora.rows import Rows, forget_clips
from audio_flan.corpora.speech.ljspeech import LJSpeech
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.splits import SPLITS


def folder_name(key: str) -> str:
    return (*corpus_class(key).folders, key)[0]


def tables(corpus: Rows) -> list[Table]:
    found = [table for split in SPLITS for table in corpus.tables_of(split)]
    return [table for table in dict.fromkeys(found) if corpus.folder.exists(table.file)]


def read(corpus: Corpus) -> Iterator[Clip | Reject]:
    forget_clips()
    for shards in corpus.shards().values():
        for shard in shards:
            yield from corpus.clips(shard)


def opened(root: Path, key: str) -> Rows:
    corpus = corpus_class(key).open(str(root))
    assert isinstance(corpus, Rows)
    return corpus


every_rows_corpus = pytest.mark.parametrize(
    "key", [cls.key for cls in corpus_classes() if issubclass(cls, Rows)]
)


@pytest.fixture
def folder(key: str, miniatures: Path, tmp_path: Path) -> Path:
    name = folder_name(key)
    return shutil.copytree(miniatures / name, tmp_path / "root" / name)


@every_rows_corpus
def test_a_table_cut_anywhere_in_its_last_line_loses_that_line_only(key: str, folder: Path) -> None:
    whole = [item for item in read(opened(folder, key)) if isinstance(item, Clip)]
    for table in tables(opened(folder, key)):
        path = folder / table.file
        data = path.read_bytes()
        start = data.rstrip(b"\r\n").rindex(b"\n") + 1
        line = data.count(b"\n", 0, start) + 1
        # From after its first byte to before its line end: also inside a character.
        for end in range(start + 1, len(data.rstrip(b"\r\n"))):
            path.write_bytes(data[:end])
            items = list(read(opened(folder, key)))
            kept = [item for item in items if isinstance(item, Clip)]
            lost = [
                item
                for item in items
                if isinstance(item, Reject) and item.clip == f"{table.file}:{line}"
            ]
            same = [clip for clip in kept if clip in whole]
            assert len(same) >= len(whole) - 1, (table.file, end)
            if table.ends_with_newline:
                assert [reject.reason for reject in lost] == ["truncated-line"], (table.file, end)
                assert kept == same, (table.file, end)
            # Else a shorter value may be a value; the line is a clip or a reject, never nothing.
            assert len(kept) + len(lost) == len(whole), (table.file, end)
        path.write_bytes(data)


@every_rows_corpus
def test_no_value_of_a_table_leads_out_of_the_corpus(key: str, folder: Path) -> None:
    outside = folder.parents[1] / "outside.wav"
    outside.write_bytes(SECRET)
    shutil.copy(outside, folder.parent / "outside.wav")
    count = len(list(read(opened(folder, key))))
    for table in tables(opened(folder, key)):
        path = folder / table.file
        data = path.read_bytes()
        lines = data.split(b"\n")
        number = len(lines) - 2
        values = lines[number].rstrip(b"\r").split(table.delimiter.encode() or None)
        for column in range(len(values)):
            for hostile in OUTSIDE:
                changed = [*values]
                changed[column] = hostile.format(outside).encode()
                lines[number] = (table.delimiter or " ").encode().join(changed)
                path.write_bytes(b"\n".join(lines))
                try:
                    items = list(read(opened(folder, key)))
                except CorpusLayoutError:
                    continue
                assert len(items) == count, (table.file, column, hostile)
                for clip in (item for item in items if isinstance(item, Clip)):
                    check_inside(clip, folder)
        path.write_bytes(data)


def test_a_row_whose_split_cannot_be_told_is_listed_once(miniatures: Path) -> None:
    class WithoutChapter(LJSpeech):
        def split_of(self, row: Row) -> str:
            if row.line == 2:
                raise Unusable("unknown-split", "line 2")
            return super().split_of(row)

    corpus = WithoutChapter.open(str(miniatures / "LJSpeech-1.1"))
    rejects = [item for item in read(corpus) if isinstance(item, Reject)]
    assert [(item.clip, item.reason) for item in rejects] == [("metadata.csv:2", "unknown-split")]
