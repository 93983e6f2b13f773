"""The column `other`: what is written is read back, whatever publishers call their files."""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_flan.media.audio import AudioRef
from audio_flan.model.clip import Clip, Stem
from audio_flan.model.draft import Draft
from audio_flan.model.provenance import (
    ProvenanceClip,
    Stretch,
    Wording,
    corpora_in,
    pattern_of,
    read,
    write,
)

HOSTILE = [
    'a"b',
    "back\\slash",
    "\\",
    '","corpus":"nsynth"',
    "naïve 你好 \U0001f3b5",
    "a\nb\t\0\x7f",
]

names = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
)
times = st.floats(0, 1e6, allow_nan=False)


@st.composite
def stretches(draw: st.DrawFn) -> Stretch:
    start, length = draw(times), draw(st.floats(0.001, 1e3))
    whole = draw(st.booleans())
    channel = draw(st.none() | st.integers(0, 31))
    return Stretch(draw(names), *((None, None) if whole else (start, start + length)), channel)


def ref(stretch: Stretch) -> AudioRef:
    file, start, end, channel = stretch
    return AudioRef(f"/corpus/{file}", file, None, start, end, channel)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@given(
    clips=st.lists(st.tuples(names, names, stretches()), min_size=1, max_size=3),
    wording=st.builds(
        Wording, st.dictionaries(names, names, max_size=3), names, names, st.integers()
    ),
    simulation=st.dictionaries(names, json_values, max_size=4),
)
def test_what_is_written_is_read_back(
    clips: list[tuple[str, str, Stretch]], wording: Wording, simulation: dict[str, Any]
) -> None:
    made = [Clip(id, corpus, "train", ref(stretch)) for corpus, id, stretch in clips]
    text = write(Draft({}, tuple(made[:1]), tuple(made[1:]), simulation), {}, wording)
    provenance = read(text)
    assert provenance.clips == tuple(ProvenanceClip(*clip) for clip in clips)
    assert provenance.wording == wording
    assert provenance.simulation == simulation
    assert provenance.parts == {}
    # Compact, and as any other reader of JSON finds it.
    assert text == json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


@given(st.tuples(stretches(), stretches()), names, names)
def test_audios_of_one_clip_are_parts(
    given: tuple[Stretch, Stretch], first: str, second: str
) -> None:
    stems = tuple(Stem(f"s{number}", ref(stretch)) for number, stretch in enumerate(given))
    clip = Clip("id", "aam", "test", AudioRef("/corpus/mix", "mix"), stems=stems)
    slots = {first: stems[0].audio, f"{second}2": stems[1].audio}
    used = {slot: (clip, audio) for slot, audio in slots.items()}
    provenance = read(write(Draft(slots, (clip,)), used, Wording({}, "terse", "plain", 0)))
    assert provenance.parts == {
        slot: Stretch(audio.name, *audio[3:]) for slot, audio in slots.items()
    }
    assert provenance.clips == (ProvenanceClip("aam", "id", Stretch("mix")),)


def test_a_stretch_of_a_clip_stands_for_the_clip() -> None:
    clip = Clip("id", "aam", "test", AudioRef("/corpus/a.wav", "a.wav"))
    stretch = clip.audio.cut(0.5, 2.0)
    text = write(Draft({}, (clip,)), {"audio": (clip, stretch)}, Wording({}, "terse", "plain", 0))
    assert read(text).clips == (ProvenanceClip("aam", "id", Stretch("a.wav", 0.5, 2.0)),)
    assert not read(text).parts


GOOD = (
    '{"clips":[{"corpus":"aam","id":"1","file":"a.wav","start":0,"end":1.5,"channel":0}],'
    '"parts":{"stem":{"file":"b.wav"}},"audio":{"input_audio":"audio"},"variation":"v",'
    '"answer":"plain","seed":3,"simulation":{"gain":1.0}}'
)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"variation":"v",', "", "no variation"),
        ('"clips":', '"clip":', "no clips"),
        ('"file":"a.wav",', "", "no file"),
        ('"id":"1"', '"id":""', "no name"),
        ('"id":"1"', '"id":1', "no name"),
        ('"id":"1"', '"id":"\\ud800"', "surrogates"),
        ('"file":"b.wav"', '"file":null', "no name"),
        ('"end":1.5,', "", "no start and end"),
        ('"end":1.5', '"end":"1.5"', "no start and end"),
        ('"start":0', '"start":2', "no start and end"),
        ('"start":0', '"start":NaN', "no start and end"),
        ('"channel":0', '"channel":-1', "no channel"),
        ('"seed":3', '"seed":"3"', "seed no number"),
        ('{"input_audio":"audio"}', "[]", "no mapping"),
        ('{"input_audio":"audio"}', '{"input_audio":1}', "no slot"),
        ('{"stem":{"file":"b.wav"}}', "[]", "another form"),
        ('{"stem":{"file":"b.wav"}}', '{"stem":"b.wav"}', "another form"),
        ('{"gain":1.0}', '"loud"', "no mapping"),
        (GOOD, "[]", "another form"),
        (GOOD, "null", "another form"),
        (GOOD, "[" * 100_000, "nested"),
        (GOOD, "from the publisher", "Expecting value"),
    ],
)
def test_other_forms_are_named(old: str, new: str, said: str) -> None:
    assert read(GOOD).wording.seed == 3
    assert old in GOOD
    with pytest.raises(ValueError, match=said):
        read(GOOD.replace(old, new))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_corpora_are_found_without_parsing_and_no_id_can_pose_as_one(hostile: str) -> None:
    clips = [
        Clip(f'"corpus":"{hostile}"', key, "train", AudioRef("/x", f'"corpus":"wavcaps"{hostile}'))
        for key in ("aam", "ljspeech")
    ]
    text = write(Draft({}, (clips[0],), (clips[1],)), {}, Wording({}, "v", "plain", 0))
    spaced = json.dumps(json.loads(text))
    for column in (text, spaced):
        assert corpora_in(column) == ["aam", "ljspeech"]
        for keys, found in {("ljspeech", "esd"): True, ("wavcaps", "nsynth"): False}.items():
            # In Python and in Arrow, which has another engine.
            assert bool(re.search(pattern_of(keys), column)) is found
            column_of_texts = pa.array([column])
            matches = pc.match_substring_regex(column_of_texts, pattern_of(keys))
            assert matches.to_pylist() == [found]
