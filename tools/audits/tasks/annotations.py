"""Tasks that ask for, or by, annotations as they stand."""

from __future__ import annotations

from collections.abc import Mapping

from audits.corpora import Corpora
from audits.facts import demand
from audits.rows import Auditor, Row, Value


def single(*labels: str, **slots: str) -> Auditor:
    """An auditor of a task on one clip.

    Args:
        labels: slots that hold labels, named as the annotation.
        slots: the annotation that each other slot holds; "AUDIO" is the clip's audio.
    """

    def audit(row: Row, corpora: Corpora) -> Mapping[str, Value]:
        (clip,) = row.clips
        fact = corpora.fact(clip)
        told = {slot: fact.audio if n == "AUDIO" else fact[n] for slot, n in slots.items()}
        return {**told, **{name: fact.labels(name) for name in labels}}

    return audit


def same(slot: str, name: str, within: str | None = None) -> Auditor:
    """An auditor of yes-or-no questions on two clips.

    Args:
        slot: holds the answer.
        name: the annotation that is the same or another.
        within: an annotation that both must share.
    """

    def audit(row: Row, corpora: Corpora) -> Mapping[str, Value]:
        demand(row.clips[0]["id"] != row.clips[1]["id"], "pair", "two clips", "one")
        first, second = (corpora.fact(clip) for clip in row.clips)
        if within:
            demand(first[within] == second[within], within, first[within], second[within])
        answer = "yes" if first[name] == second[name] else "no"
        return {"first_audio": first.audio, "second_audio": second.audio, slot: (answer,)}

    return audit
