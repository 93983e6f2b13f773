"""From clips to rows: what can not be used is told of, and nothing else changes for it."""

from __future__ import annotations

import json
import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from pairs import Pair

from audio_flan.corpora import corpus_class, corpus_classes
from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.corpora.read.folder import Folder
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.generate.generation import Generation
from audio_flan.generate.pools import draw_pools
from audio_flan.generate.tally import Tally
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.instance import Instance, audio_id
from audio_flan.model.labels import Label
from audio_flan.tasks import get_task, task_configs
from audio_flan.tasks.contract import PairTask, Pool, SimulatedTask


@lru_cache(maxsize=4)
def pools_of(folder: Path, key: str, config: str, split: str) -> dict[str, Pool]:
    """The auxiliary clips of a corpus that stays whole."""
    return draw_pools(get_task(config), [corpus_class(key).open(str(folder))], split)


@lru_cache(maxsize=2)
def generate_whole(folder: Path, key: str, config: str) -> tuple[list[Instance], Generation]:
    """A task over the first split of a corpus that stays whole."""
    return Source(key, folder, folder).generate(config)


class Source:
    """A miniature corpus, or a copy of one that a test may break.

    Args:
        key: its key.
        whole: the miniature.
        folder: where it is read from.
    """

    def __init__(self, key: str, whole: Path, folder: Path) -> None:
        self.key, self.whole, self.folder = key, whole, folder
        self.opened: Corpus | None = None

    def generation(self, config: str, split: str, **options: Any) -> tuple[Generation, list[Shard]]:
        corpus = self.opened or corpus_class(self.key).open(str(self.folder))
        task = get_task(config)
        # Auxiliary clips are not the matter here: they stay whole.
        pools = pools_of(self.whole, self.key, config, split)
        shards = list(filter(task.reads, corpus.shards().get(split, ())))
        return Generation(task, corpus, split, pools=pools, **options), shards

    def generate(self, config: str, split: str = "train") -> tuple[list[Instance], Generation]:
        generation, shards = self.generation(config, split)
        instances = list(generation.instances(shards))
        tally = generation.tally
        assert tally.read == tally.used + tally.left + tally.rejected.total()
        assert tally.made == len(instances)
        assert Counter(reject.reason for reject in generation.rejects) == tally.rejected
        return instances, generation

    def before(self, config: str) -> tuple[list[Instance], Generation]:
        """What `generate` gives while nothing is broken."""
        return generate_whole(self.whole, self.key, config)

    def break_audio(self, file: str, reason: str) -> None:
        """Break a recording that the reader knows of already, as one breaks while a build runs."""
        self.opened = corpus_class(self.key).open(str(self.folder))
        for shard in self.opened.shards()["train"]:
            deque(self.opened.clips(shard), maxlen=0)
        BROKEN_AUDIO[reason](self.folder / file)

    def replace(self, file: str, old: str, new: str) -> None:
        data = (self.folder / file).read_bytes()
        assert data.count(old.encode()) == 1, f"{old!r} in {file}"
        (self.folder / file).write_bytes(data.replace(old.encode(), new.encode()))


@pytest.fixture
def copy(miniatures: Path, tmp_path: Path) -> Callable[[str], Source]:
    def copied(key: str) -> Source:
        whole = miniatures / (*corpus_class(key).folders, key)[0]
        return Source(key, whole, shutil.copytree(whole, tmp_path / whole.name))

    return copied


def clips_of(instance: Instance) -> list[dict[str, Any]]:
    return json.loads(instance.other)["clips"]


# ---- audio that can not be used --------------------------------------------------------------


def remove(file: Path) -> None:
    file.unlink()


def empty(file: Path) -> None:
    file.write_bytes(b"")


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-2_000])


def garble(file: Path) -> None:
    file.write_bytes(b"<html>404 Not Found</html>" * 100)


AUDIO_FILES = {".wav", ".flac", ".zip", *(f".z{number:02}" for number in range(1, 20))}
PACKED = ("alimeeting",)
"""Corpora of which a missing recording is told of for all of its session at once."""

BROKEN_AUDIO = {
    "audio-missing": remove,
    "audio-empty": empty,
    "audio-truncated": truncate,
    "not-audio": garble,
}


