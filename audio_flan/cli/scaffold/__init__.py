"""The files of a new corpus or task, written into a checkout from the texts in this folder.

A text is a `string.Template`. What is to be answered says TODO; code that is to be written raises
an error that says so, above an example in comments.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from textwrap import fill

from audio_flan.errors import AudioFlanError, UnknownNameError
from audio_flan.model.taxonomy import DOMAINS, MinorTask, load_taxonomy, minor_task

RECOGNISED_BY = {"Rows": "metadata.csv", "Files": "wavs/", "Records": "train.json"}
"""What a corpus of each kind is recognised by in the examples."""

KEY = re.compile(r"[a-z][a-z0-9_]*")

CHECKOUT = ("audio_flan/corpora/contract.py", "tests/corpora/cases.py", "tools/audits/facts.py")
"""Files that only a checkout of this project has."""

NOTHING: Mapping[str, str] = {}

MEDIA = {"audio": "AUDIO", "text": "TEXT"}
"""The kind of a slot by its medium in the taxonomy."""


def find_checkout(start: Path) -> Path:
    """The checkout that a folder is in.

    Raises:
        AudioFlanError: it is in none.
    """
    for folder in (start, *start.parents):
        if all((folder / file).is_file() for file in CHECKOUT):
            return folder
    raise AudioFlanError(
        f"{start} is in no checkout of the project, where new files belong: expected "
        f"{', '.join(CHECKOUT)} in it or in a folder above; run the command in a clone"
    )


def write_corpus(checkout: Path, domain: str, key: str, like: str) -> list[Path]:
    """Write the files of a new corpus.

    Args:
        checkout: the folder of the checkout.
        domain: "speech", "music" or "audio".
        key: name of the corpus in this library.
        like: the kind of its metadata, one of `RECOGNISED_BY`.

    Returns:
        The files.

    Raises:
        UnknownNameError: there is no such domain or kind.
        AudioFlanError: the key is taken, or cannot be a key.
    """
    _check_domain(domain)
    if like not in RECOGNISED_BY:
        raise UnknownNameError("value of --like", like, RECOGNISED_BY)
    if not KEY.fullmatch(key):
        raise AudioFlanError(f"{key!r} cannot be a key: use a-z, 0-9 and _, a letter first")
    # A key is of one corpus, whatever its domain.
    for other in DOMAINS:
        _check_is_new(checkout / "audio_flan/corpora" / other / key)
    package = checkout / "audio_flan/corpora" / domain / key
    texts = {
        package / "__init__.py": ("story.txt", f"{like}.reader.txt"),
        package / "corpus.yaml": ("corpus.yaml.txt",),
        package / "miniature.py": ("miniature.story.txt", f"{like}.miniature.txt"),
        checkout / "tests/corpora" / domain / f"test_{key}.py": ("test.txt",),
        checkout / "tools/audits" / domain / f"{key}.py": ("audit.txt",),
    }
    for file in texts:
        _check_is_new(file)
    values = {"key": key, "name": _class_name(key), "recognised_by": RECOGNISED_BY[like]}
    return _write({file: _text("corpus", names, values) for file, names in texts.items()})


def write_task(checkout: Path, domain: str, config: str) -> list[Path]:
    """Write the class and the template file of a new task of the taxonomy.

    Args:
        checkout: the folder of the checkout.
        domain: "speech", "music" or "audio".
        config: the task's config name.

    Returns:
        The files; the class is added to the file of its major task, or is in a new one.

    Raises:
        UnknownNameError: there is no such domain or task.
        AudioFlanError: the task is of another domain, or is there.
    """
    _check_domain(domain)
    minor = minor_task(config)
    if minor.domain != domain:
        raise AudioFlanError(f"{config} is a task of the domain {minor.domain}, not {domain}")
    template = checkout / "templates" / domain / f"{config}.yaml"
    _check_is_new(template)
    slug = next(major.slug for major in load_taxonomy() if minor in major.minors)
    module = checkout / "audio_flan/tasks" / domain / f"{slug}.py"
    values = _values_of(minor)
    if module.exists():
        source = _with_imports(module.read_text(encoding="utf-8"), _text("task", ["imports.txt"]))
    else:
        source = _text("task", ["module.txt", "imports.txt"], values)
    if f'config = "{config}"' in source:
        raise AudioFlanError(f"{module} has a class for {config} already")
    texts = {
        template: _text("task", ["template.yaml.txt"], values),
        module: source + _text("task", ["class.txt"], values),
    }
    return _write(texts)


def _values_of(minor: MinorTask) -> dict[str, str]:
    """What the texts of a task are filled with."""
    slots = {
        "inputs": {_slot(m, n, minor.inputs): m for n, m in enumerate(minor.inputs, 1)},
        "outputs": {"answer": minor.outputs[0]},
    }
    kinds = {
        side: ", ".join(f'"{slot}": Kind.{MEDIA[medium]}' for slot, medium in named.items())
        for side, named in slots.items()
    }
    return kinds | {
        "config": minor.config,
        "major": minor.major,
        "minor": minor.minor,
        "name": _class_name(minor.minor),
        "definition": fill(minor.definition, 98, initial_indent="# ", subsequent_indent="# "),
        "question": " ".join(f"{{{{ {slot} }}}}" for slot in slots["inputs"]),
        "answer": "{{ answer }}",
    }


def _slot(medium: str, number: int, media: Sequence[str]) -> str:
    return medium if media.count(medium) == 1 else f"{medium}_{number}"


def _with_imports(source: str, imports: str) -> str:
    """A module with the names that it does not import yet, after its own imports; ruff sorts."""
    own = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    had = {
        (node.module, name.name) for node in own if hasattr(node, "module") for name in node.names
    }
    missing = []
    for node in ast.parse(imports).body:
        assert isinstance(node, ast.ImportFrom)
        names = [name.name for name in node.names if (node.module, name.name) not in had]
        missing += [f"from {node.module} import {', '.join(names)}"] if names else []
    lines = source.split("\n")
    end = max(node.end_lineno or 0 for node in own)
    return "\n".join([*lines[:end], *missing, *lines[end:]])


def _text(folder: str, names: Sequence[str], values: Mapping[str, str] = NOTHING) -> str:
    """Texts of a folder beside this file, one after the other, filled."""
    texts = files("audio_flan.cli.scaffold") / folder
    whole = "".join((texts / name).read_text(encoding="utf-8") for name in names)
    return Template(whole).substitute(values)


def _class_name(words: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in re.findall("[A-Za-z0-9]+", words))


def _check_domain(domain: str) -> None:
    if domain not in DOMAINS:
        raise UnknownNameError("domain", domain, DOMAINS)


def _check_is_new(path: Path) -> None:
    if path.exists():
        raise AudioFlanError(f"{path} exists; choose another name, or remove it first")


def _write(texts: Mapping[Path, str]) -> list[Path]:
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f"{file.name}.unfinished")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(file)
    return list(texts)
