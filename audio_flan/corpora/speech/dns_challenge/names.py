"""What the names of the DNS Challenge's files and folders tell.

A path is that inside the folder of a pool: "read_speech/book_00000_chp_0009_reader_06709_0.wav".
"""

from __future__ import annotations

import re

ARCHIVED = "mnt/dnsv5/clean/"
"""What archives of edition 5 unpack to."""
LANGUAGES = {
    "read_speech": "en",
    "vctk_wav48_silence_trimmed": "en",
    "crema_d": "en",
    "french_data": "fr",
    "french_speech": "fr",
    "german_speech": "de",
    "italian_speech": "it",
    "mandarin_speech": "zh",
    "russian_speech": "ru",
    "spanish_speech": "es",
}
"""By a folder on the way to the clip; LibriVox's readers of edition 1 read English."""
READER = re.compile(r"book_\d+_chp_\d+_(reader_\d+)(?:_|$)")
NAMED_SPEAKERS = {
    "vctk_wav48_silence_trimmed": re.compile(r"(p\d{3})_\d{3}(?:_|$)"),
    "mandarin_speech": re.compile(r"BAC009(S\d{4})W\d{4}$"),
    "crema_d": re.compile(r"(1\d{3})_[A-Z]{3}_[A-Z]{3}_"),
}
"""What a file's name starts with in these folders."""
BOOKS_OF_SPEAKER = re.compile(r"(.*/(?:female|male|mix)/[^/]+)/")
"""M-AILABS has a folder for each book below one for each speaker."""
CUTTING = re.compile(r"(?:_48kHz)?(?:_seg_\d+)?$")
"""How files of 48 kHz are marked that were cut from longer ones."""
FREESOUND = re.compile(r"_Freesound_validated_(\d+)_\d+$")
SIMULATED_ROOM = re.compile(r"(?:[^/]+/)?Room\d+(?=/[^/]+$)")
PLACE_IN_ROOM = re.compile(r"_(?:near|far)(?:_.*)?$|_[mp]\d+[lr]$|\d+")


def stem(path: str) -> str:
    """A file's name without its suffix."""
    return path.rpartition("/")[2].rpartition(".")[0]


def speaker(path: str) -> str | None:
    """The speaker, where the name tells."""
    if found := READER.match(stem(path)):
        return found[1]
    rules = (rule for folder, rule in NAMED_SPEAKERS.items() if folder in path.split("/")[:-1])
    return next((found[1] for rule in rules if (found := rule.match(stem(path)))), None)


def language(path: str) -> str | None:
    """The BCP 47 code of the language, where a folder tells or the source has one only."""
    *folders, file = path.split("/")
    known = [LANGUAGES[folder] for folder in folders if folder in LANGUAGES]
    return known[-1] if known else "en" if READER.match(file) else None


def speaker_or_source(path: str) -> str:
    """The speaker, or what keeps the clips of one speaker together as well as can be."""
    if known := speaker(path):
        return known
    folder = path.removeprefix(ARCHIVED).rpartition("/")[0]
    if found := BOOKS_OF_SPEAKER.match(folder):
        return found[1]
    name = CUTTING.sub("", stem(path))
    return folder if "/" in folder else f"{folder}/{name.rpartition('_')[0] or name}"


def recording(path: str) -> str:
    """The recording that a noise is of."""
    found = FREESOUND.search(stem(path))
    return f"freesound_{found[1]}" if found else stem(path)


def room(path: str) -> str:
    """The room of a response: a folder of a simulated one, the name without the place of others."""
    found = SIMULATED_ROOM.search(path)
    return found[0] if found else PLACE_IN_ROOM.sub("", stem(path))
