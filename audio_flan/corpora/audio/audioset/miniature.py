"""A miniature AudioSet: 21 clips of 5 s over the three lists, five of them with timed events.

Quirks in it: three comment lines and a comma with a blank as separator; ids that start with "-",
"_" and "Y"; audio files named in three manners in one tree; rows of a segment apart from each
other; a class with two parents; spellings of the strong list; AudioCaps next to it, with CRLF, two
captions of a clip, clips of its test and validation parts, and an id that is in no list.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from audio_flan.miniatures.bank import Entry
from audio_flan.miniatures.stage import Stage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GAIN = 1.0
RATE, SECONDS = 32_000, 5.0

CLASSES = {
    "Human sounds": ("/m/0dgw9r", ["Human voice", "Human group actions"]),
    "Human voice": ("/m/09l8g", ["Speech", "Singing"]),
    "Speech": ("/m/09x0r", ["Male speech, man speaking", "Female speech, woman speaking"]),
    "Male speech, man speaking": ("/m/05zppz", []),
    "Female speech, woman speaking": ("/m/02zsn", []),
    "Singing": ("/m/015lz1", ["Female singing"]),
    "Female singing": ("/t/dd00004", []),
    "Human group actions": ("/t/dd00012", ["Hubbub, speech noise, speech babble"]),
    "Hubbub, speech noise, speech babble": ("/m/07qfr4h", []),
    "Music": ("/m/04rlf", ["Musical instrument"]),
    "Musical instrument": ("/m/04szw", ["Wind instrument, woodwind instrument"]),
    "Wind instrument, woodwind instrument": ("/m/085jw", ["Flute"]),
    "Flute": ("/m/0l14j_", []),
    "Natural sounds": ("/m/059j3w", ["Water"]),
    "Water": ("/m/0838f", ["Rain"]),
    "Rain": ("/m/06mb1", []),
    "Sounds of things": ("/t/dd00041", ["Domestic sounds, home sounds", "Mechanisms"]),
    "Domestic sounds, home sounds": ("/t/dd00071", ["Typing"]),
    "Typing": ("/m/0316dw", ["Computer keyboard"]),
    "Computer keyboard": ("/m/01m2v", []),
    "Mechanisms": ("/t/dd00077", ["Mechanical fan"]),
    "Mechanical fan": ("/m/02x984l", []),
    "Source-ambiguous sounds": ("/t/dd00098", ["Silence"]),
    "Silence": ("/m/028v0c", []),
    "Channel, environment and background": ("/t/dd00123", ["Acoustic environment", "Noise"]),
    "Acoustic environment": ("/t/dd00093", ["Inside, small room"]),
    "Inside, small room": ("/t/dd00125", []),
    "Noise": ("/m/096m7z", ["Hubbub, speech noise, speech babble", "White noise"]),
    "White noise": ("/m/0chx_", []),
}
"""A part of the ontology: MID and children by name."""

ABSTRACT = {"Human sounds", "Human voice", "Human group actions", "Natural sounds"}
STRONG_SPELLING = {"White noise": "White noise, pink noise"}
"""Names that strong/mid_to_display_name.tsv has in another form."""

MALE, FEMALE = "Male speech, man speaking", "Female speech, woman speaking"


class Event(NamedTuple):
    """A sound of a clip: recordings of the bank, one after the other, from a time on."""

    start: float
    label: str
    recordings: tuple[str, ...] = ()
    length: float = SECONDS


class Segment(NamedTuple):
    """A line of a segment list; `events` make its audio, `more` are labels of the whole."""

    id: str
    start: int
    events: tuple[Event, ...]
    more: tuple[str, ...] = ()
    timed: bool = False


def _plain(id: str, start: int, label: str, *recordings: str) -> Segment:
    return Segment(id, start, (Event(0.0, label, recordings),))


BALANCED = (
    _plain("aB3-dE_fGhI", 30, "Speech", "speech_en_f1_1", "speech_en_f1_3"),
    Segment(
        "-kL8mN_oPqR",
        20,
        (Event(0.0, "Speech", ("speech_en_m1_2", "speech_en_m1_4", "speech_en_m1_3")),),
    ),
    _plain("_0xYz-12AbC", 0, "Rain", "noise_rain"),
    _plain("Yq4WmB7_tEs", 170, "Rain", "noise_rain"),
    _plain("5hJ2k_LmN-0", 60, "Flute", "note_flute_60", "note_flute_72", "note_flute_79"),
    _plain("Qw9-eRtY_uI", 90, "Flute", "note_flute_79", "note_flute_72", "note_flute_60"),
    Segment("zX7cV_bN-m1", 110, (Event(0.0, "White noise"),), ("Inside, small room",)),
    _plain("0P_oI8-uYtR", 30, "Silence"),
)
UNBALANCED = (
    Segment(
        "--dF5gH_jK2",
        40,
        (
            Event(0.0, "Rain", ("noise_rain",)),
            Event(0.6, MALE, ("speech_en_m2_1",)),
            Event(3.2, MALE, ("speech_en_m2_2",)),
        ),
        ("Speech",),
        timed=True,
    ),
    Segment(
        "YtR6eW_qA-s",
        250,
        (
            Event(0.2, "Computer keyboard", ("noise_keyboard",), 1.4),
            Event(1.9, FEMALE, ("speech_en_f2_4",)),
            Event(3.4, "Computer keyboard", ("noise_keyboard",), 1.4),
        ),
        ("Speech",),
        timed=True,
    ),
    Segment(
        "mN3bV-cX_z9",
        10,
        (
            Event(0.0, "Mechanical fan", ("noise_fan",)),
            Event(1.1, "Female singing", ("melody_row_boat",)),
        ),
        timed=True,
    ),
)
EVAL = (
    _plain("G7fD-sA_pO4", 30, "Speech", "speech_en_f3_1", "speech_en_f3_2"),
    _plain("lK_jH2-gF8d", 21, "Speech", "speech_en_m2_3", "speech_en_m2_4", "speech_en_m2_1"),
    _plain("-uY6tR_eW1q", 70, "Rain", "noise_rain"),
    _plain("B5vC_xZ-aS3", 80, "Rain", "noise_rain"),
    _plain("_nM9-bV4cXz", 140, "Flute", "note_flute_72", "note_flute_60", "note_flute_72"),
    _plain("R2tY-uI_oP6", 0, "Flute", "note_flute_79", "note_flute_60", "note_flute_79"),
    _plain("8kJ_hG-fD0s", 30, "White noise"),
    _plain("wE1r-Ty_Ui5", 30, "Silence"),
    Segment(
        "Xc-Vb7_Nm2L",
        50,
        (
            Event(0.1, "Computer keyboard", ("noise_keyboard",), 1.2),
            Event(1.5, MALE, ("speech_en_m1_1",)),
            Event(3.5, "White noise", (), 1.0),
        ),
        ("Speech",),
        timed=True,
    ),
    Segment(
        "aS4-dF_gH9j",
        330,
        (
            Event(0.0, "Mechanical fan", ("noise_fan",), 2.5),
            Event(0.9, FEMALE, ("speech_en_f1_2",)),
            Event(2.5, "Rain", ("noise_rain",), 2.5),
        ),
        ("Speech",),
        timed=True,
    ),
)

CAPTIONS = {
    "train": (
        ("_0xYz-12AbC", 0, "Rain falls steadily on the ground"),
        ("5hJ2k_LmN-0", 60, "A flute plays three notes, rising slowly"),
        ("aB3-dE_fGhI", 30, "A woman is speaking"),
        ("zX7cV_bN-m1", 110, "A constant hiss without any pause"),
        ("mN3bV-cX_z9", 10, "A fan hums and somebody sings"),
        ("mN3bV-cX_z9", 10, "Singing next to a humming fan"),
        ("K9dead-Id_0", 130, "A bell rings twice, then a man speaks"),
    ),
    "val": (
        ("Yq4WmB7_tEs", 170, "Heavy rain pours"),
        ("Yq4WmB7_tEs", 170, "It rains without thunder"),
    ),
    "test": (
        ("Qw9-eRtY_uI", 90, "A flute plays a falling line"),
        ("Qw9-eRtY_uI", 90, "Three notes of a flute"),
    ),
}
"""AudioCaps, of which all clips are in AudioSet's lists for training."""


