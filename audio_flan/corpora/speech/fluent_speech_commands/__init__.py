"""Fluent Speech Commands: 30,043 spoken commands to a home assistant by 97 speakers, 19 hours.

Layout, as the archive unpacks:

    fluent_speech_commands_dataset/
      data/train_data.csv             number,path,speakerId,transcription,action,object,location
      data/valid_data.csv, data/test_data.csv     the same
      data/speaker_demographics.csv   speakerId, fluency, two languages, gender, ageRange
      wavs/speakers/<speakerId>/<uuid>.wav        16-bit PCM, 16 kHz, mono; 1 to 5 s

An id is the UUID of the file. Action, object and location give one of 31 intents.

Quirks:
- the first column of the tables has no name;
- "none" is a word: the object of a bare "change language", the location of most intents;
- a column of the demographics is called "Self-reported fluency level " with a trailing blank: names
  are compared without outer blanks;
- gender or age of a speaker may be absent: such clips have none.

Splits: the publisher's; speakers are in one split only, phrases in all three.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import PurePosixPath

from audio_flan.corpora.read.table import Row, Table
from audio_flan.corpora.rows import Rows
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip

COLUMNS = ("", "path", "speakerId", "transcription", "action", "object", "location")
SPEAKERS = Table(
    "data/speaker_demographics.csv",
    ",",
    ("speakerId", "gender", "ageRange"),
    any_order=True,
    quoted=True,
)


def _commands(name: str) -> Table:
    return Table(f"data/{name}_data.csv", ",", COLUMNS, header=True, quoted=True)


class FluentSpeechCommands(Rows):
    """Commands in English and what they ask for; see the module's docstring."""

    tables = {
        "train": _commands("train"),
        "validation": _commands("valid"),
        "test": _commands("test"),
    }

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The speaker, whose folder the file is in."""
        return (PurePosixPath(file).parent.name,)

    @cached_property
    def _speakers(self) -> dict[str, Row]:
        return self.join(SPEAKERS, "speakerId")

    def clip(self, row: Row, split: str) -> Clip:
        """The command of a line."""
        _, path, speaker, transcription, *command = row.values
        audio = self.folder.audio(path)
        if not transcription.strip():
            raise Unusable("empty-transcript", f"{path} has no text")
        about = self._speakers.get(speaker)
        return self.made(
            PurePosixPath(path).stem,
            audio,
            split,
            transcript=transcription.strip(),
            speaker=speaker,
            gender=about and about["gender"].strip(),
            age=about and about["ageRange"].strip(),
            intent=self._intent(*command),
        )

    def _intent(self, action: str, thing: str, location: str) -> str:
        """What is asked for, as `words` names it."""
        intent = f"{action}, {thing}, {location}"
        if intent not in self.words["intent"]:
            detail = f"action {action!r}, object {thing!r}, location {location!r} are no intent"
            raise Unusable("unknown-label", detail)
        return intent
