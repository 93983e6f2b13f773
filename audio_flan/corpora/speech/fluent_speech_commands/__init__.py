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

from audio_flan.corpora.read.table import BadRow, Row, Table
from audio_flan.corpora.rows import Rows
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.model.clip import Clip
from audio_flan.model.labels import Label

COLUMNS = ("", "path", "speakerId", "transcription", "action", "object", "location")
DEMOGRAPHICS = (
    "speakerId",
    "Self-reported fluency level",
    "First Language spoken",
    "Current language used for work/school",
    "gender",
    "ageRange",
)
SPEAKERS = Table("data/speaker_demographics.csv", ",", DEMOGRAPHICS, quoted=True)
AGES = {"22-40": "22 to 40", "41-65": "41 to 65", "65+": "over 65"}
COMMANDS = {
    "activate": ("turn on the", ("lamp", "lights", "music")),
    "deactivate": ("turn off the", ("lamp", "lights", "music")),
    "increase": ("increase the", ("heat", "volume")),
    "decrease": ("decrease the", ("heat", "volume")),
    "bring": ("bring the", ("juice", "newspaper", "shoes", "socks")),
    "change language": ("change the language to", ("Chinese", "English", "German", "Korean")),
}
"""Words and objects of each action."""
IN_ROOMS = ("lights", "heat")
ROOMS = ("bedroom", "kitchen", "washroom")


def _intents() -> dict[tuple[str, str, str], str]:
    intents = {("change language", "none", "none"): "change the language"}
    for action, (words, objects) in COMMANDS.items():
        for thing in objects:
            intents[action, thing, "none"] = f"{words} {thing}"
            for room in ROOMS if thing in IN_ROOMS else ():
                intents[action, thing, room] = f"{words} {thing} in the {room}"
    return intents


INTENTS = _intents()
"""The 31 intents in words, by action, object and location."""


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

    def clip(self, row: Row, split: str) -> Clip:
        """The command of a line."""
        _, path, speaker, transcription, *command = row.values
        audio = self.folder.audio(path)
        if not transcription.strip():
            raise Unusable("empty-transcript", f"{path} has no text")
        gender, age = self._speakers.get(speaker, ("", ""))
        return Clip(
            id=PurePosixPath(path).stem,
            corpus=self.key,
            split=split,
            audio=audio,
            transcript=transcription.strip(),
            language="en",
            speaker=speaker,
            gender=self._label_if_known("gender", gender),
            age=self._label_if_known("age", AGES.get(age, age)),
            intent=self._intent(*command),
        )

    def _intent(self, action: str, thing: str, location: str) -> Label:
        words = INTENTS.get((action, thing, location))
        if words is None:
            detail = f"action {action!r}, object {thing!r}, location {location!r} are no intent"
            raise Unusable("unknown-label", detail)
        return self.label("intent", words)

    def _label_if_known(self, field: str, value: str) -> Label | None:
        return self.label(field, value) if value else None

    @cached_property
    def _speakers(self) -> dict[str, tuple[str, str]]:
        """Gender and age range of each speaker, as the demographics write them."""
        speakers = {}
        for index, row in enumerate(SPEAKERS.rows(self.folder)):
            if isinstance(row, BadRow):
                raise self._bad_demographics(row.detail)
            id, *_, gender, age = (value.strip() for value in row.values)
            if index == 0 and tuple(value.strip() for value in row.values) != DEMOGRAPHICS:
                raise self._bad_demographics(f"{','.join(row.values)[:120]!r}")
            if index:
                speakers[id] = (gender, age)
        if not speakers:
            raise self._bad_demographics("an empty table")
        return speakers

    def _bad_demographics(self, found: str) -> CorpusLayoutError:
        expected = (
            f"{SPEAKERS.file} with the header {','.join(DEMOGRAPHICS)!r} and a line a speaker"
        )
        return CorpusLayoutError(self.key, self.folder.path, expected=expected, found=found)
