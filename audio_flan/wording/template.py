"""Template files: loaded, checked, rendered, and read back.

`templates/<domain>/<config>.yaml` holds all wording of a task. Texts are Jinja, restricted to plain
substitution of slots: parsed once by Jinja, then compiled to a format string, so that rendering is
one call and every text has an inverse (`Variation.parse`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import blake2b
from importlib import resources
from typing import Any, NamedTuple

from audio_flan.errors import TemplateError, UnknownNameError
from audio_flan.model.draft import LABEL_KINDS, Kind
from audio_flan.model.labels import LABEL_VIEWS, Labels
from audio_flan.model.randomness import Rng
from audio_flan.model.yaml_lines import LinedMapping, load

FORMS = ("command", "request", "question", "suggestion", "emphatic", "terse", "role")
"""The forms an instruction may have; a task's pool has at least four of them."""

SEPARATORS = {"en": ", ", "zh": "、"}
"""How a list of labels is joined, by the language of the instruction."""

VIEW_PATTERNS = {
    "options": r"[^\n]+",
    "choices": r"[A-D]\. [^\n]+(?:\n[A-D]\. [^\n]+)*",
    "letter": r"[A-D]",
}

LETTERS = "ABCD"


class Rendered(NamedTuple):
    """The three texts of an instance."""

    instruction: str
    input: str
    output: str


def split_view(name: str, kinds: Mapping[str, Kind]) -> tuple[str, str]:
    """The slot name of a template as (slot, view): "emotion_letter" -> ("emotion", "letter")."""
    if name not in kinds:
        base, _, view = name.rpartition("_")
        if view in LABEL_VIEWS and kinds.get(base) in LABEL_KINDS:
            return base, view
    return name, ""


@dataclass(frozen=True, slots=True)
class Text:
    """One text with slots, compiled to a format string.

    Args:
        source: the Jinja source.
        format: the same for `str.format_map`.
        names: the slot names in the order of their first occurrence.
        pieces: (is it a slot, slot name or fixed text) in their order.
    """

    source: str
    format: str
    names: tuple[str, ...]
    pieces: tuple[tuple[bool, str], ...]

    @classmethod
    def compile(cls, source: str, file: str, line: int) -> Text:
        """Compile a Jinja source; raises `TemplateError` unless it is substitution only."""
        pieces = tuple(_pieces(source, file, line))
        fmt = "".join(
            f"{{{text}}}" if is_slot else text.replace("{", "{{").replace("}", "}}")
            for is_slot, text in pieces
        )
        names = tuple(dict.fromkeys(text for is_slot, text in pieces if is_slot))
        return cls(source, fmt, names, pieces)

    @property
    def literals(self) -> tuple[str, ...]:
        """The fixed text around the slots."""
        return tuple(text for is_slot, text in self.pieces if not is_slot)

    def pattern(self, kinds: Mapping[str, Kind]) -> str:
        """The regular expression that finds the slots again; a repeated slot must repeat."""
        seen: set[str] = set()
        pattern = ""
        for is_slot, text in self.pieces:
            if not is_slot:
                pattern += re.escape(text)
            elif text in seen:
                pattern += f"(?P={text})"
            else:
                base, view = split_view(text, kinds)
                pattern += f"(?P<{text}>{VIEW_PATTERNS[view] if view else kinds[base].value})"
                seen.add(text)
        return pattern


def _pieces(source: str, file: str, line: int) -> Iterator[tuple[bool, str]]:
    """The text's (is it a slot, slot name or literal) pieces; Jinja does the parsing."""
    from jinja2 import TemplateSyntaxError, nodes

    try:
        body = _jinja().parse(source).body
    except TemplateSyntaxError as error:
        raise TemplateError(file, line, f"not a Jinja text: {error.message}") from None
    for output in body:
        children = output.nodes if isinstance(output, nodes.Output) else [output]
        for node in children:
            if isinstance(node, nodes.TemplateData):
                yield False, node.data
            elif isinstance(node, nodes.Name):
                yield True, node.name
            else:
                raise TemplateError(
                    file, line, "only plain slots are allowed: no filters, calls or branches"
                )


