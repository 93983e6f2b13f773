"""The road back: from a row to the clips of the corpora that it is made of."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from audio_flan.corpora import corpus_class
from audio_flan.corpora.find import find_corpora
from audio_flan.dataset.jsonl import from_jsonl
from audio_flan.errors import AudioFlanError, Unusable
from audio_flan.media.audio import decode, load
from audio_flan.model import provenance
from audio_flan.model.instance import (
    INPUT_AUDIO_COLUMNS,
    OUTPUT_AUDIO_COLUMNS,
    audio_id,
    ids_in,
    is_computed,
    to_json,
)
from audio_flan.model.provenance import Provenance, ProvenanceClip, Stretch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audio_flan.corpora.contract import Corpus
    from audio_flan.corpora.read.folder import Folder

SIDES = (
    (INPUT_AUDIO_COLUMNS, ("instruction", "input")),
    (OUTPUT_AUDIO_COLUMNS, ("output",)),
)
"""The audio columns of the question and of the answer, and the texts that name their audio."""


class MetadataLine(NamedTuple):
    """The line of a corpus's metadata that a clip comes from.

    Args:
        file: path inside the corpus.
        number: of the line, from 1.
        text: the line as it stands there, without its line end.
    """

    file: str
    number: int
    text: str


@dataclass(frozen=True)
class Source:
    """Audio of a clip that a row is made of.

    Args:
        corpus: key of the corpus.
        clip: the publisher's id.
        file: path inside the corpus; "file#entry" for a member of an archive that is a file of
            the corpus, or a row of a Parquet file.
        start, end: the stretch, seconds; None for the whole file.
        channel: the only channel that is meant, from 0; None for all.
        license: SPDX id of the corpus.
        column: the audio column that carries it unchanged; None where it is heard in computed
            audio only, as noise is, or gave its text only, as a translation does.
        where: folder, archive or URL that the corpus is looked for in; None where none was given.
    """

    corpus: str
    clip: str
    file: str
    start: float | None
    end: float | None
    channel: int | None
    license: str
    column: str | None
    where: str | None = field(default=None, repr=False, compare=False)

    def metadata_line(self) -> MetadataLine | None:
        """The line of the metadata that is the clip's own; None where no line is.

        Raises:
            AudioFlanError: nothing says where the corpus is.
            CorpusLayoutError: the corpus is not there.
        """
        corpus = self._open_corpus()
        place = corpus.line_of(self.clip)
        return place and MetadataLine(*place, _read_line(corpus, *place))

    def read(self) -> bytes:
        """The encoded bytes: the publisher's file where it is whole, else the stretch as FLAC.

        They are those that a row carries which carries this source.

        Raises:
            AudioFlanError: nothing says where the corpus is.
            CorpusLayoutError: the corpus is not there.
            Unusable: the file is gone, or is not the audio that it was.
        """
        folder = self._open_corpus().folder
        try:
            file = folder.named(self.file)
            return load(file._replace(start=self.start, end=self.end, channel=self.channel)).data
        except Unusable as error:
            reason, detail = error.reason, error.detail
        except LookupError:
            reason, detail = "audio-missing", f"no {self.file}"
        except ValueError as error:
            reason, detail = "audio-unreadable", f"{self.file}: {error}"
        raise Unusable(reason, f"{self.corpus} in {folder.path}: {detail}")

    def decode(
        self, sampling_rate: int | None = None, mono: bool = False
    ) -> tuple[NDArray[np.float32], int]:
        """The samples of the stretch.

        Args:
            sampling_rate: rate to resample to, Hz; None keeps the audio's own.
            mono: average the channels into one.

        Returns:
            (samples, rate): float32 [channels, n] with full scale 1, and the rate in Hz.

        Raises:
            AudioFlanError, CorpusLayoutError, Unusable: as `read`.
        """
        return decode({"bytes": self.read(), "path": self.file}, sampling_rate, mono)

    def _open_corpus(self) -> Corpus:
        if self.where is None:
            raise AudioFlanError(
                f"nothing says where {self.corpus} is: give root=FOLDER, or "
                f"corpora={{{self.corpus!r}: PATH}}"
            )
        return _opened(self.corpus, self.where)


@lru_cache(maxsize=64)
def _opened(key: str, where: str) -> Corpus:
    """A corpus, found once for all rows."""
    return find_corpora(where, [key])[0]


def _read_line(corpus: Corpus, file: str, number: int) -> str:
    """The text of a line of a metadata file."""
    lines = islice(_lines(corpus.folder, file), number - 1, number)
    line = next(lines, b"").rstrip(b"\r\n")
    for encoding in ("utf-8-sig", *corpus.encodings):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("utf-8", "backslashreplace")


def _lines(folder: Folder, file: str) -> Iterator[bytes]:
    """The lines of a metadata file, those of UTF-16 as UTF-8."""
    with folder.open(file) as data:
        is_utf16 = data.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE)
        data.seek(0)
        if is_utf16:
            yield from data.read().decode("utf-16").encode().split(b"\n")
        else:
            yield from data


def sources_of(row: object, places: Mapping[str, str], root: str | None) -> tuple[Source, ...]:
    """The sources of a row, those of the main clip first.

    Args:
        row: a mapping of columns to values, of which `other` is needed, and the texts where one
            clip gives several audios; or a line of JSONL.
        places: where corpora are, by their keys.
        root: where all others are; None where that is not known.

    Raises:
        AudioFlanError: this is no row, or its provenance is missing or cannot be read.
        UnknownNameError: a corpus that this version of the library does not know.
    """
    values, said = read_row(row)
    ids = _ids_of_columns(values, said)
    licenses = {values.get("corpus"): values.get("license")}

    def source(clip: ProvenanceClip, stretch: Stretch, column: str | None) -> Source:
        key = clip.corpus
        license = licenses.get(key) or corpus_class(key).license
        where = places.get(key, root)
        return Source(key, clip.id, *stretch, license=license, column=column, where=where)

    found = []
    for clip in said.clips:
        corpus_class(clip.corpus)
        parts = {s: p for s, p in said.parts.items() if _owner(s, said, ids) is clip}
        for slot, part in parts.items():
            found.append(source(clip, part, _column_of(slot, said)))
        if not parts:
            id = audio_id(clip.corpus, clip.id)
            own = (c for c, i in ids.items() if i.split(".")[0] == id and not is_computed(i))
            found.append(source(clip, clip.stretch, next(own, None)))
    return tuple(found)


def read_row(row: object) -> tuple[Mapping[str, Any], Provenance]:
    """The values of a row in any form, and its provenance.

    Raises:
        AudioFlanError: this is no row, or its provenance is missing or cannot be read.
    """
    if isinstance(row, str):
        row = from_jsonl(row)
    if not isinstance(row, Mapping) or "other" not in row:
        found = (
            f"one without: {', '.join(map(str, row))}" if isinstance(row, Mapping) else type(row)
        )
        raise AudioFlanError(f"expected a row with the column 'other'; found {found}")
    other = row["other"]
    if isinstance(other, Mapping):
        # A line of JSONL as `json.loads` gives it.
        row, other = {**other, **row}, to_json(other)
    if not other:
        raise AudioFlanError("the row has no provenance: its column 'other' is null or empty")
    try:
        return row, provenance.read(other)
    except ValueError as error:
        raise AudioFlanError(
            f"the row's provenance, column 'other', cannot be read: {error}"
        ) from None


def _ids_of_columns(row: Mapping[str, Any], said: Provenance) -> dict[str, str]:
    """The audio id of each audio column, as the texts name them in order."""
    ids: dict[str, str] = {}
    for columns, texts in SIDES:
        named = ids_in("\n".join(str(row.get(text) or "") for text in texts))
        filled = [column for column in columns if column in said.wording.audio]
        if named:
            # One id for two columns: both hold the same audio.
            ids |= {c: named[min(i, len(named) - 1)] for i, c in enumerate(filled)}
    return ids


def _column_of(slot: str, said: Provenance) -> str | None:
    """The audio column that shows a slot."""
    return next((column for column, name in said.wording.audio.items() if name == slot), None)


def _owner(slot: str, said: Provenance, ids: Mapping[str, str]) -> ProvenanceClip:
    """The clip that the audio of a slot belongs to: by its audio id, else by its file."""
    id = ids.get(_column_of(slot, said) or "", "").split(".")[0]
    for clip in said.clips:
        if id == audio_id(clip.corpus, clip.id) or len(said.clips) == 1:
            return clip
    for clip in said.clips:
        if clip.stretch.file == said.parts[slot].file:
            return clip
    raise AudioFlanError(
        f"the row does not tell which of its clips {said.parts[slot].file} belongs to; keep its "
        "columns instruction, input and output"
    )
