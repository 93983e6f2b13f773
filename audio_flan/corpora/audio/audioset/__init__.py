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
  is listed once and kept in 15 bytes a file. A clip that could not be downloaded is told missing
  under the name that it would have (audios/Y{id}.wav);
- the classes of the weak and the strong lists differ; their words are those of `classes.csv`, so
  that class_labels_indices.csv and mid_to_display_name.tsv are not read;
- the rows of a segment need not stand together: segments are dealt to parts by the hash of their
  id, and each part is one pass over the file which keeps its own rows only. A row that cannot
  be read makes its whole segment a reject, as its events would be incomplete;
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
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import chain
from typing import Any

from audio_flan.corpora.audio.audioset.audio_files import AudioFiles
from audio_flan.corpora.audio.audioset.captions import Captions, caption_folder, read_captions
from audio_flan.corpora.audio.audioset.classes import (
    STRONG,
    WEAK,
    Ontology,
    in_words,
    read_ontology,
)
from audio_flan.corpora.contract import Shard, by_splits
from audio_flan.corpora.read import grouped_rows
from audio_flan.corpora.read.grouped_rows import Group, Part
from audio_flan.corpora.read.table import Lines, Row, Table
from audio_flan.corpora.rows import Rows
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip, Reject, Span

WEAK_LISTS = {
    "balanced_train_segments.csv": "train",
    "unbalanced_train_segments.csv": "train",
    "eval_segments.csv": "test",
}
STRONG_LISTS = {"audioset_train_strong.tsv": "train", "audioset_eval_strong.tsv": "test"}
STRONG_COLUMNS = ("segment_id", "start_time_seconds", "end_time_seconds", "label")
ONTOLOGY = "ontology.json"
SILENCE = "/m/028v0c"

YTID = re.compile(r"[A-Za-z0-9_-]{11}")
SEGMENT = re.compile(r"([A-Za-z0-9_-]{11})_[0-9]+")

OF_LABELS = frozenset({"event_labels", "sound"})
OF_ONTOLOGY = frozenset({"event_families", "sound_kind", "speech_presence"})
OF_EVENTS = frozenset({"events", "event_classes"})


