"""The taxonomy: 3 domains, 23 major tasks and 80 minor tasks, with what each of these asks for.

The facts are data, in taxonomy.yaml beside this module; they are read on first use and checked
as they are read. A minor task is known everywhere by its config name, such as "speech_asr".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from audio_flan.errors import UnknownNameError

DOMAINS = ("speech", "music", "audio")
"""The domains, in the order of the taxonomy."""

MAJOR_COUNT, MINOR_COUNT = 23, 80
"""How many major and minor tasks there are."""

MIN_DEFINITION_WORDS = 30
"""A definition shorter than this cannot say what is given, returned, correct and excluded."""

_MODALITY = re.compile(r"[at](\+[at])*>[at]")
_CONFIG = re.compile(r"[a-z0-9_]+")
_MEDIA = {"a": "audio", "t": "text"}
_MAJOR_KEYS: dict[str, type] = {
    "domain": str,
    "major": str,
    "paper_ug": str,
    "paper_minor_tasks": int,
    "paper_instances": str,
    "paper_io": str,
    "minors": list,
}
_MINOR_KEYS: dict[str, type] = {
    "config": str,
    "minor": str,
    "modality": str,
    "ug": str,
    "corpora": list,
    "definition": str,
}
_OPTIONAL_MINOR_KEYS: dict[str, type] = {"also_called": str, "note": str}


@dataclass(frozen=True, slots=True)
class MinorTask:
    """One of the 80 tasks.

    Args:
        config: the name by which the library and the published dataset know it: "speech_asr".
        minor: its name: "Automatic Speech Recognition".
        major: name of the major task that it belongs to.
        domain: "speech", "music" or "audio".
        modality: inputs and output, a for audio and t for text: "a+t>a".
        ug: class of its instances: "generation" if the output is audio, else "understanding".
        corpora: keys of the corpora that the paper names for it; others may serve it as well.
        definition: what is given, what is returned, what is correct and what the task is not.
        also_called: another name of it in the paper.
        note: where the paper is silent about it or disagrees with itself.
    """

    config: str
    minor: str
    major: str
    domain: str
    modality: str
    ug: str
    corpora: tuple[str, ...]
    definition: str
    also_called: str | None = None
    note: str | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The media of the inputs, in order: ("audio", "text")."""
        return self._media(self.modality.partition(">")[0])

    @property
    def outputs(self) -> tuple[str, ...]:
        """The media of the outputs: ("audio",) or ("text",)."""
        return self._media(self.modality.partition(">")[2])

    @staticmethod
    def _media(side: str) -> tuple[str, ...]:
        return tuple(_MEDIA[letter] for letter in side.split("+"))


@dataclass(frozen=True, slots=True)
class MajorTask:
    """One of the 23 groups of minor tasks.

    Args:
        domain: "speech", "music" or "audio".
        major: its name: "Global MIR".
        paper_ug: its class in the paper's Table 2, which single minor tasks may depart from.
        paper_minor_tasks: number of its minor tasks in that table.
        paper_instances: number of its instances in that table, as printed: "0.34M".
        paper_io: its input and output in that table, as printed: "audio/text".
        minors: its minor tasks, in the order of the taxonomy.
    """

    domain: str
    major: str
    paper_ug: str
    paper_minor_tasks: int
    paper_instances: str
    paper_io: str
    minors: tuple[MinorTask, ...]

    @property
    def slug(self) -> str:
        """The name as an identifier: "global_mir"."""
        return "_".join(self.major.lower().replace(",", "").split())


@cache
def load_taxonomy() -> tuple[MajorTask, ...]:
    """All major tasks with their minor tasks, read once.

    Returns:
        The 23 major tasks, in the order of the paper.

    Raises:
        ValueError: taxonomy.yaml breaks one of its rules; the message names the task.
    """
    raw = _read()
    _validate(raw)
    return tuple(_major(entry) for entry in raw["majors"])


@cache
def minor_tasks() -> dict[str, MinorTask]:
    """All minor tasks by config name.

    Returns:
        The 80 minor tasks, in the order of the paper; every call returns the same mapping.

    Raises:
        ValueError: taxonomy.yaml breaks one of its rules; the message names the task.
    """
    return {minor.config: minor for major in load_taxonomy() for minor in major.minors}


def minor_task(config: str) -> MinorTask:
    """The minor task of a config name.

    Args:
        config: such as "speech_asr".

    Returns:
        Its entry in the taxonomy.

    Raises:
        UnknownNameError: no task has this name; the message offers the nearest ones.
    """
    tasks = minor_tasks()
    if config not in tasks:
        raise UnknownNameError("task", config, tasks)
    return tasks[config]


