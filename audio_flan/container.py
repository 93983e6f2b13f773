"""Cheap checks of audio containers: declared length against the bytes there, nothing decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO

from audio_flan.errors import Unusable

UNKNOWN_LENGTHS = (0, 0xFFFFFFFF)
"""What writers into a pipe leave in a WAV header, where they could not know the length."""


UNPACKED_CODINGS = (0x0001, 0x0003, 0x0006, 0x0007, 0xFFFE)
"""WAV codings with a fixed number of bytes for a sample: PCM, float, A-law, mu-law, extensible."""


@dataclass(frozen=True, slots=True)
class AudioInfo:
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


def inspect(head: bytes, size: int, name: str) -> AudioInfo:
    """Read an audio file's header and compare its declared length with the file's.

    Args:
        head: the first bytes of the file, or all of them.
        size: size of the file in bytes.
        name: the file's name, for messages.

    Raises:
        Unusable: reason "audio-empty", "audio-truncated" or "not-audio".
    """
    if size == 0:
        raise Unusable("audio-empty", f"{name}: 0 bytes")
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return _inspect_wav(head, size, name)
    return _inspect_by_libsndfile(head, size, name)


def _inspect_wav(head: bytes, size: int, name: str) -> AudioInfo:
    """Walk the chunks of a RIFF/WAVE file (Microsoft and IBM, 1991) up to its data."""
    position, fmt = 12, None
    while position + 8 <= len(head):
        chunk, length = head[position : position + 4], _uint32(head, position + 4)
        position += 8
        if chunk == b"fmt " and position + 16 <= len(head):
            fmt = struct.unpack_from("<HHIIHH", head, position)
        elif chunk == b"data" and fmt and fmt[0] not in UNPACKED_CODINGS:
            return _inspect_by_libsndfile(head, size, name)
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


def _uint32(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 4], "little")


EXTENSIONS = {"FLAC": ".flac", "MP3": ".mp3", "OGG": ".ogg", "WAV": ".wav", "WAVEX": ".wav"}
BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_24": 24, "PCM_32": 32, "FLOAT": 32, "DOUBLE": 64}


def _inspect_by_libsndfile(data: bytes, size: int, name: str) -> AudioInfo:
    """Other containers: their header, and whether their last sample is there."""
    import soundfile

    if len(data) < size:
        raise Unusable("not-audio", f"{name}: this container is checked on the whole file")
    try:
        with soundfile.SoundFile(BytesIO(data)) as file:
            if file.format == "OGG":
                _check_last_page(data, name)
            if file.frames == 0:
                raise Unusable("audio-empty", f"{name}: no samples")
            info = AudioInfo(
                EXTENSIONS.get(file.format, f".{file.format.lower()}"),
                file.samplerate,
                file.channels,
                file.frames,
                BITS.get(file.subtype, 16),
            )
            _read_last_sample(file, name)
    except soundfile.LibsndfileError as error:
        start = data[:8].hex(" ")
        detail = f"{name}: {error.error_string} The file starts with bytes {start}"
        raise Unusable("not-audio", detail) from None
    return info


def _check_last_page(data: bytes, name: str) -> None:
    """An Ogg stream declares no length, but marks its last page (RFC 3533, section 6)."""
    page = data.rfind(b"OggS")
    segments = data[page + 26] if page + 27 <= len(data) else 0
    end = page + 27 + segments + sum(data[page + 27 : page + 27 + segments])
    if page + 27 > len(data) or not data[page + 5] & 4 or end > len(data):
        raise Unusable("audio-truncated", f"{name}: the last page of the stream is not there")


def _read_last_sample(file: object, name: str) -> None:
    import soundfile

    assert isinstance(file, soundfile.SoundFile)
    try:
        file.seek(file.frames - 1)
        there = len(file.read(1, always_2d=True))
    except (soundfile.LibsndfileError, ValueError):
        # soundfile raises ValueError where a damaged file moved it past the declared end.
        there = 0
    if not there:
        detail = f"{name}: {file.frames} samples are declared, the last is not there"
        raise Unusable("audio-truncated", detail)
