"""Pairs of recordings that say the same in two languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audio_flan.model.clip import Clip
from audio_flan.model.randomness import Rng
from audio_flan.tasks.pairing import group_by


def translations(window: Sequence[Clip], rng: Rng) -> Iterator[tuple[Clip, Clip]]:
    """Each clip of a window with a translation of it, where there is one.

    The language is drawn first, so that none is preferred because more people read it.

    Yields:
        (source, target).
    """
    by_meaning = group_by(window, lambda clip: clip.meaning)
    for source in window:
        same = [other for other in by_meaning[source.meaning] if other.language != source.language]
        if same:
            language = rng.choice(sorted({str(other.language) for other in same}))
            yield source, rng.choice([other for other in same if other.language == language])
