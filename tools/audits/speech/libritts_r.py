"""LibriTTS-R with the descriptions of LibriTTS-P and the phones of unilight's alignments."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audits.facts import Fact, sound, table

FOLDERS = ("LibriTTS_R", "LibriTTS-R")
GENDERS = {"F": "female", "M": "male"}

PHONES = """
AA=ɑ AE=æ AH=ʌ AO=ɔ AW=aʊ AY=aɪ EH=ɛ ER=ɝ EY=eɪ IH=ɪ IY=i OW=oʊ OY=ɔɪ UH=ʊ UW=u B=b CH=tʃ D=d DH=ð
F=f G=ɡ HH=h JH=dʒ K=k L=l M=m N=n NG=ŋ P=p R=ɹ S=s SH=ʃ T=t TH=θ V=v W=w Y=j Z=z ZH=ʒ
"""
IPA = dict(pair.split("=") for pair in PHONES.split())
REDUCED = {"AH0": "ə", "ER0": "ɚ"}
PERSONS = {"F": ("woman", "lady", "female", "she"), "M": ("man", "gentleman", "male", "he")}
LEVELS = {
    "p": {"low": "low[- ]pitch", "high": "high[- ]pitch", "normal": "normal pitch"},
    "s": {"slow": "slow", "fast": "fast|quick|rapid", "normal": "normal (speed|rate|pace)"},
    "e": {"low": "quiet|low (energy|volume)", "high": "loud|high (energy|volume)"},
}
"""Words that claim a level of pitch, speed or energy."""


def facts(folder: Path) -> Iterator[Fact]:
    """trans.tsv: id, text, text with numbers spelled out; an id tells speaker and paragraph."""
    genders = {line[0]: line[1] for line in table(folder / "speakers.tsv", "\t")[1:]}
    excluded = folder / "LibriTTS-P/data/excluded_spk_list.txt"
    several = excluded.read_text().split() if excluded.exists() else []
    lists = (folder / "libritts_r_failed_speech_restoration_examples").glob("*.txt")
    failed = {Path(line).stem for file in lists for line in file.read_text().split()}
    described = descriptions(folder / "LibriTTS-P/data")
    for file in sorted(folder.glob("*-*/*/*/*.trans.tsv")):
        aligned = folder / "LibriTTS-R-MFA/lab/phone" / file.parent.relative_to(folder)
        for id, text, spelled in table(file, "\t", quoting=csv.QUOTE_NONE):
            speaker, chapter, paragraph, _ = id.split("_")
            if id in failed:
                continue
            says: dict[str, Any] = {
                "phones": phones(aligned / f"{id}.lab"),
                "phone_notation": "IPA",
            }
            if speaker not in several:
                says |= {"speaker": speaker, "gender": GENDERS.get(genders.get(speaker, ""))}
                says |= {"descriptions": described.get(id)}
            yield Fact(
                id,
                sound(folder, file.with_name(f"{id}.wav")),
                transcript=text.strip(),
                text=spelled.strip() or text.strip(),
                language="English",
                paragraph=f"{speaker}_{chapter}_{paragraph}",
                **says,
            )


def phones(file: Path) -> str | None:
    """The phones of an alignment in IPA; none where a word is unknown."""
    labels = re.findall(r"^\S+\s+\S+\s+(\S+)", file.read_text(), re.M) if file.exists() else []
    labels = [label for label in labels if label not in ("sil", "sp")]
    found = [REDUCED.get(label) or IPA.get(label.rstrip("012")) for label in labels]
    return " ".join(map(str, found)) if found and None not in found else None


def descriptions(folder: Path) -> dict[str, tuple[str, ...]]:
    """What LibriTTS-P allows to say of each utterance: any prompt of its key that is true,
    and then the traits that two of three annotators agree on."""
    tags = folder / "metadata_w_style_prompt_tags_v230922.csv"
    if not tags.exists():
        return {}
    lines = (folder / "style_prompt_candidates_v230922.csv").read_text("utf-8-sig").splitlines()
    prompts = {key: texts.split(";") for key, _, texts in (line.partition("|") for line in lines)}
    voices = traits(folder)
    with tags.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["invalid"] in ("", "0", "0.0", "False")]
    found = {}
    for row in rows:
        key = row["style_prompt_key"]
        sentences = [s for prompt in prompts.get(key, []) if (s := sentence(prompt, key))]
        voice = voices.get(row["item_name"].split("_")[0], "")
        if sentences:
            found[row["item_name"]] = tuple(f"{s} {voice}".strip() for s in sentences)
    return found


def sentence(prompt: str, key: str) -> str | None:
    """A prompt as a sentence: a request becomes what it asks for; None if it contradicts."""
    words = prompt.strip().lower()
    words = re.sub(r"^(?:please )?(?:ask|tell) (.+?) to speak\b", r"\1 speaks", words)
    person, *levels = key.split("_")
    others = PERSONS["M" if person == "F" else "F"]
    if " speaks " not in words or set(re.findall(r"\w+", words)) & set(others):
        return None
    for level in levels:
        kind, _, meant = level.partition("-")
        for name, claim in LEVELS[kind].items():
            if name != meant and re.search(claim, words):
                return None
    return f"{words[0].upper()}{words[1:]}."


def traits(folder: Path) -> dict[str, str]:
    """A sentence on the voice of each speaker."""
    heard: dict[str, Counter[str]] = {}
    for number in (1, 2, 3):
        for line in (folder / f"df{number}_en.csv").read_text("utf-8-sig").splitlines():
            speaker, _, told = line.partition("|")
            words = [re.sub(r"^(?:slightly|very) ", "", word.strip()) for word in told.split(",")]
            counts = heard.setdefault(speaker, Counter())
            for word in dict.fromkeys(words):
                counts[word] += 1
    found = {}
    for speaker, counts in heard.items():
        gendered = ("masculine", "feminine", "gender-neutral")
        agreed = [w for w in counts if counts[w] > 1 and w not in gendered]
        agreed = ["tense" if word == "tensed" else word for word in agreed]
        if agreed:
            last = f" and {agreed[-1]}" if len(agreed) > 1 else agreed[-1]
            found[speaker] = f"The voice sounds {', '.join(agreed[:-1])}{last}."
    return found
