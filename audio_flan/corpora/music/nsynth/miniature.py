"""A miniature NSynth: thirteen notes of ten instruments over all three splits.

Quirks in it: metadata as one JSON object in one line, a family with an underscore of its own
(synth_lead, in train only; it has the sound of an organ), instruments of train that are in no other
split, one instrument that valid and test share.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audio_flan.miniatures.bank import NoteEntry
from audio_flan.miniatures.stage import Stage

GAIN = 1.0
RATE = 16_000
FAMILIES = (
    *("bass", "brass", "flute", "guitar", "keyboard", "mallet"),
    *("organ", "reed", "string", "synth_lead", "vocal"),
)
SOURCES = ("acoustic", "electronic", "synthetic")
QUALITIES = (
    *("bright", "dark", "distortion", "fast_decay", "long_release"),
    *("multiphonic", "nonlinear_env", "percussive", "reverb", "tempo-synced"),
)
NOTES: Mapping[str, Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "train": {
        "guitar_acoustic_010-052-100": ("note_guitar_52", ("fast_decay",)),
        "guitar_acoustic_010-060-100": ("note_guitar_60", ("fast_decay",)),
        "flute_acoustic_002-060-075": ("note_flute_60", ()),
        "organ_electronic_007-048-127": ("note_organ_48", ("dark",)),
        "mallet_acoustic_047-060-050": ("note_mallet_60", ("fast_decay", "percussive")),
        "synth_lead_synthetic_011-060-100": ("note_organ_60", ("bright",)),
    },
    "valid": {
        "guitar_acoustic_015-064-025": ("note_guitar_64", ("fast_decay",)),
        "brass_acoustic_006-055-075": ("note_brass_55", ("bright",)),
        "brass_acoustic_006-060-075": ("note_brass_60", ("bright",)),
        "flute_acoustic_077-072-050": ("note_flute_72", ()),
    },
    "test": {
        "flute_acoustic_077-079-050": ("note_flute_79", ()),
        "organ_electronic_104-060-127": ("note_organ_60", ("dark",)),
        "mallet_acoustic_056-072-100": ("note_mallet_72", ("fast_decay", "percussive")),
    },
}
"""The bank's recording of each note and its qualities, by the publisher's name of the split."""


def write(stage: Stage) -> None:
    """Lay out the three folders of NSynth."""
    recordings = {entry.id: entry for entry in stage.bank.notes}
    instruments = sorted({_instrument(name) for notes in NOTES.values() for name in notes})
    number = 0
    for split, notes in NOTES.items():
        records = {}
        for name, (recording, qualities) in notes.items():
            entry = recordings[recording]
            # As loud as its velocity, so that no recording is in two splits.
            wave = int(name[-3:]) / 127 * stage.wave(entry, RATE)
            stage.audio(f"nsynth-{split}/audio/{name}.wav", wave, RATE)
            told = {"note": number, "instrument": instruments.index(_instrument(name))}
            records[name] = {**told, **_record(name, entry, qualities)}
            number += 1
        stage.json(f"nsynth-{split}/examples.json", records)


def _instrument(name: str) -> str:
    return name.rsplit("-", 2)[0]


def _record(name: str, entry: NoteEntry, qualities: tuple[str, ...]) -> dict[str, Any]:
    """What examples.json says of a note, but for the numbers of the note and the instrument."""
    instrument, _, velocity = name.rsplit("-", 2)
    family, source, _ = instrument.rsplit("_", 2)
    return {
        "note_str": name,
        "instrument_str": instrument,
        "pitch": entry.pitch,
        "velocity": int(velocity),
        "sample_rate": RATE,
        "qualities": [int(quality in qualities) for quality in QUALITIES],
        "qualities_str": list(qualities),
        "instrument_family": FAMILIES.index(family),
        "instrument_family_str": family,
        "instrument_source": SOURCES.index(source),
        "instrument_source_str": source,
    }
