"""Computed audio, measured against its sources; tasks whose answer is one of these."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from audits.corpora import Corpora
from audits.facts import Fact, demand
from audits.rows import COMPUTED, Auditor, OneOf, Row, Value

STEP = 2.0**-15
"""A step of 16 bits."""


def scaled_source(row: Row, fact: Fact, slot: str) -> Any:
    """Demand that an audio is the clip's, mono, times the stated gain; gives its samples."""
    found, rate = row.samples(slot)
    wanted, source_rate = fact.audio.mono()
    start, _ = row.other["simulation"].get("excerpt_seconds") or (None, None)
    wanted = wanted[round((start or 0.0) * source_rate) :][: len(found)]
    wanted = wanted * row.other["simulation"]["gain"]
    alike = rate == source_rate and len(found) == len(wanted)
    alike = alike and bool(np.abs(found - wanted).max() < STEP)
    demand(alike, f"audio of {slot}", f"{fact.audio.file}, scaled", "another signal")
    return found


def rest_of(row: Row, slot: str, target: Any, stated: str) -> tuple[Any, int]:
    """A mixture less its target; demands the stated ratio, both measured where they are active."""
    mixture, rate = row.samples(slot)
    demand(len(mixture) == len(target), f"length of {slot}", len(target), len(mixture))
    rest, wanted = mixture - target, row.other["simulation"][stated]
    found = 10 * math.log10(active_power(target, rate) / active_power(rest, rate))
    demand(abs(found - wanted) < 0.2, f"{stated} of {slot}", wanted, round(found, 2))
    return rest, rate


def restored(given: str, answer: str) -> Auditor:
    """An auditor of tasks whose answer is the source itself, at the level of the question."""

    def audit(row: Row, corpora: Corpora) -> Mapping[str, Value]:
        fact = corpora.fact(row.clips[0])
        samples = scaled_source(row, fact, answer)
        disturbed, rate = row.samples(given)
        demand(len(samples) == len(disturbed), "length", len(samples), len(disturbed))
        demand(not np.array_equal(samples, disturbed), given, "a disturbed signal", "the answer")
        energies = (samples @ samples) * (disturbed @ disturbed)
        likeness = float(samples @ disturbed) / math.sqrt(energies)
        demand(likeness > 0.2, f"correlation of {given} and {answer}", "0.2 at least", likeness)
        return {given: COMPUTED, answer: COMPUTED, "rate": f"{rate / 1000:g}"}

    return audit


def snr(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """The input less the source; with the source at the stated gain the ratio is exact, and
    scaled by least squares it is near."""
    fact = corpora.fact(row.clips[0])
    noisy, rate = row.samples("noisy_speech")
    speech, source_rate = fact.audio.mono()
    demand((rate, len(noisy)) == (source_rate, len(speech)), "input", "the source's length", rate)
    target = np.rint(speech * row.other["simulation"]["gain"] / STEP) * STEP
    measured = ratio(target, noisy - target, rate)
    fitted = speech * (noisy @ speech) / (speech @ speech)
    near = ratio(fitted, noisy - fitted, rate)
    demand(abs(near - measured) < 1.5, "ratio by least squares", f"about {measured:.1f}", near)
    # The gain is stated with six decimals: of what lies between two tenths, either is right.
    tenths = (f"{measured + slip:.1f}".replace("-0.0", "0.0") for slip in (0.001, -0.001))
    return {"noisy_speech": COMPUTED, "snr": OneOf(tuple(dict.fromkeys(tenths)))}


def ratio(speech: Any, noise: Any, rate: int) -> float:
    """Power of active speech over that of all noise, dB."""
    return 10 * math.log10(active_power(speech, rate) / (noise**2).mean())


def active_power(samples: Any, rate: int) -> float:
    """Mean power of the frames of 32 ms that are within 40 dB of the loudest."""
    size = min(round(0.032 * rate), len(samples))
    powers = (samples[: len(samples) // size * size].reshape(-1, size) ** 2).mean(axis=1)
    return float(powers[powers >= powers.max() / 10**4].mean())
