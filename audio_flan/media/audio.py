"""Audio as it moves through the library: where it is, its encoded bytes, its samples.

Whole source audio is carried as the publisher's bytes, untouched and undecoded; audio that is cut
or computed becomes FLAC. All decoding is done by libsndfile, so that no torch is needed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from audio_flan.errors import Unusable
from audio_flan.media.container import AudioInfo, inspect, inspect_file, open_sound
from audio_flan.media.files import audio_file, read_audio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


BLOCK_FRAMES = 1 << 22
"""Samples of each channel that are decoded at once: 95 seconds at 44.1 kHz."""


class AudioRef(NamedTuple):
    """Where a stretch of source audio is. Nothing is opened until its bytes are read.

    Args:
        path: local path, fsspec URL, or the path of a zip archive.
        name: path inside the corpus as the publisher lays it out, for provenance.
        member: name inside the zip archive; None for a plain file.
        start, end: the stretch in seconds; None for the whole file.
        channel: the one channel that is meant, from 0; None for all.
    """

    path: str
    name: str
    member: str | None = None
    start: float | None = None
    end: float | None = None
    channel: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the whole file is meant, whose bytes can be carried as they are."""
        return self.start is None and self.channel is None

    def cut(self, start: float, end: float) -> AudioRef:
        """A stretch of this audio, inside it; times in seconds from the start of this one."""
        origin = self.start or 0.0
        stop = origin + end if self.end is None else min(origin + end, self.end)
        return self._replace(start=origin + start, end=stop)


@dataclass(frozen=True, slots=True)
class Waveform:
    """Computed audio.

    Args:
        samples: float32 [channels, n], full scale is 1.
        rate: sampling rate, Hz.
    """

    samples: NDArray[np.float32]
    rate: int

    @property
    def seconds(self) -> float:
        """Duration."""
        return float(self.samples.shape[1] / self.rate)


class EncodedAudio(NamedTuple):
    """An audio file in memory.

    Args:
        data: its bytes.
        extension: of its container, lower-case, with the dot.
        seconds: its duration.
    """

    data: bytes
    extension: str
    seconds: float


def load(ref: AudioRef, *, verify: bool = False) -> EncodedAudio:
    """The bytes of a stretch of source audio: the file's own where it is whole, else FLAC.

    Args:
        ref: where the audio is.
        verify: decode all of it, rather than compare the declared length with the bytes there.

    Raises:
        Unusable: reason "audio-missing", "audio-empty", "audio-truncated" or "not-audio".
    """
    if not ref.is_whole:
        just_read = (stretch for kept, stretch in _just_read if kept is ref)
        return _encode_stretch(*(next(just_read, None) or _read_stretch(ref)))
    data = read_audio(ref.path, ref.member, ref.name)
    info = inspect(data, ref.name)
    if verify:
        _decode_bytes(data, ref.name)
    return EncodedAudio(data, info.extension, info.seconds)


def probe(ref: AudioRef) -> AudioInfo:
    """Look at an audio file's header and length only.

    Raises:
        Unusable: as `load`.
    """
    with audio_file(ref.path, ref.member, ref.name) as file:
        return inspect_file(file, ref.name)


def duration(ref: AudioRef) -> float:
    """Duration of a stretch of source audio in seconds, from the header alone.

    Raises:
        Unusable: as `load`; a compressed file that is cut short is only found by reading it.
    """
    with audio_file(ref.path, ref.member, ref.name) as file:
        seconds = inspect_file(file, ref.name, to_its_end=False).seconds
    start, end = ref.start or 0.0, seconds if ref.end is None else min(ref.end, seconds)
    if start >= end:
        raise _outside(ref, seconds)
    return end - start


_just_read: deque[tuple[AudioRef, tuple[Waveform, int]]] = deque(maxlen=2)
"""What a task has just read, for the row that is made next from the same references."""


def waveform(ref: AudioRef) -> Waveform:
    """The samples of a stretch of source audio.

    Raises:
        Unusable: as `load`; also where the file does not decode.
    """
    if not ref.is_whole:
        stretch = _read_stretch(ref)
        stretch[0].samples.setflags(write=False)
        _just_read.append((ref, stretch))
        return stretch[0]
    samples, rate = _decode_bytes(read_audio(ref.path, ref.member, ref.name), ref.name)
    return Waveform(samples, rate)


def encode(wave: Waveform, bits: int = 16) -> EncodedAudio:
    """Encode samples as FLAC.

    Args:
        wave: the samples; beyond full scale they are an error, not clipped in silence.
        bits: resolution; above 16, 24 bits are kept.

    Raises:
        ValueError: samples beyond full scale.
    """
    import soundfile

    peak = peak_of(wave.samples)
    if not peak <= 1.0:
        raise ValueError(f"samples beyond full scale, or no numbers: peak {peak:.3f}")
    target = BytesIO()
    subtype = "PCM_16" if bits <= 16 else "PCM_24"
    soundfile.write(target, wave.samples.T, wave.rate, format="FLAC", subtype=subtype)
    return EncodedAudio(target.getvalue(), ".flac", wave.seconds)


def _encode_stretch(wave: Waveform, bits: int) -> EncodedAudio:
    """FLAC; a float WAV where FLAC cannot hold it: beyond full scale (as MP3 and float files may
    decode), or more than 8 channels."""
    import numpy as np
    import soundfile

    if peak_of(wave.samples) <= 1.0 and len(wave.samples) <= 8:
        return encode(wave, bits)
    if not np.isfinite(wave.samples).all():
        raise Unusable("not-audio", "samples that are no numbers")
    target = BytesIO()
    soundfile.write(target, wave.samples.T, wave.rate, format="WAV", subtype="FLOAT")
    return EncodedAudio(target.getvalue(), ".wav", wave.seconds)


