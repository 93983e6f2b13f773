"""The rules of a row's sound: it decodes, and has the container and duration that are stated."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

from audio_flan.check.rows import Cell, Row
from audio_flan.errors import Unusable
from audio_flan.media.audio import BLOCK_FRAMES
from audio_flan.media.container import inspect

TOLERANCE = 0.010
"""Between the column `seconds` and the sound, seconds."""

MAX_KNOWN = 1 << 20
"""Audios that are remembered as decoded; they take 150 MB of memory."""


class Sound(NamedTuple):
    """What is heard, or what the header says.

    Args:
        extension: of the container.
        seconds: its duration.
        silent: whether all samples are zero; False where they were not looked at.
    """

    extension: str
    seconds: float
    silent: bool


class Listener:
    """Listens to the audio of rows; audio that occurs again, as in another task, is decoded once.

    Attributes:
        decoded: number of audios that were decoded, or were known.
        seconds: duration of all the audio.
    """

    def __init__(self) -> None:
        self.decoded = 0
        self.seconds = 0.0
        self._known: dict[int, Sound] = {}

    def faults(self, row: Row, decode: bool) -> Iterator[tuple[str, str]]:
        """Kind and detail of the faults of a row's sound; notes which of its cells are silent.

        Args:
            row: the row.
            decode: decode all of it; else only headers are read.
        """
        told, heard = row.values["seconds"], 0.0
        for cell in row.cells:
            try:
                sound = self._listen(cell, decode)
            except Unusable as error:
                # Audio that cannot be read has no duration to compare.
                heard = float("nan")
                if cell.data:
                    yield "audio", f"{cell.column}: {error}"
                continue
            cell.silent = sound.silent
            heard += sound.seconds
            if sound.extension != cell.extension:
                yield "extension", f"{cell.column}: {cell.path} is {sound.extension}"
        if not told > 0:
            yield "seconds", f"{told} s"
        elif row.cells and abs(heard - told) > TOLERANCE:
            yield "seconds", f"the row says {told:.3f} s, its audio lasts {heard:.3f} s"
        self.seconds += told if told > 0 else 0.0

    def _listen(self, cell: Cell, decode: bool) -> Sound:
        if not decode:
            info = inspect(cell.data, cell.path, to_its_end=False)
            return Sound(info.extension, info.seconds, silent=False)
        self.decoded += 1
        if (sound := self._known.get(cell.content)) is None:
            sound = decoded(cell.data, cell.path)
            if len(self._known) < MAX_KNOWN:
                self._known[cell.content] = sound
        return sound


def decoded(data: bytes, name: str) -> Sound:
    """Decode an audio file, block by block, so that an hour of it takes no more memory.

    Args:
        data: the file.
        name: its name, for messages.

    Raises:
        Unusable: it does not decode, or ends too early.
    """
    import soundfile

    info = inspect(data, name, to_its_end=False)
    frames, silent = 0, True
    try:
        with soundfile.SoundFile(BytesIO(data)) as file:
            while len(block := file.read(BLOCK_FRAMES, dtype="int32", always_2d=True)):
                frames += len(block)
                silent = silent and not block.any()
    except soundfile.LibsndfileError as error:
        raise Unusable("not-audio", f"{name}: {error.error_string}") from None
    if frames < info.frames:
        detail = f"{name}: {info.frames} samples are declared, {frames} are there"
        raise Unusable("audio-truncated", detail)
    return Sound(info.extension, frames / info.rate, silent)
