"""The clip: one stretch of source audio with its annotations, and the vocabulary of these.

THE place of annotation names: a corpus reader fills them, a task requires them. A new annotation
is a new field here, with its type, its unit and its meaning; there are no loose keys. Fields of a
closed set hold a `Label`, which knows the set: options and distractors come from there.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from audio_flan.audio import AudioRef
from audio_flan.slots import Label


@dataclass(frozen=True, slots=True)
class Note:
    """One annotated note of a melody.

    Args:
        onset: start, seconds from the start of the clip.
        offset: end, seconds from the start of the clip.
        pitch: MIDI number, 69.0 = 440 Hz; fractions where the note lies off the tempered grid.
        agreed: False where a second annotator heard no such note.
    """

    onset: float
    offset: float
    pitch: float
    agreed: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.onset < self.offset:
            raise ValueError(f"a note must not end before it starts: {self.onset}-{self.offset} s")
        if not 0 <= self.pitch < 128:
            raise ValueError(f"a pitch is a MIDI number from 0 to 127: {self.pitch}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One stretch of source audio, its identity and its annotations (None where unknown).

    Identity:
        id: the publisher's own id, unique in the corpus.
        corpus: key of the corpus.
        split: split of the corpus: "train", "validation" or "test".
        audio: where the audio is.
    """

    id: str
    corpus: str
    split: str
    audio: AudioRef

    transcript: str | None = None
    """What is said, as the publisher writes it."""
    normalized_transcript: str | None = None
    """What is said, numbers and abbreviations spelled out."""
    language: str | None = None
    """Language of the words, BCP 47 code of `audio_flan.languages`."""
    phones: str | None = None
    """Phones or syllables as said, separated by blanks."""
    phone_notation: Label | None = None
    """How `phones` is written, in words: "pinyin with tone digits"."""
    speaker: str | None = None
    """Id of the person who speaks, unique in the corpus."""
    gender: Label | None = None
    """Gender of the speaker, as the publisher states it."""
    age: Label | None = None
    """Age group of the speaker, in words."""
    accent: Label | None = None
    """Accent of the speaker, in words."""
    emotion: Label | None = None
    """Emotion that the speaker acts or shows."""
    intent: Label | None = None
    """What the speaker wants a device to do, in words."""
    sentence: str | None = None
    """Id of the words: clips of one corpus and language that share it say the same."""
    clean_speech: bool | None = None
    """True: close-microphone speech without audible noise, fit as the target of enhancement."""
    noise: bool | None = None
    """True: noise without speech, fit to be added to speech."""
    artist: str | None = None
    """Id of the person or group who performs, unique in the corpus."""
    lyrics: str | None = None
    """Words that are sung, a line per phrase."""
    instrument: Label | None = None
    """Family of the instrument that plays alone."""
    pitch: int | None = None
    """Pitch of a single note, MIDI number (69 = 440 Hz)."""
    notes: tuple[Note, ...] | None = None
    """Notes of a single melody line, by onset."""
    scene: Label | None = None
    """Acoustic scene, in words."""
    device: Label | None = None
    """Recording device, as the publisher calls it."""


IDENTITY = ("id", "corpus", "split", "audio")
ANNOTATIONS = frozenset(f.name for f in fields(Clip)) - frozenset(IDENTITY)
"""Names of the annotation fields: what corpora provide and tasks require."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A clip, or a line of metadata, that can not be used; counted and listed, never lost.

    Args:
        corpus: key of the corpus.
        clip: id of the clip, or "file:line" where there is none.
        reason: short and countable: "audio-missing", "malformed-line", …
        detail: what exactly was found, and where.
    """

    corpus: str
    clip: str
    reason: str
    detail: str
