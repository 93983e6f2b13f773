"""Pools: a corpus that comes or goes changes only the rows that draw from it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import chisquare

from audio_flan.build.options import Options
from audio_flan.build.plan import make_plan
from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.corpora.find import find_corpora
from audio_flan.corpora.read.folder import Folder
from audio_flan.generate.generation import Generation
from audio_flan.generate.pools import CLIPS_PER_CORPUS, draw_pools
from audio_flan.media.audio import AudioRef
from audio_flan.miniatures.bank import load_bank, samples, write_wav
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.randomness import Rng
from audio_flan.tasks import get_task
from audio_flan.tasks.contract import Pool

SEEDS = 5
LEAST_P = 1e-3
"""Of a test that the draws are even; draws are seeded, so that it does not fail by chance."""


class Noises(Corpus):
    """A corpus of as many noises as one likes in each split, all of them one recording."""

    domain = "audio"
    provides = frozenset({"noise"})

    def __init__(self, folder: Folder, key: str, count: int, *silent: str) -> None:
        super().__init__(folder)
        self.key, self.count, self.silent = key, count, silent

    def shards(self) -> dict[str, list[Shard]]:
        """One of noises and one without any."""
        splits = ("train", "validation", "test")
        silent = frozenset[str]()
        return {s: [Shard(s, ("noise",)), Shard(s, ("silence",), provides=silent)] for s in splits}

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The clips of a shard."""
        audio, names = self.folder.audio("noise.wav"), map(str, range(self.count))
        for name in names if shard.part[0] == "noise" else self.silent:
            yield Clip(id=name, corpus=self.key, split=shard.split, audio=audio, noise=True)


@pytest.fixture(scope="module")
def noises(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Noises]:
    folder = tmp_path_factory.mktemp("noises")
    entry = load_bank().noises[0]
    write_wav(folder / "noise.wav", samples(entry, entry.rate), entry.rate)
    return lambda *args: Noises(Folder("noises", str(folder)), *args)


def clips(corpus: str, count: int) -> list[Clip]:
    audio = AudioRef("a.wav", "a.wav")
    return [Clip(id=f"{i}", corpus=corpus, split="train", audio=audio) for i in range(count)]


def quiet_corpora(root: Path) -> list[Corpus]:
    """The corpora that have no noise."""
    return [corpus for corpus in find_corpora(str(root)) if "noise" not in corpus.provides]


def rows(config: str, corpora: Sequence[Corpus], seeds: int = 1) -> dict[object, dict[str, Any]]:
    """All rows of a task of the train split, by seed and uuid."""
    task = get_task(config)
    pools = draw_pools(task, corpora, "train")
    made = {}
    for corpus in filter(task.serves, corpora):
        for seed in range(seeds):
            generation = Generation(task, corpus, "train", seed=seed, pools=pools)
            for instance in generation.instances(corpus.shards()["train"]):
                made[seed, instance.uuid] = instance.row()
    return made


def drawn_from(row: dict[str, Any]) -> str | None:
    corpus: str | None = json.loads(row["other"])["simulation"]["noise_corpus"]
    return corpus


@pytest.mark.parametrize("config", ["speech_denoising", "audio_voice_activity_detection"])
def test_another_corpus_of_noise_changes_only_the_rows_that_draw_from_it(
    miniatures: Path, noises: Callable[..., Noises], config: str
) -> None:
    quiet = quiet_corpora(miniatures)
    two = [noises("fans", 40), noises("rain", 3)]
    before = rows(config, [*quiet, *two], SEEDS)
    after = rows(config, [*quiet, noises("doors", 500), *two], SEEDS)
    assert before.keys() == after.keys()
    changed = {row for row in before if before[row] != after[row]}
    assert changed == {row for row in after if drawn_from(after[row]) == "doors"}
    share = len(changed) / len(after)
    # Three standard deviations.
    assert abs(share - 1 / 3) < 3 * (2 / 9 / len(after)) ** 0.5
    assert {drawn_from(row) for row in after.values()} == {"fans", "rain", "doors"}


def test_another_corpus_of_speech_changes_only_the_rows_that_draw_from_it(
    miniatures: Path,
) -> None:
    config, corpora = "audio_voice_activity_detection", find_corpora(str(miniatures))
    fewer = [corpus for corpus in corpora if corpus.key != "esd"]
    before, after = rows(config, fewer), rows(config, corpora)
    changed = {row for row in before if before[row] != after[row]}
    clips_of = {row: json.loads(after[row]["other"])["clips"] for row in before}
    assert changed == {
        row for row, used in clips_of.items() if any(clip["corpus"] == "esd" for clip in used)
    }
    assert 0 < len(changed) < len(before)


