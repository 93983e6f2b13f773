"""The answers of every task, against the annotations read by other means."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from generating import open_corpora, rows
from reading import parsed

from audio_flan.model.instance import audio_id, marker


def ljspeech(folder: Path, column: int) -> dict[str, str]:
    with (folder / "metadata.csv").open(encoding="utf-8", newline="") as file:
        table = csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE)
        return {line[0]: line[column] for line in table}


def aishell3(folder: Path, which: int) -> dict[str, list[str]]:
    """Han (0) or pinyin (1) of each utterance."""
    found = {}
    for file in sorted(folder.glob("*/content.txt")):
        text = file.read_bytes().decode("utf-8-sig")
        for id, tokens in re.findall(r"^(SSB\d{8})\.wav\t(.+?)\r?$", text, re.MULTILINE):
            found[id] = [pair[which] for pair in re.findall(r"(\S+) (\S+)", tokens)]
    return found


def aishell3_gender(folder: Path) -> dict[str, str]:
    text = (folder / "spk-info.txt").read_text(encoding="utf-8")
    genders = dict(re.findall(r"^(SSB\d{4})\t\w\t(female|male)\t", text, re.MULTILINE))
    return {id: genders[id[:7]] for id in aishell3(folder, 0)}


SCENES = {
    "airport": "airport",
    "shopping_mall": "shopping mall",
    "metro_station": "metro station",
    "street_pedestrian": "pedestrian street",
    "public_square": "public square",
    "street_traffic": "street with medium traffic",
    "tram": "inside a tram",
    "bus": "inside a bus",
    "metro": "inside a metro train",
    "park": "urban park",
}


def tau_scene(folder: Path) -> dict[str, str]:
    text = "".join(
        (folder / "evaluation_setup" / f"fold1_{part}.csv").read_text()
        for part in ("train", "evaluate")
    )
    return {id: SCENES[scene] for id, scene in re.findall(r"audio/(\S+)\.wav\t(\w+)", text)}


Reader = Callable[[Path], Mapping[str, str]]
READERS: dict[tuple[str, str], tuple[str, Reader]] = {
    ("speech_asr", "ljspeech"): ("transcript", lambda folder: ljspeech(folder, 1)),
    ("speech_tts", "ljspeech"): ("text", lambda folder: ljspeech(folder, 2)),
    ("speech_gender_recognition", "ljspeech"): (
        "gender",
        lambda folder: dict.fromkeys(ljspeech(folder, 0), "female"),
    ),
    ("speech_language_identification", "ljspeech"): (
        "language",
        lambda folder: dict.fromkeys(ljspeech(folder, 0), "English"),
    ),
    ("speech_asr", "aishell3"): (
        "transcript",
        lambda folder: {id: "".join(han) for id, han in aishell3(folder, 0).items()},
    ),
    ("speech_tts", "aishell3"): (
        "text",
        lambda folder: {id: "".join(han) for id, han in aishell3(folder, 0).items()},
    ),
    ("speech_phonetic_recognition", "aishell3"): (
        "phones",
        lambda folder: {id: " ".join(pinyin) for id, pinyin in aishell3(folder, 1).items()},
    ),
    ("speech_gender_recognition", "aishell3"): ("gender", aishell3_gender),
    ("speech_language_identification", "aishell3"): (
        "language",
        lambda folder: dict.fromkeys(aishell3(folder, 0), "Mandarin Chinese"),
    ),
    ("audio_scene_classification", "tau_urban_acoustic_scenes"): ("scene", tau_scene),
}
"""The slot that holds the annotation, and the annotations by clip."""


def assert_rows_say(
    found: Iterable[Mapping[str, Any]], config: str, slot: str, expected: Mapping[str, str]
) -> None:
    """Compare what the rows say of their clips with the annotations; every clip has a row."""
    said = {}
    for row in found:
        (clip,) = json.loads(row["other"])["clips"]
        marked = marker(audio_id(clip["corpus"], clip["id"]))
        assert marked in row["instruction"] + row["input"] + row["output"]
        said[clip["id"]] = parsed(row, config)[slot]
    assert said == dict(expected)


@pytest.mark.parametrize(("config", "key"), READERS)
def test_rows_say_what_is_annotated(miniatures: Path, config: str, key: str) -> None:
    slot, read = READERS[config, key]
    annotations = read(Path(open_corpora(miniatures)[key].folder.path))
    assert len(annotations) >= 9
    assert_rows_say(rows(miniatures, config, key), config, slot, annotations)


def swap(file: Path, one: str, other: str) -> None:
    text = file.read_bytes().decode("utf-8")
    assert text.count(one) and text.count(other)
    swapped = text.replace(one, "\0").replace(other, one).replace("\0", other)
    file.write_bytes(swapped.encode("utf-8"))


SWAPS = {
    "ljspeech": ("metadata.csv", "LJ001-0002|", "LJ001-0003|"),
    "aishell3": ("train/content.txt", "SSB00050001.wav", "SSB00050002.wav"),
    "aishell3 gender": ("spk-info.txt", "SSB0005\t", "SSB0009\t"),
}


@pytest.mark.parametrize(
    ("config", "key", "swapped"),
    [
        ("speech_asr", "ljspeech", "ljspeech"),
        ("speech_tts", "ljspeech", "ljspeech"),
        ("speech_asr", "aishell3", "aishell3"),
        ("speech_tts", "aishell3", "aishell3"),
        ("speech_phonetic_recognition", "aishell3", "aishell3"),
        ("speech_gender_recognition", "aishell3", "aishell3 gender"),
    ],
)
def test_two_swapped_annotations_are_noticed(
    miniatures: Path, tmp_path: Path, config: str, key: str, swapped: str
) -> None:
    slot, read = READERS[config, key]
    folder = Path(open_corpora(miniatures)[key].folder.path)
    annotations = read(folder)
    assert_rows_say(rows(miniatures, config, key), config, slot, annotations)
    shutil.copytree(folder, tmp_path / folder.name)
    file, one, other = SWAPS[swapped]
    swap(tmp_path / folder.name / file, one, other)
    with pytest.raises(AssertionError):
        assert_rows_say(rows(tmp_path, config, key), config, slot, annotations)
