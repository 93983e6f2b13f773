"""Speech Generation: speech that says a given text, in a given voice, emotion, or both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.model.labels import Label
from audio_flan.model.languages import LANGUAGES, language_name
from audio_flan.model.randomness import Rng
from audio_flan.tasks.contract import ClipTask, PairTask
from audio_flan.tasks.pairing import group_by
from audio_flan.tasks.translation import translations


def text_to_say(clip: Clip) -> str:
    """The words of a clip, numbers and abbreviations spelled out where the corpus does so."""
    text = clip.normalized_transcript or clip.transcript
    assert text is not None
    return text


class TextToSpeech(ClipTask):
    """The recording of a text.

    The text is the one with numbers and abbreviations spelled out, where the corpus has both.
    """

    config = "speech_tts"
    requires = frozenset({"transcript"})
    inputs = {"text": Kind.TEXT}
    outputs = {"speech": Kind.AUDIO}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per utterance."""
        yield Draft({"text": text_to_say(clip), "speech": clip.audio}, (clip,))


class EmotionalTextToSpeech(ClipTask):
    """The recording of a text in a given emotion."""

    config = "speech_emotional_tts"
    requires = frozenset({"transcript", "emotion"})
    inputs = {"text": Kind.TEXT, "emotion": Kind.LABEL}
    outputs = {"speech": Kind.AUDIO}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per utterance."""
        assert clip.emotion is not None
        slots: dict[str, Value] = {
            "text": text_to_say(clip),
            "emotion": clip.emotion,
            "speech": clip.audio,
        }
        yield Draft(slots, (clip,))


class DescriptiveSpeechSynthesis(ClipTask):
    """The recording of a text whose manner is described in words."""

    config = "speech_descriptive_synthesis"
    requires = frozenset({"transcript", "description"})
    inputs = {"text": Kind.TEXT, "description": Kind.TEXT}
    outputs = {"speech": Kind.AUDIO}

    def drafts(self, clip: Clip, rng: Rng) -> Iterator[Draft]:
        """One instance per utterance."""
        assert clip.description is not None
        slots: dict[str, Value] = {
            "text": text_to_say(clip),
            "description": clip.description,
            "speech": clip.audio,
        }
        yield Draft(slots, (clip,))


class ZeroShotTextToSpeech(PairTask):
    """The recording of a text in the voice of another recording.

    The rule of the prompt: another utterance of the same speaker, with other words, drawn from the
    window; every utterance of a speaker with two different texts is a target once.
    """

    config = "speech_zero_shot_tts"
    requires = frozenset({"transcript", "speaker"})
    inputs = {"text": Kind.TEXT, "speaker_audio": Kind.AUDIO}
    outputs = {"speech": Kind.AUDIO}

    def pairs(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft]:
        """An instance for each utterance whose speaker says something else as well."""
        by_speaker = group_by(window, lambda clip: clip.speaker)
        for clip in window:
            prompts = [c for c in by_speaker[clip.speaker] if c.transcript != clip.transcript]
            if prompts:
                prompt = rng.choice(prompts)
                slots: dict[str, Value] = {
                    "text": text_to_say(clip),
                    "speaker_audio": prompt.audio,
                    "speech": clip.audio,
                }
                yield Draft(slots, (clip,), auxiliary=(prompt,))


class ZeroShotEmotionalTextToSpeech(PairTask):
    """The recording of a text in a given emotion, in the voice of another recording.

    The rule of the prompt: another utterance of the same speaker, with other words and in another
    emotion, so that the emotion can only come from the instruction.
    """

    config = "speech_zero_shot_emotional_tts"
    requires = frozenset({"transcript", "speaker", "emotion"})
    inputs = {"text": Kind.TEXT, "emotion": Kind.LABEL, "speaker_audio": Kind.AUDIO}
    outputs = {"speech": Kind.AUDIO}

    def pairs(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft]:
        """An instance for each utterance whose speaker says something else in another emotion."""
        by_speaker = group_by(window, lambda clip: clip.speaker)
        for clip in window:
            prompts = [
                other
                for other in by_speaker[clip.speaker]
                if other.transcript != clip.transcript and other.emotion != clip.emotion
            ]
            if prompts and clip.emotion:
                prompt = rng.choice(prompts)
                slots: dict[str, Value] = {
                    "text": text_to_say(clip),
                    "emotion": clip.emotion,
                    "speaker_audio": prompt.audio,
                    "speech": clip.audio,
                }
                yield Draft(slots, (clip,), auxiliary=(prompt,))


class VoiceConversion(PairTask):
    """The words of one recording in the voice of another.

    The rule: source and target say the same sentence in the same language and emotion, by two
    speakers; the voice is given by another sentence of the target's speaker. Every utterance is a
    target once, its source drawn from the window.
    """

    config = "speech_voice_conversion"
    requires = frozenset({"sentence", "speaker"})
    inputs = {"source_audio": Kind.AUDIO, "speaker_audio": Kind.AUDIO}
    outputs = {"converted_audio": Kind.AUDIO}

    def pairs(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft]:
        """An instance for each utterance that others say as well."""
        by_sentence = group_by(window, _words_and_emotion)
        by_speaker = group_by(window, lambda clip: clip.speaker)
        for clip in window:
            sources = [
                c for c in by_sentence[_words_and_emotion(clip)] if c.speaker != clip.speaker
            ]
            prompts = [c for c in by_speaker[clip.speaker] if c.sentence != clip.sentence]
            if sources and prompts:
                source, prompt = rng.choice(sources), rng.choice(prompts)
                slots: dict[str, Value] = {
                    "source_audio": source.audio,
                    "speaker_audio": prompt.audio,
                    "converted_audio": clip.audio,
                }
                yield Draft(slots, (clip,), auxiliary=(source, prompt))


def _words_and_emotion(clip: Clip) -> str:
    return f"{clip.language}/{clip.sentence}/{clip.emotion.value if clip.emotion else ''}"


class EmotionConversion(PairTask):
    """A recording said again by its speaker, in another emotion.

    The rule: source and target are of one speaker and say the same sentence, in two emotions; every
    utterance is a target once, its source drawn from the window.
    """

    config = "speech_emotion_conversion"
    requires = frozenset({"sentence", "speaker", "emotion"})
    inputs = {"audio": Kind.AUDIO, "emotion": Kind.LABEL}
    outputs = {"converted_audio": Kind.AUDIO}

    def pairs(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft]:
        """An instance for each utterance that its speaker says in another emotion as well."""
        groups = group_by(window, lambda clip: f"{clip.speaker}/{clip.language}/{clip.sentence}")
        for clip in window:
            same_words = groups[f"{clip.speaker}/{clip.language}/{clip.sentence}"]
            sources = [other for other in same_words if other.emotion != clip.emotion]
            if sources and clip.emotion:
                source = rng.choice(sources)
                slots: dict[str, Value] = {
                    "audio": source.audio,
                    "emotion": clip.emotion,
                    "converted_audio": clip.audio,
                }
                yield Draft(slots, (clip,), auxiliary=(source,))


class SpeechToSpeechTranslation(PairTask):
    """What is said, spoken in another language.

    The rule: the target language is drawn from those in which the window has the same sentence,
    then one of its recordings; the voice need not be the same. Every utterance is a source once.
    """

    config = "speech_to_speech_translation"
    requires = frozenset({"meaning", "language"})
    inputs = {"audio": Kind.AUDIO, "target_language": Kind.LABEL}
    outputs = {"translated_audio": Kind.AUDIO}
    labels = {"target_language": tuple(LANGUAGES.values())}

    def pairs(self, window: Sequence[Clip], rng: Rng) -> Iterator[Draft]:
        """An instance for each utterance that the window has in another language."""
        for source, target in translations(window, rng):
            assert target.language is not None
            language = Label(language_name(target.language), self.labels["target_language"])
            slots: dict[str, Value] = {
                "audio": source.audio,
                "target_language": language,
                "translated_audio": target.audio,
            }
            yield Draft(slots, (source,), auxiliary=(target,))
