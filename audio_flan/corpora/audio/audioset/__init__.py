"""AudioSet: 2.08 million clips of 10 s from YouTube with classes of sound; 120,000 with times.

The publisher distributes text only; the clips are cut out of the videos by each user. Layout:

    audioset/
      balanced_train_segments.csv, unbalanced_train_segments.csv, eval_segments.csv
      ontology.json                                  optional: families, kinds of sound, speech
      strong/audioset_train_strong.tsv, audioset_eval_strong.tsv      optional, also without strong/
      dataset/{train,val,test}.csv                   optional: the captions of AudioCaps
      audios/…                                       one file for each clip, in folders of any depth

Weak lists: `# …` three times, then `YTID, start, end, "MID,MID"`; a clip bears the YTID. Strong
lists: a row `YTID_milliseconds<TAB>start<TAB>end<TAB>MID` for each event; a clip bears the first
column, and its audio is that of the YTID. A list that is not there is left out.

Quirks:
- audio is found by the YTID in its name: Y{id}.wav, {id}.flac, {id}_30.000.flac,
  Y{id}_30.000_40.000.wav, {id}_30000.flac; an id may itself start with "Y", "-" or "_". The folder
  is listed once in a process and kept in 15 bytes a file. A clip that was not to be had is told
  missing under the name that it would have (audios/Y{id}.wav);
- the classes of the weak and the strong lists differ; their words are `audioset_classes`', so that
  class_labels_indices.csv and mid_to_display_name.tsv are not read;
- the rows of a segment need not stand together: segments are dealt to parts by the hash of their
  id, and each part is one pass over the file which keeps its own rows only. A row that does not
  read makes its whole segment a reject, as its events would be incomplete;
- weak labels are incomplete, and often hold a class without those above it: they stay as they are;
- `sound_kind` is filled where all classes are of one of the four kinds, other than those that say
  where it sounds; `speech_presence` is not where words may be heard outside of Speech (singing,
  shouting, crowds, television);
- silence is not digital silence, and events may end after a clip that was cut short: tasks see to
  both;
- clips of the weak lists are `sound` unless they are of silence; those of the strong lists are not,
  as they are the same recordings.

Captions: the first of a clip in AudioCaps' train.csv (version 1, else 2). All clips of AudioCaps
are of AudioSet's training lists: those of its val.csv and test.csv stay in training here, without
their captions.

Splits: the publisher's; balanced, unbalanced and strong train together, eval as test.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from functools import lru_cache
from zlib import crc32

from audio_flan.corpora.audio.audioset.classes import (
    KINDS,
    STRONG,
    WEAK,
    Ontology,
    in_words,
    read_ontology,
)
from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.read.table import BadRow, Lines, Row, Table
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.media.audio import AudioRef
from audio_flan.model.clip import Clip, Reject, Span

LISTS = {
    "balanced_train_segments.csv": "train",
    "unbalanced_train_segments.csv": "train",
    "eval_segments.csv": "test",
}
STRONG_LISTS = {"audioset_train_strong.tsv": "train", "audioset_eval_strong.tsv": "test"}
STRONG_HEADER = b"segment_id\tstart_time_seconds\tend_time_seconds\tlabel"
ONTOLOGY = "ontology.json"
SILENCE = "/m/028v0c"
PART_BYTES = 4_000_000
"""Of a strong list, for each part: about 9,000 segments of train."""

CAPTION_FOLDERS = tuple(
    prefix + name
    for name in ("dataset", "csv_files_v1", "csv_files", "dataset2.0", "csv_files_v2")
    for prefix in ("", "audiocaps/")
)
CAPTION_COLUMNS = ("audiocap_id", "youtube_id", "start_time", "caption")

YTID = re.compile(r"[A-Za-z0-9_-]{11}")
SEGMENT = re.compile(r"([A-Za-z0-9_-]{11})_[0-9]+")
AUDIO_FILE = re.compile(r"(Y?)([A-Za-z0-9_-]{11})((?:_[0-9.]+){0,2}\.[A-Za-z0-9]+)")
"""No name reads in two ways: what follows an id starts with "_" and goes on with digits."""

OF_LABELS = frozenset({"event_labels", "sound"})
OF_ONTOLOGY = frozenset({"event_families", "sound_kind", "speech_presence"})
OF_EVENTS = frozenset({"events", "event_classes"})


class AudioSet(Corpus):
    """Clips of YouTube with classes of sound, with and without times; see the module."""

    words = {
        "event_labels": {word: word for word in WEAK.values()},
        "events": {word: word for word in STRONG.values()},
        "sound_kind": {word: word for word in KINDS.values()},
        "speech_presence": {word: word for word in ("speech", "non-speech")},
    }

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The video, of which strong lists and weak ones name stretches."""
        return (clip[:11],)

    def shards(self) -> dict[str, list[Shard]]:
        """Runs of lines of the weak lists, and parts of the strong ones."""
        shards: dict[str, list[Shard]] = {"train": [], "test": []}
        for file, split in LISTS.items():
            if self.folder.exists(file):
                ranges = _segments(file).runs(self.folder)
                if not ranges:
                    raise self._layout(f"{file} with a line for each clip", "an empty file")
                fields = self._fields(split)
                shards[split] += [Shard(split, lines, fields) for lines in ranges]
        for name, split in STRONG_LISTS.items():
            file = next(filter(self.folder.exists, (f"strong/{name}", name)), "")
            parts = 1 + self.folder.size(file) // PART_BYTES if file else 0
            shards[split] += [Shard(split, (file, part, parts), OF_EVENTS) for part in range(parts)]
        return {split: found for split, found in shards.items() if found}

    def _fields(self, split: str) -> frozenset[str]:
        """What the clips of the weak lists may have."""
        captioned = split == "train" and _caption_folder(self.folder)
        caption = {"caption"} if captioned else set()
        classes = OF_ONTOLOGY if self.folder.exists(ONTOLOGY) else set()
        return OF_LABELS | classes | caption

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The clips of a run of lines of a weak list, or of a part of a strong one."""
        if len(shard.part) == 3:
            yield from self._strong_clips(shard)
            return
        lines = Lines(*shard.part)
        if lines.file == next(filter(self.folder.exists, LISTS)) and lines.start == 0:
            # The rows of AudioCaps that do not read are told of once.
            yield from _captions(self.folder)[1]
        there = self.folder.exists(ONTOLOGY)
        ontology = read_ontology(self.folder, ONTOLOGY) if there else None
        for row in _segments(lines.file).rows(self.folder, lines):
            place = f"{lines.file}:{row.line}"
            if isinstance(row, BadRow):
                yield Reject(self.key, place, row.reason, row.detail)
                continue
            try:
                yield self._weak_clip(row, shard.split, ontology)
            except Unusable as error:
                yield Reject(self.key, place, error.reason, f"{place}: {error.detail}")

    def _weak_clip(self, row: Row, split: str, ontology: Ontology | None) -> Clip:
        ytid, start, end, quoted = row.values
        mids = quoted.rstrip()[1:-1].split(",")
        _seconds(start, end)
        if not YTID.fullmatch(ytid) or not re.fullmatch(r'"[^"]*"\s*', quoted):
            raise Unusable("malformed-line", f"{ytid[:20]!r}, {quoted[:40]!r}: not id and labels")
        labels = self.several("event_labels", [in_words(mid, WEAK) for mid in mids])
        kind = ontology.sound_kind(mids) if ontology else None
        presence = ontology.speech_presence(mids) if ontology else None
        families = frozenset().union(*map(ontology.family, mids)) if ontology else None
        return Clip(
            id=ytid,
            corpus=self.key,
            split=split,
            audio=self._audio(ytid),
            event_labels=labels,
            event_families=families,
            sound_kind=self.label("sound_kind", kind) if kind else None,
            speech_presence=self.label("speech_presence", presence) if presence else None,
            caption=_captions(self.folder)[0].get(ytid) if split == "train" else None,
            sound=None if SILENCE in mids else True,
        )

    def _strong_clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The segments of a part, in the order in which the file first names them."""
        file, part, parts = shard.part
        segments: dict[str, list[tuple[int, str]]] = {}
        for line, text in self._strong_rows(file, part, parts):
            segment, _, rest = text.partition("\t")
            if SEGMENT.fullmatch(segment):
                segments.setdefault(segment, []).append((line, rest))
            else:
                detail = f"{file}:{line}: no segment: {text[:80]!r}"
                yield Reject(self.key, f"{file}:{line}", "malformed-line", detail)
        for segment, rows in segments.items():
            try:
                events = [_event(rest, f"{file}:{line}") for line, rest in rows]
                yield Clip(
                    id=segment,
                    corpus=self.key,
                    split=shard.split,
                    audio=self._audio(segment[:11]),
                    events=tuple(sorted(events, key=lambda e: (e.start, e.end, e.label))),
                    event_classes=self.labels["events"],
                )
            except Unusable as error:
                yield Reject(self.key, segment, error.reason, error.detail)

    def _strong_rows(self, file: str, part: int, parts: int) -> Iterator[tuple[int, str]]:
        """Number and text of the lines of a part, in one pass."""
        with self.folder.open(file) as lines:
            header = lines.readline().rstrip(b"\r\n").removeprefix(b"\xef\xbb\xbf")
            if header != STRONG_HEADER:
                expected = f"{file} with the header {STRONG_HEADER.decode()!r}"
                raise self._layout(expected, repr(header[:120].decode("utf-8", "replace")))
            for number, line in enumerate(lines, 2):
                if crc32(line.partition(b"\t")[0]) % parts == part and line.strip():
                    try:
                        yield number, line.rstrip(b"\r\n").decode("utf-8")
                    except UnicodeDecodeError as error:
                        byte = f"byte 0x{line[error.start]:02x} in line {number}"
                        found = f"{byte}, which is not UTF-8"
                        raise self._layout(f"{file} in UTF-8", found) from None

    def _audio(self, ytid: str) -> AudioRef:
        return self.folder.audio(_audio_files(self.folder).find(ytid) or f"audios/Y{ytid}.wav")

    def _layout(self, expected: str, found: str) -> CorpusLayoutError:
        return CorpusLayoutError(self.key, self.folder.path, expected=expected, found=found)