@cache
def _jinja() -> Any:
    """The Jinja environment of all templates: sandboxed, strict, every newline kept."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)


@dataclass(frozen=True, slots=True)
class Variation:
    """One wording of a task: an instruction, an input and the format of the answer.

    Args:
        id: readable, unique in the file, never used again for another wording.
        form: one of `FORMS`.
        language: language of the instruction, "en" or "zh".
        instruction, input, output: the texts; `output` is the answer format named by `answer`.
        answer: id of the answer format.
        words: the words for labels in this variation; empty where the labels are used unchanged.
        kinds: kinds of the task's slots.
        audio_columns: the slot of each audio column (two of the question, one of the answer), in
            the order in which the markers occur; None for a column that stays empty.
        labels: the slots that hold labels.
        line: line of the file where it starts.
    """

    id: str
    form: str
    language: str
    instruction: Text
    input: Text
    output: Text
    answer: str
    words: Mapping[str, str]
    kinds: Mapping[str, Kind]
    audio_columns: tuple[str | None, str | None, str | None]
    labels: tuple[str, ...]
    line: int

    @property
    def asked(self) -> tuple[str, ...]:
        """Slot names of instruction and input, in order of occurrence."""
        return tuple(dict.fromkeys(self.instruction.names + self.input.names))

    def render(self, slots: Mapping[str, str | Labels], rng: Rng) -> Rendered:
        """Put the slots' values into the texts.

        Args:
            slots: text of every slot (audio as its marker), or its label.
            rng: source of the order of options and of the distractors.

        Raises:
            UnknownNameError: a slot of the texts has no value.
        """
        values: dict[str, Any] = dict(slots)
        try:
            for name in self.labels:
                values |= self._label_views(name, values[name], rng)
            return Rendered(
                self.instruction.format.format_map(values),
                self.input.format.format_map(values),
                self.output.format.format_map(values),
            )
        except KeyError as error:
            raise UnknownNameError("slot", error.args[0], values) from None

    def _label_views(self, name: str, label: Labels, rng: Rng) -> dict[str, str]:
        """The labels' words and whichever of their views the texts use."""
        views = {name: self._say(label.values)}
        used = self.asked
        if f"{name}_options" in used:
            views[f"{name}_options"] = self._say(label.shown_options(rng))
        if f"{name}_choices" in used:
            choices = label.choices(rng)
            lines = zip(LETTERS, map(self._say, choices), strict=False)
            views[f"{name}_choices"] = "\n".join(f"{letter}. {words}" for letter, words in lines)
            views[f"{name}_letter"] = LETTERS[choices.index(label.values)]
        return views

    def _say(self, labels: Sequence[str]) -> str:
        """Labels in the words of this variation, as a list."""
        return SEPARATORS[self.language].join(self.words.get(label, label) for label in labels)

    def parse(self, rendered: Rendered) -> dict[str, Any]:
        """The inverse of `render`: the slots' values out of the three texts.

        Returns:
            The value of every slot that the texts name: a label in its canonical words (a letter
            already looked up in its choices), several labels, options and choices as tuples,
            audio as its marker.

        Raises:
            ValueError: a text is not one of this variation.
        """
        found: dict[str, str] = {}
        for which, text in (("instruction", self.instruction), ("input", self.input)):
            found |= self._match(which, text, getattr(rendered, which))
        found |= self._match("output", self.output, rendered.output)
        return self._canonical(found)

    def _match(self, which: str, text: Text, rendered: str) -> dict[str, str]:
        match = re.fullmatch(text.pattern(self.kinds), rendered)
        if match is None:
            raise ValueError(f"{which} does not come from variation {self.id!r}: {rendered!r}")
        return match.groupdict()

    def _canonical(self, found: Mapping[str, str]) -> dict[str, Any]:
        """Words of the variation's language back to labels, letters back to their choices."""
        values: dict[str, Any] = {}
        for name, text in found.items():
            base, view = split_view(name, self.kinds)
            if view == "letter":
                values[base] = values[f"{base}_choices"][LETTERS.index(text)]
            elif self.kinds[base] not in LABEL_KINDS:
                values[name] = text
            elif view == "options":
                values[name] = self._labels(text)
            else:
                read = self._labels if self.kinds[base] is Kind.LABELS else self._label
                choices = [line[3:] for line in text.split("\n")] if view else []
                values[name] = tuple(map(read, choices)) if view else read(text)
        return values

    def _label(self, word: str) -> str:
        return self._labels_of_words.get(word, word)

    def _labels(self, text: str) -> tuple[str, ...]:
        return tuple(map(self._label, text.split(SEPARATORS[self.language])))

    @property
    def _labels_of_words(self) -> dict[str, str]:
        return {word: label for label, word in self.words.items()}


