"""The bank of short synthesised recordings from which miniature corpora are written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from importlib.abc import Traversable
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt


class Note(NamedTuple):
    """A note: onset and offset in seconds, pitch as a MIDI number."""

    onset: float
    offset: float
    pitch: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One recording: id (the file stem), sample rate in Hz and length in frames."""

    id: str
    rate: int
    frames: int

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.frames / self.rate


@dataclass(frozen=True, slots=True)
class SpeechEntry(Entry):
    """A spoken sentence.

    Sentences of one language with the same ``sentence`` number have the same words. Mandarin
    texts are also given by syllable: ``han`` and ``pinyin`` (tone digit 1 to 5, 5 = neutral) have
    the same length, and an erhua syllable is one item (点儿, dianr3); both are empty in English
    and in translations.
    """

    language: str
    speaker: str
    gender: str
    sentence: int
    text: str
    normalized_text: str
    han: tuple[str, ...] = ()
    pinyin: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MelodyEntry(Entry):
    """A sung solo melody; ``language`` is an English name or ``none``, then without lyrics."""

    singer: str
    language: str
    lyrics: tuple[str, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class SceneEntry(Entry):
    """An acoustic scene and its label."""

    label: str


@dataclass(frozen=True, slots=True)
class NoiseEntry(Entry):
    """A noise without speech and its label."""

    label: str


@dataclass(frozen=True, slots=True)
class NoteEntry(Entry):
    """A single note: what it resembles ("guitar", "flute", …) and its pitch, a MIDI number."""

    family: str
    pitch: int


@dataclass(frozen=True, slots=True)
class Bank:
    """All recordings, by kind, in the order of the index.

    The translations say what the English sentences of the same ``sentence`` number say, in
    Mandarin, Spanish and German; their speakers speak nothing else.
    """

    sentences: tuple[SpeechEntry, ...]
    translations: tuple[SpeechEntry, ...]
    melodies: tuple[MelodyEntry, ...]
    scenes: tuple[SceneEntry, ...]
    noises: tuple[NoiseEntry, ...]
    notes: tuple[NoteEntry, ...]

    def speech(self, language: str, speaker: str | None = None) -> tuple[SpeechEntry, ...]:
        """Return the sentences of a language (``en`` or ``zh``), of all speakers or of one."""
        return tuple(
            entry
            for entry in self.sentences
            if entry.language == language and speaker in (None, entry.speaker)
        )


@cache
def load_bank() -> Bank:
    """Read the index of the bank."""
    import yaml

    index = yaml.safe_load((_folder() / "bank.yaml").read_text(encoding="utf-8"))
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for fields in index["entries"]:
        by_kind.setdefault(fields.pop("kind"), []).append(fields)
    return Bank(
        sentences=tuple(_speech(fields) for fields in by_kind["speech"]),
        translations=tuple(_speech(fields) for fields in by_kind["translation"]),
        melodies=tuple(_melody(fields) for fields in by_kind["melody"]),
        scenes=tuple(SceneEntry(**fields) for fields in by_kind["scene"]),
        noises=tuple(NoiseEntry(**fields) for fields in by_kind["noise"]),
        notes=tuple(NoteEntry(**fields) for fields in by_kind["note"]),
    )


def samples(entry: Entry, rate: int) -> npt.NDArray[np.float32]:
    """Return the mono samples of a recording, full scale 1.0, at a sample rate in Hz."""
    import numpy as np
    import soundfile
    import soxr

    with (_folder() / f"{entry.id}.flac").open("rb") as file:
        audio, source_rate = soundfile.read(file, dtype="float32")
    return np.asarray(soxr.resample(audio, source_rate, rate, quality="VHQ"), dtype=np.float32)


def write_wav(
    path: Path, samples: npt.NDArray[np.float32], rate: int, subtype: str = "PCM_16"
) -> None:
    """Write samples (full scale 1.0) as WAV at a sample rate in Hz."""
    import soundfile

    soundfile.write(path, samples, rate, subtype=subtype, format="WAV")


def _folder() -> Traversable:
    return files("audio_flan.miniatures") / "recordings"


def _speech(fields: dict[str, Any]) -> SpeechEntry:
    han, pinyin = tuple(fields.pop("han", ())), tuple(fields.pop("pinyin", ()))
    text = fields.pop("text", "".join(han))
    normalized_text = fields.pop("normalized_text", text)
    return SpeechEntry(**fields, text=text, normalized_text=normalized_text, han=han, pinyin=pinyin)


def _melody(fields: dict[str, Any]) -> MelodyEntry:
    lyrics = tuple(fields.pop("lyrics"))
    notes = tuple(Note(*note) for note in fields.pop("notes"))
    return MelodyEntry(**fields, lyrics=lyrics, notes=notes)
