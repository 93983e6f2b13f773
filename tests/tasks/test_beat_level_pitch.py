"""Beat-level pitch: answers against the annotation files and against the sound itself."""

from __future__ import annotations

import io
import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from audio_flan.corpora import corpus_class
from audio_flan.corpora.contract import Corpus
from audio_flan.generate.generation import Generation
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Kind
from audio_flan.model.instance import Instance, audio_id
from audio_flan.model.randomness import Rng
from audio_flan.tasks import get_task, task_template
from audio_flan.tasks.music.single_music_reasoning import note_name
from audio_flan.wording.template import Rendered

CONFIG = "music_beat_level_pitch_estimation"
TASK = get_task(CONFIG)
RATE = 16_000
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


class Sung(NamedTuple):
    """A note: onset and offset in seconds, pitch as a MIDI number."""

    onset: float
    offset: float
    pitch: float


class Asked(NamedTuple):
    """What an instance asks and answers, in seconds of the excerpt, and where that lies."""

    onset: float
    offset: float
    midi: int
    start: float
    end: float | None


# A note every 0.7 s, none like the next, up to 40 cents off the tempered grid; then a short one.
MELODY = [
    Sung(onset, onset + 0.6, 50 + index * 7 % 31 + (index * 37 % 81 - 40) / 100)
    for index, onset in enumerate(0.104 + 0.7 * index for index in range(46))
] + [Sung(32.4, 32.46, 61.0)]
SECONDS = 33.0
OTHERWISE: dict[int, Sung | None] = {
    3: MELODY[3]._replace(pitch=MELODY[3].pitch + 1),
    18: MELODY[18]._replace(onset=MELODY[18].onset + 0.08),
    30: None,
}
"""What annotator 2 hears in place of some notes: a semitone more, later, nothing."""
BORDERS = (10.0, 20.0, 30.0)
ACROSS = [i for i, n in enumerate(MELODY) if any(n.onset < b < n.offset for b in BORDERS)]
USABLE = [i for i in range(46) if i not in OTHERWISE and i not in ACROSS]


def hertz(pitch: float) -> float:
    return 440 * 2 ** ((pitch - 69) / 12)


def semitone(hertz: float) -> int:
    """The nearest MIDI number."""
    return math.floor(12 * math.log2(hertz / 440) + 69.5)


