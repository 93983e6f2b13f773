"""The cheap check of audio files: what it reads from headers, and what it finds broken."""

from __future__ import annotations

import struct
from functools import cache
from io import BytesIO

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_flan.errors import Unusable
from audio_flan.media.container import AudioInfo, inspect, inspect_file

RATE = 8000
FRAMES = 1600
REASONS = {"audio-empty", "audio-truncated", "not-audio"}
OTHERS = [("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III")]
WAV_CODINGS = ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"]
WAV_BLOCK_CODINGS = ["IMA_ADPCM", "MS_ADPCM"]


@cache
def encoded(format: str, subtype: str, channels: int = 1) -> bytes:
    """Two seconds of a tone in noise, which leaves no codec much to save."""
    time = np.arange(2 * RATE)[:, None] / RATE
    noise = np.random.default_rng(0).standard_normal((2 * RATE, channels))
    target = BytesIO()
    samples = 0.3 * np.sin(2 * np.pi * 440 * time) + 0.02 * noise
    soundfile.write(target, samples, RATE, format=format, subtype=subtype)
    return target.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def wav(*before_data: bytes, bits: int = 16, declared: int | None = None, tag: int = 1) -> bytes:
    """A mono WAV file by hand: `FRAMES` frames, any chunks before its data, any declared length."""
    width = bits // 8
    fmt = struct.pack("<HHIIHH", tag, 1, RATE, RATE * width, width, bits)
    if tag == 0xFFFE:
        guid = b"\x01\x00" + bytes.fromhex("000000001000800000aa00389b71")
        fmt += struct.pack("<HHI", 22, bits, 4) + guid
    samples = np.random.default_rng(0).bytes(FRAMES * width)
    data = b"data" + struct.pack("<I", len(samples) if declared is None else declared) + samples
    body = b"WAVE" + chunk(b"fmt ", fmt) + b"".join(before_data) + data
    size = len(body) if declared is None else declared
    return b"RIFF" + struct.pack("<I", size) + body


WAVS = {
    "16 bit": wav(),
    "24 bit": wav(bits=24),
    "float": wav(bits=32, tag=3),
    "a chunk before the samples": wav(chunk(b"LIST", b"INFOISFT" + chunk(b"", b"Lavf58.76.100"))),
    "chunks of odd length": wav(chunk(b"odd1", b"123"), chunk(b"odd2", b"1")),
    "a chunk of length 0": wav(chunk(b"void", b"")),
    "a chunk longer than the first read": wav(chunk(b"junk", b"data" * 3000)),
    "WAVE_FORMAT_EXTENSIBLE": wav(bits=24, tag=0xFFFE),
}
by_wav = pytest.mark.parametrize("data", WAVS.values(), ids=WAVS.keys())


def reason(data: bytes) -> str:
    with pytest.raises(Unusable) as caught:
        inspect(data, "wavs/x.wav")
    assert caught.value.detail.startswith("wavs/x.wav: ")
    return caught.value.reason


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("format", "subtype"), [*OTHERS, ("WAV", "PCM_16"), ("WAVEX", "PCM_24")])
def test_header_tells_what_libsndfile_tells(format: str, subtype: str, channels: int) -> None:
    data = encoded(format, subtype, channels)
    bits = 24 if subtype == "PCM_24" else 16
    extension = {"WAVEX": ".wav"}.get(format, f".{format.lower()}")
    assert inspect(data, "x") == AudioInfo(extension, RATE, channels, 2 * RATE, bits)


@pytest.mark.parametrize("subtype", [*WAV_CODINGS, *WAV_BLOCK_CODINGS])
def test_duration_of_a_wav_file_is_right_in_every_coding(subtype: str) -> None:
    data = encoded("WAV", subtype)
    assert inspect(data, "x").seconds == soundfile.info(BytesIO(data)).duration


@by_wav
def test_chunks_before_the_samples_do_not_change_what_is_read(data: bytes) -> None:
    told = soundfile.info(BytesIO(data))
    found = inspect(data, "x")
    assert (found.rate, found.channels, found.frames) == (told.samplerate, 1, told.frames)
    assert (found.rate, found.frames, found.seconds) == (RATE, FRAMES, FRAMES / RATE)


