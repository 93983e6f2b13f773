"""The lint of template files: each rule finds the file that breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import yaml
from changed_templates import (
    ASR,
    GENDER,
    LANGUAGE,
    PITCH,
    VERIFICATION,
    Change,
    Tree,
    changed,
    findings,
    first,
    line_of,
    source,
)

from audio_flan.model.draft import Kind
from audio_flan.wording.lint import lint, rouge_l
from audio_flan.wording.template import FORMS, parse_template

MUTATIONS: dict[str, tuple[str, Change, str]] = {}
"""Faults by name: the task whose file gets them, the change, and what lint must say."""


def mutation(config: str, message: str) -> Callable[[Change], Change]:
    def register(change: Change) -> Change:
        MUTATIONS[change.__name__] = config, change, message
        return change

    return register


def add_to_instruction(tree: Tree, text: str, **properties: str) -> None:
    first(tree, **properties)["instruction"] += text


@mutation(GENDER, "input slot 'audio' is in neither instruction nor input")
def dropped_input_slot(tree: Tree) -> None:
    first(tree, input="{{ audio }}")["input"] = "The recording."


@mutation(PITCH, "input slot 'onset' is in neither instruction nor input")
def dropped_one_of_several_input_slots(tree: Tree) -> None:
    for key in ("instruction", "input"):
        text = tree["variations"][0][key]
        tree["variations"][0][key] = text.replace("{{ onset }}", "{{ offset }}")


@mutation(GENDER, "output slot 'gender' is in the question: the answer leaks")
def answer_in_the_instruction(tree: Tree) -> None:
    add_to_instruction(tree, " It is {{ gender }}.", language="en")


@mutation(ASR, "output slot 'transcript' is in the question: the answer leaks")
def answer_in_the_input(tree: Tree) -> None:
    tree["variations"][3]["input"] += " {{ transcript }}"


@mutation(GENDER, "'gender_letter' in the question leaks the answer")
def letter_in_the_question(tree: Tree) -> None:
    add_to_instruction(tree, " Say {{ gender_letter }}.", answer="letter")


@mutation(GENDER, "'female' is typed by hand in the instruction: use a slot")
def label_typed_in_the_instruction(tree: Tree) -> None:
    add_to_instruction(tree, " Is it a female?", language="en")


@mutation(GENDER, "'male' is typed by hand in the input: use a slot")
def label_typed_in_the_input(tree: Tree) -> None:
    tree["variations"][0]["input"] = "Male or not: {{ audio }}"


@mutation(GENDER, "'male' is typed by hand in the answer: use a slot")
def label_typed_in_the_answer(tree: Tree) -> None:
    tree["answers"]["sentence"] = "Not male but {{ gender }}."


@mutation(GENDER, "'女性' is typed by hand in the instruction: use a slot")
def label_typed_in_chinese(tree: Tree) -> None:
    add_to_instruction(tree, "是女性吗？", language="zh")


@mutation(ASR, "'English' is typed by hand in the instruction: use a slot")
def language_typed_by_hand(tree: Tree) -> None:
    add_to_instruction(tree, " It is in english.", language="en")


@mutation(ASR, "a number is typed by hand in the instruction")
def digit_typed_in_the_instruction(tree: Tree) -> None:
    add_to_instruction(tree, " In at most 80 words.", language="en")


@mutation(PITCH, "a number is typed by hand in the answer")
def digit_typed_in_the_answer(tree: Tree) -> None:
    tree["answers"]["midi"] = "{{ midi }} of 127"


@mutation(GENDER, "output slot 'gender' is not in the answer")
def answer_without_its_slot(tree: Tree) -> None:
    tree["answers"]["word"] = "I can not tell."


@mutation(GENDER, "slot 'audio' is in the answer but is no output")
def input_slot_in_the_answer(tree: Tree) -> None:
    tree["answers"]["word"] = "{{ gender }} {{ audio }}"


@mutation(PITCH, "the answer must hold exactly one of ['midi', 'note_name']")
def two_notations_in_one_answer(tree: Tree) -> None:
    tree["answers"]["note"] = "{{ note_name }}, {{ midi }}"


@mutation(PITCH, "the answer must hold exactly one of ['midi', 'note_name']")
def no_notation_in_the_answer(tree: Tree) -> None:
    tree["answers"]["note"] = "A note."


@mutation(GENDER, "the answer is a letter but gender_choices is not in the question")
def letter_without_choices(tree: Tree) -> None:
    first(tree, answer="word")["answer"] = "letter"


@mutation(GENDER, "'gender_options' belongs to the question, not to the answer")
def options_in_the_answer(tree: Tree) -> None:
    tree["answers"]["word"] = "{{ gender }} of {{ gender_options }}"


@mutation(GENDER, "'gender_choices' belongs to the question, not to the answer")
def choices_in_the_answer(tree: Tree) -> None:
    tree["answers"]["word"] = "{{ gender }}\n{{ gender_choices }}"


@mutation(GENDER, "are too alike: ROUGE-L")
def two_instructions_nearly_the_same(tree: Tree) -> None:
    one, other = tree["variations"][0], tree["variations"][1]
    other["instruction"] = f"Well, {one['instruction']}"


@mutation(ASR, "are too alike: ROUGE-L")
def two_chinese_instructions_nearly_the_same(tree: Tree) -> None:
    chinese = [v for v in tree["variations"] if v["language"] == "zh"]
    chinese[1]["instruction"] = f"请{chinese[0]['instruction']}"


@mutation(GENDER, "words 'zh' say '男性' for 2 labels")
def words_not_one_to_one(tree: Tree) -> None:
    tree["words"]["zh"]["female"] = tree["words"]["zh"]["male"]


@mutation(GENDER, "words 'zh' must say every label: missing ['male']")
def words_without_a_label(tree: Tree) -> None:
    del tree["words"]["zh"]["male"]


@mutation(GENDER, "missing [], unknown ['neuter']")
def words_for_a_label_that_is_none(tree: Tree) -> None:
    tree["words"]["zh"]["neuter"] = "中性"


@mutation(GENDER, "label 'a man, or a boy' holds the separator of lists")
def words_with_the_separator_of_lists(tree: Tree) -> None:
    tree["words"]["zh"]["male"] = "a man, or a boy"


@mutation(GENDER, "11 variations in 'en'; at least 12 are needed")
def too_few_variations(tree: Tree) -> None:
    english = [v for v in tree["variations"] if v["language"] == "en"]
    chinese = [v for v in tree["variations"] if v["language"] == "zh"]
    tree["variations"] = english[:11] + chinese


@mutation(ASR, "0 variations in 'zh'; at least 6 are needed")
def no_chinese_variations(tree: Tree) -> None:
    tree["variations"] = [v for v in tree["variations"] if v["language"] == "en"]


@mutation(ASR, "3 forms in 'en'; at least 4 are needed")
def too_few_forms(tree: Tree) -> None:
    for index, entry in enumerate(tree["variations"]):
        entry["form"] = FORMS[index % 3]


@mutation(ASR, "the instruction is not in the language 'zh'")
def english_called_chinese(tree: Tree) -> None:
    first(tree, language="en")["language"] = "zh"


@mutation(ASR, "the instruction is not in the language 'en'")
def chinese_called_english(tree: Tree) -> None:
    first(tree, language="zh")["language"] = "en"


@mutation(ASR, "stray white space")
def blank_at_the_end(tree: Tree) -> None:
    add_to_instruction(tree, " ", language="en")


@mutation(ASR, "stray white space")
def two_blanks_in_the_answer(tree: Tree) -> None:
    tree["answers"]["labelled"] = "Transcript:  {{ transcript }}"


@mutation(ASR, "answer format 'spare' is used by no variation")
def answer_that_is_never_used(tree: Tree) -> None:
    tree["answers"]["spare"] = "Here: {{ transcript }}"


@mutation(VERIFICATION, "missing ['no', 'yes'], unknown ['False', 'True']")
def yes_and_no_as_booleans(tree: Tree) -> None:
    tree["words"]["zh"] = {True: "是", False: "否"}


def test_there_are_faults_enough() -> None:
    assert len(MUTATIONS) >= 30


@pytest.mark.parametrize("config", [ASR, GENDER, LANGUAGE, PITCH, VERIFICATION])
def test_lint_finds_nothing_in_the_files_that_get_the_faults(config: str) -> None:
    assert findings(changed(config, lambda tree: None), config) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_lint_finds_the_fault_and_names_it(name: str) -> None:
    config, change, message = MUTATIONS[name]
    found = findings(changed(config, change), config)
    named = [finding for finding in found if message in finding]
    assert named, f"expected {message!r}, found {found}"
    assert all(re.match(rf"{config}\.yaml:\d+: ", finding) for finding in found)


def test_lint_names_the_line_and_the_variation() -> None:
    text = changed(GENDER, lambda tree: tree["variations"][5].update(input="2", instruction="See:"))
    id = yaml.safe_load(text)["variations"][5]["id"]
    found = [finding for finding in findings(text, GENDER) if f" {id}: " in finding]
    assert len(found) == 2
    assert all(f.startswith(f"{GENDER}.yaml:{line_of(text, id)}: {id}: ") for f in found)


def test_yes_and_no_without_quotes_are_found() -> None:
    text = source(VERIFICATION)
    unquoted = text.replace('"yes":', "yes:").replace('"no":', "no:")
    assert unquoted != text
    assert any("unknown ['False', 'True']" in f for f in findings(unquoted, VERIFICATION))


def test_two_free_texts_in_one_field_are_found() -> None:
    said = "{{ t }} or {{ mood_letter }}"
    template = parse_template(
        yaml.safe_dump(
            {
                "task": "some_task",
                "answers": {"only": said},
                "variations": [
                    {"id": "v", "form": "command", "language": "en", "answer": "only"}
                    | {"instruction": "Say it.", "input": ""}
                ],
            }
        ).encode(),
        "some.yaml",
        {"t": Kind.TEXT, "mood_letter": Kind.TEXT},
    )
    found = lint(template, inputs=(), outputs=("t", "mood_letter"))
    assert any("two free texts in one field have no inverse" in finding for finding in found)


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        ("a b c d", "a b c d", 1),
        ("a b c d", "e f g h", 0),
        ("a b c d", "a x c y", 0.5),
        ("a b c d", "d c b a", 0.25),
        ("a b c", "a b c d e f", 2 / 3),
        ("police killed the gunman", "police kill the gunman", 0.75),
        ("", "a", 0),
        ("", "", 0),
    ],
)
def test_rouge_l_is_twice_the_common_subsequence_over_both_lengths(
    one: str, other: str, score: float
) -> None:
    assert rouge_l(one.split(), other.split()) == pytest.approx(score)
    assert rouge_l(other.split(), one.split()) == pytest.approx(score)
