"""Every task over every corpus that serves it: what must hold of all rows, whatever they ask."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import generating
import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from generating import Run, generate, open_corpora, pools_of, rows, runs
from pairs import Pair, all_pairs, cover
from reading import parsed, variation_of

from audio_flan.check.check import check
from audio_flan.corpora import corpus_classes
from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.read.table import Lines
from audio_flan.generate.tally import Tally
from audio_flan.media.audio import AudioRef, load, probe
from audio_flan.model.draft import Kind
from audio_flan.model.instance import AUDIO_COLUMNS, Instance, audio_id, instance_uuid
from audio_flan.tasks import get_task, task_configs
from audio_flan.tasks.contract import PairTask, SimulatedTask

NOTHING_THERE = "none"
"""The fixed answer where there is nothing to list, which the question must name."""
MARKER = re.compile(r"<\|SOA\|>(.*?)<\|EOA\|>")


def cells(row: Mapping[str, Any], columns: Iterable[str] = AUDIO_COLUMNS) -> dict[str, Any]:
    return {column: row[column] for column in columns if row[column] is not None}


def audio_ids(row: Mapping[str, Any], columns: Iterable[str] = AUDIO_COLUMNS) -> list[str]:
    """The audio ids of some columns: their paths without the extension."""
    return [cell["path"].rpartition(".")[0] for cell in cells(row, columns).values()]


# ---- what comes --------------------------------------------------------------------------------


def test_every_task_is_served_and_every_corpus_serves() -> None:
    for pairs in (all_pairs(), cover()):
        assert {config for config, _ in pairs} == set(task_configs())
        assert {key for _, key in pairs} == {cls.key for cls in corpus_classes()}


def test_all_pairs_are_in_a_build_and_it_passes_the_check(whole_build: Path) -> None:
    found = {
        (file.parent.name, key)
        for file in whole_build.glob("*/*.parquet")
        for key in pq.read_table(file, columns=["corpus"])["corpus"].to_pylist()
    }
    assert found == set(all_pairs())
    assert not check(str(whole_build)).findings.counts


@pytest.mark.every_pair
def test_instances_come_in_every_split(miniatures: Path, config: str, key: str) -> None:
    found = runs(miniatures, config, key)
    assert found
    for split, run in found.items():
        # A pair wants two clips that a tiny split may not have; then the rejects say so.
        assert run.instances or isinstance(get_task(config), PairTask), split
        assert run.instances or run.tally.rejected.total() == run.tally.read
        assert {instance.origin.split for instance in run.instances} <= {split}


@pytest.mark.every_pair
def test_the_constant_fields_are_those_of_the_taxonomy_and_the_corpus(
    miniatures: Path, config: str, key: str
) -> None:
    minor, corpus = get_task(config).minor, open_corpora(miniatures)[key]
    for split, run in runs(miniatures, config, key).items():
        for instance in run.instances:
            row = instance.row()
            assert row["split"] == [split]
            assert row["task_type"] == {
                "major": [minor.major],
                "minor": [minor.minor],
                "U/G": [minor.ug],
                "unseen": False,
            }
            assert row["domain"] == minor.domain
            assert corpus.domain in (get_task(config).domains or (minor.domain,))
            assert row["source"] == [corpus.origin]
            assert (row["corpus"], row["license"]) == (key, corpus.license)


@pytest.mark.every_pair
def test_audio_and_text_are_where_the_taxonomy_has_them(
    miniatures: Path, config: str, key: str
) -> None:
    minor = get_task(config).minor
    for row in rows(miniatures, config, key):
        assert len(cells(row, ["input_audio", "input_audio_2"])) == minor.inputs.count("audio")
        assert len(cells(row, ["output_audio"])) == minor.outputs.count("audio")
        assert row["input_audio"] is not None or row["input_audio_2"] is None
        said = parsed(row, config)
        if "text" in minor.outputs:
            assert any(said.get(slot) for slot in get_task(config).outputs)
        if "text" in minor.inputs:
            kinds = get_task(config).inputs.items()
            assert any(said.get(slot) for slot, kind in kinds if kind is not Kind.AUDIO)


# ---- text and audio --------------------------------------------------------------------------


@pytest.mark.every_pair
def test_markers_are_the_audio_columns_in_their_order(
    miniatures: Path, config: str, key: str
) -> None:
    for row in rows(miniatures, config, key):
        question = row["instruction"] + row["input"]
        asked = list(dict.fromkeys(MARKER.findall(question)))
        assert asked == audio_ids(row, ["input_audio", "input_audio_2"])
        answered = list(dict.fromkeys(MARKER.findall(row["output"])))
        assert answered == audio_ids(row, ["output_audio"])
        rest = MARKER.sub("", question + row["output"])
        assert not re.search(r"<\|[SE]OA\|>|\{\{|\}\}", rest)


@pytest.mark.every_pair
def test_the_answer_is_nowhere_in_the_question(miniatures: Path, config: str, key: str) -> None:
    task = get_task(config)
    for row in rows(miniatures, config, key):
        variation, values = variation_of(row, config), parsed(row, config)
        # The question without its audio, its numbers, and the lists that must hold the answer.
        question = " ".join(variation.instruction.literals + variation.input.literals)
        for slot, kind in task.inputs.items():
            if kind in (Kind.TEXT, Kind.LABEL) and slot in values:
                question += f" {values[slot]}"
        for slot, kind in task.outputs.items():
            if kind is Kind.AUDIO:
                assert values[slot] not in row["instruction"] + row["input"]
            elif slot in values and values[slot] != NOTHING_THERE:
                found = values[slot] if isinstance(values[slot], tuple) else (values[slot],)
                for said in (*found, *(variation.words.get(answer, answer) for answer in found)):
                    assert not re.search(rf"(?<!\w){re.escape(said)}(?!\w)", question, re.I)
        if row["output_audio"] and row["input_audio"]:
            assert row["output_audio"]["bytes"] != row["input_audio"]["bytes"]


def source(folder: Folder, file: str) -> AudioRef:
    """The file that a row names as its source: "archive#member" where it is packed."""
    place, _, inside = file.partition("#")
    if place.endswith(".parquet"):
        return folder.cell(place, int(inside))
    return folder.packed_audio(place, inside) if inside else folder.audio(place)


@pytest.mark.every_pair
def test_whole_audio_is_the_publishers_file_byte_for_byte(
    miniatures: Path, config: str, key: str
) -> None:
    folders = {key: corpus.folder for key, corpus in open_corpora(miniatures).items()}
    for row in rows(miniatures, config, key):
        other = json.loads(row["other"])
        whole = {
            audio_id(c["corpus"], c["id"]): (c["corpus"], c["file"])
            for c in other["clips"]
            if not {"start", "channel"} & set(c)
        }
        for slot, part in other.get("parts", {}).items():
            if "start" not in part:
                column = next(c for c, name in other["audio"].items() if name == slot)
                whole[row[column]["path"].rpartition(".")[0]] = (key, part["file"])
        for cell in cells(row).values():
            id, _, extension = cell["path"].rpartition(".")
            if id in whole:
                corpus, file = whole[id]
                assert cell["bytes"] == load(source(folders[corpus], file)).data
                assert f".{extension}" == Path(file).suffix.lower()
            else:
                assert cell["bytes"][:4] == b"fLaC"
                assert extension == "flac"


@pytest.mark.every_pair
def test_texts_name_no_source(miniatures: Path, config: str, key: str) -> None:
    # Publishers' ids and names of corpora tell speakers, scenes, languages: the answers.
    for row in rows(miniatures, config, key):
        texts = row["instruction"] + row["input"] + row["output"]
        for clip in json.loads(row["other"])["clips"]:
            assert clip["id"] not in texts and clip["corpus"] not in texts
            assert all(clip["id"] not in id for id in audio_ids(row))


@pytest.mark.every_pair
def test_seconds_are_those_of_the_decoded_audio(miniatures: Path, config: str, key: str) -> None:
    for row in rows(miniatures, config, key):
        infos = [soundfile.info(BytesIO(cell["bytes"])) for cell in cells(row).values()]
        seconds = sum(info.frames / info.samplerate for info in infos)
        assert row["seconds"] == pytest.approx(seconds, rel=1e-6)


@pytest.mark.every_pair
def test_other_tells_where_a_row_comes_from(miniatures: Path, config: str, key: str) -> None:
    corpora, task = open_corpora(miniatures), get_task(config)
    for row in rows(miniatures, config, key, seed=7 if config == "speech_asr" else 0):
        other = json.loads(row["other"])
        assert other["clips"]
        for clip in other["clips"]:
            probe(source(corpora[clip["corpus"]].folder, clip["file"]))
        assert list(other["audio"]) == list(cells(row))
        for column, slot in other["audio"].items():
            side = task.outputs if column == "output_audio" else task.inputs
            assert side[slot] is Kind.AUDIO
        variation = variation_of(row, config)
        assert other["answer"] == variation.answer
        assert other["seed"] == (7 if config == "speech_asr" else 0)
        computed = any(f".{config}-" in id for id in audio_ids(row))
        assert ("simulation" in other) == computed
        assert computed or not isinstance(task, SimulatedTask)
        assert other["clips"][0]["corpus"] == key


# ---- identity ----------------------------------------------------------------------------------


def test_uuids_are_unique_over_all_tasks_and_corpora(whole_build: Path) -> None:
    files = whole_build.glob("*/*.parquet")
    uuids = [uuid for file in files for uuid in pq.read_table(file)["uuid"].to_pylist()]
    assert len(set(uuids)) == len(uuids) > 100
    assert all(UUID(uuid).version == 5 and str(UUID(uuid)) == uuid for uuid in uuids)


def test_one_audio_id_is_one_content_over_all_tasks(whole_build: Path) -> None:
    contents: dict[str, set[str]] = defaultdict(set)
    for file in whole_build.glob("*/*.parquet"):
        for row in pq.read_table(file, columns=list(AUDIO_COLUMNS)).to_pylist():
            for cell in cells(row).values():
                id, _, extension = cell["path"].rpartition(".")
                assert re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)?", id)
                assert extension == extension.lower()
                contents[id].add(sha256(cell["bytes"]).hexdigest())
    assert len(contents) > 100
    assert {id for id, found in contents.items() if len(found) > 1} == set()


# ---- accounts ----------------------------------------------------------------------------------


def assert_sums_agree(run: Run) -> None:
    tally = run.tally
    assert tally.read == tally.used + tally.left + tally.rejected.total()
    assert min(tally.read, tally.used, tally.left) >= 0
    assert tally.made == len(run.instances)
    assert tally.seconds == pytest.approx(sum(i.seconds for i in run.instances))
    assert Counter(reject.reason for reject in run.rejects) == tally.rejected
    assert all(tally.rejected.values())


@pytest.mark.every_pair
def test_every_clip_is_accounted_for(miniatures: Path, config: str, key: str) -> None:
    corpus = open_corpora(miniatures)[key]
    for split, run in runs(miniatures, config, key).items():
        assert_sums_agree(run)
        assert run.tally.left == 0
        shards = filter(get_task(config).reads, corpus.shards()[split])
        assert run.tally.read == len([clip for shard in shards for clip in corpus.clips(shard)])
        used = {id for instance in run.instances for id in led_by(instance)}
        assert run.tally.used == len(used)


def led_by(instance: Instance) -> list[str]:
    """The clips that an instance is about, by its uuid; the others were drawn to go with them."""
    ids = [clip["id"] for clip in json.loads(instance.other)["clips"]]
    origin = instance.origin
    return next(
        ids[:count]
        for count in (1, 2)
        for ordinal in range(20)
        if instance.uuid == instance_uuid(origin.config, origin.corpus, ids[:count], ordinal)
    )


@pytest.mark.every_pair
@pytest.mark.parametrize("limit", [0, 2])
def test_a_limit_gives_the_first_rows_and_accounts_for_the_rest(
    miniatures: Path, config: str, key: str, limit: int
) -> None:
    for split, full in runs(miniatures, config, key).items():
        run = generate(miniatures, config, key, split, limit=limit)
        assert run.rows() == full.rows()[:limit]
        assert_sums_agree(run)
        assert run.tally.read <= full.tally.read


# ---- the same rows every time ------------------------------------------------------------------


def pieces(corpus: Corpus, split: str) -> list[Shard]:
    """The split in shards of two lines, as a large corpus is in shards of ten thousand."""
    found = []
    for shard in corpus.shards()[split]:
        whole = shard.part
        if not isinstance(whole, Lines):
            found.append(shard)
            continue
        data = corpus.folder.read(whole.file, whole.start, whole.stop)
        lines = [line + b"\n" for line in data.split(b"\n")]
        lines[-1] = lines[-1][:-1]
        start, number = whole.start, whole.line
        while lines:
            run, lines = lines[:2], lines[2:]
            stop = start + sum(map(len, run))
            if stop > start:
                found.append(Shard(split, Lines(whole.file, start, stop, number)))
            start, number = stop, number + len(run)
    return found


@pytest.mark.every_pair
def test_shards_give_the_same_rows_in_one_go_and_one_by_one(
    miniatures: Path, config: str, key: str
) -> None:
    for split, run in runs(miniatures, config, key).items():
        shards = pieces(open_corpora(miniatures)[key], split)
        # A shard that is no run of lines can not be smaller.
        assert len(shards) > 1 or not isinstance(shards[0].part, Lines)
        one_go = generate(miniatures, config, key, split, shards=shards)
        single = [generate(miniatures, config, key, split, shards=[shard]) for shard in shards]
        one_by_one = [row for part in single for row in part.rows()]
        assert one_go.rows() == one_by_one
        total = Tally()
        for part in single:
            total.add(part.tally)
        assert (total.read, total.used) == (one_go.tally.read, one_go.tally.used)
        assert total.rejected == one_go.tally.rejected
        if not isinstance(get_task(config), PairTask):
            assert one_by_one == run.rows()


def ends(pairs: Iterable[Pair]) -> list[Pair]:
    """The first and the last task of each corpus, mostly one of text and one of audio."""
    of_corpus: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        of_corpus[pair[1]].append(pair)
    return sorted({pair for found in of_corpus.values() for pair in (found[0], found[-1])})


# The reader is the same for all tasks: two tell for each corpus.
@pytest.mark.every_pair(of=ends)
def test_the_same_rows_come_out_of_an_archive(
    miniatures: Path, tmp_path: Path, config: str, key: str
) -> None:
    folder = Path(open_corpora(miniatures)[key].folder.path)
    # The others stay: auxiliary clips come from all of them.
    for other in miniatures.iterdir():
        if other != folder:
            (tmp_path / other.name).symlink_to(other)
    shutil.make_archive(str(tmp_path / folder.name), "zip", folder.parent, folder.name)
    assert rows(tmp_path, config, key) == rows(miniatures, config, key)


def test_the_same_rows_come_in_another_process(
    miniatures: Path, pairs: tuple[Pair, ...], first_rows: int | None
) -> None:
    command = [
        sys.executable,
        generating.__file__,
        str(miniatures),
        json.dumps([pairs, first_rows]),
    ]
    others = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONHASHSEED": hash_seed}
        )
        for hash_seed in ("1", "2")
    ]
    here = generating.digests(miniatures, pairs, first_rows)
    assert [json.loads(other.communicate(timeout=300)[0]) for other in others] == [here, here]


@pytest.mark.every_pair
def test_nothing_is_drawn_from_the_global_generators(
    miniatures: Path, config: str, key: str
) -> None:
    before, numpy_before = random.getstate(), np.random.get_state()[1].tolist()
    pools_of.cache_clear()
    for split in open_corpora(miniatures)[key].shards():
        generate(miniatures, config, key, split, limit=2)
    assert random.getstate() == before
    assert np.random.get_state()[1].tolist() == numpy_before


def simulation(row: Mapping[str, Any]) -> Any:
    return json.loads(row["other"])["simulation"]


def whole(row: Mapping[str, Any]) -> dict[str, bytes]:
    """The audio of a row that is no part of another, by its id."""
    return {c["path"]: c["bytes"] for c in cells(row).values() if c["path"].count(".") == 1}


@pytest.mark.every_pair
def test_another_seed_changes_what_is_drawn_and_never_the_uuids(
    miniatures: Path, config: str, key: str
) -> None:
    task = get_task(config)
    one, other = rows(miniatures, config, key), rows(miniatures, config, key, seed=1)
    if isinstance(task, PairTask):
        # Where the pairs themselves are drawn a uuid names its pair, else its target alone.
        target = json.loads(one[0]["other"])["clips"][0]["id"]
        of_target = one[0]["uuid"] == instance_uuid(config, key, [target], 0)
        assert ([row["uuid"] for row in one] == [row["uuid"] for row in other]) == of_target
        return
    assert [row["uuid"] for row in one] == [row["uuid"] for row in other]
    pairs = list(zip(one, other, strict=True))
    if isinstance(task, SimulatedTask):
        # Of few cut-offs, filters or room responses, two draws may be the same.
        changed = [cells(b) != cells(a) for b, a in pairs]
        drawn = [simulation(b) != simulation(a) for b, a in pairs]
        assert sum(drawn) > 0
        assert all(c or not d for c, d in zip(changed, drawn, strict=True))
    for before, after in pairs:
        assert json.loads(before["other"])["seed"] != json.loads(after["other"])["seed"]
        assert variation_of(before, config).id == variation_of(after, config).id
        if not isinstance(task, SimulatedTask):
            assert whole(before) == whole(after)
