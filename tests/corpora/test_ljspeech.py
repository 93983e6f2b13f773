"""LJ Speech: quotes that are no quoting, a table cut short, chapters that stay whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from audio_flan.corpora.contract import hash_split
from audio_flan.corpora.speech.ljspeech import SHARES, SPLIT_SEED, LJSpeech
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.media import audio
from audio_flan.model.clip import ANNOTATIONS, Clip, Reject


def read(folder: Path) -> list[Clip | Reject]:
    corpus = LJSpeech.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> dict[str, Clip]:
    return {item.id: item for item in read(folder) if isinstance(item, Clip)}


def rejects(folder: Path) -> list[Reject]:
    return [item for item in read(folder) if isinstance(item, Reject)]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "LJSpeech-1.1", tmp_path / "root" / "LJSpeech-1.1")


def add_line(folder: Path, line: str) -> None:
    with (folder / "metadata.csv").open("a", encoding="utf-8", newline="") as file:
        file.write(f"{line}\n")


def test_every_clip_has_every_annotation(folder: Path) -> None:
    found = clips(folder)
    assert len(found) == 12
    for clip in found.values():
        filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
        assert filled == LJSpeech.provides
        assert (clip.speaker, clip.language, clip.clean_speech) == ("LJ", "en", True)
        assert clip.gender is not None
        assert clip.gender.value == "female"


def test_texts_are_as_the_table_has_them(folder: Path) -> None:
    found = clips(folder)
    assert found["LJ001-0001"].transcript == '"Come in," said Mr. Green.'
    assert found["LJ001-0001"].normalized_transcript == '"Come in," said Mr. Green.'
    assert found["LJ001-0002"].transcript == "The café opens early."
    assert found["LJ001-0003"].transcript == "We bought 12 apples."
    assert found["LJ001-0003"].normalized_transcript == "We bought twelve apples."


def test_the_sample_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    lines = (folder / "metadata.csv").read_text(encoding="utf-8").split("\n")
    assert any(line.split("|")[1].startswith('"') for line in lines if line)
    assert any(not line.isascii() for line in lines)
    assert any(len({*line.split("|")[1:]}) == 2 for line in lines if line)


def test_a_text_that_opens_a_quote_takes_no_line_with_it(folder: Path) -> None:
    add_line(folder, 'LJ001-0005|"He never closed it|"He never closed it')
    add_line(folder, "LJ001-0006|and went on.|and went on.")
    found = clips(folder)
    assert len(found) == 14
    assert found["LJ001-0005"].transcript == '"He never closed it'
    assert found["LJ001-0006"].transcript == "and went on."


def test_a_header_line_of_a_mirror_is_no_clip(folder: Path) -> None:
    expected = read(folder)
    table = folder / "metadata.csv"
    table.write_bytes(b"\xef\xbb\xbfid|text|normalized_text\n" + table.read_bytes())
    assert read(folder) == expected


def test_chapters_stay_whole_and_fall_into_the_three_splits(folder: Path) -> None:
    splits = {id: clip.split for id, clip in clips(folder).items()}
    by_chapter = {id[:5]: {s for i, s in splits.items() if i[:5] == id[:5]} for id in splits}
    assert sorted(len(found) for found in by_chapter.values()) == [1, 1, 1]
    assert set(splits.values()) == {"train", "validation", "test"}


def test_the_corpus_is_split_as_its_class_says() -> None:
    splits = [hash_split("ljspeech", f"LJ{i:03d}", SHARES, SPLIT_SEED) for i in range(1, 51)]
    counts = [splits.count(split) for split in ("train", "validation", "test")]
    assert counts == [46, 2, 2]
    assert LJSpeech.splits.rule == "by hash of the chapter: 46 train, 2 validation, 2 test"


def test_lines_without_text_are_rejected(folder: Path) -> None:
    add_line(folder, "LJ001-0005||")
    add_line(folder, "LJ001-0006|  |spoken")
    assert [(r.reason, r.clip) for r in rejects(folder)] == [
        ("empty-transcript", "metadata.csv:13"),
        ("empty-transcript", "metadata.csv:14"),
    ]
    assert len(clips(folder)) == 12


def test_a_missing_normalized_text_is_the_text(folder: Path) -> None:
    add_line(folder, "LJ001-0005|Plain words.|")
    assert clips(folder)["LJ001-0005"].normalized_transcript == "Plain words."


def test_a_copy_saved_in_latin_1_is_told_with_its_line(folder: Path) -> None:
    table = folder / "metadata.csv"
    table.write_bytes(table.read_text(encoding="utf-8").encode("latin-1"))
    with pytest.raises(CorpusLayoutError, match=r"metadata\.csv in UTF-8; .*0xe9 in line 2"):
        read(folder)


def test_a_table_cut_anywhere_in_its_last_line_loses_that_line_only(folder: Path) -> None:
    whole = clips(folder)
    table = folder / "metadata.csv"
    data = table.read_bytes()
    start = data.rstrip(b"\n").rindex(b"\n") + 1
    # From after its first byte to before its line end: also where all three values are there.
    for end in range(start + 1, len(data)):
        table.write_bytes(data[:end])
        (cut,) = rejects(folder)
        assert (cut.clip, cut.reason) == ("metadata.csv:12", "truncated-line"), end
        assert cut.detail.startswith("metadata.csv:12: ")
        assert clips(folder) == {id: clip for id, clip in whole.items() if id != "LJ022-0004"}


def test_a_table_cut_inside_a_letter_of_two_bytes_loses_that_line_only(folder: Path) -> None:
    table = folder / "metadata.csv"
    data = table.read_bytes()
    table.write_bytes(data[: data.rindex("é".encode()) + 1])
    assert [(cut.clip, cut.reason) for cut in rejects(folder)] == [
        ("metadata.csv:10", "truncated-line")
    ]
    assert len(clips(folder)) == 9


@pytest.fixture
def outside(folder: Path) -> Path:
    """A real recording next to the root."""
    target = folder.parents[1] / "outside.wav"
    shutil.copy(folder / "wavs" / "LJ001-0001.wav", target)
    (folder / "wavs" / "LJ001-0001.wav").unlink()
    return target


@pytest.mark.parametrize(
    "id", ["../../../outside", "LJ/../../../../outside", "..\\..\\..\\outside"]
)
def test_an_id_that_leaves_the_root_is_rejected(folder: Path, outside: Path, id: str) -> None:
    (folder / "wavs" / "LJ").mkdir()
    assert (folder / "wavs" / f"{id}.wav".replace("\\", "/")).samefile(outside)
    add_line(folder, f"{id}|words|words")
    (found,) = rejects(folder)
    assert (found.reason, found.clip) == ("path-outside-corpus", "metadata.csv:13")
    assert id.split("outside")[0] in found.detail.replace("\\\\", "\\")
    assert all("outside" not in clip.audio.path for clip in clips(folder).values())


@pytest.mark.parametrize("id", ["{}", "file://{}", "C:\\outside", "LJ::file://{}", "/etc/passwd"])
def test_an_id_that_names_another_place_opens_nothing_there(
    folder: Path, outside: Path, id: str
) -> None:
    secret = outside.read_bytes()
    add_line(folder, f"{id.format(outside.with_suffix(''))}|words|words")
    kept = clips(folder)
    assert len(kept) + len(rejects(folder)) == 13
    for clip in kept.values():
        assert Path(clip.audio.path).resolve().is_relative_to(folder.resolve())
        try:
            assert audio.load(clip.audio).data != secret
        except Unusable as error:
            assert error.reason == "audio-missing"


# The corpus itself


def test_real_lines_become_clips_and_real_files_are_carried_untouched(real: Path) -> None:
    found = [item for item in read(real) if isinstance(item, Clip)]
    lines = (real / "LJSpeech-1.1" / "metadata.csv").read_bytes().decode("utf-8").split("\n")
    rows = {line.split("|")[0]: line.split("|")[1:] for line in lines if line}
    assert len(found) == len(rows) == 8
    there = set()
    for clip in found:
        assert [clip.transcript, clip.normalized_transcript] == rows[clip.id]
        file = real / "LJSpeech-1.1" / "wavs" / f"{clip.id}.wav"
        if file.exists():
            there.add(clip.id)
            loaded = audio.load(clip.audio, verify=True)
            assert loaded.data == file.read_bytes()
            assert 1 < loaded.seconds < 11
        else:
            with pytest.raises(Unusable, match="audio-missing"):
                audio.load(clip.audio)
    assert there == {"LJ001-0002", "LJ001-0004", "LJ001-0006", "LJ001-0008"}