def write(stage: Stage) -> None:
    """Lay out the lists, the ontology, the strong labels, AudioCaps' captions and the audio."""
    lists = {"balanced_train": BALANCED, "unbalanced_train": UNBALANCED, "eval": EVAL}
    for name, segments in lists.items():
        _write_list(stage, f"{name}_segments.csv", segments)
    named = [(mid, f'"{name}"') for name, (mid, _) in CLASSES.items() if name not in ABSTRACT]
    rows = [(index, *classes) for index, classes in enumerate(named)]
    stage.table("class_labels_indices.csv", rows, ",", ("index", "mid", "display_name"))
    _write_ontology(stage)
    recordings = _recordings(stage)
    _write_strong(stage, recordings)
    _write_captions(stage)
    part = "unbalanced_train_segments/unbalanced_train_segments_part00"
    for segment in BALANCED:
        name = f"balanced_train_segments/Y{segment.id}.wav"
        _write_audio(stage, f"audios/{name}", segment, recordings)
    for segment in UNBALANCED:
        name = f"{part}/{segment.id}_{segment.start}.000.flac"
        _write_audio(stage, f"audios/{name}", segment, recordings)
    for segment in EVAL:
        name = f"eval_segments/Y{segment.id}_{segment.start}.000_{segment.start + 10}.000.wav"
        _write_audio(stage, f"audios/{name}", segment, recordings)


