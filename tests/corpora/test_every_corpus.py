"""What holds for every corpus, on its miniature: a new corpus is tested by existing."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from every_corpus import (
    HEARD,
    contents,
    contents_of_miniature,
    each,
    each_clip,
    every_corpus,
    folder_name,
)

from audio_flan.corpora import corpus_class, corpus_classes
from audio_flan.corpora.contract import Corpus
from audio_flan.corpora.rows import Rows
from audio_flan.errors import Unusable
from audio_flan.media import audio
from audio_flan.model.clip import ANNOTATIONS, Clip, Reject, Span, Stem
from audio_flan.model.instance import audio_id
from audio_flan.model.labels import Labels
from audio_flan.model.languages import language_name
from audio_flan.model.splits import SPLITS
from audio_flan.model.taxonomy import DOMAINS

# The class


@every_corpus
def test_class_says_what_the_corpus_is(key: str) -> None:
    cls = corpus_class(key)
    texts = ("title", "license", "origin", "homepage", "download", "citation")
    for name in texts:
        assert getattr(cls, name).strip(), name
    assert cls.splits.rule.strip()
    assert cls.homepage.startswith("https://")
    assert isinstance(cls.redistributable, bool)
    # An SPDX id, or a reference with its conditions in words.
    assert re.fullmatch(r"[A-Za-z0-9.+-]+", cls.license)
    assert not cls.license.startswith("LicenseRef-") or cls.license_conditions.strip()
    assert all(re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", code) for code in cls.languages)


@every_corpus
def test_module_stands_where_its_key_and_domain_say(key: str) -> None:
    cls = corpus_class(key)
    assert cls.__module__ == f"audio_flan.corpora.{cls.domain}.{cls.key}"
    assert cls.key == key
    assert cls.domain in DOMAINS
    assert cls.recognised_by


@every_corpus
def test_what_it_provides_and_labels_is_in_the_vocabulary(key: str) -> None:
    cls = corpus_class(key)
    assert cls.provides
    assert cls.provides <= ANNOTATIONS
    assert set(cls.labels) <= cls.provides
    for field, labels in cls.labels.items():
        assert len(set(labels)) == len(labels) > 0, field
        assert all(label.strip() == label != "" for label in labels), field


def test_keys_and_folder_names_belong_to_one_corpus_each() -> None:
    names = [
        name for cls in corpus_classes() for name in {n.casefold() for n in (cls.key, *cls.folders)}
    ]
    assert sorted(set(names)) == sorted(names)


# The clips


@every_corpus
def test_every_split_that_it_can_have_yields_clips(corpus: Corpus, real_copy: str | None) -> None:
    found = {split for split in corpus.shards() if any(each_clip(corpus, split))}
    rows = isinstance(corpus, Rows)
    expected = set(filter(corpus.tables_of, SPLITS)) if rows else set(corpus.shards())
    # A real copy may be a part of the corpus.
    assert set() < found <= expected if real_copy else found == expected
    assert found <= set(SPLITS)
    for split in found:
        assert {clip.split for clip in each_clip(corpus, split)} == {split}


@every_corpus
def test_fields_are_filled_where_provided_and_nowhere_else(
    corpus: Corpus, real_copy: str | None
) -> None:
    filled = {
        field
        for clip in each_clip(corpus)
        for field in ANNOTATIONS
        if getattr(clip, field) is not None
    }
    assert filled <= corpus.provides
    if missing := corpus.provides - filled:
        assert real_copy, missing
        warnings.warn(f"{corpus.key}: no clip has {', '.join(sorted(missing))}", stacklevel=1)


@every_corpus
def test_languages_of_clips_are_those_of_the_class_and_have_a_name(corpus: Corpus) -> None:
    found = {clip.language for clip in each_clip(corpus)} - {None}
    assert found <= set(corpus.languages)
    assert all(language_name(code) for code in corpus.languages if "language" in corpus.provides)


@every_corpus
def test_texts_are_neither_empty_nor_padded(corpus: Corpus) -> None:
    for clip in each_clip(corpus):
        for field in ANNOTATIONS:
            value = getattr(clip, field)
            if isinstance(value, str):
                assert value.strip() == value != "", (clip.id, field)


@every_corpus
def test_closed_labels_are_labels_of_the_class(corpus: Corpus) -> None:
    for clip in each_clip(corpus):
        for field in ANNOTATIONS:
            value = getattr(clip, field)
            if field in corpus.labels and value is not None:
                labels = list(labels_of(value))
                assert labels
                assert set(labels) <= set(corpus.labels[field])
                assert not isinstance(value, Labels) or value.options == corpus.labels[field]
            else:
                assert not isinstance(value, Labels), field


def labels_of(value: Labels | tuple[Span | Stem, ...]) -> Iterator[str]:
    """The labels in a field that has a closed set: themselves, of its spans, of its stems."""
    for item in (value,) if isinstance(value, Labels) else value:
        if isinstance(item, Stem):
            yield from item.instrument.values if item.instrument else ()
        else:
            yield from item.values if isinstance(item, Labels) else (item.label,)


@every_corpus
def test_ids_are_unique_over_all_splits_and_fit_for_audio_ids(corpus: Corpus) -> None:
    ids: set[str] = set()
    audio_ids: set[str] = set()
    for clip in each_clip(corpus):
        assert clip.corpus == corpus.key
        assert clip.id not in ids
        assert not re.search(r"[\s/\\|<>]|\.(wav|flac|mp3|ogg)$", clip.id)
        ids.add(clip.id)
        audio_ids.add(audio_id(corpus.key, clip.id))
    assert len(audio_ids) == len(ids) > 0
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", id) for id in audio_ids)


@every_corpus
def test_no_two_splits_share_what_is_kept_whole(corpus: Corpus) -> None:
    assert corpus.splits.group.strip() and set(corpus.splits.sharing) <= set(SPLITS)
    sides: dict[str, str] = {}
    for clip in each_clip(corpus):
        side = corpus.splits.sharing[0] if clip.split in corpus.splits.sharing else clip.split
        groups = corpus.groups(clip.id, clip.audio.name)
        assert groups and all(groups)
        for group in groups:
            assert sides.setdefault(group, side) == side, f"{corpus.splits.group} {group}"


@every_corpus
def test_speakers_that_are_kept_whole_are_those_of_the_clips(corpus: Corpus) -> None:
    for clip in each_clip(corpus) if corpus.splits.group == "speaker" else ():
        speakers = tuple(voice.speaker for voice in clip.voices or ()) or (clip.speaker,)
        assert None in speakers or corpus.groups(clip.id, clip.audio.name) == speakers


@every_corpus
def test_rejects_say_why(corpus: Corpus, real_copy: str | None) -> None:
    counts: Counter[str] = Counter()
    for reject in each(corpus):
        if isinstance(reject, Reject):
            assert reject.corpus == corpus.key and reject.clip and reject.detail
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*", reject.reason)
            counts[reject.reason] += 1
    if counts and real_copy:
        told = ", ".join(f"{reason} {count}" for reason, count in counts.most_common())
        warnings.warn(f"{corpus.key}: rejects: {told}", stacklevel=1)


@every_corpus
def test_audio_decodes_and_is_silent_only_where_it_says_so(
    corpus: Corpus, real_copy: str | None
) -> None:
    for clip in first_that_are_there(corpus) if real_copy else each_clip(corpus):
        wave = audio.waveform(clip.audio)
        # A stretch is rounded to whole samples.
        assert wave.seconds == pytest.approx(audio.duration(clip.audio), abs=1 / wave.rate), clip.id
        assert audio.load(clip.audio, verify=True).seconds == wave.seconds > 0
        if not real_copy:
            assert 0.3 <= wave.seconds <= 15.0, clip.id
            silent = clip.sound_kind is not None and clip.sound_kind.value == "silence"
            assert (np.abs(wave.samples).max() > 0.01) != silent, clip.id


def first_that_are_there(corpus: Corpus) -> list[Clip]:
    """The first clips of each split whose audio a real copy has, which may be a part."""
    found: list[Clip] = []
    for split in corpus.shards():
        found += islice(filter(is_there, each_clip(corpus, split)), HEARD)
    first = next(each_clip(corpus)).audio.name
    assert found, f"no clip has its audio; that of the first would be {first}"
    return found


def is_there(clip: Clip) -> bool:
    try:
        audio.probe(clip.audio)
    except Unusable as error:
        if error.reason == "audio-missing":
            return False
        raise
    return True


# The order


@every_corpus
def test_two_reads_give_equal_clips_in_equal_order(corpus: Corpus, real_copy: str | None) -> None:
    other = type(corpus).open(real_copy or corpus.folder.path)
    for one, again, elsewhere in zip(each(corpus), each(corpus), each(other), strict=True):
        assert one == again == elsewhere


@every_corpus
@pytest.mark.parametrize("backwards", [False, True])
def test_order_does_not_depend_on_the_order_of_files_on_disk(
    key: str, backwards: bool, miniatures: Path, tmp_path: Path
) -> None:
    source = miniatures / folder_name(key)
    for file in sorted(source.rglob("*"), reverse=backwards):
        if file.is_file():
            target = tmp_path / source.name / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    corpus = corpus_class(key).open(str(tmp_path))
    assert contents(corpus) == contents_of_miniature(key, miniatures)
