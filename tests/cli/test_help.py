"""The help pages: complete, grouped, and with examples that are true."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from audio_flan.cli.app import app
from audio_flan.model.taxonomy import minor_tasks

GROUP: Any = typer.main.get_command(app)
COMMANDS: dict[str, Any] = GROUP.commands
SHOWN = [name for name, command in COMMANDS.items() if not command.hidden]
PAGES = {"audio-flan": GROUP, **{name: COMMANDS[name] for name in SHOWN}}


def examples(page: Any) -> list[str]:
    return [line[3:-1] for line in page.epilog.splitlines() if line.startswith("- `")]


def all_examples() -> Iterator[str]:
    for page in PAGES.values():
        yield from examples(page)


@pytest.mark.parametrize("name", PAGES)
def test_a_help_page_has_two_examples(name: str) -> None:
    found = examples(PAGES[name])
    assert len(set(found)) >= 2
    assert all(example.startswith("audio-flan ") for example in found)
    # A line that wraps on a terminal of 80 columns cannot be copied in one go.
    assert max(map(len, found)) <= 74


@pytest.mark.parametrize("example", sorted(set(all_examples())))
def test_an_example_is_a_command_that_the_command_line_takes(example: str) -> None:
    _, name, *arguments = shlex.split(example)
    parsed = COMMANDS[name].make_context(name, arguments).params
    tasks = parsed.get("task") or []
    assert set([tasks] if isinstance(tasks, str) else tasks) <= set(minor_tasks())


@pytest.mark.parametrize("name", SHOWN)
def test_every_argument_and_option_is_explained(name: str) -> None:
    for parameter in COMMANDS[name].params:
        assert len(parameter.help.split()) >= 3, parameter.name
        assert parameter.help.endswith("."), parameter.name


def test_the_options_of_a_build_are_grouped() -> None:
    panels = {option.name: option.rich_help_panel for option in COMMANDS["build"].params[1:]}
    assert None not in panels.values()
    assert panels["task"] == "Which corpora and tasks"
    assert panels["limit"] == "Which instances"
    assert panels["engine"] == "Where it runs"


def test_plan_takes_the_options_of_build_that_say_what_is_made() -> None:
    plan, build = ({p.name: p for p in COMMANDS[name].params} for name in ("plan", "build"))
    assert plan.keys() - build.keys() == {"json"}
    for name in plan.keys() - {"json"}:
        assert plan[name].help == build[name].help and plan[name].default == build[name].default


def test_miniatures_has_an_earlier_name_that_help_does_not_show() -> None:
    assert "miniatures" in SHOWN
    assert "sample" in COMMANDS and "sample" not in SHOWN
