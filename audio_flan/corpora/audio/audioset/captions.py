"""The captions of AudioCaps, which lie next to AudioSet's lists."""

from __future__ import annotations

from typing import NamedTuple

from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.read.table import BadRow, Table
from audio_flan.model.clip import Reject

FOLDERS = tuple(
    prefix + name
    for name in ("dataset", "csv_files_v1", "csv_files", "dataset2.0", "csv_files_v2")
    for prefix in ("", "audiocaps/")
)
COLUMNS = ("audiocap_id", "youtube_id", "start_time", "caption")


class Captions(NamedTuple):
    """Captions by YTID, for training only, and the rows that cannot be read."""

    by_ytid: dict[str, str]
    rejects: list[Reject]


def caption_folder(folder: Folder) -> str | None:
    """Where the captions are inside the corpus; None where they are not."""
    return next((name for name in FOLDERS if folder.exists(f"{name}/train.csv")), None)


def read_captions(folder: Folder) -> Captions:
    """The first caption of each clip of train.csv that val.csv and test.csv do not list.

    Raises:
        CorpusLayoutError: a file has another header or is not UTF-8.
    """
    captions: dict[str, str] = {}
    rejects: list[Reject] = []
    held_out: set[str] = set()
    where = caption_folder(folder)
    files = [f"{where}/{part}.csv" for part in ("train", "val", "test")] if where else []
    for file in filter(folder.exists, files):
        for row in Table(file, ",", COLUMNS, header=True, quoted=True).rows(folder):
            if isinstance(row, BadRow):
                rejects.append(Reject(folder.corpus, f"{file}:{row.line}", row.reason, row.detail))
            elif not file.endswith("/train.csv"):
                held_out.add(row["youtube_id"])
            elif caption := row["caption"].strip():
                captions.setdefault(row["youtube_id"], caption)
    kept = {ytid: caption for ytid, caption in captions.items() if ytid not in held_out}
    return Captions(kept, rejects)
