"""The answers of the music tasks, rebuilt from raw annotations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from audits.corpora import Corpora
from audits.facts import SHORTEST, Disagreement, demand
from audits.rows import Auditor, Row, Value
from audits.tasks.annotations import same, single
from audits.tasks.spans import written

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def note_name(midi: int) -> str:
    """A pitch in scientific notation."""
    octave, step = divmod(midi, 12)
    return f"{NAMES[step]}{octave - 1}"


def pitch_of(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """The pitch of a single note."""
    fact = corpora.fact(row.clips[0])
    midi = fact["pitch"]
    return {"audio": fact.audio, "midi": str(midi), "note_name": note_name(midi)}


def sung(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """The words and the notes that are to be sung, each pitch as its nearest semitone."""
    fact = corpora.fact(row.clips[0])
    notes = [
        f"{note_name(round(pitch))} {onset:.2f}-{offset:.2f}"
        for onset, offset, pitch, _ in fact["notes"]
    ]
    return {"lyrics": fact["lyrics"], "notes": "; ".join(notes), "singing": fact.audio}


def beats_of(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """The beats that lie in the audio."""
    fact = corpora.fact(row.clips[0])
    times = [f"{time:.2f}" for time in fact["beats"] if time < fact.audio.seconds]
    return {"audio": fact.audio, "beats": ", ".join(times)}


def chords_of(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """The chords that lie in the audio."""
    fact = corpora.fact(row.clips[0])
    seconds = fact.audio.seconds
    cut = [(start, min(end, seconds), name) for start, end, name in fact["chords"]]
    return {"audio": fact.audio, "chords": written([c for c in cut if c[1] - c[0] >= SHORTEST])}


def instruments_of_beat(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """What fills a fifth of a beat sounds there; what sounds for less makes it unclear."""
    fact = corpora.fact(row.clips[0])
    start, end = row.asked["start"], row.asked["end"]
    beats = [(a, b) for a, b in pairwise(fact["beats"]) if (f"{a:.2f}", f"{b:.2f}") == (start, end)]
    demand(len(beats) == 1, "beat", "one with these times", f"{start}-{end}")
    first, last = beats[0]
    names = set()
    for name, notes in fact["notes_of"].items():
        share = max(min(e, last) - max(s, first) for s, e, _ in notes) / (last - first)
        demand(not 0 < share < 0.2, f"share of {name}", "none, or a fifth at least", share)
        names |= {name} if share >= 0.2 else set()
    slots: dict[str, Value] = {"start": start, "end": end}
    return {**slots, "audio": fact.audio, "instruments": tuple(sorted(names))}


def pitch_of_note(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """The one note that has the times asked for, in the excerpt of 10 s that the row names."""
    clip = row.clips[0]
    fact = corpora.fact(clip)
    notes, sound, shift = fact["notes"], fact.audio, 0.0
    if sound.start is None and sound.seconds > 10.0:
        shift = clip["start"]
        sound = replace(sound, start=clip["start"], end=clip["end"])
    asked = row.asked["onset"], row.asked["offset"]
    found = {
        round(pitch)
        for onset, offset, pitch, agreed in notes
        if (f"{onset - shift:.2f}", f"{offset - shift:.2f}") == asked
        and agreed
        and offset - onset >= 0.1
    }
    if len(found) != 1:
        raise Disagreement("note", "one with these times", asked)
    midi = found.pop()
    slots: dict[str, Value] = {"onset": asked[0], "offset": asked[1], "audio": sound}
    return {**slots, "midi": str(midi), "note_name": note_name(midi)}


def stem_of(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """The instrument asked for tells the file of the stem."""
    fact = corpora.fact(row.clips[0])
    said = {row.say((name,)): name for name in fact["stems"]}
    asked = row.asked["instrument"]
    demand(asked in said, "instrument", sorted(said), asked)
    stem = replace(fact["stems"][said[asked]], owner=fact.audio.owner)
    return {"mixture": fact.audio, "instrument": (said[asked],), "stem": stem}


def pieces(audit: Auditor) -> Auditor:
    """An auditor that also demands two pieces of music."""

    def both(row: Row, corpora: Corpora) -> Mapping[str, Value]:
        first, second = (corpora.fact(clip) for clip in row.clips)
        demand(first["piece"] != second["piece"], "pair", "two pieces", first["piece"])
        return audit(row, corpora)

    return both


def faster(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """The tempi are equal, or clearly different: 1.1 to 1.8 times."""
    first, second = (corpora.fact(clip) for clip in row.clips)
    one, other = first["tempo"], second["tempo"]
    quotient = max(one, other) / min(one, other)
    demand(quotient == 1 or 1.1 <= quotient <= 1.8, "ratio of tempi", "a clear one", quotient)
    answer = "the first one is faster" if one > other else "the second one is faster"
    answer = "both are equally fast" if one == other else answer
    return {"first_audio": first.audio, "second_audio": second.audio, "faster": (answer,)}


MUSIC_AUDITORS: dict[str, Auditor] = {
    "music_key_detection": single("key", audio="AUDIO"),
    "music_pitch_classification": pitch_of,
    "music_instrument_classification": single("instruments", audio="AUDIO"),
    "music_beat_tracking": beats_of,
    "music_chord_estimation": chords_of,
    "music_beat_level_instrument_recognition": instruments_of_beat,
    "music_beat_level_pitch_estimation": pitch_of_note,
    "music_tempo_comparison": pieces(faster),
    "music_key_comparison": pieces(same("same_key", "key")),
    "music_instrument_comparison": same("same_instrument", "instruments"),
    "music_source_separation": stem_of,
    "music_lyrics_to_song": single(lyrics="lyrics", song="AUDIO"),
    "music_singing_voice_synthesis": sung,
}
