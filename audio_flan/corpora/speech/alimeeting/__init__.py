"""AliMeeting (M2MeT): 240 Mandarin meetings of two to four people, 119 hours, far and near.

Layout, as the four archives unpack (Train without a folder around it, Eval and Test with one; both
are taken either way):

    alimeeting/
      Train_Ali_far/
        audio_dir/R0015_M0151_MS002.wav          16-bit PCM, 16 kHz, eight channels; 15 to 30 min
        textgrid_dir/R0015_M0151.TextGrid        a tier for each speaker
      Eval_Ali/Eval_Ali_far/…, Test_Ali/Test_Ali_far/…      the same
      Train_Ali_near/…, Eval_Ali/Eval_Ali_near/…            headsets; not read

A session is a room (R####) and a meeting (M####). A tier is called R####_M####_F_SPK#### or
F_SPK####; SPK#### is the speaker. An interval with a text is a turn; turns overlap.

A clip is an excerpt of a session, first channel of the far array, and bears its times in ms:
R0015_M0151_61250-86900. Excerpts follow from the TextGrid alone: one starts where the one before
ends, or half a second before the next word after a longer silence; it ends between 20 and 30 s
later, in the middle of the longest silence of all speakers there, or after 30 s where nobody
pauses; the last one ends with the last turn.

Quirks:
- some TextGrids have intervals out of order, or after the end that they state: read tolerantly;
- TextGrids have no name of the array, so that the recording is the one of the session's name;
- <sil> and (SIL) mark silence: no turn;
- R1021_M1947 ends four minutes before its TextGrid: excerpts after it are rejected as outside the
  audio; a turn may so reach beyond the end of the audio of its clip.

Splits: the publisher's Train, Eval and Test; no speaker is in two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from audio_flan.corpora.contract import Corpus, Shard, by_splits
from audio_flan.corpora.read.textgrid import parse
from audio_flan.corpora.speech.alimeeting.excerpts import excerpt_times, turns_inside
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip, Reject, Span

PARTS = {"train": "Train_Ali", "validation": "Eval_Ali", "test": "Test_Ali"}
SESSION = re.compile(r"(R\d+_M\d+)\.TextGrid")
SPEAKER = re.compile(r"(?:.*_)?[FM]_(SPK\d+)")
SILENT = re.compile(r"(?:<sil>|\(SIL\)|\s)*", re.IGNORECASE)


class Grid(NamedTuple):
    """The TextGrid of a session: the far folder of its split, and its name."""

    far: str
    name: str

    @property
    def file(self) -> str:
        """Its path inside the corpus."""
        return f"{self.far}/textgrid_dir/{self.name}"


class AliMeeting(Corpus):
    """Who speaks when in Mandarin meetings; see the module's docstring."""

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The session; its speakers are only in its TextGrid."""
        return (clip.rpartition("_")[0],)

    def shards(self) -> dict[str, list[Shard]]:
        """A shard for each session; a split that is absent is left out."""
        shards = by_splits(
            Shard(split, grid) for split, part in PARTS.items() for grid in self._grids(part)
        )
        if not shards:
            raise self.layout_error("TextGrids in a folder textgrid_dir", "none")
        return shards

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The excerpts of a session; one reject for a session that cannot be read."""
        grid = Grid(*shard.part)
        try:
            session = _session(grid)
            turns = _turns(self.folder.read(grid.file), grid.file)
            recording = self._recording(grid, session)
        except Unusable as error:
            yield Reject(self.key, grid.file, error.reason, error.detail)
            return
        for start, end in excerpt_times(turns):
            yield self.made(
                f"{session}_{round(1000 * start)}-{round(1000 * end)}",
                self.folder.audio(recording, start, end)._replace(channel=0),
                shard.split,
                turns=tuple(turns_inside(turns, start, end)),
            )

    def _grids(self, part: str) -> list[Grid]:
        """The TextGrids of a split, wherever its folder is."""
        for far in (f"{part}/{part}_far", f"{part}_far"):
            if names := self.folder.list(f"{far}/textgrid_dir"):
                visible = (name for name in names if not name.startswith("."))
                return [Grid(far, name) for name in visible if name.endswith(".TextGrid")]
        return []

    def _recording(self, grid: Grid, session: str) -> str:
        """The recording of a session, whose name has the array's besides."""
        folder = f"{grid.far}/audio_dir"
        for name in self.folder.list(folder):
            if name.startswith(f"{session}_") and name.lower().endswith(".wav"):
                return f"{folder}/{name}"
        raise Unusable("audio-missing", f"no file {folder}/{session}_MS….wav")


def _session(grid: Grid) -> str:
    match = SESSION.fullmatch(grid.name)
    if not match:
        raise Unusable("unknown-session", f"{grid.file} is not named R####_M####.TextGrid")
    return match[1]


def _turns(data: bytes, file: str) -> list[Span]:
    """All turns of a session by start."""
    turns = []
    for tier in parse(data, file):
        said = [interval for interval in tier.intervals if not SILENT.fullmatch(interval.text)]
        match = SPEAKER.fullmatch(tier.name)
        if said and not match:
            raise Unusable("unknown-speaker", f"{file}: tier {tier.name!r} names no speaker")
        turns += [Span(max(i.start, 0), i.end, match[1]) for i in said if match and i.end > 0]
    if not turns:
        raise Unusable("no-turns", f"{file}: nobody says anything")
    return sorted(turns, key=lambda turn: (turn.start, turn.end, turn.label))
