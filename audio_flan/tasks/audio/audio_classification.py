"""Audio Classification: the kind of a whole clip."""

from __future__ import annotations

from audio_flan.tasks.contract import AnnotationTask


class SoundKindClassification(AnnotationTask):
    """The one kind of sound in a clip: speech, silence, music or noise."""

    config = "audio_speech_silence_music_noise_classification"
    field = "sound_kind"


class SpeechNonspeechDetection(AnnotationTask):
    """Whether anybody speaks in a clip: speech or non-speech."""

    config = "audio_speech_nonspeech_detection"
    field = "speech_presence"
