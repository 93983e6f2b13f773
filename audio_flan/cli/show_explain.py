"""What `audio-flan explain` prints: a row, its sources, its wording, and how it was built."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import audio_flan
from audio_flan.build.rebuild import Rebuilt
from audio_flan.cli.console import console
from audio_flan.dataset.card import selected
from audio_flan.dataset.explain import TEXTS, Explanation


def show_explanation(row: Explanation, rebuilt: Rebuilt | None, as_json: bool) -> None:
    """Print a row with all that is known of it.

    Args:
        row: the row.
        rebuilt: the same made again; None where that was not asked for.
        as_json: print JSON instead of text.
    """
    tree = row.tree()
    if as_json:
        again = {"rebuilt": {"is_same": rebuilt.is_same, **asdict(rebuilt)}} if rebuilt else {}
        print(json.dumps({**tree, **again}, indent=1, ensure_ascii=False))
        return
    console.rule(f"{tree['config']} · {tree['split']} · {tree['uuid']}")
    for name in TEXTS:
        _line(name, tree[name])
    for column, cell in tree["audio"].items():
        _line(column, f"{cell['path']}, {cell['bytes']:,} bytes")
    for number, source in enumerate(tree["sources"], 1):
        of_all = f" {number} of {len(tree['sources'])}" if len(tree["sources"]) > 1 else ""
        _line(f"source{of_all}", f"{source['title']} ({source['corpus']}), {source['license']}")
        for name, text in _facts(source, bool(tree["simulation"])).items():
            console.print(f"  {name:<9} {text}", markup=False, soft_wrap=True)
    wording = tree["wording"]
    template = wording["template"] or "not in this version's templates"
    _line("wording", f"{wording['variation']} ({template}), answer {wording['answer']}")
    if tree["simulation"]:
        _line("simulation", _listed(tree["simulation"]))
    _line("build", _build(tree["build"]))
    _line("file", tree["file"])
    if rebuilt:
        _line("rebuilt", _verdict(rebuilt, tree))


def _line(name: str, text: str) -> None:
    console.print(f"[bold]{name}:[/bold] ", end="")
    console.print(text, markup=False, soft_wrap=True)


def _facts(source: Mapping[str, Any], is_simulated: bool) -> dict[str, str]:
    """What a source is, by what to call it."""
    facts = {"clip": source["clip"], "file": source["file"]}
    if source["start"] is not None:
        facts["stretch"] = f"{source['start']:g} to {source['end']:g} s"
    if source["channel"] is not None:
        facts["channel"] = str(source["channel"])
    unseen = "computed audio" if is_simulated else "the text"
    facts["used in"] = f"{source['column']}, unchanged" if source["column"] else unseen
    if line := source["metadata"]:
        facts["metadata"] = f"{line['file']}:{line['number']}: {line['text']}"
    elif "problem" in source:
        facts["metadata"] = source["problem"]
    return facts


def _listed(parameters: Mapping[str, Any]) -> str:
    """Names and values of parameters."""
    values = {n: v if isinstance(v, str) else json.dumps(v) for n, v in parameters.items()}
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _build(build: Mapping[str, Any]) -> str:
    """Seed, version and options of a build."""
    if build["version"] is None:
        return f"seed {build['seed']}; version and options are not recorded here (no .build)"
    options = "; ".join(selected(build["options"]))
    return f"audio-flan {build['version']}, seed {build['seed']}, {options}"


def _verdict(rebuilt: Rebuilt, tree: Mapping[str, Any]) -> str:
    """Whether a row that was made again is the same, and why it may not be."""
    if rebuilt.is_same:
        absent = f"; {', '.join(rebuilt.withheld)} not in this dataset" if rebuilt.withheld else ""
        return f"the same, {'texts' if absent else 'texts and bytes of audio'}{absent}"
    if rebuilt.problem:
        return rebuilt.problem
    said = f"not the same: {', '.join(rebuilt.differing)} differ"
    version = tree["build"]["version"]
    if version not in (None, audio_flan.__version__):
        said += f"; it was made by audio-flan {version}, this is {audio_flan.__version__}"
    if tree["simulation"]:
        said += "; noise, rooms and voices are drawn from the corpora given, as from the build's"
    return said
