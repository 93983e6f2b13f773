"""The gender of speakers, by the tables that may lie beside the mixtures of LibriMix."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import StringIO

from audio_flan.corpora.read.folder import Folder
from audio_flan.model.labels import Label

GENDERS = {sex: Label(word, ("female", "male")) for sex, word in (("F", "female"), ("M", "male"))}
SPEAKERS_FILES = ("LibriSpeech/SPEAKERS.TXT", "SPEAKERS.TXT")
SPEAKER = re.compile(r"^[ \t]*(\d+)[ \t]*\|[ \t]*([FM])[ \t]*\|", re.MULTILINE)
"""The start of a line of these; a name, which ends it, may hold bars."""
INFO_FOLDERS = tuple(
    f"{repository}metadata/{name}"
    for repository in ("", "LibriMix/")
    for name in ("Libri2Mix", "Libri3Mix")
)


def read_genders(folder: Folder) -> dict[str, Label]:
    """The gender of each speaker that a table tells of; SPEAKERS.TXT wins."""
    sexes: dict[str, str] = {}
    for info in INFO_FOLDERS:
        for name in folder.list(info):
            if name.endswith("_info.csv"):
                sexes.update(_sexes_by_mixture(_text(folder, f"{info}/{name}")))
    for file in filter(folder.exists, SPEAKERS_FILES):
        sexes.update(SPEAKER.findall(_text(folder, file)))
    return {speaker: GENDERS[sex] for speaker, sex in sexes.items() if sex in GENDERS}


def _sexes_by_mixture(text: str) -> Iterator[tuple[str, str]]:
    """The speakers of a table of the repository, whose ids are written as floats, and their sex."""
    for row in csv.DictReader(StringIO(text)):
        for number in ("1", "2", "3"):
            speaker, sex = row.get(f"speaker_{number}_ID"), row.get(f"speaker_{number}_sex")
            if speaker and sex:
                yield speaker.strip().removesuffix(".0"), sex.strip()


def _text(folder: Folder, file: str) -> str:
    # Only names of speakers, which are not read, are beyond ASCII.
    return folder.read(file).decode("utf-8", "replace")
