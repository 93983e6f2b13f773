"""AISHELL-3: Han and pinyin in turn, speakers in a table of their own, tables cut short."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from audio_flan.corpora.speech.aishell3 import Aishell3
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.media import audio
from audio_flan.model.clip import ANNOTATIONS, Clip, Reject


def read(folder: Path) -> list[Clip | Reject]:
    corpus = Aishell3.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> dict[str, Clip]:
    return {item.id: item for item in read(folder) if isinstance(item, Clip)}


def rejects(folder: Path) -> list[Reject]:
    return [item for item in read(folder) if isinstance(item, Reject)]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "data_aishell3", tmp_path / "root" / "data_aishell3")


def add_line(folder: Path, line: str, file: str = "train/content.txt") -> None:
    with (folder / file).open("a", encoding="utf-8", newline="") as target:
        target.write(f"{line}\n")


def test_every_clip_has_every_annotation(folder: Path) -> None:
    found = clips(folder)
    assert len(found) == 12
    for clip in found.values():
        filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
        assert filled == Aishell3.provides
        assert clip.speaker == clip.id[:7]


def test_the_sample_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    assert (folder / "train/content.txt").read_bytes().startswith(b"\xef\xbb\xbfSSB")
    assert (folder / "test/content.txt").read_bytes().startswith(b"SSB")
    speakers = (folder / "spk-info.txt").read_text(encoding="utf-8").split("\n")
    assert sum(line.startswith("#") for line in speakers) == 3
    assert " 点儿 dianr3 " in (folder / "train/content.txt").read_text(encoding="utf-8")
    assert (folder / "train/label_train-set.txt").exists()
    assert not (folder / "test/label_train-set.txt").exists()


def test_the_byte_order_mark_is_no_part_of_the_first_id(folder: Path) -> None:
    assert next(iter(clips(folder))) == "SSB00050001"


def test_han_and_pinyin_are_taken_apart(folder: Path) -> None:
    clip = clips(folder)["SSB00050001"]
    assert (clip.transcript, clip.phones) == ("天气很好", "tian1 qi4 hen3 hao3")
    assert clip.phone_notation is not None
    assert clip.phone_notation.value == "pinyin with tone digits"


def test_a_syllable_with_erhua_is_two_characters_and_one_syllable(folder: Path) -> None:
    clip = clips(folder)["SSB00050002"]
    assert (clip.transcript, clip.phones) == ("我们早点儿回家", "wo3 men5 zao3 dianr3 hui2 jia1")


@pytest.mark.parametrize(
    ("speaker", "gender", "age", "accent"),
    [
        ("SSB0005", "female", "14 to 25", "northern"),
        ("SSB0009", "male", "14 to 25", "northern"),
        ("SSB0011", "female", "26 to 40", "southern"),
        ("SSB0016", "male", "under 14", "other"),
    ],
)
def test_speakers_are_described_in_words(
    folder: Path, speaker: str, gender: str, age: str, accent: str
) -> None:
    found = [clip for clip in clips(folder).values() if clip.speaker == speaker]
    assert len(found) == 3
    for clip in found:
        labels = (clip.gender, clip.age, clip.accent)
        assert [label and label.value for label in labels] == [gender, age, accent]


def test_speakers_are_in_both_splits_as_published(folder: Path) -> None:
    found = clips(folder).values()
    by_split = {s: {c.speaker for c in found if c.split == s} for s in ("train", "test")}
    assert by_split["train"] & by_split["test"]


def test_a_copy_without_the_test_part_has_the_train_part(folder: Path) -> None:
    expected = [clip for clip in read(folder) if isinstance(clip, Clip) and clip.split == "train"]
    shutil.rmtree(folder / "test")
    assert read(folder) == expected
    assert list(Aishell3.open(str(folder)).shards()) == ["train"]


@pytest.mark.parametrize(
    "content",
    ["天 tian1 气", "天 气", "tian1 天", "天 tian", "天 tian6", "", "  ", "天 tian1 气 qi0"],
)
def test_han_and_pinyin_that_do_not_take_turns_are_rejected(folder: Path, content: str) -> None:
    add_line(folder, f"SSB00050009.wav\t{content}")
    assert [(r.reason, r.clip) for r in rejects(folder)] == [
        ("malformed-line", "train/content.txt:9")
    ]
    assert len(clips(folder)) == 12


def test_a_speaker_without_description_is_rejected(folder: Path) -> None:
    add_line(folder, "SSB99990001.wav\t天 tian1")
    (found,) = rejects(folder)
    assert (found.reason, found.clip) == ("unknown-speaker", "train/content.txt:9")
    assert "SSB9999" in found.detail


@pytest.mark.parametrize(
    "line", ["SSB0020\tE\tmale\tnorth", "SSB0020\tA\trobot\tnorth", "SSB0020\tA\tmale\tmoon"]
)
def test_a_speaker_with_an_unknown_label_is_rejected_clip_by_clip(folder: Path, line: str) -> None:
    add_line(folder, line, "spk-info.txt")
    assert not rejects(folder)
    add_line(folder, "SSB00200001.wav\t天 tian1")
    assert [found.reason for found in rejects(folder)] == ["unknown-label"]


def test_a_garbled_line_of_the_speakers_is_told_with_its_place(folder: Path) -> None:
    add_line(folder, "SSB0020 A male", "spk-info.txt")
    with pytest.raises(CorpusLayoutError, match=r"aishell3 .*spk-info\.txt:8: "):
        read(folder)


def test_a_copy_saved_in_gb18030_is_told_with_its_line(folder: Path) -> None:
    table = folder / "test/content.txt"
    table.write_bytes(table.read_text(encoding="utf-8").encode("gb18030"))
    with pytest.raises(CorpusLayoutError, match=r"test/content\.txt in UTF-8; .* in line 1"):
        read(folder)


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_table_cut_anywhere_in_its_last_line_loses_that_line_only(
    folder: Path, split: str
) -> None:
    whole = clips(folder)
    table = folder / split / "content.txt"
    data = table.read_bytes()
    lines = data.count(b"\n")
    start = data.rstrip(b"\n").rindex(b"\n") + 1
    last = data[start:].decode().split(".")[0]
    # Also inside a character of three bytes, and after a whole pair of Han and pinyin.
    for end in range(start + 1, len(data)):
        table.write_bytes(data[:end])
        (cut,) = rejects(folder)
        expected = (f"{split}/content.txt:{lines}", "truncated-line")
        assert (cut.clip, cut.reason) == expected, end
        assert clips(folder) == {id: clip for id, clip in whole.items() if id != last}


@pytest.fixture
def outside(folder: Path) -> Path:
    """A real recording next to the root."""
    target = folder.parents[1] / "outside.wav"
    shutil.move(folder / "train/wav/SSB0005/SSB00050001.wav", target)
    return target


@pytest.mark.parametrize("step", ["../", "..\\"])
def test_a_file_name_that_leaves_the_root_is_rejected(
    folder: Path, outside: Path, step: str
) -> None:
    # A known speaker, so that nothing but the path is wrong.
    (folder / "train/wav/SSB0005/SSB0005").mkdir()
    name = f"SSB0005/{6 * step}outside.wav"
    assert (folder / "train/wav/SSB0005" / name.replace("\\", "/")).samefile(outside)
    add_line(folder, f"{name}\t天 tian1")
    (found,) = rejects(folder)
    assert (found.reason, found.clip) == ("path-outside-corpus", "train/content.txt:9")
    assert all("outside" not in clip.audio.path for clip in clips(folder).values())


@pytest.mark.parametrize(
    "name", ["../../../../../outside.wav", "{}", "file://{}", "C:\\outside.wav", "/etc/passwd"]
)
def test_a_file_name_of_another_place_is_rejected(folder: Path, outside: Path, name: str) -> None:
    secret = outside.read_bytes()
    add_line(folder, f"{name.format(outside)}\t天 tian1")
    assert [found.clip for found in rejects(folder)] == ["train/content.txt:9"]
    kept = clips(folder)
    assert len(kept) == 12
    for clip in kept.values():
        try:
            assert audio.load(clip.audio).data != secret
        except Unusable as error:
            assert error.reason == "audio-missing"
