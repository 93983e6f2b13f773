from __future__ import annotations

import re
from importlib.resources import files
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import yaml

from audio_flan.miniatures.bank import (
    Entry,
    MelodyEntry,
    NoteEntry,
    SpeechEntry,
    load_bank,
    samples,
    write_wav,
)

FOLDER = Path(str(files("audio_flan.miniatures") / "recordings"))
BANK = load_bank()
ENTRIES: tuple[Entry, ...] = (
    *BANK.sentences,
    *BANK.translations,
    *BANK.melodies,
    *BANK.scenes,
    *BANK.noises,
    *BANK.notes,
)
LIMITS = {
    "speech": (16_000, 0.8, 2.5),
    "translation": (16_000, 0.8, 2.5),
    "melody": (22_050, 2.0, 3.0),
    "scene": (22_050, 1.0, 1.0),
    "noise": (16_000, 1.5, 1.5),
    "note": (16_000, 1.5, 2.0),
}
SCENES = {
    "airport",
    "shopping_mall",
    "metro_station",
    "street_pedestrian",
    "public_square",
    "street_traffic",
    "tram",
    "bus",
    "metro",
    "park",
}


def entry_ids(entry: Entry) -> str:
    return entry.id


def f0_autocorrelation(audio: npt.NDArray[np.float32], rate: int, low: float, high: float) -> float:
    """Fundamental of a frame in Hz by normalised autocorrelation; NaN where it is unvoiced."""
    audio = audio - audio.mean()
    lags = np.arange(int(rate / high), int(rate / low) + 2)
    scores = []
    for lag in lags:
        first, second = audio[:-lag], audio[lag:]
        norm = np.sqrt(np.dot(first, first) * np.dot(second, second))
        scores.append(np.dot(first, second) / norm if norm > 0 else 0.0)
    score = np.array(scores)
    inner = score[1:-1]
    peaks = np.flatnonzero((inner >= score[:-2]) & (inner > score[2:])) + 1
    if peaks.size == 0 or score[peaks].max() < 0.6:
        return float("nan")
    # The shortest lag that is nearly the best: a multiple of the period is as good as the period.
    best = int(peaks[score[peaks] >= 0.93 * score[peaks].max()][0])
    before, at, after = score[best - 1 : best + 2]
    shift = 0.5 * (before - after) / (before - 2 * at + after)
    return float(rate / (lags[best] + shift))


