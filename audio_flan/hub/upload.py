"""What a push sends: the files of a finished build, and a card for the repository."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from audio_flan.corpora.contract import Corpus
from audio_flan.dataset.card import render_card
from audio_flan.dataset.layout import CARD, STATE, Layout
from audio_flan.dataset.record import Records, by_split
from audio_flan.dataset.rights import withhold
from audio_flan.dataset.store import Store
from audio_flan.errors import BuildError


@dataclass(frozen=True, slots=True)
class FinishedBuild:
    """A build that is complete.

    Args:
        out: its folder.
        records: records of its units by config and split.
        files: its Parquet files.
    """

    out: Path
    records: Records
    files: Sequence[Path]

    @classmethod
    def open(cls, out: Path) -> FinishedBuild:
        """The build in a local folder.

        Raises:
            BuildError: the folder holds none, or one that was interrupted.
        """
        store = Store(str(out))
        layout = Layout(store)
        if not store.exists(layout.manifest) or not store.exists(CARD):
            raise _unfinished(out, "no manifest or no card")
        try:
            manifest = layout.read_manifest()
            records = by_split(manifest, layout.records_of(manifest))
        except KeyError as error:
            raise _unfinished(out, f"the record of unit {error} is missing") from None
        files = [out / name for name in _names(records)]
        if absent := [file for file in files if not file.exists()]:
            raise _unfinished(out, f"{absent[0]} is missing")
        if store.list(layout.parts):
            raise _unfinished(out, f"{layout.parts} is not empty: it was interrupted")
        if not files:
            raise _unfinished(out, "it has no rows")
        return cls(out, records, files)


def _unfinished(out: Path, problem: str) -> BuildError:
    hint = f"`audio-flan build {out} …` makes one, or resumes an interrupted one"
    return BuildError(f"{out} holds no finished build ({problem}); {hint}")


def _names(records: Records) -> Iterator[str]:
    """The final names of all Parquet files of a build."""
    for config, splits in records.items():
        for split, units in splits.items():
            count = sum(len(unit.parts) for unit in units)
            for index in range(count):
                yield Layout.final(config, split, index, count)


@dataclass(frozen=True, slots=True)
class Upload:
    """What is ready to be sent.

    Args:
        folder: folder with the card and the files.
        configs: the configs of the build, also those that have no rows.
        files: bytes of each Parquet file, by its path in the folder.
        withheld: number of rows without their audio, for the sake of its licence.
    """

    folder: Path
    configs: Sequence[str]
    files: Mapping[str, int]
    withheld: int


@contextmanager
def staged(
    build: FinishedBuild, repo_id: str, forbidden: Sequence[type[Corpus]]
) -> Iterator[Upload]:
    """A folder with what a repository gets, for as long as it takes to send it.

    Args:
        build: the build; its files are linked to, not copied.
        repo_id: the repository, which the examples of the card load from.
        forbidden: corpora whose audio is left out; the files that it is in are written again.
    """
    out = build.out
    names = [file.relative_to(out).as_posix() for file in build.files]
    # On the same disk and never sent; of a fixed name, so that a killed push's leftovers are found.
    folder = out / STATE / f"push-{repo_id.replace('/', '--')}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        for config in {Path(name).parent for name in names}:
            (folder / config).mkdir(parents=True)
        withheld = sum(withhold(out / name, folder / name, forbidden) for name in names)
        card = render_card(Store(str(folder)), build.records, repo_id, forbidden, withheld)
        (folder / CARD).write_text(card, encoding="utf-8")
        sizes = {name: (folder / name).stat().st_size for name in names}
        yield Upload(folder, list(build.records), sizes, withheld)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