def test_resolution_is_read_from_the_header() -> None:
    bits = {name: inspect(data, "x").bits for name, data in WAVS.items()}
    assert bits["16 bit"] == 16
    assert bits["24 bit"] == bits["WAVE_FORMAT_EXTENSIBLE"] == 24
    assert bits["float"] == 32


@pytest.mark.parametrize("declared", [0xFFFFFFFF, 0])
def test_lengths_that_a_pipe_left_unknown_are_taken_from_the_file(declared: int) -> None:
    data = wav(declared=declared)
    assert inspect(data, "x").frames == FRAMES


def test_of_a_wav_file_only_the_header_is_read() -> None:
    class Counted(BytesIO):
        count = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.count += len(data)
            return data

    data = WAVS["a chunk longer than the first read"]
    file = Counted(data)
    assert inspect_file(file, "x") == inspect(data, "x")
    assert 0 < file.count < 100 < len(data)


@by_wav
def test_a_wav_file_cut_at_any_byte_is_unusable(data: bytes) -> None:
    # Every byte of the header, some among the samples, and the last ones.
    header = data.rindex(b"data") + 8
    samples = range(header, len(data) - 8, 97)
    reasons = {end: reason(data[:end]) for end in range(header)}
    assert set(reasons.values()) <= REASONS
    assert reasons[0] == "audio-empty"
    for end in (*samples, *range(len(data) - 8, len(data))):
        assert reason(data[:end]) == "audio-truncated", f"cut after {end} bytes"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
@pytest.mark.parametrize(("format", "subtype"), OTHERS)
def test_other_containers_cut_short_are_truncated(format: str, subtype: str, share: float) -> None:
    data = encoded(format, subtype)
    assert reason(data[: int(share * len(data))]) == "audio-truncated"


@pytest.mark.parametrize("format", ["WAV", "FLAC"])
def test_a_file_without_samples_is_empty(format: str) -> None:
    target = BytesIO()
    soundfile.write(target, np.zeros((0, 1)), RATE, format=format)
    assert reason(target.getvalue()) == "audio-empty"


@pytest.mark.parametrize(
    "data",
    [
        b"This is no audio.\n",
        b"<html><body>404 Not Found</body></html>" * 20,
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        b"RIFF\x24\x00\x00\x00AVI LIST",
        b"\0" * 10_000,
        wav().replace(b"fmt ", b"junk"),
        wav().replace(struct.pack("<I", RATE), b"\0\0\0\0", 1),
        wav()[:36],
    ],
    ids=["text", "html", "lfs pointer", "avi", "zeros", "no format", "rate 0", "no data chunk"],
)
def test_what_is_no_audio_is_told_so(data: bytes) -> None:
    assert reason(data) == "not-audio"


def inspects_or_is_unusable(data: bytes) -> None:
    try:
        found = inspect(data, "x")
    except Unusable as error:
        assert error.reason in REASONS
    else:
        assert found.frames > 0
        assert found.rate > 0
        assert found.channels > 0


STARTS = [b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEfmt ", b"fLaC", b"OggS", b"ID3"]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(STARTS), st.binary(max_size=100))
def test_any_bytes_inspect_or_are_unusable(start: bytes, data: bytes) -> None:
    inspects_or_is_unusable(start + data)


CODINGS = [("WAV", "PCM_16"), ("WAVEX", "PCM_24"), ("WAV", "IMA_ADPCM"), *OTHERS]


def test_an_mp3_file_that_lacks_a_byte_inside_inspects_or_is_unusable() -> None:
    data = encoded("MP3", "MPEG_LAYER_III")
    for place in range(0, len(data), len(data) // 50):
        inspects_or_is_unusable(data[:place] + data[place + 1 :])


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CODINGS), st.data())
def test_damaged_files_inspect_or_are_unusable(
    coding: tuple[str, str], data: st.DataObject
) -> None:
    damaged = bytearray(encoded(*coding))
    # Headers matter most, and are at the start.
    place = st.integers(0, 80) | st.integers(0, len(damaged) - 1)
    for start in data.draw(st.lists(place, min_size=1, max_size=4)):
        change = data.draw(st.binary(max_size=8))
        damaged[start : start + data.draw(st.integers(0, 8))] = change
    inspects_or_is_unusable(bytes(damaged[: data.draw(st.none() | place)]))
