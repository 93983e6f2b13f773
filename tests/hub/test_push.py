"""Publishing: what reaches the Hub, what never does, and what is said when it cannot."""

from __future__ import annotations

import base64
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pyarrow.parquet as pq
import pytest

from audio_flan.cli.app import main
from audio_flan.corpora import corpus_class
from audio_flan.dataset.parquet import PART_KEY, open_writer
from audio_flan.dataset.rights import forbidding, withhold
from audio_flan.model.instance import AUDIO_COLUMNS

if TYPE_CHECKING:
    from loopback_hub import LoopbackHub

CLI = [sys.executable, "-c", "import sys; from audio_flan.cli.app import main; main(sys.argv[1:])"]

LOAD = """
import json, sys
from datasets import Audio, load_dataset
repo, config, columns = sys.argv[1], sys.argv[2], sys.argv[3:]
for split, rows in load_dataset(repo, config).items():
    for column in columns:
        rows = rows.cast_column(column, Audio(decode=False))
    for row in rows:
        for column in columns:
            cell = row[column]
            row[column] = cell and [cell["path"], cell["bytes"].hex()]
        print(json.dumps(row))
"""


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as exit:
        main([str(argument) for argument in arguments])
    return exit.value.code or 0


def build(out: Path, miniatures: Path, *options: str) -> Path:
    assert run("build", out, "--root", miniatures, *options) == 0
    return out


def push(
    hub: LoopbackHub, home: Path, out: Path, repo: str, *options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CLI, "push", str(out), repo, *options],
        capture_output=True,
        text=True,
        env=hub.environment(home),
    )


def ask(hub: LoopbackHub, path: str, body: bytes | None = None) -> bytes:
    """An answer of the Hub to a plain client."""
    headers = {"Authorization": "Bearer hf_loopback", "Content-Type": "application/json"}
    with urlopen(Request(f"{hub.endpoint}{path}", body, headers)) as answer:
        content: bytes = answer.read()
    return content


def put(hub: LoopbackHub, repo: str, *paths: str) -> None:
    """Somebody else's files in a repository, which is made for them."""
    organization, name = repo.split("/")
    new = {"name": name, "organization": organization, "type": "dataset"}
    ask(hub, "/api/repos/create", json.dumps(new).encode())
    content = base64.b64encode(b"theirs").decode()
    lines = [{"key": "header", "value": {"summary": "theirs"}}]
    for path in paths:
        value = {"path": path, "content": content, "encoding": "base64"}
        lines.append({"key": "file", "value": value})
    text = "\n".join(map(json.dumps, lines))
    ask(hub, f"/api/datasets/{repo}/commit/main", text.encode())


def remote(hub: LoopbackHub, repo: str, revision: str = "main") -> set[str]:
    """Paths of the files in a repository, without what every repository starts with."""
    tree = json.loads(ask(hub, f"/api/datasets/{repo}/tree/{revision}?recursive=true"))
    return {entry["path"] for entry in tree if entry["type"] == "file"} - {".gitattributes"}


def download(hub: LoopbackHub, repo: str, folder: Path) -> Path:
    for path in remote(hub, repo):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(ask(hub, f"/datasets/{repo}/resolve/main/{path}"))
    return folder


def local(out: Path) -> set[str]:
    shards = {path.relative_to(out).as_posix() for path in out.glob("*/*.parquet")}
    return {"README.md"} | shards


def commits(hub: LoopbackHub) -> int:
    return sum(r["method"] == "POST" and "/commit/" in r["path"] for r in hub.requests())


def rows_of(out: Path, config: str) -> dict[str, dict[str, Any]]:
    files = (out / config).glob("*.parquet")
    return {row["uuid"]: row for path in files for row in pq.read_table(path).to_pylist()}


