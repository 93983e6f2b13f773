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
  a line can not be cut into runs of lines;
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
from collections.abc import Iterator
from typing import Any

from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.corpora.read.json_stream import records
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip, Reject

FILES = {
    "train": "nsynth-train/examples.json",
    "validation": "nsynth-valid/examples.json",
    "test": "nsynth-test/examples.json",
}
FAMILIES = (
    "bass",
    "brass",
    "flute",
    "guitar",
    "keyboard",
    "mallet",
    "organ",
    "reed",
    "string",
    "synth_lead",
    "vocal",
)
# Greedy, so that the family takes all underscores but the last two.
NAME = re.compile(r"((\w+)_[a-z]+_[0-9]+)-([0-9]{3})-([0-9]{3})", re.ASCII)


class NSynth(Corpus):
    """Single notes with pitch and family of the instrument; see the module's docstring."""

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The instrument."""
        return (clip.rsplit("-", 2)[0],)

    def shards(self) -> dict[str, list[Shard]]:
        """One shard for each split whose folder is there."""
        return {s: [Shard(s, (file,))] for s, file in FILES.items() if self.folder.exists(file)}

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The notes of a split, in the order of its examples.json.

        Raises:
            CorpusLayoutError: the file is cut off, or is not a JSON object in UTF-8.
        """
        for note, record in records(self.folder, shard.part[0]):
            try:
                yield self._clip(note, record, shard)
            except Unusable as error:
                place = note if NAME.fullmatch(note) else f"{shard.part[0]}: {note[:80]!r}"
                yield Reject(self.key, place, error.reason, error.detail)

    def _clip(self, note: str, record: Any, shard: Shard) -> Clip:
        audio = self.folder.audio(f"{shard.part[0].partition('/')[0]}/audio/{note}.wav")
        family, pitch = _named(note)
        _check_record(note, record, shard.part[0])
        return Clip(
            id=note,
            corpus=self.key,
            split=shard.split,
            audio=audio,
            pitch=pitch,
            instrument=self.label("instrument", family.replace("_", " ")),
            instruments=self.several("instruments", [family.replace("_", " ")]),
        )


def _named(note: str) -> tuple[str, int]:
    """Family and pitch that a note_str tells."""
    match = NAME.fullmatch(note)
    if match is None or int(match[3]) > 127:
        raise Unusable("malformed-record", f"{note[:80]!r} is not a name of a note")
    return match[2], int(match[3])


def _check_record(note: str, record: Any, file: str) -> None:
    """Hold a record against its note_str."""
    instrument, pitch, velocity = note.rsplit("-", 2)
    told = {
        "note_str": note,
        "instrument_str": instrument,
        "instrument_family_str": instrument.rsplit("_", 2)[0],
        "pitch": int(pitch),
        "velocity": int(velocity),
    }
    if not isinstance(record, dict) or not told.keys() <= record.keys():
        expected = f"an object with {', '.join(told)}"
        raise Unusable("malformed-record", f"{file}: {note} is not {expected}: {record!r:.80}")
    for field, value in told.items():
        # By type too: JSON's true and 1.0 equal 1.
        if type(record[field]) is not type(value) or record[field] != value:
            found = f"{field} {record[field]!r:.80}"
            raise Unusable("label-mismatch", f"{file}: {note} has {found}, not {value!r}")
