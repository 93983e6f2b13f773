"""The instance: one row before it becomes Arrow, its ids and its constant fields."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b, sha1
from itertools import chain
from struct import pack, unpack
from typing import Any, NamedTuple
from uuid import UUID

from audio_flan.media.audio import AudioRef, EncodedAudio
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind
from audio_flan.model.taxonomy import minor_tasks

START_OF_AUDIO, END_OF_AUDIO = "<|SOA|>", "<|EOA|>"

MARKER = re.compile(Kind.AUDIO.value)


INPUT_AUDIO_COLUMNS = ("input_audio", "input_audio_2")


OUTPUT_AUDIO_COLUMNS = ("output_audio",)


AUDIO_COLUMNS = INPUT_AUDIO_COLUMNS + OUTPUT_AUDIO_COLUMNS


CLASSES = ("understanding", "generation")
"""The values of the paper's field U/G."""


UUID_NAMESPACE = UUID("2a5bb4d2-6f0e-5b0e-9a53-1c6d0c0f2502")
"""Namespace of the instances' uuids."""


NAMESPACE_HASH = sha1(UUID_NAMESPACE.bytes, usedforsecurity=False)
"""What every uuid's hash begins with."""


VARIANTS = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
"""A hexadecimal digit with its two upper bits set to the variant of RFC 9562."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What all instances of one task, corpus and split have in common.

    Args:
        config, major, minor, domain: place in the taxonomy.
        corpus, license: key and SPDX id of the corpus.
        source: the paper's field, where the audio comes from.
        split: "train", "validation" or "test".
        unseen: whether the task is held out of training.
    """

    config: str
    major: str
    minor: str
    domain: str
    corpus: str
    license: str
    source: tuple[str, ...]
    split: str
    unseen: bool = False


class Instance(NamedTuple):
    """One row before it becomes Arrow, Parquet or JSONL.

    Args:
        uuid, instruction, input, output: as in the paper.
        other: provenance as a JSON text.
        seconds: duration of all its audio.
        audio: (audio id, encoded audio) or None for each of `AUDIO_COLUMNS`.
        origin: the row's constant fields.
    """

    uuid: str
    instruction: str
    input: str
    output: str
    other: str
    seconds: float
    audio: tuple[tuple[str, EncodedAudio] | None, ...]
    origin: Origin

    @property
    def ug(self) -> str:
        """The paper's class: generation if the output is audio, else understanding."""
        return CLASSES[self.audio[-1] is not None]

    @property
    def audio_bytes(self) -> int:
        """Size of all audio of the row."""
        total = 0
        for cell in self.audio:
            if cell:
                total += len(cell[1].data)
        return total

    def row(self) -> dict[str, Any]:
        """The row as a dictionary, in the order of the schema."""
        texts = {
            "uuid": self.uuid,
            "instruction": self.instruction,
            "input": self.input,
            "output": self.output,
        }
        audio = zip(AUDIO_COLUMNS, map(_cell, self.audio), strict=True)
        return {
            **texts,
            **constant_fields(self.origin, self.ug),
            "other": self.other,
            "corpus": self.origin.corpus,
            "license": self.origin.license,
            # As the float32 of the column, so that all styles of loading give equal rows.
            "seconds": unpack("f", pack("f", self.seconds))[0],
            **dict(audio),
        }


def _cell(audio: tuple[str, EncodedAudio] | None) -> dict[str, object] | None:
    return audio and {"bytes": audio[1].data, "path": audio[0] + audio[1].extension}


def constant_fields(origin: Origin, ug: str) -> dict[str, Any]:
    """The paper's fields that all instances of an origin share."""
    return {
        "split": [origin.split],
        "task_type": {
            "major": [origin.major],
            "minor": [origin.minor],
            "U/G": [ug],
            "unseen": origin.unseen,
        },
        "domain": origin.domain,
        "source": list(origin.source),
    }