@pytest.fixture(scope="module")
def free(miniatures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of corpora that may be published again; not to be changed."""
    out = tmp_path_factory.mktemp("free") / "out"
    corpora = ["--corpus", "ljspeech", "--corpus", "aishell3"]
    return build(out, miniatures, *corpora, "--task", "speech_asr", "--task", "speech_tts")


@pytest.fixture(scope="module")
def mixed(miniatures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build with rows that may be published again, and rows that may not; not to be changed."""
    out = tmp_path_factory.mktemp("mixed") / "out"
    corpora = ["--corpus", "ljspeech", "--corpus", "esd", "--corpus", "dns_challenge"]
    tasks = ["--task", "speech_asr", "--task", "speech_denoising"]
    return build(out, miniatures, *corpora, *tasks, "--limit", "3")


def test_pushed_rows_load_as_they_were_built(hub: LoopbackHub, free: Path, tmp_path: Path) -> None:
    pushed = push(hub, tmp_path / "home", free, "team/rows")
    assert pushed.returncode == 0, pushed.stderr
    assert remote(hub, "team/rows") == local(free)
    command = [sys.executable, "-c", LOAD, "team/rows", "speech_tts", *AUDIO_COLUMNS]
    staged = subprocess.run(
        command, capture_output=True, text=True, env=hub.environment(tmp_path / "reader")
    )
    assert staged.returncode == 0, staged.stderr
    rows = {row["uuid"]: row for row in map(json.loads, staged.stdout.splitlines())}
    built = rows_of(free, "speech_tts")
    for row in built.values():
        for column in AUDIO_COLUMNS:
            cell = row[column]
            row[column] = cell and [cell["path"], cell["bytes"].hex()]
    assert rows == built and len(rows) > 10


def test_it_says_what_it_sends_and_a_second_push_sends_nothing(
    hub: LoopbackHub, free: Path, tmp_path: Path
) -> None:
    first = push(hub, tmp_path / "home", free, "team/again", "--private")
    sizes = [path.stat().st_size for path in free.glob("*/*.parquet")]
    assert f"{len(sizes)} Parquet files of {sum(sizes):,} bytes" in first.stdout
    assert "speech_asr" in first.stdout and "team/again (main; private)" in first.stdout
    assert f"{len(sizes) + 1} files sent, 0 unchanged" in first.stdout
    assert f"{hub.endpoint}/datasets/team/again/commit/" in first.stdout
    assert json.loads(ask(hub, "/api/datasets/team/again"))["private"] is True
    stored = hub.stored_bytes()
    hub.clear()
    second = push(hub, tmp_path / "home", free, "team/again", "--private")
    assert second.returncode == 0, second.stderr
    assert f"0 files sent, {len(sizes) + 1} unchanged, 0 removed" in second.stdout
    assert commits(hub) == 0 and hub.stored_bytes() == stored


def test_a_smaller_build_leaves_no_stale_shard_and_what_others_put_there_stays(
    hub: LoopbackHub, free: Path, miniatures: Path, tmp_path: Path
) -> None:
    theirs = {"speech_asr/README.md", "poetry/train-00000-of-00001.parquet", "LICENSE"}
    put(hub, "team/smaller", *theirs)
    out = tmp_path / "out"
    shutil.copytree(free, out)
    assert push(hub, tmp_path / "home", out, "team/smaller").returncode == 0
    assert remote(hub, "team/smaller") == local(out) | theirs
    large = local(out)
    build(out, miniatures, "--corpus", "ljspeech", "--task", "speech_asr")
    assert not local(out) >= large
    hub.clear()
    pushed = push(hub, tmp_path / "home", out, "team/smaller")
    assert remote(hub, "team/smaller") == local(out) | theirs
    assert f"{len(large - local(out))} removed" in pushed.stdout
    assert "also in the repository, but not on the new card: poetry" in pushed.stdout
    assert commits(hub) == 1


def test_only_shards_and_the_card_are_sent(hub: LoopbackHub, free: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(free, out)
    shards = local(out)
    for stray in ("only.py", "notes.txt", "speech_asr/draft.parquet", "speech_asr/make.py"):
        (out / stray).write_text("not of the build")
    assert push(hub, tmp_path / "home", out, "team/only").returncode == 0
    assert remote(hub, "team/only") == shards
    card = ask(hub, "/datasets/team/only/resolve/main/README.md").decode()
    assert '"team/only"' in card and 'HKUSTAudio/Audio-FLAN"' not in card


@pytest.mark.parametrize("held", ["/preupload/", "/commit/"])
def test_a_killed_push_completes(hub: LoopbackHub, free: Path, tmp_path: Path, held: str) -> None:
    repo = f"team/killed{held.replace('/', '-')}it"
    environment = hub.environment(tmp_path / "home")
    hub.clear()
    hub.hold(held)
    process = subprocess.Popen(
        [*CLI, "push", str(free), repo], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        hub.wait_for_held()
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        hub.release()
    assert remote(hub, repo) == set()
    again = push(hub, tmp_path / "home", free, repo)
    assert again.returncode == 0, again.stderr
    assert remote(hub, repo) == local(free)
    assert not list((free / ".build").glob("push-*"))


def test_a_pull_request_and_a_branch_leave_the_main_branch_alone(
    hub: LoopbackHub, free: Path, tmp_path: Path
) -> None:
    put(hub, "team/careful", "README.md")
    proposed = push(hub, tmp_path / "home", free, "team/careful", "--create-pr")
    assert proposed.returncode == 0, proposed.stderr
    assert f"{hub.endpoint}/datasets/team/careful/discussions/1" in proposed.stdout
    assert f"{len(local(free))} files sent" in proposed.stdout
    assert remote(hub, "team/careful", "refs%2Fpr%2F1") == local(free)
    branched = push(hub, tmp_path / "home", free, "team/careful", "--revision", "v2")
    assert branched.returncode == 0, branched.stderr
    assert remote(hub, "team/careful", "v2") == local(free)
    assert remote(hub, "team/careful") == {"README.md"}


def test_what_may_not_be_published_again_is_refused(
    mixed: Path, miniatures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("push", mixed, "team/refused", "--dry-run") == 2
    message = capsys.readouterr().err
    for key in ("esd", "dns_challenge"):
        corpus = corpus_class(key)
        assert f"{key}: {corpus.title}, {corpus.license}. {corpus.license_conditions}" in message
    assert "ljspeech" not in message and "Traceback" not in message
    assert "--without-audio" in message and "--i-have-the-rights" in message
    assert run("push", mixed, "team/refused", "--dry-run", "--i-have-the-rights") == 0


def test_noise_that_was_mixed_in_counts(mixed: Path) -> None:
    files = [
        path
        for path in (mixed / "speech_denoising").glob("*.parquet")
        if set(pq.read_table(path)["corpus"].to_pylist()) == {"ljspeech"}
    ]
    assert files and forbidding(files) == [corpus_class("dns_challenge")]
    assert forbidding((mixed / "speech_asr").glob("test-00000-*")) == [corpus_class("esd")]


def test_without_audio_only_that_audio_is_missing(
    hub: LoopbackHub, mixed: Path, tmp_path: Path
) -> None:
    pushed = push(hub, tmp_path / "home", mixed, "team/silent", "--without-audio")
    assert pushed.returncode == 0, pushed.stderr
    there = download(hub, "team/silent", tmp_path / "there")
    assert local(there) == local(mixed)
    silent = 0
    for config in ("speech_asr", "speech_denoising"):
        built, published = rows_of(mixed, config), rows_of(there, config)
        assert list(built) and built.keys() == published.keys()
        for uuid, row in built.items():
            corpora = {row["corpus"]} | {c["corpus"] for c in json.loads(row["other"])["clips"]}
            if not all(corpus_class(key).redistributable for key in corpora):
                row |= dict.fromkeys(AUDIO_COLUMNS)
                silent += 1
            assert published[uuid] == row
    assert f"{silent} rows are sent without their audio" in pushed.stdout
    assert any(row["input_audio"] for row in rows_of(there, "speech_asr").values())
    sent = sum(path.stat().st_size for path in there.glob("*/*.parquet"))
    assert f"of {sent:,} bytes" in pushed.stdout
    card = (there / "README.md").read_text(encoding="utf-8")
    assert f"the {silent} rows" in card and "- `esd`" in card and f"download_size: {sent}" in card
    head, loading = card.index("](#audio-that-is-not-here)"), card.index("## Loading")
    assert head < card.index("## Audio that is not here") < loading
    assert "Every row holds its instruction" in card
    assert "Every row holds its audio" in (mixed / "README.md").read_text(encoding="utf-8")
    assert sent < sum(path.stat().st_size for path in mixed.glob("*/*.parquet")) / 1.5
    hub.clear()
    again = push(hub, tmp_path / "home", mixed, "team/silent", "--without-audio")
    assert "0 files sent" in again.stdout and commits(hub) == 0


def test_the_card_of_a_dataset_without_any_audio_decodes_none(
    miniatures: Path, tmp_path: Path
) -> None:
    from audio_flan.hub.upload import FinishedBuild, staged

    options = ("--corpus", "esd", "--task", "speech_emotion_recognition")
    out = build(tmp_path / "out", miniatures, *options)
    with staged(FinishedBuild.open(out), "team/esd", [corpus_class("esd")]) as upload:
        card = (upload.folder / "README.md").read_text(encoding="utf-8")
    snippets = re.findall(r"```python\n(.*?)```", card, re.S)
    assert len(snippets) >= 5 and not any("decode(row" in code for code in snippets)
    assert not any("soundfile.read" in code for code in snippets)


def test_with_the_rights_all_audio_is_sent(hub: LoopbackHub, mixed: Path, tmp_path: Path) -> None:
    pushed = push(hub, tmp_path / "home", mixed, "team/licensed", "--i-have-the-rights")
    assert pushed.returncode == 0, pushed.stderr
    there = download(hub, "team/licensed", tmp_path / "there")
    for path in mixed.glob("*/*.parquet"):
        assert (there / path.relative_to(mixed)).read_bytes() == path.read_bytes()


def test_rows_of_one_file_are_told_apart(mixed: Path, tmp_path: Path) -> None:
    rows = [row for row in rows_of(mixed, "speech_asr").values() if row["split"] == ["train"]]
    keys = {row["corpus"] for row in rows}
    assert keys == {"ljspeech", "esd"}
    files = (mixed / "speech_asr").glob("train-*.parquet")
    table = pq.ParquetFile(next(files)).read().schema.empty_table()
    both = type(table).from_pylist(sorted(rows, key=lambda row: row["uuid"]), table.schema)
    file, target = tmp_path / "both.parquet", tmp_path / "target.parquet"
    with open_writer(file, {PART_KEY: b"both-0"}) as writer:
        writer.write_table(both.slice(0, 2))
        writer.write_table(both.slice(2))
    count = withhold(file, target, [corpus_class("esd")])
    assert count == sum(row["corpus"] == "esd" for row in rows)
    for row, published in zip(both.to_pylist(), pq.read_table(target).to_pylist(), strict=True):
        assert published == (row | dict.fromkeys(AUDIO_COLUMNS) if row["corpus"] == "esd" else row)
    footer = pq.read_metadata(target)
    assert footer.num_row_groups == 2 and footer.metadata[PART_KEY] == b"both-0"
    assert pq.read_schema(target).metadata == pq.read_schema(file).metadata


def test_a_dry_run_needs_neither_token_nor_network(
    hub: LoopbackHub, mixed: Path, tmp_path: Path
) -> None:
    hub.clear()
    environment = hub.environment(tmp_path / "home")
    del environment["HF_TOKEN"]
    command = [*CLI, "push", str(mixed), "team/dry", "--dry-run", "--without-audio"]
    dry = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert dry.returncode == 0, dry.stderr
    assert "nothing was sent" in dry.stdout and "team/dry" in dry.stdout
    assert hub.requests() == []
    assert not list((mixed / ".build").glob("push-*"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["FREE", "rows"], "expected ORG/NAME for the repository; found 'rows'"),
        (["FREE", "a/b/c"], "expected ORG/NAME"),
        (["FREE", "team/ro ws"], "not a valid repository name"),
        (["FREE", "team/rows.py"], "takes a name that ends in .py for a script"),
        (["FREE", "team/x", "--create-pr", "--revision", "v2"], "give --create-pr"),
        (["FREE", "team/x", "--without-audio", "--i-have-the-rights"], "not both"),
        (["EMPTY", "team/x"], "holds no finished build"),
        (["EMPTY/nothing", "team/x"], "holds no finished build"),
        (["TORN", "team/x"], "speech_asr/train-00000-of-00002.parquet is missing"),
        (["STOPPED", "team/x"], "it was interrupted"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str],
    said: str,
    free: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("torn", "stopped"):
        shutil.copytree(free, tmp_path / name)
    (tmp_path / "torn" / "speech_asr" / "train-00000-of-00002.parquet").unlink()
    (tmp_path / "stopped" / ".build" / "parts" / "unit-0.parquet").touch()
    places = {name: str(tmp_path / name.lower()) for name in ("EMPTY", "TORN", "STOPPED")}
    for name, place in {**places, "FREE": str(free)}.items():
        arguments = [argument.replace(name, place) for argument in arguments]
    assert run("push", *arguments, "--dry-run") == 2
    message = capsys.readouterr().err
    assert said in message and message.startswith("audio-flan: ") and message.count("\n") == 1


@pytest.fixture
def refusing() -> Iterator[tuple[str, list[int]]]:
    """A server that answers everything with one status, which can be set."""
    status = [500]

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", status
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "does not accept the token"),
        (403, "no write access to team/x"),
        (503, "refused the request (503"),
        (None, "no token for the Hub: log in with `hf auth login`"),
        (0, "cannot reach the Hub at http://127.0.0.1:9"),
    ],
)
def test_a_hub_that_refuses_ends_in_one_line(
    status: int | None,
    said: str,
    hub: LoopbackHub,
    refusing: tuple[str, list[int]],
    free: Path,
    tmp_path: Path,
) -> None:
    environment = hub.environment(tmp_path / "home") | {"HF_ENDPOINT": refusing[0]}
    if status is None:
        del environment["HF_TOKEN"]
    elif status == 0:
        environment["HF_ENDPOINT"] = "http://127.0.0.1:9"
    else:
        refusing[1][0] = status
    command = [*CLI, "push", str(free), "team/x"]
    failed = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert failed.returncode == 2
    assert said in failed.stderr and failed.stderr.count("\n") == 1, failed.stderr
    assert failed.stderr.startswith("audio-flan: ")


@pytest.mark.parametrize(
    ("repo", "file", "options", "said"),
    [
        ("team/scripted", "scripted.py", [], "holds scripted.py"),
        ("team/public", "README.md", ["--private"], "already exists and is public"),
        ("team/plain", "README.md", ["--revision", "refs/pr/7"], "no team/plain, revision refs"),
    ],
)
def test_a_repository_that_does_not_fit_is_left_as_it_is(
    hub: LoopbackHub,
    free: Path,
    tmp_path: Path,
    repo: str,
    file: str,
    options: list[str],
    said: str,
) -> None:
    put(hub, repo, file)
    failed = push(hub, tmp_path / "home", free, repo, *options)
    assert failed.returncode == 2
    assert said in failed.stderr and failed.stderr.count("\n") == 1, failed.stderr
    assert remote(hub, repo) == {file}
