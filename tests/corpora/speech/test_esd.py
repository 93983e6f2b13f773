"""ESD: two layouts, text files in four encodings, missing lines, order, copies of some speakers."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from zipfile import ZipFile

import pytest
from cases import Edit, Quirk, all_of, read, remove, rename, replace, saved_in, write

from audio_flan.corpora import corpus_class
from audio_flan.corpora.find import find_corpora
from audio_flan.model.clip import Clip

ESD = corpus_class("esd")
TOP = "Emotion Speech Dataset"
ENCODINGS = {"0001": "gb18030", "0006": "utf-16", "0011": "utf-8", "0016": "cp1252"}
MEN = {"0004", "0005", "0006", "0008", "0010", "0011", "0012", "0013", "0014", "0020"}
OTHERS = [speaker for n in range(1, 21) if (speaker := f"{n:04d}") not in ENCODINGS]


def text_file(speaker: str) -> str:
    return f"{speaker}/{speaker}.txt"


def text(folder: Path, speaker: str) -> str:
    return (folder / text_file(speaker)).read_bytes().decode(ENCODINGS[speaker])


# Edits


def add(speaker: str, *lines: str) -> Edit:
    """Add lines at the end of a speaker's text file, in its encoding."""

    def edit(folder: Path) -> None:
        content = text(folder, speaker) + "".join(f"{line}\n" for line in lines)
        (folder / text_file(speaker)).write_bytes(content.encode(ENCODINGS[speaker]))

    return edit


def without_lines(speaker: str, word: str) -> Edit:
    """Remove the lines that have a word."""

    def edit(folder: Path) -> None:
        lines = [line for line in text(folder, speaker).split("\n") if word not in line]
        (folder / text_file(speaker)).write_bytes("\n".join(lines).encode(ENCODINGS[speaker]))

    return edit


def cut(speaker: str, word: str) -> Edit:
    """End a speaker's text file where a word is there for the last time."""

    def edit(folder: Path) -> None:
        content = text(folder, speaker)
        content = content[: content.rindex(word)]
        (folder / text_file(speaker)).write_bytes(content.encode(ENCODINGS[speaker]))

    return edit


def with_carriage_returns(speaker: str) -> Edit:
    def edit(folder: Path) -> None:
        content = text(folder, speaker).replace("\n", "\r\n")
        (folder / text_file(speaker)).write_bytes(content.encode("utf-16"))

    return edit


def without_split_folders(folder: Path) -> None:
    """The newer layout."""
    (folder / "ReadMe.txt").unlink()
    for wav in list(folder.glob("*/*/*/*.wav")):
        wav.rename(wav.parents[1] / wav.name)
    for split in [entry for entry in folder.glob("*/*/*") if entry.is_dir()]:
        split.rmdir()


# The table

