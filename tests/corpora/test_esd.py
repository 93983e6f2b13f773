"""ESD: two layouts, text files in four encodings, missing lines, order, copies of some speakers."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from zipfile import ZipFile

import pytest

from audio_flan.corpora.find import find_corpora
from audio_flan.corpora.speech.esd import FOLDERS, ESD
from audio_flan.errors import CorpusLayoutError
from audio_flan.media import audio
from audio_flan.model.clip import ANNOTATIONS, Clip, Reject

TOP = "Emotion Speech Dataset"
ENCODINGS = {"0001": "gb18030", "0006": "utf-16", "0011": "utf-8", "0016": "cp1252"}


def read(folder: Path) -> list[Clip | Reject]:
    corpus = ESD.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> dict[str, Clip]:
    return {item.id: item for item in read(folder) if isinstance(item, Clip)}


def rejects(folder: Path) -> list[tuple[str, str]]:
    return [(item.clip, item.reason) for item in read(folder) if isinstance(item, Reject)]


def described(folder: Path) -> list[dict[str, object]]:
    """All of the clips but where their audio is."""
    fields = ("id", "split", *sorted(ANNOTATIONS))
    return [{f: getattr(clip, f) for f in fields} for clip in clips(folder).values()]


def text(folder: Path, speaker: str) -> str:
    return (folder / f"{speaker}/{speaker}.txt").read_bytes().decode(ENCODINGS[speaker])


def set_text(folder: Path, speaker: str, content: str, encoding: str | None = None) -> None:
    data = content.encode(encoding or ENCODINGS[speaker])
    (folder / f"{speaker}/{speaker}.txt").write_bytes(data)


def without_split_folders(folder: Path) -> None:
    """The newer layout."""
    (folder / "ReadMe.txt").unlink()
    for wav in list(folder.glob("*/*/*/*.wav")):
        wav.rename(wav.parents[1] / wav.name)
    for split in [entry for entry in folder.glob("*/*/*") if entry.is_dir()]:
        split.rmdir()


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / TOP, tmp_path / "root" / TOP)


def test_every_clip_has_every_annotation(folder: Path) -> None:
    found = clips(folder)
    assert len(found) == 2 * 3 * 3 + 2 * 3 * 4
    for clip in found.values():
        filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
        assert filled == ESD.provides


def test_the_sample_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    for speaker, encoding in ENCODINGS.items():
        data = (folder / speaker / f"{speaker}.txt").read_bytes()
        assert data.startswith(b"\xff\xfe") == (encoding == "utf-16")
        if encoding in ("gb18030", "cp1252"):
            with pytest.raises(UnicodeDecodeError):
                data.decode("utf-8")
    assert "\u201cCome in,\u201d" in text(folder, "0016")
    assert "\n\n" in text(folder, "0011")
    assert "0011_000021 We bought" in text(folder, "0011")
    assert "0001_000051" in text(folder, "0006")
    assert "0011_001452" not in text(folder, "0011")
    assert len(list(folder.glob("*/*/*/*.wav"))) == len(clips(folder))


@pytest.mark.parametrize(
    ("id", "transcript"),
    [
        ("0001_000051", "天气很好"),
        ("0006_000051", "天气很好"),
        ("0006_000351", "我们早点儿回家"),
        ("0006_001401", "我们早点儿回家"),
        ("0011_000051", '"Come in," said Mr. Green.'),
        ("0016_000051", "\u201cCome in,\u201d said Mr. Green."),
        ("0011_000021", "We bought 12 apples."),
        ("0016_000052", "The café opens early."),
    ],
)
def test_texts_are_read_in_whatever_encoding(folder: Path, id: str, transcript: str) -> None:
    assert clips(folder)[id].transcript == transcript


@pytest.mark.parametrize("speaker", ENCODINGS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "old"])
def test_a_text_saved_in_another_encoding_is_the_same_text(
    folder: Path, speaker: str, encoding: str
) -> None:
    expected = read(folder)
    old = "gb18030" if speaker < "0011" else "cp1252"
    content = text(folder, speaker)
    set_text(folder, speaker, content, old if encoding == "old" else encoding)
    assert read(folder) == expected
    set_text(folder, speaker, content.replace("\n", "\r\n"), "utf-16")
    assert read(folder) == expected


@pytest.mark.parametrize(
    ("speaker", "language", "gender"),
    [
        ("0001", "zh", "female"),
        ("0006", "zh", "male"),
        ("0011", "en", "male"),
        ("0016", "en", "female"),
    ],
)
def test_speakers_are_told_by_their_number(
    folder: Path, speaker: str, language: str, gender: str
) -> None:
    found = [clip for clip in clips(folder).values() if clip.id.startswith(speaker)]
    assert found
    for clip in found:
        assert (clip.speaker, clip.language) == (speaker, language)
        assert clip.gender is not None and clip.gender.value == gender
        assert clip.sentence == f"{language}-{(int(clip.id[-6:]) - 1) % 350 + 1:03d}"


def test_five_of_each_language_are_of_each_gender(folder: Path) -> None:
    line = "\t天气\t中立\n"
    for number in range(1, 21):
        speaker = f"{number:04d}"
        (folder / speaker).mkdir(exist_ok=True)
        set_text(folder, speaker, f"{speaker}_000100{line}", "utf-8")
    found = {clip.speaker: clip for clip in clips(folder).values()}.values()
    counts = Counter((clip.language, clip.gender.value) for clip in found if clip.gender)
    assert counts == dict.fromkeys(((a, b) for a in ("zh", "en") for b in ("female", "male")), 5)


def test_emotions_are_those_of_the_folders_in_plain_words(folder: Path) -> None:
    words = {"Neutral": "neutral", "Angry": "angry", "Surprise": "surprised"}
    for clip in clips(folder).values():
        assert clip.emotion is not None
        assert clip.emotion.value == words[clip.audio.name.split("/")[1]]
        assert clip.emotion.options == ("neutral", "angry", "happy", "sad", "surprised")
    # A recording in another folder than its number says, too.
    source = folder / "0011/Angry/train/0011_000401.wav"
    (folder / "0011/Sad/train").mkdir(parents=True)
    source.rename(folder / "0011/Sad/train" / source.name)
    moved = clips(folder)["0011_000401"]
    assert moved.emotion is not None and moved.emotion.value == "sad"
    assert audio.load(moved.audio)


def test_the_newer_layout_gives_the_same_clips(folder: Path) -> None:
    expected = described(folder)
    without_split_folders(folder)
    assert not any(entry.is_dir() for entry in folder.glob("*/*/*"))
    assert described(folder) == expected
    assert all(audio.load(clip.audio) for clip in clips(folder).values())
    gone = next(iter(clips(folder).values())).audio
    Path(gone.path).unlink()
    assert next(iter(clips(folder).values())).audio == gone


def test_the_folder_tells_the_split_where_it_disagrees_with_the_number(folder: Path) -> None:
    assert clips(folder)["0011_000051"].split == "train"
    source = folder / "0011/Neutral/train/0011_000051.wav"
    source.rename(folder / "0011/Neutral/test" / source.name)
    assert clips(folder)["0011_000051"].split == "test"


@pytest.mark.parametrize(
    ("number", "split"),
    [
        (1, "validation"),
        (20, "validation"),
        (21, "test"),
        (50, "test"),
        (51, "train"),
        (350, "train"),
        (351, "validation"),
        (1400, "train"),
        (1421, "test"),
        (1750, "train"),
    ],
)
def test_the_number_tells_the_split_where_there_are_no_folders(
    folder: Path, number: int, split: str
) -> None:
    without_split_folders(folder)
    set_text(folder, "0011", f"{text(folder, '0011')}0011_{number:06d}\tSo.\tX\n")
    clip = clips(folder)[f"0011_{number:06d}"]
    assert clip.split == split
    name = FOLDERS[(number - 1) // 350]
    assert clip.audio.name == f"0011/{name}/0011_{number:06d}.wav"


def test_neighbours_say_the_same_sentence(folder: Path) -> None:
    corpus = ESD.open(str(folder))
    shards = corpus.shards()
    assert {split: [s.part[0] for s in found] for split, found in shards.items()} == {
        "train": ["zh", "en"],
        "validation": ["zh"],
        "test": ["en"],
    }
    for shard in (shard for found in shards.values() for shard in found):
        found = [clip for clip in corpus.clips(shard) if isinstance(clip, Clip)]
        order = [(c.sentence, c.speaker, c.id) for c in found]
        assert order == sorted(order)
        sizes = Counter(clip.sentence for clip in found)
        assert set(sizes.values()) == {6}


@pytest.mark.parametrize(
    "line",
    [
        "0011_001452\tThe café opens early.\tSurprise",
        "0011_001452 The café opens early. Surprise",
        "0011_001452\tThe café opens early. Surprise",
        "0011_001452 The café opens early.\tsurprise ",
        "  0012_001452\t The café opens early.\t惊喜",
        "0011_001452\tThe café opens early.",
    ],
)
def test_lines_are_read_however_they_are_separated(folder: Path, line: str) -> None:
    for speaker in ("0011", "0016"):
        set_text(folder, speaker, text(folder, speaker).replace("early", "late"))
    set_text(folder, "0011", f"{text(folder, '0011')}\n \n{line}\n")
    assert clips(folder)["0011_001452"].transcript == "The café opens early."
    assert not rejects(folder)


def test_a_word_at_the_end_of_a_text_is_no_emotion_where_tabs_tell(folder: Path) -> None:
    set_text(folder, "0011", f"{text(folder, '0011')}0011_000100\tI feel Sad\tNeutral\n")
    assert clips(folder)["0011_000100"].transcript == "I feel Sad"


@pytest.mark.parametrize("line", ["", "0011_001452\t\tSurprise", "0011_001452\tSurprise"])
def test_a_missing_text_is_what_most_others_say(folder: Path, line: str) -> None:
    set_text(folder, "0011", f"{text(folder, '0011')}{line}\n")
    set_text(folder, "0016", text(folder, "0016").replace("early", "late", 1))
    assert clips(folder)["0011_001452"].transcript == "The café opens early."
    assert not rejects(folder)


def test_a_sentence_that_nobody_has_a_text_of_is_rejected(folder: Path) -> None:
    whole = clips(folder)
    for speaker in ("0011", "0016"):
        lines = text(folder, speaker).split("\n")
        kept = [line for line in lines if "café" not in line]
        set_text(folder, speaker, "\n".join(kept))
    gone = [id for id, clip in whole.items() if clip.sentence == "en-052"]
    assert rejects(folder) == [(id, "transcript-missing") for id in gone]
    assert clips(folder) == {id: clip for id, clip in whole.items() if id not in gone}


@pytest.mark.parametrize(
    "line",
    [
        "garbage",
        "0011_999999\tSo.\tNeutral",
        "0011_000000\tSo.\tNeutral",
        "0011_000051",
        "\x00\x00",
        "0011_000051\tA second one.\tNeutral",
    ],
)
def test_a_garbled_line_is_told_once_with_its_place(folder: Path, line: str) -> None:
    whole = clips(folder)
    count = text(folder, "0011").count("\n")
    set_text(folder, "0011", f"{text(folder, '0011')}{line}\n")
    assert rejects(folder) == [(f"0011/0011.txt:{count + 1}", "malformed-line")]
    assert clips(folder) == whole


def test_a_text_file_that_ends_inside_a_line_gives_no_half_text(folder: Path) -> None:
    whole = clips(folder)
    content = text(folder, "0016").rstrip("\n")
    set_text(folder, "0016", content)
    assert clips(folder) == whole and not rejects(folder)
    place = f"0016/0016.txt:{content.count(chr(10)) + 1}"
    set_text(folder, "0016", content[: content.rindex("the window")])
    assert rejects(folder) == [(place, "truncated-line")]
    assert clips(folder) == whole


def test_other_files_are_no_recordings(folder: Path) -> None:
    whole = read(folder)
    for name in ("._0011_000051.wav", "0011_000051.wav.part", "notes.txt", "0011_51.wav"):
        (folder / "0011/Neutral/train" / name).write_bytes(b"")
        (folder / "0011/Neutral" / name).write_bytes(b"")
    assert read(folder) == whole


@pytest.mark.parametrize("speaker", ENCODINGS)
def test_a_copy_of_one_speaker_is_found(folder: Path, speaker: str) -> None:
    expected = [clip for clip in clips(folder).values() if clip.speaker == speaker]
    for other in set(ENCODINGS) - {speaker}:
        shutil.rmtree(folder / other)
    (folder / "ReadMe.txt").unlink()
    (found,) = find_corpora(str(folder.parent))
    assert found.key == "esd"
    # Without others, the text of the missing line is still known from another emotion.
    assert list(clips(folder).values()) == expected
    place = folder.rename(folder.parent / "any name")
    assert [clip.id for clip in clips(place).values()] == [clip.id for clip in expected]
    with ZipFile(folder.parents[1] / "part.zip", "w") as packed:
        for file in place.rglob("*"):
            packed.write(file, f"{TOP}/{file.relative_to(place).as_posix()}")
    assert [clip.id for clip in clips(folder.parents[1] / "part.zip").values()] == [
        clip.id for clip in expected
    ]


@pytest.mark.parametrize("speaker", ENCODINGS)
def test_a_speaker_without_text_file_is_told(folder: Path, speaker: str) -> None:
    (folder / speaker / f"{speaker}.txt").unlink()
    for place in (folder, folder.parent):
        with pytest.raises(CorpusLayoutError, match=f"{speaker}/{speaker}.txt"):
            ESD.open(str(place))


def test_a_copy_in_a_folder_of_the_archives_name_is_found(folder: Path) -> None:
    expected = described(folder)
    outer = folder.parent / "Emotional Speech Dataset (ESD)"
    outer.mkdir()
    folder.rename(outer / TOP)
    (found,) = find_corpora(str(outer.parent))
    assert described(Path(found.folder.path)) == expected


@pytest.mark.parametrize(
    ("speaker", "data"), [("0001", b"\xe9\n"), ("0011", b"\x81\n"), ("0006", b"\xff\xfe\x00")]
)
def test_a_text_that_no_encoding_fits_is_told(folder: Path, speaker: str, data: bytes) -> None:
    (folder / speaker / f"{speaker}.txt").write_bytes(data)
    with pytest.raises(CorpusLayoutError, match=rf"{speaker}\.txt in UTF-8, .* in line 1"):
        read(folder)


@pytest.mark.parametrize("data", [b"", b"\n \n"])
def test_an_empty_text_is_told(folder: Path, data: bytes) -> None:
    (folder / "0016/0016.txt").write_bytes(data)
    with pytest.raises(CorpusLayoutError, match=r"0016\.txt .* an empty file"):
        read(folder)
