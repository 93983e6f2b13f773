"""Facts: what the raw files of a corpus say of each clip, and where they say its audio is."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

HALF_A_STEP = 2.0**-16
"""Half a step of 16 bits: recordings of 16 bits that differ by less are the same."""
SHORTEST = 0.01
"""Stretches of time that are shorter can not be written with two decimals, seconds."""


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


@dataclass(frozen=True)
class Fact:
    """What raw files say of a clip: its audio and its annotations by name, absent if unknown."""

    audio: Sound
    says: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        if self.says.get(name) is None:
            raise Disagreement(name, "an annotation in the raw files", "none")
        return self.says[name]


Facts = Mapping[str, Fact]
Reader = Callable[[Path], Facts | Iterator[tuple[str, Fact]]]


class Corpora:
    """The corpora in a folder, each read once, when it is first asked for.

    Args:
        root: the folder.
        readers: names of a corpus's folder, and what reads it, by key.
    """

    def __init__(self, root: Path, readers: Mapping[str, tuple[Sequence[str], Reader]]) -> None:
        self._root, self._readers = root, readers
        self._facts: dict[str, Facts] = {}

    def fact(self, clip: Mapping[str, Any]) -> Fact:
        """What raw files say of a clip that a row names; its file must be the same."""
        corpus, id = clip["corpus"], clip["id"]
        try:
            fact = self.facts(corpus)[id]
        except KeyError:
            raise Disagreement("clip", f"a clip that {corpus} has", id) from None
        demand(clip["file"] == fact.audio.file, f"file of {id}", fact.audio.file, clip["file"])
        return replace(fact, audio=replace(fact.audio, owner=(corpus, id)))

    def facts(self, corpus: str) -> Facts:
        """What raw files say of all clips of a corpus."""
        if corpus not in self._facts:
            names, read = self._readers[corpus]
            folder = next((p for n in names if (p := self._root / n).is_dir()), None)
            if folder is None:
                raise SystemExit(f"{corpus}: none of {', '.join(names)} is in {self._root}")
            found = read(folder)
            self._facts[corpus] = found if isinstance(found, Mapping) else dict(found)
        return self._facts[corpus]


def file_of(folder: Path, name: str, *stretch: Any) -> Sound:
    """A plain file of a corpus, or a stretch of it (start, end, channel)."""
    return Sound(name, (folder / name).read_bytes, *stretch)


def table(file: Path, delimiter: str = ",", **options: Any) -> list[list[str]]:
    """The lines of a table in UTF-8."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return [line for line in csv.reader(lines, delimiter=delimiter, **options) if line]


def joined(events: Sequence[tuple[float, float, str]], gap: float, seconds: float) -> list[Any]:
    """Stretches (start, end, label) inside the first seconds, by start and end; those of one
    label that are at most `gap` apart are one."""
    done: list[tuple[float, float, str]] = []
    for label in sorted({event[2] for event in events}):
        mine: list[list[float]] = []
        for start, end in sorted((s, min(e, seconds)) for s, e, name in events if name == label):
            if end - start < SHORTEST:
                continue
            if mine and start - mine[-1][1] <= gap:
                mine[-1][1] = max(mine[-1][1], end)
            else:
                mine.append([start, end])
        done += [(start, end, label) for start, end in mine]
    return sorted(done)


def written(spans: Sequence[tuple[float, float, str]]) -> str:
    """Stretches as text."""
    return "; ".join(f"{start:.2f}-{end:.2f} {label}" for start, end, label in spans)
