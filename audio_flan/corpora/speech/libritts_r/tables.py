"""What lies in and around a copy of LibriTTS-R: its subsets in both layouts, and tables of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from audio_flan.corpora.read.folder import Folder, Signature
from audio_flan.errors import CorpusLayoutError

if TYPE_CHECKING:
    import pyarrow as pa

SUBSETS = {
    "train-clean-100": "train",
    "train-clean-360": "train",
    "train-other-500": "train",
    "dev-clean": "validation",
    "dev-other": "validation",
    "test-clean": "test",
    "test-other": "test",
}
"""The split of each of the publisher's folders."""
HUB_FOLDERS = ("data", "all", "clean", "other", "dev", "")
"""Where split folders, or their files, lie in copies from the Hub: the configurations' names."""
FAILED = "libritts_r_failed_speech_restoration_examples"


class Nearby(NamedTuple):
    """A file or folder inside the corpus or beside it; its name is relative to one of the two."""

    folder: Folder
    name: str

    def inside(self, name: str) -> Nearby | None:
        """A file in this folder, or a folder if its name ends in "/"; None where it is not."""
        path = f"{self.name}/{name}"
        return Nearby(self.folder, path.rstrip("/")) if self.folder.exists(path) else None

    def text(self) -> str:
        """The text of a small file; what is not UTF-8 in it becomes replacement characters."""
        return self.folder.read(self.name).decode("utf-8-sig", "replace")


def near(folder: Folder, *names: str) -> Nearby | None:
    """The first of some files or folders that is there, inside the corpus or beside it.

    Args:
        folder: the corpus.
        names: paths; those of folders end in "/".
    """
    parent = folder.path.rstrip("/").rpartition("/")[0]
    for where in (folder, Folder(folder.corpus, parent or ".")):
        for name in names:
            if where.exists(name):
                return Nearby(where, name.rstrip("/"))
    return None


def numbered(folder: Folder, name: str) -> list[str]:
    """The sub-folders of a folder that are ids, in the order of their names."""
    return [entry for entry in folder.list(name) if entry.isdecimal()]


def parquet_files(folder: Folder) -> dict[str, list[str]]:
    """The Parquet files of each subset, in the first of the Hub's folders that has some."""
    found: dict[str, list[str]] = {}
    for parent in HUB_FOLDERS:
        entries, prefix = folder.list(parent), f"{parent}/" if parent else ""
        for subset in SUBSETS.keys() - found.keys():
            split = subset.replace("-", ".")
            inner = folder.list(f"{prefix}{split}") if split in entries else ()
            names = [name for name in entries if name.startswith(f"{split}-")]
            names += [f"{split}/{name}" for name in inner]
            if files := [f"{prefix}{name}" for name in names if name.endswith(".parquet")]:
                found[subset] = files
    return found


@dataclass(frozen=True, slots=True)
class EitherLayout(Signature):
    """The corpus is told by any of its subsets, as folders of speakers or as Parquet."""

    def missing(self, folder: Folder) -> list[str]:
        """The folders of the subsets where there is none of them in either layout."""
        there = any(numbered(folder, subset) for subset in SUBSETS) or parquet_files(folder)
        return [] if there else list(self.recognised_by)


def genders(folder: Folder) -> dict[str, str]:
    """F or M by speaker: speakers.tsv, else SPEAKERS.txt; empty where there is neither."""
    for file, delimiter in (("speakers.tsv", "\t"), ("SPEAKERS.txt", "|")):
        if table := near(folder, file):
            # Rows differ in their number of columns: a name or a tab at the end is too much.
            # Only ids and letters are needed, so that the encoding of names does not matter.
            lines = (line.split(delimiter) for line in table.text().split("\n"))
            rows = ([value.strip() for value in line] for line in lines)
            return {row[0]: row[1] for row in rows if len(row) > 1 and row[0].isdecimal()}
    return {}


def failed_restorations(folder: Folder, subset: str) -> frozenset[str]:
    """Ids of the utterances of a subset that the publisher lists as badly restored."""
    found = near(folder, f"{FAILED}/{subset}_bad_sample_list.txt")
    names = found.text().split() if found else ()
    return frozenset(name.rpartition("/")[2].removesuffix(".wav") for name in names)


def text_rows(folder: Folder, file: str, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Some columns of a Parquet or CSV file with a header, read in batches as text.

    Rows of a CSV file that do not have as many values as its header are left out.

    Raises:
        CorpusLayoutError: a column is not there, or the file is damaged.
    """
    import pyarrow as pa

    try:
        for batch in _batches(folder, file, columns):
            texts = (batch.column(name).cast(pa.string()).to_pylist() for name in columns)
            yield from zip(*([text or "" for text in column] for column in texts), strict=True)
    except (pa.ArrowException, KeyError, OSError, UnicodeDecodeError) as error:
        expected = f"{file} with the columns {', '.join(columns)}"
        raise CorpusLayoutError(
            folder.corpus, folder.path, expected=expected, found=str(error)
        ) from None


def _batches(folder: Folder, file: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    with folder.open(file) as source:
        if file.endswith(".parquet"):
            table = pyarrow.parquet.ParquetFile(source)
            yield from table.iter_batches(batch_size=4096, columns=list(columns))
            return
        yield from pyarrow.csv.open_csv(
            source,
            parse_options=pyarrow.csv.ParseOptions(
                newlines_in_values=True, invalid_row_handler=lambda row: "skip"
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=list(columns),
                column_types=dict.fromkeys(columns, pa.string()),
                strings_can_be_null=False,
            ),
        )
