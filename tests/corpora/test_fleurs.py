"""FLEURS: tables without header and quoting, sentences that languages share, dev and validation."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from audio_flan.corpora.speech import fleurs
from audio_flan.corpora.speech.fleurs import Fleurs
from audio_flan.errors import CorpusLayoutError
from audio_flan.media import audio
from audio_flan.miniatures.bank import load_bank
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.languages import LANGUAGES, language_name

LINE = "12\t{}\tThe end.\tthe end\tt h e | e n d |\t16000\tMALE\n"


def read(folder: Path) -> list[Clip | Reject]:
    corpus = Fleurs.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> list[Clip]:
    return [item for item in read(folder) if isinstance(item, Clip)]


def rejects(folder: Path) -> list[Reject]:
    return [item for item in read(folder) if isinstance(item, Reject)]


def rows(folder: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Language, part and values of each line, read by the csv module."""
    for file in sorted(folder.glob("*/*.tsv")):
        with file.open(encoding="utf-8", newline="\n") as table:
            # csv ends lines where str.splitlines does not, and the other way round: one by one.
            for line in table.read().split("\n")[:-1]:
                (values,) = csv.reader([line], delimiter="\t", quoting=csv.QUOTE_NONE)
                yield file.parent.name, file.stem, values


def write_table(folder: Path, name: str, sentences: list[int]) -> None:
    """A table of nothing but lines, three values of which matter here."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{id}\t{n}.wav\tText {id}.\ttext\tt |\t1\tMALE\n" for n, id in enumerate(sentences)]
    (folder / name).write_text("".join(lines), encoding="utf-8", newline="")


def add(folder: Path, text: str | bytes, file: str = "en_us/train.tsv") -> int:
    """Add a line to a table; return its number."""
    path = folder / file
    number = path.read_bytes().count(b"\n") + 1
    with path.open("ab") as target:
        target.write(text if isinstance(text, bytes) else text.encode())
    return number


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "fleurs", tmp_path / "root" / "fleurs")


def test_every_line_is_a_clip_with_what_it_says(folder: Path) -> None:
    expected = {
        f"{language}-{part}-{name.removesuffix('.wav')}": (
            {"train": "train", "dev": "validation", "test": "test"}[part],
            f"{language}/audio/{part}/{name}",
            " ".join(raw.replace("\u2028", " ").replace("\xa0", " ").split(" ")),
            id,
            {"MALE": "male", "FEMALE": "female", "OTHER": None}[gender],
        )
        for language, part, (id, name, raw, _, _, _, gender) in rows(folder)
    }
    found = {
        clip.id: (
            clip.split,
            clip.audio.name,
            clip.transcript,
            clip.meaning,
            clip.gender and clip.gender.value,
        )
        for clip in clips(folder)
    }
    assert len(found) == 20
    assert found == expected
    assert all(clip.sentence == clip.meaning for clip in clips(folder))
    assert not rejects(folder)


def test_the_sample_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    lines = list(rows(folder))
    assert all(len(values) == 7 for _, _, values in lines)
    texts = "".join(values[2] for _, _, values in lines)
    assert '"' in texts and "\xa0" in texts and "\u2028" in texts
    assert {values[6] for _, _, values in lines} == {"MALE", "FEMALE", "OTHER"}
    readers = Counter((language, values[0]) for language, _, values in lines)
    assert max(readers.values()) == 2
    assert not (folder / "de_de/test.tsv").exists()
    info = audio.probe(clips(folder)[0].audio)
    assert (info.bits, info.rate, info.channels) == (32, 16_000, 1)


def test_the_texts_are_translations_of_each_other_and_of_their_recordings(folder: Path) -> None:
    bank = load_bank()
    said = {entry.frames: entry for entry in (*bank.speech("en"), *bank.translations)}
    numbers: dict[str | None, set[int]] = {}
    for clip in clips(folder):
        entry = said[audio.probe(clip.audio).frames]
        assert (entry.text, entry.language) == (clip.transcript, clip.language)
        numbers.setdefault(clip.meaning, set()).add(entry.sentence)
    assert all(len(same) == 1 for same in numbers.values())
    assert len(numbers) == 4


def test_a_sentence_stands_together_in_all_its_languages(folder: Path) -> None:
    found = [(clip.split, clip.meaning, clip.language) for clip in clips(folder)]
    runs = [pair for i, pair in enumerate(found) if not i or found[i - 1][:2] != pair[:2]]
    assert [(split, id) for split, id, _ in runs] == [
        ("train", "12"),
        ("train", "104"),
        ("validation", "1525"),
        ("test", "1699"),
    ]
    for split, id, _ in runs:
        languages = {language for *pair, language in found if pair == [split, id]}
        assert languages == {"en", "es", "zh"} | ({"de"} if split == "train" else set())


def test_all_shards_but_the_last_are_of_some_size_and_split_no_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleurs, "LINES_PER_SHARD", 20)
    for code in ("en_us", "fr_fr", "zu_za"):
        write_table(tmp_path, f"{code}/train.tsv", [*range(30, 0, -1), *range(1, 31)])
    corpus = Fleurs.open(str(tmp_path))
    shards = corpus.shards()["train"]
    found = [[c.meaning for c in corpus.clips(s) if isinstance(c, Clip)] for s in shards]
    assert [id for ids in found for id in ids] == [str(id) for id in range(1, 31) for _ in range(6)]
    assert all(14 <= len(ids) <= 26 for ids in found[:-1])
    assert not any(set(ids) & set(others) for ids in found for others in found if others is not ids)


def test_the_tables_are_read_through_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = Fleurs.open(str(folder))
    shards = corpus.shards()
    before = {split: [list(corpus.clips(s)) for s in part] for split, part in shards.items()}
    monkeypatch.setattr(Fleurs, "_table", None)
    assert corpus.shards() == shards
    after = {split: [list(corpus.clips(s)) for s in part] for split, part in shards.items()}
    assert after == before


def test_the_copy_on_the_hub_gives_the_same(folder: Path, tmp_path: Path) -> None:
    expected = [(clip.id, audio.load(clip.audio).data) for clip in clips(folder)]
    shutil.copytree(folder, tmp_path / "hub/fleurs/data")
    found = clips(tmp_path / "hub")
    assert [(clip.id, audio.load(clip.audio).data) for clip in found] == expected
    assert {clip.audio.name.split("/")[0] for clip in found} == {"data"}


def test_languages_may_lie_in_the_root_itself(folder: Path) -> None:
    expected = [clip.id for clip in clips(folder)]
    other = folder.rename(folder.parent / "speech of many languages")
    corpus = Fleurs.find(str(other))
    assert corpus is not None
    assert [clip.id for clip in clips(other)] == expected


def test_any_language_is_enough(folder: Path) -> None:
    for code in ("en_us", "de_de", "es_419"):
        shutil.rmtree(folder / code)
    found = clips(folder)
    assert {clip.language for clip in found} == {"zh"}
    assert {clip.split for clip in found} == {"train", "validation", "test"}


def test_a_split_that_is_not_there_is_left_out(folder: Path) -> None:
    for file in folder.glob("*/test.tsv"):
        file.unlink()
    assert list(Fleurs.open(str(folder)).shards()) == ["train", "validation"]


def test_all_102_languages_have_a_name_of_their_own() -> None:
    assert len(fleurs.LANGUAGES) == len(set(fleurs.LANGUAGES.values())) == 102
    assert set(Fleurs.languages) == set(fleurs.LANGUAGES.values()) <= set(LANGUAGES)
    assert len({language_name(code) for code in Fleurs.languages}) == 102


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("cmn_hans_cn", "zh", "Mandarin Chinese"),
        ("yue_hant_hk", "yue", "Cantonese"),
        ("es_419", "es", "Spanish"),
        ("ckb_iq", "ckb", "Sorani Kurdish"),
        ("nb_no", "nb", "Norwegian"),
        ("fil_ph", "fil", "Filipino"),
        ("fi_fi", "fi", "Finnish"),
        ("kam_ke", "kam", "Kamba"),
    ],
)
def test_a_folder_is_of_a_language(tmp_path: Path, code: str, language: str, name: str) -> None:
    write_table(tmp_path, f"{code}/train.tsv", [1])
    (clip,) = clips(tmp_path)
    assert (clip.id, clip.language) == (f"{code}-train-0", language)
    assert language_name(str(clip.language)) == name


@pytest.mark.parametrize("code", ["cmn-Hans-CN", "zh-CN", "zh", "cmn"])
def test_mandarin_has_one_name_however_it_is_coded(code: str) -> None:
    assert language_name(code) == "Mandarin Chinese"


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_values(folder: Path) -> None:
    expected = clips(folder)
    for file in folder.glob("*/*.tsv"):
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert clips(folder) == expected


def test_a_last_line_without_line_end_is_a_clip(folder: Path) -> None:
    expected = clips(folder)
    for file in folder.glob("*/*.tsv"):
        file.write_bytes(file.read_bytes().removesuffix(b"\n"))
    assert clips(folder) == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("12\tx.wav\tThe end.\tthe end\tt h e |\t16000\n", "malformed-line"),
        ("12\tx.wav\tThe\tend.\tthe end\tt h e |\t16000\tMALE\n", "malformed-line"),
        ("twelve\tx.wav\tThe end.\tthe end\tt h e |\t16000\tMALE\n", "malformed-line"),
        ("1234567890123\tx.wav\tThe end.\tthe end\tt |\t16000\tMALE\n", "malformed-line"),
        ("\x00\x00\x00\n", "malformed-line"),
        ("12\tx.wav\t \t\t|\t16000\tMALE\n", "empty-transcript"),
        ("12\tx.wav\tThe end.\tthe end\tt h e |\t16000\tFEM", "unknown-label"),
        ("12\tx.wav\tThe en", "malformed-line"),
        (b"12\tx.wav\tThe end.\tthe end\tt h e |\t16000\tMAL\xc3", "unknown-label"),
        (b"12\tx.wav\tThe caf\xc3", "malformed-line"),
        (LINE.format("../../../secret.wav"), "path-outside-corpus"),
        (LINE.format("https://example.org/secret.wav"), "path-outside-corpus"),
    ],
)
def test_a_bad_line_is_told_of_once_and_harms_no_other(
    folder: Path, line: str | bytes, reason: str
) -> None:
    expected = clips(folder)
    number = add(folder, line)
    (found,) = rejects(folder)
    assert (found.clip, found.reason) == (f"en_us/train.tsv:{number}", reason)
    assert clips(folder) == expected


def test_empty_lines_are_no_clips(folder: Path) -> None:
    expected = clips(folder)
    add(folder, "\n  \n\r\n")
    assert read(folder) == expected


@pytest.mark.parametrize("file", ["en_us/dev.tsv", "de_de/train.tsv"])
@pytest.mark.parametrize("content", ["", "\n", "garbage\n", "id,path\n1,x.wav\n"])
def test_a_table_without_any_clip_is_not_what_the_publisher_made(
    folder: Path, file: str, content: str
) -> None:
    (folder / file).write_text(content, encoding="utf-8")
    with pytest.raises(CorpusLayoutError, match=f"{file} with a line of 7 values"):
        read(folder)


@pytest.mark.parametrize("line", [LINE.format("x.wav"), "no clip\n"])
def test_a_table_in_another_encoding_is_told_with_its_line(folder: Path, line: str) -> None:
    number = add(folder, line.replace("n", "\xf1").encode("latin-1"), "es_419/test.tsv")
    with pytest.raises(CorpusLayoutError, match=f"es_419/test.tsv in UTF-8.*line {number}"):
        read(folder)
