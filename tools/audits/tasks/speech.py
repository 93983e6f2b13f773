"""The answers of the speech tasks, rebuilt from raw annotations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from audits.corpora import Corpora
from audits.facts import Fact, demand
from audits.rows import COMPUTED, Auditor, OneOf, Row, Value
from audits.tasks.annotations import same, single
from audits.tasks.signals import STEP, rest_of, restored, scaled_source, snr
from audits.tasks.spans import joined, written


def described(**slots: str) -> Auditor:
    """An auditor of a task with a description, which may be one of several."""

    def audit(row: Row, corpora: Corpora) -> Mapping[str, Value]:
        told = single(**slots, description="descriptions")(row, corpora)
        return {**told, "description": OneOf(told["description"])}  # type: ignore[arg-type]

    return audit


def zero_shot(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """The prompt is what the same speaker says in other words, and in another emotion."""
    target, prompt = (corpora.fact(clip) for clip in row.clips)
    demand(target["speaker"] == prompt["speaker"], "voice", target["speaker"], prompt["speaker"])
    demand(target["transcript"] != prompt["transcript"], "prompt", "other words", "the same")
    slots: dict[str, Value] = {"text": target["text"]}
    slots |= {"speaker_audio": prompt.audio, "speech": target.audio}
    if row.config == "speech_zero_shot_emotional_tts":
        demand(target["emotion"] != prompt["emotion"], "prompt", "another emotion", "the same")
        slots["emotion"] = target.labels("emotion")
    return slots


def voice_conversion(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """Source and target say the same in one emotion; the prompt is of the target's speaker."""
    target, source, prompt = (corpora.fact(clip) for clip in row.clips)
    for name in ("sentence", "language", "emotion"):
        demand(target[name] == source[name], f"{name} of the source", target[name], source[name])
    demand(target["speaker"] == prompt["speaker"], "voice", target["speaker"], prompt["speaker"])
    demand(target["speaker"] != source["speaker"], "source", "another speaker", "the same")
    demand(target["sentence"] != prompt["sentence"], "prompt", "another sentence", "the same")
    slots = {"source_audio": source.audio, "speaker_audio": prompt.audio}
    return {**slots, "converted_audio": target.audio}


def emotion_conversion(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """Source and target are of one speaker and sentence, in two emotions."""
    target, source = (corpora.fact(clip) for clip in row.clips)
    for name in ("sentence", "language", "speaker"):
        demand(target[name] == source[name], f"{name} of the source", target[name], source[name])
    demand(target["emotion"] != source["emotion"], "source", "another emotion", "the same")
    slots: dict[str, Value] = {"audio": source.audio, "emotion": target.labels("emotion")}
    return {**slots, "converted_audio": target.audio}


def translation(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """Source and target are the same sentence in two languages."""
    source, target = (corpora.fact(clip) for clip in row.clips)
    demand(source["meaning"] == target["meaning"], "meaning", source["meaning"], target["meaning"])
    demand(source["language"] != target["language"], "language", "another one", "the same")
    language = target.labels("language")
    slots: dict[str, Value] = {"audio": source.audio, "target_language": language}
    if row.config == "speech_to_text_translation":
        return {**slots, "translation": target["transcript"]}
    return {**slots, "translated_audio": target.audio}


def diarization(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """Turns of one speaker at most 0.2 s apart are one; speakers are numbered as they appear."""
    fact = corpora.fact(row.clips[0])
    turns = joined(fact["turns"], 0.2, fact.audio.seconds)
    numbers = {speaker: i for i, speaker in enumerate(dict.fromkeys(t[2] for t in turns), 1)}
    named = [(start, end, f"speaker {numbers[speaker]}") for start, end, speaker in turns]
    return {"audio": fact.audio, "turns": written(named)}


def extraction(row: Row, corpora: Corpora) -> Mapping[str, Value]:
    """One voice of a recorded mixture, or of a mixture that was made of two utterances."""
    facts = [corpora.fact(clip) for clip in row.clips]
    if "voices" in facts[0]:
        return voice_of_mixture(row, *facts)
    target, masker, sample = facts
    demand(target["speaker"] == sample["speaker"], "voice", target["speaker"], sample["speaker"])
    demand(target["speaker"] != masker["speaker"], "other voice", "another speaker", "the same")
    voice = scaled_source(row, target, "target_speech")
    rest, rate = rest_of(row, "mixture", voice, "level_db")
    other, other_rate = masker.audio.mono()
    if rate == other_rate:
        other = other[: len(rest)]
        left = rest - other * (rest @ other) / (other @ other)
        demand(bool(np.abs(left).max() < 3 * STEP), "mixture", "both voices", np.abs(left).max())
    slots: dict[str, Value] = {"mixture": COMPUTED, "speaker_audio": sample.audio}
    return {**slots, "target_speech": COMPUTED}


def voice_of_mixture(row: Row, mixture: Fact, other: Fact) -> Mapping[str, Value]:
    """The sample tells the speaker; the table of mixtures tells which file is the voice."""
    given = row.audio["speaker_audio"][1]
    places = [i for i, voice in enumerate(other["voices"]) if voice.read() == given]
    demand(len(places) == 1, "sample", f"a voice of {other.audio.file}", f"{len(places)} voices")
    (place,) = places
    speaker = other["speakers"][place]
    demand(speaker in mixture["speakers"], "speaker", mixture["speakers"], speaker)
    wanted = mixture["speakers"].index(speaker)
    said = mixture["utterances"][wanted], other["utterances"][place]
    demand(said[0] != said[1], "sample", "another utterance", said[1])
    target = owned(mixture["voices"][wanted], mixture)
    sample = owned(other["voices"][place], other)
    return {"mixture": mixture.audio, "speaker_audio": sample, "target_speech": target}


def owned(voice: Any, mixture: Fact) -> Any:
    """A voice whose id is of its mixture."""
    return replace(voice, owner=mixture.audio.owner)


SPEECH_AUDITORS: dict[str, Auditor] = {
    "speech_asr": single(audio="AUDIO", transcript="transcript"),
    "speech_phonetic_recognition": single("phone_notation", audio="AUDIO", phones="phones"),
    "speech_intent_classification": single("intent", audio="AUDIO"),
    "speech_gender_recognition": single("gender", audio="AUDIO"),
    "speech_age_recognition": single("age", audio="AUDIO"),
    "speech_emotion_recognition": single("emotion", audio="AUDIO"),
    "speech_accent_recognition": single("accent", audio="AUDIO"),
    "speech_language_identification": single("language", audio="AUDIO"),
    "speech_caption": described(audio="AUDIO"),
    "speech_tts": single(text="text", speech="AUDIO"),
    "speech_emotional_tts": single("emotion", text="text", speech="AUDIO"),
    "speech_descriptive_synthesis": described(text="text", speech="AUDIO"),
    "speech_zero_shot_tts": zero_shot,
    "speech_zero_shot_emotional_tts": zero_shot,
    "speech_voice_conversion": voice_conversion,
    "speech_emotion_conversion": emotion_conversion,
    "speech_to_text_translation": translation,
    "speech_to_speech_translation": translation,
    "speech_speaker_verification": same("same_speaker", "speaker"),
    "speech_paragraph_recognition": same("same_paragraph", "paragraph", within="speaker"),
    "speech_speaker_diarization": diarization,
    "speech_speaker_extraction": extraction,
    "speech_snr_estimation": snr,
    "speech_denoising": restored("noisy_speech", "denoised_speech"),
    "speech_declipping": restored("clipped_speech", "restored_speech"),
    "speech_bandwidth_extension": restored("narrowband_speech", "wideband_speech"),
}
