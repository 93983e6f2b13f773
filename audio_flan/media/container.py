"""Cheap checks of audio containers: declared length against the bytes there, nothing decoded."""

from __future__ import annotations

import os
import struct
from io import SEEK_END, BufferedReader, BytesIO
from typing import IO, TYPE_CHECKING, NamedTuple

from audio_flan.errors import Unusable

if TYPE_CHECKING:
    from soundfile import SoundFile

UNKNOWN_LENGTHS = (0, 0xFFFFFFFF)
"""What writers into a pipe leave in a WAV header, where they could not know the length."""


UNPACKED_CODINGS = (0x0001, 0x0003, 0x0006, 0x0007, 0xFFFE)
"""WAV codings with a fixed number of bytes for a sample: PCM, float, A-law, mu-law, extensible."""


class AudioInfo(NamedTuple):
    """What the header of an audio file says.

    Args:
        extension: of the container, lower-case, with the dot.
        rate: sampling rate, Hz.
        channels: number of channels.
        frames: number of samples in each channel.
        bits: resolution of a sample.
    """

    extension: str
    rate: int
    channels: int
    frames: int
    bits: int

    @property
    def seconds(self) -> float:
        """Duration."""
        return self.frames / self.rate


def inspect(data: bytes, name: str, *, to_its_end: bool = True) -> AudioInfo:
    """Read the header of an audio file in memory and compare its declared length with the bytes.

    Args:
        data: the file.
        name: its name, for messages.
        to_its_end: also read the last sample of a container that is compressed.

    Raises:
        Unusable: reason "audio-empty", "audio-truncated" or "not-audio".
    """
    return inspect_file(BytesIO(data), name, to_its_end=to_its_end)


def inspect_file(file: IO[bytes], name: str, *, to_its_end: bool = True) -> AudioInfo:
    """As `inspect`, for an open file, of which only what is needed is read.

    Args:
        file: seekable; it is left anywhere.
        name, to_its_end: as for `inspect`.

    Raises:
        Unusable: as `inspect`.
    """
    size = _size(file, name)
    if _is_wav(file):
        return _inspect_wav(file, size, name)
    return _inspect_by_libsndfile(file, size, name, to_its_end)


def _size(file: IO[bytes], name: str) -> int:
    size = file.seek(0, SEEK_END)
    if size == 0:
        raise Unusable("audio-empty", f"{name}: 0 bytes")
    return size


def _is_wav(file: IO[bytes]) -> bool:
    file.seek(0)
    start = file.read(12)
    return start[:4] == b"RIFF" and start[8:] == b"WAVE"


def _inspect_wav(file: IO[bytes], size: int, name: str) -> AudioInfo:
    """Walk the chunks of a RIFF/WAVE file (Microsoft and IBM, 1991) up to its data."""
    position, fmt = 12, None
    while position + 8 <= size:
        file.seek(position)
        chunk, length = struct.unpack("<4sI", file.read(8))
        position += 8
        if chunk == b"fmt " and position + 16 <= size:
            fmt = struct.unpack("<HHIIHH", file.read(16))
        elif chunk == b"data" and fmt and fmt[0] not in UNPACKED_CODINGS:
            return _inspect_by_libsndfile(file, size, name, to_its_end=True)
        elif chunk == b"data":
            return _wav_info(fmt, length, size - position, name)
        position += length + length % 2
    if position > size:
        raise Unusable("audio-truncated", f"{name}: {size} bytes end inside the header")
    raise Unusable("not-audio", f"{name}: a WAV header without a data chunk")


