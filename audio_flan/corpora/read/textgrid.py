"""Praat's TextGrids in their long text form, read as tolerantly as hand-made files ask for.

Taken as they come: intervals in any order, overlaps, a stated end of the tier or of the file that
its intervals do not keep to, any encoding that Praat writes (UTF-8, UTF-16), both line ends, quotes
in a text that are not doubled. Not tolerated is a file that ends too early: it would lose a part
without a word.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from audio_flan.errors import Unusable

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
TIERS = re.compile(r"^\s*tiers\?\s*<exists>\s*size\s*=\s*(\d+)", re.MULTILINE)
ITEM = re.compile(r"^[ \t]*item\s*\[\d+\]\s*:", re.MULTILINE)
CLASS = re.compile(r'^\s*class\s*=\s*"(IntervalTier|TextTier)"', re.MULTILINE)
NAME = re.compile(r'^\s*name\s*=\s*"(.*)"[ \t]*$', re.MULTILINE)
SIZE = re.compile(r"^\s*intervals\s*:\s*size\s*=\s*(\d+)", re.MULTILINE)
HEAD = re.compile(r"^\s*intervals\s*\[\d+\]", re.MULTILINE)
INTERVAL = re.compile(
    r"^\s*intervals\s*\[\d+\]\s*:?\s*xmin\s*=\s*(\S+)\s+xmax\s*=\s*(\S+)\s+"
    # A quote ends the text only where the next interval, or nothing, comes after it.
    r'text\s*=\s*"(.*?)"(?=\s*(?:intervals\s*\[|\Z))',
    re.MULTILINE | re.DOTALL,
)


class Interval(NamedTuple):
    """A stretch of time, seconds, and the text that it bears."""

    start: float
    end: float
    text: str


class Tier(NamedTuple):
    """A tier of intervals: its name, and its intervals by start and end."""

    name: str
    intervals: tuple[Interval, ...]


def parse(data: bytes, name: str) -> list[Tier]:
    """The tiers of intervals of a TextGrid; tiers of points are left out.

    Intervals that do not end after they start are left out as well: they are no stretch of time.

    Args:
        data: the file.
        name: what to call it in messages.

    Raises:
        Unusable: reason "malformed-textgrid", or "truncated-textgrid" where tiers or intervals are
            fewer than it says.
    """
    text = _decode(data, name).replace("\r\n", "\n")
    items = ITEM.split(text)[1:]
    stated = TIERS.search(text)
    if not stated:
        raise Unusable("malformed-textgrid", f"{name} is no TextGrid in Praat's long text form")
    if len(items) < int(stated[1]):
        detail = f"{name} has {len(items)} of the {stated[1]} tiers that it says"
        raise Unusable("truncated-textgrid", detail)
    return [_tier(item, name) for item in items if _has_intervals(item, name)]


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-16" if data.startswith(UTF_16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        detail = f"{name}:{line}: byte 0x{data[error.start]:02x}, which is not {error.encoding}"
        raise Unusable("malformed-textgrid", detail) from None


def _has_intervals(item: str, file: str) -> bool:
    kind = CLASS.search(item)
    if not kind:
        raise Unusable("malformed-textgrid", f"{file}: a tier without class: {item[:80]!r}")
    return kind[1] == "IntervalTier"


def _tier(item: str, file: str) -> Tier:
    name = NAME.search(item)
    size = SIZE.search(item)
    if not (name and size):
        raise Unusable("malformed-textgrid", f"{file}: a tier without name or size: {item[:80]!r}")
    found = list(_intervals(item, file))
    expected = max(int(size[1]), len(HEAD.findall(item)))
    if len(found) < expected:
        detail = f"{file}: tier {name[1]!r} has {len(found)} of {expected} intervals"
        raise Unusable("truncated-textgrid", detail)
    return Tier(_unquoted(name[1]), tuple(sorted(i for i in found if i.start < i.end)))


def _intervals(item: str, file: str) -> Iterator[Interval]:
    for match in INTERVAL.finditer(item):
        try:
            start, end = float(match[1]), float(match[2])
        except ValueError:
            start = end = math.nan
        if not (math.isfinite(start) and math.isfinite(end)):
            detail = f"{file}: an interval from {match[1]!r} to {match[2]!r}"
            raise Unusable("malformed-textgrid", detail)
        yield Interval(start, end, _unquoted(match[3]))


def _unquoted(text: str) -> str:
    return text.replace('""', '"').strip()
