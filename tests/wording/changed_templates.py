"""Real template files after a change, for the tests of their form and of their lint."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid5

import yaml

from audio_flan.corpora import corpus_classes
from audio_flan.tasks import get_task
from audio_flan.wording.lint import lint
from audio_flan.wording.template import Template, parse_template

Tree = dict[str, Any]
Change = Callable[[Tree], None]
NAMESPACE = UUID(int=0)
UUIDS = [str(uuid5(NAMESPACE, str(number))) for number in range(3_000)]

ASR, GENDER = "speech_asr", "speech_gender_recognition"
PITCH, VERIFICATION = "music_beat_level_pitch_estimation", "speech_speaker_verification"
LANGUAGE = "speech_language_identification"


def source(config: str) -> str:
    folder = files("audio_flan.templates") / config.split("_")[0]
    return (folder / f"{config}.yaml").read_text(encoding="utf-8")


def parse(text: str, config: str) -> Template:
    return parse_template(text.encode(), f"{config}.yaml", get_task(config).kinds)


@cache
def tree_of(config: str) -> Tree:
    return yaml.safe_load(source(config))


def changed(config: str, change: Change) -> str:
    """A real template file after a change of its tree."""
    tree = deepcopy(tree_of(config))
    change(tree)
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, width=10**6)


def findings(text: str, config: str) -> list[str]:
    task = get_task(config)
    labels = {label for labels in task.label_sets(corpus_classes()).values() for label in labels}
    return lint(
        parse(text, config),
        inputs=task.inputs,
        outputs=task.outputs,
        one_of=task.one_of,
        labels=labels,
        languages=["en", "zh"] if config.startswith("speech") else ["en"],
    )


def line_of(text: str, id: str, key: str = "id") -> int:
    """The line of a variation's key, counted from 1."""
    lines = text.split("\n")
    start = lines.index(f"- id: {id}")
    return 1 + next(i for i in range(start, len(lines)) if lines[i][2:].startswith(f"{key}:"))


def first(tree: Tree, **properties: str) -> Tree:
    """The first variation with some properties."""
    return next(v for v in tree["variations"] if properties.items() <= v.items())