def _write_list(stage: Stage, file: str, segments: Sequence[Segment]) -> None:
    mids = [_mids(segment) for segment in segments]
    size, labels = len(segments), sum(map(len, mids))
    counts = f"num_ytids={size}, num_segs={size}, num_unique_labels={len(set().union(*mids))}"
    rows = [
        (s.id, f"{s.start}.000", f"{s.start + 10}.000", f'"{",".join(found)}"')
        for s, found in zip(segments, mids, strict=True)
    ]
    comments = [
        ("# Segments csv created Sun Mar  5 10:54:25 2017",),
        (f"# {counts}, num_positive_labels={labels}",),
        ("# YTID, start_seconds, end_seconds, positive_labels",),
    ]
    stage.table(file, [*comments, *rows], ", ")


def _mids(segment: Segment) -> list[str]:
    """The classes of the whole segment."""
    names = {*segment.more, *(event.label for event in segment.events)}
    return sorted(CLASSES[name][0] for name in names)


def _write_ontology(stage: Stage) -> None:
    nodes = [
        {
            "id": mid,
            "name": name,
            "description": "",
            "citation_uri": "",
            "positive_examples": [],
            "child_ids": [CLASSES[child][0] for child in children],
            "restrictions": ["abstract"] if name in ABSTRACT else [],
        }
        for name, (mid, children) in CLASSES.items()
    ]
    stage.text("ontology.json", json.dumps(nodes, indent=2) + "\n")


def _write_strong(stage: Stage, recordings: dict[str, Entry]) -> None:
    header = ("segment_id", "start_time_seconds", "end_time_seconds", "label")
    for part, segments in (("train", UNBALANCED), ("eval", EVAL)):
        rows = [
            (
                f"{segment.id}_{segment.start}000",
                *_times(event, recordings),
                CLASSES[event.label][0],
            )
            for segment in segments
            if segment.timed
            for event in segment.events
        ]
        # The rows of a segment need not stand together.
        stage.table(f"strong/audioset_{part}_strong.tsv", [*rows[1:], rows[0]], "\t", header)
    names = [(mid, STRONG_SPELLING.get(name, name)) for name, (mid, _) in CLASSES.items()]
    stage.table("strong/mid_to_display_name.tsv", names, "\t")


def _write_captions(stage: Stage) -> None:
    number = 90_001
    for part, rows in CAPTIONS.items():
        text = StringIO()
        table = csv.writer(text, lineterminator="\r\n")
        table.writerow(["audiocap_id", "youtube_id", "start_time", "caption"])
        table.writerows((number + index, *row) for index, row in enumerate(rows))
        number += len(rows)
        stage.text(f"dataset/{part}.csv", text.getvalue())


def _times(event: Event, recordings: dict[str, Entry]) -> tuple[str, str]:
    """Start and end of an event: of speech and singing, as long as they are."""
    length = event.length
    if event.recordings and event.recordings[0].startswith(("speech", "melody")):
        length = min(length, sum(recordings[name].seconds for name in event.recordings))
    return f"{event.start:.3f}", f"{event.start + length:.3f}"


# The audio


def _recordings(stage: Stage) -> dict[str, Entry]:
    """The recordings of the bank that events are made of, by their names."""
    bank = stage.bank
    return {e.id: e for e in (*bank.sentences, *bank.melodies, *bank.noises, *bank.notes)}


def _write_audio(stage: Stage, name: str, segment: Segment, recordings: dict[str, Entry]) -> None:
    import numpy as np

    rng = np.random.default_rng(list(segment.id.encode()))
    # Silence of AudioSet is no digital silence.
    wave = rng.normal(0.0, 1e-4, round(SECONDS * RATE))
    for event in segment.events:
        entries = [recordings[recording] for recording in event.recordings]
        sound = _sound(stage, event, entries, rng)
        start = round(event.start * RATE)
        sound = sound[: wave.size - start]
        wave[start : start + sound.size] += sound
    stage.audio(name, np.clip(wave, -1, 1), RATE)


def _sound(
    stage: Stage, event: Event, entries: Sequence[Entry], rng: np.random.Generator
) -> NDArray[np.float64]:
    """The samples of an event; rain and white noise reach up to the highest frequencies."""
    import numpy as np

    length = round(event.length * RATE)
    if event.label == "Silence":
        return np.zeros(length)
    hiss = rng.normal(0.0, 1.0, length)
    if event.label == "White noise":
        return 0.1 * hiss
    sound = np.concatenate([stage.wave(entry, RATE) for entry in entries]).astype(float)
    if event.recordings[0].startswith("noise"):
        # Background sounds are looped, and softer than what stands in front of them.
        sound = 0.3 * np.resize(sound, length)
        if event.label == "Rain":
            sound += 0.01 * hiss
    return sound[:length]
