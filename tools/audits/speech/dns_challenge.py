"""The DNS Challenge: clean speech of many corpora, and noise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from audits.facts import Fact, sound

FOLDERS = ("DNS-Challenge",)
LANGUAGES = {
    "read_speech": "English",
    "crema_d": "English",
    "vctk_wav48_silence_trimmed": "English",
    "mandarin_speech": "Mandarin Chinese",
    "french_speech": "French",
    "german_speech": "German",
    "italian_speech": "Italian",
    "russian_speech": "Russian",
    "spanish_speech": "Spanish",
}


def facts(folder: Path) -> Iterator[Fact]:
    """Nothing but names of files; an id is the path below datasets/, with dots for slashes."""
    for path in sorted(folder.glob("datasets*/**/*.wav")):
        _, *parts = path.relative_to(folder).parts
        speaker = re.search(r"reader_\d+|BAC009(S\d{4})", path.name)
        yield Fact(
            ".".join(parts).removesuffix(".wav"),
            sound(folder, path),
            speaker=speaker[0] if speaker else None,
            language=next((LANGUAGES[p] for p in parts if p in LANGUAGES), None),
        )
