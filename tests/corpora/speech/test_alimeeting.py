"""AliMeeting: sessions cut into excerpts, turns out of TextGrids, recordings found by session."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from cases import Edit, Quirk, all_of, copy, remove, rename, write
from hypothesis import given
from hypothesis import strategies as st

from audio_flan.corpora import corpus_class
from audio_flan.corpora.speech.alimeeting.excerpts import excerpt_times
from audio_flan.errors import Unusable
from audio_flan.media import audio
from audio_flan.model.clip import Clip, Span
from audio_flan.model.randomness import Rng
from audio_flan.tasks.speech.speaker_recognition import SpeakerDiarization

AliMeeting = corpus_class("alimeeting")
FAR = "Train_Ali_far/audio_dir"
WAV = f"{FAR}/R9001_M9001_MS901.wav"
TRAIN = "Train_Ali_far/textgrid_dir/R9001_M9001.TextGrid"
EVAL = "Eval_Ali/Eval_Ali_far/textgrid_dir/R9002_M9002.TextGrid"
TEST = "Test_Ali/Test_Ali_far/textgrid_dir/R9003_M9003.TextGrid"
OF_TRAIN, OF_EVAL, OF_TEST = "R9001_M9001_0-2660", "R9002_M9002_0-2850", "R9003_M9003_0-2750"

# Edits


def grid(tiers: Mapping[str, Sequence[tuple[float, float, str]]]) -> Edit:
    """Another TextGrid for the session of train."""
    text = f"xmin = 0\nxmax = 1\ntiers? <exists>\nsize = {len(tiers)}\nitem []:\n"
    for number, (name, intervals) in enumerate(tiers.items(), 1):
        text += f'item [{number}]:\nclass = "IntervalTier"\nname = "{name}"\n'
        text += f"xmin = 0\nxmax = 1\nintervals: size = {len(intervals)}\n"
        for index, (start, end, said) in enumerate(intervals, 1):
            text += f'intervals [{index}]:\nxmin = {start}\nxmax = {end}\ntext = "{said}"\n'
    return write(TRAIN, text)


def with_bytes(change: Callable[[bytes], bytes]) -> Edit:
    """Change the TextGrid of the session of train."""
    return lambda folder: write(TRAIN, change((folder / TRAIN).read_bytes()))(folder)


# The table

CLIPS = 3
SAYS = {
    # Silence that is marked is no turn, and intervals are out of their order.
    OF_TRAIN: {
        "turns": ((0.1, 1.29, "SPK9001"), (1.2, 2.66, "SPK9002")),
        "language": "zh",
        "split": "train",
        "file": WAV,
        "stretch": (0, 2.66),
    },
    # The TextGrid states 2.4 s, and the recording ends after 2.6 s.
    OF_EVAL: {
        "turns": ((0.2, 1.43, "SPK9004"), (1.3, 2.85, "SPK9003")),
        "language": "zh",
        "split": "validation",
        "file": "Eval_Ali/Eval_Ali_far/audio_dir/R9002_M9002_MS902.wav",
    },
    OF_TEST: {
        "turns": ((0.15, 1.42, "SPK9005"), (1.35, 2.75, "SPK9006")),
        "language": "zh",
        "split": "test",
        "file": "Test_Ali/Test_Ali_far/audio_dir/R9003_M9003_MS903.wav",
    },
}
QUIRKS = [
    Quirk(
        "marked silence is no turn and other marks are",
        grid(
            {
                "F_SPK0001": [(0, 1, "<sil>"), (1, 2, "<SIL> (SIL)"), (2, 3, ""), (3, 4, "<%>")],
                "M_SPK0002": [(4, 5, "<sil>好")],
            }
        ),
        says={
            "R9001_M9001_2500-5000": {"turns": ((0.5, 1.5, "SPK0001"), (1.5, 2.5, "SPK0002"))},
        },
        gone=(OF_TRAIN,),
    ),
    Quirk(
        "intervals out of order or after the end that is stated are read",
        grid({"F_SPK0001": [(2, 3, "好"), (0, 1, "好")], "M_SPK0002": [(1.5, 1.8, "好")]}),
        says={
            "R9001_M9001_0-3000": {
                "turns": ((0, 1, "SPK0001"), (1.5, 1.8, "SPK0002"), (2, 3, "SPK0001"))
            }
        },
        gone=(OF_TRAIN,),
    ),
    Quirk(
        "turns are cut at the borders of an excerpt and count from its start",
        grid({"F_SPK0001": [(5, 65, "好")], "M_SPK0002": [(30, 36, "好")]}),
        says={
            "R9001_M9001_4500-34500": {
                "turns": ((0.5, 30, "SPK0001"), (25.5, 30, "SPK0002")),
                "stretch": (4.5, 34.5),
            },
            "R9001_M9001_34500-64500": {
                "turns": ((0, 30, "SPK0001"), (0, 1.5, "SPK0002")),
                "stretch": (34.5, 64.5),
            },
            "R9001_M9001_64500-65000": {"turns": ((0, 0.5, "SPK0001"),), "stretch": (64.5, 65)},
        },
        gone=(OF_TRAIN,),
    ),
    Quirk(
        "a session in which nobody speaks is rejected",
        grid({"F_SPK0001": [(0, 1, "<sil>")], "room": []}),
        rejects={TRAIN: "no-turns"},
        gone=(OF_TRAIN,),
    ),
    Quirk(
        "a tier with words that names no speaker is rejected",
        grid({"noise": [(0, 1, "x")], "F_SPK0001": [(0, 1, "好")]}),
        rejects={TRAIN: "unknown-speaker"},
        gone=(OF_TRAIN,),
    ),
    Quirk(
        "a tier without words may name no speaker",
        grid({"noise": [(0, 1, "")], "F_SPK0001": [(0, 1, "好")]}),
        says={"R9001_M9001_0-1000": {"turns": ((0, 1, "SPK0001"),)}},
        gone=(OF_TRAIN,),
    ),
    *(
        Quirk(
            f"a TextGrid costs its session only that {what}",
            with_bytes(change),
            rejects={TRAIN: reason},
            gone=(OF_TRAIN,),
        )
        for what, change, reason in (
            ("ends in the middle", lambda data: data[: len(data) // 2], "truncated-textgrid"),
            ("is empty", lambda data: b"", "malformed-textgrid"),
            ("is not UTF-8", lambda data: data + b"\xff", "malformed-textgrid"),
        )
    ),
    Quirk(
        "a TextGrid of another name is rejected",
        rename(TRAIN, "Train_Ali_far/textgrid_dir/meeting.TextGrid"),
        rejects={"Train_Ali_far/textgrid_dir/meeting.TextGrid": "unknown-session"},
        gone=(OF_TRAIN,),
    ),
    Quirk(
        "a session whose name begins like another is not taken for it",
        all_of(copy(WAV, f"{FAR}/R9001_M90010_MS001.wav"), copy(WAV, f"{FAR}/R9001_M90.wav")),
    ),
    Quirk(
        "a missing recording is told once",
        rename(WAV, f"{FAR}/R9001_M90010_MS901.wav"),
        rejects={TRAIN: "audio-missing"},
        gone=(OF_TRAIN,),
    ),
    Quirk(
        "hidden and other files are no sessions",
        all_of(
            copy(TRAIN, "Train_Ali_far/textgrid_dir/._R9001_M9001.TextGrid"),
            write("Train_Ali_far/textgrid_dir/readme.txt", "hello"),
        ),
    ),
    Quirk("headsets are not read", copy(WAV, "Train_Ali_near/audio_dir/R9001_M9001_F_SPK9001.wav")),
    *(
        Quirk(
            f"{part} is the same {where} the folder around it",
            all_of(rename(f"{part}/{part}_far", f"{part}_far"), *also),
            says={id: {"file": f"{part}_far/audio_dir/{name}.wav"}},
        )
        for part, id, name in (
            ("Eval_Ali", OF_EVAL, "R9002_M9002_MS902"),
            ("Test_Ali", OF_TEST, "R9003_M9003_MS903"),
        )
        for where, also in (("beside", ()), ("without", (remove(part),)))
    ),
    Quirk(
        "Train with a folder around it is the same",
        rename("Train_Ali_far", "Train_Ali/Train_Ali_far"),
        says={OF_TRAIN: {"file": f"Train_Ali/{WAV}"}},
    ),
    Quirk("a part that is absent is left out", remove("Train_Ali_far"), gone=(OF_TRAIN,)),
    Quirk(
        "a folder without TextGrids is named",
        all_of(*(rename(file, f"{file}.txt") for file in (TRAIN, EVAL, TEST))),
        error="TextGrids in a folder textgrid_dir",
    ),
]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / "AliMeeting", tmp_path / "root" / "AliMeeting")


def clips(folder: Path) -> list[Clip]:
    corpus = AliMeeting.open(str(folder))
    shards = [shard for found in corpus.shards().values() for shard in found]
    return [item for shard in shards for item in corpus.clips(shard) if isinstance(item, Clip)]


# The miniature


def test_the_miniature_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in (TRAIN, EVAL, TEST)}
    assert 'name = "R9001_M9001_F_SPK9001"' in texts[TRAIN]
    assert 'name = "F_SPK9003"' in texts[EVAL]
    assert all("<sil>" in text for text in texts.values())
    assert '""' in texts[TEST].replace('text = ""', "")
    for text in texts.values():
        starts = [float(start) for start in re.findall(r" {12}xmin = (\S+)", text)]
        assert starts != sorted(starts)
    stated = float(re.findall(r"^xmax = (\S+)", texts[EVAL], re.MULTILINE)[0])
    last = max(float(end) for end in re.findall(r" {12}xmax = (\S+)", texts[EVAL]))
    far = folder / "Eval_Ali/Eval_Ali_far/audio_dir/R9002_M9002_MS902.wav"
    assert stated < soundfile.info(far).duration < last
    assert list(folder.glob("*/*_near/audio_dir/*.wav"))
    for file in folder.glob("**/*_far/audio_dir/*.wav"):
        info = soundfile.info(file)
        assert (info.channels, info.samplerate, info.subtype) == (8, 16_000, "PCM_16")
    assert sum(file.stat().st_size for file in folder.rglob("*.wav")) < 2_500_000


# The recording


def test_the_first_channel_is_the_audio(folder: Path) -> None:
    for clip in clips(folder):
        wave = audio.waveform(clip.audio)
        all_channels, _ = soundfile.read(folder / clip.audio.name, dtype="float32")
        (found,) = wave.samples
        assert np.array_equal(found, all_channels[: found.size, 0])
        assert not np.array_equal(found, all_channels[: found.size, 1])


def test_a_missing_recording_is_told_with_the_start_of_its_name(folder: Path) -> None:
    (folder / WAV).unlink()
    corpus = AliMeeting.open(str(folder))
    (found,) = corpus.clips(corpus.shards()["train"][0])
    assert "R9001_M9001_MS" in found.detail  # type: ignore[union-attr]


def test_a_turn_beyond_the_recording_ends_where_the_recording_does(folder: Path) -> None:
    clip = next(clip for clip in clips(folder) if clip.split == "validation")
    seconds = audio.duration(clip.audio)
    assert clip.turns is not None and clip.turns[-1].end > seconds == pytest.approx(2.6)
    (draft,) = SpeakerDiarization().drafts(clip, Rng(0))
    assert str(draft.slots["turns"]).endswith("-2.60 speaker 2")


def test_an_excerpt_after_the_end_of_the_recording_is_outside_the_audio(folder: Path) -> None:
    grid({"F_SPK0001": [(0, 25, "好")], "M_SPK0002": [(26, 60, "好")]})(folder)
    found = [clip for clip in clips(folder) if clip.split == "train"]
    ids = [clip.id.removeprefix("R9001_M9001_") for clip in found]
    assert ids == ["0-25500", "25500-55500", "55500-60000"]
    assert {clip.audio.channel for clip in found} == {0}
    assert audio.duration(found[0].audio) == pytest.approx(2.95)
    with pytest.raises(Unusable) as caught:
        audio.duration(found[1].audio)
    assert caught.value.reason == "stretch-outside-audio"


# The folders


def test_a_single_part_is_a_corpus(folder: Path) -> None:
    expected = [clip.turns for clip in clips(folder) if clip.split == "validation"]
    assert [clip.turns for clip in clips(folder / "Eval_Ali")] == expected


def test_parts_may_lie_in_the_root_itself(folder: Path) -> None:
    found = AliMeeting.find(str(folder.rename(folder.with_name("corpora"))))
    assert found is not None
    assert list(found.shards()) == ["train", "validation", "test"]


# The excerpts


def test_an_excerpt_ends_in_the_longest_silence_there_is_between_20_and_30_seconds() -> None:
    turns = [Span(1, 15, "a"), Span(18, 22, "b"), Span(22.4, 25, "a"), Span(26, 29, "b")]
    turns += [Span(29.1, 40, "a"), Span(35, 47, "b")]
    # The silence of 15 to 18 s is longer but too early; that of 25 to 26 s is the longest.
    assert list(excerpt_times(turns)) == [(0.5, 25.5), (25.5, 47)]


def test_where_nobody_pauses_an_excerpt_ends_after_30_seconds_inside_the_turns() -> None:
    turns = [Span(0, 40, "a"), Span(10, 70.25, "b")]
    assert list(excerpt_times(turns)) == [(0, 30), (30, 60), (60, 70.25)]


def test_a_long_silence_is_in_no_excerpt() -> None:
    turns = [Span(100, 110, "a"), Span(111, 112, "b"), Span(500, 520, "a")]
    assert list(excerpt_times(turns)) == [(99.5, 124.5), (499.5, 520)]


speech = st.tuples(
    st.floats(0, 300).map(lambda x: round(x, 3)),
    st.floats(0.02, 40).map(lambda x: round(x, 3)),
    st.sampled_from("abc"),
)


@given(st.lists(speech, min_size=1, max_size=30))
def test_every_moment_of_speech_is_in_one_excerpt(drawn: list[tuple[float, float, str]]) -> None:
    turns = sorted((Span(s, s + d, who) for s, d, who in drawn), key=lambda turn: turn.start)
    found = list(excerpt_times(turns))
    assert all(end <= start for (_, end), (start, _) in pairwise(found))
    assert all(20 <= round(end - start, 2) <= 30 for start, end in found[:-1])
    assert all(0 < end - start <= 30.001 for start, end in found[-1:])
    for turn in turns:
        inside = sum(max(0, min(turn.end, e) - max(turn.start, s)) for s, e in found)
        assert inside == pytest.approx(turn.end - turn.start, abs=0.012)
