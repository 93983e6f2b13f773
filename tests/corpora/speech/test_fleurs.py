"""FLEURS: tables without header and quoting, sentences that languages share, dev and validation."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from cases import Edit, Quirk, all_of, append, read, remove, rename, write

from audio_flan.corpora.read import folder as folder_module
from audio_flan.corpora.read import numbered_rows
from audio_flan.corpora.speech import fleurs
from audio_flan.corpora.speech.fleurs import Fleurs
from audio_flan.media import audio
from audio_flan.miniatures.bank import load_bank
from audio_flan.model.clip import Clip
from audio_flan.model.languages import LANGUAGES, language_name

TABLES = [
    *("cmn_hans_cn/train.tsv", "cmn_hans_cn/dev.tsv", "cmn_hans_cn/test.tsv"),
    "de_de/train.tsv",
    *("en_us/train.tsv", "en_us/dev.tsv", "en_us/test.tsv"),
    *("es_419/train.tsv", "es_419/dev.tsv", "es_419/test.tsv"),
]
SPLITS = {"train": "train", "dev": "validation", "test": "test"}
CODES = {"cmn_hans_cn": "zh", "de_de": "de", "en_us": "en", "es_419": "es"}
TEXTS = {
    ("12", "zh"): "请关上窗户。",
    ("12", "de"): "Bitte schließen Sie das Fenster.",
    ("12", "en"): "Please close the window.",
    ("12", "es"): "Por favor, cierre la ventana.",
    # The digits stay; a U+2028 in the Spanish text is a blank.
    ("104", "zh"): "我们买了12个苹果。",
    ("104", "de"): "Wir haben 12 Äpfel gekauft.",
    ("104", "en"): "We bought 12 apples.",
    ("104", "es"): "Compramos 12 manzanas.",
    # German has no other sentence.
    ("1525", "zh"): "咖啡馆很早开门。",
    ("1525", "en"): "The café opens early.",
    ("1525", "es"): "El café abre temprano.",
    # Quotation marks are text; so is what follows a no-break space.
    ("1699", "zh"): "“请进，”格林先生说。",
    ("1699", "en"): '"Come in," said Mr. Green.',
    ("1699", "es"): "—Pase —dijo el señor Green.",
}
GENDERS = {
    "cmn_hans_cn-train-6276646043823812023": ("12", "male"),
    "de_de-train-1159201995307846593": ("12", "male"),
    "de_de-train-9726282345926677229": ("12", "female"),
    "en_us-train-2334633103670497650": ("12", "male"),
    "en_us-train-2403687462795393392": ("12", "female"),
    "es_419-train-12930239898956836450": ("12", "female"),
    "es_419-train-8843590118521274463": ("12", "male"),
    "cmn_hans_cn-train-2204244178732902222": ("104", "female"),
    "cmn_hans_cn-train-9887811059118580359": ("104", "male"),
    "de_de-train-2918086341928258180": ("104", "male"),
    # OTHER.
    "en_us-train-4098082541594603632": ("104", None),
    "en_us-train-4361600254275756058": ("104", "female"),
    "es_419-train-9254116445448422311": ("104", "male"),
    "cmn_hans_cn-dev-1059004152285214949": ("1525", "male"),
    "en_us-dev-17737328218207839027": ("1525", "female"),
    "es_419-dev-7919991093405361828": ("1525", "male"),
    "cmn_hans_cn-test-2393602275416906822": ("1699", "male"),
    "en_us-test-5748065982046246588": ("1699", "male"),
    "en_us-test-7272174792953129493": ("1699", "female"),
    "es_419-test-4894726977129001757": ("1699", "male"),
}
"""Sentence and gender of each clip."""


def said(id: str, sentence: str, gender: str | None) -> dict[str, str | None]:
    folder, part, name = id.split("-")
    return {
        "transcript": TEXTS[sentence, CODES[folder]],
        "language": CODES[folder],
        "gender": gender,
        "sentence": sentence,
        "meaning": sentence,
        "split": SPLITS[part],
        "file": f"{folder}/audio/{part}/{name}.wav",
    }


CLIPS = 20
SAYS = {id: said(id, *told) for id, told in GENDERS.items()}


def of(*parts: str) -> tuple[str, ...]:
    """The clips whose id has one of some parts."""
    return tuple(id for id in GENDERS if any(part in id.split("-") for part in parts))


def add(line: str | bytes) -> Edit:
    """Add to the end of a table that has four lines."""

    def edit(folder: Path) -> None:
        with (folder / "en_us/train.tsv").open("ab") as target:
            target.write(line if isinstance(line, bytes) else line.encode())

    return edit


def as_windows_saves(folder: Path) -> None:
    for file in TABLES:
        data = (folder / file).read_bytes().replace(b"\n", b"\r\n")
        (folder / file).write_bytes(b"\xef\xbb\xbf" + data)


def without_last_line_end(folder: Path) -> None:
    for file in TABLES:
        (folder / file).write_bytes((folder / file).read_bytes().removesuffix(b"\n"))


LINE = "12\t{}\tThe end.\tthe end\tt h e | e n d |\t16000\tMALE\n"
BAD_LINES: dict[str | bytes, str] = {
    "12\tx.wav\tThe end.\tthe end\tt h e |\t16000\n": "malformed-line",
    "12\tx.wav\tThe\tend.\tthe end\tt h e |\t16000\tMALE\n": "malformed-line",
    "twelve\tx.wav\tThe end.\tthe end\tt h e |\t16000\tMALE\n": "malformed-line",
    "1234567890123\tx.wav\tThe end.\tthe end\tt |\t16000\tMALE\n": "malformed-line",
    "\x00\x00\x00\n": "malformed-line",
    "12\tx.wav\t \t\t|\t16000\tMALE\n": "empty-transcript",
    "12\tx.wav\tThe end.\tthe end\tt h e |\t16000\tFEM": "unknown-label",
    "12\tx.wav\tThe end.\tthe end\tt h e |\t16000\t\n": "unknown-label",
    "12\tx.wav\tThe en": "malformed-line",
    b"12\tx.wav\tThe end.\tthe end\tt h e |\t16000\tMAL\xc3": "unknown-label",
    b"12\tx.wav\tThe caf\xc3": "malformed-line",
    LINE.format("../../../secret.wav"): "path-outside-corpus",
    LINE.format("https://example.org/secret.wav"): "path-outside-corpus",
}
QUIRKS = [
    *(
        Quirk(
            f"a bad line is listed once and harms no other: {line!r}",
            add(line),
            rejects={"en_us/train.tsv:5": reason},
        )
        for line, reason in BAD_LINES.items()
    ),
    Quirk("empty lines are no clips", add("\n  \n\r\n")),
    Quirk("a byte order mark and Windows line ends are no part of values", as_windows_saves),
    Quirk("a last line without a line end is a clip", without_last_line_end),
    Quirk(
        "a text without the end of its quotation takes no line with it",
        append(
            "en_us/train.tsv",
            '12\ta.wav\t"Never\u2009closed\tnever closed\tn |\t1\tMALE',
            "12\tb.wav\tAnd on.\tand on\ta n d |\t1\tOTHER",
        ),
        says={
            "en_us-train-a": {
                **said("en_us-train-a", "12", "male"),
                "transcript": '"Never closed',
            },
            "en_us-train-b": {**said("en_us-train-b", "12", None), "transcript": "And on."},
        },
    ),
    Quirk(
        "any language is enough",
        remove("en_us", "de_de", "es_419"),
        gone=of("en_us", "de_de", "es_419"),
    ),
    Quirk(
        "a split that is not there is left out",
        remove(*(table for table in TABLES if table.endswith("test.tsv"))),
        gone=of("test"),
    ),
    Quirk(
        "a copy with its tables in a folder for metadata, as other tools make it, is not read",
        all_of(
            *(
                rename(f"en_us/{part}.tsv", f"metadata/en_us/{part}.tsv")
                for part in ("train", "dev", "test")
            )
        ),
        error=r"a folder of that name without en_us/train\.tsv",
    ),
    *(
        Quirk(
            f"{file} without any clip is named: {content!r}",
            write(file, content),
            error=rf"{file} with a line of 7 values",
        )
        for file in ("en_us/dev.tsv", "de_de/train.tsv")
        for content in ("", "\n", "garbage\n", "id,path\n1,x.wav\n")
    ),
    *(
        Quirk(
            f"a table in another encoding is named with its line: {line!r}",
            add(line.replace("n", "\xf1").encode("latin-1")),
            error=r"en_us/train\.tsv in UTF-8.*line 5",
        )
        for line in (LINE.format("x.wav"), "no clip\n")
    ),
]


def clips(folder: Path) -> list[Clip]:
    corpus = Fleurs.open(str(folder))
    items = [item for found in corpus.shards().values() for s in found for item in corpus.clips(s)]
    return [item for item in items if isinstance(item, Clip)]


def rows(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Language and values of each line, read by the csv module."""
    for file in sorted(folder.glob("*/*.tsv")):
        with file.open(encoding="utf-8", newline="\n") as table:
            # csv ends lines where str.splitlines does not, and the other way round: one by one.
            for line in table.read().split("\n")[:-1]:
                (values,) = csv.reader([line], delimiter="\t", quoting=csv.QUOTE_NONE)
                yield file.parent.name, values


