"""The rules that a row is held against by itself, its sound apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from audio_flan.check.rows import Row, groups_of
from audio_flan.corpora import corpus_class, corpus_keys
from audio_flan.errors import UnknownNameError
from audio_flan.model.instance import (
    AUDIO_COLUMNS,
    INPUT_AUDIO_COLUMNS,
    OUTPUT_AUDIO_COLUMNS,
    audio_id,
    ids_in,
    marker,
)
from audio_flan.tasks import get_task

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""Version 5, in the form of RFC 9562."""


def null_values(row: Row) -> Iterator[str]:
    """A value that is not there; only audio may be."""
    yield from _nulls({n: v for n, v in row.values.items() if n not in AUDIO_COLUMNS})


def _nulls(tree: Mapping[str, Any]) -> Iterator[str]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _nulls(value)
        elif value is None or (isinstance(value, list) and (not value or None in value)):
            yield f"{name} is null or empty"


def misplaced(row: Row) -> Iterator[str]:
    """A row that says that it is of another split or task than its file."""
    kind = row.values["task_type"]
    told = (row.values["split"], kind["major"], kind["minor"], row.values["domain"])
    expected = ([row.file.split], [row.minor.major], [row.minor.minor], row.minor.domain)
    for name, found, right in zip(
        ("split", "major", "minor", "domain"), told, expected, strict=True
    ):
        if found != right:
            yield f"{name} is {found!r}, not {right!r}"
    if kind["unseen"] and row.file.split != "test":
        yield f"unseen, and in {row.file.split}"


def bad_uuid(row: Row) -> Iterator[str]:
    """An id that is no name-based uuid."""
    if not UUID.fullmatch(row.uuid):
        yield "not a uuid of version 5"


def empty_text(row: Row) -> Iterator[str]:
    """A text without a word; an input may be so where its wording is."""
    needed = ["instruction", "output"]
    if row.variation and row.variation.input.source.strip():
        needed.append("input")
    yield from (f"{name} is empty" for name in needed if not row.values[name].strip())


def bad_corpus(row: Row) -> Iterator[str]:
    """A corpus that is unknown, or that the row says something else of than the library."""
    keys = [row.values["corpus"]]
    keys += [clip.corpus for clip in row.provenance.clips] if row.provenance else []
    for key in dict.fromkeys(keys):
        if key not in corpus_keys():
            yield str(UnknownNameError("corpus", key, corpus_keys()))
    if keys[0] in corpus_keys():
        corpus = corpus_class(keys[0])
        right = {"license": corpus.license, "source": [corpus.origin]}
        for name, value in right.items():
            if row.values[name] != value:
                yield f"{name} is {row.values[name]!r}, that of {corpus.key} is {value!r}"


def bad_provenance(row: Row) -> Iterator[str]:
    """A field `other` that does not read, or does not lead to the row's audio."""
    if row.provenance is None:
        yield row.provenance_fault
        return
    clips = row.provenance.clips
    if clips[0].corpus != row.values["corpus"]:
        yield f"its clip is from {clips[0].corpus}, its row from {row.values['corpus']}"
    if row.variation and row.variation.answer != row.provenance.wording.answer:
        yield f"answer {row.provenance.wording.answer!r}, the wording has {row.variation.answer!r}"
    ids = {audio_id(clip.corpus, clip.id) for clip in clips}
    for cell in row.cells:
        if cell.id.partition(".")[0] not in ids:
            yield f"{cell.column} {cell.id} is of none of its clips"
    for clip in clips:
        try:
            groups_of(clip)
        except ValueError as error:
            yield f"clip {clip.id} of {clip.corpus}: {error}"


def wrong_markers(row: Row) -> Iterator[str]:
    """Audio that the text does not name, or not in the order of the columns."""
    if not row.cells:
        return
    texts = row.values
    sides = {
        INPUT_AUDIO_COLUMNS: texts["instruction"] + "\n" + texts["input"],
        OUTPUT_AUDIO_COLUMNS: texts["output"],
    }
    for columns, text in sides.items():
        named = list(map(marker, ids_in(text)))
        filled = list(dict.fromkeys(marker(c.id) for c in row.cells if c.column in columns))
        if named != filled:
            where = ", ".join(columns)
            yield f"{where}: the text names {_listed(named)}, there is {_listed(filled)}"


