"""The facts of corpora: what is in `corpus.yaml`, and clear words for every mistake in one."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from audio_flan.corpora import corpus_classes, corpus_module
from audio_flan.corpora.contract import FACTS_FILE
from audio_flan.corpora.facts import TERMS, Facts, load_facts
from audio_flan.errors import FactsError

WHOLE = """\
title: A corpus
license: CC0-1.0
redistributable: true
commercial: true
homepage: https://example.org/
download: unpack it
citation: Somebody. A corpus. 2020.
origin: studio
recognised_by: [metadata.csv]
provides: [transcript, gender]
words:
  gender: {F: female, M: male}
splits:
  rule: by hash of the speaker
  group: speaker
  shares: [0.9, 0.05, 0.05]
copies:
  - name: corpus.zip
    url: https://example.org/corpus.zip
    bytes: 12
    md5: 0123456789abcdef0123456789abcdef
"""


def load(text: str) -> Facts:
    return load_facts(text.encode(), "speech/any/corpus.yaml")


def test_facts_are_typed_values() -> None:
    facts = load(WHOLE)
    assert facts.provides == {"transcript", "gender"}
    assert facts.words == {"gender": {"F": "female", "M": "male"}}
    assert facts.splits.shares is not None and facts.splits.shares.train == 0.9
    assert (facts.copies[0].name, facts.copies[0].bytes) == ("corpus.zip", 12)
    assert (facts.languages, facts.encodings, facts.speakers) == ((), ("utf-8",), 0)


def test_a_list_of_words_is_worded_as_the_publisher_words_it() -> None:
    facts = load(WHOLE.replace("{F: female, M: male}", "[female, male]"))
    assert facts.words == {"gender": {"female": "female", "male": "male"}}


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("title:", "titel:", 1, "unknown key 'titel'; did you mean 'title'?"),
        ("origin: studio\n", "", 1, "the key 'origin' is missing"),
        ("commercial: true", "commercial: perhaps", 4, "expected true or false, found 'perhaps'"),
        ("[metadata.csv]", "metadata.csv", 9, r"expected a list \[a, b\], found 'metadata.csv'"),
        ("[transcript, gender]", "[transcript, gendr]", 10, "did you mean 'gender'?"),
        ("gender: {", "genders: {", 11, "words: no field of a clip is called 'genders'"),
        ("{F: female,", "{yes: female,", 12, "YAML reads this key as True: put it in quotes"),
        ("{F: female,", "{F: 1,", 12, "expected a text, found 1; put it in quotes"),
        ("[0.9, 0.05, 0.05]", "[0.9, 0.05]", 16, "expected three shares"),
        ("[0.9, 0.05, 0.05]", "[0.9, 0.05, 0.5]", 16, "the shares add up to 1.45, not to 1"),
        (
            "  group: speaker",
            "  groups: speaker",
            15,
            "unknown key 'groups'; did you mean 'group'?",
        ),
        ("  rule: by hash of the speaker\n", "", 14, "the key 'rule' is missing"),
        ("bytes: 12", "bytes: twelve", 20, "expected a whole number, found 'twelve'"),
        ("url:", "uri:", 19, "unknown key 'uri'; did you mean 'url'?"),
        ("origin: studio", "origin: studio\nterms: prayer", 9, "terms: expected licence, form"),
        ("origin: studio", "origin: studio\norigin: street", 9, "key 'origin' is given twice"),
        ("splits:\n", "splits: [\n", 15, "not YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, line: int, problem: str) -> None:
    assert old in WHOLE
    with pytest.raises(FactsError) as caught:
        load(WHOLE.replace(old, new, 1))
    assert str(caught.value).startswith(f"speech/any/corpus.yaml:{line}: "), str(caught.value)
    assert re.search(problem, str(caught.value)), str(caught.value)


@pytest.mark.parametrize("cls", corpus_classes(), ids=lambda cls: cls.key)
def test_copies_and_terms_are_well_formed(cls: type) -> None:
    text = (files(corpus_module(cls.key)) / FACTS_FILE).read_text(encoding="utf-8")
    facts = load_facts(text.encode(), FACTS_FILE)
    assert facts.terms in TERMS
    names = [(copy.name, copy.part) for copy in facts.copies]
    assert len(set(names)) == len(names)
    for copy in facts.copies:
        assert not copy.url or re.match(r"(https?|s3|hf)://", copy.url), copy
        assert re.fullmatch(r"([0-9a-f]{32})?", copy.md5), copy
        assert re.fullmatch(r"([0-9a-f]{64})?", copy.sha256), copy
        assert ".." not in copy.folder and not copy.folder.startswith("/"), copy
