"""The Hub that the other tests publish to behaves, for its real clients, as the Hub does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pyarrow.parquet as pq
import pytest

from audio_flan.cli.app import main
from audio_flan.model.instance import AUDIO_COLUMNS

if TYPE_CHECKING:
    from loopback_hub import LoopbackHub

START = """
import json, sys
from huggingface_hub import HfApi, errors, hf_hub_download
api = HfApi()
repo, kind = sys.argv[1], {"repo_type": "dataset"}
"""

UPLOAD = """
api.create_repo(repo, exist_ok=True, private=len(sys.argv) > 3, **kind)
api.upload_folder(repo_id=repo, folder_path=sys.argv[2], ignore_patterns=[".build/**"], **kind)
"""

LOAD = """
import json, sys
import datasets
datasets.disable_progress_bars()
repo, config, *columns = sys.argv[1:]
mapped = datasets.load_dataset(repo, config)
for split, rows in mapped.items():
    for column in columns:
        rows = rows.cast_column(column, datasets.Audio(decode=False))
    streamed = datasets.load_dataset(repo, config, split=split, streaming=True).decode(False)
    for row, other in zip(rows, streamed, strict=True):
        assert row == other
        for column in columns:
            cell = row[column]
            row[column] = cell and [cell["path"], cell["bytes"].hex()]
        print(json.dumps([split, row]))
"""


def client(hub: LoopbackHub, home: Path, code: str, *arguments: str | Path, **extra: str) -> str:
    """What a client in a new process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=hub.environment(home) | extra,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def upload(hub: LoopbackHub, home: Path, repo: str, folder: Path, **extra: str) -> None:
    client(hub, home, START + UPLOAD, repo, folder, **extra)


def get(hub: LoopbackHub, path: str, **headers: str) -> bytes:
    with urlopen(Request(f"{hub.endpoint}{path}", headers=headers)) as answer:
        content: bytes = answer.read()
    return content


def sizes(hub: LoopbackHub, repo: str, revision: str = "main") -> dict[str, int]:
    """Size of each file of a repo."""
    tree = json.loads(get(hub, f"/api/datasets/{repo}/tree/{revision}?recursive=True"))
    return {entry["path"]: entry["size"] for entry in tree if entry["type"] == "file"}


def sent_files(hub: LoopbackHub) -> int:
    """Bytes of the commits since the last clear."""
    return sum(entry["received"] for entry in hub.requests() if "/commit/" in entry["path"])


def files_of(folder: Path) -> dict[str, Path]:
    """What a folder publishes, by the name on the Hub."""
    files = (path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: path for name, path in named.items() if not name.startswith(".build/")}


def local_rows(folder: Path, *configs: str) -> list[list[Any]]:
    """The rows in a folder's files, as the client above prints them."""
    found = []
    for config in configs:
        for path in sorted((folder / config).glob("*.parquet")):
            for row in pq.read_table(path).to_pylist():
                for column in AUDIO_COLUMNS:
                    cell = row[column]
                    row[column] = cell and [cell["path"], cell["bytes"].hex()]
                found.append([path.name.split("-")[0], row])
    return found


def by_uuid(rows: list[list[Any]]) -> list[list[Any]]:
    return sorted(rows, key=lambda item: str(item[1]["uuid"]))