@dataclass(frozen=True)
class Template:
    """The template file of one task.

    Args:
        task: config name of the task.
        file: name of the file, for messages.
        answers: answer formats by id.
        words: tables of other words for the labels, by id; each one-to-one.
        variations: the wordings, in the file's order.
    """

    task: str
    file: str
    answers: Mapping[str, Text]
    words: Mapping[str, Mapping[str, str]]
    variations: tuple[Variation, ...]

    def choose(self, uuid: str, language: str | None) -> Variation:
        """The variation of an instance, by rendezvous hashing of its uuid.

        Every variation has a weight of its own for each of 4,096 buckets of uuids, and the
        greatest wins (Thaler and Ravishankar, 1998): a new variation moves only the rows that
        choose it.

        Args:
            uuid: the instance's uuid.
            language: language of the clip; instructions in that language are candidates too,
                next to the English ones.
        """
        # "zh-CN" takes the instructions of "zh".
        winners = self._winners.get((language or "en").split("-")[0]) or self._winners["en"]
        return winners[int(uuid[-BUCKET_DIGITS:], 16)]

    @cached_property
    def _winners(self) -> dict[str, list[Variation]]:
        """The variation of each bucket, for clips in each language."""
        return {
            language: _deal([v for v in self.variations if v.language in ("en", language)])
            for language in {variation.language for variation in self.variations}
        }


BUCKET_DIGITS = 3
"""Hexadecimal digits of a uuid that make its bucket."""

MULTIPLIER = 0x9E3779B97F4A7C15
"""2**64 over the golden ratio, for multiplicative hashing (Knuth, vol. 3, 6.4)."""


def _deal(candidates: Sequence[Variation]) -> list[Variation]:
    """The winner of each bucket."""
    import numpy as np

    digests = [blake2b(v.id.encode(), digest_size=8).digest() for v in candidates]
    hashes = np.array([int.from_bytes(digest, "big") for digest in digests], np.uint64)
    # Products wrap at 2**64 on purpose.
    keys = np.arange(1, 16**BUCKET_DIGITS + 1, dtype=np.uint64) * np.uint64(MULTIPLIER)
    weights = (hashes[:, None] ^ keys) * np.uint64(MULTIPLIER)
    return [candidates[winner] for winner in weights.argmax(axis=0)]


def load_template(config: str, kinds: Mapping[str, Kind]) -> Template:
    """Load the template file of a task that is in the package.

    Args:
        config: config name of the task; its domain is the folder.
        kinds: kinds of the task's slots.

    Raises:
        TemplateError: the file breaks the form, or names a slot that the task does not have.
    """
    name = f"templates/{_name(config)}"
    template = parse_template(_source(config), name, kinds)
    if template.task != config:
        raise TemplateError(name, 1, f"task: expected {config!r}")
    return template


@cache
def template_digest(config: str) -> str:
    """Hash of the bytes of a task's template file, which is not parsed."""
    return blake2b(_source(config), digest_size=8).hexdigest()


def _name(config: str) -> str:
    return f"{config.split('_')[0]}/{config}.yaml"


def _source(config: str) -> bytes:
    return resources.files("audio_flan.templates").joinpath(_name(config)).read_bytes()


def parse_template(data: bytes, file: str, kinds: Mapping[str, Kind]) -> Template:
    """Parse a template file.

    Args:
        data: the YAML text.
        file: its name for messages.
        kinds: kinds of the task's slots.

    Raises:
        TemplateError: the file breaks the form, or names a slot that the task does not have.
    """
    tree = load(data, file, TemplateError)
    _expect_keys(tree, {"task", "answers", "variations"}, {"words"}, file)
    _expect_type(tree, "answers", dict, file)
    _expect_type(tree, "variations", list, file)
    words = _words(tree, file)
    answers = {
        name: _text(text, file, tree["answers"].line(name), kinds)
        for name, text in tree["answers"].items()
    }
    variations = tuple(_variation(v, answers, words, kinds, file) for v in tree["variations"])
    ids = [variation.id for variation in variations]
    for variation in variations:
        if ids.count(variation.id) > 1:
            raise TemplateError(file, variation.line, f"id {variation.id!r} is used twice")
    if not any(variation.language == "en" for variation in variations):
        raise TemplateError(file, 1, "no variation in English; clips of any language need some")
    return Template(tree["task"], file, answers, words, variations)


