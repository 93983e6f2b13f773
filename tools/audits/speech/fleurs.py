"""FLEURS: the same sentences read in 102 languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audits.facts import Fact, sound

GENDERS = {"FEMALE": "female", "MALE": "male"}
NAMES = """ar Arabic, cmn Mandarin Chinese, cs Czech, da Danish, de German, el Greek, en English,
es Spanish, fi Finnish, fr French, he Hebrew, hi Hindi, hu Hungarian, id Indonesian, it Italian,
ja Japanese, ko Korean, nl Dutch, pl Polish, pt Portuguese, ro Romanian, ru Russian, sv Swedish,
sw Swahili, ta Tamil, th Thai, tr Turkish, uk Ukrainian, vi Vietnamese, yue Cantonese"""
LANGUAGES = dict(name.strip().split(" ", 1) for name in NAMES.split(","))
"""Languages by the first part of their folder; of another one no language is audited."""


def facts(folder: Path) -> Iterator[Fact]:
    """A table for each language and part; the first column is the sentence, in all languages."""
    for file in sorted(folder.glob("**/*.tsv")):
        code, part = file.parent.name, file.stem
        for line in file.read_text(encoding="utf-8-sig").split("\n"):
            columns = line.split("\t")
            if len(columns) == 7 and columns[0].isdigit():
                meaning, name, text = columns[0], columns[1], " ".join(columns[2].split())
                yield Fact(
                    f"{code}-{part}-{Path(name).stem}",
                    sound(folder, file.parent / f"audio/{part}/{name}"),
                    transcript=text,
                    text=text,
                    meaning=meaning,
                    gender=GENDERS.get(columns[6].strip()),
                    language=LANGUAGES.get(code.split("_")[0]),
                )
