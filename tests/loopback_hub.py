"""A small Hub for tests: datasets can be pushed to it and loaded from it, on this machine alone.

It speaks what `huggingface_hub` and `datasets` ask for: repos, branches and pull requests, commits,
trees, files by range, and large files by Xet (hf_xet's own `local://` store) or by Git LFS. All of
its state lies in a folder, so that one server can go on where another ended. Tests start it through
`LoopbackHub`; by hand: python loopback_hub.py STATE_FOLDER, until its standard input ends
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import uvicorn
from loopback_store import (
    DATE,
    LARGE,
    HubError,
    Store,
    add_pull_request,
    apply,
    commit_id,
    file_sha256,
    tree_entry,
    with_folders,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class LoopbackHub:
    """A running server, seen from the tests.

    Attributes:
        endpoint: what clients take as HF_ENDPOINT; they read it once, so each needs a new process.
        folder: the state of the server.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.endpoint = self._process.stdout.readline().strip()

    def stop(self) -> None:
        """End the server; its folder stays."""
        self._process.communicate()

    def environment(self, home: Path) -> dict[str, str]:
        """Environment of a client whose caches and settings lie in a folder of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        return kept | {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(home),
            "HF_TOKEN": "hf_loopback",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "NO_PROXY": "localhost,127.0.0.1",
        }

    def requests(self) -> list[dict[str, Any]]:
        """All requests since the last clear: method, path, query, range, status, received, sent."""
        log = self.folder / "requests.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def clear(self) -> None:
        """Forget the requests."""
        (self.folder / "requests.jsonl").write_text("")

    def stored_bytes(self) -> int:
        """Bytes of content that Xet clients have sent so far (deduplicated, compressed)."""
        return sum(path.stat().st_size for path in self.folder.glob("xet/**/xorbs/default.*"))

    def hold(self, path: str, after: int = 0) -> None:
        """Leave requests with this text in their path unanswered, after a number of them."""
        (self.folder / "hold.json").write_text(json.dumps({"path": path, "after": after}))

    def release(self) -> None:
        """Answer new requests again; the held ones stay without an answer."""
        (self.folder / "hold.json").unlink(missing_ok=True)

    def wait_for_held(self, seconds: float = 60) -> None:
        """Wait until a request is held.

        Raises:
            TimeoutError: none was.
        """
        end = time.monotonic() + seconds
        while not any(request["status"] == "held" for request in self.requests()):
            if time.monotonic() > end:
                raise TimeoutError("no request was held")
            time.sleep(0.02)


class Hub:
    """The routes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        repo = "/api/datasets/{owner}/{name}"
        git = "/datasets/{owner}/{name}.git/info/lfs"
        self.routes = [
            Route("/api/whoami-v2", self.whoami),
            Route("/api/validate-yaml", self.validate_yaml, methods=["POST"]),
            Route("/api/repos/create", self.create, methods=["POST"]),
            Route("/api/repos/delete", self.delete, methods=["DELETE"]),
            Route(repo, self.info),
            Route(repo + "/revision/{revision}", self.info),
            Route(repo + "/refs", self.refs),
            Route(repo + "/commits/{revision}", self.commits),
            Route(repo + "/branch/{revision}", self.branch, methods=["POST"]),
            Route(repo + "/discussions", self.discussions, methods=["POST"]),
            Route(repo + "/discussions/{number}", self.discussion),
            Route(repo + "/tree/{revision}", self.tree),
            Route(repo + "/tree/{revision}/{path:path}", self.tree),
            Route(repo + "/paths-info/{revision}", self.paths_info, methods=["POST"]),
            Route(repo + "/preupload/{revision}", self.preupload, methods=["POST"]),
            Route(repo + "/commit/{revision}", self.commit, methods=["POST"]),
            Route(repo + "/xet-{kind}-token/{revision}", self.xet_token),
            Route("/datasets/{owner}/{name}/resolve/{revision}/{path:path}", self.resolve),
            Route(git + "/objects/batch", self.lfs_batch, methods=["POST"]),
            Route("/lfs/{sha256}", self.lfs_put, methods=["PUT"]),
            Route("/lfs/{sha256}/verify", self.lfs_verify, methods=["POST"]),
            Route("/blobs/{sha256}", self.blob),
        ]

    def repo(self, request: Request, write: bool = False) -> tuple[str, dict[str, Any]]:
        """The request's repo: its name and what it holds."""
        name = "{owner}/{name}".format(**request.path_params)
        authorized = "authorization" in request.headers
        if write and not authorized:
            raise HubError(401, "Unauthorized", "a token is needed to write")
        return name, self.store.load(name, authorized)

    def files(self, request: Request) -> tuple[str, dict[str, Any]]:
        """The commit that a request names, and its files."""
        _, repo = self.repo(request)
        sha = commit_id(repo, unquote(request.path_params.get("revision", "main")))
        return sha, repo["commits"][sha]["files"]

    async def whoami(self, request: Request) -> Response:
        return JSONResponse({"type": "user", "name": "tester", "orgs": []})

    async def validate_yaml(self, request: Request) -> Response:
        return JSONResponse({"errors": [], "warnings": []})

    async def create(self, request: Request) -> Response:
        asked = await request.json()
        name = f"{asked.get('organization') or 'tester'}/{asked['name']}"
        answer = {"url": f"{request.base_url}datasets/{name}", "name": name, "id": name}
        if "authorization" not in request.headers:
            raise HubError(401, "Unauthorized", "a token is needed to write")
        if self.store.path(name).exists():
            return JSONResponse(answer | {"error": "You already created this repo"}, 409)
        self.store.create(name, asked.get("private") or asked.get("visibility") == "private")
        return JSONResponse(answer)

    async def delete(self, request: Request) -> Response:
        asked = await request.json()
        self.store.path(f"{asked.get('organization') or 'tester'}/{asked['name']}").unlink()
        return JSONResponse({})

    async def info(self, request: Request) -> Response:
        sha, files = self.files(request)
        name, repo = self.repo(request)
        siblings = [{"rfilename": path, "size": files[path]["size"]} for path in sorted(files)]
        known = {"id": name, "author": name.split("/")[0], "sha": sha, "private": repo["private"]}
        rest = {"lastModified": DATE, "createdAt": DATE, "tags": [], "downloads": 0, "likes": 0}
        flags = {"gated": False, "disabled": False}
        return JSONResponse({**known, **rest, **flags, "siblings": siblings})

    async def refs(self, request: Request) -> Response:
        _, repo = self.repo(request)
        listed: dict[str, list[dict[str, str]]] = {"branches": [], "pullRequests": []}
        for name, sha in repo["refs"].items():
            request_ref = name.startswith("refs/pr/")
            ref = name if request_ref else f"refs/heads/{name}"
            kind = "pullRequests" if request_ref else "branches"
            listed[kind].append({"name": name, "ref": ref, "targetCommit": sha})
        return JSONResponse({**listed, "tags": [], "converts": []})

    async def commits(self, request: Request) -> Response:
        _, repo = self.repo(request)
        sha: str | None = commit_id(repo, unquote(request.path_params["revision"]))
        found = []
        while sha:
            commit = repo["commits"][sha]
            said = {"title": commit["title"], "message": "", "date": DATE, "authors": []}
            found.append({"id": sha, **said})
            sha = commit["parent"]
        return JSONResponse(found)

    async def branch(self, request: Request) -> Response:
        name, repo = self.repo(request, write=True)
        branch = unquote(request.path_params["revision"])
        if branch in repo["refs"]:
            raise HubError(409, "Conflict", "Reference already exists")
        start = (await request.json()).get("startingPoint", "main")
        repo["refs"][branch] = commit_id(repo, start)
        self.store.save(name, repo)
        return JSONResponse({})

    async def discussions(self, request: Request) -> Response:
        name, repo = self.repo(request, write=True)
        number = add_pull_request(repo, (await request.json())["title"])
        self.store.save(name, repo)
        return JSONResponse({"num": number})

    async def discussion(self, request: Request) -> Response:
        name, repo = self.repo(request)
        number = int(request.path_params["number"])
        said = {"title": repo["requests"][number - 1], "num": number, "createdAt": DATE}
        about = {"author": {"name": "tester"}, "repo": {"name": name, "type": "dataset"}}
        state = {"status": "draft", "isPullRequest": True, "filesWithConflicts": [], "events": []}
        return JSONResponse({**said, **about, **state, "changes": {"base": "refs/heads/main"}})

    async def tree(self, request: Request) -> Response:
        _, files = self.files(request)
        folder = unquote(request.path_params.get("path", "")).strip("/")
        recursive = request.query_params.get("recursive", "").lower() in ("1", "true")
        everything = with_folders(files)
        if folder and everything.get(folder, files) is not None:
            raise HubError(404, "EntryNotFound", f"{folder} does not exist")
        prefix = f"{folder}/" if folder else ""
        below = {path: file for path, file in everything.items() if path.startswith(prefix)}
        shown = (path for path in below if recursive or "/" not in path[len(prefix) :])
        return JSONResponse([tree_entry(path, below[path]) for path in shown])

    async def paths_info(self, request: Request) -> Response:
        _, files = self.files(request)
        body = await request.body()
        is_json = "json" in request.headers.get("content-type", "")
        paths = (json.loads(body) if is_json else parse_qs(body.decode())).get("paths", [])
        everything = with_folders(files)
        found = (path for path in paths if path in everything)
        return JSONResponse([tree_entry(path, everything[path]) for path in found])

    async def preupload(self, request: Request) -> Response:
        self.repo(request, write=True)
        _, files = self.files(request)
        answers = []
        for asked in (await request.json())["files"]:
            path, there = asked["path"], files.get(asked["path"])
            large = path.endswith(".parquet") or asked["size"] > LARGE
            oid = there and there["sha256" if there["lfs"] else "oid"]
            mode = "lfs" if large else "regular"
            answers.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        return JSONResponse({"files": answers})

    async def commit(self, request: Request) -> Response:
        lines = (await request.body()).splitlines()
        name, repo = self.repo(request, write=True)
        ref, answer = unquote(request.path_params["revision"]), {}
        if request.query_params.get("create_pr"):
            number = add_pull_request(repo, "a pull request")
            ref = f"refs/pr/{number}"
            answer["pullRequestUrl"] = f"{request.base_url}datasets/{name}/discussions/{number}"
        sha = apply(self.store, repo, ref, lines)
        self.store.save(name, repo)
        url = f"{request.base_url}datasets/{name}/commit/{sha}"
        done = {"success": True, "commitOid": sha, "commitUrl": url, "hookOutput": ""}
        return JSONResponse(done | answer)

    async def xet_token(self, request: Request) -> Response:
        self.repo(request, write=request.path_params["kind"] == "write")
        end, token = int(time.time()) + 3600, "token"
        headers = {"X-Xet-Cas-Url": self.store.xet, "X-Xet-Access-Token": token}
        headers["X-Xet-Token-Expiration"] = str(end)
        body = {"casUrl": self.store.xet, "exp": end, "accessToken": token}
        return JSONResponse(body, headers=headers)

    async def resolve(self, request: Request) -> Response:
        sha, files = self.files(request)
        path = unquote(request.path_params["path"])
        if path not in files:
            raise HubError(404, "EntryNotFound", f"{path} does not exist")
        file = files[path]
        headers = {"X-Repo-Commit": sha, "ETag": f'"{file["oid"]}"'}
        if not file["lfs"]:
            return FileResponse(self.store.blob(file["sha256"]), headers=headers)
        headers |= {"X-Linked-Size": str(file["size"]), "X-Linked-ETag": f'"{file["sha256"]}"'}
        if file["xet"]:
            api = "{owner}/{name}/xet-read-token".format(**request.path_params)
            headers["X-Xet-Hash"] = file["xet"]
            headers["Link"] = f'<{request.base_url}api/datasets/{api}/{sha}>; rel="xet-auth"'
        # Clients follow a redirect at once if it stays on the same host, and lose these headers.
        bytes_url = f"http://127.0.0.1:{request.url.port}/blobs/{file['sha256']}"
        return RedirectResponse(bytes_url, 302, headers)

    async def blob(self, request: Request) -> Response:
        sha256 = request.path_params["sha256"]
        return FileResponse(self.store.blob(sha256), headers={"ETag": f'"{sha256}"'})

    async def lfs_batch(self, request: Request) -> Response:
        self.repo(request, write=True)
        asked = await request.json()
        objects = []
        for item in asked["objects"]:
            href = f"{request.base_url}lfs/{item['oid']}"
            actions = {"upload": {"href": href}, "verify": {"href": f"{href}/verify"}}
            there = self.store.blob(item["oid"]).exists()
            objects.append(item | ({} if there else {"actions": actions}))
        transfer = "xet" if "xet" in asked.get("transfers", []) else "basic"
        return JSONResponse({"transfer": transfer, "objects": objects})

    async def lfs_put(self, request: Request) -> Response:
        blob = self.store.blob(request.path_params["sha256"])
        unfinished = blob.with_suffix(".unfinished")
        with unfinished.open("wb") as file:
            async for part in request.stream():
                file.write(part)
        if file_sha256(unfinished) != blob.name:
            raise HubError(400, "BadRequest", "the content differs from its SHA-256")
        unfinished.replace(blob)
        return Response()

    async def lfs_verify(self, request: Request) -> Response:
        blob, size = self.store.blob(request.path_params["sha256"]), (await request.json())["size"]
        if not blob.exists() or blob.stat().st_size != size:
            raise HubError(404, "EntryNotFound", "the object is not there")
        return JSONResponse({})


