"""What the small Hub of the tests keeps in its folder: repos, commits, files, Xet's chunks."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import os
import struct
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

LARGE = 10 << 20
DATE = "2026-01-01T00:00:00.000Z"
Segment = tuple[str, int, int]
"""Hash of a xorb, its first chunk of a file, and the one after its last."""
ATTRIBUTES = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"


class HubError(Exception):
    """An answer other than success, as the Hub words it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Store:
    """Repos and their files, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.xet = f"local://{folder / 'xet'}"
        (folder / "blobs").mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        return self.folder / "repos" / f"{name}.json"

    def load(self, name: str, authorized: bool) -> dict[str, Any]:
        if not self.path(name).exists():
            raise HubError(404, "RepoNotFound", "Repository not found")
        repo: dict[str, Any] = json.loads(self.path(name).read_text())
        if repo["private"] and not authorized:
            raise HubError(401, "RepoNotFound", "Repository not found")
        return repo

    def save(self, name: str, repo: dict[str, Any]) -> None:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(repo))
        unfinished.replace(path)

    def create(self, name: str, private: bool) -> None:
        first = {".gitattributes": self.regular(ATTRIBUTES)}
        repo: dict[str, Any] = {"private": private, "refs": {}, "commits": {}, "requests": []}
        add_commit(repo, "main", first, "initial commit")
        self.save(name, repo)

    def blob(self, sha256: str) -> Path:
        return self.folder / "blobs" / sha256

    def regular(self, content: bytes) -> dict[str, Any]:
        """Keep a small file; its entry in a commit."""
        sha256 = hashlib.sha256(content).hexdigest()
        self.blob(sha256).write_bytes(content)
        return {"size": len(content), "oid": git_oid(content), "sha256": sha256, "lfs": False}

    def large(self, sha256: str, size: int) -> dict[str, Any]:
        """Entry of a file that came by Xet or LFS before; Xet files are put together here."""
        xet_hash, segments = xet_files(self.folder / "xet").get(sha256, (None, []))
        blob = self.blob(sha256)
        if xet_hash and not blob.exists():
            unfinished = blob.with_suffix(".unfinished")
            with unfinished.open("wb") as file:
                for xorb, start, end in segments:
                    file.writelines(xorb_chunks(self.folder / "xet", xorb, start, end))
            unfinished.replace(blob)
        if not blob.exists() or file_sha256(blob) != sha256:
            raise HubError(400, "BadRequest", f"large file {sha256} was not uploaded")
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
        oid = git_oid(pointer.encode())
        return {"size": size, "oid": oid, "sha256": sha256, "lfs": True, "xet": xet_hash}


def git_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def xet_files(folder: Path) -> dict[str, tuple[str, list[Segment]]]:
    """Xet hash and segments of each file in the shards below a folder, by the file's SHA-256."""
    found = {}
    for shard in folder.rglob("shards/*.mdb"):
        found |= shard_files(shard)
    return found


@cache
def shard_files(shard: Path) -> dict[str, tuple[str, list[Segment]]]:
    """What a shard, which never changes, says of its files.

    It is a header of 48 bytes, then records of 48 bytes: per file its hash with flags and the
    number of segments, the segments, one verification per segment (bit 31), its SHA-256 (bit 30).
    """
    found = {}
    data, at = shard.read_bytes(), 48
    while data[at : at + 32] != b"\xff" * 32:
        flags, count = struct.unpack_from("<II", data, at + 32)
        starts = range(at + 48, at + 48 * (1 + count), 48)
        segments = [
            (xet_hex(data[i : i + 32]), *struct.unpack_from("<II", data, i + 40)) for i in starts
        ]
        end = starts.stop + (48 * count if flags >> 31 & 1 else 0)
        if flags >> 30 & 1:
            found[xet_hex(data[end : end + 32])] = (xet_hex(data[at : at + 32]), segments)
            end += 48
        at = end
    return found


