"""Which corpora serve which tasks: at least those that Table 3 of the paper names."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from audio_flan.cli.app import app
from audio_flan.corpora import corpus_class, corpus_keys
from audio_flan.tasks import get_task, task_configs

NOT_SERVED: dict[tuple[str, str], str] = {}
"""What Table 3 has and we have not, with the reason."""
TABLE_3 = [
    (config, key)
    for config in task_configs()
    for key in get_task(config).minor.corpora
    if key in corpus_keys()
]


@pytest.mark.parametrize(("config", "key"), TABLE_3)
def test_what_the_paper_builds_from_a_corpus_is_built_from_it(config: str, key: str) -> None:
    served = get_task(config).serves(corpus_class(key))
    assert served != ((config, key) in NOT_SERVED)


def test_the_command_line_shows_the_same_matrix_from_both_sides() -> None:
    shown = {name: json.loads(CliRunner().invoke(app, [name, "--json"]).stdout) for name in LISTS}
    by_task = {(task["config"], key) for task in shown["tasks"] for key in task["corpora"]}
    by_corpus = {(task, corpus["key"]) for corpus in shown["corpora"] for task in corpus["serves"]}
    assert by_task == by_corpus
    assert set(TABLE_3) - set(NOT_SERVED) <= by_task


LISTS = ("tasks", "corpora")