def _segments(file: str) -> Table:
    return Table(file, ", ", ("YTID", "start_seconds", "end_seconds", "labels"), comment="#")


def _seconds(start: str, end: str) -> tuple[float, float]:
    try:
        times = float(start), float(end)
    except ValueError:
        raise Unusable("malformed-line", f"{start[:20]!r}, {end[:20]!r} are no times") from None
    if not 0 <= times[0] < times[1] < float("inf"):
        raise Unusable("malformed-line", f"{start} s to {end} s is no stretch of time")
    return times


def _event(text: str, place: str) -> Span:
    """An event out of the columns that follow the segment's."""
    values = text.split("\t")
    if len(values) != 3:
        raise Unusable("malformed-line", f"{place}: expected start, end, label: {text[:80]!r}")
    try:
        return Span(*_seconds(*values[:2]), in_words(values[2], STRONG))
    except Unusable as error:
        raise Unusable(error.reason, f"{place}: {error.detail}") from None


def _caption_folder(folder: Folder) -> str | None:
    return next((f for f in CAPTION_FOLDERS if folder.exists(f"{f}/train.csv")), None)


@lru_cache(maxsize=4)
def _captions(folder: Folder) -> tuple[dict[str, str], list[Reject]]:
    """Captions of AudioCaps for training, by YTID, and the rows of it that do not read."""
    captions: dict[str, str] = {}
    rejects = []
    held_out = set()
    where = _caption_folder(folder)
    files = [f"{where}/{part}.csv" for part in ("train", "val", "test")] if where else []
    for file in filter(folder.exists, files):
        for row in Table(file, ",", CAPTION_COLUMNS, header=True, quoted=True).rows(folder):
            if isinstance(row, BadRow):
                rejects.append(Reject(folder.corpus, f"{file}:{row.line}", row.reason, row.detail))
                continue
            _, ytid, _, caption = row.values
            if not file.endswith("/train.csv"):
                held_out.add(ytid)
            elif caption.strip():
                captions.setdefault(ytid, caption.strip())
    return {ytid: text for ytid, text in captions.items() if ytid not in held_out}, rejects


class _AudioFiles:
    """The audio files of a folder by YTID; two million of them take 30 MB."""

    def __init__(self, names: Iterable[str]) -> None:
        import numpy as np

        ids, forms = bytearray(), array("i")
        known: dict[tuple[str, str], int] = {}
        for name in names:
            folder, slash, file = name.rpartition("/")
            if match := AUDIO_FILE.fullmatch(file):
                ids += match[2].encode()
                forms.append(known.setdefault((folder + slash + match[1], match[3]), len(known)))
        unsorted = np.frombuffer(bytes(ids), dtype="S11")
        order = np.argsort(unsorted, kind="stable")
        self._ids, self._forms = unsorted[order], np.array(forms, dtype="i4")[order]
        self._known = list(known)

    def find(self, ytid: str) -> str | None:
        """The name of a clip's file; of several, the first in the order of the folders."""
        place = int(self._ids.searchsorted(ytid.encode()))
        if place == len(self._ids) or self._ids[place] != ytid.encode():
            return None
        before, after = self._known[int(self._forms[place])]
        return f"{before}{ytid}{after}"


@lru_cache(maxsize=4)
def _audio_files(folder: Folder) -> _AudioFiles:
    return _AudioFiles(folder.walk(""))
