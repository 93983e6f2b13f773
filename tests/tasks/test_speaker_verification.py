"""Speaker verification: the rules of its pairs, on a larger window than the samples give."""

from __future__ import annotations

import random
from collections import Counter
from itertools import accumulate
from pathlib import Path

import pytest

from audio_flan.corpora import corpus_class, corpus_classes
from audio_flan.generate.generation import Generation
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft
from audio_flan.model.labels import Label
from audio_flan.model.randomness import Rng
from audio_flan.tasks import get_task

TASK = get_task("speech_speaker_verification")
GENDERS = ("female", "male")
SPEAKERS, UTTERANCES = 12, 40
SEEDS = range(5)


def window(
    miniatures: Path,
    *,
    order: str = "random",
    speakers: int = SPEAKERS,
    utterances: int = UTTERANCES,
    genders: tuple[str | None, ...] = GENDERS,
) -> list[Clip]:
    """Clips of speakers of alternating genders, all with a recording that is there."""
    corpus = corpus_class("aishell3").find(str(miniatures))
    assert corpus is not None
    (shard,) = corpus.shards()["train"]
    audio = [clip.audio for clip in corpus.clips(shard) if isinstance(clip, Clip)]
    clips = []
    for speaker in range(speakers):
        gender = genders[speaker % len(genders)]
        for utterance in range(utterances):
            clip = Clip(
                id=f"S{speaker:02d}-{utterance:03d}",
                corpus="aishell3",
                split="train",
                audio=audio[(speaker * utterances + utterance) % len(audio)],
                language="zh",
                speaker=f"S{speaker:02d}",
                gender=Label(gender, GENDERS) if gender else None,
            )
            clips.append(clip)
    if order == "random":
        random.Random(7).shuffle(clips)
    return clips


def pairs(clips: list[Clip], seed: int = 0) -> list[Draft]:
    return list(TASK.pairs(clips, Rng(seed, "pairs")))


def same(draft: Draft) -> bool:
    label = draft.slots["same_speaker"]
    assert isinstance(label, Label)
    return label.value == "yes"


@pytest.fixture(params=["random", "sorted by speaker"])
def clips(request: pytest.FixtureRequest, miniatures: Path) -> list[Clip]:
    return window(miniatures, order=request.param)


def test_the_answer_is_whether_the_speakers_are_the_same(clips: list[Clip]) -> None:
    for draft in pairs(clips):
        first, second = draft.clips
        assert same(draft) == (first.speaker == second.speaker)


def test_yes_and_no_are_in_balance_after_every_pair(clips: list[Clip]) -> None:
    # After every one, as a limit may stop anywhere.
    for seed in SEEDS:
        balance = accumulate(1 if same(draft) else -1 for draft in pairs(clips, seed))
        assert {abs(difference) for difference in balance} <= {0, 1}


def test_nearly_every_utterance_leads_a_pair_and_none_is_in_more_than_four(
    clips: list[Clip],
) -> None:
    for seed in SEEDS:
        drawn = pairs(clips, seed)
        uses = Counter(clip.id for draft in drawn for clip in draft.clips)
        assert set(uses) == {clip.id for clip in clips}
        assert max(uses.values()) <= TASK.max_pairs == 4
        # One that is in four pairs before its turn leads none.
        assert 0.93 * len(clips) < len(drawn) <= len(clips)


def test_no_pair_is_of_one_utterance_and_none_comes_twice(clips: list[Clip]) -> None:
    for seed in SEEDS:
        ids = [frozenset(clip.id for clip in draft.clips) for draft in pairs(clips, seed)]
        assert all(len(pair) == 2 for pair in ids)
        assert len(set(ids)) == len(ids)


def test_the_audio_is_that_of_the_clips_in_their_order(clips: list[Clip]) -> None:
    for draft in pairs(clips):
        assert draft.slots["first_audio"] == draft.clips[0].audio
        assert draft.slots["second_audio"] == draft.clips[1].audio


def test_three_in_four_different_speakers_have_the_same_gender(clips: list[Clip]) -> None:
    alike = []
    for seed in range(10):
        for draft in pairs(clips, seed):
            if not same(draft):
                first, second = (clip.gender for clip in draft.clips)
                assert first is not None
                assert second is not None
                alike.append(first.value == second.value)
    # 2,400 draws: five standard deviations are 0.044.
    assert sum(alike) / len(alike) == pytest.approx(0.75, abs=0.045)


def test_different_speakers_are_drawn_about_equally(clips: list[Clip]) -> None:
    drawn = [d for seed in range(10) for d in pairs(clips, seed) if not same(d)]
    counts = Counter(clip.speaker for draft in drawn for clip in draft.clips)
    expected = 2 * len(drawn) / SPEAKERS
    assert all(0.8 * expected < count < 1.2 * expected for count in counts.values())
    assert len(counts) == SPEAKERS


def test_the_order_of_the_two_is_drawn(miniatures: Path) -> None:
    two = window(miniatures, speakers=2, utterances=1, genders=("female",))
    firsts = Counter(draft.clips[0].id for seed in range(400) for draft in pairs(two, seed))
    assert firsts.total() == 400
    assert 150 < firsts["S00-000"] < 250


def test_what_the_first_pair_answers_is_drawn(miniatures: Path) -> None:
    clips = window(miniatures, speakers=2, utterances=4)
    answers = Counter(same(pairs(clips, seed)[0]) for seed in range(400))
    assert 150 < answers[True] < 250


def test_pairs_depend_on_the_seed_alone(clips: list[Clip]) -> None:
    assert pairs(clips) == pairs(list(clips))
    assert pairs(clips) != pairs(clips, seed=1)


@pytest.mark.parametrize("utterances", [1, 2, 40])
def test_a_window_of_one_speaker_gives_one_pair_at_most(miniatures: Path, utterances: int) -> None:
    for seed in range(20):
        drawn = pairs(window(miniatures, speakers=1, utterances=utterances), seed)
        assert [same(draft) for draft in drawn] == [True] * (utterances > 1)


def test_speakers_of_unknown_gender_are_paired_too(miniatures: Path) -> None:
    drawn = pairs(window(miniatures, genders=(None,)))
    assert len(drawn) > 0.9 * SPEAKERS * UTTERANCES
    mixed = pairs(window(miniatures, genders=("female", "male", None)))
    unknown = [d for d in mixed if not same(d) and None in {clip.gender for clip in d.clips}]
    assert unknown


def test_one_utterance_each_gives_different_speakers_only(miniatures: Path) -> None:
    for seed in range(20):
        drawn = pairs(window(miniatures, utterances=1), seed)
        assert [same(draft) for draft in drawn] == [False]


def test_a_corpus_of_one_speaker_does_not_serve() -> None:
    assert not TASK.serves(corpus_class("ljspeech"))
    for cls in corpus_classes():
        assert not (TASK.serves(cls) and cls.speakers == 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_clip_without_a_partner_is_a_reject(miniatures: Path, seed: int) -> None:
    corpus = corpus_class("aishell3").find(str(miniatures))
    assert corpus is not None
    # The miniature test split has one utterance of each of four speakers: one "no", then nothing.
    generation = Generation(TASK, corpus, "test", seed=seed)
    (instance,) = generation.instances(corpus.shards()["test"])
    assert len(instance.audio) == 3
    assert generation.tally.rejected == {"no-partner": 2}
    assert {reject.reason for reject in generation.rejects} == {"no-partner"}
    used = instance.input + instance.instruction
    assert not any(f"_{reject.clip}<" in used for reject in generation.rejects)
