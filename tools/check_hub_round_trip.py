"""Push a built dataset to a Hub on the loopback interface and load it by several `datasets`.

Usage: python tools/check_hub_round_trip.py DATASET_FOLDER [--python VERSION=PATH ...]

For 3.6.0, 4.8.5 and 5.2.0, each in a fresh environment (or in the given interpreter's) and with an
empty cache: the rows of three tasks, a view and `all`, in map style and streaming, against the
files of the folder. Then what is sent by a push that follows a killed one, by one without a change
and by one of reworded instructions; and what streaming fetches of a config of 240 MB, next to the
layout of `push_to_hub`. Prints tables, and ends with an error if a figure is out of its bounds.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from rich.console import Console
from rich.table import Table

from audio_flan.dataset.layout import PART_KEY, Layout
from audio_flan.dataset.parquet import open_writer, write_parts
from audio_flan.dataset.store import Store
from audio_flan.media.audio import EncodedAudio
from audio_flan.model.instance import AUDIO_COLUMNS, Instance, Origin, instance_uuid, marker

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ("3.6.0", "4.8.5", "5.2.0")
REPOSITORY = "HKUSTAudio/Audio-FLAN"
CONFIGS = ("speech_asr", "music_key_detection", "audio_scene_classification", "music", "all")
MOST_RESENT, MOST_RERUN = 0.02, 0.95
MOST_FIRST_ROW, MOST_TEXT = 50e6, 70e6
LARGE_ROWS, LARGE_AUDIO = 1200, 200_000
"""Rows and bytes of audio in each, of the config whose streaming is measured."""

PUSH = "import sys; from audio_flan.cli.app import main; main(['push', *sys.argv[1:]])"

DIGEST = """
import hashlib, json
def digest(row, columns):
    for column in columns:
        cell = row[column]
        row[column] = cell and [cell["path"], hashlib.sha256(cell["bytes"]).hexdigest()]
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()
"""

READ = f"""
import sys, datasets
{DIGEST}
datasets.disable_progress_bars()
repo, config, *columns = sys.argv[1:]
read = {{"map": {{}}, "stream": {{}}}}
for split, rows in datasets.load_dataset(repo, config).items():
    for column in columns:
        rows = rows.cast_column(column, datasets.Audio(decode=False))
    read["map"][split] = [digest(row, columns) for row in rows]
for split, rows in datasets.load_dataset(repo, config, streaming=True).items():
    read["stream"][split] = [digest(row, columns) for row in rows.decode(False)]