def peak_of(samples: NDArray[np.float32]) -> float:
    """The largest magnitude of samples of any shape; 0.0 for none."""
    return float(max(samples.max(initial=0.0), -samples.min(initial=0.0)))


def decode(
    audio: Mapping[str, Any], sampling_rate: int | None = None, mono: bool = False
) -> tuple[NDArray[np.float32], int]:
    """Decode the audio of a row, without torch, on every version of `datasets`.

    Args:
        audio: a cell of an audio column with decoding off: `{"bytes": …, "path": …}`.
        sampling_rate: rate to resample to, Hz; None keeps the audio's own.
        mono: average the channels into one.

    Returns:
        (samples, rate): float32 [channels, n] with full scale 1, and the rate in Hz.

    Raises:
        Unusable: the bytes are not audio, or there are none and no file at the path.
        TypeError: not such a cell; for instance one that `datasets` has decoded itself.
    """
    if not isinstance(audio, Mapping) or not {"bytes", "path"} <= set(audio):
        raise TypeError(
            f"expected a cell {{'bytes': …, 'path': …}}, found {type(audio).__name__}; turn "
            "decoding off first: dataset.decode(False) in streaming mode, "
            "dataset.cast_column(name, Audio(decode=False)) otherwise"
        )
    data, path = audio["bytes"], audio["path"]
    if data is None and not path:
        raise Unusable("audio-missing", "a cell with neither bytes nor a path")
    if data is None:
        data = read_audio(path, None, path)
    samples, rate = _decode_bytes(data, path or "audio")
    if mono and samples.shape[0] > 1:
        samples = samples.mean(axis=0, keepdims=True)
    if sampling_rate is not None and sampling_rate != rate:
        samples, rate = resample(samples, rate, sampling_rate), sampling_rate
    return samples, rate


def resample(samples: NDArray[np.float32], rate: int, target: int) -> NDArray[np.float32]:
    """Resample float32 [channels, n] from one rate to another (Hz), by soxr's HQ recipe."""
    import numpy as np
    import soxr

    if rate == target:
        return samples
    return np.ascontiguousarray(soxr.resample(samples.T, rate, target, quality="HQ").T)


def _decode_bytes(data: bytes, name: str) -> tuple[NDArray[np.float32], int]:
    import numpy as np
    import soundfile

    info, sound = open_sound(BytesIO(data), name)
    try:
        with sound:
            blocks = list(_blocks(sound))
    except soundfile.LibsndfileError as error:
        # Report that the end is missing, rather than libsndfile's own error.
        inspect(data, name)
        raise Unusable("not-audio", f"{name}: {error.error_string}") from None
    samples = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
    if samples.dtype == np.int16:
        samples = samples * np.float32(2**-15)
    if len(samples) < info.frames and info.extension != ".wav":
        detail = f"{name}: {info.frames} samples are declared, {len(samples)} are there"
        raise Unusable("audio-truncated", detail)
    return np.ascontiguousarray(samples.T), info.rate


def _blocks(file: Any) -> Iterator[NDArray[Any]]:
    """The samples that are left, [n, channels], in blocks: what a header declares in vain would
    else be allocated before anything is read. Those of a WAV of 16 bits come as integers,
    which numpy makes the same float32 of in half the time that libsndfile takes."""
    dtype = "int16" if (file.format, file.subtype) == ("WAV", "PCM_16") else "float32"
    block = file.read(BLOCK_FRAMES, dtype=dtype, always_2d=True)
    yield block
    while len(block) == BLOCK_FRAMES:
        block = file.read(BLOCK_FRAMES, dtype=dtype, always_2d=True)
        yield block


def _outside(ref: AudioRef, seconds: float) -> Unusable:
    detail = f"{ref.name}: {ref.start}-{ref.end} s of {seconds:.2f} s"
    return Unusable("stretch-outside-audio", detail)


def _samples_of(ref: AudioRef, info: AudioInfo) -> tuple[int, int]:
    """First sample of a stretch, and the one after its last."""
    start = round((ref.start or 0.0) * info.rate)
    stop = info.frames if ref.end is None else min(round(ref.end * info.rate), info.frames)
    if start >= stop:
        raise _outside(ref, info.seconds)
    return start, stop


def _read_stretch(ref: AudioRef) -> tuple[Waveform, int]:
    """Decode the samples from start to end only, both rounded to whole samples, of the channel
    that is meant; also the resolution of the source in bits."""
    import numpy as np
    import soundfile

    with audio_file(ref.path, ref.member, ref.name) as file:
        info, sound = open_sound(file, ref.name)
        try:
            with sound:
                start, stop = _samples_of(ref, info)
                sound.seek(start)
                samples = sound.read(stop - start, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            # Report that the end is missing, rather than libsndfile's own error.
            inspect_file(file, ref.name)
            raise Unusable("not-audio", f"{ref.name}: {error.error_string}") from None
    if len(samples) < stop - start:
        seconds = len(samples) / info.rate
        detail = f"{ref.name}: ends {seconds:.2f} s after {ref.start} s, not at {ref.end}"
        raise Unusable("audio-truncated", detail)
    if ref.channel is not None and ref.channel >= info.channels:
        detail = f"{ref.name}: channel {ref.channel} of {info.channels}, counted from 0"
        raise Unusable("channel-missing", detail)
    channels = samples.T if ref.channel is None else samples.T[[ref.channel]]
    return Waveform(np.ascontiguousarray(channels), info.rate), info.bits
