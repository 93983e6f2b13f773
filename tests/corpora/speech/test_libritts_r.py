"""LibriTTS-R: a tree of speakers or Parquet, ragged speakers, and tables of other projects."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cases import Edit, Quirk, all_of, append, read, remove, write

from audio_flan.corpora.contract import Shard
from audio_flan.corpora.speech.libritts_r import LibriTTSR
from audio_flan.corpora.speech.libritts_r.captions import SAYS as WORDS_OF_LEVELS
from audio_flan.corpora.speech.libritts_r.captions import statement
from audio_flan.errors import CorpusLayoutError
from audio_flan.media import audio
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft
from audio_flan.model.randomness import Rng
from audio_flan.tasks import get_task
from audio_flan.tasks.contract import PairTask

LISTS = "libritts_r_failed_speech_restoration_examples"
STYLES = "LibriTTS-P/data"
ALIGNMENTS = "LibriTTS-R-MFA/lab/phone"
CHAPTER = "train-clean-100/9901/5501"
TABLE = f"{CHAPTER}/9901_5501.trans.tsv"
NEW = "9901_5501_000007_000000"
FAILED = "9902_5502_000002_000000"

# What the miniature says: every clip, with all of its fields

TEXTS = {
    1: ('"Come in," said Mr. Green.', '"Come in," said Mr. Green.'),
    2: ("The café opens early.", "The café opens early."),
    3: ("We bought 12 apples.", "We bought twelve apples."),
    4: ("Please close the window.", "Please close the window."),
}
"""Transcript and normalized transcript of each sentence."""
PHONES = {
    1: "k ʌ m ɪ n s ɛ d m ɪ s t ɚ ɡ ɹ i n",
    2: "ð ə k æ f eɪ oʊ p ə n z ɝ l i",
    3: "w i b ɔ t t w ɛ l v æ p ə l z",
    # The aligner did not know a word of it.
    4: None,
}
FOLDERS = {
    "9901": ("train-clean-100", "train", "female"),
    "9902": ("train-clean-100", "train", "male"),
    "8295": ("train-other-500", "train", None),
    "9903": ("dev-clean", "validation", "female"),
    "9906": ("dev-clean", "validation", "male"),
    "9904": ("test-clean", "test", "female"),
    "9905": ("test-clean", "test", "male"),
}
"""Subset, split and gender of each speaker."""
SLOWLY = "She speaks slowly, with normal pitch and normal volume."
SLOW = "A woman speaks with normal pitch, normal energy and slow talking speed."
# Two annotators hear it, and it is not the gender.
CALM = "The voice sounds clear and calm."
TENSE = "A low-pitched man speaks with normal speed and normal energy. The voice sounds tense."
FAST = "A high-pitched woman speaks fast with high energy."
DESCRIBED = {
    # The utterance chooses among sentences of its key.
    "9901_5501_000000_000000": f"{SLOWLY} {CALM}",
    "9901_5501_000000_000001": f"{SLOWLY} {CALM}",
    "9901_5501_000001_000000": f"{SLOWLY} {CALM}",
    "9901_5501_000001_000001": f"{SLOW} {CALM}",
    "9902_5502_000000_000000": TENSE,
    "9902_5502_000000_000001": TENSE,
    "9902_5502_000001_000000": TENSE,
    "9902_5502_000001_000001": TENSE,
    "9903_5504_000000_000000": FAST,
    "9903_5504_000000_000001": FAST,
    "9903_5504_000001_000000": FAST,
    "9903_5504_000001_000001": FAST,
    # One annotator only heard more of this speaker.
    "9904_5505_000000_000000": SLOW,
    "9904_5505_000000_000001": SLOW,
    "9904_5505_000001_000000": SLOWLY,
    # LibriTTS-P could not measure the next one.
    "9904_5505_000001_000001": None,
}
SENTENCES = {
    **{id: 1 + number % 4 for number, id in enumerate(DESCRIBED)},
    "9906_5507_000003_000000": 2,
    "9906_5507_000003_000001": 3,
    "9905_5506_000004_000000": 1,
    "9905_5506_000004_000002": 2,
    # An id of several persons: neither speaker nor gender nor description; nor is it aligned.
    "8295_5503_000002_000000": 3,
    "8295_5503_000002_000001": 4,
}


def said(id: str, sentence: int) -> dict[str, Any]:
    speaker, chapter, paragraph, _ = id.split("_")
    subset, split, gender = FOLDERS[speaker]
    phones = None if speaker == "8295" else PHONES[sentence]
    return {
        "transcript": TEXTS[sentence][0],
        "normalized_transcript": TEXTS[sentence][1],
        "language": "en",
        "phones": phones,
        "phone_notation": phones and "IPA",
        "speaker": None if speaker == "8295" else speaker,
        "gender": gender,
        "paragraph": f"{speaker}_{chapter}_{paragraph}",
        "description": DESCRIBED.get(id),
        "clean_speech": True,
        "split": split,
        "file": f"{subset}/{speaker}/{chapter}/{id}.wav",
    }


CLIPS = 22
SAYS = {id: said(id, sentence) for id, sentence in SENTENCES.items()}
REJECTS = {FAILED: "failed-restoration"}

# Quirks


def of(*speakers: str) -> list[str]:
    """The clips of some speakers."""
    return [id for id in SENTENCES if id.partition("_")[0] in speakers]


def without(field: str, *speakers: str) -> dict[str, dict[str, None]]:
    """What clips of some speakers say that lose a field."""
    return {id: {field: None} for id in of(*speakers) if SAYS[id][field]}


def new_line(transcript: str, normalized: str | None) -> dict[str, dict[str, Any]]:
    return {
        NEW: {
            **said(NEW, 4),
            "transcript": transcript,
            "normalized_transcript": normalized,
            "paragraph": "9901_5501_000007",
        }
    }


def beside(name: str) -> Edit:
    """Move a folder out of the corpus, to lie beside it."""
    return lambda folder: (folder / name).rename(folder.parent / name)


def without_first_line(folder: Path) -> None:
    (folder / TABLE).write_bytes((folder / TABLE).read_bytes().partition(b"\n")[2])


def in_latin_1(folder: Path) -> None:
    with (folder / TABLE).open("ab") as file:
        file.write(f"{NEW}\tcafé\tcafé\n".encode("latin-1"))


def texts_of_parler(form: str) -> Edit:
    """Put tables of Parler-TTS beside the corpus."""

    def edit(folder: Path) -> None:
        place = folder.parent / "libritts-r-filtered-speaker-descriptions" / "clean"
        place.mkdir(parents=True)
        for split, (id, text) in PARLER.items():
            file = place / f"{split}-00000-of-00001.{form}"
            if form == "parquet":
                table = pa.table({"text": ["x"], "id": [id], "text_description": [text]})
                pq.write_table(table, file)
            else:
                file.write_text(f'text,id,text_description\nx,{id},"{text}"\nragged\n')

    return edit


PARLER = {
    "dev.clean": ("9903_5504_000000_000000", "A woman, close by,\n speaks  fast."),
    "test.clean": ("9904_5505_000000_000000", "NA"),
}
DEV = ("9903", "9906")
NOT_DEV = [speaker for speaker in FOLDERS if speaker not in DEV]
MISPLACED = "./dev-clean/9903/5504/9903_5504_000000_000000.wav\n"
BAD_LINES = {
    f"{NEW}\tOnly one text.": (f"{TABLE}:5", "malformed-line"),
    f"{NEW}\ta\tb\tc": (f"{TABLE}:5", "malformed-line"),
    "9901_5501\ta\tb": ("9901_5501", "malformed-line"),
    "../../../../secret\ta\tb": ("../../../../secret", "malformed-line"),
    f"{NEW}\t \tb": (NEW, "empty-transcript"),
}
QUIRKS = [
    Quirk(
        "a part of the corpus is a corpus",
        remove("train-clean-100", "train-other-500", "test-clean", "speakers.tsv"),
        says=without("gender", *DEV),
        gone=(*of(*NOT_DEV), FAILED),
    ),
    Quirk(
        "a folder without subsets tells which there are",
        all_of(
            remove("train-clean-100", "train-other-500", "dev-clean", "test-clean"),
            lambda folder: (folder / "data/train.clean.100").mkdir(parents=True),
        ),
        error=r"train-other-500/.*OpenSLR 141",
    ),
    Quirk(
        "names of an archiver are left out",
        all_of(
            write("train-clean-100/9901/._5501", b"\x00"),
            write(f"{CHAPTER}/._9901_5501.trans.tsv", b"\xff\xfe"),
        ),
    ),
    Quirk(
        "a recording without a line is listed",
        without_first_line,
        rejects={"9901_5501_000000_000000": "transcript-missing"},
        gone=("9901_5501_000000_000000",),
    ),
    Quirk(
        "recordings without a table are listed",
        remove(TABLE),
        rejects=dict.fromkeys(of("9901"), "transcript-missing"),
        gone=tuple(of("9901")),
    ),
    Quirk(
        "a line without a recording is a clip",
        append(TABLE, f"{NEW}\tGone.\tGone."),
        says={
            NEW: {**new_line("Gone.", "Gone.")[NEW], "file": f"{CHAPTER}/{NEW}.wav"},
        },
    ),
    *(
        Quirk(
            f"a line that does not fit is one reject: {line!r}",
            append(TABLE, line),
            rejects={clip: reason},
        )
        for line, (clip, reason) in BAD_LINES.items()
    ),
    Quirk(
        "quotes in texts are text",
        append(TABLE, f'{NEW}\t"Oh," he said\t"Oh'),
        says=new_line('"Oh," he said', '"Oh'),
    ),
    Quirk(
        "a missing normalized text is none",
        append(TABLE, f"{NEW}\tOh.\t "),
        says=new_line("Oh.", None),
    ),
    Quirk(
        "a table in Latin 1 is named with its line",
        in_latin_1,
        error=r"9901_5501\.trans\.tsv in UTF-8; .* in line 5",
    ),
    Quirk(
        "the older table of speakers is read where the newer one is absent",
        all_of(
            remove("speakers.tsv"),
            write(
                "SPEAKERS.txt",
                "; comment | M\n9901 | F | train-clean-100  | 25.03 | Ann\n9902|M|x|1|B|en",
            ),
        ),
        says=without("gender", "9903", "9904", "9905", "9906"),
    ),
    Quirk("the lists of failed restorations may lie beside", beside(LISTS)),
    Quirk(
        "a list is of its subset only", write(f"{LISTS}/dev-other_bad_sample_list.txt", MISPLACED)
    ),
    Quirk(
        "an utterance in the list of its subset is rejected",
        write(f"{LISTS}/dev-clean_bad_sample_list.txt", MISPLACED),
        rejects={"9903_5504_000000_000000": "failed-restoration"},
        gone=("9903_5504_000000_000000",),
    ),
    Quirk("tables of descriptions may lie beside", beside("LibriTTS-P")),
    Quirk(
        "without tables there are no descriptions",
        remove("LibriTTS-P"),
        says=without("description", *FOLDERS),
    ),
    *(
        Quirk(
            f"texts of Parler-TTS are taken by id, from {form}",
            all_of(remove("LibriTTS-P"), texts_of_parler(form)),
            says={
                **without("description", *FOLDERS),
                "9903_5504_000000_000000": {"description": "A woman, close by, speaks fast."},
                "9904_5505_000000_000000": {"description": "NA"},
            },
        )
        for form in ("parquet", "csv")
    ),
    Quirk(
        "alignments may lie beside",
        beside("LibriTTS-R-MFA"),
    ),
    Quirk(
        "utterances without an alignment have no phones",
        remove(f"{ALIGNMENTS}/dev-clean/9903"),
        says={id: {"phones": None, "phone_notation": None} for id in without("phones", "9903")},
    ),
]


def clips(folder: Path) -> dict[str, Clip]:
    corpus = LibriTTSR.open(str(folder))
    items = [item for shard in shards(folder) for item in corpus.clips(shard)]
    return {item.id: item for item in items if isinstance(item, Clip)}


def shards(folder: Path) -> list[Shard]:
    return [shard for found in LibriTTSR.open(str(folder)).shards().values() for shard in found]


def provided(folder: Path, subset: str = "train-clean-100") -> frozenset[str]:
    """What the shards of a subset may have."""
    (found,) = {shard.provides for shard in shards(folder) if shard.part[0] == subset}
    assert found is not None
    return found


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "LibriTTS_R", tmp_path / "root" / "LibriTTS_R")


# The tree


def test_the_miniature_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    lines = (folder / "speakers.tsv").read_text(encoding="utf-8").splitlines()
    assert {line.count("\t") for line in lines} == {2, 3, 4}
    assert "8295\tM\ttrain-other-500" in lines
    assert len(list(folder.rglob("._*"))) == 8
    assert (folder / LISTS / "train-clean-100_bad_sample_list.txt").read_text().startswith("./")
    labels = [file.read_text(encoding="utf-8") for file in folder.rglob("*.lab")]
    assert any(line.endswith("\tspn") for text in labels for line in text.splitlines())
    assert {file.stem for file in folder.rglob("[0-9]*.wav")} == {*SENTENCES, FAILED}


def test_the_place_of_a_reject_is_in_its_detail(folder: Path) -> None:
    corpus = LibriTTSR.open(str(folder))
    items = [item for shard in shards(folder) for item in corpus.clips(shard)]
    (reject,) = [item for item in items if not isinstance(item, Clip)]
    assert reject.detail == (
        "train-clean-100/9902/5502/9902_5502.trans.tsv:5: "
        f"{FAILED} is in the publisher's list of train-clean-100"
    )


def test_subset_folders_may_lie_in_the_folder_of_the_key(folder: Path) -> None:
    ids = list(clips(folder))
    folder.rename(folder.parent / "libritts_r")
    assert list(clips(folder.parent)) == ids


def test_a_shard_holds_twenty_speakers_and_none_comes_twice(folder: Path) -> None:
    for number in range(1000, 1045):
        table = f"dev-other/{number}/7/{number}_7.trans.tsv"
        write(table, f"{number}_7_000000_000000\tYes.\tYes.\n")(folder)
    corpus = LibriTTSR.open(str(folder))
    counts = [
        len(list(corpus.clips(shard))) for shard in shards(folder) if shard.part[0] == "dev-other"
    ]
    assert counts == [20, 20, 5]
    assert len(read(LibriTTSR, folder)[0]) == 22 + 45


def test_without_the_lists_no_restoration_has_failed(folder: Path) -> None:
    shutil.rmtree(folder / LISTS)
    found, rejects = read(LibriTTSR, folder)
    assert found.keys() == {*SENTENCES, FAILED}
    assert rejects == {}


def test_no_shard_promises_what_no_table_tells(folder: Path) -> None:
    assert provided(folder) == LibriTTSR.provides
    assert provided(folder, "train-other-500") == LibriTTSR.provides - {"phones", "phone_notation"}
    (folder / "speakers.tsv").unlink()
    assert provided(folder) == LibriTTSR.provides - {"gender"}
    shutil.rmtree(folder / "LibriTTS-P")
    assert provided(folder) == LibriTTSR.provides - {"gender", "description"}


# Descriptions


@pytest.mark.parametrize(
    ("key", "prompt", "expected"),
    [
        ("M_p-low_s-slow_e-low", "Ask a man to speak slowly with low volume and low pitch", True),
        ("M_p-low_s-slow_e-low", "Urge a man with a high-pitched voice to speak slowly", False),
        ("M_p-high_s-fast_e-low", " ask a high-pitched man to talk fast with low volume", True),
        ("M_p-high_s-fast_e-low", "A high-pitched man said quickly, his volume is low", False),
        ("M_p-normal_s-normal_e-high", "He speaks loudly with normal speed and high pitch", False),
        ("F_p-normal_s-slow_e-low", "May i ask a woman to say at a low volume", False),
        ("F_p-low_s-fast_e-high", "A woman speaks with low pitch and fast speaking speed", False),
        ("F_p-low_s-normal_e-normal", "She speaks with low pitch and normal speed", True),
        ("F_p-high_s-fast_e-normal", "high pitch, fast speed, normal volume, woman", False),
        ("F_p-high_s-fast_e-high", "Ask a high-pithced woman to speak fast and loudly", False),
    ],
)
def test_a_prompt_is_taken_as_a_statement_that_agrees_with_its_key(
    key: str, prompt: str, expected: bool
) -> None:
    found = statement(prompt, key)
    assert (found is not None) == expected
    if found:
        assert re.fullmatch(r"(A|He|She|This)\b.* (speaks|talks) .*\.", found)


def test_no_level_is_said_like_another_one_of_its_kind() -> None:
    sentence = "low pitch; normal pitch; high pitch; slowly; normal speed; fast; low volume; "
    sentence += "normal volume; high volume"
    levels = WORDS_OF_LEVELS.items()
    for part, level in zip(sentence.split("; "), WORDS_OF_LEVELS, strict=True):
        assert [name for name, pattern in levels if re.search(pattern, part)] == [level]


def test_a_trait_needs_two_annotators_and_is_not_the_gender(folder: Path) -> None:
    (folder / STYLES / "df3_en.csv").write_text("9902|powerful, fluent,very tensed\n")
    found = clips(folder)["9902_5502_000000_000000"].description
    assert found is not None
    assert found.endswith(" The voice sounds tense, fluent and powerful.")


def test_a_table_of_styles_without_its_columns_is_named(folder: Path) -> None:
    file = folder / STYLES / "metadata_w_style_prompt_tags_v230922.csv"
    file.write_text("item,style\n9901,F\n")
    with pytest.raises(CorpusLayoutError, match=r"item_name, style_prompt_key, invalid"):
        read(LibriTTSR, folder)


# Parquet from the Hub


def as_parquet(folder: Path, name: Callable[[str], str]) -> None:
    """Replace the tree by Parquet files as the Hub has them, in row groups of three."""
    rows: dict[str, list[dict[str, object]]] = {}
    for file in sorted(folder.rglob("[0-9]*.wav")):
        subset, speaker, chapter, _ = file.relative_to(folder).parts
        rows.setdefault(subset.replace("-", "."), []).append(
            {
                "audio": {"bytes": file.read_bytes(), "path": file.name},
                "text_normalized": file.with_suffix(".normalized.txt").read_text(encoding="utf-8"),
                "text_original": file.with_suffix(".original.txt").read_text(encoding="utf-8"),
                "speaker_id": speaker,
                "path": f"/cache/{file.name}",
                "chapter_id": chapter,
                "id": file.stem,
            }
        )
    for split, found in rows.items():
        shutil.rmtree(folder / split.replace(".", "-"))
        target = folder / name(split)
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(found), target, row_group_size=3)


HUB: dict[str, Callable[[str], str]] = {
    "main": lambda split: f"data/{split}/{split}-00000-of-00001.parquet",
    "converted": lambda split: f"{split.split('.')[1]}/{split}/0000.parquet",
    "all": lambda split: f"all/{split}/0000.parquet",
    "by configuration": lambda split: f"{split.split('.')[1]}/{split}-00000-of-00002.parquet",
    "uploaded": lambda split: f"data/{split}-00000-of-00001.parquet",
}


@pytest.fixture
def parquet(folder: Path) -> Path:
    """A Parquet file of a copy from the Hub."""
    as_parquet(folder, HUB["main"])
    return folder / "data/dev.clean/dev.clean-00000-of-00001.parquet"


@pytest.mark.parametrize("name", HUB)
def test_parquet_gives_the_same_clips_and_audio(folder: Path, name: str) -> None:
    whole = {id: (clip, audio.load(clip.audio).data) for id, clip in clips(folder).items()}
    as_parquet(folder, HUB[name])
    found = clips(folder)
    assert set(found) == set(whole)
    for id, (clip, data) in whole.items():
        assert found[id]._replace(audio=clip.audio) == clip
        assert audio.load(found[id].audio).data == data
    assert read(LibriTTSR, folder)[1] == REJECTS


def test_parquet_shards_are_files_of_one_configuration(folder: Path, parquet: Path) -> None:
    shutil.copytree(folder / "data", folder / "all")
    files = [shard.part.file for shard in shards(folder)]
    assert len(files) == 4
    assert all(file.startswith("data/") for file in files)


def test_the_audio_of_parquet_is_not_read_for_the_texts(folder: Path, parquet: Path) -> None:
    table = pq.read_table(parquet)
    pq.write_table(table.drop_columns(["audio"]), parquet)
    assert sum(clip.split == "validation" for clip in clips(folder).values()) == table.num_rows


def test_a_row_without_id_or_text_is_rejected_with_its_number(folder: Path, parquet: Path) -> None:
    rows = pq.read_table(parquet).to_pylist()
    rows[1]["id"], rows[2]["text_original"] = None, None
    pq.write_table(pa.Table.from_pylist(rows), parquet)
    assert read(LibriTTSR, folder)[1] == {
        **REJECTS,
        f"{parquet.relative_to(folder)}#1": "malformed-line",
        "9903_5504_000001_000000": "empty-transcript",
    }


@pytest.mark.parametrize("damage", ["column", "bytes"])
def test_damaged_parquet_is_named_with_the_columns_that_are_needed(
    folder: Path, parquet: Path, damage: str
) -> None:
    if damage == "bytes":
        parquet.write_bytes(parquet.read_bytes()[:-100])
    else:
        pq.write_table(pq.read_table(parquet).drop_columns(["text_original"]), parquet)
    with pytest.raises(CorpusLayoutError, match=r"dev\.clean-.* id, text_original"):
        read(LibriTTSR, folder)


# Tasks


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_every_split_has_pairs_of_one_paragraph_and_of_two(folder: Path, split: str) -> None:
    corpus = LibriTTSR.open(str(folder))
    task = get_task("speech_paragraph_recognition")
    assert isinstance(task, PairTask)
    (shard, *_) = corpus.shards()[split]
    window = [item for item in corpus.clips(shard) if isinstance(item, Clip)]
    drafts = [d for d in task.pairs(window, Rng(split)) if isinstance(d, Draft)]
    answers = Counter(draft.slots["same_paragraph"].value for draft in drafts)
    assert min(answers["yes"], answers["no"]) >= 2
    for draft in drafts:
        assert len({clip.speaker for clip in draft.clips}) == 1