print(json.dumps(read))
"""

UPLOAD = """
import sys
from huggingface_hub import HfApi
folder, repo = sys.argv[1:]
api = HfApi()
api.create_repo(repo, repo_type="dataset", exist_ok=True)
api.upload_folder(repo_id=repo, repo_type="dataset", folder_path=folder)
"""

PUSH_TO_HUB = """
import sys, datasets
folder, repo = sys.argv[1:]
datasets.load_dataset(folder, "large", split="train").push_to_hub(repo, "large")
"""

FIRST_ROW = """
import os, sys, datasets
rows = datasets.load_dataset(sys.argv[1], "large", split="train", streaming=True)
next(iter(rows.decode(False)))
# At once: threads of pyarrow that still read may crash an interpreter that is ending.
os._exit(0)
"""

TEXT = """
import sys, datasets
columns = ["instruction", "output"]
rows = datasets.load_dataset(sys.argv[1], "large", split="train", streaming=True, columns=columns)
assert sum(row.keys() == set(columns) for row in rows) == int(sys.argv[2])
"""


class Check:
    """The figures so far, and those that are out of bounds.

    Args:
        folder: scratch space.
        dataset: the built dataset.
        pythons: interpreter of each version of `datasets`.
    """

    def __init__(self, folder: Path, dataset: Path, pythons: dict[str, str]) -> None:
        self.folder, self.dataset, self.pythons = folder, dataset, pythons
        self.failures: list[str] = []
        self.homes = 0

    def start(self, name: str) -> Any:
        """A server with a state folder of this name."""
        sys.path.insert(0, str(ROOT / "tests"))
        return importlib.import_module("loopback_hub").LoopbackHub(self.folder / name)

    def home(self) -> Path:
        """An empty home of a client."""
        self.homes += 1
        return self.folder / f"home-{self.homes}"

    def expect(self, kept: bool, what: str) -> str:
        """Note whether a bound is kept; the word for the table."""
        if not kept:
            self.failures.append(what)
        return "yes" if kept else "NO"

    def client(self, hub: Any, python: str, code: str, *arguments: str, home: Path) -> str:
        """What a client in a new process prints; its caches are in a home of its own."""
        command = [python, "-c", code, *arguments]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, env=hub.environment(home)
        )
        shutil.rmtree(home, ignore_errors=True)
        if done.returncode:
            raise SystemExit(f"failed: {' '.join(arguments)}\n{done.stderr}")
        return done.stdout

    def push(self, hub: Any, dataset: Path, home: Path | None = None) -> dict[str, float]:
        """Push a dataset by `audio-flan push`; what the server saw of it, and the seconds."""
        return self.upload(hub, PUSH, str(dataset), REPOSITORY, "--i-have-the-rights", home=home)

    def upload(
        self, hub: Any, code: str, *arguments: str, home: Path | None = None
    ) -> dict[str, float]:
        """Run a client that uploads; what the server saw of it, and the seconds that it took."""
        hub.clear()
        before, start = hub.stored_bytes(), time.perf_counter()
        self.client(hub, sys.executable, code, *arguments, home=home or self.home())
        seconds = time.perf_counter() - start
        commits = [request for request in hub.requests() if "/commit/" in request["path"]]
        sent = hub.stored_bytes() - before
        return {"stored": sent, "commits": len(commits), "seconds": seconds}


def main() -> None:
    """Run all checks, print the tables, and fail if a figure is out of bounds."""
    parser = argparse.ArgumentParser(description="Round trip through a Hub on loopback.")
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--python", action="append", default=[], metavar="VERSION=PATH")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given = dict(text.split("=", 1) for text in options.python)
        pythons = {v: given.get(v) or fresh_python(folder / v, v) for v in VERSIONS}
        check = Check(folder, options.dataset.resolve(), pythons)
        hub = check.start("hub")
        first = check.push(hub, check.dataset)
        check_rows(check, hub)
        pushes = table("Pushes", "push", "Xet bytes stored", "commits", "seconds", "in bounds")
        add_push(pushes, "first", first, "")
        check_reworded(check, hub, pushes)
        hub.stop()
        check_killed(check, pushes, first["stored"])
        check_large(check, pushes)
        Console().print(pushes)
    if check.failures:
        raise SystemExit("out of bounds: " + "; ".join(check.failures))


def fresh_python(folder: Path, version: str) -> str:
    """The interpreter of a new environment with a version of `datasets`, and nothing of ours."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", f"datasets=={version}"], check=True)
    return python


def table(title: str, *columns: str) -> Table:
    """An empty table."""
    made = Table(title=title)
    for column in columns:
        made.add_column(column)
    return made


def add_push(pushes: Table, name: str, seen: dict[str, float], kept: str) -> None:
    """Add a push to the table."""
    stored, seconds = f"{seen['stored']:,.0f}", f"{seen['seconds']:.1f}"
    pushes.add_row(name, stored, f"{seen['commits']:.0f}", seconds, kept)


