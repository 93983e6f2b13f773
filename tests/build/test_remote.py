"""Builds from and to other places than this machine's disk: an S3 server on loopback, memory."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from building import CLI, build, digests, in_new_process, rejects

from audio_flan.corpora.find import find_corpora
from audio_flan.media import audio
from audio_flan.media.audio import AudioRef

TASKS = ("--task", "speech_asr", "--task", "speech_denoising")
CORPORA = ("LJSpeech-1.1", "data_aishell3")


class S3:
    """An S3 server on loopback, and how to reach it."""

    def __init__(self) -> None:
        import logging

        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.ERROR)

        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        self.environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "FSSPEC_S3_ENDPOINT_URL": endpoint,
        }
        self.files = fsspec.filesystem(
            "s3", endpoint_url=endpoint, key="key", secret="secret", use_listings_cache=False
        )

    def stop(self) -> None:
        self._server.stop()

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run `audio-flan` with access to the server."""
        return in_new_process(*arguments, env=self.environment)

    def fetch(self, name: str, folder: Path) -> Path:
        """A copy of a folder of the server."""
        self.files.get(name, str(folder), recursive=True)
        return folder


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    pytest.importorskip("moto", reason="the S3 server on loopback needs moto[server]")
    pytest.importorskip("s3fs", reason="s3:// needs s3fs: audio-flan[s3]")
    server = S3()
    server.files.mkdir("bucket")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def root(miniatures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two corpora, with an audio file missing."""
    root = tmp_path_factory.mktemp("remote") / "root"
    for name in CORPORA:
        shutil.copytree(miniatures / name, root / name)
    next((root / CORPORA[1]).rglob("*.wav")).unlink()
    return root


@pytest.fixture(scope="module")
def local(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a build on this disk leaves."""
    out = tmp_path_factory.mktemp("local") / "out"
    assert build(out, root, *TASKS) == 0
    assert rejects(out)
    return out


def test_from_s3_to_s3_the_bytes_are_the_same(
    s3: S3, root: Path, local: Path, tmp_path: Path
) -> None:
    # One corpus as a folder, the other as the zip archive that it may come in.
    s3.files.put(str(root / CORPORA[0]), f"bucket/corpora/{CORPORA[0]}", recursive=True)
    archive = shutil.make_archive(str(tmp_path / CORPORA[1]), "zip", root, CORPORA[1])
    s3.files.put(archive, f"bucket/corpora/{CORPORA[1]}.zip")
    done = s3.run("build", "s3://bucket/out", "--root", "s3://bucket/corpora", *TASKS)
    assert done.returncode == 0, done.stderr
    assert digests(s3.fetch("bucket/out", tmp_path / "out")) == digests(local)
    planned = s3.run("plan", "s3://bucket/out", "--root", "s3://bucket/corpora", *TASKS, "--json")
    assert '"done": false' not in planned.stdout and '"done": true' in planned.stdout
    shown = s3.run("show", "s3://bucket/out", "speech_asr", "-n", 1)
    assert shown.returncode == 0 and "instruction:" in shown.stdout


def test_every_corpus_reads_the_same_from_s3(
    s3: S3, miniatures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.files.put(str(miniatures), "bucket/all", recursive=True)
    monkeypatch.setitem(fsspec.config.conf, "s3", dict(s3.files.storage_options))
    there = find_corpora("s3://bucket/all")
    here = find_corpora(str(miniatures))
    assert [corpus.key for corpus in there] == [corpus.key for corpus in here]
    for local, remote in zip(here, there, strict=True):
        assert local.shards() == remote.shards(), local.key
        for shard in chain.from_iterable(local.shards().values()):
            clips = repr(list(local.clips(shard))).replace(str(miniatures), "s3://bucket/all")
            assert repr(list(remote.clips(shard))) == clips, (local.key, shard)


def test_nothing_half_written_is_ever_seen(s3: S3, root: Path, local: Path, tmp_path: Path) -> None:
    seen: dict[str, int] = {}
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            for path in s3.files.find("bucket/watched"):
                # An object is there when it is whole: no need of another name first.
                assert not path.endswith(".unfinished")
                try:
                    data = s3.files.cat(path)
                except FileNotFoundError:
                    continue  # renamed meanwhile
                if path.endswith(".parquet"):
                    seen[path] = pq.read_table(BytesIO(data)).num_rows
                if path.endswith("README.md"):
                    assert data.startswith(b"---\n")

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(look)
        done = s3.run("build", "s3://bucket/watched", "--root", root, *TASKS, "--workers", 2)
        ended.set()
        watching.result()
    assert done.returncode == 0, done.stderr
    out = s3.fetch("bucket/watched", tmp_path / "out")
    assert digests(out) == digests(local)
    rows = {f"bucket/watched/{p.relative_to(out)}": p for p in out.glob("*/*.parquet")}
    parts = {path for path in seen if "/.build/parts/" in path}
    assert seen
    assert all(pq.read_metadata(rows[path]).num_rows == seen[path] for path in seen.keys() - parts)


def test_killed_drivers_leave_a_build_that_completes(
    s3: S3, root: Path, local: Path, tmp_path: Path
) -> None:
    arguments = ("build", "s3://bucket/killed", "--root", str(root), *TASKS)
    for seconds in (1.2, 1.7, 2.2):
        process = subprocess.Popen(
            [*CLI, *arguments],
            env=s3.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = s3.run(*arguments)
    assert done.returncode == 0, done.stderr
    assert digests(s3.fetch("bucket/killed", tmp_path / "out")) == digests(local)


def test_of_a_long_recording_little_more_than_the_stretch_is_fetched() -> None:
    samples = np.random.default_rng(0).integers(-9999, 9999, (16000 * 200, 8), np.int16)
    encoded = BytesIO()
    soundfile.write(encoded, samples, 16000, format="WAV")
    with ranges_of(encoded.getvalue()) as (url, sent):
        ref = AudioRef(url, "meeting.wav").cut(120.0, 121.5)
        assert audio.duration(ref) == 1.5
        stretch = audio.load(ref)
    found, _ = soundfile.read(BytesIO(stretch.data), dtype="int16")
    assert np.array_equal(found, samples[16000 * 120 :][: 16000 * 3 // 2])
    assert 0 < sum(sent) < 6_000_000 < len(encoded.getvalue()) / 8


@contextmanager
def ranges_of(data: bytes) -> Iterator[tuple[str, list[int]]]:
    """The URL of a file on a server on loopback that knows ranges, and how much of it was sent."""
    sent: list[int] = []

    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Accept-Ranges", "bytes")
            self.end_headers()

        def do_GET(self) -> None:
            first, last = self.headers["Range"].removeprefix("bytes=").split("-")
            part = data[int(first) : int(last) + 1]
            sent.append(len(part))
            self.send_response(206)
            self.send_header("Content-Length", str(len(part)))
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
            self.end_headers()
            self.wfile.write(part)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/meeting.wav", sent
    server.shutdown()
    server.server_close()


def test_a_server_that_is_not_there_is_told_of(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("s3fs", reason="s3:// needs s3fs: audio-flan[s3]")
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_MAX_ATTEMPTS": "1",
        "FSSPEC_S3_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    for place in (
        ("build", "s3://bucket/out", "--root", root, *TASKS),
        ("build", tmp_path / "out", "--root", "s3://bucket/corpora", *TASKS),
    ):
        done = in_new_process(*place, env=environment)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr and "127.0.0.1:9" in done.stderr


def test_a_build_in_memory_is_the_same(root: Path, local: Path, tmp_path: Path) -> None:
    memory: Any = fsspec.filesystem("memory")
    assert build("memory://build/out", root, *TASKS) == 0
    memory.get("/build/out", str(tmp_path / "out"), recursive=True)
    memory.rm("/build", recursive=True)
    assert digests(tmp_path / "out") == digests(local)
