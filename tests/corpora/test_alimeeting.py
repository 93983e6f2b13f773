"""AliMeeting: sessions cut into excerpts, turns out of TextGrids, recordings found by session."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from audio_flan.corpora.speech.alimeeting import AliMeeting, excerpts
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.media import audio
from audio_flan.model.clip import ANNOTATIONS, Clip, Reject, Span
from audio_flan.model.randomness import Rng
from audio_flan.tasks.speech.speaker_recognition import SpeakerDiarization

TOP = "AliMeeting"
TRAIN = "Train_Ali_far/textgrid_dir/R9001_M9001.TextGrid"
EVAL = "Eval_Ali/Eval_Ali_far/textgrid_dir/R9002_M9002.TextGrid"
TEST = "Test_Ali/Test_Ali_far/textgrid_dir/R9003_M9003.TextGrid"


def read(folder: Path) -> list[Clip | Reject]:
    corpus = AliMeeting.open(str(folder))
    return [item for shards in corpus.shards().values() for s in shards for item in corpus.clips(s)]


def clips(folder: Path) -> list[Clip]:
    return [item for item in read(folder) if isinstance(item, Clip)]


def rejects(folder: Path) -> list[Reject]:
    return [item for item in read(folder) if isinstance(item, Reject)]


@pytest.fixture
def folder(miniatures: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniatures / TOP, tmp_path / "root" / TOP)


def write_grid(folder: Path, tiers: dict[str, list[tuple[float, float, str]]]) -> None:
    """Another TextGrid for the session of train."""
    text = f"xmin = 0\nxmax = 1\ntiers? <exists>\nsize = {len(tiers)}\nitem []:\n"
    for number, (name, intervals) in enumerate(tiers.items(), 1):
        text += f'item [{number}]:\nclass = "IntervalTier"\nname = "{name}"\n'
        text += f"xmin = 0\nxmax = 1\nintervals: size = {len(intervals)}\n"
        for index, (start, end, said) in enumerate(intervals, 1):
            text += f'intervals [{index}]:\nxmin = {start}\nxmax = {end}\ntext = "{said}"\n'
    (folder / TRAIN).write_text(text, encoding="utf-8")


def train(folder: Path) -> list[Clip]:
    return [clip for clip in clips(folder) if clip.split == "train"]


def test_every_clip_has_every_annotation(folder: Path) -> None:
    found = clips(folder)
    assert len(found) == 3
    for clip in found:
        filled = {field for field in ANNOTATIONS if getattr(clip, field) is not None}
        assert filled == AliMeeting.provides == {"turns", "language"}
        assert clip.language == "zh"


def test_the_sample_has_the_quirks_that_the_reader_handles(folder: Path) -> None:
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


def test_turns_are_those_of_the_textgrid(folder: Path) -> None:
    (clip,) = train(folder)
    assert clip.id == "R9001_M9001_0-2660"
    assert clip.turns == (Span(0.1, 1.29, "SPK9001"), Span(1.2, 2.66, "SPK9002"))


def test_the_first_channel_is_the_audio(folder: Path) -> None:
    for clip in clips(folder):
        wave = audio.waveform(clip.audio)
        all_channels, _ = soundfile.read(folder / clip.audio.name, dtype="float32")
        (found,) = wave.samples
        assert np.array_equal(found, all_channels[: found.size, 0])
        assert not np.array_equal(found, all_channels[: found.size, 1])


def test_marked_silence_is_no_turn_and_other_marks_are(folder: Path) -> None:
    write_grid(
        folder,
        {
            "F_SPK0001": [(0, 1, "<sil>"), (1, 2, "<SIL> (SIL)"), (2, 3, ""), (3, 4, "<%>")],
            "M_SPK0002": [(4, 5, "<sil>好")],
        },
    )
    (clip,) = train(folder)
    assert clip.turns == (Span(0.5, 1.5, "SPK0001"), Span(1.5, 2.5, "SPK0002"))
    assert clip.id == "R9001_M9001_2500-5000"


def test_a_session_in_which_nobody_speaks_is_told(folder: Path) -> None:
    write_grid(folder, {"F_SPK0001": [(0, 1, "<sil>")], "room": []})
    assert [(r.clip, r.reason) for r in rejects(folder)] == [(TRAIN, "no-turns")]
    assert len(clips(folder)) == 2


def test_a_tier_that_is_no_speaker_is_told_where_it_has_words(folder: Path) -> None:
    write_grid(folder, {"noise": [(0, 1, "x")], "F_SPK0001": [(0, 1, "好")]})
    assert [(r.clip, r.reason) for r in rejects(folder)] == [(TRAIN, "unknown-speaker")]
    write_grid(folder, {"noise": [(0, 1, "")], "F_SPK0001": [(0, 1, "好")]})
    assert not rejects(folder)


@pytest.mark.parametrize(
    "change", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: data + b"\xff"]
)
def test_a_broken_textgrid_costs_its_session_only(folder: Path, change: object) -> None:
    file = folder / TRAIN
    assert callable(change)
    file.write_bytes(change(file.read_bytes()))
    (found,) = rejects(folder)
    assert found.clip == TRAIN
    assert found.reason in {"truncated-textgrid", "malformed-textgrid"}
    assert [clip.split for clip in clips(folder)] == ["validation", "test"]


def test_a_textgrid_of_another_name_is_told(folder: Path) -> None:
    (folder / TRAIN).rename((folder / TRAIN).with_name("meeting.TextGrid"))
    assert [r.reason for r in rejects(folder)] == ["unknown-session"]


# The recording


def test_a_session_whose_name_begins_like_another_one_is_not_taken_for_it(folder: Path) -> None:
    expected = clips(folder)
    far = folder / "Train_Ali_far/audio_dir"
    shutil.copy(far / "R9001_M9001_MS901.wav", far / "R9001_M90010_MS001.wav")
    shutil.copy(far / "R9001_M9001_MS901.wav", far / "R9001_M90.wav")
    assert clips(folder) == expected


def test_a_missing_recording_is_told_once(folder: Path) -> None:
    far = folder / "Train_Ali_far/audio_dir"
    (far / "R9001_M9001_MS901.wav").rename(far / "R9001_M90010_MS901.wav")
    (found,) = rejects(folder)
    assert (found.clip, found.reason) == (TRAIN, "audio-missing")
    assert "R9001_M9001_MS" in found.detail


def test_a_turn_beyond_the_recording_ends_where_the_recording_does(folder: Path) -> None:
    clip = next(clip for clip in clips(folder) if clip.split == "validation")
    seconds = audio.duration(clip.audio)
    assert clip.turns is not None and clip.turns[-1].end > seconds == pytest.approx(2.6)
    (draft,) = SpeakerDiarization().drafts(clip, Rng(0))
    assert str(draft.slots["turns"]).endswith("-2.60 speaker 2")


def test_an_excerpt_after_the_end_of_the_recording_is_outside_the_audio(folder: Path) -> None:
    write_grid(folder, {"F_SPK0001": [(0, 25, "好")], "M_SPK0002": [(26, 60, "好")]})
    found = train(folder)
    ids = [clip.id.removeprefix("R9001_M9001_") for clip in found]
    assert ids == ["0-25500", "25500-55500", "55500-60000"]
    assert audio.duration(found[0].audio) == pytest.approx(2.95)
    with pytest.raises(Unusable) as caught:
        audio.duration(found[1].audio)
    assert caught.value.reason == "stretch-outside-audio"


# The folders


@pytest.mark.parametrize("part", ["Eval_Ali", "Test_Ali"])
def test_a_part_is_taken_with_and_without_the_folder_around_it(folder: Path, part: str) -> None:
    expected = [(clip.id, clip.turns) for clip in clips(folder)]
    (folder / part / f"{part}_far").rename(folder / f"{part}_far")
    assert [(clip.id, clip.turns) for clip in clips(folder)] == expected
    shutil.rmtree(folder / part)
    assert [(clip.id, clip.turns) for clip in clips(folder)] == expected


def test_a_single_part_is_a_corpus(folder: Path) -> None:
    expected = [clip.turns for clip in clips(folder) if clip.split == "validation"]
    assert [clip.turns for clip in clips(folder / "Eval_Ali")] == expected


def test_parts_may_lie_in_the_root_itself(folder: Path) -> None:
    root = folder.rename(folder.with_name("corpora"))
    found = AliMeeting.find(str(root))
    assert found is not None
    assert list(found.shards()) == ["train", "validation", "test"]


def test_hidden_and_other_files_are_no_sessions(folder: Path) -> None:
    expected = read(folder)
    shutil.copy(folder / TRAIN, (folder / TRAIN).with_name("._R9001_M9001.TextGrid"))
    (folder / TRAIN).with_name("readme.txt").write_text("hello")
    assert read(folder) == expected


def test_a_folder_without_textgrids_is_told(folder: Path) -> None:
    for name in (TRAIN, EVAL, TEST):
        (folder / name).rename((folder / name).with_suffix(".txt"))
    with pytest.raises(CorpusLayoutError, match="TextGrids in a folder textgrid_dir"):
        read(folder)


# The excerpts


def test_an_excerpt_ends_in_the_longest_silence_there_is_between_20_and_30_seconds() -> None:
    turns = [Span(1, 15, "a"), Span(18, 22, "b"), Span(22.4, 25, "a"), Span(26, 29, "b")]
    turns += [Span(29.1, 40, "a"), Span(35, 47, "b")]
    # The silence of 15 to 18 s is longer but too early; that of 25 to 26 s is the longest.
    assert list(excerpts(turns)) == [(0.5, 25.5), (25.5, 47)]


def test_where_nobody_pauses_an_excerpt_ends_after_30_seconds_inside_the_turns() -> None:
    turns = [Span(0, 40, "a"), Span(10, 70.25, "b")]
    assert list(excerpts(turns)) == [(0, 30), (30, 60), (60, 70.25)]


def test_a_long_silence_is_in_no_excerpt() -> None:
    turns = [Span(100, 110, "a"), Span(111, 112, "b"), Span(500, 520, "a")]
    assert list(excerpts(turns)) == [(99.5, 124.5), (499.5, 520)]


def test_turns_of_an_excerpt_are_cut_at_its_borders_and_count_from_its_start(folder: Path) -> None:
    write_grid(folder, {"F_SPK0001": [(5, 65, "好")], "M_SPK0002": [(30, 36, "好")]})
    found = train(folder)
    ids = [clip.id.removeprefix("R9001_M9001_") for clip in found]
    assert ids == ["4500-34500", "34500-64500", "64500-65000"]
    assert found[0].turns == (Span(0.5, 30, "SPK0001"), Span(25.5, 30, "SPK0002"))
    assert found[1].turns == (Span(0, 30, "SPK0001"), Span(0, 1.5, "SPK0002"))
    assert found[2].turns == (Span(0, 0.5, "SPK0001"),)
    assert [(clip.audio.channel, clip.audio.start, clip.audio.end) for clip in found] == [
        (0, 4.5, 34.5),
        (0, 34.5, 64.5),
        (0, 64.5, 65),
    ]


speech = st.tuples(
    st.floats(0, 300).map(lambda x: round(x, 3)),
    st.floats(0.02, 40).map(lambda x: round(x, 3)),
    st.sampled_from("abc"),
)


@given(st.lists(speech, min_size=1, max_size=30))
def test_every_moment_of_speech_is_in_one_excerpt(drawn: list[tuple[float, float, str]]) -> None:
    turns = sorted((Span(s, s + d, who) for s, d, who in drawn), key=lambda turn: turn.start)
    found = list(excerpts(turns))
    assert all(end <= start for (_, end), (start, _) in pairwise(found))
    assert all(20 <= round(end - start, 2) <= 30 for start, end in found[:-1])
    assert all(0 < end - start <= 30.001 for start, end in found[-1:])
    for turn in turns:
        inside = sum(max(0, min(turn.end, e) - max(turn.start, s)) for s, e in found)
        assert inside == pytest.approx(turn.end - turn.start, abs=0.012)