def broken(pairs: Sequence[Pair]) -> list[tuple[str, str, str]]:
    """Every way of being broken for every corpus and every task, in turn: not all with all."""
    return [
        (config, key, reason)
        for index, (config, key) in enumerate(pairs)
        for reason in list(BROKEN_AUDIO)[index % 2 :: 2]
    ]


@pytest.mark.every_pair("reason", of=broken)
def test_a_recording_that_can_not_be_used_is_a_reject_and_the_others_stay(
    copy: Callable[[str], Source], config: str, key: str, reason: str
) -> None:
    corpus = copy(key)
    before, _ = corpus.before(config)
    lost = clips_of(before[0])[0]
    corpus.break_audio(lost["file"], reason)
    after, generation = corpus.generate(config)
    rejects = [reject for reject in generation.rejects if reject.reason == reason]
    assert generation.tally.rejected[reason] == len(rejects) > 0
    assert {reject.corpus for reject in rejects} == {key}
    if key in PACKED:
        # The recording is in an archive with others, or was the only one of its kind.
        return
    assert all(lost["file"] in reject.detail for reject in rejects)
    if reason == "audio-truncated" and ("start" in lost or "parts" in before[0].other):
        # What lies before the end is there.
        rows = [instance.row() for instance in before]
        assert isinstance(get_task(config), PairTask) or all(i.row() in rows for i in after)
        return
    # Several clips may be stretches of one recording.
    assert lost["id"] in {reject.clip for reject in rejects}
    if isinstance(get_task(config), PairTask):
        assert all(lost["file"] not in {c["file"] for c in clips_of(i)} for i in after)
    else:
        kept = [i.row() for i in before if clips_of(i)[0]["file"] != lost["file"]]
        assert [i.row() for i in after] == kept


@pytest.mark.every_pair
def test_all_recordings_missing_is_all_clips_rejected(
    copy: Callable[[str], Source], config: str, key: str
) -> None:
    corpus = copy(key)
    for file in corpus.folder.rglob("*"):
        if file.suffix in AUDIO_FILES:
            file.unlink()
    try:
        instances, generation = corpus.generate(config)
    except CorpusLayoutError as error:
        # A corpus that is nothing but recordings.
        assert key in str(error)
        return
    assert instances == []
    others = {"failed-restoration", "annotation-missing", "several-sounds"}
    assert set(generation.tally.rejected) - others <= {"audio-missing"}
    assert generation.tally.rejected.total() == generation.tally.read


@pytest.mark.every_pair("reason", of=lambda pairs: broken(pairs)[::2])
def test_stopping_at_rejects_raises_with_corpus_clip_and_task(
    copy: Callable[[str], Source], config: str, key: str, reason: str
) -> None:
    corpus = copy(key)
    before, whole = corpus.before(config)
    lost = clips_of(before[0])[0]
    corpus.break_audio(lost["file"], reason)
    generation, shards = corpus.generation(config, "train", stop_at_reject=True)
    with pytest.raises(Unusable) as error:
        list(generation.instances(shards))
    message = str(error.value)
    if whole.tally.rejected:
        # The miniature has other rejects, and the first of all stops it.
        assert key in message and config in message
        return
    assert error.value.reason == reason
    if key in PACKED or "start" in lost:
        return
    for part in (reason, key, lost["id"], config, lost["file"]):
        assert part in message


def test_verifying_finds_what_the_length_does_not_tell(copy: Callable[[str], Source]) -> None:
    corpus = copy("ljspeech")
    file = corpus.folder / "wavs" / "LJ001-0002.wav"
    samples, rate = soundfile.read(file)
    soundfile.write(file, samples, rate, format="FLAC")
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    file.write_bytes(data)
    generation, shards = corpus.generation("speech_asr", "train", verify=True)
    assert len(list(generation.instances(shards))) == 3
    assert generation.tally.rejected == {"not-audio": 1}


# ---- texts that can not be used --------------------------------------------------------------


