"""Descriptions of the utterances of LibriTTS-R, from the tables of two projects beside it.

LibriTTS-P (github.com/line/LibriTTS-P, CC BY 4.0) measures gender, pitch, speed and loudness of
each utterance, and has prompts for each of the 54 combinations, which are called keys:

    LibriTTS-P/data/
      metadata_w_style_prompt_tags_v230922.csv    item_name, style_prompt_key, invalid, …; 82 MB
      style_prompt_candidates_v230922.csv         M_p-low_s-slow_e-low|prompt;prompt;…
      df1_en.csv, df2_en.csv, df3_en.csv          9999|masculine,slightly clear,very calm

Half of the prompts are requests ("Ask a man to speak slowly with low energy"), some contradict
their key, some are no sentences. A request becomes the statement that it is about; only statements
in plain words that say what the key says are taken. The traits that at least two of the three
annotators heard in the speaker's voice make a second sentence.

Parler-TTS (parler-tts/libritts-r-filtered-speaker-descriptions on the Hub, CC BY 4.0) has a text
for each utterance: Parquet or CSV with the columns `id` and `text_description`. It is the second
choice, since some of its texts call the speaker by a name.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from hashlib import blake2b

from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.speech.libritts_r.tables import SUBSETS, Nearby, near, text_rows

METADATA = "metadata_w_style_prompt_tags_v230922.csv"
PROMPTS = "style_prompt_candidates_v230922.csv"
TRAITS = ("df1_en.csv", "df2_en.csv", "df3_en.csv")
STYLE_FOLDERS = ("LibriTTS-P/data", "LibriTTS-P-main/data", "LibriTTS-P", "data")
TEXT_FOLDERS = (
    "libritts-r-filtered-speaker-descriptions",
    "libritts_r_filtered_speaker_descriptions",
)
VALID = ("", "0", "0.0", "False")

PERSON = r"(?:man|male|woman|female|lady|gentleman|person|voice)(?: with [^,]*?)?"
STATEMENT = re.compile(
    rf"(?P<who>s?he|(?:an?|the|this) [^,]*?{PERSON}) (?P<verb>speak|talk)s (?P<how>.+)", re.I
)
REQUEST = re.compile(
    r"(?:please )?(?:ask|tell|let|command|request|instruct|direct|urge|encourage|advise) "
    rf"(?P<who>an? [^,]*?{PERSON}) (?:to )?(?P<verb>speak|talk) (?P<how>.+)",
    re.I,
)
_WORDS = """
a an the this he she his her man male woman female lady gentleman person voice with and but in at is
while keeping speaks talks slowly quickly fast rapidly loudly quietly low high normal standard
average typical regular ordinary loud slow quick pitch low-pitched high-pitched volume energy speed
pace rate speaking talking level
"""
PLAIN_WORDS = frozenset(_WORDS.split())
NORMAL = r"\b(?:normal|standard|average|typical|regular|ordinary)"
SAYS = {
    "p-low": r"low[- ]pitch|pitch is low|low voice",
    "p-normal": rf"{NORMAL} pitch|pitch is {NORMAL}",
    "p-high": r"high[- ]pitch|pitch is high",
    "s-slow": r"slow",
    "s-normal": rf"{NORMAL} (?:\w+ )?(?:speed|pace|rate)|(?:speed|pace) is {NORMAL}",
    "s-fast": r"fast|quick|rapid",
    "e-low": r"quiet|low (?:volume|energy)|(?:volume|energy) is low",
    "e-normal": rf"{NORMAL} (?:volume|energy)|(?:volume|energy) is {NORMAL}",
    "e-high": r"loud|high (?:volume|energy)|(?:volume|energy) is high",
}
"""How a statement says each of the levels of pitch, speed and energy."""
DEGREE = re.compile(r"^(?:slightly|very) ")
GENDER_TRAITS = ("masculine", "feminine", "gender-neutral")


class Descriptions:
    """How utterances sound, as far as tables inside a corpus or beside it tell.

    Args:
        folder: the corpus.
    """

    def __init__(self, folder: Folder) -> None:
        table = near(folder, *(f"{name}/{METADATA}" for name in STYLE_FOLDERS))
        self._styles = table and Nearby(table.folder, table.name.rpartition("/")[0])
        self._texts = near(folder, *(f"{name}/" for name in TEXT_FOLDERS))

    def __bool__(self) -> bool:
        """Whether there are tables at all."""
        return bool(self._styles or self._texts)

    def of(self, id: str, speaker: str, subset: str) -> str | None:
        """The description of an utterance; None where no table has it.

        Args:
            id: of the utterance; it also chooses among sentences that fit equally.
            speaker: id of the speaker.
            subset: the publisher's folder that the utterance is in.
        """
        if self._styles:
            statements = _statements(self._styles).get(_style_keys(self._styles).get(id, ""))
            if statements:
                digest = blake2b(id.encode(), digest_size=8).digest()
                statement = statements[int.from_bytes(digest, "big") % len(statements)]
                return " ".join(filter(None, (statement, _voices(self._styles).get(speaker))))
        return _texts(self._texts, subset).get(id) if self._texts else None


@lru_cache(maxsize=2)
def _style_keys(tables: Nearby) -> dict[str, str]:
    """The key of each utterance that LibriTTS-P could measure."""
    columns = ("item_name", "style_prompt_key", "invalid")
    keys: dict[str, str] = {}
    found = {}
    for id, key, invalid in text_rows(tables.folder, f"{tables.name}/{METADATA}", columns):
        if invalid.strip() in VALID:
            # One string for each key, not one for each utterance.
            found[id] = keys.setdefault(key, key)
    return found


@lru_cache(maxsize=2)
def _statements(tables: Nearby) -> dict[str, tuple[str, ...]]:
    """The statements of each key, in the order of its prompts."""
    lines = (line.partition("|") for line in _lines(tables, PROMPTS))
    return {
        key: tuple(dict.fromkeys(filter(None, (statement(p, key) for p in prompts.split(";")))))
        for key, _, prompts in lines
    }


def statement(prompt: str, key: str) -> str | None:
    """A prompt as a plain sentence that says what its key says; None where it is none.

    Args:
        prompt: a statement or a request.
        key: gender, pitch, speed and energy: "F_p-low_s-fast_e-normal".
    """
    match = STATEMENT.fullmatch(prompt.strip()) or REQUEST.fullmatch(prompt.strip())
    if match is None:
        return None
    sentence = f"{match['who']} {match['verb']}s {match['how']}".lower()
    if not set(re.findall(r"[^\s,]+", sentence)) <= PLAIN_WORDS:
        return None
    if re.search(r", (?:his|her|the|s?he)\b", sentence):
        return None
    said = {level for level, pattern in SAYS.items() if re.search(pattern, sentence)}
    meant = set(key.split("_")[1:])
    if not said <= meant or not all(level in said or level.endswith("normal") for level in meant):
        return None
    return f"{sentence[0].upper()}{sentence[1:]}."


@lru_cache(maxsize=2)
def _voices(tables: Nearby) -> dict[str, str]:
    """A sentence on the voice of each speaker of whom two annotators say the same."""
    heard: dict[str, Counter[str]] = {}
    for file in TRAITS:
        for line in _lines(tables, file):
            speaker, _, traits = line.partition("|")
            words = {DEGREE.sub("", trait.strip()): None for trait in traits.split(",")}
            heard.setdefault(speaker.strip(), Counter()).update(words.keys())
    agreed = {
        speaker: [trait for trait, count in traits.items() if count > 1]
        for speaker, traits in heard.items()
    }
    return {speaker: text for speaker, traits in agreed.items() if (text := _voice(traits))}


def _voice(traits: list[str]) -> str:
    words = ["tense" if trait == "tensed" else trait for trait in traits]
    words = [word for word in words if re.fullmatch(r"[a-z-]+", word) and word not in GENDER_TRAITS]
    *first, last = words or [""]
    joined = f"{', '.join(first)} and {last}" if first else last
    return f"The voice sounds {joined}." if joined else ""


def _lines(tables: Nearby, file: str) -> list[str]:
    found = tables.inside(file)
    return [line.strip() for line in found.text().split("\n")] if found else []


@lru_cache(maxsize=1)
def _texts(tables: Nearby, subset: str) -> dict[str, str]:
    """The texts of Parler-TTS; only those of a subset, where the files' names tell subsets."""
    names = tables.folder.walk(tables.name, (".parquet", ".csv"))
    found = {}
    for file in names:
        told = [name for name in SUBSETS if name in file.replace(".", "-")]
        if told in ([], [subset]):
            for id, text in text_rows(tables.folder, file, ("id", "text_description")):
                found[id] = " ".join(text.split())
    return {id: text for id, text in found.items() if text}
