from __future__ import annotations

import copy
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

from audio_flan.errors import UnknownNameError
from audio_flan.model import taxonomy
from audio_flan.model.taxonomy import load_taxonomy, minor_task, minor_tasks

Raw = dict[str, Any]


@pytest.fixture
def raw() -> Raw:
    """What taxonomy.yaml holds, free to be broken by a test."""
    return copy.deepcopy(taxonomy._read())


def entry(raw: Raw, config: str) -> Raw:
    return next(m for major in raw["majors"] for m in major["minors"] if m["config"] == config)


def test_there_are_80_tasks_in_23_groups_and_3_domains() -> None:
    assert len(minor_tasks()) == 80
    assert len(load_taxonomy()) == 23
    assert list(dict.fromkeys(major.domain for major in load_taxonomy())) == [
        "speech",
        "music",
        "audio",
    ]


def test_totals_per_domain_are_those_of_the_paper() -> None:
    majors = Counter(major.domain for major in load_taxonomy())
    minors = Counter(minor.domain for minor in minor_tasks().values())
    assert majors == {"speech": 8, "music": 7, "audio": 8}
    assert minors == {"speech": 34, "music": 28, "audio": 18}


def test_tasks_come_in_the_order_of_the_paper() -> None:
    configs = list(minor_tasks())
    assert (configs[0], configs[-1]) == ("speech_asr", "audio_continuation")
    assert configs == [minor.config for major in load_taxonomy() for minor in major.minors]


def test_a_task_knows_its_place_and_its_media() -> None:
    task = minor_task("music_source_separation")
    assert (task.minor, task.major) == ("Text-guided Source Separation", "Music Separation")
    assert (task.domain, task.ug) == ("music", "generation")
    assert (task.inputs, task.outputs) == (("audio", "text"), ("audio",))
    assert task.corpora == ("medleyvox", "moisesdb")


def test_two_inputs_of_one_medium_are_two_inputs() -> None:
    task = minor_task("speech_speaker_verification")
    assert (task.inputs, task.outputs) == (("audio", "audio"), ("text",))


def test_optional_facts_are_none_where_there_are_none() -> None:
    assert minor_task("speech_asr").also_called is None
    assert minor_task("speech_asr").note is None
    assert minor_task("speech_zero_shot_tts").also_called == "Voice Cloning"
    assert "Table 3" in (minor_task("speech_spontaneous_tts").note or "")


def test_slugs_are_distinct_identifiers() -> None:
    slugs = {major.major: major.slug for major in load_taxonomy()}
    assert slugs["Global MIR"] == "global_mir"
    assert slugs["Paralinguistic Attribute Recognition"] == "paralinguistic_attribute_recognition"
    assert len(set(slugs.values())) == len(slugs)
    assert all(slug.isidentifier() and slug.islower() for slug in slugs.values())


def test_a_slug_drops_commas() -> None:
    major = load_taxonomy()[0]
    renamed = taxonomy.MajorTask("audio", "Speech, Music and Noise", "", 0, "", "", major.minors)
    assert renamed.slug == "speech_music_and_noise"


def test_no_two_definitions_are_alike() -> None:
    def phrases(text: str) -> set[tuple[str, ...]]:
        words = text.lower().split()
        return set(zip(words, words[1:], words[2:], strict=False))

    sets = {config: phrases(task.definition) for config, task in minor_tasks().items()}
    shared = {
        (a, b): len(sets[a] & sets[b]) / min(len(sets[a]), len(sets[b]))
        for a, b in combinations(sets, 2)
    }
    assert {pair: share for pair, share in shared.items() if share > 0.3} == {}


@pytest.mark.parametrize("config", minor_tasks())
def test_a_definition_is_a_short_instruction(config: str) -> None:
    definition = minor_task(config).definition
    assert 30 <= len(definition.split()) <= 70
    assert definition.startswith("Given ") and definition.endswith(".")
    assert "\n" not in definition


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="speech_asr") as caught:
        minor_task("speech_assr")
    assert "task 'speech_assr'" in str(caught.value)


def test_a_major_task_is_not_a_config() -> None:
    with pytest.raises(UnknownNameError):
        minor_task("Speech Recognition")