def instance_uuid(config: str, corpus: str, clips: Sequence[str], ordinal: int) -> str:
    """The name-based uuid (version 5, RFC 9562) of an instance.

    The same as `uuid.uuid5` in a quarter of its time, which counts at a hundred million rows.

    Args:
        config: config name of the task.
        corpus: key of the corpus.
        clips: ids of its clips, in the order of the draft.
        ordinal: its number among the instances of these clips, from 0.
    """
    hashed = NAMESPACE_HASH.copy()
    hashed.update("\x1f".join([config, corpus, *clips, str(ordinal)]).encode())
    hex = hashed.hexdigest()
    return f"{hex[:8]}-{hex[8:12]}-5{hex[13:16]}-{VARIANTS[hex[16]]}{hex[17:20]}-{hex[20:32]}"


to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""A value as compact JSON; one encoder for all rows, as making one costs more than using it."""


def audio_id(corpus: str, clip: str, role: str = "") -> str:
    """The id of one stretch of audio: 20 hexadecimal digits, then its role if it has one.

    Publishers' ids name speakers, scenes and emotions, and stand in the text next to the question:
    ours are a hash of corpus and clip, so that they give no answer away. `other` has the source.

    Args:
        corpus: key of the corpus.
        clip: the publisher's id.
        role: which stretch of the clip, or which slot of which task computed it.
    """
    id = blake2b(f"{corpus}\x1f{clip}".encode(), digest_size=10).hexdigest()
    return f"{id}.{role}" if role else id


def computed_role(config: str, slot: str, ordinal: int) -> str:
    """The role of computed audio, for `audio_id`.

    Args:
        config: config name of the task.
        slot: the slot that the audio fills.
        ordinal: number of the instance among those of its clips, from 0.
    """
    return f"{config}-{slot}" + (f"-{ordinal}" if ordinal else "")


def owner_and_role(audio: AudioRef, draft: Draft) -> tuple[Clip, str]:
    """The clip that source audio belongs to, and its role, for `audio_id`: one id for one content.

    Args:
        audio: audio of one of the draft's clips, a stretch of it, or one of its stems.
        draft: the draft.
    """
    clip = draft.clips[0]
    if audio is clip.audio:
        return clip, ""
    clip = _owner(audio, draft)
    return clip, "" if audio == clip.audio else _role(clip, audio)


def _owner(audio: AudioRef, draft: Draft) -> Clip:
    """The clip whose audio this is, or a stretch of its file, or one of its stems."""
    clips = draft.clips + draft.auxiliary
    whole = (clip for clip in clips if clip.audio == audio)
    stretch = (clip for clip in clips if is_same_file(clip.audio, audio))
    stem = (c for c in clips if any(is_same_file(s.audio, audio) for s in c.all_stems))
    return next(chain(whole, stretch, stem))


def _role(clip: Clip, audio: AudioRef) -> str:
    """What an audio is in its clip: the stem, the stretch, or both; empty for all of it."""
    stems = [stem for stem in clip.all_stems if is_same_file(stem.audio, audio)][:1]
    whole = stems[0].audio if stems else clip.audio
    stretch = f"{round((audio.start or 0) * 1000)}-{round((audio.end or 0) * 1000)}ms"
    return "-".join([stem.role for stem in stems] + [stretch] * (audio != whole))


def is_same_file(one: AudioRef, other: AudioRef) -> bool:
    """Whether two references are to one file, whichever parts of it they mean."""
    return one.path == other.path and one.member == other.member


def marker(id: str) -> str:
    """How an audio stands in the text."""
    return f"{START_OF_AUDIO}{id}{END_OF_AUDIO}"


def ids_in(text: str) -> list[str]:
    """The ids of the audio that a text names, each once, in its order."""
    markers = dict.fromkeys(MARKER.findall(text))
    return [m.removeprefix(START_OF_AUDIO).removesuffix(END_OF_AUDIO) for m in markers]


def is_computed(id: str) -> bool:
    """Whether an audio id is of computed audio: its role starts with the config of a task."""
    return id.partition(".")[2].partition("-")[0] in minor_tasks()
