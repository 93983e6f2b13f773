"""The engine of templates: parse, render, read back, choose, and a lint that finds every fault."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
import yaml
from changed_templates import (
    ASR,
    GENDER,
    LANGUAGE,
    UUIDS,
    Change,
    Tree,
    changed,
    line_of,
    parse,
    source,
)

from audio_flan.errors import TemplateError, UnknownNameError
from audio_flan.model.draft import Kind
from audio_flan.model.labels import Label
from audio_flan.model.randomness import Rng
from audio_flan.tasks import get_task
from audio_flan.wording.template import Rendered, Text, Variation, parse_template

# ---- texts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{% if x %}a{% endif %}",
        "{% for i in x %}{{ i }}{% endfor %}",
        "{% set y = 1 %}{{ y }}",
        "{% include 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{{ x | upper }}",
        "{{ x.y }}",
        "{{ x['y'] }}",
        "{{ x() }}",
        "{{ x + y }}",
        "{{ 'x' }}",
        "{{ 1 }}",
        "{{ x if y else z }}",
        "{{ not x }}",
        "{{ [x] }}",
        "{{ x ~ y }}",
    ],
)
def test_a_text_is_plain_substitution_or_an_error_with_its_place(text: str) -> None:
    with pytest.raises(TemplateError, match="only plain slots") as error:
        Text.compile(f"before {text} after", "some.yaml", 7)
    assert str(error.value).startswith("some.yaml:7: ")
    assert (error.value.file, error.value.line) == ("some.yaml", 7)


@pytest.mark.parametrize("text", ["{{ x", "{% if %}", "{{ }}", "{{ x }", "{{ x y }}", "{# open"])
def test_broken_jinja_is_an_error_with_its_place(text: str) -> None:
    with pytest.raises(TemplateError, match=r"some\.yaml:7: "):
        Text.compile(text, "some.yaml", 7)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a {b} {0} {} {{ x }}", "a {b} {0} {} VALUE"),
        ("{{ x }}}", "VALUE}"),
        ("{ {{ x }}", "{ VALUE"),
        ("100 % {x} %s $x \\n", "100 % {x} %s $x \\n"),
        ("{{x}}{{ x }}{{  x  }}", "VALUEVALUEVALUE"),
        ("\n{{ x }}\n\n", "\nVALUE\n\n"),
        ("", ""),
    ],
)
def test_whatever_is_no_slot_is_literal(text: str, said: str) -> None:
    compiled = Text.compile(text, "some.yaml", 1)
    assert compiled.format.format_map({"x": "VALUE"}) == said
    assert set(compiled.names) <= {"x"}
    assert re.fullmatch(compiled.pattern({"x": Kind.TEXT}), said)


def variation(**texts: str) -> Variation:
    """A variation over two labels, a text, a number, a note and an audio."""
    tree = {
        "task": "some_task",
        "answers": {"only": texts.pop("output", "{{ t }}")},
        "variations": [
            {"id": "v", "form": "command", "language": "en", "input": "", "answer": "only"} | texts
        ],
    }
    kinds = {"t": Kind.TEXT, "n": Kind.NUMBER, "note": Kind.NOTE, "audio": Kind.AUDIO}
    kinds |= {"mood": Kind.LABEL, "mood_letter": Kind.TEXT}
    return parse_template(yaml.safe_dump(tree).encode(), "some.yaml", kinds).variations[0]


def test_a_repeated_slot_must_say_the_same_both_times() -> None:
    said = variation(instruction="{{ t }} and again {{ t }}")
    assert said.parse(Rendered("x and again x", "", "x")) == {"t": "x"}
    with pytest.raises(ValueError, match="instruction does not come from variation 'v'"):
        said.parse(Rendered("x and again y", "", "x"))


@pytest.mark.parametrize(
    ("which", "rendered"),
    [
        ("instruction", Rendered("say X", "in: 1", "out: x")),
        ("input", Rendered("Say it", "in: one", "out: x")),
        ("input", Rendered("Say it", "in: 1\n", "out: x")),
        ("output", Rendered("Say it", "in: 1", "x")),
        ("output", Rendered("Say it", "in: 1", "out: ")),
    ],
)
def test_a_text_of_another_wording_is_not_read(which: str, rendered: Rendered) -> None:
    with pytest.raises(ValueError, match=f"^{which} does not come from variation 'v'"):
        variation(instruction="Say it", input="in: {{ n }}", output="out: {{ t }}").parse(rendered)


@pytest.mark.parametrize(
    ("slot", "good", "bad"),
    [
        ("n", ["0", "-1", "60", "0.08", "12.50"], ["", "1.", ".5", "1e3", "one", "+1", "1,5"]),
        ("note", ["C4", "C#4", "B-1", "G9"], ["", "H4", "Cb4", "c4", "C", "C##4", "C10", "E♭4"]),
        (
            "audio",
            ["<|SOA|>lj_LJ001-0001.speech_tts-speech<|EOA|>"],
            ["", "lj", "<|SOA|><|EOA|>", "<|SOA|>a b<|EOA|>", "<|SOA|>a<|EOA|> "],
        ),
        ("mood", ["sad", "street with trams", "是"], ["", "sad\nangry"]),
        ("t", ["x", " \n", "<|x|>", "a\r\nb"], [""]),
    ],
)
def test_a_slot_is_read_in_its_own_form_only(slot: str, good: list[str], bad: list[str]) -> None:
    said = variation(instruction=f"({{{{ {slot} }}}})", output="out")
    for value in good:
        assert said.parse(Rendered(f"({value})", "", "out")) == {slot: value}
    for value in bad:
        with pytest.raises(ValueError, match="instruction"):
            said.parse(Rendered(f"({value})", "", "out"))


@pytest.mark.parametrize("slot", ["audio", "mood", "n"])
def test_a_slot_without_a_value_raises(slot: str) -> None:
    said = variation(instruction=f"{{{{ {slot} }}}}", output="{{ t }}")
    values = {"t": "x", "audio": "a", "n": "1", "mood": Label("sad", ("sad", "glad"))}
    del values[slot]
    with pytest.raises(UnknownNameError, match=f"unknown slot '{slot}'"):
        said.render(values, Rng(0))


def test_a_slot_may_be_called_like_the_view_of_another() -> None:
    said = variation(instruction="{{ mood_letter }}", output="{{ mood }}")
    values = {"mood": Label("sad", ("sad", "glad")), "mood_letter": "Dear Anna, …"}
    rendered = said.render(values, Rng(0))
    assert rendered == Rendered("Dear Anna, …", "", "sad")
    assert said.parse(rendered) == {"mood_letter": "Dear Anna, …", "mood": "sad"}


def test_views_of_a_label_show_the_set_and_the_letter() -> None:
    said = variation(
        instruction="One of {{ mood_options }}.\n{{ mood_choices }}", output="{{ mood }}!"
    )
    moods = ("angry", "calm", "glad", "sad", "shy")
    rendered = said.render({"mood": Label("sad", moods)}, Rng(0))
    options, *choices = rendered.instruction.split("\n")
    assert sorted(options.removeprefix("One of ").removesuffix(".").split(", ")) == list(moods)
    assert [choice[:3] for choice in choices] == ["A. ", "B. ", "C. ", "D. "]
    assert "sad" in {choice[3:] for choice in choices} <= set(moods)
    assert rendered.output == "sad!"


def test_a_label_is_one_of_its_set_once() -> None:
    for options in ((), ("glad",), ("sad", "glad", "sad")):
        with pytest.raises(ValueError, match="must occur once"):
            Label("sad", options)


# ---- choosing -------------------------------------------------------------------------------


def test_a_new_variation_moves_only_the_rows_that_choose_it() -> None:
    def add(tree: Tree) -> None:
        tree["variations"].insert(
            3, tree["variations"][0] | {"id": "brand-new", "instruction": "Quite another wording."}
        )

    old, new = parse(source(ASR), ASR), parse(changed(ASR, add), ASR)
    moved = 0
    for uuid in UUIDS:
        before, after = old.choose(uuid, "en").id, new.choose(uuid, "en").id
        assert after in (before, "brand-new")
        moved += after != before
    expected = len(UUIDS) / (1 + sum(v.language == "en" for v in old.variations))
    assert 0.7 * expected < moved < 1.3 * expected


def test_an_edited_or_moved_variation_keeps_its_rows() -> None:
    def edit(tree: Tree) -> None:
        tree["variations"].reverse()
        tree["variations"][0]["instruction"] += " At once."

    old, new = parse(source(ASR), ASR), parse(changed(ASR, edit), ASR)
    for language in ("en", "zh"):
        for uuid in UUIDS[:300]:
            assert old.choose(uuid, language).id == new.choose(uuid, language).id


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("config", [ASR, GENDER, LANGUAGE])
def test_all_variations_are_used_about_equally(config: str, language: str) -> None:
    template = parse(source(config), config)
    counts = Counter(template.choose(uuid, language).id for uuid in UUIDS)
    candidates = [v.id for v in template.variations if v.language in ("en", language)]
    assert set(counts) == set(candidates)
    expected = len(UUIDS) / len(candidates)
    chi_square = sum((count - expected) ** 2 / expected for count in counts.values())
    # Five standard deviations of chi-square above its mean; the 4,096 buckets of uuids are dealt
    # by chance themselves, which adds three quarters.
    assert chi_square < 1.75 * (len(candidates) + 5 * (2 * len(candidates)) ** 0.5)


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", {"en"}), ("zh", {"en", "zh"}), (None, {"en"}), ("fr", {"en"})],
)
def test_clips_get_instructions_in_english_and_in_their_own_language(
    language: str | None, said: set[str]
) -> None:
    template = parse(source(ASR), ASR)
    assert {template.choose(uuid, language).language for uuid in UUIDS[:500]} == said


def test_the_choice_depends_on_the_uuid_alone() -> None:
    first, second = parse(source(ASR), ASR), parse(source(ASR), ASR)
    chosen = [first.choose(uuid, "zh").id for uuid in UUIDS[:200]]
    assert chosen == [second.choose(uuid, "zh").id for uuid in reversed(UUIDS[:200])][::-1]


# ---- files that break the form --------------------------------------------------------------


def set_in(id_number: int, **values: Any) -> Change:
    def change(tree: Tree) -> None:
        tree["variations"][id_number].update(values)

    return change


BROKEN_FORM: dict[str, tuple[str, int, dict[str, Any], str, str]] = {
    # name: config, number of the variation, what it is given, key of the line, message
    "unknown slot": (ASR, 4, {"input": "{{ adio }}"}, "input", "unknown slot 'adio'; did you mean"),
    "view of no label": (ASR, 4, {"input": "{{ audio_options }}"}, "input", "unknown slot"),
    "branch": (ASR, 5, {"instruction": "{% if x %}{% endif %}"}, "instruction", "only plain slots"),
    "filter": (ASR, 6, {"input": "{{ audio | upper }}"}, "input", "only plain slots"),
    "no Jinja": (ASR, 7, {"input": "{{ audio"}, "input", "not a Jinja text"),
    "unknown form": (ASR, 8, {"form": "plea"}, "form", "unknown form 'plea'"),
    "unknown language": (ASR, 9, {"language": "eng"}, "language", "unknown language 'eng'"),
    "unknown answer": (ASR, 3, {"answer": "plian"}, "answer", "did you mean 'plain'"),
    "unknown words": (GENDER, 3, {"words": "zz"}, "words", "unknown words 'zz'"),
    "unknown key": (ASR, 2, {"imput": "x"}, "imput", "unknown key 'imput'; did you mean 'input'"),
    "no text": (ASR, 1, {"instruction": True}, "instruction", "expected a text, found True"),
    "a number": (ASR, 1, {"input": 5}, "input", "expected a text, found 5"),
    "null": (ASR, 1, {"input": None}, "input", "expected a text, found None"),
    "answer no": (ASR, 1, {"answer": False}, "answer", "unknown answer 'False'"),
}


@pytest.mark.parametrize("name", BROKEN_FORM)
def test_a_file_that_breaks_the_form_raises_with_its_line(name: str) -> None:
    config, number, values, key, message = BROKEN_FORM[name]
    text = changed(config, set_in(number, **values))
    id = yaml.safe_load(text)["variations"][number]["id"]
    with pytest.raises(TemplateError, match=re.escape(message)) as error:
        parse(text, config)
    assert str(error.value).startswith(f"{config}.yaml:{line_of(text, id, key)}: ")


@pytest.mark.parametrize("key", ["id", "form", "language", "instruction", "input", "answer"])
def test_a_variation_without_a_key_raises_and_names_it(key: str) -> None:
    text = changed(ASR, lambda tree: tree["variations"][2].pop(key))
    with pytest.raises(TemplateError, match=rf"speech_asr\.yaml:\d+: missing: {key}"):
        parse(text, ASR)


@pytest.mark.parametrize("key", ["task", "answers", "variations"])
def test_a_file_without_a_key_raises_and_names_it(key: str) -> None:
    with pytest.raises(TemplateError, match=rf"speech_asr\.yaml:1: missing: {key}"):
        parse(changed(ASR, lambda tree: tree.pop(key)), ASR)


def test_an_id_that_is_used_twice_raises_with_its_line() -> None:
    def repeat(tree: Tree) -> None:
        tree["variations"][7]["id"] = tree["variations"][2]["id"]

    text = changed(ASR, repeat)
    id = yaml.safe_load(text)["variations"][2]["id"]
    with pytest.raises(TemplateError, match=f"id '{id}' is used twice") as error:
        parse(text, ASR)
    assert error.value.line == line_of(text, id)


def test_a_file_without_english_raises() -> None:
    def drop_english(tree: Tree) -> None:
        tree["variations"] = [v for v in tree["variations"] if v["language"] == "zh"]

    with pytest.raises(TemplateError, match="no variation in English"):
        parse(changed(ASR, drop_english), ASR)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("task: a\nanswers:\n\tx: y\n", 3, "not YAML"),
        ('task: a\nanswers: {x: "y}\n', 3, "not YAML"),
        ("task: a\ntask: b\n", 2, "key 'task' is given twice"),
        ("- a\n- b\n", 1, "expected a mapping"),
        ("", 1, "expected a mapping"),
        ("task: !!python/object/apply:os.getcwd []\n", 1, "not YAML"),
    ],
    ids=["tab", "open quote", "key twice", "list", "empty", "python object"],
)
def test_a_file_that_is_no_mapping_raises_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(TemplateError, match=message) as error:
        parse(text, ASR)
    assert str(error.value).startswith(f"speech_asr.yaml:{line}: ")


def test_bytes_that_are_not_utf8_raise() -> None:
    with pytest.raises(TemplateError, match=r"speech_asr\.yaml:\d+: "):
        parse_template(b"task: caf\xe9\n", "speech_asr.yaml", get_task(ASR).kinds)


WRONG_TYPES: dict[str, Change] = {
    "no variations": lambda tree: tree.update(variations=None),
    "empty variations": lambda tree: tree.update(variations=[]),
    "variations by name": lambda tree: tree.update(variations={"a": 1}),
    "variation is a text": lambda tree: tree.update(variations=["a"]),
    "no answers": lambda tree: tree.update(answers=None),
    "answers without ids": lambda tree: tree.update(answers=["{{ gender }}"]),
    "answer is yes": lambda tree: tree["answers"].update(word=True),
    "no words": lambda tree: tree.update(words=None),
    "words without ids": lambda tree: tree.update(words=["zh"]),
    "no table of words": lambda tree: tree["words"].update(zh=None),
    "word is yes": lambda tree: tree["words"]["zh"].update(female=True),
    "word is a list": lambda tree: tree["words"]["zh"].update(female=["x"]),
    "id is a number": lambda tree: tree["variations"][0].update(id=7),
    "form is a list": lambda tree: tree["variations"][0].update(form=["command"]),
    "answer is a list": lambda tree: tree["variations"][0].update(answer=["word"]),
    "language is a mapping": lambda tree: tree["variations"][0].update(language={"a": 1}),
    "words is a list": lambda tree: tree["variations"][0].update(words=["zh"]),
}


@pytest.mark.parametrize("name", WRONG_TYPES)
def test_a_value_of_the_wrong_type_anywhere_raises_with_its_line(name: str) -> None:
    with pytest.raises(TemplateError, match=r"recognition\.yaml:\d+: "):
        parse(changed(GENDER, WRONG_TYPES[name]), GENDER)