def frames_f0(
    audio: npt.NDArray[np.float32], rate: int, low: float, high: float, seconds: float
) -> npt.NDArray[np.float64]:
    """Fundamental of the loud frames of some length, in Hz."""
    size = round(rate * seconds)
    starts = range(0, len(audio) - size + 1, size // 2)
    frames = [audio[start : start + size] for start in starts]
    floor = 0.1 * max(float(np.std(frame)) for frame in frames)
    pitches = [f0_autocorrelation(f, rate, low, high) for f in frames if np.std(f) > floor]
    return np.array([pitch for pitch in pitches if np.isfinite(pitch)])


def test_the_index_matches_the_files() -> None:
    assert {path.stem for path in FOLDER.glob("*.flac")} == {entry.id for entry in ENTRIES}
    assert len({entry.id for entry in ENTRIES}) == len(ENTRIES)
    index = yaml.safe_load((FOLDER / "bank.yaml").read_text(encoding="utf-8"))
    assert len(index["entries"]) == len(ENTRIES)
    assert all(re.fullmatch(r"[a-z0-9_]+", entry.id) for entry in ENTRIES)


def test_the_bank_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 2_000_000


@pytest.mark.parametrize("entry", ENTRIES, ids=entry_ids)
def test_recording(entry: Entry) -> None:
    rate, shortest, longest = LIMITS[entry.id.partition("_")[0]]
    info = soundfile.info(FOLDER / f"{entry.id}.flac")
    assert (info.samplerate, info.frames) == (entry.rate, entry.frames)
    assert (info.samplerate, info.channels, info.subtype) == (rate, 1, "PCM_16")
    assert shortest <= entry.seconds <= longest
    audio = samples(entry, entry.rate)
    assert 20 * np.log10(np.sqrt(np.mean(audio**2))) > -45
    assert np.max(np.abs(audio)) < 0.75


@pytest.mark.parametrize("entry", (*BANK.sentences, *BANK.translations), ids=entry_ids)
def test_speech_is_trimmed_and_normalised(entry: SpeechEntry) -> None:
    level = np.abs(samples(entry, entry.rate))
    assert 20 * np.log10(level.max()) == pytest.approx(-3, abs=0.1)
    loud = np.flatnonzero(level > 0.01 * level.max())
    for silence in (loud[0], len(level) - 1 - loud[-1]):
        assert 0.05 <= silence / entry.rate <= 0.1


@pytest.mark.parametrize(
    ("language", "females", "males", "sentences"), [("en", 3, 2, 4), ("zh", 2, 2, 3)]
)
def test_speakers_speak_the_same_sentences(
    language: str, females: int, males: int, sentences: int
) -> None:
    entries = BANK.speech(language)
    genders = {entry.speaker: entry.gender for entry in entries}
    assert sorted(genders.values()) == ["female"] * females + ["male"] * males
    contents = {(entry.sentence, entry.text, entry.normalized_text) for entry in entries}
    assert len(contents) == sentences
    for speaker in genders:
        spoken = BANK.speech(language, speaker)
        assert [entry.sentence for entry in spoken] == list(range(1, sentences + 1))
        assert {entry.speaker for entry in spoken} == {speaker}


def test_translations_are_of_english_sentences_and_one_text_each() -> None:
    english = {entry.sentence: entry.text for entry in BANK.speech("en")}
    texts: dict[tuple[str, int], set[str]] = {}
    for entry in BANK.translations:
        assert entry.id == f"translation_{entry.speaker}_{entry.sentence}"
        assert entry.speaker.startswith(f"{entry.language}_{entry.gender[0]}")
        texts.setdefault((entry.language, entry.sentence), set()).add(entry.text)
    assert all(len(same) == 1 for same in texts.values())
    assert {number for language, number in texts if language == "zh"} == set(english)
    assert {number for language, number in texts if language == "es"} == set(english)
    assert {number for language, number in texts if language == "de"} < set(english)
    # Names and numbers are the same in all languages.
    for (language, number), (text,) in texts.items():
        assert re.findall(r"\d+", text) == re.findall(r"\d+", english[number])
        assert ("Green" in text or "格林" in text) == ("Green" in english[number]), language


def test_translators_speak_nothing_else() -> None:
    speakers = {entry.speaker: entry.gender for entry in BANK.translations}
    assert not {entry.speaker for entry in BANK.sentences} & set(speakers)
    for language in ("zh", "es", "de"):
        genders = [speakers[speaker] for speaker in speakers if speaker.startswith(language)]
        assert sorted(genders) == ["female", "male"]


@pytest.mark.parametrize("language", ["zh", "es", "de"])
def test_female_translators_have_the_higher_pitch(language: str) -> None:
    pitches: dict[str, float] = {}
    for entry in BANK.translations:
        if entry.language == language:
            track = frames_f0(samples(entry, 16_000), 16_000, 60, 400, 0.04)
            pitch = float(np.median(track))
            extreme = min if entry.gender == "female" else max
            pitches[entry.gender] = extreme(pitch, pitches.get(entry.gender, pitch))
    assert pitches["female"] > 1.25 * pitches["male"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_female_speakers_have_the_higher_pitch(language: str) -> None:
    pitches: dict[tuple[str, str], float] = {}
    for entry in BANK.speech(language):
        spoken = BANK.speech(language, entry.speaker)
        tracks = [frames_f0(samples(e, 16_000), 16_000, 60, 400, 0.04) for e in spoken]
        pitches[entry.gender, entry.speaker] = float(np.median(np.concatenate(tracks)))
    female = [pitch for (gender, _), pitch in pitches.items() if gender == "female"]
    male = [pitch for (gender, _), pitch in pitches.items() if gender == "male"]
    assert min(female) > 1.25 * max(male)
    for group in (female, male):
        assert all(abs(a - b) > 5 for a, b in product(group, group) if a is not b)


def test_english_texts() -> None:
    entries = BANK.speech("en")
    assert any(e.text.startswith('"') and e.text.count('"') == 2 for e in entries)
    assert any(re.search(r"\d", e.text) for e in entries)
    assert not any(re.search(r"\d", e.normalized_text) for e in entries)
    assert any(not e.text.isascii() and not e.normalized_text.isascii() for e in entries)
    assert any("Mr." in e.text and "Mr." in e.normalized_text for e in entries)
    assert not any(e.han or e.pinyin for e in entries)


def test_mandarin_syllables() -> None:
    entries = BANK.speech("zh")
    for entry in entries:
        assert len(entry.han) == len(entry.pinyin) > 0
        assert "".join(entry.han) == entry.text == entry.normalized_text
        for han, pinyin in zip(entry.han, entry.pinyin, strict=True):
            assert re.fullmatch(r"[a-z]+[1-5]", pinyin)
            assert (len(han), han.endswith("儿")) in {(1, False), (2, True)}
            assert (len(han) == 2) == (re.fullmatch(r"[a-z]+r[1-5]", pinyin) is not None)
    erhua = {e.sentence for e in entries if any(len(han) == 2 for han in e.han)}
    neutral = {e.sentence for e in entries if any(p.endswith("5") for p in e.pinyin)}
    assert len(erhua) == 1
    assert neutral


@pytest.mark.parametrize("entry", BANK.melodies, ids=entry_ids)
def test_notes_are_what_is_sung(entry: MelodyEntry) -> None:
    audio = samples(entry, entry.rate)
    assert 4 <= len(entry.notes) <= 7
    for onset, offset, pitch in entry.notes:
        quarter = (offset - onset) / 4
        start, stop = round((onset + quarter) * entry.rate), round((offset - quarter) * entry.rate)
        middle = audio[start:stop]
        expected = 440 * 2 ** ((pitch - 69) / 12)
        f0 = frames_f0(middle, entry.rate, 80, 1_000, 0.05)
        assert f0.size >= 3
        assert abs(np.mean(1200 * np.log2(f0 / expected))) < 30
        # The note is there from its onset to its offset.
        for seconds in (onset, offset - 0.04):
            edge = audio[round(seconds * entry.rate) :][: round(0.04 * entry.rate)]
            assert np.std(edge) > 0.03 * np.std(middle)


@pytest.mark.parametrize("entry", BANK.melodies, ids=entry_ids)
def test_silence_separates_the_notes(entry: MelodyEntry) -> None:
    audio = samples(entry, entry.rate)
    ends = [0.0, *(note.offset for note in entry.notes)]
    starts = [*(note.onset for note in entry.notes), entry.seconds]
    for end, start in zip(ends, starts, strict=True):
        assert start - end >= 0.04
        gap = audio[round(end * entry.rate) + 2 : round(start * entry.rate) - 2]
        assert np.max(np.abs(gap)) < 1e-3


def test_melody_lyrics() -> None:
    assert len(BANK.melodies) == 5
    assert len({melody.singer for melody in BANK.melodies}) >= 3
    languages = {melody.language for melody in BANK.melodies}
    assert languages == {"English", "French", "Mandarin", "none"}
    for melody in BANK.melodies:
        assert (melody.language == "none") == (melody.lyrics == ())
        assert len(melody.lyrics) <= 3
        assert all(line == line.lower() for line in melody.lyrics)


def test_labels() -> None:
    assert {scene.label for scene in BANK.scenes} == SCENES
    assert len(BANK.scenes) == 10
    assert {noise.label for noise in BANK.noises} == {"fan", "rain", "keyboard"}


def test_notes_are_of_five_families_that_share_a_pitch() -> None:
    pitches: dict[str, list[int]] = {}
    for entry in BANK.notes:
        pitches.setdefault(entry.family, []).append(entry.pitch)
    assert set(pitches) == {"guitar", "flute", "organ", "brass", "mallet"}
    for family, found in pitches.items():
        assert 60 in found, family
        assert len(set(found)) == len(found) >= 2, family


@pytest.mark.parametrize("entry", BANK.notes, ids=entry_ids)
def test_a_note_has_its_pitch(entry: NoteEntry) -> None:
    # Measured at a higher rate, where a sample is a small part of a period.
    rate = 64_000
    middle = samples(entry, rate)[round(0.15 * rate) : round(1.1 * rate)]
    f0 = frames_f0(middle, rate, 80, 1_200, 0.05)
    assert f0.size >= 10
    expected = 440 * 2 ** ((entry.pitch - 69) / 12)
    assert np.max(np.abs(1200 * np.log2(f0 / expected))) < 20


def test_notes_of_one_pitch_differ_by_family() -> None:
    audios = [samples(entry, 16_000) for entry in BANK.notes if entry.pitch == 60]
    spectra = [np.abs(np.fft.rfft(audio[:16_000])) for audio in audios]
    for first, second in product(range(5), range(5)):
        alike = np.dot(spectra[first], spectra[second]) / (
            np.linalg.norm(spectra[first]) * np.linalg.norm(spectra[second])
        )
        assert (alike > 0.98) == (first == second), (first, second)


@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100])
def test_samples_are_resampled(rate: int) -> None:
    melody = BANK.melodies[0]
    audio = samples(melody, rate)
    assert audio.dtype == np.float32
    assert audio.ndim == 1
    assert len(audio) == pytest.approx(melody.seconds * rate, abs=1)
    onset, offset, pitch = melody.notes[0]
    note = audio[round((onset + 0.1) * rate) : round((offset - 0.1) * rate)]
    f0 = frames_f0(note, rate, 80, 1_000, 0.05)
    assert np.mean(f0) == pytest.approx(440 * 2 ** ((pitch - 69) / 12), rel=0.02)


@pytest.mark.parametrize(("subtype", "step"), [("PCM_16", 2**-15), ("PCM_24", 2**-23)])
def test_write_wav(tmp_path: Path, subtype: str, step: float) -> None:
    audio = samples(BANK.noises[0], 16_000)
    path = tmp_path / "noise.wav"
    write_wav(path, audio, 16_000, subtype)
    info = soundfile.info(path)
    assert (info.format, info.subtype, info.samplerate) == ("WAV", subtype, 16_000)
    assert np.max(np.abs(soundfile.read(path)[0] - audio)) <= step