def write_table(folder: Path, name: str, sentences: list[int]) -> None:
    """A table of nothing but lines, three values of which matter here."""
    lines = [f"{id}\t{n}.wav\tText {id}.\ttext\tt |\t1\tMALE\n" for n, id in enumerate(sentences)]
    write(name, "".join(lines))(folder)


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "fleurs", tmp_path / "root" / "fleurs")


def test_the_miniature_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    lines = list(rows(folder))
    assert all(len(values) == 7 for _, values in lines)
    texts = "".join(values[2] for _, values in lines)
    assert '"' in texts and "\xa0" in texts and "\u2028" in texts
    assert {values[6] for _, values in lines} == {"MALE", "FEMALE", "OTHER"}
    readers = Counter((language, values[0]) for language, values in lines)
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
    assert [clip.id for clip in clips(folder)] == list(GENDERS)


def test_all_shards_but_the_last_are_of_some_size_and_split_no_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbered_rows, "LINES_PER_SHARD", 20)
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
    monkeypatch.setattr(fleurs, "read_index", None)
    assert corpus.shards() == shards
    after = {split: [list(corpus.clips(s)) for s in part] for split, part in shards.items()}
    assert after == before


def test_no_file_is_asked_for_that_the_listing_of_its_folder_tells(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = clips(folder)
    monkeypatch.setattr(folder_module, "exists", None)
    assert clips(folder) == expected


def test_the_copy_on_the_hub_gives_the_same(folder: Path, tmp_path: Path) -> None:
    expected = [(clip.id, audio.load(clip.audio).data) for clip in clips(folder)]
    shutil.copytree(folder, tmp_path / "hub/fleurs/data")
    found = clips(tmp_path / "hub")
    assert [(clip.id, audio.load(clip.audio).data) for clip in found] == expected
    assert {clip.audio.name.split("/")[0] for clip in found} == {"data"}


def test_languages_may_lie_in_the_root_itself(folder: Path) -> None:
    expected, _ = read(Fleurs, folder)
    other = folder.rename(folder.parent / "speech of many languages")
    corpus = Fleurs.find(str(other))
    assert corpus is not None
    assert read(Fleurs, other) == (expected, {})


def test_all_102_languages_have_a_name_and_an_archive_of_their_own() -> None:
    folders = Fleurs.language_folders
    assert len(folders) == len(set(folders.values())) == 102
    assert set(Fleurs.languages) == set(folders.values()) <= set(LANGUAGES)
    assert len({language_name(code) for code in Fleurs.languages}) == 102
    archives = {copy.name.removesuffix(".tar.gz"): copy for copy in Fleurs.copies}
    assert {name: copy.part for name, copy in archives.items()} == folders
    assert all(copy.url.endswith(f"/FLEURS102/{copy.name}") for copy in Fleurs.copies)


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
