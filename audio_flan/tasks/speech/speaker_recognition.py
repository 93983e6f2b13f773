"""Speaker Recognition: whose voice it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from audio_flan.errors import Unusable
from audio_flan.media.audio import Waveform, duration
from audio_flan.model.clip import Clip, Reject, Stem
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.model.notation import merged, spans, within
from audio_flan.model.randomness import Rng
from audio_flan.simulate.mixture import mix_sources
from audio_flan.tasks.contract import ClipTask, PairTask
from audio_flan.tasks.pairing import SamenessTask, group_by
from audio_flan.tasks.signals import audible_mono, mono, mono_at


class SpeakerVerification(SamenessTask):
    """Whether two recordings are of the same speaker.

    Three in four of the "no" pairs are of two speakers of the same gender (hard negatives), the
    others of two genders, where there are such.
    """

    config = "speech_speaker_verification"
    field = "speaker"
    several_speakers = True

    def stratum(self, clip: Clip) -> str | None:
        """The gender."""
        return clip.gender.value if clip.gender else None


class SpeakerDiarization(ClipTask):
    """Who speaks when, in an excerpt of a conversation.

    The rule: turns of one speaker that are at most `merged_gap` seconds apart are one; turns end
    where the audio does; speakers are numbered by their first appearance in the excerpt, which
    has two at least. Turns are listed by start, then end; they may overlap.
    """

    config = "speech_speaker_diarization"
    requires = frozenset({"turns"})
    inputs = {"audio": Kind.AUDIO}
    outputs = {"turns": Kind.SPANS}
    merged_gap: ClassVar[float] = 0.2

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per excerpt.

        Raises:
            Unusable: fewer than two people speak in it.
        """
        assert clip.turns is not None
        turns = merged(within(clip.turns, duration(clip.audio)), self.merged_gap)
        numbers = {speaker: i for i, speaker in enumerate(dict.fromkeys(t.label for t in turns), 1)}
        if len(numbers) < 2:
            raise Unusable("single-speaker", f"{len(numbers)} of two speakers at least")
        named = [replace(turn, label=f"speaker {numbers[turn.label]}") for turn in turns]
        yield Draft({"audio": clip.audio, "turns": spans(named)}, (clip,))


class SpeakerExtraction(PairTask):
    """The voice of one speaker out of a mixture of voices, by a sample of this voice.

    The rule for recorded mixtures: every voice of a mixture is a target once; the sample is what
    the same speaker says, in other words, in another mixture of the window.

    The rule for loose utterances: each is a target once, mixed with one of another speaker; both
    are cut to the shorter of the two and at most `longest` seconds; the target is -5 to 5 dB
    above the other, both measured where they are active. The sample is another utterance of the
    target's speaker. The voice in the answer has the mixture's gain, rate, length and timing.
    """

    config = "speech_speaker_extraction"
    several_speakers = True
    requires = frozenset({"voices"})
    alternatives = (frozenset({"clean_speech", "speaker"}),)
    inputs = {"mixture": Kind.AUDIO, "speaker_audio": Kind.AUDIO}
    outputs = {"target_speech": Kind.AUDIO}
    level_range_db: ClassVar[tuple[float, float]] = (-5.0, 5.0)
    longest: ClassVar[float] = 10.0
    shortest: ClassVar[float] = 1.0

    def pairs(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft | Reject]:
        """The instances of recorded mixtures, or of utterances that are mixed here."""
        if window[0].voices is not None:
            return self._of_mixtures(window, rng)
        return self._of_utterances(window, rng)

    def _of_mixtures(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft]:
        by_speaker: dict[str | None, list[tuple[Clip, Stem]]] = defaultdict(list)
        for clip in window:
            for voice in clip.voices or ():
                by_speaker[voice.speaker].append((clip, voice))
        for clip in window:
            for voice in clip.voices or ():
                samples = [
                    (other, sample)
                    for other, sample in by_speaker[voice.speaker]
                    if other is not clip and sample.utterance != voice.utterance
                ]
                if samples:
                    other, sample = rng.choice(samples)
                    slots: dict[str, Value] = {
                        "mixture": clip.audio,
                        "speaker_audio": sample.audio,
                        "target_speech": voice.audio,
                    }
                    yield Draft(slots, (clip,), auxiliary=(other,))

    def _of_utterances(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft | Reject]:
        by_speaker = group_by(window, lambda clip: clip.speaker)
        for clip in window:
            samples = [
                other
                for other in by_speaker[clip.speaker]
                if other is not clip
                and (other.transcript is None or other.transcript != clip.transcript)
            ]
            others = [speaker for speaker in by_speaker if speaker != clip.speaker]
            if samples and others:
                sample = rng.choice(samples)
                masker = rng.choice(by_speaker[rng.choice(others)])
                level_db = round(rng.uniform(*self.level_range_db), 2)
                try:
                    yield self._mixed(clip, masker, sample, level_db)
                except Unusable as error:
                    yield Reject(clip.corpus, clip.id, error.reason, error.detail)

    def _mixed(self, clip: Clip, masker: Clip, sample: Clip, level_db: float) -> Draft:
        target, rate = audible_mono(clip)
        other, _ = mono(Waveform(mono_at(masker, rate)[None], rate), masker.audio.name)
        count = min(target.size, other.size, round(self.longest * rate))
        if count < self.shortest * rate:
            raise Unusable("too-short", f"{count / rate:.2f} s of two voices")
        target, other = target[:count], other[:count]
        if not (target.any() and other.any()):
            raise Unusable("silent-audio", f"the first {count / rate:.2f} s of a voice are silent")
        mixed = mix_sources(target, other, level_db, rate)
        slots: dict[str, Value] = {
            "mixture": Waveform(mixed.mixture[None], rate),
            "speaker_audio": sample.audio,
            "target_speech": Waveform(mixed.target[None], rate),
        }
        genders = [c.gender.value if c.gender else None for c in (clip, masker)]
        simulation = {
            "level_db": level_db,
            "gain": round(mixed.gain, 6),
            "target_gender": genders[0],
            "other_gender": genders[1],
        }
        return Draft(slots, (clip,), (masker, sample), simulation)
