"""Facts: what the raw files of a corpus say of each clip, and where they say its audio is."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

HALF_A_STEP = 2.0**-16
"""Half a step of 16 bits: recordings of 16 bits that differ by less are the same."""
SHORTEST = 0.01
"""Stretches of time that are shorter cannot be written with two decimals, seconds."""


class Disagreement(Exception):
    """A row does not say what the raw annotations say."""

    def __init__(self, what: str, expected: object, found: object) -> None:
        super().__init__(f"{what}: expected {expected!r:.300}, found {found!r:.300}")


def demand(holds: bool, what: str, expected: object, found: object) -> None:
    """Raise a `Disagreement` unless something holds."""
    if not holds:
        raise Disagreement(what, expected, found)


@dataclass(frozen=True)
class Sound:
    """Where raw files say that an audio is.

    Args:
        file: path inside the corpus.
        read: gives the bytes of the file.
        start, end: the stretch, seconds; None for the whole file.
        channel: the one that is meant; None for all.
        owner: corpus and id of the clip, which the audio's id is a hash of.
    """

    file: str
    read: Callable[[], bytes]
    start: float | None = None
    end: float | None = None
    channel: int | None = None
    owner: tuple[str, str] = ("", "")

    @property
    def seconds(self) -> float:
        """Duration of the stretch as far as the file has it."""
        whole = soundfile.info(BytesIO(self.read())).duration
        return float(min(self.end or whole, whole) - (self.start or 0.0))

    def samples(self) -> tuple[Any, int]:
        """Samples [n, channels] of the stretch, and their rate."""
        samples, rate = decoded(self.read())
        stop = len(samples) if self.end is None else round(self.end * rate)
        samples = samples[round((self.start or 0.0) * rate) : stop]
        return samples if self.channel is None else samples[:, [self.channel]], rate

    def mono(self) -> tuple[Any, int]:
        """Its channels averaged [n], and their rate."""
        samples, rate = self.samples()
        return samples.mean(axis=1), rate

    def check(self, slot: str, data: bytes) -> None:
        """Compare the audio of a row with the raw one: bytes if whole, else samples."""
        if self.start is None and self.channel is None:
            demand(data == self.read(), f"audio of {slot}", f"the bytes of {self.file}", "others")
            return
        (wanted, rate), (found, found_rate) = self.samples(), decoded(data)
        alike = rate == found_rate and wanted.shape == found.shape
        alike = alike and bool(np.max(np.abs(wanted - found), initial=0.0) < HALF_A_STEP)
        demand(alike, f"audio of {slot}", f"{self.file} {self.start}-{self.end} s", "other samples")


def decoded(data: bytes) -> tuple[Any, int]:
    """Samples [n, channels] of an audio file, and their rate."""
    samples, rate = soundfile.read(BytesIO(data), always_2d=True)
    return samples, int(rate)


class Fact:
    """What raw files say of one clip.

    Args:
        id: of the clip, as the dataset has it.
        audio: its audio.
        says: its annotations by name; absent or None where the files have none.
    """

    def __init__(self, id: str, audio: Sound, **says: Any) -> None:
        self.id, self.audio, self.says = id, audio, says

    def __contains__(self, name: str) -> bool:
        return self.says.get(name) is not None

    def __getitem__(self, name: str) -> Any:
        demand(name in self, name, "an annotation in the raw files", "none")
        return self.says[name]

    def labels(self, name: str) -> tuple[str, ...]:
        """An annotation that is a label or several."""
        value = self[name]
        return (value,) if isinstance(value, str) else tuple(value)


class Excerpts(dict[str, Fact]):
    """The facts of clips that are stretches of recordings, made when they are first asked for.

    Args:
        cut: gives the fact of an id; raises KeyError where the corpus has no such clip.
    """

    def __init__(self, cut: Callable[[str], Fact]) -> None:
        super().__init__()
        self._cut = cut

    def __missing__(self, id: str) -> Fact:
        self[id] = self._cut(id)
        return self[id]


def sound(folder: Path, file: str | Path, *stretch: Any) -> Sound:
    """A plain file of a corpus, or a stretch of it.

    Args:
        folder: of the corpus.
        file: its path, from there or in full.
        stretch: start and end, seconds, and channel, if not all of it is meant.
    """
    path = folder / file
    return Sound(path.relative_to(folder).as_posix(), path.read_bytes, *stretch)


def table(file: Path, delimiter: str = ",", **options: Any) -> list[list[str]]:
    """The lines of a table in UTF-8, split as the csv module does."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return [line for line in csv.reader(lines, delimiter=delimiter, **options) if line]