@pytest.mark.parametrize("config", ["speech_asr", "speech_tts", "speech_phonetic_recognition"])
@pytest.mark.parametrize("marker", ["<|SOA|>", "<|EOA|>", "<|SOA|>aishell3_SSB00050001<|EOA|>"])
def test_a_text_with_an_audio_marker_is_a_reject(
    copy: Callable[[str], Source], config: str, marker: str
) -> None:
    corpus = copy("aishell3")
    before, _ = corpus.generate(config)
    content = (corpus.folder / "train" / "content.txt").read_text(encoding="utf-8-sig")
    id, text = content.split("\n")[0].split(".wav\t")
    corpus.replace("train/content.txt", f"{id}.wav\t{text}", f"{id}.wav\t{marker} {marker}1")
    after, generation = corpus.generate(config)
    (reject,) = generation.rejects
    assert (reject.reason, reject.clip) == ("marker-in-text", id)
    assert marker in reject.detail
    assert [i.row() for i in after] == [i.row() for i in before if clips_of(i)[0]["id"] != id]
    # Tasks that do not show the text do not mind it.
    instances, generation = corpus.generate("speech_gender_recognition")
    assert id in {clips_of(i)[0]["id"] for i in instances}
    assert generation.rejects == []


@pytest.mark.parametrize("text", ["", " ", "\u3000"])
def test_an_empty_transcript_is_a_reject(copy: Callable[[str], Source], text: str) -> None:
    corpus = copy("ljspeech")
    (corpus.folder / "metadata.csv").write_text(f"LJ001-0001|{text}|x\nLJ001-0002|Good.|Good.\n")
    for config in ("speech_asr", "speech_tts"):
        instances, generation = corpus.generate(config)
        assert len(instances) == 1
        (reject,) = generation.rejects
        assert reject.reason == "empty-transcript"
        assert "LJ001-0001" in reject.detail


def test_a_missing_annotation_is_a_reject_of_the_task_that_needs_it(
    copy: Callable[[str], Source],
) -> None:
    corpus = copy("vocadito")
    (corpus.folder / "Annotations" / "Notes" / "vocadito_1_notesA1.csv").unlink()
    instances, generation = corpus.generate("music_beat_level_pitch_estimation")
    assert {clips_of(i)[0]["id"] for i in instances}.isdisjoint({"vocadito_1"})
    (reject,) = generation.rejects
    assert (reject.clip, reject.reason) == ("vocadito_1", "annotation-missing")
    assert reject.detail == "no notes"


def test_a_missing_recording_is_told_of_before_a_missing_annotation(
    copy: Callable[[str], Source],
) -> None:
    corpus = copy("vocadito")
    (corpus.folder / "Annotations" / "Notes" / "vocadito_1_notesA1.csv").unlink()
    (corpus.folder / "Audio" / "vocadito_1.wav").unlink()
    _, generation = corpus.generate("music_beat_level_pitch_estimation")
    assert generation.tally.rejected == {"audio-missing": 1}


def test_a_malformed_line_is_a_reject_with_its_place(copy: Callable[[str], Source]) -> None:
    corpus = copy("ljspeech")
    corpus.replace("metadata.csv", "LJ001-0002|", "LJ001-0002;")
    instances, generation = corpus.generate("speech_asr")
    assert len(instances) == 3
    (reject,) = generation.rejects
    assert (reject.reason, reject.clip) == ("malformed-line", "metadata.csv:2")


def test_clips_without_a_partner_are_rejects(copy: Callable[[str], Source]) -> None:
    corpus = copy("aishell3")
    wavs = sorted((corpus.folder / "train" / "wav").rglob("*.wav"))
    for file in wavs[1:]:
        file.unlink()
    instances, generation = corpus.generate("speech_speaker_verification")
    assert instances == []
    assert generation.tally.rejected == {"audio-missing": len(wavs) - 1, "no-partner": 1}
    (reject,) = (r for r in generation.rejects if r.reason == "no-partner")
    assert reject.clip == wavs[0].stem


# ---- laziness and limits -----------------------------------------------------------------------


def of_one_clip(pairs: Iterable[Pair]) -> list[Pair]:
    """The pairs whose instances are of one clip each."""
    return [pair for pair in pairs if not isinstance(get_task(pair[0]), PairTask)]


@pytest.mark.every_pair(of=of_one_clip)
def test_nothing_is_read_before_it_is_needed(
    copy: Callable[[str], Source], config: str, key: str
) -> None:
    corpus = copy(key)
    (first, *_), _ = corpus.before(config)
    for file in corpus.folder.rglob("*"):
        if (
            file.suffix in (".wav", ".flac")
            and "stem" not in first.other
            and file != corpus.folder / clips_of(first)[0]["file"]
        ):
            file.unlink()
    generation, shards = corpus.generation(config, "train")
    assert [i.row() for i in generation.instances(shards, limit=1)] == [first.row()]
    tally = generation.tally
    assert (tally.read - tally.rejected.total(), tally.used, tally.left) == (1, 1, 0)


