"""The clip: one stretch of source audio with its annotations, and the vocabulary of these.

Names of annotations are defined here only: a corpus reader fills them, a task requires them. A new
annotation is a new field here, with its type, its unit and its meaning; there are no loose keys.
Fields of a closed set hold a `Label`, which knows the set: options and distractors come from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from audio_flan.media.audio import AudioRef
from audio_flan.model.labels import Label, Labels


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


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a clip and what it is: an event, a chord, a speaker's turn.

    Args:
        start, end: seconds from the start of the clip.
        label: the class of the event, the chord, or the id of the speaker.
    """

    start: float
    end: float
    label: str

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span must not end before it starts: {self.start}-{self.end} s")


@dataclass(frozen=True, slots=True)
class Beat:
    """One beat.

    Args:
        time: seconds from the start of the clip.
        position: place in the bar, 1 is the downbeat.
    """

    time: float
    position: int


@dataclass(frozen=True, slots=True)
class Part:
    """One of the instruments of a piece, and the notes that it plays.

    Args:
        instrument: its name, in words.
        notes: by onset; several may sound at once.
    """

    instrument: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Stem:
    """What one source contributes to a mixture, as audio as long as the mixture.

    Args:
        role: its name inside the clip, for its audio id: letters, digits and hyphens.
        audio: where it is.
        instrument: what plays; None where it is a voice.
        speaker: id of who speaks; None where it is an instrument.
        gender: gender of the speaker, where known.
        utterance: id of what is said: stems that share it hold the same recording.
    """

    role: str
    audio: AudioRef
    instrument: Label | None = None
    speaker: str | None = None
    gender: Label | None = None
    utterance: str | None = None


class Clip(NamedTuple):
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
    """Language of the words, BCP 47 code of `audio_flan.model.languages`."""
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
    meaning: str | None = None
    """Id of what is said: clips of one corpus that share it are translations of one another."""
    paragraph: str | None = None
    """Id of the paragraph that is read, unique in the corpus; several clips may share it."""
    description: str | None = None
    """How the speech sounds, in sentences: voice, manner, recording; not the words said."""
    turns: tuple[Span, ...] | None = None
    """Who speaks when, by start; turns of several speakers may overlap."""
    voices: tuple[Stem, ...] | None = None
    """The voices that were mixed into the clip, each as audio of its own."""
    clean_speech: bool | None = None
    """True: close-microphone speech without audible noise, fit as the target of enhancement."""
    noise: bool | None = None
    """True: noise without speech, fit to be added to speech."""
    room_response: bool | None = None
    """True: the response of a room to an impulse, to be convolved with dry sound."""
    artist: str | None = None
    """Id of the person or group who performs, unique in the corpus."""
    piece: str | None = None
    """Id of the piece of music that the clip is cut from, unique in the corpus."""
    lyrics: str | None = None
    """Words that are sung, a line per phrase."""
    instrument: Label | None = None
    """Family of the instrument that plays alone."""
    instruments: Labels | None = None
    """All instruments that play in the clip."""
    key: Label | None = None
    """Key of the whole clip, tonic and mode: "F# minor"; sharps only."""
    tempo: float | None = None
    """Tempo of the whole clip, beats per minute."""
    beats: tuple[Beat, ...] | None = None
    """Its beats, by time."""
    chords: tuple[Span, ...] | None = None
    """Its chords in Harte's syntax ("F:maj", "N" for none), without gaps, neighbours different."""
    parts: tuple[Part, ...] | None = None
    """What each of its instruments plays."""
    stems: tuple[Stem, ...] | None = None
    """The instruments that were mixed into the clip, each as audio of its own."""
    pitch: int | None = None
    """Pitch of a single note, MIDI number (69 = 440 Hz)."""
    notes: tuple[Note, ...] | None = None
    """Notes of a single melody line, by onset."""
    scene: Label | None = None
    """Acoustic scene, in words."""
    device: Label | None = None
    """Recording device, as the publisher calls it."""
    caption: str | None = None
    """What can be heard, in a sentence."""
    event_labels: Labels | None = None
    """Classes of all sounds that can be heard anywhere in the clip."""
    event_families: frozenset[str] | None = None
    """These classes and all that stand above them: clips that share one may sound alike."""
    events: tuple[Span, ...] | None = None
    """Sound events with their times, by start; they may overlap."""
    event_classes: tuple[str, ...] | None = None
    """All classes that `events` could be of."""
    sound_kind: Label | None = None
    """The one kind of sound in the clip: "speech", "silence", "music" or "noise"."""
    speech_presence: Label | None = None
    """Whether anybody speaks in the clip: "speech" or "non-speech"."""
    sound: bool | None = None
    """True: a recording of several seconds, fit to be restored, filled, continued or mixed."""

    @property
    def identity(self) -> tuple[str, str]:
        """What identifies the clip: (corpus, id)."""
        return self.corpus, self.id

    @property
    def all_stems(self) -> tuple[Stem, ...]:
        """The sources that were mixed into it, instruments and voices."""
        return (self.stems or ()) + (self.voices or ())


IDENTITY = ("id", "corpus", "split", "audio")
ANNOTATIONS = frozenset(Clip._fields) - frozenset(IDENTITY)
"""Names of the annotation fields: what corpora provide and tasks require."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A clip, or a line of metadata, that cannot be used; counted and listed, never lost.

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
