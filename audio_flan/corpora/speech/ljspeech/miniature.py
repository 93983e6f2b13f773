"""A miniature LJ Speech: three chapters, one for each split, of four utterances.

Quirks in it: a text that starts with a double quote, a non-ASCII letter, a number that the
normalized text spells out, an abbreviation that it keeps.
"""

from __future__ import annotations

from audio_flan.miniatures.stage import Stage

GAIN = 1.0
CHAPTERS = {"LJ001": "en_f1", "LJ002": "en_f2", "LJ022": "en_f3"}
"""The bank's voice that reads each chapter; no chapter is in two splits."""


def write(stage: Stage) -> None:
    """Lay out LJSpeech-1.1."""
    rows = []
    for chapter, voice in CHAPTERS.items():
        for number, said in enumerate(stage.speech(voice), 1):
            id = f"{chapter}-{number:04d}"
            stage.audio(f"wavs/{id}.wav", said, 22_050)
            rows.append((id, said.text, said.normalized_text))
    stage.table("metadata.csv", rows, "|")
    stage.text("README", "A miniature of LJ Speech with synthesised voices.\n")