@pytest.mark.parametrize("step", [2, 100], ids=["one clip in two", "one clip in a hundred"])
def test_whatever_fits_a_corpus_changes_only_the_draws_that_take_it(step: int) -> None:
    def fits(clip: Clip) -> bool:
        return int(clip.id) % step == 0

    old = [*clips("a", 100), *clips("b", 7), *clips("c", 1)]
    small, large = Pool(old), Pool([*clips("d", 20), *old])
    changed = 0
    for number in range(400):
        one, other = Rng(0, number), Rng(0, number)
        first, second = small.draw(one, fits), large.draw(other, fits)
        assert second is not None
        assert first == second or second.corpus == "d"
        changed += first != second
        # What is drawn next does not depend on the pool.
        assert one.uniform(0, 1) == other.uniform(0, 1)
    # A quarter, and five standard deviations.
    assert abs(changed - 100) < 5 * (400 * 3 / 16) ** 0.5


def test_draws_are_even_over_corpora_and_over_the_clips_of_each() -> None:
    sizes = {"a": 400, "b": 40, "c": 4, "d": 20, "e": 10}
    pool = Pool([clip for corpus, size in sizes.items() for clip in clips(corpus, size)])
    draws = [pool.draw(Rng(number)) for number in range(10_000)]
    corpora = Counter(clip.corpus for clip in draws if clip)
    assert set(corpora) == set(sizes)
    assert chisquare(list(corpora.values())).pvalue > LEAST_P
    for corpus in ("b", "c", "d", "e"):
        found = Counter(clip.id for clip in draws if clip and clip.corpus == corpus)
        assert len(found) == sizes[corpus]
        assert chisquare(list(found.values())).pvalue > LEAST_P


def test_a_draw_does_not_depend_on_the_order_of_the_corpora() -> None:
    groups = [clips("a", 5), clips("b", 50), clips("c", 2)]
    forth = Pool([clip for group in groups for clip in group])
    back = Pool([clip for group in reversed(groups) for clip in group])
    for number in range(100):
        assert forth.draw(Rng(number)) == back.draw(Rng(number))


@pytest.mark.parametrize("members", [[], clips("a", 30)], ids=["empty", "nothing fits"])
def test_nothing_is_drawn_where_nothing_fits(members: list[Clip]) -> None:
    one, other = Rng(0), Rng(0)
    assert Pool(members).draw(one, lambda clip: False) is None
    Pool(clips("b", 3)).draw(other)
    assert one.uniform(0, 1) == other.uniform(0, 1)


def test_an_empty_pool_makes_the_task_synthesise(miniatures: Path) -> None:
    made = rows("speech_denoising", quiet_corpora(miniatures))
    assert made
    for row in made.values():
        simulation = json.loads(row["other"])["simulation"]
        assert simulation["noise_corpus"] is None
        assert simulation["noise"].startswith("synthesised ")


def test_a_corpus_gives_a_fixed_number_of_clips(noises: Callable[..., Noises]) -> None:
    task = get_task("speech_denoising")
    many, few = noises("many", CLIPS_PER_CORPUS + 5), noises("few", 7)
    for corpora, size in (
        ([many], CLIPS_PER_CORPUS),
        ([many, few], CLIPS_PER_CORPUS + 7),
        ([few], 7),
    ):
        assert len(draw_pools(task, corpora, "train")["noise"]) == size


def test_a_corpus_of_noise_changes_the_keys_of_units_that_draw_noise_alone(
    miniatures: Path, noises: Callable[..., Noises]
) -> None:
    speech = find_corpora(str(miniatures), "ljspeech")

    def keys(*corpora: Noises) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        configs = ("speech_asr", "speech_denoising", "speech_declipping")
        for unit in make_plan([*speech, *corpora], configs, None, Options()).units:
            found.setdefault(unit.config, set()).add(unit.key)
        return found

    before, after = keys(), keys(noises("fans", 3))
    assert {config for config in before if before[config] != after[config]} == {"speech_denoising"}
    assert before["speech_denoising"].isdisjoint(after["speech_denoising"])
    assert keys(noises("fans", 4)) != after
    assert keys(noises("fans", 3)) == after
    # A shard without noise gives the pool nothing.
    assert keys(noises("fans", 3, "silence")) == after
