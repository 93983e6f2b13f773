"""LibriTTS-R: a tree of speakers or Parquet, ragged speakers, and tables of other projects."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audio_flan.corpora.contract import Shard
from audio_flan.corpora.read.arpabet import IPA, ipa_of_alignment
from audio_flan.corpora.speech.libritts_r import LibriTTSR
from audio_flan.corpora.speech.libritts_r.captions import SAYS, statement
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.media import audio
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.draft import Draft
from audio_flan.model.randomness import Rng
from audio_flan.tasks import get_task
from audio_flan.tasks.contract import PairTask

FAILED = "libritts_r_failed_speech_restoration_examples"
CHAPTER = "train-clean-100/9901/5501"
TABLE = f"{CHAPTER}/9901_5501.trans.tsv"


def read(folder: Path) -> list[Clip | Reject]:
    corpus = LibriTTSR.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> dict[str, Clip]:
    return {item.id: item for item in read(folder) if isinstance(item, Clip)}


def rejects(folder: Path) -> dict[str, str]:
    """Reason by clip, but for the one that the miniature has."""
    found = {item.clip: item.reason for item in read(folder) if isinstance(item, Reject)}
    return {clip: reason for clip, reason in found.items() if reason != "failed-restoration"}


def shards(folder: Path) -> list[Shard]:
    return [shard for found in LibriTTSR.open(str(folder)).shards().values() for shard in found]


def provided(folder: Path) -> frozenset[str]:
    return frozenset().union(*(shard.provides or frozenset() for shard in shards(folder)))


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "LibriTTS_R", tmp_path / "root" / "LibriTTS_R")


def add_line(folder: Path, line: str, file: str = TABLE) -> None:
    with (folder / file).open("a", encoding="utf-8", newline="") as target:
        target.write(f"{line}\n")


# The tree


def test_the_sample_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    lines = (folder / "speakers.tsv").read_text(encoding="utf-8").splitlines()
    assert {line.count("\t") for line in lines} == {2, 3, 4}
    assert len(list(folder.rglob("._*"))) == 8
    assert (folder / FAILED / "train-clean-100_bad_sample_list.txt").read_text().startswith("./")
    labels = [file.read_text(encoding="utf-8") for file in folder.rglob("*.lab")]
    assert any(line.endswith("\tspn") for text in labels for line in text.splitlines())


def test_every_recording_is_a_clip_or_a_reject(folder: Path) -> None:
    recordings = {file.stem for file in folder.rglob("[0-9]*.wav")}
    failed = [item for item in read(folder) if isinstance(item, Reject)]
    assert [(item.clip, item.reason) for item in failed] == [
        ("9902_5502_000002_000000", "failed-restoration")
    ]
    assert "9902_5502.trans.tsv:5" in failed[0].detail
    assert set(clips(folder)) | {failed[0].clip} == recordings
    assert len(recordings) == 23


def test_texts_are_those_of_the_text_files(folder: Path) -> None:
    for id, clip in clips(folder).items():
        (original,) = folder.rglob(f"{id}.original.txt")
        (normalized,) = folder.rglob(f"{id}.normalized.txt")
        assert clip.transcript == original.read_text(encoding="utf-8")
        assert clip.normalized_transcript == normalized.read_text(encoding="utf-8")
        assert clip.audio.path == str(original.with_name(f"{id}.wav"))
        assert clip.language == "en"
        assert clip.clean_speech is True


def test_splits_are_the_folders(folder: Path) -> None:
    splits = {"train": "train", "dev": "validation", "test": "test"}
    for clip in clips(folder).values():
        assert clip.split == splits[clip.audio.name.partition("-")[0]]


def test_paragraphs_are_the_first_three_numbers_of_the_id(folder: Path) -> None:
    found = clips(folder)
    for id, clip in found.items():
        assert clip.paragraph == id.rpartition("_")[0]
    train = {c.paragraph for c in found.values() if c.speaker == "9901"}
    assert train == {"9901_5501_000000", "9901_5501_000001"}


def test_a_part_of_the_corpus_is_a_corpus(folder: Path) -> None:
    whole = clips(folder)
    for name in ("train-clean-100", "train-other-500", "test-clean"):
        shutil.rmtree(folder / name)
    (folder / "speakers.tsv").unlink()
    found = clips(folder)
    assert found == {id: whole[id]._replace(gender=None) for id in found}
    assert {clip.split for clip in found.values()} == {"validation"}


def test_subset_folders_may_lie_in_the_folder_of_the_key(folder: Path) -> None:
    ids = list(clips(folder))
    folder.rename(folder.parent / "libritts_r")
    assert list(clips(folder.parent)) == ids


def test_a_folder_without_subsets_tells_which_there_are(folder: Path) -> None:
    for subset in {shard.part[0].partition("/")[0] for shard in shards(folder)}:
        shutil.rmtree(folder / subset)
    (folder / "data" / "train.clean.100").mkdir(parents=True)
    with pytest.raises(CorpusLayoutError, match=r"train-other-500/.*OpenSLR 141"):
        LibriTTSR.open(str(folder))


def test_a_shard_holds_twenty_speakers_and_none_comes_twice(folder: Path) -> None:
    for number in range(1000, 1045):
        place = folder / "dev-other" / str(number) / "7"
        place.mkdir(parents=True)
        add_line(place, f"{number}_7_000000_000000\tYes.\tYes.", f"{number}_7.trans.tsv")
    corpus = LibriTTSR.open(str(folder))
    counts = [
        len(list(corpus.clips(shard)))
        for shard in corpus.shards()["validation"]
        if shard.part[0].startswith("dev-other/")
    ]
    assert counts == [20, 20, 5]
    found = [item.id for item in read(folder) if isinstance(item, Clip)]
    assert len(found) == len(set(found)) == 22 + 45


def test_names_of_an_archiver_are_left_out(folder: Path) -> None:
    whole = read(folder)
    (folder / "train-clean-100" / "9901" / "._5501").write_bytes(b"\x00")
    (folder / CHAPTER / "._9901_5501.trans.tsv").write_bytes(b"\xff\xfe")
    assert read(folder) == whole


def test_a_recording_without_a_line_is_told(folder: Path) -> None:
    lines = (folder / TABLE).read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / TABLE).write_text("".join(lines[1:]), encoding="utf-8", newline="")
    assert rejects(folder) == {"9901_5501_000000_000000": "transcript-missing"}
    (folder / TABLE).unlink()
    assert list(rejects(folder).values()) == ["transcript-missing"] * 4


def test_a_line_without_a_recording_is_a_clip_whose_audio_is_missing(folder: Path) -> None:
    add_line(folder, "9901_5501_000007_000000\tGone.\tGone.")
    clip = clips(folder)["9901_5501_000007_000000"]
    with pytest.raises(Unusable) as caught:
        audio.load(clip.audio)
    assert caught.value.reason == "audio-missing"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("9901_5501_000007_000000\tOnly one text.", "malformed-line"),
        ("9901_5501_000007_000000\ta\tb\tc", "malformed-line"),
        ("9901_5501\ta\tb", "malformed-line"),
        ("../../../../secret\ta\tb", "malformed-line"),
        ("9901_5501_000007_000000\t \tb", "empty-transcript"),
    ],
)
def test_a_line_that_does_not_fit_is_one_reject(folder: Path, line: str, reason: str) -> None:
    whole = clips(folder)
    add_line(folder, line)
    assert list(rejects(folder).values()) == [reason]
    assert clips(folder) == whole


def test_quotes_in_texts_are_text(folder: Path) -> None:
    add_line(folder, '9901_5501_000007_000000\t"Oh," he said\t"Oh')
    clip = clips(folder)["9901_5501_000007_000000"]
    assert (clip.transcript, clip.normalized_transcript) == ('"Oh," he said', '"Oh')


def test_a_table_in_latin_1_is_told_with_its_line(folder: Path) -> None:
    with (folder / TABLE).open("ab") as file:
        file.write("9901_5501_000007_000000\tcafé\tcafé\n".encode("latin-1"))
    with pytest.raises(CorpusLayoutError, match=r"9901_5501\.trans\.tsv in UTF-8; .* in line 5"):
        read(folder)


# Speakers


def test_genders_are_those_of_the_second_column(folder: Path) -> None:
    text = (folder / "speakers.tsv").read_text(encoding="utf-8")
    expected = dict(re.findall(r"^(\d+)\t([FM])\t", text, re.MULTILINE))
    for clip in clips(folder).values():
        if clip.speaker is not None:
            assert clip.gender is not None
            assert clip.gender.value == {"F": "female", "M": "male"}[expected[clip.speaker]]


def test_the_older_table_of_speakers_does_where_the_newer_is_absent(folder: Path) -> None:
    whole = clips(folder)
    (folder / "speakers.tsv").unlink()
    lines = ["; comment | M", "9901 | F | train-clean-100  | 25.03 | Ann", "9902|M|x|1|B|en"]
    (folder / "SPEAKERS.txt").write_text("\n".join(lines), encoding="utf-8")
    found = clips(folder)
    for id, clip in whole.items():
        assert found[id].gender == (clip.gender if clip.speaker in ("9901", "9902") else None)


def test_without_tables_of_speakers_no_shard_promises_genders(folder: Path) -> None:
    assert "gender" in provided(folder)
    (folder / "speakers.tsv").unlink()
    assert "gender" not in provided(folder)


def test_an_id_of_several_persons_is_no_speaker(folder: Path) -> None:
    found = [clip for clip in clips(folder).values() if clip.id.startswith("8295_")]
    assert len(found) == 2
    for clip in found:
        assert (clip.speaker, clip.gender, clip.description) == (None, None, None)
    assert "8295\tM" in (folder / "speakers.tsv").read_text(encoding="utf-8")


# Failed restorations


def test_the_lists_of_failed_restorations_may_lie_beside(folder: Path) -> None:
    expected = read(folder)
    (folder / FAILED).rename(folder.parent / FAILED)
    assert read(folder) == expected
    shutil.rmtree(folder.parent / FAILED)
    assert len(clips(folder)) == 23


def test_a_list_is_of_its_subset_only(folder: Path) -> None:
    path = "./dev-clean/9903/5504/9903_5504_000000_000000.wav\n"
    (folder / FAILED / "dev-other_bad_sample_list.txt").write_text(path)
    assert len(clips(folder)) == 22
    (folder / FAILED / "dev-clean_bad_sample_list.txt").write_text(path)
    assert len(clips(folder)) == 21


# Descriptions


STYLES = "LibriTTS-P/data"


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
    for part, level in zip(sentence.split("; "), SAYS, strict=True):
        assert [name for name, pattern in SAYS.items() if re.search(pattern, part)] == [level]


def test_descriptions_say_what_the_keys_say(folder: Path) -> None:
    with (folder / STYLES / "metadata_w_style_prompt_tags_v230922.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        rows = {row["item_name"]: row for row in csv.DictReader(file)}
    words = {"M": r"\b(man|he)\b", "F": r"\b(woman|she)\b"}
    pitch = {"low": "low-pitched", "normal": "normal pitch", "high": "high-pitched"}
    described = 0
    for id, clip in clips(folder).items():
        row = rows.get(id, {"invalid": "1"})
        if row["invalid"] == "1" or clip.speaker is None:
            assert clip.description is None
            continue
        gender, level = re.match(r"([MF])_p-(\w+?)_", row["style_prompt_key"]).groups()
        assert re.search(words[gender], clip.description, re.IGNORECASE)
        assert pitch[level] in clip.description
        described += 1
    assert described == 15


def test_the_utterance_chooses_among_sentences(folder: Path) -> None:
    found = {clip.description for clip in clips(folder).values() if clip.speaker == "9901"}
    assert found == {
        "She speaks slowly, with normal pitch and normal volume. The voice sounds clear and calm.",
        "A woman speaks with normal pitch, normal energy and slow talking speed. "
        "The voice sounds clear and calm.",
    }


def test_a_trait_needs_two_annotators_and_is_not_the_gender(folder: Path) -> None:
    found = {clip.speaker: clip.description for clip in clips(folder).values() if clip.description}
    assert found["9902"].endswith(" The voice sounds tense.")
    assert "The voice" not in found["9904"]
    (folder / STYLES / "df3_en.csv").write_text("9902|powerful, fluent,very tensed\n")
    changed = clips(shutil.copytree(folder, folder.parent / "other"))
    assert changed["9902_5502_000000_000000"].description.endswith(
        " The voice sounds tense, fluent and powerful."
    )


def test_tables_of_descriptions_may_lie_beside(folder: Path) -> None:
    expected = read(folder)
    (folder / "LibriTTS-P").rename(folder.parent / "LibriTTS-P")
    assert read(folder) == expected


def test_without_tables_no_shard_promises_descriptions(folder: Path) -> None:
    assert "description" in provided(folder)
    shutil.rmtree(folder / "LibriTTS-P")
    assert "description" not in provided(folder)
    assert {clip.description for clip in clips(folder).values()} == {None}


def test_a_table_of_styles_without_its_columns_is_told(folder: Path) -> None:
    file = folder / STYLES / "metadata_w_style_prompt_tags_v230922.csv"
    file.write_text("item,style\n9901,F\n")
    with pytest.raises(CorpusLayoutError, match=r"item_name, style_prompt_key, invalid"):
        read(folder)


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_texts_of_parler_are_taken_by_id(folder: Path, form: str) -> None:
    shutil.rmtree(folder / "LibriTTS-P")
    place = folder.parent / "libritts-r-filtered-speaker-descriptions" / "clean"
    place.mkdir(parents=True)
    texts = {
        "dev.clean": ("9903_5504_000000_000000", "A woman, close by,\n speaks  fast."),
        "test.clean": ("9904_5505_000000_000000", "NA"),
    }
    for split, (id, text) in texts.items():
        file = place / f"{split}-00000-of-00001.{form}"
        if form == "parquet":
            table = pa.table({"text": ["x"], "id": [id], "text_description": [text]})
            pq.write_table(table, file)
        else:
            file.write_text(f'text,id,text_description\nx,{id},"{text}"\nragged\n')
    found = {id: c.description for id, c in clips(folder).items() if c.description}
    assert found == {
        "9903_5504_000000_000000": "A woman, close by, speaks fast.",
        "9904_5505_000000_000000": "NA",
    }


# Phones


def test_phones_are_those_of_the_alignment_in_ipa(folder: Path) -> None:
    found = clips(folder)
    clip = found["9901_5501_000000_000001"]
    assert clip.phones == "ð ə k æ f eɪ oʊ p ə n z ɝ l i"
    assert clip.phone_notation is not None
    assert clip.phone_notation.value == "IPA"
    for clip in found.values():
        assert (clip.phones is None) == (clip.phone_notation is None)


def test_an_unknown_word_or_no_alignment_gives_no_phones(folder: Path) -> None:
    assert clips(folder)["9901_5501_000001_000001"].phones is None
    assert clips(folder)["8295_5503_000002_000000"].phones is None
    provides = {shard.part[0]: "phones" in shard.provides for shard in shards(folder)}
    assert provides["train-clean-100/9901"]
    assert not provides["train-other-500/8295"]
    shutil.rmtree(folder / "LibriTTS-R-MFA" / "lab" / "phone" / "dev-clean" / "9903")
    assert clips(folder)["9903_5504_000000_000000"].phones is None


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("0.0\t0.1\tAH0\n0.1\t0.2\tAH1\n0.2\t0.3\n", "ə ʌ"),
        ("0.0\t0.1\tsil\r\n0.1\t0.2\tER2\r\n0.2\t0.3\tsp", "ɝ"),
        ("0.0\t0.1\tsil\n", None),
        ("0.0\t0.1\tK\n0.1\t0.2\tspn\n", None),
        ("0.0\t0.1\tK\n0.1\t0.2\tʔ\n", None),
        ("", None),
    ],
)
def test_alignments_in_ipa(text: str, phones: str | None) -> None:
    assert ipa_of_alignment(text) == phones


def test_the_table_has_the_39_phones_of_cmudict_and_two_reduced_vowels() -> None:
    assert len(IPA) == 39 + 2
    assert len(set(IPA.values())) == len(IPA)


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


HUB = {
    "main": lambda split: f"data/{split}/{split}-00000-of-00001.parquet",
    "converted": lambda split: f"{split.split('.')[1]}/{split}/0000.parquet",
    "all": lambda split: f"all/{split}/0000.parquet",
    "by configuration": lambda split: f"{split.split('.')[1]}/{split}-00000-of-00002.parquet",
    "uploaded": lambda split: f"data/{split}-00000-of-00001.parquet",
}


@pytest.mark.parametrize("name", HUB)
def test_parquet_gives_the_same_clips_and_audio(folder: Path, name: str) -> None:
    whole = {id: (clip, audio.load(clip.audio).data) for id, clip in clips(folder).items()}
    as_parquet(folder, HUB[name])
    found = clips(folder)
    assert set(found) == set(whole)
    for id, (clip, data) in whole.items():
        assert found[id]._replace(audio=clip.audio) == clip
        assert audio.load(found[id].audio).data == data
    assert rejects(folder) == {}
    assert len(read(folder)) == len(whole) + 1


def test_parquet_shards_are_files_of_one_configuration(folder: Path) -> None:
    as_parquet(folder, HUB["main"])
    shutil.copytree(folder / "data", folder / "all")
    files = [shard.part[0] for shard in shards(folder)]
    assert len(files) == 4
    assert all(file.startswith("data/") for file in files)


def test_the_audio_of_parquet_is_not_read_for_the_texts(folder: Path) -> None:
    as_parquet(folder, HUB["main"])
    file = folder / "data/dev.clean/dev.clean-00000-of-00001.parquet"
    table = pq.read_table(file)
    pq.write_table(table.drop_columns(["audio"]), file)
    assert sum(clip.split == "validation" for clip in clips(folder).values()) == table.num_rows


def test_a_row_without_id_or_text_is_rejected_with_its_number(folder: Path) -> None:
    as_parquet(folder, HUB["main"])
    file = folder / "data/dev.clean/dev.clean-00000-of-00001.parquet"
    rows = pq.read_table(file).to_pylist()
    rows[1]["id"], rows[2]["text_original"] = None, None
    pq.write_table(pa.Table.from_pylist(rows), file)
    name = str(file.relative_to(folder))
    assert rejects(folder) == {
        f"{name}#1": "malformed-line",
        "9903_5504_000001_000000": "empty-transcript",
    }


@pytest.mark.parametrize("damage", ["column", "bytes"])
def test_damaged_parquet_is_told_with_the_columns_that_are_needed(
    folder: Path, damage: str
) -> None:
    as_parquet(folder, HUB["main"])
    file = folder / "data/dev.clean/dev.clean-00000-of-00001.parquet"
    if damage == "bytes":
        file.write_bytes(file.read_bytes()[:-100])
    else:
        pq.write_table(pq.read_table(file).drop_columns(["text_original"]), file)
    with pytest.raises(CorpusLayoutError, match=r"dev\.clean-.* id, text_original"):
        read(folder)


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