def _listed(markers: Iterable[str]) -> str:
    return " ".join(markers) or "none"


def wrong_modality(row: Row) -> Iterator[str]:
    """Audio where the task has none, none where it has some, or a class that is not the task's."""
    minor = row.minor
    expected = (
        *INPUT_AUDIO_COLUMNS[: minor.inputs.count("audio")],
        *OUTPUT_AUDIO_COLUMNS[: minor.outputs.count("audio")],
    )
    filled = tuple(cell.column for cell in row.cells)
    if filled and filled != expected:
        yield f"{minor.modality}: audio in {', '.join(filled)}, expected in {', '.join(expected)}"
    if row.provenance and tuple(row.provenance.wording.audio) != expected:
        yield f"`other` has audio in {', '.join(row.provenance.wording.audio)}"
    if row.values["task_type"]["U/G"] != [minor.ug]:
        yield f"U/G is {row.values['task_type']['U/G']!r}, not {[minor.ug]!r}"


def missing_audio(row: Row) -> Iterator[str]:
    """A row without audio that the card says nothing of, or a cell without bytes."""
    if not row.cells and not row.is_withheld:
        yield f"no audio, and the card does not say that it is withheld of {row.values['corpus']}"
    yield from (f"{cell.column} has no bytes" for cell in row.cells if not cell.data)


def audio_not_withheld(row: Row) -> Iterator[str]:
    """Audio that the card says is not there, as its licence forbids to publish it."""
    if row.cells and row.may_not_be_heard:
        yield f"audio in {', '.join(cell.column for cell in row.cells)}"


def unknown_variation(row: Row) -> Iterator[str]:
    """A wording that this version does not have: the template has changed, nothing can be said."""
    if row.provenance and not row.variation:
        where = row.template.file if row.template else "this version, which has no template for it"
        named = row.provenance.wording.variation
        yield f"no variation {named!r} in {where}; the wording is not checked"


def wrong_wording(row: Row) -> Iterator[str]:
    """Texts that cannot be read back by the wording that `other` names."""
    if row.wording_fault and not any(empty_text(row)):
        yield row.wording_fault


def wrong_label(row: Row) -> Iterator[str]:
    """An answer, or an option, that is not of the closed set, or not among the options shown."""
    if not row.variation or row.slots is None:
        return
    for slot in row.variation.labels:
        values = _labels(row.slots.get(slot, ()))
        allowed = _label_set(row.file.config, slot, row.values["corpus"])
        shown = [*_labels(row.slots.get(f"{slot}_options", ()))]
        choices = row.slots.get(f"{slot}_choices", ())
        for label in (*values, *shown, *(part for choice in choices for part in _labels(choice))):
            if allowed and label not in allowed:
                yield f"{slot} {label!r} is not in its closed set"
        if shown and any(shown.count(value) != 1 for value in values):
            yield f"{slot} {', '.join(values)!r} must be among the options exactly once"
        if choices and values and [_labels(choice) for choice in choices].count(values) != 1:
            yield f"{slot} {', '.join(values)!r} must be among the choices exactly once"


def _labels(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@cache
def _label_set(config: str, slot: str, corpus: str) -> frozenset[str]:
    """The closed set of a slot; empty where the library knows of none."""
    corpora = [corpus_class(corpus)] if corpus in corpus_keys() else []
    return frozenset(get_task(config).label_sets(corpora).get(slot, ()))


ROW_RULES: Mapping[str, Callable[[Row], Iterator[str]]] = {
    "misplaced": misplaced,
    "uuid": bad_uuid,
    "empty-text": empty_text,
    "corpus": bad_corpus,
    "provenance": bad_provenance,
    "audio-missing": missing_audio,
    "audio-not-withheld": audio_not_withheld,
    "markers": wrong_markers,
    "modality": wrong_modality,
    "unknown-variation": unknown_variation,
    "wording": wrong_wording,
    "label": wrong_label,
}
"""The rules of a row in which nothing is null, by kind of fault."""


def row_faults(row: Row) -> Iterator[tuple[str, str]]:
    """Kind and detail of the faults of a row in which nothing is null."""
    for kind, rule in ROW_RULES.items():
        for detail in rule(row):
            yield kind, detail
