"""Audio from files to bytes and samples: carried untouched, cut exactly, decoded without torch."""

from __future__ import annotations

import os
import sys
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_flan.corpora.read.folder import Folder
from audio_flan.errors import Unusable
from audio_flan.media import audio
from audio_flan.media.audio import AudioRef, EncodedAudio, Waveform

RATE = 16_000
SECONDS = 2.0
CODINGS = {
    "wav16": ("WAV", "PCM_16"),
    "wav24": ("WAV", "PCM_24"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}
EXTENSIONS = {"wav16": ".wav", "wav24": ".wav", "flac": ".flac", "ogg": ".ogg", "mp3": ".mp3"}
every_coding = pytest.mark.parametrize("coding", CODINGS)

Samples = npt.NDArray[np.float32]


def tone(channels: int = 1, rate: int = RATE) -> Samples:
    """1 kHz at half of full scale, each channel softer than the one before, in a little noise."""
    time = np.arange(round(SECONDS * rate)) / rate
    levels = 0.5 / np.arange(1, channels + 1)[:, None]
    noise = 0.001 * np.random.default_rng(0).standard_normal((channels, len(time)))
    return (levels * np.sin(2 * np.pi * 1000 * time) + noise).astype(np.float32)


def encoded(coding: str, samples: Samples, rate: int = RATE) -> bytes:
    format, subtype = CODINGS[coding]
    target = BytesIO()
    soundfile.write(target, samples.T, rate, format=format, subtype=subtype)
    return target.getvalue()


def saved(data: bytes, folder: Path, name: str = "x.wav") -> AudioRef:
    (folder / name).write_bytes(data)
    return AudioRef(str(folder / name), name)


def integers(data: bytes) -> npt.NDArray[np.int32]:
    """All samples as 32-bit integers, as which every resolution up to 24 bits is exact."""
    samples, _ = soundfile.read(BytesIO(data), dtype="int32", always_2d=True)
    return samples


def cell(data: bytes | None, path: str | None = None) -> dict[str, bytes | str | None]:
    return {"bytes": data, "path": path}


def assert_unusable(ref: AudioRef, reason: str) -> None:
    uses: list[Callable[[AudioRef], object]] = [audio.load, audio.probe, audio.waveform]
    if reason != "audio-truncated":
        # A duration is what the header says.
        uses.append(audio.duration)
    for use in uses:
        with pytest.raises(Unusable) as caught:
            use(ref)
        assert caught.value.reason == reason, use.__name__
        assert ref.name in caught.value.detail, use.__name__


# Whole files


@every_coding
def test_a_whole_file_is_carried_byte_by_byte(coding: str, tmp_path: Path) -> None:
    data = encoded(coding, tone())
    # The extension is that of the content, whatever the file is called.
    ref = saved(data, tmp_path, "x.audio")
    assert audio.load(ref) == EncodedAudio(data, EXTENSIONS[coding], SECONDS)
    assert audio.load(ref, verify=True).data == data
    assert audio.probe(ref).seconds == audio.duration(ref) == SECONDS


def test_a_member_of_a_zip_archive_is_the_same_as_the_file(tmp_path: Path) -> None:
    data = encoded("wav24", tone(2))
    with ZipFile(tmp_path / "x.zip", "w", ZIP_DEFLATED) as archive:
        archive.writestr("top/x.wav", data)
    plain, packed = saved(data, tmp_path), AudioRef(str(tmp_path / "x.zip"), "x.wav", "top/x.wav")
    assert audio.load(packed) == audio.load(plain)
    assert audio.probe(packed) == audio.probe(plain)
    assert audio.load(packed.cut(0.5, 1.5)) == audio.load(plain.cut(0.5, 1.5))


def test_a_header_longer_than_the_first_read_is_understood(tmp_path: Path) -> None:
    data = encoded("wav16", tone())
    start = data.index(b"data")
    cover = b"LIST" + (2 * 4096).to_bytes(4, "little") + bytes(2 * 4096)
    ref = saved(data[:start] + cover + data[start:], tmp_path)
    assert audio.probe(ref).seconds == SECONDS
    np.testing.assert_array_equal(audio.waveform(ref).samples, audio.decode(cell(data))[0])


# Files that can not be used


@pytest.mark.parametrize("name", ["absent.wav", "folder", "folder/x.wav", "file.txt/x.wav"])
def test_audio_that_is_not_there_is_missing(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.txt").write_text("text")
    assert_unusable(AudioRef(str(tmp_path / name), name), "audio-missing")


def test_a_file_of_0_bytes_is_empty(tmp_path: Path) -> None:
    assert_unusable(saved(b"", tmp_path), "audio-empty")


@every_coding
def test_a_file_without_samples_can_not_be_used(coding: str, tmp_path: Path) -> None:
    ref = saved(encoded(coding, tone()[:, :0]), tmp_path)
    for use in (audio.load, audio.probe):
        with pytest.raises(Unusable):
            use(ref)
    if coding.startswith("wav"):
        assert_unusable(ref, "audio-empty")


def test_a_header_alone_that_declares_samples_is_truncated(tmp_path: Path) -> None:
    assert_unusable(saved(encoded("wav16", tone())[:44], tmp_path), "audio-truncated")


@pytest.mark.parametrize("share", [0.5, 0.9])
@every_coding
def test_a_file_cut_short_is_truncated(coding: str, share: float, tmp_path: Path) -> None:
    data = encoded(coding, tone())
    assert_unusable(saved(data[: int(share * len(data))], tmp_path), "audio-truncated")


@pytest.mark.parametrize("text", ["no audio\n", "<html>429 Too Many Requests</html>\n" * 500])
def test_a_text_under_the_name_of_audio_is_told_so(text: str, tmp_path: Path) -> None:
    assert_unusable(saved(text.encode(), tmp_path), "not-audio")


def test_a_file_that_is_damaged_inside_is_found_by_verifying(tmp_path: Path) -> None:
    data = bytearray(encoded("flac", tone()))
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(2000)
    ref = saved(bytes(data), tmp_path, "x.flac")
    assert audio.load(ref).data == data
    with pytest.raises(Unusable, match=r"x\.flac"):
        audio.load(ref, verify=True)


DAMAGE = ["start of the member", "middle of the member", "end of the archive", "compression method"]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_archive_makes_its_members_unusable(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("x.wav", encoded("wav16", tone()))
    data = bytearray(path.read_bytes())
    if damage == "end of the archive":
        del data[-100:]
    elif damage == "compression method":
        # 9 is Deflate64, which the Windows Explorer writes and Python can not read.
        data[8] = data[data.index(b"PK\x01\x02") + 10] = 9
    else:
        start = 35 if damage == "start of the member" else len(data) // 2
        data[start : start + 500] = b"\xff" * 500
    path.write_bytes(data)
    for use in (audio.load, audio.probe):
        with pytest.raises(Unusable, match="audio-unreadable"):
            use(AudioRef(str(path), "x.wav", "x.wav"))


# Stretches


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("coding", ["wav16", "wav24", "flac"])
def test_a_cut_has_exactly_the_samples_of_the_source(
    coding: str, channels: int, tmp_path: Path
) -> None:
    data = encoded(coding, tone(channels))
    found = audio.load(saved(data, tmp_path).cut(0.25, 1.0))
    assert (found.extension, found.seconds) == (".flac", 0.75)
    np.testing.assert_array_equal(integers(found.data), integers(data)[4000:16000])


def test_a_cut_keeps_24_bits_that_16_could_not_hold(tmp_path: Path) -> None:
    exact = np.arange(-(2**23), 2**23, 2**23 // 500, dtype=np.int32) << 8
    target = BytesIO()
    soundfile.write(target, exact, 1000, format="WAV", subtype="PCM_24")
    found = audio.load(saved(target.getvalue(), tmp_path).cut(0.0, 1.0))
    np.testing.assert_array_equal(integers(found.data)[:, 0], exact[:1000])
    assert soundfile.info(BytesIO(found.data)).subtype == "PCM_24"


@pytest.mark.parametrize("coding", ["ogg", "mp3"])
def test_a_cut_of_lossy_audio_is_where_decoding_all_of_it_has_it(
    coding: str, tmp_path: Path
) -> None:
    ref = saved(encoded(coding, tone()), tmp_path)
    found = audio.waveform(ref.cut(0.5, 1.5)).samples
    np.testing.assert_allclose(found, audio.waveform(ref).samples[:, 8000:24000], atol=1e-6)


def test_nested_cuts_count_from_the_start_of_the_outer_one(tmp_path: Path) -> None:
    data = encoded("wav16", tone())
    ref = saved(data, tmp_path)
    nested = ref.cut(0.5, 1.5).cut(0.25, 0.75)
    assert nested == ref.cut(0.75, 1.25)
    np.testing.assert_array_equal(integers(audio.load(nested).data), integers(data)[12000:20000])


def test_one_channel_of_several_is_carried_alone(tmp_path: Path) -> None:
    data = encoded("wav16", tone(2))
    ref = saved(data, tmp_path)
    found = audio.load(ref._replace(channel=1))
    assert found.extension == ".flac"
    np.testing.assert_array_equal(integers(found.data), integers(data)[:, [1]])
    cut = audio.waveform(ref._replace(channel=0).cut(0.5, 1.0)).samples
    np.testing.assert_array_equal(cut, audio.waveform(ref).samples[[0], 8000:16000])
    with pytest.raises(Unusable, match="channel 2 of 2"):
        audio.load(ref._replace(channel=2))


def test_a_stretch_of_a_long_recording_is_read_without_the_rest(tmp_path: Path) -> None:
    data = encoded("wav16", tone())
    path = tmp_path / "long.wav"
    size = 100_000_000
    path.write_bytes(data)
    with path.open("r+b") as file:
        file.truncate(44 + size)
        for place, length in ((4, size + 36), (40, size)):
            file.seek(place)
            file.write(length.to_bytes(4, "little"))
    ref = AudioRef(str(path), "long.wav")
    tracemalloc.start()
    found = audio.load(ref.cut(0.25, 0.5))
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    np.testing.assert_array_equal(integers(found.data), integers(data)[4000:8000])


def test_audio_in_a_parquet_file_is_read_by_its_row(tmp_path: Path) -> None:
    files = [encoded(coding, tone()) for coding in ("wav16", "flac", "wav16", "ogg")]
    cells = [{"bytes": data, "path": f"{row}"} for row, data in enumerate(files)]
    table = pa.table({"text": ["a", "b", "c", "d", "e"], "audio": [*cells, None]})
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=2)
    folder = Folder("any", str(tmp_path))
    for row in (3, 0, 1, 2):
        assert audio.load(folder.cell("x.parquet", row)).data == files[row]
    assert folder.cell("x.parquet", 1).name == "x.parquet#1"
    assert_unusable(folder.cell("x.parquet", 4), "audio-missing")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> AudioRef:
    return saved(encoded("wav16", tone()), tmp_path_factory.mktemp("source"))


@settings(deadline=None, max_examples=50)
@given(times=st.tuples(st.floats(0, SECONDS), st.floats(0, 2 * SECONDS)))
def test_duration_from_the_header_is_that_of_the_samples(
    source: AudioRef, times: tuple[float, float]
) -> None:
    ref = source.cut(min(times), max(times))
    try:
        loaded = audio.load(ref)
    except Unusable as error:
        assert error.reason == "stretch-outside-audio"
        assert max(times) - min(times) < 1 / RATE or min(times) > SECONDS - 1 / RATE
    else:
        assert audio.duration(ref) == pytest.approx(loaded.seconds, abs=1 / RATE)
        assert len(integers(loaded.data)) == round(loaded.seconds * RATE)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_a_name_that_is_no_text_is_a_name(tmp_path: Path) -> None:
    ref = saved(encoded("flac", tone()), tmp_path, os.fsdecode(b"caf\xe9.flac"))
    assert audio.load(ref.cut(0.5, 1.0)).seconds == audio.duration(ref.cut(0.5, 1.0)) == 0.5


def test_a_stretch_that_ends_after_the_audio_ends_with_it(source: AudioRef) -> None:
    assert audio.load(source.cut(1.5, 3.0)).seconds == 0.5


def test_what_a_task_has_looked_at_is_what_the_row_gets(tmp_path: Path) -> None:
    first = saved(encoded("flac", tone()), tmp_path)
    stretches = [first.cut(start, start + 0.5) for start in (0.0, 0.5, 1.0)]
    looked_at = [audio.waveform(ref).samples for ref in stretches]
    for ref in stretches:
        assert audio.load(ref).data == audio.load(ref._replace()).data
    with pytest.raises(ValueError, match="read-only"):
        looked_at[-1] *= 0.5
    # The same place named anew, in a file that has changed meanwhile.
    saved(encoded("flac", -tone()), tmp_path)
    again = audio.load(first.cut(1.0, 1.5)).data
    assert np.array_equal(integers(again), -integers(audio.load(stretches[-1]).data))


def test_a_stretch_after_the_end_of_the_audio_is_unusable(source: AudioRef) -> None:
    for use in (audio.load, audio.waveform, audio.duration):
        with pytest.raises(Unusable, match="stretch-outside-audio"):
            use(source.cut(2.5, 3.0))


def square_wave_beyond_full_scale(format: str) -> bytes:
    samples = np.sign(tone()[0]) * (1.0 if format == "MP3" else 1.5)
    target = BytesIO()
    subtype = "MPEG_LAYER_III" if format == "MP3" else "FLOAT"
    soundfile.write(target, samples, RATE, format=format, subtype=subtype)
    return target.getvalue()


@pytest.mark.parametrize("format", ["MP3", "WAV"])
def test_a_cut_of_audio_that_decodes_beyond_full_scale_stops_no_build(
    format: str, tmp_path: Path
) -> None:
    # Lossy codecs overshoot, and floating point has room above full scale.
    ref = saved(square_wave_beyond_full_scale(format), tmp_path)
    assert np.max(np.abs(audio.waveform(ref).samples)) > 1
    try:
        cell = {"bytes": audio.load(ref.cut(0.5, 1.0)).data, "path": None}
        peak = np.max(np.abs(audio.decode(cell)[0]))
    except Unusable as error:
        assert "full scale" in error.detail
    else:
        assert peak > 0.99


# Encoding


@pytest.mark.parametrize("bits", [16, 24])
def test_encoding_keeps_the_samples_to_the_resolution_that_was_asked_for(bits: int) -> None:
    samples = np.linspace(-1, 1, RATE, dtype=np.float32).reshape(2, -1)
    found = audio.encode(Waveform(samples, RATE), bits)
    decoded, rate = audio.decode(cell(found.data))
    assert (found.extension, found.seconds, rate) == (".flac", 0.5, RATE)
    np.testing.assert_allclose(decoded, samples, atol=2.0 ** (1 - bits))
    assert soundfile.info(BytesIO(found.data)).subtype == f"PCM_{bits}"


@pytest.mark.parametrize("peak", [1.001, -1.001, np.inf, np.nan])
def test_encoding_refuses_samples_beyond_full_scale(peak: float) -> None:
    samples = np.array([[0.0, 0.5, peak]], dtype=np.float32)
    with pytest.raises(ValueError, match="full scale"):
        audio.encode(Waveform(samples, RATE))


# Decoding rows


@pytest.mark.parametrize("channels", [1, 2])
@every_coding
def test_decoding_gives_the_samples_as_float32_by_channel(coding: str, channels: int) -> None:
    expected = tone(channels)
    samples, rate = audio.decode(cell(encoded(coding, expected), "x"))
    assert (samples.dtype, samples.shape, rate) == (np.float32, expected.shape, RATE)
    # A step of the resolution; what a lossy codec leaves of the noise.
    error = {"wav24": 2**-22, "ogg": 0.06, "mp3": 0.06}.get(coding, 2**-15)
    np.testing.assert_allclose(samples[:, 2000:-2000], expected[:, 2000:-2000], atol=error)


@pytest.mark.parametrize(("rate", "target"), [(44_100, 16_000), (16_000, 44_100), (8000, 48_000)])
@pytest.mark.parametrize("coding", ["wav16", "flac"])
def test_resampling_keeps_the_tone_and_the_duration(coding: str, rate: int, target: int) -> None:
    samples, found = audio.decode(cell(encoded(coding, tone(2, rate), rate)), sampling_rate=target)
    assert (samples.dtype, found) == (np.float32, target)
    assert samples.shape[0] == 2
    assert abs(samples.shape[1] - SECONDS * target) <= 1
    middle = samples[0, target // 2 : 3 * target // 2]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(target)))
    # One second of samples: a bin per hertz; a Hann window has a gain of a half.
    assert np.argmax(spectrum) == 1000
    assert spectrum[1000] / (target / 4) == pytest.approx(0.5, rel=0.01)
    assert samples[1, target // 2 : 3 * target // 2].std() == pytest.approx(middle.std() / 2, 0.01)


def test_a_rate_that_is_there_already_changes_nothing() -> None:
    data = encoded("wav16", tone())
    samples, rate = audio.decode(cell(data), sampling_rate=RATE)
    assert rate == RATE
    np.testing.assert_array_equal(samples, audio.decode(cell(data))[0])


def test_mono_is_the_mean_of_the_channels() -> None:
    data = encoded("wav24", tone(3))
    samples, _ = audio.decode(cell(data), mono=True)
    expected = audio.decode(cell(data))[0].mean(axis=0, keepdims=True)
    np.testing.assert_allclose(samples, expected, atol=1e-7)
    assert audio.decode(cell(encoded("wav16", tone())), mono=True)[0].shape == tone().shape


def test_a_cell_without_bytes_is_read_from_its_path(tmp_path: Path) -> None:
    data = encoded("flac", tone())
    samples, rate = audio.decode(cell(None, saved(data, tmp_path).path))
    assert rate == RATE
    np.testing.assert_array_equal(samples, audio.decode(cell(data))[0])


@pytest.mark.parametrize(
    "found",
    [
        None,
        b"RIFF",
        "x.wav",
        {"array": np.zeros(3), "sampling_rate": RATE, "path": "x.wav"},
        object(),
    ],
    ids=["null", "bytes", "path", "decoded by datasets 3", "decoded by datasets 4"],
)
def test_what_is_no_cell_tells_how_to_turn_decoding_off(found: object) -> None:
    with pytest.raises(TypeError) as caught:
        audio.decode(found)  # type: ignore[arg-type]
    assert "dataset.decode(False)" in str(caught.value)
    assert "Audio(decode=False)" in str(caught.value)


@pytest.mark.parametrize(
    "found",
    [
        cell(b"garbage"),
        cell(b""),
        cell(encoded("wav16", tone())[:20]),
        cell(None, "no/such/file.wav"),
        cell(None, None),
    ],
    ids=["garbage", "0 bytes", "half a header", "no such file", "nothing"],
)
def test_a_cell_without_audio_is_unusable(found: dict[str, bytes | str | None]) -> None:
    with pytest.raises(Unusable):
        audio.decode(found)


@pytest.mark.parametrize("declared", [0, 2**36 - 1], ids=["unknown", "2^36-1 samples"])
def test_a_flac_file_that_declares_another_length_decodes_or_is_unusable(declared: int) -> None:
    # The 36 bits from byte 21.5 on are the number of samples; an encoder into a pipe leaves 0.
    data = bytearray(encoded("flac", tone()))
    data[21] = (data[21] & 0xF0) | (declared >> 32)
    data[22:26] = (declared & 0xFFFFFFFF).to_bytes(4, "big")
    try:
        samples, _ = audio.decode(cell(bytes(data)))
    except Unusable:
        return
    assert samples.shape == tone().shape


@settings(deadline=None)
@given(st.sampled_from(list(CODINGS)), st.data())
def test_damaged_bytes_decode_or_are_unusable(coding: str, data: st.DataObject) -> None:
    damaged = bytearray(encoded(coding, tone()))
    for start in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=3)):
        damaged[start : start + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    try:
        samples, rate = audio.decode(cell(bytes(damaged)))
    except Unusable:
        return
    assert samples.dtype == np.float32
    assert samples.ndim == 2
    assert rate > 0
