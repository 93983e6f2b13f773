"""NSynth: 305,979 single notes of 1,006 instruments out of sample libraries, 340 hours.

Layout, as nsynth-{train,valid,test}.jsonwav.tar.gz unpack side by side (into a folder named nsynth,
or right into the root; any of the three will do):

    nsynth-train/
      examples.json           one JSON object in one line: note_str -> record
      audio/bass_synthetic_068-049-025.wav    16-bit PCM, 16 kHz, mono; 4 s
    nsynth-valid/, nsynth-test/               the same

A note_str is family, source (acoustic, electronic, synthetic), number of the instrument, pitch
(MIDI number, 9 to 119) and velocity. It is read from the right, as "synth_lead" has an underscore.

Quirks:
- examples.json of train has 150 MB in one line: it is streamed, and a split is one shard, because
  a line cannot be cut into runs of lines;
- the record repeats what the note_str says; notes where the two disagree are rejected;
- vocal notes are sampled or synthesised vowels, not singing;
- sampled instruments are silent or aliased at the ends of their range (unverified); such notes are
  yielded all the same, as readers do not decode audio;
- velocity, qualities and source of a note are not read: no task asks for them.

Splits: the publisher's. Instruments of train are in no other split; valid and test share some
(unverified). There is no synth lead in valid and test (unverified).
"""

from __future__ import annotations

import re
from typing import Any

from audio_flan.corpora.records import Record, Records
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip

# Greedy, so that the family takes all underscores but the last two.
NAME = re.compile(r"((\w+)_[a-z]+_[0-9]+)-([0-9]{3})-([0-9]{3})", re.ASCII)


class NSynth(Records):
    """Single notes with pitch and family of the instrument; see the module's docstring."""

    files = {
        "train": "nsynth-train/examples.json",
        "validation": "nsynth-valid/examples.json",
        "test": "nsynth-test/examples.json",
    }

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The instrument."""
        return (clip.rsplit("-", 2)[0],)

    def reject_name(self, record: Record) -> str:
        """Its name, if it is one of a note."""
        note = record.name
        return note if NAME.fullmatch(note) else f"{record.file}: {note[:80]!r}"

    def clip(self, record: Record, split: str) -> Clip:
        """The note of a record."""
        note = record.name
        audio = self.folder.audio(f"{record.file.partition('/')[0]}/audio/{note}.wav")
        match = NAME.fullmatch(note)
        if match is None or int(match[3]) > 127:
            raise Unusable("malformed-record", f"{note[:80]!r} is not a name of a note")
        told = {
            "note_str": note,
            "instrument_str": match[1],
            "instrument_family_str": match[2],
            "pitch": int(match[3]),
            "velocity": int(match[4]),
        }
        _check_record(record, told)
        family = match[2]
        return self.made(
            note, audio, split, pitch=told["pitch"], instrument=family, instruments=[family]
        )


def _check_record(record: Record, told: dict[str, Any]) -> None:
    """Hold a record against what its name tells."""
    found, place = record.value, f"{record.file}: {record.name}"
    if not isinstance(found, dict) or not told.keys() <= found.keys():
        expected = f"an object with {', '.join(told)}"
        raise Unusable("malformed-record", f"{place} is not {expected}: {found!r:.80}")
    for field, value in told.items():
        # By type too: JSON's true and 1.0 equal 1.
        if type(found[field]) is not type(value) or found[field] != value:
            detail = f"{place} has {field} {found[field]!r:.80}, not {value!r}"
            raise Unusable("label-mismatch", detail)
