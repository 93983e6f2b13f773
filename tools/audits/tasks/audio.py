"""The answers of the sound tasks, rebuilt from raw annotations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from audits.corpora import Corpora
from audits.facts import Fact, decoded, demand
from audits.rows import COMPUTED, Auditor, Row, Value
from audits.tasks.annotations import single
from audits.tasks.signals import rest_of, restored, scaled_source
from audits.tasks.spans import joined, written


def events(fact: Fact) -> list[tuple[float, float, str]]:
    """The events of a clip inside its audio; those of one class at most 0.2 s apart are one."""
    return joined(fact["events"], 0.2, fact.audio.seconds)


def sequence(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """The classes in the order in which they begin, without immediate repeats."""
    fact = corpora.fact(row.clips[0])
    names = [name for *_, name in events(fact)]
    kept = [name for i, name in enumerate(names) if not i or names[i - 1] != name]
    demand(2 <= len(kept) <= 12, "names", "2 to 12", len(kept))
    return {"audio": fact.audio, "events": tuple(kept)}


def detection(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """The events with their times; the same asks for a recording, and for its length."""
    fact = corpora.fact(row.clips[0])
    told = events(fact)
    most = 20 if row.config == "audio_event_detection" else 8
    demand(1 <= len(told) <= most, "events", f"1 to {most}", len(told))
    return {"audio": fact.audio, "events": written(told), "seconds": f"{fact.audio.seconds:.1f}"}


def captioned(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """A recording of a minute at most, and its caption."""
    fact = corpora.fact(row.clips[0])
    demand(fact.audio.seconds <= 60, "recording", "a minute at most", fact.audio.seconds)
    return {"audio": fact.audio, "caption": fact["caption"]}


def continuation(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """The first 2 to 5 s, half of the recording at most; then 10 s at most that follow them."""
    fact = corpora.fact(row.clips[0])
    length, cut = fact.audio.seconds, row.other["parts"]["beginning"]["end"]
    demand(2 <= cut <= min(5, length / 2 + 0.005), "beginning", "2 to 5 s, half at most", cut)
    end = min(length, cut + 10)
    given, rest = (replace(fact.audio, start=a, end=b) for a, b in ((0.0, cut), (cut, end)))
    return {"beginning": given, "seconds": f"{end - cut:.1f}", "continuation": rest}


def inpainting(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """The gap is silent at the stated times; all else is as in the answer, which is the source."""
    fact = corpora.fact(row.clips[0])
    scaled_source(row, fact, "restored_audio")
    (damaged, rate), (whole, _) = (decoded(row.audio[s][1]) for s in row.audio)
    asked = {name: row.asked[name] for name in ("start", "end")}
    start, end = (round(float(asked[name]) * rate) for name in asked)
    demand(damaged.shape == whole.shape, "length", whole.shape, damaged.shape)
    demand(not damaged[start:end].any(), "gap", f"silence from {start} to {end}", "sound")
    demand(bool(whole[start:end].any()), "answer", "sound in the gap", "silence")
    outside = np.r_[0:start, end : len(whole)]
    alike = np.array_equal(damaged[outside], whole[outside])
    demand(alike, "input outside the gap", "the answer", "another signal")
    return {**asked, "damaged_audio": COMPUTED, "restored_audio": COMPUTED}


def separation(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """The answer is the source at the mixture's gain; the query is its caption, its one class, or
    another recording of that class. The other sound has no class in common with it."""
    fact, other, *shown = (corpora.fact(clip) for clip in row.clips)
    target = scaled_source(row, fact, "target_audio")
    rest_of(row, "mixture", target, "snr_db")
    slots: dict[str, Value] = {"mixture": COMPUTED, "target_audio": COMPUTED}
    if row.config == "audio_source_separation":
        return {**slots, "caption": fact["caption"]}
    label = fact.labels("event_labels")
    demand(len(label) == 1, "classes", "one", label)
    common = set(label) & set(other.labels("event_labels"))
    demand(not common, "classes in common", "none", common)
    if row.config == "audio_label_querying_extraction":
        return {**slots, "event_label": label}
    (example,) = shown
    demand(example.labels("event_labels") == label, "example", "the class", "another")
    place = row.clips[2]
    demand(place["id"] != row.clips[0]["id"], "example", "another clip", "the same")
    sound = replace(example.audio, start=place.get("start"), end=place.get("end"))
    return {**slots, "example_audio": sound}


AUDIO_AUDITORS: dict[str, Auditor] = {
    "audio_scene_classification": single("scene", audio="AUDIO"),
    "audio_event_recognition": single("event_labels", audio="AUDIO"),
    "audio_event_sequence_recognition": sequence,
    "audio_event_detection": detection,
    "audio_time_grounded_generation": detection,
    "audio_caption": captioned,
    "audio_text_to_audio": captioned,
    "audio_speech_nonspeech_detection": single("speech_presence", audio="AUDIO"),
    "audio_speech_silence_music_noise_classification": single("sound_kind", audio="AUDIO"),
    "audio_continuation": continuation,
    "audio_inpainting": inpainting,
    "audio_super_resolution": restored("low_resolution_audio", "high_resolution_audio"),
    "audio_source_separation": separation,
    "audio_label_querying_extraction": separation,
    "audio_audio_querying_extraction": separation,
}
