"""Corpora that builds are made of."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def speech(miniatures: Path, tmp_path: Path) -> Path:
    """A root with a copy of the miniature LJ Speech that may be broken."""
    shutil.copytree(miniatures / "LJSpeech-1.1", tmp_path / "root" / "LJSpeech-1.1")
    return tmp_path / "root"


@pytest.fixture
def large(speech: Path) -> Path:
    """LJ Speech with 1,212 utterances, by hard links: long enough to be interrupted."""
    folder = speech / "LJSpeech-1.1"
    source = folder / "wavs" / "LJ001-0001.wav"
    ids = [f"LJ{chapter:03d}-{number:04d}" for chapter in (1, 3, 22) for number in range(5, 405)]
    for id in ids:
        (folder / "wavs" / f"{id}.wav").hardlink_to(source)
    with (folder / "metadata.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{id}|Come in.|Come in.\n" for id in ids)
    return speech
