"""The rules of template files: what makes a wording safe (no leak, no drift) and a pool varied."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from audio_flan.model.draft import Kind
from audio_flan.model.languages import LANGUAGES
from audio_flan.wording.template import SEPARATORS, Template, Text, Variation, split_view

MIN_VARIATIONS = 12
MIN_FORMS = 4
MIN_VARIATIONS_OTHER_LANGUAGE = 6
MAX_ROUGE_L = 0.7
"""The filter of self-instruct (Wang et al., 2023): above it, two instructions are one."""


def lint(
    template: Template,
    *,
    inputs: Iterable[str],
    outputs: Iterable[str],
    one_of: Iterable[Sequence[str]] = (),
    labels: Iterable[str] = (),
    languages: Iterable[str] = ("en",),
) -> list[str]:
    """Check a template file against all the rules.

    Args:
        template: the file, already parsed (which has checked its form and its slot names).
        inputs: slots that every instruction and input must hold.
        outputs: slots that every answer must hold.
        one_of: groups of output slots of which an answer holds exactly one.
        labels: all labels of the task's closed sets.
        languages: languages that the pool must have a group for.

    Returns:
        One message per fault, "file:line: what is wrong"; empty for a file without faults.
    """
    findings = [
        f"{template.file}:{variation.line}: {variation.id}: {problem}"
        for variation in template.variations
        for problem in (
            *_slot_faults(variation, set(inputs), set(outputs), [set(group) for group in one_of]),
            *_wording_faults(variation, set(labels)),
        )
    ]
    pool = (*_pool_faults(template, set(languages)), *_words_faults(template, set(labels)))
    return findings + [f"{template.file}:1: {problem}" for problem in pool]


def _slot_faults(
    variation: Variation, inputs: set[str], outputs: set[str], one_of: list[set[str]]
) -> Iterator[str]:
    asked, answered = set(variation.asked), set(variation.output.names)
    grouped = set().union(*one_of) if one_of else set()
    answered_slots = {split_view(name, variation.kinds)[0] for name in answered}
    for name in sorted(inputs - asked):
        yield f"input slot {name!r} is in neither instruction nor input"
    for name in sorted(outputs - grouped - answered_slots):
        yield f"output slot {name!r} is not in the answer"
    for group in one_of:
        if len(group & answered_slots) != 1:
            yield f"the answer must hold exactly one of {sorted(group)}"
    for name in sorted(asked & outputs):
        yield f"output slot {name!r} is in the question: the answer leaks"
    for name in sorted(answered_slots - outputs):
        yield f"slot {name!r} is in the answer but is no output"
    yield from _view_faults(variation, asked, answered)
    for text in (variation.instruction, variation.input, variation.output):
        free = [name for name in text.names if variation.kinds.get(name) is Kind.TEXT]
        if len(free) > 1:
            yield f"two free texts in one field have no inverse: {free}"
        if re.search(r"\}\}\{\{", text.source):
            yield f"slots with nothing between them have no inverse: {text.source!r}"


def _view_faults(variation: Variation, asked: set[str], answered: set[str]) -> Iterator[str]:
    """Letters need choices, choices and options belong to the question."""
    for name in sorted(answered):
        base, view = split_view(name, variation.kinds)
        if view == "letter" and f"{base}_choices" not in asked:
            yield f"the answer is a letter but {base}_choices is not in the question"
        if view in ("options", "choices"):
            yield f"{name!r} belongs to the question, not to the answer"
    for name in sorted(asked):
        if split_view(name, variation.kinds)[1] == "letter":
            yield f"{name!r} in the question leaks the answer"


def _wording_faults(variation: Variation, labels: set[str]) -> Iterator[str]:
    said = {variation.words.get(label, label) for label in labels}
    typed = said | labels | set(LANGUAGES.values())
    texts = {"instruction": variation.instruction, "input": variation.input}
    for which, text in (*texts.items(), ("answer", variation.output)):
        literal = " ".join(text.literals)
        if re.search(r"\d", literal):
            yield f"a number is typed by hand in the {which}: {text.source!r}"
        for word in sorted(typed):
            if _occurs(word, literal):
                yield f"{word!r} is typed by hand in the {which}: use a slot"
    has_chinese = bool(re.search(r"[\u4e00-\u9fff]", " ".join(variation.instruction.literals)))
    if has_chinese != (variation.language == "zh"):
        yield f"the instruction is not in the language {variation.language!r}"
    for text in (variation.instruction, variation.input, variation.output):
        if text.source != text.source.strip() or "  " in text.source:
            yield f"stray white space: {text.source!r}"


def _occurs(word: str, text: str) -> bool:
    """Whether a word stands in a text; Chinese has no word boundaries."""
    if re.search(r"[\u4e00-\u9fff]", word):
        return word in text
    return re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) is not None


def _pool_faults(template: Template, languages: set[str]) -> Iterator[str]:
    for language in sorted(languages):
        group = [v for v in template.variations if v.language == language]
        least = MIN_VARIATIONS if language == "en" else MIN_VARIATIONS_OTHER_LANGUAGE
        if len(group) < least:
            yield f"{len(group)} variations in {language!r}; at least {least} are needed"
        forms = {variation.form for variation in group}
        if len(forms) < MIN_FORMS:
            yield f"{len(forms)} forms in {language!r}; at least {MIN_FORMS} are needed"
    for language in sorted({variation.language for variation in template.variations}):
        group = [v for v in template.variations if v.language == language]
        for one, other in combinations(group, 2):
            score = rouge_l(tokens(one.instruction), tokens(other.instruction))
            if score > MAX_ROUGE_L:
                yield f"{one.id} and {other.id} are too alike: ROUGE-L {score:.2f}"
    used = {variation.answer for variation in template.variations}
    for name in sorted(set(template.answers) - used):
        yield f"answer format {name!r} is used by no variation"


def _words_faults(template: Template, labels: set[str]) -> Iterator[str]:
    for name, table in template.words.items():
        if set(table) != labels:
            missing, extra = sorted(labels - set(table)), sorted(set(table) - labels)
            yield f"words {name!r} must say every label: missing {missing}, unknown {extra}"
        for word, count in Counter(table.values()).items():
            if count > 1:
                yield f"words {name!r} say {word!r} for {count} labels; no answer could be read"
    for label in sorted(labels | {w for table in template.words.values() for w in table.values()}):
        if any(separator in label for separator in SEPARATORS.values()) or "\n" in label:
            yield f"label {label!r} holds the separator of lists"


def tokens(text: Text) -> list[str]:
    """Lower-case words of a text without its slots; Chinese by characters."""
    return re.findall(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+", " ".join(text.literals).lower())


def rouge_l(one: Sequence[str], other: Sequence[str]) -> float:
    """ROUGE-L F-measure of two token lists (Lin, 2004): their longest common subsequence."""
    if not one or not other:
        return 0.0
    previous = [0] * (len(other) + 1)
    for token in one:
        current = [0]
        for j, candidate in enumerate(other):
            longest = max(previous[j + 1], current[j])
            current.append(previous[j] + 1 if token == candidate else longest)
        previous = current
    return 2 * previous[-1] / (len(one) + len(other))
