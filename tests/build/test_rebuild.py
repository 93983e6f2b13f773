"""One row made again from the corpora: byte for byte the same, whatever its build was."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from building import build
from small_build import small_build

from audio_flan.build.rebuild import Rebuilt, rebuild
from audio_flan.corpora import corpus_class
from audio_flan.corpora.read import table
from audio_flan.dataset.explain import explain
from audio_flan.dataset.rights import withhold
from audio_flan.dataset.row import feature_tree
from audio_flan.tasks import task_configs

SIMULATED, PAIRS, PLAIN = "speech_denoising", "speech_speaker_verification", "speech_asr"


def uuids(out: Path, pattern: str) -> list[str]:
    """The uuids of the rows of some files."""
    files = sorted(out.glob(f"{pattern}.parquet"))
    return [uuid for file in files for uuid in pq.read_table(file)["uuid"].to_pylist()]


def differing(out: Path, chosen: Iterable[str], root: Path) -> dict[str, Rebuilt]:
    """The rows that are not the same when they are made again."""
    made = {uuid: rebuild(explain(str(out), uuid), root=str(root)) for uuid in chosen}
    return {uuid: rebuilt for uuid, rebuilt in made.items() if not rebuilt.is_same}


def test_rows_of_every_task_are_made_again_the_same(miniatures: Path, tmp_path: Path) -> None:
    out = small_build(miniatures)
    for config in task_configs():
        # A dataset of its own, in which the row is soon found.
        alone = tmp_path / config
        alone.mkdir()
        for name in (config, ".build"):
            (alone / name).symlink_to(out / name)
        assert differing(alone, uuids(out, f"{config}/*")[-1:], miniatures) == {}, config


def test_options_of_the_build_do_not_matter(
    miniatures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Several shards, auxiliary audio of a few corpora only, and rows left out in every way.
    monkeypatch.setattr(table, "LINES_PER_SHARD", 5)
    tasks = [text for config in (SIMULATED, PAIRS, PLAIN) for text in ("--task", config)]
    corpora = [text for key in ("aishell3", "esd", "dns_challenge") for text in ("--corpus", key)]
    few = ["--seed", "3", "--per-task-cap", "7", "--min-seconds", "0.7", "--verify-audio"]
    assert build(tmp_path, miniatures, *tasks, *corpora, *few, "--unseen", PAIRS) == 0
    chosen = {config: uuids(tmp_path, f"{config}/*") for config in (SIMULATED, PAIRS, PLAIN)}
    assert all(chosen.values()) and uuids(tmp_path, f"{SIMULATED}/train-*")
    for rows in chosen.values():
        assert differing(tmp_path, rows, miniatures) == {}
    # The seed is the row's own, and counts.
    assert explain(str(tmp_path), chosen[PLAIN][0]).provenance.wording.seed == 3


def test_a_copy_without_the_state_of_its_build_is_made_again(
    miniatures: Path, tmp_path: Path
) -> None:
    out = tmp_path / "copy"
    shutil.copytree(small_build(miniatures), out, ignore=shutil.ignore_patterns(".build"))
    for config in (SIMULATED, PAIRS, PLAIN):
        uuid = uuids(out, f"{config}/test-*")[0]
        assert explain(str(out), uuid).record is None
        assert differing(out, [uuid], miniatures) == {}


def test_audio_that_was_withheld_is_said_to_be_absent(miniatures: Path, tmp_path: Path) -> None:
    (tmp_path / SIMULATED).mkdir()
    file = min((small_build(miniatures) / SIMULATED).glob("test-*"))
    corpora = [corpus_class("dns_challenge"), corpus_class("aishell3")]
    assert withhold(file, tmp_path / SIMULATED / file.name, corpora) > 0
    uuid = uuids(tmp_path, f"{SIMULATED}/*")[0]
    rebuilt = rebuild(explain(str(tmp_path), uuid), root=str(miniatures))
    assert rebuilt == Rebuilt((), ("input_audio", "output_audio"))
    assert rebuilt.is_same


@pytest.fixture
def ljspeech(miniatures: Path, tmp_path: Path) -> Path:
    """A copy of a corpus to be changed."""
    shutil.copytree(miniatures / "LJSpeech-1.1", tmp_path / "corpora" / "LJSpeech-1.1")
    return tmp_path / "corpora" / "LJSpeech-1.1"


def test_what_has_changed_in_the_corpus_is_named(miniatures: Path, ljspeech: Path) -> None:
    out = str(small_build(miniatures))
    row = next(
        row
        for uuid in uuids(Path(out), f"{PLAIN}/test-*")
        if (row := explain(out, uuid)).sources[0].corpus == "ljspeech"
    )

    def again() -> Rebuilt:
        return rebuild(row, root=str(ljspeech.parent))

    audio = ljspeech / row.sources[0].file
    metadata = ljspeech / "metadata.csv"
    original = audio.read_bytes()
    assert again().is_same
    # One sample, and nothing else.
    audio.write_bytes(original[:-2] + bytes([original[-2] ^ 1]) + original[-1:])
    assert again() == Rebuilt(("input_audio",))
    audio.unlink()
    gone = again()
    assert "audio-missing" in gone.problem and gone.differing == tuple(feature_tree())
    audio.write_bytes(original)
    text = metadata.read_text("utf-8")
    metadata.write_text(text.replace(f"{row.sources[0].clip}|", "LJ022-0099|"), "utf-8")
    assert again().problem == f"no row of this uuid is made of {row.sources[0].clip}"
    assert not again().is_same
    heard = row.found.values["output"]
    metadata.write_text(text.replace(heard, f"{heard} So"), "utf-8")
    assert again() == Rebuilt(("output",))