def view_names() -> tuple[str, ...]:
    """Names of views over several tasks: "all", the domains, the slugs of the major tasks."""
    return tuple(dict.fromkeys(("all", *DOMAINS, *(major.slug for major in load_taxonomy()))))


def _read() -> Any:
    import yaml

    source = files("audio_flan.model").joinpath("taxonomy.yaml")
    # The parser in C, where PyYAML has it, takes a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(source.read_text(encoding="utf-8"), loader)


def _major(entry: Mapping[str, Any]) -> MajorTask:
    minors = tuple(
        MinorTask(
            **{**minor, "corpora": tuple(minor["corpora"])},
            major=entry["major"],
            domain=entry["domain"],
        )
        for minor in entry["minors"]
    )
    return MajorTask(**{**entry, "minors": minors})


def _validate(raw: Any) -> None:
    """Check all rules of taxonomy.yaml.

    Args:
        raw: what the file holds, as plain values.

    Raises:
        ValueError: a rule is broken; the message names the config, or the major task, at fault.
    """
    _check_keys("taxonomy", raw, {"majors": list})
    for major in raw["majors"]:
        _validate_major(major)
    _check_unique("major task", [major["major"] for major in raw["majors"]])
    configs = [minor["config"] for major in raw["majors"] for minor in major["minors"]]
    _check_unique("config", configs)
    found = len({major["domain"] for major in raw["majors"]}), len(raw["majors"]), len(configs)
    expected = len(DOMAINS), MAJOR_COUNT, MINOR_COUNT
    if found != expected:
        unit = "domains, major and minor tasks"
        raise ValueError(f"taxonomy: expected {expected} {unit}; found {found}")


def _validate_major(entry: Any) -> None:
    name = _name(entry, "major", "a major task")
    _check_keys(name, entry, _MAJOR_KEYS)
    domain, minors = entry["domain"], entry["minors"]
    if domain not in DOMAINS:
        raise ValueError(f"{name}: domain {domain!r} is none of {', '.join(DOMAINS)}")
    for minor in minors:
        config = _name(minor, "config", f"a minor task of {name}")
        _check_keys(config, minor, _MINOR_KEYS, _OPTIONAL_MINOR_KEYS)
        if problem := next(_problems(domain, minor), None):
            raise ValueError(f"{config}: {problem}")
    if entry["paper_minor_tasks"] != len(minors):
        expected = entry["paper_minor_tasks"]
        raise ValueError(f"{name}: expected {expected} minor tasks; found {len(minors)}")


def _problems(domain: str, minor: Mapping[str, Any]) -> Iterator[str]:
    """The rules that a minor task with all its keys breaks, in words."""
    if not (_CONFIG.fullmatch(minor["config"]) and minor["config"].startswith(f"{domain}_")):
        yield f"a config is {domain}_ and then lower-case letters, digits and underscores"
    if not _MODALITY.fullmatch(minor["modality"]):
        yield f"modality {minor['modality']!r} is not of the form a+t>a"
    ug = "generation" if minor["modality"].endswith(">a") else "understanding"
    if minor["ug"] != ug:
        yield f"ug of {minor['modality']!r} must be {ug!r}; found {minor['ug']!r}"
    if not all(isinstance(key, str) for key in minor["corpora"]):
        yield f"corpora must be a list of corpus keys; found {minor['corpora']!r}"
    words = len(minor["definition"].split())
    if words < MIN_DEFINITION_WORDS:
        yield f"a definition has at least {MIN_DEFINITION_WORDS} words; found {words}"


def _name(entry: Any, key: str, otherwise: str) -> str:
    """What to call an entry in a message, even one that lacks its name."""
    return str(entry.get(key, otherwise)) if isinstance(entry, Mapping) else otherwise


def _check_keys(
    where: str, entry: Any, required: Mapping[str, type], optional: Mapping[str, type] | None = None
) -> None:
    types = {**required, **(optional or {})}
    if not isinstance(entry, Mapping):
        raise ValueError(f"{where}: expected a mapping; found {entry!r}")
    if missing := required.keys() - entry.keys():
        raise ValueError(f"{where}: missing {', '.join(sorted(missing))}")
    if unknown := {str(key) for key in entry} - types.keys():
        raise ValueError(f"{where}: unknown {', '.join(sorted(unknown))}")
    for key, value in entry.items():
        if not isinstance(value, types[key]):
            raise ValueError(f"{where}: {key} must be {types[key].__name__}; found {value!r}")


def _check_unique(kind: str, names: list[str]) -> None:
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{', '.join(repeated)}: {kind} given more than once")
