"""The miniature corpora tell the truth: labels are of the recordings that they stand beside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio_flan.corpora import corpus_class, corpus_keys
from audio_flan.corpora.miniatures import write_miniatures
from audio_flan.corpora.music.vocadito.miniature import SINGERS
from audio_flan.corpora.speech.aishell3.miniature import SPEAKERS
from audio_flan.media.audio import duration, load, waveform
from audio_flan.miniatures.bank import Entry, load_bank
from audio_flan.miniatures.bank import samples as bank_samples
from audio_flan.model.clip import Clip
from audio_flan.model.languages import language_name
from audio_flan.model.taxonomy import DOMAINS


def clips(root: Path, key: str) -> list[Clip]:
    corpus = corpus_class(key).find(str(root))
    assert corpus is not None
    shards = [shard for shards in corpus.shards().values() for shard in shards]
    return [clip for shard in shards for clip in corpus.clips(shard) if isinstance(clip, Clip)]


def recording(clip: Clip, entries: list[Entry]) -> Entry:
    """The entry of the bank that a clip's audio is, found by listening to it alone."""
    wave = waveform(clip.audio)
    heard = wave.samples[0]

    def distance(entry: Entry) -> float:
        told = bank_samples(entry, wave.rate)[: heard.size]
        return float(np.max(np.abs(heard - told))) if told.size == heard.size else np.inf

    best = min(entries, key=distance)
    assert distance(best) < 2**-14, f"{clip.id} is no recording of the bank"
    return best


@pytest.mark.parametrize("key", ["ljspeech", "aishell3"])
def test_transcripts_are_of_their_recordings(key: str, miniatures: Path) -> None:
    entries = list(load_bank().sentences)
    for clip in clips(miniatures, key):
        said = recording(clip, entries)
        assert clip.transcript == said.text, clip.id
        assert clip.gender is not None and clip.gender.value == said.gender, clip.id
        assert clip.language == said.language, clip.id
        assert language_name(said.language)
        if key == "aishell3":
            assert clip.phones == " ".join(said.pinyin), clip.id
            assert SPEAKERS[str(clip.speaker)][0] == said.speaker, clip.id
        else:
            assert clip.normalized_transcript == said.normalized_text, clip.id


def test_scenes_are_of_their_recordings(miniatures: Path) -> None:
    entries = list(load_bank().scenes)
    for clip in clips(miniatures, "tau_urban_acoustic_scenes"):
        assert clip.id.startswith(f"{recording(clip, entries).label}-")


def test_notes_are_of_their_recordings(miniatures: Path) -> None:
    for clip in clips(miniatures, "vocadito"):
        wave = waveform(clip.audio)
        for note in clip.notes or ():
            # The strongest of the harmonics' common divisors, by autocorrelation.
            middle = slice(
                int((0.75 * note.onset + 0.25 * note.offset) * wave.rate),
                int((0.25 * note.onset + 0.75 * note.offset) * wave.rate),
            )
            stretch = wave.samples[0, middle]
            product = np.correlate(stretch, stretch, "full")[stretch.size - 1 :]
            period = wave.rate / (440 * 2 ** ((round(note.pitch) - 69) / 12))
            lags = np.arange(int(period * 0.93), int(period * 1.08) + 1)
            found = lags[np.argmax(product[lags])]
            assert abs(12 * np.log2(period / found)) < 0.5, (clip.id, note)
            assert product[found] > 0.5 * product[0], (clip.id, note)


def test_melodies_keep_their_singer(miniatures: Path) -> None:
    melodies = {"\n".join(melody.lyrics): melody.singer for melody in load_bank().melodies}
    for clip in clips(miniatures, "vocadito"):
        if clip.lyrics:
            assert SINGERS[melodies[clip.lyrics]] == clip.artist


@pytest.mark.parametrize("key", corpus_keys())
def test_a_miniature_is_miniature(key: str, miniatures: Path) -> None:
    durations = [duration(clip.audio) for clip in clips(miniatures, key)]
    assert len(durations) >= 3
    assert all(0.1 <= seconds <= 15 for seconds in durations)


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_recording_is_in_two_splits_of_a_domain(domain: str, miniatures: Path) -> None:
    """Else a task that several corpora serve would be tested on what it was trained on."""
    seen: dict[bytes, Clip] = {}
    keys = [key for key in corpus_keys() if corpus_class(key).domain == domain]
    for clip in (clip for key in keys for clip in clips(miniatures, key)):
        first = seen.setdefault(load(clip.audio).data, clip)
        assert first.split == clip.split, f"{first.corpus} {first.id}, {clip.corpus} {clip.id}"


def test_recordings_have_the_publishers_format(miniatures: Path) -> None:
    formats = {
        "LJSpeech-1.1/wavs/LJ001-0001.wav": (22_050, "PCM_16"),
        "data_aishell3/train/wav/SSB0005/SSB00050001.wav": (44_100, "PCM_16"),
        "vocadito/Audio/vocadito_1.wav": (44_100, "PCM_16"),
        "TAU-urban-acoustic-scenes-2022-mobile-development/audio/"
        "airport-lisbon-1000-40000-0-a.wav": (44_100, "PCM_24"),
    }
    for name, (rate, subtype) in formats.items():
        info = soundfile.info(miniatures / name)
        assert (info.samplerate, info.subtype, info.channels) == (rate, subtype, 1), name


def test_writing_again_gives_the_same_bytes(miniatures: Path, tmp_path: Path) -> None:
    write_miniatures(tmp_path)
    files = [path for path in miniatures.rglob("*") if path.is_file()]
    assert len(files) > 60
    for path in files:
        assert (tmp_path / path.relative_to(miniatures)).read_bytes() == path.read_bytes(), path
