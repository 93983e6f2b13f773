"""Tasks with yes or no for an answer: both are as frequent, and the wording does not tell which."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from audio_flan.media.audio import AudioRef
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.instance import instance_uuid, marker
from audio_flan.model.labels import Label, Labels
from audio_flan.model.randomness import Rng
from audio_flan.tasks import get_task, task_configs, task_template
from audio_flan.tasks.contract import PairTask

KEYS = tuple(f"{tonic} {mode}" for tonic in "CDEFGAB" for mode in ("major", "minor"))
FAMILIES = ("brass", "flute", "guitar", "organ")
FIELDS: dict[str, Callable[[int], object]] = {
    "speaker": lambda i: f"speaker {i % 25}",
    "gender": lambda i: Label(("female", "male")[i % 2], ("female", "male")),
    # A speaker reads every 25th clip, five of them in a paragraph.
    "paragraph": lambda i: f"{i % 25}/{i // 125}",
    "instrument": lambda i: Label(FAMILIES[i % 4], FAMILIES),
    "key": lambda i: Label(KEYS[i % len(KEYS)], KEYS),
}
COUNT = 4000
YES_NO = [
    config
    for config in task_configs()
    if any(set(labels) == {"yes", "no"} for labels in get_task(config).labels.values())
]
every_yes_no_task = pytest.mark.parametrize("config", YES_NO)


@cache
def rows(config: str) -> list[tuple[str, str]]:
    """Instruction and answer of the pairs of many clips."""
    task = get_task(config)
    assert isinstance(task, PairTask)
    (slot,) = task.outputs
    clips = [
        Clip(
            id=f"clip {i}",
            corpus="any",
            split="train",
            audio=AudioRef(f"{i}.wav", f"{i}.wav"),
            **{name: field(i) for name, field in FIELDS.items()},  # type: ignore[arg-type]
        )
        for i in range(COUNT)
    ]
    found = []
    for first in range(0, COUNT, task.window):
        window = clips[first : first + task.window]
        for draft in task.pairs(window, Rng(0, config, first)):
            assert not isinstance(draft, Reject)
            uuid = instance_uuid(config, "any", [clip.id for clip in draft.clips], 0)
            variation = task_template(config).choose(uuid, "en")
            texts = {
                name: value if isinstance(value, str | Labels) else marker("x")
                for name, value in draft.slots.items()
            }
            answer = draft.slots[slot]
            assert isinstance(answer, Label)
            instruction = variation.render(texts, Rng(0, uuid)).instruction
            found.append((instruction, answer.value))
    return found


def test_there_are_such_tasks() -> None:
    assert {"speech_speaker_verification", "music_key_comparison"} <= set(YES_NO)


@every_yes_no_task
def test_yes_and_no_are_as_frequent(config: str) -> None:
    answers = Counter(answer for _, answer in rows(config))
    assert answers.total() > COUNT / 4
    assert 0.45 <= answers["yes"] / answers.total() <= 0.55


@every_yes_no_task
def test_the_words_of_the_instruction_do_not_tell_the_answer(config: str) -> None:
    """Naive Bayes over the words, trained on every other row."""
    found = rows(config)
    counts = {answer: Counter[str]() for answer in ("yes", "no")}
    for instruction, answer in found[::2]:
        counts[answer].update(instruction.lower().split())
    words = set().union(*counts.values())
    totals = {answer: counter.total() + len(words) for answer, counter in counts.items()}

    def score(instruction: str, answer: str) -> float:
        known = (word for word in instruction.lower().split() if word in words)
        return sum(math.log((counts[answer][word] + 1) / totals[answer]) for word in known)

    test = found[1::2]
    right = sum(
        (score(instruction, "yes") > score(instruction, "no")) == (answer == "yes")
        for instruction, answer in test
    )
    assert right / len(test) <= 0.55
