"""`audio_flan.source_of`: from a row back to the publisher's file and line."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset
from small_build import small_build

import audio_flan
from audio_flan.corpora import corpus_class, corpus_keys
from audio_flan.dataset.sources import MetadataLine, Source
from audio_flan.errors import AudioFlanError, CorpusLayoutError, UnknownNameError, Unusable
from audio_flan.model.instance import AUDIO_COLUMNS

DOCUMENT = Path(__file__).parents[2] / "docs" / "provenance.md"

Row = dict[str, Any]


@cache
def rows(miniatures: Path) -> list[Row]:
    """All rows of a small build, with the config of each."""
    files = sorted(small_build(miniatures).glob("*/*.parquet"))
    return [
        {**row, "config": file.parent.name}
        for file in files
        for row in pq.read_table(file).to_pylist()
    ]


def some(miniatures: Path, config: str, corpus: str, **values: Any) -> Row:
    """A row of a task and a corpus."""
    values |= {"config": config, "corpus": corpus}
    return next(r for r in rows(miniatures) if all(r[n] == v for n, v in values.items()))


def test_every_audio_that_a_row_carries_unchanged_is_read_from_its_source(miniatures: Path) -> None:
    corpora = set()
    for row in rows(miniatures):
        sources = audio_flan.source_of(row, root=miniatures)
        carried = {source.column: source for source in sources if source.column}
        for column, source in carried.items():
            assert source.read() == row[column]["bytes"]
        for column in set(AUDIO_COLUMNS) - set(carried):
            assert row[column] is None or f".{row['config']}-" in row[column]["path"]
        assert sources[0].corpus == row["corpus"] and sources[0].license == row["license"]
        corpora |= {source.corpus for source in sources}
    assert corpora == set(corpus_keys())


def test_every_source_of_mixed_audio_opens(miniatures: Path) -> None:
    simulated = [row for row in rows(miniatures) if '"simulation"' in row["other"]]
    assert len(simulated) > 100
    for row in simulated[::9]:
        for source in audio_flan.source_of(row, root=miniatures):
            samples, rate = source.decode()
            assert samples.dtype == np.float32 and samples.shape[1] > 0 and rate >= 8_000
            assert source.license == corpus_class(source.corpus).license


def test_a_clip_that_gives_several_audios_has_a_source_for_each(miniatures: Path) -> None:
    row = some(miniatures, "speech_speaker_extraction", "librimix")
    sources = audio_flan.source_of(row)
    assert {source.column for source in sources} == set(AUDIO_COLUMNS)
    by_column = {source.column: source for source in sources}
    clips = [clip["id"] for clip in json.loads(row["other"])["clips"]]
    for column, slot in json.loads(row["other"])["audio"].items():
        # The voice to listen for is of another mixture.
        assert by_column[column].clip == clips[slot == "speaker_audio"]
        assert by_column[column].file == json.loads(row["other"])["parts"][slot]["file"]
    with pytest.raises(AudioFlanError, match="keep its columns instruction, input and output"):
        audio_flan.source_of({"other": row["other"]})


def test_stretches_and_channels_are_those_of_the_row(miniatures: Path) -> None:
    (whole,) = audio_flan.source_of(some(miniatures, "speech_asr", "ljspeech"))
    assert (whole.start, whole.end, whole.channel) == (None, None, None)
    row = some(miniatures, "speech_language_identification", "alimeeting", split=["test"])
    (turn,) = audio_flan.source_of(row, root=miniatures)
    clip = json.loads(row["other"])["clips"][0]
    assert (turn.start, turn.end, turn.channel) == (clip["start"], clip["end"], clip["channel"])
    samples, rate = turn.decode()
    assert samples.shape == (1, round((clip["end"] - clip["start"]) * rate))
    resampled, rate = turn.decode(sampling_rate=8_000, mono=True)
    assert rate == 8_000 and resampled.shape[1] < samples.shape[1]


def forms(miniatures: Path) -> Iterator[tuple[str, Any]]:
    """A row in every form that it comes in, with what the form is."""
    file = min((small_build(miniatures) / "speech_asr").glob("train-*"))
    table = pq.read_table(file)
    row = table.to_pylist()[0]
    yield "pyarrow", row
    yield "columns", table.select(["other"]).to_pylist()[0]
    yield "JSONL", audio_flan.to_jsonl(row)
    yield "JSON", json.loads(audio_flan.to_jsonl(row))
    yield "from JSONL", audio_flan.from_jsonl(audio_flan.to_jsonl(row))
    streamed = load_dataset("parquet", data_files=str(file), streaming=True, split="train")
    yield "streaming", next(iter(streamed.decode(False)))
    yield (
        "of corpora",
        next(
            iter(
                audio_flan.load_dataset(
                    "speech_asr", root=miniatures, split="train", streaming=True
                )
            )
        ),
    )


def test_rows_come_in_all_forms(miniatures: Path) -> None:
    found = {name: audio_flan.source_of(row, root=miniatures) for name, row in forms(miniatures)}
    assert len({(s.corpus, s.clip, s.file, s.license) for (s,) in found.values()}) == 1
    assert len({source.read() for (source,) in found.values()}) == 1
    # Without its texts a row does not tell in which column an audio is.
    assert {name for name, (source,) in found.items() if source.column is None} == {"columns"}


def test_the_line_of_the_metadata_is_the_publishers(miniatures: Path) -> None:
    row = some(miniatures, "speech_asr", "ljspeech")
    (source,) = audio_flan.source_of(row, root=miniatures)
    line = source.metadata_line()
    assert line is not None and line.file == "metadata.csv"
    lines = (miniatures / "LJSpeech-1.1" / "metadata.csv").read_text("utf-8").split("\n")
    assert line.text == lines[line.number - 1] and line.text.startswith(f"{source.clip}|")
    # A corpus whose clips have no line of their own.
    noise = audio_flan.source_of(some(miniatures, "speech_denoising", "ljspeech"), root=miniatures)
    assert noise[1].corpus == "dns_challenge" and noise[1].metadata_line() is None


@pytest.mark.parametrize("form", ["utf-8-sig", "latin-1", "utf-16", "CRLF"])
def test_lines_are_read_in_the_publishers_encoding(
    form: str, miniatures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(miniatures / "LJSpeech-1.1", tmp_path / "ljspeech")
    encoding = "utf-8" if form == "CRLF" else form
    text = "one|1\nnaïve|2\nlast|3".replace("\n", "\r\n" if form == "CRLF" else "\n")
    (tmp_path / "ljspeech" / "lines.csv").write_bytes(text.encode(encoding))
    reader = corpus_class("ljspeech")
    monkeypatch.setattr(reader, "encodings", ("utf-8", "latin-1"))
    for number, said in enumerate(("one|1", "naïve|2", "last|3"), 1):
        monkeypatch.setattr(reader, "line_of", lambda self, clip, n=number: ("lines.csv", n))
        row = some(miniatures, "speech_asr", "ljspeech")
        (source,) = audio_flan.source_of(row, corpora={"ljspeech": tmp_path / "ljspeech"})
        assert source.metadata_line() == MetadataLine("lines.csv", number, said)


def write_parquet(file: Path, audios: list[bytes]) -> None:
    """A file with audio in its rows, as `datasets` writes it."""
    cells = pa.array([{"bytes": audio, "path": None} for audio in audios])
    pq.write_table(pa.table({"audio": cells}), file)


def test_packed_audio_and_rows_of_parquet_open(miniatures: Path, tmp_path: Path) -> None:
    packed = next(r for r in rows(miniatures) if ".zip#" in r["other"])
    sources = audio_flan.source_of(packed, root=miniatures)
    (source,) = (source for source in sources if ".zip#" in source.file)
    assert source.corpus == "wavcaps" and source.decode()[0].any()
    row = some(miniatures, "speech_asr", "ljspeech")
    shutil.copytree(miniatures / "LJSpeech-1.1", tmp_path / "ljspeech")
    write_parquet(tmp_path / "ljspeech" / "b.parquet", [b"", row["input_audio"]["bytes"]])
    (source,) = audio_flan.source_of(with_file(row, "b.parquet#1"), root=tmp_path)
    assert source.read() == row["input_audio"]["bytes"]
    # A corpus as the publisher's archive, read in place.
    archive = shutil.make_archive(
        str(tmp_path / "LJSpeech-1.1"), "zip", miniatures, base_dir="LJSpeech-1.1"
    )
    (source,) = audio_flan.source_of(row, corpora={"ljspeech": archive})
    assert source.read() == row["input_audio"]["bytes"]
    assert source.metadata_line() == audio_flan.source_of(row, root=miniatures)[0].metadata_line()


def test_a_file_may_be_named_like_a_member_of_an_archive(miniatures: Path, tmp_path: Path) -> None:
    shutil.copytree(miniatures / "LJSpeech-1.1", tmp_path / "ljspeech")
    row = some(miniatures, "speech_asr", "ljspeech")
    (tmp_path / "ljspeech" / "a.zip#1.wav").write_bytes(row["input_audio"]["bytes"])
    changed = with_file(row, "a.zip#1.wav")
    (source,) = audio_flan.source_of(changed, root=tmp_path)
    assert source.read() == row["input_audio"]["bytes"]


def with_file(row: Row, file: str) -> Row:
    """The row with another file as its source."""
    other = json.loads(row["other"])
    other["clips"][0]["file"] = file
    return {**row, "other": json.dumps(other)}


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("wavs/gone.wav", "audio-missing"),
        ("wavs", "audio-missing"),
        ("metadata.csv", "not-audio"),
        ("../ljspeech.wav", "path-outside-corpus"),
        ("/etc/hostname", "path-outside-corpus"),
        ("file:///etc/hostname", "path-outside-corpus"),
        ("../a.zip#x.wav", "path-outside-corpus"),
        ("a.zip#gone.wav", "audio-missing"),
        ("gone.zip#x.wav", "audio-missing"),
        ("a.parquet#0", "audio-unreadable"),
        ("a.parquet#x", "audio-missing"),
        ("b.parquet#9999999", "audio-unreadable"),
    ],
)
def test_what_does_not_open_is_named_with_its_corpus(
    file: str, reason: str, miniatures: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "ljspeech"
    shutil.copytree(miniatures / "LJSpeech-1.1", folder)
    shutil.make_archive(str(folder / "a"), "zip", folder, base_dir="metadata.csv")
    (folder / "a.parquet").write_text("no Parquet")
    row = some(miniatures, "speech_asr", "ljspeech")
    write_parquet(folder / "b.parquet", [row["input_audio"]["bytes"]])
    (tmp_path / "ljspeech.wav").write_bytes(row["input_audio"]["bytes"])
    (source,) = audio_flan.source_of(with_file(row, file), root=tmp_path)
    with pytest.raises(Unusable, match=f"ljspeech in .*{tmp_path.name}") as caught:
        source.read()
    assert caught.value.reason == reason


def uses(source: Source) -> tuple[Callable[[], object], ...]:
    """All that needs the corpus on disk."""
    return source.read, source.decode, source.metadata_line


def test_mistakes_are_told(miniatures: Path, tmp_path: Path) -> None:
    row = some(miniatures, "speech_asr", "ljspeech")
    for wrong, said in {
        (): "found <class 'tuple'>",
        3: "found <class 'int'>",
        "{}": "needs the fields",
        "wavs/LJ001-0001.wav": "not a line of JSON",
    }.items():
        with pytest.raises(AudioFlanError, match=said):
            audio_flan.source_of(wrong)  # type: ignore[arg-type]
    for values, said in (
        ({"text": "hello"}, "column 'other'; found one without: text"),
        ({**row, "other": None}, "has no provenance"),
        ({**row, "other": "of the publisher"}, "cannot be read"),
        ({**row, "other": [row["other"]]}, "cannot be read"),
    ):
        with pytest.raises(AudioFlanError, match=said):
            audio_flan.source_of(values)
    stranger = {**row, "other": row["other"].replace('"corpus":"ljspeech"', '"corpus":"ljspeach"')}
    with pytest.raises(UnknownNameError, match="did you mean 'ljspeech'"):
        audio_flan.source_of(stranger)
    with pytest.raises(UnknownNameError, match="did you mean 'ljspeech'"):
        audio_flan.source_of(row, corpora={"ljspech": "anywhere"})
    with pytest.raises(AudioFlanError, match="a mapping of keys to their places; found list"):
        audio_flan.source_of(row, corpora=["ljspeech"])  # type: ignore[arg-type]
    for use in uses(audio_flan.source_of(row)[0]):
        with pytest.raises(AudioFlanError, match=r"corpora=\{'ljspeech': PATH\}"):
            use()
    for use in uses(audio_flan.source_of(row, root=tmp_path)[0]):
        with pytest.raises(CorpusLayoutError, match=r"ljspeech in .*expected the files metadata"):
            use()


def test_places_of_single_corpora_count_before_the_root(
    miniatures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(miniatures / "DNS-Challenge", tmp_path / "elsewhere")
    row = some(miniatures, "speech_denoising", "ljspeech")
    monkeypatch.chdir(tmp_path)
    voice, noise = audio_flan.source_of(
        row, root=miniatures, corpora={"dns_challenge": "elsewhere"}
    )
    monkeypatch.chdir("/")
    assert voice.read() and noise.read()
    assert noise.where == str(tmp_path / "elsewhere") and voice.where == str(miniatures)


def test_the_example_of_the_documents_prints_what_they_say(
    miniatures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = DOCUMENT.read_text("utf-8")
    code, printed = re.findall(r"```python\n(.*?)```\n\n```console\n(.*?)```", text, re.DOTALL)[0]
    (tmp_path / "out").symlink_to(small_build(miniatures))
    (tmp_path / "corpora").symlink_to(miniatures)
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    exec(code, {})
    assert capsys.readouterr().out == printed