class AudioSet(Rows):
    """Clips of YouTube with classes of sound, with and without times; see the module's docstring.

    The weak lists have a row for each clip, the strong lists a row for each event of a clip.
    """

    words = {"event_labels": WEAK, "events": STRONG}

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The video, of which strong lists and weak ones name stretches."""
        return (clip[:11],)

    def tables_of(self, split: str) -> list[Table]:
        """The weak lists of a split."""
        columns = ("YTID", "start_seconds", "end_seconds", "labels")
        lists = (file for file, its_split in WEAK_LISTS.items() if its_split == split)
        return [Table(file, ", ", columns, comment="#") for file in lists]

    def fields_of(self, table: Table, split: str) -> frozenset[str]:
        """Those of the labels, and of the ontology and the captions where these are there."""
        captioned = split == "train" and caption_folder(self.folder)
        of_ontology = OF_ONTOLOGY if self.folder.exists(ONTOLOGY) else frozenset()
        return OF_LABELS | of_ontology | ({"caption"} if captioned else frozenset())

    def shards(self) -> dict[str, list[Shard]]:
        """Runs of lines of the weak lists, and parts of the strong ones.

        Raises:
            CorpusLayoutError: a weak list is empty.
        """
        weak = chain.from_iterable(super().shards().values())
        return by_splits([*weak, *self._strong_shards()])

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The clips of a run of lines of a weak list, or of a part of a strong one."""
        if isinstance(shard.part, Part):
            yield from self._strong_clips(shard.part, shard.split)
            return
        lines = Lines(*shard.part)
        if lines.start == 0 and lines.file == next(filter(self.folder.exists, WEAK_LISTS)):
            # Of no clip, so listed once.
            yield from self._captions.rejects
        yield from super().clips(shard)

    # The weak lists

    def clip(self, row: Row, split: str) -> Clip:
        """The clip of a row of a weak list."""
        with _placed(row):
            ytid, start, end, quoted = row.values
            _check_times(start, end)
            if not YTID.fullmatch(ytid) or not re.fullmatch(r'"[^"]*"\s*', quoted):
                detail = f"{ytid[:20]!r}, {quoted[:40]!r}: not id and labels"
                raise Unusable("malformed-line", detail)
            mids = quoted.rstrip()[1:-1].split(",")
            return self.made(
                ytid,
                self._audio_of(ytid),
                split,
                event_labels=[in_words(mid, WEAK) for mid in mids],
                caption=self._captions.by_ytid.get(ytid) if split == "train" else None,
                sound=None if SILENCE in mids else True,
                **self._from_ontology(mids),
            )

    def _from_ontology(self, mids: list[str]) -> dict[str, Any]:
        """What the ontology says of the classes of a clip."""
        if self._ontology is None:
            return {}
        return {
            "event_families": frozenset().union(*map(self._ontology.family, mids)),
            "sound_kind": self._ontology.sound_kind(mids),
            "speech_presence": self._ontology.speech_presence(mids),
        }

    # The strong lists

    def _strong_shards(self) -> Iterator[Shard]:
        for name, split in STRONG_LISTS.items():
            file = next(filter(self.folder.exists, (f"strong/{name}", name)), None)
            for part in grouped_rows.parts(self.folder, file) if file else ():
                yield Shard(split, part, OF_EVENTS)

    def _strong_clips(self, part: Part, split: str) -> Iterator[Clip | Reject]:
        table = Table(part.file, "\t", STRONG_COLUMNS, header=True)
        for segment in grouped_rows.groups(self.folder, table, part):
            if SEGMENT.fullmatch(segment.name):
                yield self._strong_clip(segment, split)
                continue
            for row in segment.rows:
                text = "\t".join(row.values)
                detail = f"{row.place}: no segment: {text[:80]!r}"
                yield Reject(self.key, row.place, "malformed-line", detail)

    def _strong_clip(self, segment: Group, split: str) -> Clip | Reject:
        """A segment with all of its events; a reject where one of them cannot be read."""
        try:
            events = sorted(map(_event, segment.rows), key=lambda e: (e.start, e.end, e.label))
            return self.made(
                segment.name,
                self._audio_of(segment.name[:11]),
                split,
                events=tuple(events),
                event_classes=self.labels["events"],
            )
        except Unusable as error:
            return Reject(self.key, segment.name, error.reason, error.detail)

    # What lies beside the lists

    @cached_property
    def _ontology(self) -> Ontology | None:
        return read_ontology(self.folder, ONTOLOGY) if self.folder.exists(ONTOLOGY) else None

    @cached_property
    def _captions(self) -> Captions:
        return read_captions(self.folder)

    @cached_property
    def _audio_files(self) -> AudioFiles:
        return AudioFiles(self.folder.walk(""))

    def _audio_of(self, ytid: str) -> str:
        return self._audio_files.find(ytid) or f"audios/Y{ytid}.wav"


@contextmanager
def _placed(row: Row) -> Iterator[None]:
    """Says of what is wrong with a row where it stands."""
    try:
        yield
    except Unusable as error:
        raise Unusable(error.reason, f"{row.place}: {error.detail}") from None


def _event(row: Row) -> Span:
    """The event of a row of a strong list."""
    with _placed(row):
        if len(row.values) != len(STRONG_COLUMNS):
            text = "\t".join(row.values[1:])
            raise Unusable("malformed-line", f"expected start, end, label: {text[:80]!r}")
        start, end = _check_times(row["start_time_seconds"], row["end_time_seconds"])
        return Span(start, end, in_words(row["label"], STRONG))


def _check_times(start: str, end: str) -> tuple[float, float]:
    """Start and end of a stretch of time, seconds."""
    try:
        times = float(start), float(end)
    except ValueError:
        raise Unusable("malformed-line", f"{start[:20]!r}, {end[:20]!r} are no times") from None
    if not 0 <= times[0] < times[1] < float("inf"):
        raise Unusable("malformed-line", f"{start} s to {end} s is no stretch of time")
    return times