CLIPS = 2 * 3 * 3 + 2 * 3 * 4
SAYS = {
    # GB 18030.
    "0001_000051": {
        "transcript": "天气很好",
        "language": "zh",
        "speaker": "0001",
        "gender": "female",
        "emotion": "neutral",
        "sentence": "zh-051",
        "clean_speech": True,
        "split": "train",
        "file": "0001/Neutral/train/0001_000051.wav",
    },
    # UTF-16; its line has another speaker's number.
    "0006_000051": {"transcript": "天气很好", "speaker": "0006", "gender": "male"},
    # Blanks instead of tabs, and a Chinese name of the emotion.
    "0006_000351": {
        "transcript": "我们早点儿回家",
        "emotion": "angry",
        "sentence": "zh-001",
        "split": "validation",
    },
    "0006_001401": {"transcript": "我们早点儿回家", "emotion": "surprised"},
    "0011_000051": {"transcript": '"Come in," said Mr. Green.', "language": "en", "gender": "male"},
    "0011_000021": {"transcript": "We bought 12 apples.", "sentence": "en-021", "split": "test"},
    # It has no line: the text is that of the same sentence elsewhere.
    "0011_001452": {"transcript": "The café opens early.", "emotion": "surprised"},
    # Windows-1252 with curly quotes.
    "0016_000051": {
        "transcript": "\u201cCome in,\u201d said Mr. Green.",
        "speaker": "0016",
        "gender": "female",
    },
    "0016_000052": {"transcript": "The café opens early.", "split": "train"},
    "0016_001421": {"sentence": "en-021", "split": "test"},
}
BY_NUMBER = {
    1: ("Neutral", "evaluation", "validation"),
    20: ("Neutral", "evaluation", "validation"),
    50: ("Neutral", "test", "test"),
    350: ("Neutral", "train", "train"),
    351: ("Angry", "evaluation", "validation"),
    1400: ("Sad", "train", "train"),
    1750: ("Surprise", "train", "train"),
}
"""Folder of the emotion, folder of the split, and split of recordings of which a line tells."""
SEPARATED = [
    "0011_001452\tThe café shuts early.\tSurprise",
    "0011_001452 The café shuts early. Surprise",
    "0011_001452\tThe café shuts early. Surprise",
    "0011_001452 The café shuts early.\tsurprise ",
    "  0012_001452\t The café shuts early.\t惊喜",
    "0011_001452\tThe café shuts early.",
]
GARBLED = [
    "garbage",
    "0011_999999\tSo.\tNeutral",
    "0011_000000\tSo.\tNeutral",
    "0011_000051",
    "\x00\x00",
    "0011_000051\tA second one.\tNeutral",
]
EARLY = [f"{speaker}_{n:06d}" for speaker in ("0011", "0016") for n in (52, 402, 1452)]
"""The recordings of "The café opens early."."""
QUIRKS = [
    *(
        Quirk(
            f"the text of {speaker} is the same in {encoding}",
            saved_in(text_file(speaker), encoding, found_in=found_in),
        )
        for speaker, found_in in ENCODINGS.items()
        for encoding in (
            "utf-8",
            "utf-8-sig",
            "utf-16",
            "gb18030" if speaker < "0011" else "cp1252",
        )
    ),
    *(
        Quirk(f"the text of {speaker} is the same with \\r\\n", with_carriage_returns(speaker))
        for speaker in ENCODINGS
    ),
    Quirk(
        "speakers are told by their number",
        all_of(*(write(text_file(s), f"{s}_000100\tYes.\tHappy\n") for s in OTHERS)),
        says={
            f"{speaker}_000100": {
                "speaker": speaker,
                "gender": "male" if speaker in MEN else "female",
                "language": "zh" if speaker < "0011" else "en",
            }
            for speaker in OTHERS
        },
    ),
    Quirk(
        "the folder tells the emotion where the number denies it",
        rename("0011/Angry/train/0011_000401.wav", "0011/Sad/train/0011_000401.wav"),
        says={"0011_000401": {"emotion": "sad", "file": "0011/Sad/train/0011_000401.wav"}},
    ),
    Quirk(
        "the folder tells the split where the number denies it",
        rename("0011/Neutral/train/0011_000051.wav", "0011/Neutral/test/0011_000051.wav"),
        says={"0011_000051": {"split": "test", "file": "0011/Neutral/test/0011_000051.wav"}},
    ),
    Quirk(
        "the number tells emotion and split of what a line alone tells of",
        add("0011", *(f"0011_{number:06d}\tSo.\tX" for number in BY_NUMBER)),
        says={
            f"0011_{n:06d}": {"split": split, "file": f"0011/{emotion}/{folder}/0011_{n:06d}.wav"}
            for n, (emotion, folder, split) in BY_NUMBER.items()
        },
    ),
    *(
        Quirk(
            f"a line is read however it is separated: {line!r}",
            add("0011", "", " ", line),
            says={"0011_001452": {"transcript": "The café shuts early."}},
        )
        for line in SEPARATED
    ),
    Quirk(
        "a word at the end of a text is no emotion where tabs tell",
        add("0011", "0011_000100\tI feel Sad\tNeutral"),
        says={"0011_000100": {"transcript": "I feel Sad", "emotion": "neutral"}},
    ),
    Quirk(
        "punctuation stays full-width",
        add("0001", "0001_000100\t你好，世界！\t中立"),
        says={"0001_000100": {"transcript": "你好，世界！"}},
    ),
    *(
        Quirk(
            f"a missing text is what most others say: {line!r}",
            all_of(
                add("0011", line),
                replace("0016/0016.txt", "early.\tNeutral", "late.\tNeutral"),
            ),
            says={"0016_000052": {"transcript": "The café opens late."}},
        )
        for line in ("", "0011_001452\t\tSurprise", "0011_001452\tSurprise")
    ),
    Quirk(
        "a sentence that nobody has a text of is rejected",
        all_of(without_lines("0011", "café"), without_lines("0016", "café")),
        rejects=dict.fromkeys(EARLY, "transcript-missing"),
        gone=tuple(EARLY),
    ),
    *(
        Quirk(
            f"a garbled line is listed with its place: {line!r}",
            add("0011", line),
            rejects={"0011/0011.txt:15": "malformed-line"},
        )
        for line in GARBLED
    ),
    Quirk("a last line without a line end may be whole", cut("0016", "\n\n")),
    Quirk(
        "a text file that ends inside a line gives no half text",
        cut("0016", "the window"),
        rejects={"0016/0016.txt:14": "truncated-line"},
    ),
    Quirk(
        "other files are no recordings",
        all_of(
            *(
                write(f"0011/Neutral/{folder}{name}", b"")
                for folder in ("", "train/", "train/more/")
                for name in ("._0011_000051.wav", "0011_000051.wav.part", "a.txt", "0011_51.wav")
            )
        ),
    ),
    *(
        Quirk(
            f"speaker {speaker} without a text file is named",
            remove(text_file(speaker)),
            error=rf"{speaker}/{speaker}\.txt",
        )
        for speaker in ENCODINGS
    ),
    *(
        Quirk(
            f"a text of {speaker} that no encoding fits is named",
            write(text_file(speaker), data),
            error=rf"{speaker}\.txt in UTF-8, .* in line 1",
        )
        for speaker, data in {"0001": b"\xe9\n", "0011": b"\x81\n", "0006": b"\xff\xfe\x00"}.items()
    ),
    *(
        Quirk(
            f"an empty text is named: {data!r}",
            write("0016/0016.txt", data),
            error=r"0016\.txt .* an empty file",
        )
        for data in (b"", b"\n \n")
    ),
]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / TOP, tmp_path / "root" / TOP)


