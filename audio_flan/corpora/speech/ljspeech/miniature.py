"""A miniature LJ Speech: three chapters, one for each split, of four utterances.

Quirks in it: a text that starts with a double quote, a non-ASCII letter, a number that the
normalized text spells out, an abbreviation that it keeps.
"""

from __future__ import annotations

from pathlib import Path

from audio_flan.miniatures.bank import Bank, samples, write_wav

RATE = 22_050
CHAPTERS = {"LJ001": "en_f1", "LJ002": "en_f2", "LJ022": "en_f3"}
"""The bank's voice that reads each chapter; chapters are what the splits go by."""


def write(folder: Path, bank: Bank) -> None:
    """Write LJSpeech-1.1 into a folder."""
    (folder / "wavs").mkdir()
    lines = []
    for chapter, speaker in CHAPTERS.items():
        for number, sentence in enumerate(bank.speech("en", speaker), 1):
            id = f"{chapter}-{number:04d}"
            write_wav(folder / "wavs" / f"{id}.wav", samples(sentence, RATE), RATE)
            lines.append(f"{id}|{sentence.text}|{sentence.normalized_text}\n")
    (folder / "metadata.csv").write_text("".join(lines), encoding="utf-8", newline="")
    (folder / "README").write_text("A miniature of LJ Speech with synthesised voices.\n")