class RequestLog:
    """Writes a line per request. Routes see the path as it was sent, with its escapes."""

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        self.app, self.folder = app, folder
        self.matched = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["raw_path"].decode()
        entry = {"method": scope["method"], "path": path, "query": scope["query_string"].decode()}
        entry["range"] = dict(scope["headers"]).get(b"range", b"").decode()
        entry |= {"status": None, "received": 0, "sent": 0}

        async def receive_counted() -> Message:
            message = await receive()
            entry["received"] += len(message.get("body", b""))
            return message

        async def send_counted(message: Message) -> None:
            entry["status"] = message.get("status", entry["status"])
            entry["sent"] += len(message.get("body", b""))
            # Before its last part is sent, so that a client that has its answer finds the line.
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.write(entry)
            await send(message)

        if self.is_held(path):
            self.write(entry | {"status": "held"})
            await asyncio.Event().wait()
        await self.app({**scope, "path": path}, receive_counted, send_counted)

    def is_held(self, path: str) -> bool:
        hold = self.folder / "hold.json"
        if not hold.exists():
            self.matched = 0
            return False
        asked = json.loads(hold.read_text())
        self.matched += asked["path"] in path
        return asked["path"] in path and self.matched > asked["after"]

    def write(self, entry: dict[str, Any]) -> None:
        with (self.folder / "requests.jsonl").open("a") as log:
            log.write(json.dumps(entry) + "\n")


async def answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HubError)
    headers = {"X-Error-Code": error.code, "X-Error-Message": str(error)}
    return JSONResponse({"error": str(error)}, error.status, headers)


def end_with_parent() -> None:
    """End this process when the one that started it does."""
    sys.stdin.read()
    os._exit(0)


def main(folder: Path) -> None:
    """Serve on a free port of 127.0.0.1 and print the endpoint."""
    application = Starlette(
        routes=Hub(Store(folder)).routes, exception_handlers={HubError: answer_error}
    )
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"http://localhost:{listening.getsockname()[1]}", flush=True)
    threading.Thread(target=end_with_parent, daemon=True).start()
    config = uvicorn.Config(RequestLog(application, folder), log_level="warning")
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
