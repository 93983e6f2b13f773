"""Rows of a built dataset, the raw wording that they were made with, and comparing the two."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import blake2b
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined

from audits.corpora import Corpora
from audits.facts import Disagreement, Sound, decoded, demand

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
SLOT = re.compile(r"\{\{ *(\w+) *\}\}")
NUMBERS = ("start", "end", "onset", "offset", "seconds", "rate")
NUMBER, CHOICES = r"-?\d+(?:\.\d+)?", r"[A-D]\. [^\n]+(?:\n[A-D]\. [^\n]+)*"
COMPUTED = "computed audio, which the auditor has looked at itself"


@dataclass(frozen=True)
class OneOf:
    """Texts of which any is right."""

    texts: tuple[str, ...]


Value = str | tuple[str, ...] | Sound | OneOf
"""What a slot must hold: a text, labels, a recording, or one of some texts."""


@cache
def template(config: str) -> dict[str, Any]:
    """The template file of a task, all values as text."""
    text = (TEMPLATES / config.split("_")[0] / f"{config}.yaml").read_text(encoding="utf-8")
    tree: dict[str, Any] = yaml.load(text, yaml.BaseLoader)
    return tree


@dataclass(frozen=True)
class Row:
    """A row of a built dataset; `raw` is as the Parquet file has it."""

    config: str
    raw: Mapping[str, Any]

    @cached_property
    def other(self) -> dict[str, Any]:
        """Its provenance."""
        other: dict[str, Any] = json.loads(self.raw["other"])
        return other

    @property
    def clips(self) -> list[dict[str, Any]]:
        """The clips that it names, the main clip first."""
        clips: list[dict[str, Any]] = self.other["clips"]
        return clips

    @cached_property
    def wording(self) -> dict[str, Any]:
        """The entry of its variation in the template file."""
        found = [
            v for v in template(self.config)["variations"] if v["id"] == self.other["variation"]
        ]
        wording: dict[str, Any] = found[0]
        return wording

    @cached_property
    def audio(self) -> dict[str, tuple[str, bytes]]:
        """Id and bytes of the audio of each slot."""
        cells = {slot: self.raw[column] for column, slot in self.other["audio"].items()}
        return {s: (c["path"].rpartition(".")[0], c["bytes"]) for s, c in cells.items()}

    def samples(self, slot: str) -> tuple[Any, int]:
        """Mono samples [n] of an audio, and their rate."""
        samples, rate = decoded(self.audio[slot][1])
        return samples.mean(axis=1), rate

    @cached_property
    def asked(self) -> dict[str, str]:
        """What stands in the question, by slot."""
        return self.match({})

    def match(self, known: Mapping[str, Value]) -> dict[str, str]:
        """The question's slots; those that are known must stand there as they are."""
        found: dict[str, str] = {}
        for which in ("instruction", "input"):
            pattern = self._pattern(self.wording[which], known)
            match = re.fullmatch(pattern, self.raw[which])
            if not match:
                told = {n: self.say(v) for n, v in known.items() if not isinstance(v, Sound)}
                raise Disagreement(which, f"{self.wording[which]} with {told}", self.raw[which])
            found |= match.groupdict()
        return found

    def _pattern(self, text: str, known: Mapping[str, Value]) -> str:
        pattern, seen = "", set()
        for index, piece in enumerate(SLOT.split(text)):
            if index % 2 == 0:
                pattern += re.escape(piece)
            elif piece in self.audio:
                pattern += re.escape(self.marker(piece))
            elif piece in known:
                pattern += re.escape(self.say(known[piece]))
            elif piece in seen:
                pattern += f"(?P={piece})"
            else:
                form = NUMBER if piece in NUMBERS else r"[\s\S]+?"
                form = CHOICES if piece.endswith("_choices") else form
                pattern += f"(?P<{piece}>{form})"
                seen.add(piece)
        return pattern

    def marker(self, slot: str) -> str:
        """How an audio stands in the text."""
        return f"<|SOA|>{self.audio[slot][0]}<|EOA|>"

    def say(self, value: Value) -> str:
        """A text as it is; labels in the words of the wording, as a list."""
        words = template(self.config).get("words", {}).get(self.wording.get("words"), {})
        if isinstance(value, tuple):
            separator = "、" if self.wording["language"] == "zh" else ", "
            return separator.join(words.get(label, label) for label in value)
        return str(value)


def check(row: Row, slots: Mapping[str, Value]) -> None:
    """Compare a row with the slots that were rebuilt: its question, answer and audio.

    Raises:
        Disagreement: they differ.
    """
    variable = [name for name, value in slots.items() if isinstance(value, OneOf)]
    *combinations, last = product(*(slots[n].texts for n in variable))  # type: ignore[union-attr]
    for values in combinations:
        try:
            _check(row, {**slots, **dict(zip(variable, values, strict=True))})
            return
        except Disagreement:
            continue
    _check(row, {**slots, **dict(zip(variable, last, strict=True))})


def _check(row: Row, slots: Mapping[str, Value]) -> None:
    found = row.match(slots)
    values = {name: row.say(value) for name, value in slots.items() if not isinstance(value, Sound)}
    for name, shown in found.items():
        slot, _, view = name.rpartition("_")
        if view == "choices":
            lines = {line[3:]: line[0] for line in shown.split("\n")}
            demand(values[slot] in lines, "lettered lines", values[slot], shown)
            demand(len(lines) == shown.count("\n") + 1, "lettered lines", "different ones", shown)
            values[f"{slot}_letter"] = lines[values[slot]]
        elif view == "options":
            separator = row.say(("", ""))
            for label in slots[slot]:  # type: ignore[union-attr]
                said = row.say((label,))
                demand(said in shown.split(separator), "options", said, shown)
    values |= {slot: row.marker(slot) for slot in row.audio}
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)
    answer = template(row.config)["answers"][row.wording["answer"]]
    expected = environment.from_string(answer).render(values)
    demand(row.raw["output"] == expected, "output", expected, row.raw["output"])
    _check_audio(row, slots)


def _check_audio(row: Row, slots: Mapping[str, Value]) -> None:
    told = {name for name, value in slots.items() if isinstance(value, Sound) or value == COMPUTED}
    demand(told == set(row.audio), "audio columns", sorted(told), sorted(row.audio))
    for slot, (id, data) in row.audio.items():
        value = slots[slot]
        if isinstance(value, Sound):
            wanted = blake2b("\x1f".join(value.owner).encode(), digest_size=10).hexdigest()
            demand(id.split(".")[0] == wanted, f"id of {slot}", wanted, id)
            value.check(slot, data)
    texts = row.raw["instruction"] + row.raw["input"], row.raw["output"]
    markers = [dict.fromkeys(re.findall(r"<\|SOA\|>(.+?)<\|EOA\|>", text)) for text in texts]
    columns = [("input_audio", "input_audio_2"), ("output_audio",)]
    for ids, names in zip(markers, columns, strict=True):
        stored = [row.raw[n]["path"].rpartition(".")[0] for n in names if row.raw[n]]
        demand(stored == list(ids), "markers and audio columns", list(ids), stored)


Auditor = Callable[[Row, Corpora], Mapping[str, Value]]