def xorb_chunks(folder: Path, xorb: str, start: int, end: int) -> Iterator[bytes]:
    """Content of some chunks of a xorb.

    A chunk is a header of 8 bytes (version, stored length, compression, length) and its content:
    stored, an LZ4 frame, or an LZ4 frame of every fourth byte, from the first, second and so on.
    """
    (path,) = folder.rglob(f"default.{xorb}")
    with path.open("rb") as file:
        for number in range(end):
            header = file.read(8)
            stored, length = (int.from_bytes(header[i : i + 3], "little") for i in (1, 5))
            if number < start:
                file.seek(stored, os.SEEK_CUR)
            else:
                yield decompress(file.read(stored), header[4], length)


def decompress(content: bytes, compression: int, length: int) -> bytes:
    if compression:
        content = pa.Codec("lz4").decompress(content, length).to_pybytes()
    if compression < 2:
        return content
    ends = [0, *itertools.accumulate((length + 3 - i) // 4 for i in range(4))]
    whole = bytearray(length)
    for i in range(4):
        whole[i::4] = content[ends[i] : ends[i + 1]]
    return bytes(whole)


def xet_hex(digest: bytes) -> str:
    """Xet writes hashes as four little-endian numbers."""
    return "".join(digest[i : i + 8][::-1].hex() for i in range(0, 32, 8))


def add_commit(repo: dict[str, Any], ref: str, files: dict[str, Any], title: str) -> str:
    """Put a commit on a branch or pull request; its id."""
    parent = repo["refs"].get(ref)
    text = json.dumps([ref, parent, title, files, len(repo["commits"])])
    sha = hashlib.sha1(text.encode()).hexdigest()
    repo["commits"][sha] = {"parent": parent, "title": title, "files": files}
    repo["refs"][ref] = sha
    return sha


def add_pull_request(repo: dict[str, Any], title: str) -> int:
    repo["requests"].append(title)
    repo["refs"][f"refs/pr/{len(repo['requests'])}"] = repo["refs"]["main"]
    return len(repo["requests"])


def commit_id(repo: dict[str, Any], revision: str) -> str:
    sha: str = repo["refs"].get(revision, revision)
    if sha not in repo["commits"]:
        raise HubError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
    return sha


def apply(store: Store, repo: dict[str, Any], ref: str, lines: Iterable[bytes]) -> str:
    """Make a commit from the lines of a request; its id."""
    if ref not in repo["refs"]:
        raise HubError(404, "RevisionNotFound", f"Invalid rev id: {ref}")
    head, title = repo["refs"][ref], ""
    files = dict(repo["commits"][head]["files"])
    for line in lines:
        operation = json.loads(line)
        value, path = operation["value"], operation["value"].get("path")
        if operation["key"] == "header":
            title = value["summary"]
            if value.get("parentCommit", head) != head:
                raise HubError(412, "PreconditionFailed", "A commit has happened since")
        elif operation["key"] == "file":
            files[path] = store.regular(base64.b64decode(value["content"]))
        elif operation["key"] == "lfsFile":
            files[path] = store.large(value["oid"], value["size"])
        elif operation["key"] == "deletedFile":
            del files[path]
        else:
            files = {name: files[name] for name in files if not name.startswith(path)}
    return add_commit(repo, ref, files, title)


def tree_entry(path: str, file: dict[str, Any] | None) -> dict[str, Any]:
    if file is None:
        return {"type": "directory", "oid": git_oid(path.encode()), "size": 0, "path": path}
    entry = {"type": "file", "oid": file["oid"], "size": file["size"], "path": path}
    if file["lfs"]:
        entry["lfs"] = {"oid": file["sha256"], "size": file["size"], "pointerSize": 134}
    return entry | ({"xetHash": file["xet"]} if file.get("xet") else {})


def with_folders(files: dict[str, Any]) -> dict[str, Any]:
    """The files of a commit and, with None, the folders that they lie in."""
    folders = {
        "/".join(path.split("/")[:n]) for path in files for n in range(1, path.count("/") + 1)
    }
    return dict(sorted((dict.fromkeys(folders) | files).items()))
