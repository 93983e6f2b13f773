"""A miniature LibriMix: two mixtures of the same speakers for each subset, cut to the shorter one.

Mixtures are sums of their sources, to the last of 16 bits (clean) or with noise (both). Speakers
and chapters have numbers that LibriSpeech does not.

Quirks in it: absolute paths of the machine that made it; a noisy variant and one of 8 kHz next to
the clean one of 16 kHz; mixtures of three with two of the same speakers; metrics; sexes of speakers
in LibriSpeech's own table, with a bar inside a name, or by mixture with ids as floats, or nowhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from audio_flan.miniatures.bank import Bank, samples, write_wav
from audio_flan.miniatures.stage import Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

Samples: TypeAlias = "NDArray[np.float32]"
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
    """Write the storage folder of LibriMix into a folder."""
    folder, bank = stage.folder, stage.bank
    for (top, subset), mixtures in MIXTURES.items():
        place = folder / top / "wav16k" / "min"
        _write_subset(place, subset, "mix_clean", mixtures, bank)
    place = folder / "Libri2Mix" / "wav16k" / "min"
    _write_subset(place, "test", "mix_both", MIXTURES["Libri2Mix", "test"], bank)
    place = folder / "Libri2Mix" / "wav8k" / "min"
    _write_subset(place, "dev", "mix_clean", MIXTURES["Libri2Mix", "dev"][:1], bank)
    _write_sexes(folder)


def _write_subset(
    place: Path, subset: str, type: str, mixtures: tuple[tuple[str, ...], ...], bank: Bank
) -> None:
    rate = 8_000 if place.parent.name == "wav8k" else 16_000
    kinds = [f"s{number}" for number in range(1, len(mixtures[0]) + 1)]
    kinds += ["noise"] if type == "mix_both" else []
    for kind in (type, *kinds):
        (place / subset / kind).mkdir(parents=True, exist_ok=True)
    rows = [",".join(["mixture_ID", "mixture_path", *map(_column, kinds), "length"])]
    metrics = [",".join(["mixture_ID", *(_column(k).replace("path", "SNR") for k in kinds)])]
    for parts in mixtures:
        name = "_".join(map(_utterance, parts))
        sources = [_source(part, rate, bank) for part in parts]
        if type == "mix_both":
            noise = np.resize(samples(bank.noises[0], rate), max(s.size for s in sources))
            sources.append(_quantized(0.1 * noise))
        # "min": all are as long as the shortest.
        sources = [source[: min(s.size for s in sources)] for source in sources]
        for kind, sound in zip((type, *kinds), (_mixture(sources), *sources), strict=True):
            write_wav(place / subset / kind / f"{name}.wav", sound, rate)
        machine = f"{MACHINE}/{place.parents[1].name}/{place.parent.name}/{place.name}/{subset}"
        paths = [f"{machine}/{kind}/{name}.wav" for kind in (type, *kinds)]
        rows.append(",".join([name, *paths, str(sources[0].size)]))
        metrics.append(",".join([name, *("0.5" for _ in kinds)]))
    (place / "metadata").mkdir(exist_ok=True)
    for what, lines in (("mixture", rows), ("metrics", metrics)):
        text = "\n".join(lines) + "\n"
        (place / "metadata" / f"{what}_{subset}_{type}.csv").write_text(text, encoding="utf-8")


def _column(kind: str) -> str:
    return "noise_path" if kind == "noise" else f"source_{kind[1:]}_path"


def _utterance(part: str) -> str:
    """LibriSpeech's name of an utterance: speaker, chapter, number."""
    speaker, _, sentence = part.partition("-")
    return f"{speaker}-{int(speaker) + 90_000}-{int(sentence):04d}"


def _source(part: str, rate: int, bank: Bank) -> Samples:
    speaker, _, sentence = part.partition("-")
    voice, speed, _ = SPEAKERS[speaker]
    entry = next(e for e in bank.speech("en", voice) if e.sentence == int(sentence))
    sound = samples(entry, round(rate / speed))
    return _quantized(0.28 * sound / np.abs(sound).max())


def _mixture(sources: list[Samples]) -> Samples:
    mixture: Samples = np.sum(sources, axis=0, dtype=np.float32)
    return mixture


def _quantized(sound: Samples) -> Samples:
    """Rounded to what 16 bits hold, so that sums hold exactly after it was written."""
    return (np.round(sound * FULL_SCALE) / FULL_SCALE).astype(np.float32)


def _write_sexes(folder: Path) -> None:
    lines = [";ID  |SEX| SUBSET           |MINUTES| NAME"]
    for speaker in IN_SPEAKERS_TXT:
        subset = "dev-clean" if speaker == "9005" else "train-clean-100"
        name = "|CBW|Somebody" if speaker == "9002" else "Somebody"
        lines.append(f"{speaker} | {SPEAKERS[speaker][2]} | {subset:<16} | 25.03 | {name}")
    (folder / "LibriSpeech").mkdir()
    text = "\n".join(lines) + "\n"
    (folder / "LibriSpeech" / "SPEAKERS.TXT").write_text(text, encoding="utf-8")
    for top in ("Libri2Mix", "Libri3Mix"):
        mixtures = MIXTURES[top, "test"]
        numbers = range(1, len(mixtures[0]) + 1)
        columns = [f"speaker_{number}_{what}" for number in numbers for what in ("ID", "sex")]
        rows = [",".join(["mixture_ID", *columns])]
        for parts in mixtures:
            ids = [part.partition("-")[0] for part in parts]
            values = [value for id in ids for value in (f"{float(id)}", SPEAKERS[id][2])]
            rows.append(",".join(["_".join(map(_utterance, parts)), *values]))
        (folder / "metadata" / top).mkdir(parents=True)
        file = folder / "metadata" / top / f"{top.lower()}_test-clean_info.csv"
        file.write_text("\n".join(rows) + "\n", encoding="utf-8")