def test_a_reader_that_stops_leaves_right_counts(copy: Callable[[str], Source]) -> None:
    generation, shards = copy("ljspeech").generation("speech_asr", "train")
    instances = generation.instances(shards)
    for count in (1, 2, 3):
        next(instances)
        tally = generation.tally
        assert (tally.read, tally.used, tally.made) == (count, count, count)


def test_tallies_add_up() -> None:
    one, other = Tally(1, 2, 3, 4, 5.5), Tally(10, 20, 30, 40, 50.25)
    one.rejected.update({"a": 1, "b": 2})
    other.rejected.update({"b": 3, "c": 4})
    one.add(other)
    assert (one.read, one.used, one.left, one.made, one.seconds) == (11, 22, 33, 44, 55.75)
    assert one.rejected == {"a": 1, "b": 5, "c": 4}
    assert other.rejected == {"b": 3, "c": 4}


def test_only_simulated_tasks_draw_pools(miniatures: Path) -> None:
    corpora = [corpus for cls in corpus_classes() if (corpus := cls.find(str(miniatures)))]
    for config in task_configs():
        task = get_task(config)
        pools = draw_pools(task, corpora, "train")
        roles = task.auxiliary if isinstance(task, SimulatedTask) else {}
        assert set(pools) == set(roles)


# ---- clips that are stretches of one recording -------------------------------------------------


class Meeting(Corpus):
    """Utterances of four speakers in one recording of ten seconds, as meeting corpora have them."""

    key, domain, license, origin = "meeting", "speech", "CC0-1.0", "meeting"
    recognised_by = ("meeting.wav",)
    provides = frozenset({"speaker", "transcript", "language", "clean_speech"})
    speakers = 4

    def shards(self) -> dict[str, list[Shard]]:
        """One shard."""
        return {"train": [Shard("train", ("meeting.wav",))]}

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """An utterance for each second."""
        for second in range(10):
            yield Clip(
                id=f"u{second}",
                corpus=self.key,
                split="train",
                audio=self.folder.audio("meeting.wav", second, second + 1),
                transcript=f"Utterance {second}.",
                language="en",
                speaker=f"S{second % 4}",
                gender=Label("female", ("female", "male")),
                clean_speech=True,
            )


@pytest.fixture
def meeting(tmp_path: Path) -> Meeting:
    """Each second is a tone of its own loudness."""
    seconds = [0.08 * (n + 1) * np.sin(np.arange(8_000) / 5) for n in range(10)]
    soundfile.write(tmp_path / "meeting.wav", np.concatenate(seconds), 8_000, subtype="PCM_16")
    return Meeting(Folder("meeting", str(tmp_path)))


def loudness(data: bytes) -> int:
    """The number of the second that the audio is."""
    samples, rate = soundfile.read(BytesIO(data))
    assert samples.size == rate == 8_000
    return round(float(np.max(np.abs(samples))) / 0.08) - 1


@pytest.mark.parametrize("config", ["speech_asr", "speech_tts", "speech_speaker_verification"])
def test_stretches_of_one_recording_keep_their_ids_and_their_places(
    meeting: Meeting, config: str
) -> None:
    generation = Generation(get_task(config), meeting, "train")
    instances = list(generation.instances(meeting.shards()["train"]))
    assert len(instances) >= 4
    for instance in instances:
        clips = clips_of(instance)
        for clip in clips:
            second = int(clip["id"][1:])
            assert (clip["file"], clip["start"], clip["end"]) == ("meeting.wav", second, second + 1)
        carried = {id: loudness(audio.data) for id, audio in filter(None, instance.audio)}
        assert carried == {audio_id("meeting", c["id"]): int(c["id"][1:]) for c in clips}


def test_a_simulated_stretch_tells_its_place(meeting: Meeting) -> None:
    task = get_task("speech_denoising")
    generation = Generation(task, meeting, "train", pools=draw_pools(task, [], "train"))
    for second, instance in enumerate(generation.instances(meeting.shards()["train"])):
        (clip,) = clips_of(instance)
        assert (clip["id"], clip["start"], clip["end"]) == (f"u{second}", second, second + 1)
        own = audio_id("meeting", f"u{second}")
        assert all(id.startswith(f"{own}.") for id, _ in filter(None, instance.audio))