def _variation(
    tree: Any,
    answers: Mapping[str, Text],
    words: Mapping[str, Mapping[str, str]],
    kinds: Mapping[str, Kind],
    file: str,
) -> Variation:
    required = {"id", "form", "language", "instruction", "input", "answer"}
    if not isinstance(tree, LinedMapping):
        raise TemplateError(file, 1, f"variations: expected mappings, found {tree!r}")
    _expect_keys(tree, required, {"words"}, file)
    _expect_type(tree, "id", str, file)
    line = tree.first_line
    names = {"form": FORMS, "language": SEPARATORS, "answer": answers, "words": words}
    for key in names.keys() & tree.keys():
        if str(tree[key]) not in names[key]:
            problem = str(UnknownNameError(key, str(tree[key]), names[key]))
            raise TemplateError(file, tree.line(key), problem)
    instruction = _text(tree["instruction"], file, tree.line("instruction"), kinds)
    input = _text(tree["input"], file, tree.line("input"), kinds)
    output = answers[tree["answer"]]
    return Variation(
        id=tree["id"],
        form=tree["form"],
        language=tree["language"],
        instruction=instruction,
        input=input,
        output=output,
        answer=tree["answer"],
        words=words[tree["words"]] if "words" in tree else {},
        kinds=kinds,
        labels=tuple(name for name, kind in kinds.items() if kind in LABEL_KINDS),
        audio_columns=_audio_columns((instruction, input), output, kinds, file, line),
        line=line,
    )


def _audio_columns(
    question: tuple[Text, Text], answer: Text, kinds: Mapping[str, Kind], file: str, line: int
) -> tuple[str | None, str | None, str | None]:
    def audio(*texts: Text) -> list[str]:
        names = dict.fromkeys(name for text in texts for name in text.names)
        return [name for name in names if kinds.get(name) is Kind.AUDIO]

    asked, answered = audio(*question), audio(answer)
    if len(asked) > 2 or len(answered) > 1:
        problem = f"at most two audios in a question and one in an answer: {asked + answered}"
        raise TemplateError(file, line, problem)
    first, second, *_ = (*asked, None, None)
    return first, second, answered[0] if answered else None


def _text(source: object, file: str, line: int, kinds: Mapping[str, Kind]) -> Text:
    if not isinstance(source, str):
        raise TemplateError(file, line, f"expected a text, found {source!r}; put it in quotes")
    text = Text.compile(source, file, line)
    for name in text.names:
        base, _ = split_view(name, kinds)
        if base not in kinds:
            raise TemplateError(file, line, str(UnknownNameError("slot", name, kinds)))
    return text


def _words(tree: Any, file: str) -> dict[str, dict[str, str]]:
    """The tables of other words for the labels."""
    if "words" not in tree:
        return {}
    _expect_type(tree, "words", dict, file)
    for name, table in tree["words"].items():
        _expect_type(tree["words"], name, dict, file)
        for label in table:
            _expect_type(table, label, str, file)
    return {name: dict(table) for name, table in tree["words"].items()}


def _expect_type(tree: Any, key: str, kind: type, file: str) -> None:
    if not isinstance(tree[key], kind) or not tree[key]:
        names = {"dict": "a mapping", "list": "a list", "str": "a text in quotes"}
        wanted = names[kind.__name__]
        problem = f"{key}: expected {wanted} that is not empty, found {tree[key]!r}"
        raise TemplateError(file, tree.line(key), problem)


def _expect_keys(tree: Any, required: set[str], optional: set[str], file: str) -> None:
    for key in tree:
        if key not in required | optional:
            problem = str(UnknownNameError("key", str(key), sorted(required | optional)))
            raise TemplateError(file, tree.line(key), problem)
    missing = sorted(required - set(tree))
    if missing:
        raise TemplateError(file, tree.first_line, f"missing: {', '.join(missing)}")
