"""The stage on which a miniature corpus is laid out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audio_flan.miniatures.bank import Bank, Entry, SpeechEntry, samples

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONTAINERS = {".wav": "WAV", ".flac": "FLAC", ".mp3": "MP3", ".ogg": "OGG", ".opus": "OGG"}


def gain_of(key: str) -> float:
    """The gain of a corpus's recordings, 0.5 to 1, by a hash of its key.

    Miniatures share the voices of the bank. Each has a gain of its own, so that no two of them hold
    the same bytes, which would be one recording in two splits where they deal it differently.
    """
    return 0.5 + int.from_bytes(blake2b(key.encode(), digest_size=2).digest(), "big") / 2**17


@dataclass(frozen=True)
class Stage:
    """The folder of one miniature corpus, and what it is laid out from.

    All paths are relative to the folder; folders are made as needed.

    Args:
        folder: where the corpus is laid out.
        bank: the recordings.
        gain: what recordings of the bank are multiplied by.
    """

    folder: Path
    bank: Bank
    gain: float = 1.0

    def speech(self, voice: str) -> tuple[SpeechEntry, ...]:
        """The sentences of a voice, such as "en_f1" or "zh_m2"."""
        return self.bank.speech(voice[:2], voice)

    def wave(self, entry: Entry, rate: int, speed: float = 1.0) -> NDArray[np.float32]:
        """A recording of the bank at a sampling rate (Hz), played faster and higher by `speed`."""
        import numpy as np

        wave: NDArray[np.float32] = np.float32(self.gain) * samples(entry, round(rate / speed))
        return wave

    def audio(
        self,
        name: str,
        sound: Entry | NDArray[Any],
        rate: int,
        *,
        speed: float = 1.0,
        subtype: str | None = None,
    ) -> None:
        """Write an audio file; its suffix tells the container.

        Args:
            name: path of the file.
            sound: a recording of the bank, or samples [n] or [n, channels] as they are: floats of
                full scale 1.0, or whole numbers of 16 bits.
            rate: sampling rate, Hz.
            speed: what a recording of the bank is played faster and higher by.
            subtype: libsndfile's name of the coding; None for 16 bits, or the container's usual.
        """
        import soundfile

        wave = self.wave(sound, rate, speed) if isinstance(sound, Entry) else sound
        path = self._path(name)
        container = CONTAINERS[path.suffix.lower()]
        if subtype is None:
            subtype = {"WAV": "PCM_16", "FLAC": "PCM_16"}.get(container)
            subtype = "OPUS" if path.suffix == ".opus" else subtype
        soundfile.write(path, wave, rate, subtype=subtype, format=container)

    def text(self, name: str, text: str, encoding: str = "utf-8") -> None:
        """Write a text as it is, line ends included."""
        self.bytes(name, text.encode(encoding))

    def bytes(self, name: str, data: bytes) -> None:
        """Write a file."""
        self._path(name).write_bytes(data)

    def table(
        self,
        name: str,
        rows: Iterable[Iterable[object]],
        delimiter: str,
        header: Iterable[str] = (),
        end: str = "\n",
    ) -> None:
        """Write rows as a table without quoting.

        Args:
            name: path of the file.
            rows: values of each line.
            delimiter: what separates them.
            header: names of the columns; none for a table without header.
            end: what ends a line.
        """
        lines = [*([header] if header else []), *rows]
        self.text(name, "".join(delimiter.join(map(str, line)) + end for line in lines))

    def json(self, name: str, value: Any, indent: int | None = None) -> None:
        """Write a value as JSON."""
        self.text(name, json.dumps(value, ensure_ascii=False, indent=indent))

    def _path(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
