"""Corpora of clips of usual lengths, joined from the recordings of the package's bank."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.media.audio import AudioRef
from audio_flan.miniatures.bank import Entry, SceneEntry, load_bank, samples
from audio_flan.model.clip import Clip
from audio_flan.model.labels import Labels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CLIPS = 12
"""Of each corpus."""

SPEECH_RATE, SOUND_RATE = 24_000, 32_000
SPEECH_SECONDS = (3.0, 10.0)
SOUND_SECONDS = 10.0
CLASSES_OF_SOUND = 500
"""About as many as AudioSet has."""


class _Clips(Corpus):
    """A folder of clips, all in one shard of one split."""

    license = "CC0-1.0"
    origin = "synthesised"

    def shards(self) -> dict[str, list[Shard]]:
        """One shard."""
        return {"train": [Shard("train", (self.key,))]}


class Speech(_Clips):
    """Read speech of five speakers."""

    key = "speech"
    provides = frozenset({"clean_speech", "speaker", "transcript"})

    def clips(self, shard: Shard) -> Iterator[Clip]:
        """The utterances; speakers take turns."""
        for number in range(CLIPS):
            yield Clip(
                id=f"{number}",
                corpus=self.key,
                split=shard.split,
                audio=_audio(self, f"speech-{number}.wav"),
                clean_speech=True,
                speaker=_speakers()[number % len(_speakers())],
                transcript=f"Utterance {number}.",
                language="en",
            )


class Sounds(_Clips):
    """Six kinds of sound, two recordings of each, with captions."""

    key = "sounds"
    provides = frozenset({"sound", "caption", "event_labels", "event_families"})

    def clips(self, shard: Shard) -> Iterator[Clip]:
        """The recordings."""
        kinds = [scene.label.replace("_", " ") for scene in _scenes()]
        options = (*kinds, *(f"sound {n}" for n in range(CLASSES_OF_SOUND - len(kinds))))
        for number in range(CLIPS):
            label = kinds[number % len(kinds)]
            yield Clip(
                id=f"{number}",
                corpus=self.key,
                split=shard.split,
                audio=_audio(self, f"sound-{number}.flac"),
                sound=True,
                caption=f"The sound of {label}.",
                event_labels=Labels((label,), options),
                event_families=frozenset({label}),
            )


def _audio(corpus: Corpus, name: str) -> AudioRef:
    return AudioRef(f"{corpus.folder.path}/{name}", name)


def _speakers() -> list[str]:
    return sorted({sentence.speaker for sentence in load_bank().speech("en")})


def _scenes() -> tuple[SceneEntry, ...]:
    return load_bank().scenes[: CLIPS // 2]


def write_clips(root: Path) -> Path:
    """Write the clips, out of the recordings of the package's bank; those there stay."""
    import soundfile

    root.mkdir(parents=True, exist_ok=True)
    bank, (shortest, longest) = load_bank(), SPEECH_SECONDS
    for number in range(CLIPS):
        speech, sound = root / f"speech-{number}.wav", root / f"sound-{number}.flac"
        if speech.exists() and sound.exists():
            continue
        speaker = _speakers()[number % len(_speakers())]
        seconds = shortest + (longest - shortest) * (number * 5 % CLIPS) / (CLIPS - 1)
        said = _joined(bank.speech("en", speaker), SPEECH_RATE, seconds, number)
        soundfile.write(speech, said, SPEECH_RATE, subtype="PCM_16")
        recordings = _scenes()[number % len(_scenes())], *bank.noises
        heard = _joined(recordings, SOUND_RATE, SOUND_SECONDS, number)
        soundfile.write(sound, heard, SOUND_RATE, subtype="PCM_16")
    return root


def _joined(
    recordings: tuple[Entry, ...], rate: int, seconds: float, first: int
) -> NDArray[np.float32]:
    """Recordings one after the other, again and again, with pauses in which is faint noise."""
    import numpy as np

    rng, count = np.random.default_rng(first), round(seconds * rate)
    pieces: list[NDArray[np.float32]] = []
    for turn in range(count):
        if sum(map(len, pieces)) >= count:
            break
        recording = samples(recordings[(first + turn) % len(recordings)], rate)
        pieces += [recording, np.zeros(round(rng.uniform(0.1, 0.5) * rate), np.float32)]
    faint = rng.standard_normal(count, dtype=np.float32) * np.float32(1e-4)
    joined: NDArray[np.float32] = np.concatenate(pieces)[:count] + faint
    return joined
