"""A miniature AliMeeting: a meeting of two or three people in each split, under three seconds.

Quirks in it: Train without a folder around it, Eval and Test with one; names of tiers in four parts
and in two; intervals out of their order; a stated end before the last interval; silence that is
marked (<sil>); a third participant who says nothing; quotes inside a text; far recordings of eight
channels whose name has a part more than their TextGrid's; an Eval recording that ends before its
TextGrid; a recording of a headset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from audio_flan.miniatures.stage import Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

Interval: TypeAlias = tuple[float, float, str]
Tiers: TypeAlias = dict[str, list[Interval]]
GAIN = 0.6
RATE = 16_000
CHANNELS = 8
SILENCE = "<sil>"


@dataclass(frozen=True)
class Said:
    """A sentence of the bank, by number, said by a speaker from a time on, seconds."""

    speaker: str
    start: float
    sentence: int


@dataclass(frozen=True)
class Session:
    """A meeting.

    Args:
        folder: of the far part of its split.
        far: name of the recording.
        seconds: length of the recording.
        stated: end that the TextGrid states.
        four_parts: whether names of tiers hold room and meeting.
        said: what is said.
        marked: marked silences: who, from, to.
    """

    folder: str
    far: str
    seconds: float
    stated: float
    four_parts: bool
    said: tuple[Said, ...]
    marked: tuple[tuple[str, float, float], ...]

    @property
    def id(self) -> str:
        """Room and meeting."""
        return self.far.rpartition("_")[0]


VOICES = {
    "F_SPK9001": ("zh_f1", 1.0),
    "M_SPK9002": ("zh_m1", 1.0),
    "F_SPK9003": ("zh_f2", 1.0),
    "M_SPK9004": ("zh_m2", 1.0),
    "F_SPK9005": ("zh_f1", 1.15),
    "M_SPK9006": ("zh_m2", 1.15),
    "F_SPK9007": ("zh_f2", 1.15),
}
"""Voice of the bank and speed of each speaker."""
SESSIONS = (
    Session(
        folder="Train_Ali_far",
        far="R9001_M9001_MS901",
        seconds=2.95,
        stated=2.95,
        four_parts=True,
        said=(Said("F_SPK9001", 0.1, 1), Said("M_SPK9002", 1.2, 2)),
        marked=(("M_SPK9002", 0.0, 0.9),),
    ),
    Session(
        folder="Eval_Ali/Eval_Ali_far",
        far="R9002_M9002_MS902",
        seconds=2.6,
        stated=2.4,
        four_parts=False,
        said=(Said("M_SPK9004", 0.2, 1), Said("F_SPK9003", 1.3, 3)),
        marked=(("F_SPK9003", 0.0, 1.2),),
    ),
    Session(
        folder="Test_Ali/Test_Ali_far",
        far="R9003_M9003_MS903",
        seconds=2.9,
        stated=2.9,
        four_parts=True,
        said=(Said("F_SPK9005", 0.15, 2), Said("M_SPK9006", 1.35, 3)),
        marked=(("F_SPK9007", 0.4, 2.0),),
    ),
)
HEADSET = ("Eval_Ali/Eval_Ali_near", "R9002_M9002_M_SPK9004")


def write(stage: Stage) -> None:
    """Lay out the three parts of AliMeeting."""
    for session in SESSIONS:
        _write_session(stage, session)
    _write_headset(stage)


def _write_session(stage: Stage, session: Session) -> None:
    mixture = np.zeros(4 * RATE, dtype=np.float32)
    prefix = f"{session.id}_" if session.four_parts else ""
    tiers: Tiers = {}
    for said in session.said:
        text, voice = _sentence(stage, said)
        first = round(said.start * RATE)
        mixture[first : first + voice.size] += voice
        end = round(said.start + voice.size / RATE, 2)
        tiers.setdefault(f"{prefix}{said.speaker}", []).append((said.start, end, text))
    for speaker, start, end in session.marked:
        tiers.setdefault(f"{prefix}{speaker}", []).append((start, end, SILENCE))
    sound = _channels(mixture[: round(session.seconds * RATE)])
    stage.audio(f"{session.folder}/audio_dir/{session.far}.wav", sound, RATE)
    grid = _grid(tiers, session.stated)
    stage.text(f"{session.folder}/textgrid_dir/{session.id}.TextGrid", grid)


def _write_headset(stage: Stage) -> None:
    part, name = HEADSET
    said = next(said for said in SESSIONS[1].said if name.endswith(said.speaker))
    text, voice = _sentence(stage, said)
    stage.audio(f"{part}/audio_dir/{name}.wav", voice, RATE)
    end = round(voice.size / RATE, 2)
    grid = _grid({said.speaker: [(0.0, end, text)]}, end)
    stage.text(f"{part}/textgrid_dir/{name}.TextGrid", grid)


def _sentence(stage: Stage, said: Said) -> tuple[str, NDArray[np.float32]]:
    """Text and samples of what is said."""
    name, speed = VOICES[said.speaker]
    entry = next(entry for entry in stage.speech(name) if entry.sentence == said.sentence)
    text = f'他说""{entry.text}""' if speed != 1 else entry.text
    return text, stage.wave(entry, RATE, speed)


def _channels(mixture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Eight microphones in a circle: each later and fainter than the one before."""
    channels = [0.95**number * np.roll(mixture, 3 * number) for number in range(CHANNELS)]
    return np.clip(np.stack(channels, axis=1), -1, 1).astype(np.float32)


def _grid(tiers: Tiers, stated: float) -> str:
    """A TextGrid in the long form; the marked silences stand behind what they came before."""
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', ""]
    lines += ["xmin = 0", f"xmax = {stated}", "tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, intervals) in enumerate(tiers.items(), 1):
        lines += [f"    item [{number}]:", '        class = "IntervalTier"']
        lines += [f'        name = "{name}"', "        xmin = 0", f"        xmax = {stated}"]
        lines += _intervals([*intervals, (0.0, 0.05, "")])
    return "\n".join(lines) + "\n"


def _intervals(intervals: Sequence[Interval]) -> list[str]:
    lines = [f"        intervals: size = {len(intervals)}"]
    for number, (start, end, text) in enumerate(intervals, 1):
        lines += [f"        intervals [{number}]:", f"            xmin = {start}"]
        lines += [f"            xmax = {end}", f'            text = "{text}"']
    return lines
