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
R0015_M0151_61250-86900. Excerpts follow from the TextGrid alone (`excerpts`): one starts where the
one before ends, or half a second before the next word after a longer silence; it ends between 20
and 30 s later, in the middle of the longest silence of all speakers there, or after 30 s where
nobody pauses; the last one ends with the last turn.

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
from collections.abc import Iterator, Sequence
from itertools import pairwise

from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.corpora.read.textgrid import parse
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.model.clip import Clip, Reject, Span
from audio_flan.model.notation import SHORTEST as SHORTEST_TURN

PARTS = {"train": "Train_Ali", "validation": "Eval_Ali", "test": "Test_Ali"}
SHORTEST, LONGEST = 20.0, 30.0
"""Between these an excerpt ends, seconds."""
LEAD = 0.5
"""Silence before the first word of an excerpt, at most, seconds."""
SESSION = re.compile(r"(R\d+_M\d+)\.TextGrid")
SPEAKER = re.compile(r"(?:.*_)?[FM]_(SPK\d+)")
SILENT = re.compile(r"(?:<sil>|\(SIL\)|\s)*", re.IGNORECASE)


class AliMeeting(Corpus):
    """Who speaks when in Mandarin meetings; see the module's docstring."""

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The session; its speakers are only in its TextGrid."""
        return (clip.rpartition("_")[0],)

    def shards(self) -> dict[str, list[Shard]]:
        """A shard for each session; a split that is absent is left out."""
        shards = {
            split: [Shard(split, (name,)) for name in self._grids(part)]
            for split, part in PARTS.items()
        }
        if not any(shards.values()):
            raise CorpusLayoutError(
                self.key,
                self.folder.path,
                expected="TextGrids in a folder textgrid_dir",
                found="none",
                get_it=f"{self.download} ({self.homepage})",
            )
        return {split: found for split, found in shards.items() if found}

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The excerpts of a session; one reject for a session that can not be read."""
        try:
            session, turns, audio = self._session(shard.part[0])
        except Unusable as error:
            yield Reject(self.key, shard.part[0], error.reason, error.detail)
            return
        for start, end in excerpts(turns):
            place = self.folder.audio(audio, start, end)
            yield Clip(
                id=f"{session}_{round(1000 * start)}-{round(1000 * end)}",
                corpus=self.key,
                split=shard.split,
                audio=place._replace(channel=0),
                language="zh",
                turns=tuple(_inside(turns, start, end)),
            )

    def _grids(self, part: str) -> list[str]:
        """The TextGrids of a split, wherever its folder is."""
        for folder in (f"{part}/{part}_far/textgrid_dir", f"{part}_far/textgrid_dir"):
            if files := self.folder.list(folder):
                visible = (file for file in files if not file.startswith("."))
                return [f"{folder}/{file}" for file in visible if file.endswith(".TextGrid")]
        return []

    def _session(self, file: str) -> tuple[str, list[Span], str]:
        """Name, turns by start and recording of a session."""
        folder, _, name = file.rpartition("/textgrid_dir/")
        match = SESSION.fullmatch(name)
        if not match:
            raise Unusable("unknown-session", f"{file} is not named R####_M####.TextGrid")
        turns = _turns(self.folder.read(file), file)
        return match[1], turns, self._recording(f"{folder}/audio_dir", match[1])

    def _recording(self, folder: str, session: str) -> str:
        for name in self.folder.list(folder):
            if name.startswith(f"{session}_") and name.lower().endswith(".wav"):
                return f"{folder}/{name}"
        raise Unusable("audio-missing", f"no file {folder}/{session}_MS….wav")


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


def excerpts(turns: Sequence[Span]) -> Iterator[tuple[float, float]]:
    """Start and end of the excerpts of a session, seconds to the ms; see the module's docstring.

    Args:
        turns: by start.
    """
    talk = _talk(turns)
    position = 0.0
    for start, end in talk:
        while end - position >= SHORTEST_TURN:
            first = round(max(position, start - LEAD), 3)
            position = round(_border(talk, first), 3)
            yield first, position


def _talk(turns: Sequence[Span]) -> tuple[tuple[float, float], ...]:
    """The stretches in which anybody speaks."""
    talk: list[tuple[float, float]] = []
    for turn in turns:
        if talk and turn.start <= talk[-1][1]:
            talk[-1] = (talk[-1][0], max(talk[-1][1], turn.end))
        else:
            talk.append((turn.start, turn.end))
    return tuple(talk)


def _border(talk: Sequence[tuple[float, float]], start: float) -> float:
    """Where an excerpt ends that starts at a time."""
    earliest, latest = start + SHORTEST, start + LONGEST
    if talk[-1][1] <= latest:
        return talk[-1][1]
    pauses = [
        (max(end, earliest), min(begin, latest))
        for (_, end), (begin, _) in pairwise(talk)
        if end < latest and begin > earliest
    ]
    if not pauses:
        return latest
    # The first one of the longest.
    begin, end = max(pauses, key=lambda pause: pause[1] - pause[0])
    return (begin + end) / 2


def _inside(turns: Sequence[Span], start: float, end: float) -> Iterator[Span]:
    """The parts of turns in an excerpt, times from its start, by start."""
    for turn in turns:
        first, last = max(turn.start, start) - start, min(turn.end, end) - start
        if last - first >= SHORTEST_TURN:
            yield Span(round(first, 3), round(last, 3), turn.label)