def _wav_info(fmt: tuple[int, ...] | None, declared: int, available: int, name: str) -> AudioInfo:
    if fmt is None or not fmt[1] or not fmt[2] or not fmt[4]:
        raise Unusable("not-audio", f"{name}: a WAV header without a usable format chunk")
    _, channels, rate, _, frame_bytes, bits = fmt
    length = available if declared in UNKNOWN_LENGTHS else declared
    if length > available:
        detail = f"{name}: the header declares {declared} bytes of samples, {available} are there"
        raise Unusable("audio-truncated", detail)
    if length < frame_bytes:
        raise Unusable("audio-empty", f"{name}: no samples")
    return AudioInfo(".wav", rate, channels, length // frame_bytes, bits)


LARGEST_PAGE = 65_307
"""Bytes of an Ogg page at most (RFC 3533, section 6)."""

EXTENSIONS = {"FLAC": ".flac", "MP3": ".mp3", "OGG": ".ogg", "WAV": ".wav", "WAVEX": ".wav"}
BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_24": 24, "PCM_32": 32, "FLOAT": 32, "DOUBLE": 64}


def open_sound(file: IO[bytes], name: str) -> tuple[AudioInfo, SoundFile]:
    """An audio file's header, and the file opened for its samples: what is compressed, once.

    Args:
        file: seekable.
        name: its name, for messages.

    Raises:
        Unusable: as `inspect`; that a compressed file ends early is only found by reading it.
    """
    size = _size(file, name)
    if _is_wav(file):
        info = _inspect_wav(file, size, name)
        return info, _open_by_libsndfile(file, name)
    sound = _open_by_libsndfile(file, name)
    try:
        return _describe(sound, file, size, name), sound
    except Unusable:
        sound.close()
        raise


def _inspect_by_libsndfile(file: IO[bytes], size: int, name: str, to_its_end: bool) -> AudioInfo:
    """Other containers: their header, and whether their last sample is there."""
    with _open_by_libsndfile(file, name) as sound:
        info = _describe(sound, file, size, name)
        if to_its_end:
            _read_last_sample(sound, name)
    return info


def _open_by_libsndfile(file: IO[bytes], name: str) -> SoundFile:
    import soundfile

    file.seek(0)
    try:
        # A local file by its path: libsndfile asks a Python object for each few bytes.
        return soundfile.SoundFile(_path(file) if isinstance(file, BufferedReader) else file)
    except soundfile.LibsndfileError as error:
        file.seek(0)
        start = file.read(8).hex(" ")
        detail = f"{name}: {error.error_string} The file starts with bytes {start}"
        raise Unusable("not-audio", detail) from None


def _path(file: BufferedReader) -> str | bytes:
    """The path of a local file, as soundfile takes any: it cannot encode text that is not UTF-8."""
    return str(file.name) if os.name == "nt" else os.fsencode(file.name)


def _describe(sound: SoundFile, file: IO[bytes], size: int, name: str) -> AudioInfo:
    if sound.format == "OGG":
        _check_last_page(file, size, name)
    if sound.frames == 0:
        raise Unusable("audio-empty", f"{name}: no samples")
    return AudioInfo(
        EXTENSIONS.get(sound.format, f".{sound.format.lower()}"),
        sound.samplerate,
        sound.channels,
        sound.frames,
        BITS.get(sound.subtype, 16),
    )


def _check_last_page(file: IO[bytes], size: int, name: str) -> None:
    """An Ogg stream declares no length, but marks its last page (RFC 3533, section 6)."""
    position = file.tell()
    file.seek(max(0, size - 2 * LARGEST_PAGE))
    data = file.read()
    # libsndfile continues from its previous position.
    file.seek(position)
    page = data.rfind(b"OggS")
    segments = data[page + 26] if page + 27 <= len(data) else 0
    end = page + 27 + segments + sum(data[page + 27 : page + 27 + segments])
    if page + 27 > len(data) or not data[page + 5] & 4 or end > len(data):
        raise Unusable("audio-truncated", f"{name}: the last page of the stream is not there")


def _read_last_sample(file: SoundFile, name: str) -> None:
    import soundfile

    try:
        file.seek(file.frames - 1)
        there = len(file.read(1, always_2d=True))
    except (soundfile.LibsndfileError, ValueError):
        # soundfile raises ValueError where a damaged file moved it past the declared end.
        there = 0
    if not there:
        detail = f"{name}: {file.frames} samples are declared, the last is not there"
        raise Unusable("audio-truncated", detail)
