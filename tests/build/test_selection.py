"""Which instances a build keeps: licences, lengths, caps, and tasks held out of training."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from building import build, rejects, rows
from hypothesis import given
from hypothesis import strategies as st

from audio_flan.corpora import corpus_class
from audio_flan.generate.selection import shares

TASKS = ("--task", "speech_asr", "--task", "speech_denoising")
MANY = (*TASKS, "--task", "speech_speaker_verification", "--task", "audio_continuation")


def card(out: Path) -> str:
    return (out / "README.md").read_text(encoding="utf-8")


def test_only_corpora_under_the_licences_asked_for(miniatures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert build(out, miniatures, *TASKS, "--license", "Apache-2.0", "--license", "CC-BY-4.0") == 0
    made = rows(out, "speech_asr") + rows(out, "speech_denoising")
    assert {row["license"] for row in made} == {"Apache-2.0", "CC-BY-4.0"}
    # Noise of other corpora may not be mixed in either.
    used = {c["corpus"] for row in made for c in json.loads(row["other"])["clips"]}
    assert {corpus_class(key).license for key in used} == {"Apache-2.0", "CC-BY-4.0"}
    assert "only corpora under Apache-2.0, CC-BY-4.0" in card(out)


def test_only_corpora_that_allow_commercial_use(miniatures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(out, miniatures, *TASKS, "--task", "speech_emotion_recognition")
    assert rows(out, "speech_emotion_recognition")
    assert build(out, miniatures, *TASKS, "--commercial") == 0
    assert (
        build(out, miniatures, *TASKS, "--commercial", "--task", "speech_emotion_recognition") == 0
    )
    made = [row for config in ("speech_asr", "speech_denoising") for row in rows(out, config)]
    used = {c["corpus"] for row in made for c in json.loads(row["other"])["clips"]}
    assert used and all(corpus_class(key).commercial for key in used)
    # What no corpus serves any more is not left from the earlier build.
    assert not rows(out, "speech_emotion_recognition")
    assert "only corpora whose licence allows commercial use" in card(out)


def test_an_unknown_licence_names_those_that_are_there(
    miniatures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(tmp_path / "out", miniatures, "--license", "CC-BY") == 2
    assert "'CC-BY-4.0'" in capsys.readouterr().err
    options = ("--corpus", "esd", "--commercial")
    assert build(tmp_path / "out", miniatures, *options) == 2
    assert "esd: LicenseRef-ESD-research" in capsys.readouterr().err


def test_lengths_bound_every_instance(miniatures: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    build(whole, miniatures, *MANY)
    assert build(out, miniatures, *MANY, "--min-seconds", "1.4", "--max-seconds", "4") == 0
    for config in MANY[1::2]:
        expected = {r["uuid"] for r in rows(whole, config) if 1.4 <= r["seconds"] <= 4}
        assert {r["uuid"] for r in rows(out, config)} == expected
        assert expected or config == "audio_continuation"
    reasons = Counter(reject["reason"] for reject in rejects(out))
    assert reasons["shorter-than-asked"] and reasons["longer-than-asked"]
    for file in (out / ".build" / "units").glob("*.json"):
        tally = json.loads(file.read_text())["tally"]
        assert tally["read"] == tally["used"] + tally["left"] + sum(tally["rejected"].values())
    assert "at least 1.4 s of audio; instances with at most 4 s" in card(out)
    assert build(out, miniatures, "--min-seconds", "5", "--max-seconds", "4") == 2


def test_caps_are_nested_and_spread_over_the_corpora(miniatures: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    build(whole, miniatures, *MANY)
    previous: dict[str, set[str]] = {config: set() for config in MANY[1::2]}
    for cap in (4, 12, 40, 10_000):
        out = tmp_path / f"cap-{cap}"
        assert build(out, miniatures, *MANY, "--per-task-cap", cap) == 0
        for config, before in previous.items():
            kept = rows(out, config)
            uuids = {row["uuid"] for row in kept}
            assert len(uuids) == len(kept) <= cap
            assert before <= uuids <= {row["uuid"] for row in rows(whole, config)}
            previous[config] = uuids
        if cap == 12:
            counts = Counter(row["corpus"] for row in rows(out, "speech_asr"))
            assert counts.total() == 12 and len(counts) >= 6
            assert max(counts.values()) - min(counts.values()) <= 1
        for file in (out / ".build" / "units").glob("*.json"):
            tally = json.loads(file.read_text())["tally"]
            assert tally["read"] == tally["used"] + tally["left"] + sum(tally["rejected"].values())
    assert previous["speech_asr"] == {row["uuid"] for row in rows(whole, "speech_asr")}
    assert "at most 12 instances of each task" in card(tmp_path / "cap-12")
    assert build(tmp_path / "seeded", miniatures, *MANY, "--per-task-cap", 12, "--seed", 1) == 0
    assert {r["uuid"] for r in rows(tmp_path / "seeded", "speech_asr")} != {
        r["uuid"] for r in rows(tmp_path / "cap-12", "speech_asr")
    }


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 30), min_size=1),
    st.integers(0, 200),
)
def test_shares_grow_with_the_cap(clips: dict[str, int], cap: int) -> None:
    now, later = shares(cap, clips), shares(cap + 1, clips)
    assert sum(now.values()) == min(cap, sum(clips.values()))
    assert all(now[key] <= later[key] <= clips[key] for key in clips)
    # As even as they have it: who got less than another had no more.
    most = max(now.values())
    assert all(now[key] >= most - 1 or now[key] == clips[key] for key in clips)


def test_unseen_tasks_are_in_the_test_split_only(miniatures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(out, miniatures, *TASKS)
    before = {row["uuid"] for row in rows(out, "speech_asr", "test")}
    assert rows(out, "speech_asr", "train")
    assert build(out, miniatures, *TASKS, "--unseen", "speech_asr") == 0
    assert not rows(out, "speech_asr", "train") and not rows(out, "speech_asr", "validation")
    held_out = rows(out, "speech_asr", "test")
    assert {row["uuid"] for row in held_out} == before
    assert all(row["task_type"]["unseen"] for row in held_out)
    assert not any(row["task_type"]["unseen"] for row in rows(out, "speech_denoising"))
    assert "held out of training, in the test split only: speech_asr" in card(out)
    assert build(out, miniatures, "--unseen", "speech_asrr") == 2