def check_rows(check: Check, hub: Any) -> None:
    """Compare the rows that each version loads with those in the folder."""
    card = (check.dataset / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    configs = {entry["config_name"]: entry for entry in yaml.safe_load(card)["configs"]}
    rows = table("Rows equal those in the folder", "datasets", "config", "rows", "map", "streaming")
    for config in CONFIGS:
        expected = local_digests(check.dataset, configs[config]["data_files"])
        count = sum(map(len, expected.values()))
        for version, python in check.pythons.items():
            arguments = (READ, REPOSITORY, config, *AUDIO_COLUMNS)
            read = json.loads(check.client(hub, python, *arguments, home=check.home()))
            equal = [
                check.expect(found == expected and count > 0, f"{version} {config} {style}")
                for style, found in read.items()
            ]
            rows.add_row(version, config, str(count), *equal)
    Console().print(rows)


def local_digests(dataset: Path, data_files: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Digest of each row of a config's files, in the order of the card, by split."""
    scope: dict[str, Any] = {}
    exec(DIGEST, scope)
    return {
        entry["split"]: [
            scope["digest"](row, AUDIO_COLUMNS)
            for pattern in entry["path"]
            for path in sorted(dataset.glob(pattern))
            for row in pq.read_table(path).to_pylist()
        ]
        for entry in data_files
    }


def check_reworded(check: Check, hub: Any, pushes: Table) -> None:
    """Push without a change, then with all instructions of one config reworded."""
    again = check.push(hub, check.dataset)
    still = again["stored"] == again["commits"] == 0
    add_push(pushes, "again, unchanged", again, check.expect(still, "an unchanged push"))
    copy = check.folder / "reworded"
    shutil.copytree(check.dataset, copy)
    audio = {path: audio_bytes(path) for path in copy.iterdir() if path.suffix == ""}
    config = max(audio, key=lambda path: audio[path])
    for path in config.glob("*.parquet"):
        reword(path)
    add_reworded(
        check, pushes, check.push(hub, copy), config.name, sum(audio.values()), audio[config]
    )


def add_reworded(
    check: Check, pushes: Table, seen: dict[str, float], config: str, audio: int, own: int
) -> None:
    """Add a push of reworded instructions to the table; `audio` are the bytes of all that is
    pushed, `own` those of the reworded config."""
    share = seen["stored"] / audio
    kept = check.expect(0 < share < MOST_RESENT, f"{config} reworded re-sends {share:.2%}")
    of_own = f"{seen['stored'] / own:.2%} of its own {own / 1e6:.0f} MB"
    name = f"all of {config} reworded: {share:.2%} of the {audio / 1e6:.0f} MB of audio, {of_own}"
    add_push(pushes, name, seen, kept)


def audio_bytes(folder: Path) -> int:
    """Bytes of audio in the files of a config."""
    columns = [f"{column}.bytes" for column in AUDIO_COLUMNS]
    return sum(
        group.column(i).total_uncompressed_size
        for path in folder.glob("*.parquet")
        for metadata in [pq.read_metadata(path)]
        for group in map(metadata.row_group, range(metadata.num_row_groups))
        for i in range(group.num_columns)
        if group.column(i).path_in_schema in columns
    )


def reword(path: Path) -> None:
    """Write a file again, as builds write it, with other words in each instruction."""
    file = pq.ParquetFile(path)
    unfinished = path.with_suffix(".unfinished")
    with open_writer(unfinished, {PART_KEY: file.metadata.metadata[PART_KEY]}) as writer:
        for number in range(file.num_row_groups):
            rows = file.read_row_group(number)
            texts = [f"In other words: {text}" for text in rows["instruction"].to_pylist()]
            index = rows.column_names.index("instruction")
            rows = rows.set_column(index, "instruction", pa.array(texts))
            writer.write_table(rows, row_group_size=len(rows))
    unfinished.replace(path)


def check_killed(check: Check, pushes: Table, once: float) -> None:
    """Kill a push half-way, run it again, and push once more; `once` are the bytes of a whole one.

    A push notes down each block that it has sent. It is killed after a note; what was under way
    then is sent again.
    """
    hub, home = check.start("killed-hub"), check.home()
    total = sum(path.stat().st_size for path in check.dataset.glob("*/*.parquet"))
    command = [sys.executable, "-c", PUSH, str(check.dataset), REPOSITORY, "--i-have-the-rights"]
    start = time.perf_counter()
    pushing = subprocess.Popen(command, env=hub.environment(home), stdout=subprocess.DEVNULL)
    notes = "xet/**/xorb_metadata/*.mdb"
    while pushing.poll() is None:
        if hub.stored_bytes() > 0.2 * total and any(hub.folder.glob(notes)):
            break
        time.sleep(0.005)
    pushing.kill()
    killed = pushing.wait() == -9
    seconds = time.perf_counter() - start
    commits = sum("/commit/" in request["path"] for request in hub.requests())
    half = {"stored": hub.stored_bytes(), "commits": commits, "seconds": seconds}
    add_push(pushes, "killed half-way", half, check.expect(killed and not commits, "the kill"))
    rest = check.push(hub, check.dataset, home)
    built = {name: sha256(path.read_bytes()).hexdigest() for name, path in local(check)}
    whole = remote_digests(hub) == built and rest["stored"] < MOST_RERUN * once
    add_push(pushes, "rerun of it", rest, check.expect(whole, "the rerun after a kill"))
    third = check.push(hub, check.dataset)
    still = third["stored"] == third["commits"] == 0
    add_push(pushes, "third, unchanged", third, check.expect(still, "the third push sends"))
    hub.stop()


def local(check: Check) -> Iterator[tuple[str, Path]]:
    """The Parquet files of the dataset, by their names in the repository."""
    for path in check.dataset.glob("*/*.parquet"):
        yield path.relative_to(check.dataset).as_posix(), path


def remote_digests(hub: Any) -> dict[str, str]:
    """SHA-256 of each Parquet file of the repository, whose content the server has checked."""
    repo = json.loads((hub.folder / "repos" / f"{REPOSITORY}.json").read_text())
    files = repo["commits"][repo["refs"]["main"]]["files"]
    return {name: file["sha256"] for name, file in files.items() if name.endswith(".parquet")}


def check_large(check: Check, pushes: Table) -> None:
    """Stream a large config in our layout and that of `push_to_hub`; push it reworded."""
    hub = check.start("large-hub")
    folder = check.folder / "large"
    write_large(check.dataset, folder)
    check.upload(hub, UPLOAD, str(folder), "team/ours")
    check.upload(hub, PUSH_TO_HUB, str(folder), "team/push_to_hub")
    check_streaming(check, hub)
    (path,) = folder.glob("large/*.parquet")
    reword(path)
    seen = check.upload(hub, UPLOAD, str(folder), "team/ours")
    audio = LARGE_ROWS * LARGE_AUDIO
    add_reworded(check, pushes, seen, "the large config", audio, audio)
    hub.stop()


def check_streaming(check: Check, hub: Any) -> None:
    """Count the bytes that each version fetches of both layouts."""
    size = f"{LARGE_ROWS * LARGE_AUDIO / 1e6:.0f} MB"
    names = ("datasets", "layout", "before the first row", "only the text", "in bounds")
    fetched = table(f"Bytes fetched in streaming mode of a config of {size}", *names)
    for version, python in check.pythons.items():
        for repo in ("team/ours", "team/push_to_hub"):
            hub.clear()
            check.client(hub, python, FIRST_ROW, repo, home=check.home())
            first = fetched_bytes(hub)
            hub.clear()
            check.client(hub, python, TEXT, repo, str(LARGE_ROWS), home=check.home())
            text = fetched_bytes(hub)
            kept = 0 < first <= MOST_FIRST_ROW and 0 < text <= MOST_TEXT
            word = check.expect(kept, f"{version} streaming") if repo == "team/ours" else ""
            fetched.add_row(version, repo.split("/")[1], f"{first:,}", f"{text:,}", word)
    Console().print(fetched)


def fetched_bytes(hub: Any) -> int:
    """Bytes of files that the server has sent since the last clear."""
    time.sleep(1)
    return sum(request["sent"] for request in hub.requests() if "/blobs/" in request["path"])


def write_large(dataset: Path, folder: Path) -> None:
    """A dataset of one large config: texts of the demo's speech_asr, random bytes as audio."""
    files = sorted(dataset.glob("speech_asr/train-*.parquet"))
    texts = pa.concat_tables(pq.read_table(p, columns=["instruction", "output"]) for p in files)
    origin = Origin("large", "", "", "speech", "none", "CC0-1.0", ("none",), "train")
    draw = random.Random(0)

    def instances() -> Iterator[Instance]:
        for number in range(LARGE_ROWS):
            text = texts.slice(number % len(texts), 1).to_pylist()[0]
            key = f"{number:020x}"
            audio = (key, EncodedAudio(draw.randbytes(LARGE_AUDIO), ".flac", 5.0))
            uuid = instance_uuid("large", "none", [key], 0)
            words = (text["instruction"], marker(key), text["output"], "{}")
            yield Instance(uuid, *words, audio[1].seconds, (audio, None, None), origin)

    layout = Layout(Store(str(folder)))
    (part,) = write_parts(instances(), layout, "large")
    layout.store.move(layout.part(part), layout.final("large", "train", 0, 1))
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: large\n  data_files:\n"
        "  - split: train\n    path: large/train-*\n---\n"
    )


if __name__ == "__main__":
    main()