def wrong_ug(raw: Raw) -> None:
    entry(raw, "speech_asr")["ug"] = "generation"


def ug_of_the_major(raw: Raw) -> None:
    entry(raw, "speech_snr_estimation")["ug"] = "generation"


def repeated_config(raw: Raw) -> None:
    entry(raw, "speech_dialect_asr")["config"] = "speech_asr"


def short_definition(raw: Raw) -> None:
    task = entry(raw, "music_caption")
    task["definition"] = " ".join(task["definition"].split()[:29])


def unknown_key(raw: Raw) -> None:
    entry(raw, "audio_caption")["alias"] = "captioning"


def missing_key(raw: Raw) -> None:
    del entry(raw, "audio_caption")["modality"]


def foreign_domain(raw: Raw) -> None:
    entry(raw, "audio_inpainting")["config"] = "music_inpainting"


def upper_case(raw: Raw) -> None:
    entry(raw, "speech_tts")["config"] = "speech_TTS"


def bad_modality(raw: Raw) -> None:
    entry(raw, "speech_tts")["modality"] = "text>a"


def two_outputs(raw: Raw) -> None:
    entry(raw, "speech_tts")["modality"] = "t>a+a"


def corpora_not_a_list(raw: Raw) -> None:
    entry(raw, "speech_caption")["corpora"] = "libritts_r"


def corpus_not_a_name(raw: Raw) -> None:
    entry(raw, "speech_caption")["corpora"] = [None]


@pytest.mark.parametrize(
    ("breakage", "config", "problem"),
    [
        (wrong_ug, "speech_asr", "understanding"),
        (ug_of_the_major, "speech_snr_estimation", "understanding"),
        (repeated_config, "speech_asr", "more than once"),
        (short_definition, "music_caption", "found 29"),
        (unknown_key, "audio_caption", "alias"),
        (missing_key, "audio_caption", "modality"),
        (foreign_domain, "music_inpainting", "audio_"),
        (upper_case, "speech_TTS", "lower-case"),
        (bad_modality, "speech_tts", "text>a"),
        (two_outputs, "speech_tts", "t>a\\+a"),
        (corpora_not_a_list, "speech_caption", "corpora"),
        (corpus_not_a_name, "speech_caption", "corpora"),
    ],
)
def test_a_broken_task_is_rejected_by_name(
    raw: Raw, breakage: Callable[[Raw], None], config: str, problem: str
) -> None:
    taxonomy._validate(raw)  # sound before it is broken
    breakage(raw)
    with pytest.raises(ValueError, match=f"^{config}: .*{problem}"):
        taxonomy._validate(raw)


def test_the_number_of_minor_tasks_is_the_papers(raw: Raw) -> None:
    del raw["majors"][0]["minors"][0]
    with pytest.raises(ValueError, match=r"^Speech Recognition: expected 3 minor tasks; found 2"):
        taxonomy._validate(raw)


def test_an_unknown_domain_is_rejected(raw: Raw) -> None:
    raw["majors"][0]["domain"] = "video"
    with pytest.raises(ValueError, match=r"^Speech Recognition: domain 'video'"):
        taxonomy._validate(raw)


def test_a_major_task_cannot_be_lost_or_doubled(raw: Raw) -> None:
    last = raw["majors"].pop()
    with pytest.raises(ValueError, match="22, 77"):
        taxonomy._validate(raw)
    raw["majors"] += [last, last]
    with pytest.raises(ValueError, match="Audio Generation"):
        taxonomy._validate(raw)


@pytest.mark.parametrize("broken", [None, [], {"majors": None}, {"majors": ["speech"]}, {}])
def test_a_file_of_another_shape_is_rejected(broken: object) -> None:
    with pytest.raises(ValueError, match=r"taxonomy|major task"):
        taxonomy._validate(broken)


def test_importing_reads_nothing_and_needs_no_third_party() -> None:
    code = (
        "import sys\n"
        "import audio_flan.model.taxonomy\n"
        "heavy = {'yaml', 'numpy', 'pyarrow', 'datasets'} & set(sys.modules)\n"
        "print(*sorted(heavy))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [], "")
