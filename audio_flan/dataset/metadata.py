"""The YAML of the dataset card: what `datasets` loads by, and what the Hub filters by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from audio_flan.dataset.figures import EVERYTHING, View
from audio_flan.dataset.row import feature_tree

TASK_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "automatic-speech-recognition": (
        "speech_asr",
        "speech_dialect_asr",
        "speech_phonetic_recognition",
        "speech_to_text_translation",
    ),
    "audio-classification": (
        "speech_intent_classification",
        "speech_gender_recognition",
        "speech_age_recognition",
        "speech_emotion_recognition",
        "speech_accent_recognition",
        "speech_language_identification",
        "speech_dialect_identification",
        "speech_paragraph_recognition",
        "speech_speaker_verification",
        "speech_speaker_identification",
        "speech_deepfake_detection",
        "speech_vocoder_classification",
        "speech_device_recognition",
        "music_key_detection",
        "music_scale_recognition",
        "music_tagging",
        "music_genre_classification",
        "music_emotion_classification",
        "music_pitch_classification",
        "music_instrument_classification",
        "music_vocal_technique_classification",
        "music_instrumental_technique_classification",
        "music_artist_identification",
        "music_beat_level_instrument_recognition",
        "music_tempo_comparison",
        "music_instrument_comparison",
        "music_key_comparison",
        "music_instrumental_technique_comparison",
        "music_emotion_comparison",
        "audio_event_recognition",
        "audio_scene_classification",
        "audio_deepfake_detection",
        "audio_speech_silence_music_noise_classification",
        "audio_speech_nonspeech_detection",
    ),
    "voice-activity-detection": (
        "audio_voice_activity_detection",
        "speech_speaker_diarization",
    ),
    "audio-text-to-text": (
        "speech_caption",
        "speech_snr_estimation",
        "music_beat_tracking",
        "music_chord_estimation",
        "music_progression_extraction",
        "music_beat_level_pitch_estimation",
        "music_caption",
        "music_melody_extraction",
        "audio_event_sequence_recognition",
        "audio_event_detection",
        "audio_caption",
        "audio_event_understanding",
    ),
    "text-to-speech": (
        "speech_tts",
        "speech_zero_shot_tts",
        "speech_emotional_tts",
        "speech_zero_shot_emotional_tts",
        "speech_descriptive_synthesis",
        "speech_spontaneous_tts",
    ),
    "text-to-audio": (
        "music_text_to_music",
        "music_lyrics_to_song",
        "music_singing_voice_synthesis",
        "audio_text_to_audio",
        "audio_time_grounded_generation",
    ),
    "audio-to-audio": (
        "speech_speaker_extraction",
        "speech_denoising",
        "speech_dereverberation",
        "speech_declipping",
        "speech_bandwidth_extension",
        "speech_voice_conversion",
        "speech_emotion_conversion",
        "speech_to_speech_translation",
        "music_source_separation",
        "music_continuation",
        "music_singing_voice_conversion",
        "audio_inpainting",
        "audio_super_resolution",
        "audio_source_separation",
        "audio_label_querying_extraction",
        "audio_audio_querying_extraction",
        "audio_continuation",
    ),
    "translation": ("speech_to_text_translation", "speech_to_speech_translation"),
}
"""The Hub's task categories of each config; the tests hold that every task has one."""

TASK_IDS: Mapping[str, str] = {
    "speech_intent_classification": "audio-intent-classification",
    "speech_emotion_recognition": "audio-emotion-recognition",
    "speech_language_identification": "audio-language-identification",
    "speech_speaker_identification": "speaker-identification",
}
"""The Hub's finer classes, for the configs that they fit."""

TAGS = ("audio", "instruction-tuning", "audio-language-models", "speech", "music", "sound")
"""What the Hub's search finds the dataset by, beyond its task categories."""

SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
)
"""Size categories of the Hub by their upper bound."""


class Quoted(str):
    """A text that YAML puts in quotes, so that no reader takes a name for a number or a boolean."""


def front_matter(
    tasks: Sequence[View], groups: Sequence[View], languages: Collection[str], repo_id: str
) -> str:
    """The card's YAML, without its fences.

    Args:
        tasks: the views of single tasks.
        groups: the views over several.
        languages: BCP 47 codes of the languages of the rows.
        repo_id: where the dataset is, or will be, on the Hub.
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes `Quoted`, and every list in full: other readers need not know of YAML's links."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    Dumper.add_representer(
        Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, '"')
    )
    data = _metadata(tasks, groups, languages, repo_id)
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1000).strip()


def _metadata(
    tasks: Sequence[View], groups: Sequence[View], languages: Collection[str], repo_id: str
) -> dict[str, Any]:
    total = sum(view.total.instances for view in tasks)
    configs = {view.name for view in tasks}
    by_name = {view.name: view for view in tasks}
    task_ids = sorted(id for config, id in TASK_IDS.items() if config in configs)
    return {
        "pretty_name": "Audio-FLAN",
        **_languages(languages),
        "license": "other",
        "license_name": "licences-of-the-sources",
        "license_link": f"https://huggingface.co/datasets/{repo_id}#licences",
        "size_categories": [next((name for bound, name in SIZES if total < bound), "n>1B")],
        "task_categories": [c for c, of in TASK_CATEGORIES.items() if configs.intersection(of)],
        **({"task_ids": task_ids} if task_ids else {}),
        "tags": list(TAGS),
        "configs": [_config(view, by_name) for view in (*tasks, *groups)],
        "dataset_info": [_dataset_info(view) for view in (*tasks, *groups)],
    }


def _languages(codes: Collection[str]) -> dict[str, list[str]]:
    """The languages: the Hub's field has no regions, which go to a field of their own."""
    regional = sorted(code for code in codes if "-" in code)
    languages: dict[str, list[str]] = {
        # Norwegian's "no" is a boolean to YAML.
        "language": [Quoted(code) for code in sorted({code.split("-")[0] for code in codes})]
    }
    return {**languages, "language_bcp47": regional} if regional else languages


def _config(view: View, tasks: Mapping[str, View]) -> dict[str, Any]:
    data_files = [
        {
            "split": Quoted(split),
            "path": [Quoted(f"{c}/{split}-*") for c in view.configs if split in tasks[c].splits],
        }
        for split in view.splits
    ]
    default = {"default": True} if view.name == EVERYTHING else {}
    return {"config_name": Quoted(view.name), **default, "data_files": data_files}


def _dataset_info(view: View) -> dict[str, Any]:
    return {
        "config_name": Quoted(view.name),
        "features": [_yaml_feature(name, tree) for name, tree in feature_tree().items()],
        "splits": [
            {
                "name": Quoted(split),
                "num_bytes": figures.bytes,
                "num_examples": figures.instances,
            }
            for split, figures in view.splits.items()
        ],
        "download_size": view.total.disk_bytes,
        "dataset_size": view.total.bytes,
    }


def _yaml_feature(name: str, tree: Any) -> dict[str, Any]:
    """A feature as cards write it; lists in the form that all versions of `datasets` read."""
    if isinstance(tree, list):
        return {"name": name, "list": tree[0]["dtype"]}
    if "_type" not in tree:
        return {"name": name, "struct": [_yaml_feature(key, value) for key, value in tree.items()]}
    return {"name": name, "dtype": "audio" if tree["_type"] == "Audio" else tree["dtype"]}