def described(folder: Path) -> list[tuple[str, dict[str, object]]]:
    """What all clips say in their order, but for their files."""
    clips, rejects = read(ESD, folder)
    assert not rejects
    return [(id, {k: v for k, v in said.items() if k != "file"}) for id, said in clips.items()]


def test_the_miniature_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    for speaker, encoding in ENCODINGS.items():
        data = (folder / text_file(speaker)).read_bytes()
        assert data.startswith(b"\xff\xfe") == (encoding == "utf-16")
        if encoding in ("gb18030", "cp1252"):
            with pytest.raises(UnicodeDecodeError):
                data.decode("utf-8")
    assert "\n\n" in text(folder, "0011")
    assert "0011_000021 We bought" in text(folder, "0011")
    assert "0001_000051" in text(folder, "0006")
    assert "0011_001452" not in text(folder, "0011")
    assert len(list(folder.glob("*/*/*/*.wav"))) == CLIPS


def test_every_clip_says_all_that_its_id_and_folder_tell(folder: Path) -> None:
    words = {"Neutral": "neutral", "Angry": "angry", "Surprise": "surprised"}
    for id, said in read(ESD, folder)[0].items():
        assert said.keys() - {"split", "file"} == ESD.provides
        speaker, _, number = id.partition("_")
        language = "zh" if speaker < "0011" else "en"
        assert (said["speaker"], said["language"]) == (speaker, language)
        assert said["gender"] == ("male" if speaker in MEN else "female")
        assert said["sentence"] == f"{language}-{(int(number) - 1) % 350 + 1:03d}"
        assert said["emotion"] == words[said["file"].split("/")[1]]
    assert ESD.labels["emotion"] == ("neutral", "angry", "happy", "sad", "surprised")


def test_the_newer_layout_gives_the_same_clips(folder: Path) -> None:
    expected = described(folder)
    without_split_folders(folder)
    assert described(folder) == expected
    files = [said["file"] for said in read(ESD, folder)[0].values()]
    assert all((folder / file).is_file() and file.count("/") == 2 for file in files)
    (folder / files[0]).unlink()
    assert [said["file"] for said in read(ESD, folder)[0].values()] == files


def test_neighbours_say_the_same_sentence(folder: Path) -> None:
    corpus = ESD.open(str(folder))
    shards = corpus.shards()
    assert {split: [shard.part for shard in found] for split, found in shards.items()} == {
        "train": [("zh",), ("en",)],
        "validation": [("zh",)],
        "test": [("en",)],
    }
    for shard in (shard for found in shards.values() for shard in found):
        found = [clip for clip in corpus.clips(shard) if isinstance(clip, Clip)]
        order = [(clip.sentence, clip.speaker, clip.id) for clip in found]
        assert order == sorted(order)
        assert set(Counter(clip.sentence for clip in found).values()) == {6}


@pytest.mark.parametrize("speaker", ENCODINGS)
def test_a_copy_of_one_speaker_is_found(folder: Path, speaker: str) -> None:
    # Without others, the text of the missing line is still known from another emotion.
    expected = [item for item in described(folder) if item[1]["speaker"] == speaker]
    for other in set(ENCODINGS) - {speaker}:
        shutil.rmtree(folder / other)
    (folder / "ReadMe.txt").unlink()
    (found,) = find_corpora(str(folder.parent))
    assert found.key == "esd"
    assert described(folder) == expected
    place = folder.rename(folder.parent / "any name")
    assert described(place) == expected
    archive = folder.parents[1] / "part.zip"
    with ZipFile(archive, "w") as packed:
        for file in place.rglob("*"):
            packed.write(file, f"{TOP}/{file.relative_to(place).as_posix()}")
    assert described(archive) == expected


def test_a_copy_in_a_folder_of_the_archives_name_is_found(folder: Path) -> None:
    expected = described(folder)
    outer = folder.parent / "Emotional Speech Dataset (ESD)"
    outer.mkdir()
    folder.rename(outer / TOP)
    (found,) = find_corpora(str(outer.parent))
    assert described(Path(found.folder.path)) == expected