@pytest.fixture(scope="module")
def built(miniatures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of two speech tasks; not to be changed."""
    out = tmp_path_factory.mktemp("built") / "out"
    tasks = ["--task", "speech_asr", "--task", "speech_tts"]
    corpora = ["--corpus", "ljspeech", "--corpus", "aishell3"]
    with pytest.raises(SystemExit) as exit:
        main(["build", str(out), "--root", str(miniatures), *corpora, *tasks])
    assert not exit.value.code
    return out


@pytest.fixture(scope="module")
def published(hub: LoopbackHub, built: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A repo that holds the build; not to be changed."""
    upload(hub, tmp_path_factory.mktemp("home"), "team/published", built)
    return "team/published"


@pytest.mark.parametrize("transfer", ["xet", "lfs"])
def test_what_was_uploaded_comes_back(
    hub: LoopbackHub, built: Path, tmp_path: Path, transfer: str
) -> None:
    plain = {"HF_HUB_DISABLE_XET": "1"} if transfer == "lfs" else {}
    stored = hub.stored_bytes()
    hub.clear()
    upload(hub, tmp_path / "home", f"team/{transfer}", built, **plain)
    asked = {request["path"].split("/")[-2] for request in hub.requests()}
    assert ("xet-write-token" in asked) == (transfer == "xet")
    assert (hub.stored_bytes() > stored) == (transfer == "xet")
    code = """
for name in sys.argv[3:]:
    content = open(hf_hub_download(repo, name, **kind), "rb").read()
    assert content == open(f"{sys.argv[2]}/{name}", "rb").read(), name
print(json.dumps(api.list_repo_files(repo, **kind)))
"""
    files = files_of(built)
    assert len(files) > 4
    listed = client(
        hub, tmp_path / "reader", START + code, f"team/{transfer}", built, *files, **plain
    )
    assert set(json.loads(listed)) == {*files, ".gitattributes"}


@pytest.mark.parametrize(("config", "tasks"), [("speech_tts", 1), ("speech", 2)])
def test_rows_load_as_they_lie_in_the_folder(
    hub: LoopbackHub, built: Path, published: str, tmp_path: Path, config: str, tasks: int
) -> None:
    printed = client(hub, tmp_path / "home", LOAD, published, config, *AUDIO_COLUMNS)
    rows = list(map(json.loads, printed.splitlines()))
    names = [config] if tasks == 1 else ["speech_asr", "speech_tts"]
    assert by_uuid(rows) == by_uuid(local_rows(built, *names)) and len(rows) > 10 * tasks
    ranges = [request for request in hub.requests() if request["range"]]
    assert {request["status"] for request in ranges} >= {206}


def test_the_same_upload_again_sends_nothing(
    hub: LoopbackHub, built: Path, published: str, tmp_path: Path
) -> None:
    stored = hub.stored_bytes()
    hub.clear()
    upload(hub, tmp_path / "home", published, built)
    assert sent_files(hub) == 0 and hub.stored_bytes() == stored


def test_delete_patterns_remove_and_keep_the_rest(
    hub: LoopbackHub, built: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(built, out)
    upload(hub, tmp_path / "home", "team/deletes", out)
    before = sizes(hub, "team/deletes")
    gone = sorted(out.glob("speech_asr/*.parquet"))[0]
    gone.unlink()
    code = """
options = {"ignore_patterns": [".build/**"], "delete_patterns": ["speech_asr/*.parquet"]}
api.upload_folder(repo_id=repo, folder_path=sys.argv[2], **options, **kind)
"""
    client(hub, tmp_path / "home", START + code, "team/deletes", out)
    assert before.keys() - sizes(hub, "team/deletes").keys() == {f"speech_asr/{gone.name}"}


def test_private_repos_branches_and_pull_requests(
    hub: LoopbackHub, built: Path, tmp_path: Path
) -> None:
    code = """
api.create_repo(repo, private=True, **kind)
api.create_branch(repo, branch="draft/1", **kind)
options = dict(repo_id=repo, folder_path=sys.argv[2], allow_patterns="speech_tts/*", **kind)
api.upload_folder(revision="draft/1", **options)
opened = api.upload_folder(create_pr=True, **options)
single = api.upload_file(
    repo_id=repo, path_or_fileobj=b"text", path_in_repo="notes.txt", create_pr=True, **kind
)
seen = {name: len(api.list_repo_files(repo, revision=name, **kind))
        for name in ("main", "draft/1", opened.pr_revision, single.pr_revision)}
try:
    HfApi(token=False).repo_info(repo, **kind)
except errors.RepositoryNotFoundError:
    print(json.dumps(seen))
"""
    printed = client(hub, tmp_path, START + code, "team/private", built)
    shards = len(list(built.glob("speech_tts/*")))
    expected = {"main": 1, "draft/1": 1 + shards, "refs/pr/1": 1 + shards, "refs/pr/2": 2}
    assert json.loads(printed) == expected


def test_what_is_not_there_and_a_stale_parent_are_refused(
    hub: LoopbackHub, published: str, tmp_path: Path
) -> None:
    code = """
old = api.repo_info(repo, **kind).sha
def put(text, **options):
    api.upload_file(repo_id=repo, path_or_fileobj=text, path_in_repo="a.txt", **options, **kind)
api.create_branch(repo, branch="other", **kind)
put(b"first", parent_commit=old, revision="other")
said = []
for attempt in (
    lambda: put(b"second", parent_commit=old, revision="other"),
    lambda: api.repo_info("team/absent", **kind),
    lambda: api.repo_info(repo, revision="absent", **kind),
    lambda: hf_hub_download(repo, "absent.txt", **kind),
    lambda: list(api.list_repo_tree(repo, "absent", **kind)),
):
    try:
        attempt()
    except errors.HfHubHTTPError as error:
        said.append([type(error).__name__, error.response.status_code])
print(json.dumps(said))
assert open(hf_hub_download(repo, "a.txt", revision="other", **kind)).read() == "first"
"""
    assert json.loads(client(hub, tmp_path, START + code, published)) == [
        ["HfHubHTTPError", 412],
        ["RepositoryNotFoundError", 404],
        ["RevisionNotFoundError", 404],
        ["RemoteEntryNotFoundError", 404],
        ["RemoteEntryNotFoundError", 404],
    ]


def test_ranges_of_a_file(hub: LoopbackHub, built: Path, published: str) -> None:
    name = next(name for name in sizes(hub, published) if name.endswith(".parquet"))
    url, content = f"/datasets/{published}/resolve/main/{name}", (built / name).read_bytes()
    hub.clear()
    assert get(hub, url, Range="bytes=100-299") == content[100:300]
    assert get(hub, url, Range="bytes=-8") == content[-8:]
    assert [request["sent"] for request in hub.requests() if request["status"] == 206] == [200, 8]
    with pytest.raises(HTTPError, match="416"):
        get(hub, url, Range=f"bytes={len(content)}-")


def test_a_killed_upload_goes_on_and_a_new_server_takes_over(
    hub: LoopbackHub, tmp_path: Path
) -> None:
    from loopback_hub import LoopbackHub

    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(300):
        content = bytes([number % 256]) * 1000 + str(number).encode()
        (folder / f"{number:03}.parquet").write_bytes(content)
    server = LoopbackHub(tmp_path / "hub")
    # The second of two commits gets no answer, and its client is killed as it waits.
    server.hold("/commit/", after=1)
    command = [sys.executable, "-c", START + UPLOAD, "team/killed", str(folder)]
    killed = subprocess.Popen(command, env=server.environment(tmp_path / "home"))
    server.wait_for_held()
    killed.kill()
    assert killed.wait() == -9
    partial = sizes(server, "team/killed")
    assert 100 < len(partial) < 300
    server.stop()

    server = LoopbackHub(tmp_path / "hub")
    server.release()
    server.clear()
    stored = server.stored_bytes()
    upload(server, tmp_path / "home", "team/killed", folder)
    assert len(sizes(server, "team/killed")) == 301
    # Only the second commit was sent, and its content had reached the store before.
    commits = [request for request in server.requests() if "/commit/" in request["path"]]
    assert len(commits) == 1 and server.stored_bytes() == stored
    server.stop()
