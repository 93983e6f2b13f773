"""`audio-flan check`: what passes, what it reads, what it prints, and how it ends."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from faults_in_audio import damage
from small_dataset import change_one, copied, files, rows, run, settle, write

from audio_flan.check.check import Report, check
from audio_flan.check.findings import SHOWN
from audio_flan.corpora import corpus_class
from audio_flan.dataset.parquet import open_writer
from audio_flan.dataset.rights import note, read_note
from audio_flan.dataset.row import arrow_schema
from audio_flan.hub.upload import FinishedBuild, staged
from audio_flan.model.instance import AUDIO_COLUMNS

FORBIDDEN = corpus_class("fluent_speech_commands")


@pytest.fixture(scope="module")
def clean(built: Path) -> Report:
    """What is found in the build."""
    return check(str(built))


@pytest.fixture
def published(built: Path, tmp_path: Path) -> Path:
    """What `push --without-audio` sends of it."""
    with staged(FinishedBuild.open(built), "team/rows", [FORBIDDEN]) as upload:
        return shutil.copytree(upload.folder, tmp_path / "published")


def kinds(out: Path, **options: Any) -> dict[str, int]:
    return dict(check(str(out), **options).findings.counts)


def test_a_clean_build_passes(built: Path, clean: Report) -> None:
    assert not clean.findings.counts and not clean.findings.shown
    footers = [pq.read_metadata(file) for file in files(built)]
    assert clean.files == len(footers)
    assert clean.rows == sum(footer.num_rows for footer in footers) > 80
    cells = [row[c] for file in files(built) for row in rows(file) for c in AUDIO_COLUMNS]
    assert clean.audios == clean.decoded == sum(map(bool, cells)) > 100
    seconds = sum(row["seconds"] for file in files(built) for row in rows(file))
    assert clean.seconds == pytest.approx(seconds)


def test_it_goes_without_the_state_of_the_build(out: Path, clean: Report) -> None:
    assert not (out / ".build").exists()
    assert check(str(out)) == clean


def test_a_dataset_at_a_url_is_read_alike(out: Path, clean: Report) -> None:
    memory = fsspec.filesystem("memory")
    for file in (*files(out), out / "README.md"):
        memory.pipe(f"/checked/{file.relative_to(out)}", file.read_bytes())
    try:
        assert check("memory://checked") == clean
        memory.rm(f"/checked/{files(out)[0].relative_to(out)}")
        assert check("memory://checked").findings.counts == {"missing-file": 1}
    finally:
        memory.rm("/checked", recursive=True)


def test_progress_is_told_by_files(out: Path, clean: Report) -> None:
    started: list[int] = []
    read: list[int] = []
    check(str(out), on_start=started.append, on_progress=read.append)
    assert started == [clean.files] == [len(read)] and sum(read) == clean.rows


# Audio that is withheld


def test_rows_without_audio_are_counted_where_the_card_says_so(published: Path) -> None:
    report = check(str(published))
    assert not report.findings.counts
    led = [row for file in files(published) for row in rows(file)]
    assert report.withheld == sum(row["corpus"] == FORBIDDEN.key for row in led) > 20


def test_a_row_whose_audio_was_not_withheld_is_found(built: Path, published: Path) -> None:
    file = next(f for f in files(published, "speech_asr/test-*") if f.name in with_forbidden(f))
    original = rows(built / file.relative_to(published))
    write(file, [original[0], *rows(file)[1:]])
    settle(published)
    assert kinds(published) == {"audio-not-withheld": 1, "card": 1}


def with_forbidden(file: Path) -> list[str]:
    return [file.name for row in rows(file)[:1] if row["corpus"] == FORBIDDEN.key]


def test_a_number_of_withheld_rows_that_is_wrong_is_found(published: Path) -> None:
    card = published / "README.md"
    text = card.read_text(encoding="utf-8")
    told = read_note(text)[1]
    card.write_text(text.replace(f"{told:,} rows that any", "7 rows that any"), encoding="utf-8")
    assert kinds(published) == {"card": 1}


@pytest.mark.parametrize("count", [1, 4_821_003])
def test_the_note_on_withheld_audio_reads_back(count: int) -> None:
    corpora = [FORBIDDEN, corpus_class("esd")]
    text = note(corpora, count)
    assert read_note(f"# Card\n{text}\n## Else\n\n- `ljspeech`: x\n") == (
        {corpus.key for corpus in corpora},
        count,
    )
    assert read_note("# Card\n\n- `ljspeech`: x\n") == (set(), 0)


# Samples


def test_a_sample_decodes_so_many_rows_of_each_file(out: Path, clean: Report) -> None:
    report = check(str(out), sample=1)
    assert report.findings == clean.findings and report.rows == clean.rows
    assert clean.files <= report.decoded <= 2 * clean.files
    assert check(str(out), sample=1) == report
    assert check(str(out), sample=10_000) == clean
    assert check(str(out), sample=0) == replace(clean, decoded=0)


def test_what_a_header_hides_is_found_by_decoding(out: Path) -> None:
    change_one(out, "speech_declipping/test-*", damage)
    assert kinds(out, sample=0) == {}
    assert kinds(out) == {"audio": 1}


# Memory


def test_memory_does_not_grow_with_the_file(out: Path) -> None:
    """Of a file of 60 MB in 60 row groups, pyarrow holds a few at a time."""
    file = files(out, "speech_asr/train-*")[0]
    row = rows(file)[0]
    row["input_audio"]["bytes"] += bytes(1 << 20)
    table = pa.Table.from_pylist([row], arrow_schema())
    file.unlink()
    with open_writer(file, {}) as writer:
        for _ in range(60):
            writer.write_table(table)
    script = (
        "import sys, pyarrow; from audio_flan.check.check import check\n"
        "counts = check(sys.argv[1]).findings.counts\n"
        "assert counts['duplicate-uuid'] == 59, counts\n"
        "print(pyarrow.default_memory_pool().max_memory())"
    )
    command = [sys.executable, "-c", script, str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 15 << 20


# The command


def test_a_clean_build_ends_with_0(out: Path, clean: Report, capsys: Any) -> None:
    assert run("check", out) == 0
    printed = capsys.readouterr().out
    assert printed.strip().endswith(": no fault")
    assert f"{clean.rows:,} rows" in printed and f"{clean.audios:,} audios (all" in printed


def test_faults_are_printed_and_counted_and_end_with_1(out: Path, capsys: Any) -> None:
    for file in files(out, "speech_asr/train-*"):
        write(file, [{**row, "seconds": row["seconds"] + 1} for row in rows(file)])
    settle(out)
    count = sum(len(rows(file)) for file in files(out, "speech_asr/train-*"))
    first = rows(files(out, "speech_asr/train-*")[0])[0]
    assert run("check", out) == 1
    printed = capsys.readouterr().out
    assert first["uuid"] in printed and "speech_asr/train-00000-of-" in printed
    assert f"the row says {first['seconds']:.3f} s" in printed
    assert f"{count - SHOWN} more" in printed
    assert printed.strip().endswith(f": {count} faults")


def test_withheld_rows_are_printed(published: Path, capsys: Any) -> None:
    withheld = check(str(published)).withheld
    assert run("check", published) == 0
    assert f"{withheld} rows without their audio, as the card says" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["nothing-here", "empty", "file", "foo://bucket"])
def test_where_there_is_no_dataset_it_ends_with_2(place: str, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    assert run("check", place if "://" in place else tmp_path / place) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("audio-flan: ") and len(captured.err.splitlines()) == 1
    assert not captured.out


def test_help_is_fast_and_imports_nothing_heavy() -> None:
    script = (
        "import sys; from audio_flan.cli.app import main\n"
        "try: main(['check', '--help'])\n"
        "finally: assert not {'numpy', 'pyarrow', 'soundfile'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0 and "--sample" in done.stdout, done.stderr


def test_two_copies_of_a_dataset_are_one(built: Path, tmp_path: Path) -> None:
    """Nothing is found in a copy that lies elsewhere, under another name."""
    assert kinds(copied(built, tmp_path / "elsewhere" / "name with blanks")) == {}
