"""A miniature LibriMix: two mixtures of the same speakers for each subset, cut to the shorter one.

Mixtures are sums of their sources, to the last of 16 bits (clean) or with noise (both). Speakers
and chapters have numbers that LibriSpeech does not.

Quirks in it: absolute paths of the machine that made it; a noisy variant and one of 8 kHz next to
the clean one of 16 kHz; mixtures of three with two of the same speakers; metrics; sexes of speakers
in LibriSpeech's own table, with a bar inside a name, or by mixture with ids as floats, or nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from audio_flan.miniatures.stage import Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

Samples: TypeAlias = "NDArray[np.float32]"
GAIN = 1.0
FULL_SCALE = 32_768
MACHINE = "/data/somebody/librimix"
SPEAKERS = {
    "9001": ("en_f1", 1.0, "F"),
    "9002": ("en_m1", 1.0, "M"),
    "9003": ("en_f2", 1.0, "F"),
    "9004": ("en_m2", 1.0, "M"),
    "9005": ("en_f3", 1.0, "F"),
    "9006": ("en_m1", 1.12, "M"),
    "9007": ("en_f1", 1.12, "F"),
    "9008": ("en_m2", 1.12, "M"),
    "9009": ("en_f2", 1.12, "F"),
}
"""Voice of the bank, speed and sex of each speaker."""
IN_SPEAKERS_TXT = ("9001", "9002", "9003", "9004", "9005")
"""9007 to 9009 are in the table of mixtures, 9006 in none."""
MIXTURES = {
    ("Libri2Mix", "train-360"): (("9001-1", "9002-3"), ("9002-2", "9001-4")),
    ("Libri2Mix", "train-100"): (("9003-1", "9004-2"), ("9003-3", "9004-4")),
    ("Libri2Mix", "dev"): (("9005-1", "9006-4"), ("9006-2", "9005-3")),
    ("Libri2Mix", "test"): (("9007-1", "9008-2"), ("9008-3", "9007-4")),
    ("Libri3Mix", "test"): (("9007-2", "9008-4", "9009-1"), ("9009-3", "9007-3", "9008-1")),
}
"""Speaker and sentence of each source, by set and subset."""


def write(stage: Stage) -> None:
    """Lay out the storage folder of LibriMix."""
    for (top, subset), mixtures in MIXTURES.items():
        _write_subset(stage, f"{top}/wav16k/min", subset, "mix_clean", mixtures)
    noisy, first_of_dev = MIXTURES["Libri2Mix", "test"], MIXTURES["Libri2Mix", "dev"][:1]
    _write_subset(stage, "Libri2Mix/wav16k/min", "test", "mix_both", noisy)
    _write_subset(stage, "Libri2Mix/wav8k/min", "dev", "mix_clean", first_of_dev)
    _write_speakers(stage)
    _write_sexes_by_mixture(stage)


def _write_subset(
    stage: Stage, variant: str, subset: str, type: str, mixtures: Sequence[Sequence[str]]
) -> None:
    rate = 8_000 if "/wav8k/" in variant else 16_000
    kinds = [f"s{number}" for number in range(1, len(mixtures[0]) + 1)]
    kinds += ["noise"] if type == "mix_both" else []
    rows, metrics = [], []
    for parts in mixtures:
        name = "_".join(map(_utterance, parts))
        sources = _sources(stage, parts, rate, noisy=type == "mix_both")
        for kind, sound in zip((type, *kinds), (_sum(sources), *sources), strict=True):
            stage.audio(f"{variant}/{subset}/{kind}/{name}.wav", sound, rate)
        paths = (f"{MACHINE}/{variant}/{subset}/{kind}/{name}.wav" for kind in (type, *kinds))
        rows.append([name, *paths, sources[0].size])
        metrics.append([name, *("0.5" for _ in kinds)])
    names = ["noise" if kind == "noise" else f"source_{kind[1:]}" for kind in kinds]
    header = ["mixture_ID", "mixture_path", *(f"{name}_path" for name in names), "length"]
    stage.table(f"{variant}/metadata/mixture_{subset}_{type}.csv", rows, ",", header)
    header = ["mixture_ID", *(f"{name}_SNR" for name in names)]
    stage.table(f"{variant}/metadata/metrics_{subset}_{type}.csv", metrics, ",", header)


def _utterance(part: str) -> str:
    """LibriSpeech's name of an utterance: speaker, chapter, number."""
    speaker, _, sentence = part.partition("-")
    return f"{speaker}-{int(speaker) + 90_000}-{int(sentence):04d}"


def _sources(stage: Stage, parts: Sequence[str], rate: int, *, noisy: bool) -> list[Samples]:
    """The voices of a mixture, and its noise, all as long as the shortest ("min")."""
    sources = [_voice(stage, part, rate) for part in parts]
    if noisy:
        noise = stage.wave(stage.bank.noises[0], rate)
        sources.append(_quantized(0.1 * np.resize(noise, max(s.size for s in sources))))
    shortest = min(source.size for source in sources)
    return [source[:shortest] for source in sources]


def _voice(stage: Stage, part: str, rate: int) -> Samples:
    speaker, _, sentence = part.partition("-")
    voice, speed, _ = SPEAKERS[speaker]
    said = next(entry for entry in stage.speech(voice) if entry.sentence == int(sentence))
    sound = stage.wave(said, rate, speed)
    return _quantized(0.28 * sound / np.abs(sound).max())


def _sum(sources: Sequence[Samples]) -> Samples:
    mixture: Samples = np.sum(sources, axis=0, dtype=np.float32)
    return mixture


def _quantized(sound: Samples) -> Samples:
    """Rounded to what 16 bits hold, so that sums hold exactly after it was written."""
    return (np.round(sound * FULL_SCALE) / FULL_SCALE).astype(np.float32)


def _write_speakers(stage: Stage) -> None:
    """LibriSpeech's own table of speakers."""
    lines = [";ID  |SEX| SUBSET           |MINUTES| NAME\n"]
    for speaker in IN_SPEAKERS_TXT:
        subset = "dev-clean" if speaker == "9005" else "train-clean-100"
        name = "|CBW|Somebody" if speaker == "9002" else "Somebody"
        lines.append(f"{speaker} | {SPEAKERS[speaker][2]} | {subset:<16} | 25.03 | {name}\n")
    stage.text("LibriSpeech/SPEAKERS.TXT", "".join(lines))


def _write_sexes_by_mixture(stage: Stage) -> None:
    """The tables of the repository."""
    for top in ("Libri2Mix", "Libri3Mix"):
        rows = []
        for parts in MIXTURES[top, "test"]:
            ids = [part.partition("-")[0] for part in parts]
            values = [value for id in ids for value in (f"{float(id)}", SPEAKERS[id][2])]
            rows.append(["_".join(map(_utterance, parts)), *values])
        numbers = range(1, len(rows[0]) // 2 + 1)
        columns = [f"speaker_{number}_{what}" for number in numbers for what in ("ID", "sex")]
        file = f"metadata/{top}/{top.lower()}_test-clean_info.csv"
        stage.table(file, rows, ",", ["mixture_ID", *columns])