def write_vocadito(
    folder: Path, notes: Sequence[Sung], seconds: float, otherwise: dict[int, Sung | None]
) -> Corpus:
    """A vocadito of one track: sine tones, and what two annotators heard."""
    (folder / "Audio").mkdir(parents=True)
    (folder / "Annotations" / "Notes").mkdir(parents=True)
    header = "track_id,singer_id,average_pitch,language\n"
    (folder / "vocadito_metadata.csv").write_text(f"{header}1,S1,60,none\n")
    audio = np.zeros(round(seconds * RATE))
    for note in notes:
        start, stop = round(note.onset * RATE), round(note.offset * RATE)
        phase = 2 * np.pi * hertz(note.pitch) * np.arange(stop - start) / RATE
        audio[start:stop] = 0.5 * np.sin(phase)
    soundfile.write(folder / "Audio" / "vocadito_1.wav", audio, RATE, subtype="PCM_16")
    second = [otherwise.get(index, note) for index, note in enumerate(notes)]
    for annotator, heard in (("A1", notes), ("A2", second)):
        rows = [(n.onset, hertz(n.pitch), n.offset - n.onset) for n in heard if n]
        text = "".join(f"{start:.9f},{pitch:.3f},{length:.9f}\r\n" for start, pitch, length in rows)
        file = folder / "Annotations" / "Notes" / f"vocadito_1_notes{annotator}.csv"
        file.write_text(text, newline="")
    return corpus_class("vocadito").open(str(folder))


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A recording of 33 s."""
    folder = tmp_path_factory.mktemp("long") / "vocadito"
    return write_vocadito(folder, MELODY, SECONDS, OTHERWISE)


def instances(corpus: Corpus, seed: int = 0) -> list[Instance]:
    return [
        instance
        for split, shards in corpus.shards().items()
        for instance in Generation(TASK, corpus, split, seed=seed).instances(shards)
    ]


def read(instance: Instance) -> Asked:
    """The times and the answer, out of the texts of any wording."""
    other = json.loads(instance.other)
    (variation,) = (v for v in task_template(CONFIG).variations if v.id == other["variation"])
    rendered = Rendered(instance.instruction, instance.input, instance.output)
    values = {name: str(value) for name, value in variation.parse(rendered).items()}
    (clip,) = other["clips"]
    return Asked(
        float(values["onset"]),
        float(values["offset"]),
        midi_number(values["note_name"]) if "note_name" in values else int(values["midi"]),
        clip.get("start", 0.0),
        clip.get("end"),
    )


def midi_number(name: str) -> int:
    match = re.fullmatch(r"([A-G]#?)(-?\d)", name)
    assert match, name
    return 12 * (int(match[2]) + 1) + NAMES.index(match[1])


def decoded(instance: Instance) -> tuple[NDArray[np.float64], int]:
    assert instance.audio[0] is not None
    samples, rate = soundfile.read(io.BytesIO(instance.audio[0][1].data))
    return samples, rate


def peak_hertz(samples: NDArray[np.float64], rate: int) -> float:
    """The strongest frequency, to a cent or so."""
    size = 2**19
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size), size))
    return float(np.argmax(spectrum) * rate / size)


def usable_clips(corpus: Corpus) -> list[Clip]:
    shards = (shard for shards in corpus.shards().values() for shard in shards)
    clips = {clip.id: clip for shard in shards for clip in corpus.clips(shard)}
    return [clip for clip in clips.values() if isinstance(clip, Clip)]


# ---- names of notes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("midi", "name"),
    [(60, "C4"), (69, "A4"), (61, "C#4"), (59, "B3"), (0, "C-1"), (11, "B-1"), (127, "G9")],
)
def test_note_names_are_scientific_pitch_notation(midi: int, name: str) -> None:
    assert note_name(midi) == name


def test_every_note_has_a_name_of_its_own_that_templates_read() -> None:
    names = [note_name(midi) for midi in range(128)]
    assert len(set(names)) == 128
    assert [midi_number(name) for name in names] == list(range(128))
    assert all(re.fullmatch(Kind.NOTE.value, name) for name in names)


# ---- a long recording -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_the_answer_is_what_sounds_in_the_excerpt_at_the_times(long: Corpus, seed: int) -> None:
    made = instances(long, seed)
    assert len(made) == 4 + 4 + 4 + 3
    for instance in made:
        question = read(instance)
        samples, rate = decoded(instance)
        start, stop = round(question.onset * rate), round(question.offset * rate)
        edge = round(0.02 * rate)
        sounding = samples[start + edge : stop - edge]
        cents = 1200 * math.log2(peak_hertz(sounding, rate) / hertz(question.midi))
        assert abs(cents) < 50
        # Nothing sounds right before and right after, so that the times are exact to 20 ms.
        assert np.std(sounding) == pytest.approx(0.5 / math.sqrt(2), rel=0.05)
        assert np.std(samples[max(start - 2 * edge, 0) : start - edge]) < 1e-3 or start < edge
        assert np.std(samples[stop + edge : stop + 2 * edge]) < 1e-3


def test_excerpts_are_ten_seconds_and_the_rest(long: Corpus) -> None:
    places = Counter((read(i).start, read(i).end) for i in instances(long))
    assert places == {(0.0, 10.0): 4, (10.0, 20.0): 4, (20.0, 30.0): 4, (30.0, 33.0): 3}
    source, rate = soundfile.read(Path(long.folder.path) / "Audio" / "vocadito_1.wav")
    for instance in instances(long):
        question = read(instance)
        assert question.end is not None
        assert instance.seconds == pytest.approx(question.end - question.start)
        stretch = source[round(question.start * rate) : round(question.end * rate)]
        assert np.array_equal(decoded(instance)[0], stretch)
        assert instance.audio[0] is not None
        milliseconds = f"{1000 * question.start:.0f}-{1000 * question.end:.0f}ms"
        assert instance.audio[0][0] == audio_id("vocadito", "vocadito_1", milliseconds)


def test_the_only_notes_asked_for_are_agreed_long_and_in_one_excerpt(long: Corpus) -> None:
    assert len(ACROSS) == 3
    (clip,) = usable_clips(long)
    seen = set()
    for seed in range(60):
        for draft in TASK.drafts(clip, Rng(seed)):
            audio = draft.slots["audio"]
            onset = audio.start + float(draft.slots["onset"])
            offset = audio.start + float(draft.slots["offset"])
            (index,) = (i for i, note in enumerate(MELODY) if abs(note.onset - onset) < 0.01)
            assert MELODY[index].offset == pytest.approx(offset, abs=0.0051)
            seen.add(index)
    assert sorted(seen) == USABLE


def test_notes_of_an_excerpt_are_different_and_in_order(long: Corpus) -> None:
    for seed in range(20):
        times = [(read(i).start, read(i).onset) for i in instances(long, seed)]
        assert times == sorted(set(times))


def test_both_notations_and_both_kinds_of_note_are_asked_for(long: Corpus) -> None:
    outputs = [i.output for seed in range(10) for i in instances(long, seed)]
    assert any(re.search(r"\b[A-G]\d\b", output) for output in outputs)
    assert any(re.search(r"\b[A-G]#\d", output) for output in outputs)
    assert any(re.search(r"\b\d\d\b", output) for output in outputs)


# ---- a short recording, and none that is usable ---------------------------------------------


def test_a_recording_of_ten_seconds_stays_whole(tmp_path: Path) -> None:
    corpus = write_vocadito(tmp_path / "vocadito", MELODY[:14], 10.0, {})
    made = instances(corpus)
    assert len(made) == 4
    source = (tmp_path / "vocadito" / "Audio" / "vocadito_1.wav").read_bytes()
    for instance in made:
        assert instance.audio[0] is not None
        assert instance.audio[0][0] == audio_id("vocadito", "vocadito_1")
        assert instance.audio[0][1].data == source


def test_a_tail_without_a_whole_note_gives_nothing(tmp_path: Path) -> None:
    corpus = write_vocadito(tmp_path / "vocadito", MELODY[:14], 10.05, {})
    assert {(read(i).start, read(i).end) for i in instances(corpus)} == {(0.0, 10.0)}


@pytest.mark.parametrize(
    ("notes", "otherwise"),
    [
        (MELODY[:3], {0: None, 1: None, 2: None}),
        ([Sung(1.0, 1.09, 60), Sung(2.0, 2.05, 64)], {}),
        ([Sung(9.5, 10.5, 60)], {}),
    ],
    ids=["disagreed", "short", "across"],
)
def test_a_recording_without_a_usable_note_is_a_reject(
    tmp_path: Path, notes: list[Sung], otherwise: dict[int, Sung | None]
) -> None:
    corpus = write_vocadito(tmp_path / "vocadito", notes, 12.0, otherwise)
    generation = Generation(TASK, corpus, "train")
    assert list(generation.instances(corpus.shards()["train"])) == []
    assert generation.tally.rejected == {"no-usable-note": 1}
    (reject,) = generation.rejects
    assert (reject.corpus, reject.clip) == ("vocadito", "vocadito_1")
    assert f"none of {len(notes)} notes" in reject.detail


# ---- the corpora ----------------------------------------------------------------------------


def annotated(folder: Path, id: str, annotator: str) -> list[tuple[float, float, int]]:
    """(onset, offset, nearest MIDI number) of each line."""
    text = (folder / "Annotations" / "Notes" / f"{id}_notes{annotator}.csv").read_text()
    rows = [[float(value) for value in line.split(",")] for line in text.split()]
    return [(start, start + length, semitone(pitch)) for start, pitch, length in rows]


def assert_answers_are_annotated(corpus: Corpus, seed: int) -> int:
    """Compare all answers with the files of both annotators; how many there were."""
    made = instances(corpus, seed)
    for instance in made:
        question = read(instance)
        (clip,) = json.loads(instance.other)["clips"]
        onset, offset = question.start + question.onset, question.start + question.offset
        notes = annotated(Path(corpus.folder.path), clip["id"], "A1")
        matches = [n for n in notes if abs(n[0] - onset) < 0.006 and abs(n[1] - offset) < 0.006]
        assert [midi for _, _, midi in matches] == [question.midi]
        second = annotated(Path(corpus.folder.path), clip["id"], "A2")
        assert any(abs(n[0] - matches[0][0]) <= 0.05 and n[2] == question.midi for n in second)
    return len(made)


@pytest.mark.parametrize("seed", range(3))
def test_answers_are_those_of_the_annotation_files(miniatures: Path, seed: int) -> None:
    corpus = corpus_class("vocadito").find(str(miniatures))
    assert corpus is not None
    assert assert_answers_are_annotated(corpus, seed) >= 15


@pytest.mark.parametrize("seed", range(3))
def test_answers_on_a_real_recording_are_annotated_and_sung(real: Path, seed: int) -> None:
    corpus = corpus_class("vocadito").find(str(real))
    assert corpus is not None
    assert assert_answers_are_annotated(corpus, seed) >= 12
    text = (real / "vocadito" / "Annotations" / "F0" / "vocadito_1_f0.csv").read_text()
    contour = np.array([[float(v) for v in line.split(",")] for line in text.split()])
    for instance in instances(corpus, seed):
        question = read(instance)
        times = contour[:, 0] - question.start
        inside = (times >= question.onset) & (times <= question.offset) & (contour[:, 1] > 0)
        # A voice glides: the middle of what the contour file says of the note.
        sung = float(np.median(contour[inside, 1]))
        assert abs(1200 * math.log2(sung / hertz(question.midi))) < 100
