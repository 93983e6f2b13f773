"""Pools of wordings are as varied as the best of the field; the figures mean what they say."""

from __future__ import annotations

import pytest

from audio_flan.model.draft import Kind
from audio_flan.tasks import task_configs, task_template
from audio_flan.wording.diversity import Diversity, diversity
from audio_flan.wording.template import parse_template

POOLS = [
    (config, language)
    for config in task_configs()
    for language in sorted({v.language for v in task_template(config).variations})
]
ALIKE = ["say what you hear in this clip", "say what you hear in this recording"]
APART = ["transcribe every word now", "what did the speaker tell us?", "write it all down, please"]


def pool(instructions: list[str]) -> Diversity:
    variations = "".join(
        f"- id: v{i}\n  form: command\n  language: en\n  instruction: {text!r}\n"
        "  input: '{{ audio }}'\n  answer: plain\n"
        for i, text in enumerate(instructions)
    )
    text = f"task: any\nanswers:\n  plain: '{{{{ text }}}}'\nvariations:\n{variations}"
    kinds = {"audio": Kind.AUDIO, "text": Kind.TEXT}
    return diversity(parse_template(text.encode(), "any.yaml", kinds).variations)


@pytest.mark.parametrize(("config", "language"), POOLS)
def test_every_pool_is_varied(config: str, language: str) -> None:
    variations = [v for v in task_template(config).variations if v.language == language]
    found = diversity(variations)
    assert found.rouge_l <= 0.27
    assert found.distinct_2 >= 0.70
    assert found.self_bleu_4 <= 0.42


def test_the_same_words_have_no_diversity() -> None:
    assert pool([ALIKE[0]] * 3) == pytest.approx((1.0, 1 / 3, 1.0))


def test_words_without_anything_in_common_are_wholly_diverse() -> None:
    found = pool(APART)
    assert found[0] == 0.0
    assert found[1] == 1.0
    assert found[2] == 0.0


def test_figures_of_two_sentences_are_those_of_a_hand_count() -> None:
    # Seven words, six in common and in order; of twelve bigrams, five stand twice.
    rouge_l, distinct_2, self_bleu_4 = pool(ALIKE)
    assert rouge_l == pytest.approx(6 / 7)
    assert distinct_2 == pytest.approx(7 / 12)
    assert self_bleu_4 == pytest.approx((6 / 7 * 6 / 7 * 5 / 6 * 4 / 5) ** 0.25)
