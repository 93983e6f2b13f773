"""LibriMix: mixtures of two or three voices of LibriSpeech."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audits.facts import Fact, sound, table

FOLDERS = ("LibriMix",)


def facts(folder: Path) -> Iterator[Fact]:
    """A table for each subset; its paths, of another machine, tell where the voices are."""
    for file in sorted(folder.glob("Libri[23]Mix/wav16k/min/metadata/mixture_*_mix_clean.csv")):
        subset = file.parents[1].relative_to(folder).as_posix()
        count = int(subset[len("Libri")])
        for id, *paths in table(file)[1:]:
            names = [path[path.index(subset) :] for path in paths[: count + 1]]
            mixture, *voices = (sound(folder, name) for name in names)
            utterances = id.split("_")
            speakers = [utterance.split("-")[0] for utterance in utterances]
            yield Fact(id, mixture, voices=voices, speakers=speakers, utterances=utterances)
