"""Tasks: a class per minor task, in the file of its major task, found by the taxonomy."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from audio_flan.errors import AudioFlanError
from audio_flan.model.registry import classes_in, module_names
from audio_flan.model.taxonomy import load_taxonomy, minor_task

if TYPE_CHECKING:
    from audio_flan.tasks.contract import Task
    from audio_flan.wording.template import Template


def task_configs() -> tuple[str, ...]:
    """Config names of the tasks that can be built, in the order of the taxonomy."""
    return tuple(_tasks())


def get_task(config: str) -> Task:
    """A task by its config name.

    Raises:
        UnknownNameError: there is no such task.
        AudioFlanError: it is in the taxonomy, but nothing builds it yet.
    """
    tasks = _tasks()
    if config not in tasks:
        minor = minor_task(config)
        raise AudioFlanError(
            f"task {config!r} ({minor.minor}) cannot be built yet; these can: {', '.join(tasks)}"
        )
    return tasks[config]


@cache
def task_template(config: str) -> Template:
    """The template file of a task that can be built.

    Raises:
        UnknownNameError: there is no such task.
        TemplateError: the file breaks the form of template files.
    """
    from audio_flan.wording.template import load_template

    return load_template(config, get_task(config).kinds)


@cache
def _tasks() -> dict[str, Task]:
    from audio_flan.tasks.contract import Task

    modules = module_names(__name__)
    tasks: dict[str, Task] = {}
    for major in load_taxonomy():
        module = modules.get(f"{major.domain}/{major.slug}")
        found = classes_in(import_module(module), Task) if module else []
        by_config = {task.config: task() for task in found}
        tasks |= {m.config: by_config[m.config] for m in major.minors if m.config in by_config}
    return tasks
