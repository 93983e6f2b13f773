"""All template files: one per task, without faults, and every text gives back what went in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import cycle, islice
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import jinja2
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from audio_flan.corpora import corpus_classes
from audio_flan.corpora.contract import Corpus
from audio_flan.model.draft import Kind
from audio_flan.model.labels import MAX_OPTIONS, Label, Labels
from audio_flan.model.randomness import Rng
from audio_flan.model.taxonomy import DOMAINS
from audio_flan.tasks import get_task, task_configs, task_template
from audio_flan.wording.lint import lint
from audio_flan.wording.template import Rendered, Variation

CONFIGS = task_configs()
FREE_TEXT = [config for config in CONFIGS if Kind.TEXT in get_task(config).kinds.values()]
SEPARATORS = {"en": ", ", "zh": "、"}
UUIDS = [uuid5(UUID(int=1), str(number)) for number in range(400)]

HOSTILE = [
    "x",
    "He said: \"yes\", 'no' and `maybe`.",
    "first line\nsecond line\n\nfourth line",
    "carriage\r\nreturn\rand\ttab",
    "{}{0}{x}}{{ }} {{{x}}}",
    "{{ x }} {{ audio }} {{ text }} {{ transcript }}",
    "{% if x %}{% endif %} {# none #}",
    "<audio> </audio> <s> [INST] <|endoftext|> |SOA|",
    " leading and trailing blanks ",
    "\n\n\tlines around\n\n",
    "他喜欢喝热茶。「引号」、顿号",
    "שלום עולם \u202emixed\u202c مرحبا",
    "naïve e\u0301 ｆｕｌｌ 👩‍🎤 \u2028 \x00 \ufeff",
    "Transcript: The speaker says: Transcript: x",
    "A. yes\nB. no",
    "\\ \\n \\1 (?P<x>.*) .* $ ^ [a-z]+ %s %(x)s $x ${x}",
    "null",
    "12",
    "-",
    "long " * 1_000,
]
EXAMPLES: dict[Kind, list[str]] = {
    Kind.TEXT: HOSTILE,
    Kind.NUMBER: ["0", "0.00", "-5", "60", "127", "12.34", "1000000"],
    Kind.NOTES: ["C4 0.10-0.55", "C#4 0.10-0.55; B-1 0.60-12.02; A0 13.00-14.00"],
    Kind.NOTE: ["C4", "C#4", "B-1", "A0", "G9", "F#-1"],
    Kind.TIMES: ["0.00", "0.52, 1.04, 1.57", "12.00, 120.25"],
    Kind.STRETCHES: ["none", "0.32-2.75", "0.00-0.50, 3.10-15.48"],
    Kind.SPANS: ["0.00-1.92 F#:maj", "0.00-1.92 N; 1.92-13.84 speaker 1; 2.00-2.50 dog, barking"],
    Kind.AUDIO: ["<|SOA|>ljspeech_LJ001-0001<|EOA|>", "<|SOA|>a_b.speech_tts-speech-1<|EOA|>"],
}


def file_name(config: str) -> str:
    return f"{config.split('_')[0]}/{config}.yaml"


def read(config: str) -> dict[str, Any]:
    """A template file as plain YAML, by no code of ours."""
    path = files("audio_flan.templates") / file_name(config)
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def values_of(variation: Variation, config: str) -> Iterator[dict[str, str | Labels]]:
    """Slot values that give every label of the task, and every hostile value, at least once."""
    task = get_task(config)
    sets = task.label_sets(corpus_classes())
    # Of large sets every variation says another part; all of them say all labels.
    turn = [v.id for v in task_template(config).variations].index(variation.id)
    literals = [
        literal
        for text in (variation.instruction, variation.input, variation.output)
        for literal in (*text.literals, text.source)
        if literal
    ]
    examples: dict[str, list[str | Labels]] = {}
    for number, (slot, kind) in enumerate(task.kinds.items()):
        if kind is Kind.LABEL:
            examples[slot] = [Label(label, sets[slot]) for label in part(sets[slot], turn)]
        elif kind is Kind.LABELS:
            examples[slot] = [
                labels
                for value in part(sets[slot], turn)
                for labels in lists_with(value, sets[slot])
            ]
        elif kind is Kind.AUDIO:
            # Each audio slot has an audio of its own.
            examples[slot] = [e.replace("<|EOA|>", f"{number}<|EOA|>") for e in EXAMPLES[kind]]
        else:
            examples[slot] = [*EXAMPLES[kind], *(literals if kind is Kind.TEXT else [])]
    for index in range(max(map(len, examples.values()))):
        yield {slot: values[index % len(values)] for slot, values in examples.items()}


PARTS = 10
"""Parts of a label set that is larger than what a list of options shows."""


def part(labels: tuple[str, ...], turn: int) -> tuple[str, ...]:
    return labels[turn % PARTS :: PARTS] if len(labels) > MAX_OPTIONS else labels


def lists_with(label: str, labels: tuple[str, ...]) -> Iterator[Labels]:
    """A label with none to three others, sorted, and in an order that matters."""
    index = labels.index(label)
    several = [label, *labels[index + 1 : index + 1 + index % 4]]
    yield Labels(tuple(sorted(several)), labels)
    again = several[-1:] if len(several) > 1 else []
    yield Labels((*several[::-1], *again), labels, ordered=True)


def said_values(
    raw: Mapping[str, Any],
    words: Mapping[str, str],
    slots: Mapping[str, str | Labels],
    parsed: Mapping[str, Any],
) -> dict[str, str]:
    """What each name in the texts stands for, once the drawn orders are known."""
    values: dict[str, str] = {}
    for slot, value in slots.items():
        if isinstance(value, str):
            values[slot] = value
            continue
        separator = SEPARATORS[raw["language"]]

        def say(labels: Iterable[str], separator: str = separator) -> str:
            return separator.join(words.get(label, label) for label in labels)

        values[slot] = say(value.values)
        values[f"{slot}_options"] = say(parsed.get(f"{slot}_options", ()))
        choices = [answer_of(choice) for choice in parsed.get(f"{slot}_choices", ())]
        lettered = list(zip("ABCD", choices, strict=False))
        values[f"{slot}_choices"] = "\n".join(f"{key}. {say(answer)}" for key, answer in lettered)
        values[f"{slot}_letter"] = "".join(key for key, o in lettered if o == value.values)
    return values


def answer_of(parsed: str | tuple[str, ...]) -> tuple[str, ...]:
    """An answer as a tuple, whether one label was asked for or several."""
    return (parsed,) if isinstance(parsed, str) else parsed


@cache
def jinja(text: str) -> jinja2.Template:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(text)


def by_jinja(raw: Mapping[str, Any], answer: str, values: Mapping[str, str]) -> Rendered:
    texts = (raw["instruction"], raw["input"], answer)
    return Rendered(*(jinja(text).render(values) for text in texts))


def chi_square_is_small(counts: Counter[Any], cells: int) -> bool:
    """Whether even draws give such counts more often than once in a million times."""
    expected = counts.total() / cells
    total = sum((count - expected) ** 2 / expected for count in counts.values())
    total += (cells - len(counts)) * expected
    return total <= chi2.ppf(1 - 1e-6, cells - 1)


def test_every_task_has_a_template_file_and_the_reverse() -> None:
    found = {
        f"{domain}/{entry.name}"
        for domain in DOMAINS
        for entry in (files("audio_flan.templates") / domain).iterdir()
        if not entry.name.startswith(("__", "."))
    }
    assert found == {file_name(config) for config in CONFIGS}


@pytest.mark.parametrize("config", CONFIGS)
def test_a_template_file_says_whose_it_is(config: str) -> None:
    assert read(config)["task"] == config
    assert task_template(config).task == config
    assert task_template(config).file == f"templates/{file_name(config)}"


def has_chinese(corpus: type[Corpus]) -> bool:
    return any(code.split("-")[0] == "zh" for code in corpus.languages)


@pytest.mark.parametrize("config", CONFIGS)
def test_lint_finds_nothing(config: str) -> None:
    task = get_task(config)
    serving = [corpus for corpus in corpus_classes() if task.serves(corpus)]
    labels = {label for labels in task.label_sets(corpus_classes()).values() for label in labels}
    languages = {"en"} | {
        "zh" for c in serving if c.domain == task.minor.domain == "speech" and has_chinese(c)
    }
    assert serving
    assert (
        lint(
            task_template(config),
            inputs=task.inputs,
            outputs=task.outputs,
            one_of=task.one_of,
            labels=labels,
            languages=languages,
        )
        == []
    )


@pytest.mark.parametrize("config", CONFIGS)
def test_what_is_rendered_is_read_back(config: str) -> None:
    seen = 0
    for variation in task_template(config).variations:
        for number, slots in enumerate(values_of(variation, config)):
            rendered = variation.render(slots, Rng(number, variation.id))
            assert_is_read_back(variation, slots, rendered)
            seen += 1
    assert seen >= len(task_template(config).variations)


def assert_is_read_back(
    variation: Variation, slots: Mapping[str, str | Labels], rendered: Rendered
) -> None:
    parsed = dict(variation.parse(rendered))
    names = {*variation.asked, *variation.output.names}
    for slot, value in slots.items():
        if isinstance(value, str):
            assert parsed.pop(slot, value) == value
            continue
        options = parsed.pop(f"{slot}_options", value.options)
        assert len(options) == len(set(options))
        assert len(options) == len(value.options) or len(options) == MAX_OPTIONS
        assert set(value.values) <= set(options) <= set(value.options)
        if f"{slot}_choices" in names:
            choices = [answer_of(choice) for choice in parsed.pop(f"{slot}_choices")]
            assert len(choices) == len(set(choices)) <= 4
            assert len(choices) == min(4, len(value.options)) or len(value.values) > 1
            assert choices.count(value.values) == 1
            assert {len(choice) for choice in choices} == {len(value.values)}
            assert set().union(*choices) <= set(value.options)
        if {slot, f"{slot}_letter"} & names:
            assert answer_of(parsed.pop(slot)) == value.values
    assert parsed == {}, "every value that was read is one that was given"


@pytest.mark.parametrize("config", CONFIGS)
def test_every_slot_of_the_texts_is_read_back(config: str) -> None:
    for variation in task_template(config).variations:
        slots = next(values_of(variation, config))
        parsed = variation.parse(variation.render(slots, Rng(0)))
        names = {*variation.asked, *variation.output.names}
        assert {n for n in names if not n.endswith("_letter")} <= set(parsed)


@pytest.mark.parametrize("config", CONFIGS)
def test_texts_are_those_that_jinja_renders(config: str) -> None:
    tree = read(config)
    raw_variations = {raw["id"]: raw for raw in tree["variations"]}
    for variation in task_template(config).variations:
        raw = raw_variations.pop(variation.id)
        words = tree["words"][raw["words"]] if "words" in raw else {}
        for number, slots in enumerate(values_of(variation, config)):
            rendered = variation.render(slots, Rng(number, variation.id))
            values = said_values(raw, words, slots, variation.parse(rendered))
            assert rendered == by_jinja(raw, tree["answers"][raw["answer"]], values)
    assert raw_variations == {}


@pytest.mark.parametrize("config", FREE_TEXT)
@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_any_free_text_is_read_back(config: str, data: st.DataObject) -> None:
    variation = data.draw(st.sampled_from(task_template(config).variations))
    slots = next(values_of(variation, config))
    for slot, kind in get_task(config).kinds.items():
        if kind is Kind.TEXT:
            slots[slot] = data.draw(st.text(min_size=1))
    assert_is_read_back(variation, slots, variation.render(slots, Rng(0)))


class Shown(NamedTuple):
    """What one wording shows of a label set, over many draws.

    Args:
        wording: id of the variation, and the view.
        labels: the set.
        lists: (gold label, labels in the order shown) of each draw.
    """

    wording: str
    labels: tuple[str, ...]
    lists: list[tuple[str, list[str]]]


@cache
def shown_lists(config: str) -> list[Shown]:
    """The options and the choices of all wordings of a task."""
    found = []
    for variation in task_template(config).variations:
        labels_of = {word: label for label, word in variation.words.items()}
        texts = [variation.instruction, variation.input]
        patterns = [re.compile(text.pattern(variation.kinds)) for text in texts]
        for slot, labels in get_task(config).label_sets(corpus_classes()).items():
            slots = next(values_of(variation, config))
            drawn: dict[str, list[tuple[str, list[str]]]] = {"options": [], "choices": []}
            views = {f"{slot}_options", f"{slot}_choices"} & set(variation.asked)
            for uuid, gold in zip(UUIDS, cycle(labels), strict=False) if views else ():
                rendered = variation.render(
                    slots | {slot: Labels((gold,), labels)}, Rng(0, uuid.hex)
                )
                groups = {}
                for pattern, text in zip(patterns, rendered, strict=False):
                    groups |= pattern.fullmatch(text).groupdict()
                if options := groups.get(f"{slot}_options"):
                    words = options.split(SEPARATORS[variation.language])
                    drawn["options"].append((gold, [labels_of.get(w, w) for w in words]))
                if choices := groups.get(f"{slot}_choices"):
                    words = [line.split(". ", 1)[1] for line in choices.split("\n")]
                    drawn["choices"].append((gold, [labels_of.get(w, w) for w in words]))
            found += [
                Shown(f"{variation.id} {view}", labels, lists)
                for view, lists in drawn.items()
                if lists
            ]
    return found


@pytest.mark.parametrize("config", CONFIGS)
def test_the_answer_is_at_every_place_among_options_and_choices(config: str) -> None:
    for wording, _, lists in shown_lists(config):
        places = Counter(words.index(gold) for gold, words in lists)
        assert places.total() == len(UUIDS)
        assert chi_square_is_small(places, len(lists[0][1])), f"{wording}: {places}"


@pytest.mark.parametrize("config", CONFIGS)
def test_every_label_is_at_every_place_and_a_distractor_equally_often(config: str) -> None:
    for wording, labels, lists in shown_lists(config):
        for place in range(len(lists[0][1])):
            at_place = Counter(words[place] for _, words in lists)
            assert chi_square_is_small(at_place, len(labels)), f"{wording}: {at_place}"
        others = Counter(word for gold, words in lists for word in set(words) - {gold})
        assert chi_square_is_small(others, len(labels)), f"{wording}: {others}"


@pytest.mark.parametrize("config", CONFIGS)
def test_the_same_draw_gives_the_same_texts(config: str) -> None:
    for variation in task_template(config).variations:
        for slots in islice(values_of(variation, config), 3):
            assert variation.render(slots, Rng(3)) == variation.render(slots, Rng(3))


@pytest.mark.parametrize("config", CONFIGS)
def test_a_label_of_one_kind_is_never_the_word_of_another(config: str) -> None:
    # Else an answer could be taken for the other label in another wording of the same task.
    labels = {
        label
        for labels in get_task(config).label_sets(corpus_classes()).values()
        for label in labels
    }
    for name, table in read(config).get("words", {}).items():
        for label, word in table.items():
            assert word == label or word not in labels, f"{name}: {word!r} said for {label!r}"
