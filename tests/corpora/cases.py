"""The case table of a corpus: what its miniature says, and what comes of each quirk.

A corpus's own test states `CLIPS`, `SAYS`, `REJECTS` and `QUIRKS`; `test_cases.py` holds the reader
to them. A quirk that a table cannot state is a function in the same file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from typing import Any

from audio_flan.corpora.contract import Corpus
from audio_flan.model.clip import ANNOTATIONS, Clip, Reject
from audio_flan.model.labels import Label, Labels

Edit = Callable[[Path], object]
"""Changes the folder of a corpus."""

Says = Mapping[str, Mapping[str, Any]]
"""Fields of clips by their ids; also `split` and `file`. None for a field that is not filled."""


@dataclass(frozen=True)
class Quirk:
    """A quirk of a corpus: what is changed in its miniature, and what comes of it.

    A clip that is not named is as it was; a clip that is new has to be named.

    Args:
        what: in words; the name of the test.
        edit: the change.
        says: fields of clips after it.
        rejects: reason by clip or place of the rejects that it brings.
        gone: clips and rejects that are no more.
        error: what the message of the `CorpusLayoutError` says that it brings, a pattern.
    """

    what: str
    edit: Edit
    says: Says = field(default_factory=dict)
    rejects: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    error: str = ""


# Edits


def append(file: str, *lines: str) -> Edit:
    """Add lines at the end of a file."""

    def edit(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8", newline="") as target:
            target.writelines(f"{line}\n" for line in lines)

    return edit


def prepend(file: str, text: str) -> Edit:
    """Put a text before a file's own."""
    return lambda folder: (folder / file).write_bytes(text.encode() + (folder / file).read_bytes())


def replace(file: str, old: str, new: str) -> Edit:
    """Replace a text that is in a file, everywhere."""

    def edit(folder: Path) -> None:
        data = (folder / file).read_bytes()
        assert old.encode() in data, f"{file} has no {old!r}"
        (folder / file).write_bytes(data.replace(old.encode(), new.encode()))

    return edit


def write(file: str, content: str | bytes) -> Edit:
    """Write a file, new or not."""

    def edit(folder: Path) -> None:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        (folder / file).write_bytes(data)

    return edit


def saved_in(file: str, encoding: str, *, found_in: str = "utf-8") -> Edit:
    """Save a file in another encoding."""
    return lambda folder: (folder / file).write_bytes(
        (folder / file).read_bytes().decode(found_in).encode(encoding)
    )


def remove(*names: str) -> Edit:
    """Remove files and folders."""

    def edit(folder: Path) -> None:
        from shutil import rmtree

        for name in names:
            (rmtree if (folder / name).is_dir() else Path.unlink)(folder / name)

    return edit


def rename(old: str, new: str) -> Edit:
    """Rename a file or folder inside the corpus."""

    def edit(folder: Path) -> None:
        (folder / new).parent.mkdir(parents=True, exist_ok=True)
        (folder / old).rename(folder / new)

    return edit


def copy(old: str, new: str) -> Edit:
    """Copy a file inside the corpus."""
    return lambda folder: write(new, (folder / old).read_bytes())(folder)


def all_of(*edits: Edit) -> Edit:
    """Several changes, one after the other."""

    def edit(folder: Path) -> None:
        for one in edits:
            one(folder)

    return edit


# What a corpus says


def plain(value: Any) -> Any:
    """A value as a case table writes it: words for labels, tuples for spans, notes and stems."""
    if isinstance(value, Label):
        return value.value
    if isinstance(value, Labels):
        return value.values
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if is_dataclass(value) and hasattr(value, "audio"):
        fields = {name: plain(getattr(value, name)) for name in value.__slots__ if name != "audio"}
        return {**fields, "file": value.audio.name}
    if is_dataclass(value):
        return tuple(plain(getattr(value, name)) for name in value.__slots__)
    return value


def said_by(clip: Clip) -> dict[str, Any]:
    """The fields of a clip that are filled, its split and its file."""
    filled = {name: plain(getattr(clip, name)) for name in sorted(ANNOTATIONS)}
    audio = clip.audio
    stretch = {"stretch": (audio.start, audio.end)} if audio.start is not None else {}
    own = {"split": clip.split, "file": audio.name, **stretch}
    return {name: value for name, value in filled.items() if value is not None} | own


def read(cls: type[Corpus], folder: Path) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """What all clips say, and the reason of each reject by its clip or place."""
    corpus = cls.open(str(folder))
    clips: dict[str, dict[str, Any]] = {}
    rejects: dict[str, str] = {}
    for shards in corpus.shards().values():
        for item in (item for shard in shards for item in corpus.clips(shard)):
            if isinstance(item, Reject):
                assert item.clip not in rejects, f"{item.clip} is listed twice"
                assert item.detail, f"{item.clip}: {item.reason} without a detail"
                rejects[item.clip] = item.reason
            else:
                assert item.id not in clips, f"two clips are called {item.id}"
                clips[item.id] = said_by(item)
    return clips, rejects


def check_says(says: Says, clips: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that clips say what a table states of them."""
    for id, fields in says.items():
        assert id in clips, f"there is no clip {id}; there are {sorted(clips)[:20]}"
        found = {name: clips[id].get(name) for name in fields}
        assert found == dict(fields), id


def check_quirk(cls: type[Corpus], folder: Path, quirk: Quirk) -> None:
    """Make the change in a copy of the miniature, and check what comes of it."""
    import re

    import pytest

    from audio_flan.corpora.read.folder import forget_listings
    from audio_flan.corpora.rows import forget_clips
    from audio_flan.errors import CorpusLayoutError

    before, had = read(cls, folder)
    quirk.edit(folder)
    forget_clips()
    forget_listings()
    if quirk.error:
        with pytest.raises(CorpusLayoutError) as caught:
            read(cls, folder)
        assert re.search(quirk.error, str(caught.value), re.DOTALL), str(caught.value)
        return
    after, has = read(cls, folder)
    kept = {clip: reason for clip, reason in had.items() if clip not in quirk.gone}
    assert has == {**kept, **quirk.rejects}
    assert after.keys() == (before.keys() | quirk.says.keys()) - set(quirk.gone)
    check_says(quirk.says, after)
    for id in before.keys() & after.keys() - quirk.says.keys():
        assert after[id] == before[id], id
    for id in before.keys() & quirk.says.keys() & after.keys():
        names = before[id].keys() | after[id].keys()
        changed = {name for name in names if before[id].get(name) != after[id].get(name)}
        assert changed <= quirk.says[id].keys(), f"{id}: {changed} changed as well"
