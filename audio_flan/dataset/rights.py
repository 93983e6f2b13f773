"""Rights: which corpora may not be published again, and a dataset without their audio."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from audio_flan.corpora import corpus_class
from audio_flan.corpora.contract import Corpus
from audio_flan.dataset.layout import PART_KEY
from audio_flan.dataset.parquet import open_writer
from audio_flan.model.instance import AUDIO_COLUMNS
from audio_flan.model.provenance import corpora_in, pattern_of

if TYPE_CHECKING:
    import pyarrow as pa


def forbidding(files: Iterable[Path]) -> list[type[Corpus]]:
    """The corpora in a dataset whose licence forbids to publish their audio again, by key.

    Args:
        files: its Parquet files. The corpora of clips that were mixed in count like the rows' own.

    Raises:
        UnknownNameError: a corpus that this version of the library does not know.
    """
    import pyarrow.parquet as pq

    keys: set[str] = set()
    for file in files:
        with pq.ParquetFile(file) as parquet:
            for batch in parquet.iter_batches(columns=["corpus", "other"]):
                keys.update(batch["corpus"].unique().to_pylist())
                for other in batch["other"].to_pylist():
                    keys.update(corpora_in(other))
    return [corpus for key in sorted(keys) if not (corpus := corpus_class(key)).redistributable]


def refusal(corpora: Sequence[type[Corpus]]) -> str:
    """Why a dataset with these corpora is not published, and what can be done about it."""
    lines = [
        f"  {corpus.key}: {corpus.title}, {corpus.license}. {corpus.license_conditions}".rstrip()
        for corpus in corpora
    ]
    return "\n".join(
        [
            "the dataset holds audio whose licence forbids republishing it:",
            *lines,
            "Choose one: --without-audio sends their rows with text, ids and provenance, but "
            "without the audio; --i-have-the-rights sends everything, and you answer for it.",
        ]
    )


def withhold(file: Path, target: Path, corpora: Sequence[type[Corpus]]) -> int:
    """Write a Parquet file again, with null for all audio of the rows that any corpus is in.

    Args:
        file: the file.
        target: the new file; a link to the old one where no row is concerned.
        corpora: the corpora whose audio is withheld.

    Returns:
        The number of rows that lost their audio.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if not corpora:
        target.symlink_to(file.resolve())
        return 0
    with pq.ParquetFile(file) as source:
        groups = range(source.num_row_groups)
        masks = [_concerned(source.read_row_group(i, ["corpus", "other"]), corpora) for i in groups]
        count: int = sum(pc.sum(mask).as_py() for mask in masks)
        if not count:
            target.symlink_to(file.resolve())
            return 0
        with open_writer(target, {PART_KEY: source.metadata.metadata[PART_KEY]}) as writer:
            for index, mask in enumerate(masks):
                table = _without_audio(source.read_row_group(index), mask)
                writer.write_table(table, row_group_size=len(table))
    return count


def _concerned(table: pa.Table, corpora: Sequence[type[Corpus]]) -> pa.ChunkedArray:
    """For each row whether it, or a clip that was mixed into it, is of one of the corpora."""
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = [corpus.key for corpus in corpora]
    mixed_in = pc.match_substring_regex(table["other"], pattern_of(keys))
    return pc.or_(pc.is_in(table["corpus"], pa.array(keys)), mixed_in)


def _without_audio(table: pa.Table, rows: pa.ChunkedArray) -> pa.Table:
    """The table with null in the audio columns of some rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for column in AUDIO_COLUMNS:
        field = table.schema.field(column)
        index = table.schema.get_field_index(column)
        cells = pc.if_else(rows, pa.scalar(None, field.type), table[column])
        table = table.set_column(index, field, cells)
    return table


NOTE_TITLE = "## Audio that is not here"


def note(corpora: Sequence[type[Corpus]], rows: int) -> str:
    """What the card says of audio that is not there, as Markdown; empty for no corpora."""
    if not corpora:
        return ""
    places = "\n".join(f"- `{c.key}`: [{c.title}]({c.homepage}), {c.download}" for c in corpora)
    return (
        f"\n{NOTE_TITLE}\n\n"
        "The licences of the corpora below do not let their audio be published again. In the "
        f"{rows:,} rows that any of them is in, the audio columns are null; `seconds` stays, and "
        "`other` says which stretch of which file each audio is. With the corpora on disk, "
        f"`audio-flan build` makes these rows whole.\n\n{places}\n"
    )


def read_note(card: str) -> tuple[frozenset[str], int]:
    """The inverse of `note`: keys of the corpora without audio, and the number of rows.

    Args:
        card: the card's text; without such a note there is no such corpus.

    Raises:
        ValueError: the note is there, and its number is not.
    """
    said = card.partition(NOTE_TITLE)[2].partition("\n## ")[0]
    keys = frozenset(re.findall(r"^- `(\w+)`:", said, re.MULTILINE))
    rows = re.search(r"([\d,]+) rows that any", said)
    if keys and rows is None:
        raise ValueError(f"no number of rows below {NOTE_TITLE!r}")
    return keys, int(rows[1].replace(",", "")) if rows else 0
