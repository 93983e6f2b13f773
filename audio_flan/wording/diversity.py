"""How varied the wordings of a task are: three standard figures over draws of a few of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

from audio_flan.model.randomness import Rng
from audio_flan.wording.lint import rouge_l, tokens
from audio_flan.wording.template import Variation

DRAWN, DRAWS = 10, 100
"""Instructions in a draw, and draws: the numbers used to measure other pools of templates."""

NGRAM = 4
Tokens = Sequence[str]
Ngram = tuple[str, ...]


class Diversity(NamedTuple):
    """The diversity of a pool of instructions, averaged over draws; slots are left out.

    Args:
        rouge_l: mean pairwise ROUGE-L F-measure (Lin, 2004); lower is more varied.
        distinct_2: share of different bigrams among all (Li et al., 2016); higher is more varied.
        self_bleu_4: mean BLEU-4 of each against the others (Zhu et al., 2018), with 1 added to
            the counts above unigrams (Lin and Och, 2004); lower is more varied.
    """

    rouge_l: float
    distinct_2: float
    self_bleu_4: float


def mean_diversity(figures: Sequence[Diversity]) -> Diversity:
    """The mean of each figure."""
    return Diversity(*(sum(values) / len(figures) for values in zip(*figures, strict=True)))


def diversity(variations: Sequence[Variation], seed: int = 0) -> Diversity:
    """The diversity of wordings of one language, over `DRAWS` draws of `DRAWN` of them."""
    pool = [_Wording(tokens(variation.instruction)) for variation in variations]
    likeness = {
        frozenset(pair): rouge_l(pool[pair[0]].tokens, pool[pair[1]].tokens)
        for pair in combinations(range(len(pool)), 2)
    }
    rng = Rng(seed, "diversity")
    draws = [rng.sample(range(len(pool)), min(DRAWN, len(pool))) for _ in range(DRAWS)]
    return mean_diversity([_of_draw(draw, pool, likeness) for draw in draws])


class _Wording:
    """The words of an instruction and their n-grams by length."""

    def __init__(self, words: Tokens) -> None:
        self.tokens = words

    @cached_property
    def ngrams(self) -> dict[int, Counter[Ngram]]:
        lengths = range(1, NGRAM + 1)
        return {
            n: Counter(zip(*(self.tokens[i:] for i in range(n)), strict=False)) for n in lengths
        }


def _of_draw(
    draw: Sequence[int], pool: Sequence[_Wording], likeness: dict[frozenset[int], float]
) -> Diversity:
    pairs = [likeness[frozenset(pair)] for pair in combinations(draw, 2)]
    wordings = [pool[index] for index in draw]
    bigrams: Counter[Ngram] = sum((w.ngrams[2] for w in wordings), Counter())
    bleu = [_bleu(one, [w for w in wordings if w is not one]) for one in wordings]
    return Diversity(
        sum(pairs) / max(1, len(pairs)), len(bigrams) / bigrams.total(), sum(bleu) / len(bleu)
    )


def _bleu(one: _Wording, others: Sequence[_Wording]) -> float:
    """BLEU-4 against several references (Papineni et al., 2002), smoothed."""
    logarithms = 0.0
    for n, counts in one.ngrams.items():
        most: Counter[Ngram] = Counter()
        for other in others:
            most |= other.ngrams[n]
        added = int(n > 1)
        matched = (counts & most).total() + added
        if not matched:
            return 0.0
        logarithms += math.log(matched / (counts.total() + added))
    length = len(one.tokens)
    closest = min((len(w.tokens) for w in others), key=lambda n: (abs(n - length), n))
    return math.exp(logarithms / NGRAM + min(0.0, 1 - closest / length))
