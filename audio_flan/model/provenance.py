"""Provenance: the column `other`, which tells the files a row comes from and how it was made.

This module alone writes and reads the column. It is JSON without blanks:

    clips       corpus, id and file of each source clip, the main clip first; where only a part of
                the file is meant, its start and end in seconds, and the channel
    parts       by slot: file, start, end and channel, where one clip gives several audios
    audio       the slot that each audio column holds
    variation   id of the wording
    answer      id of the answer format
    seed        seed of all draws
    simulation  what was simulated, with its parameters
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from json.encoder import encode_basestring as quote
from typing import TYPE_CHECKING, Any, NamedTuple

from audio_flan.model.instance import is_same_file, to_json

if TYPE_CHECKING:
    from audio_flan.media.audio import AudioRef
    from audio_flan.model.clip import Clip
    from audio_flan.model.draft import Draft

# Quotes inside ids and file names are escaped in JSON, so no text of a publisher can match.
CORPUS = r'"corpus":\s*"({})"'
"""How the column names the corpus of a clip."""

ANY_CORPUS = re.compile(CORPUS.format(r"\w+"))


class Stretch(NamedTuple):
    """An audio file of a corpus, or a part of it.

    Args:
        file: path inside the corpus.
        start, end: seconds; None for the whole file.
        channel: the only channel that is meant, from 0; None for all.
    """

    file: str
    start: float | None = None
    end: float | None = None
    channel: int | None = None


class ProvenanceClip(NamedTuple):
    """A source clip of a row.

    Args:
        corpus, id: key of the corpus, and the publisher's id.
        stretch: its audio.
    """

    corpus: str
    id: str
    stretch: Stretch


@dataclass(frozen=True)
class Wording:
    """How a row is worded; all rows of a variation share it.

    Args:
        audio: slot of each audio column.
        variation, answer: ids of the wording and of the answer format.
        seed: seed of the build.
    """

    audio: Mapping[str, str]
    variation: str
    answer: str
    seed: int

    @cached_property
    def json(self) -> str:
        """Its fields as JSON without the braces, encoded once."""
        names = ("audio", "variation", "answer", "seed")
        return to_json({name: getattr(self, name) for name in names})[1:-1]


class Provenance(NamedTuple):
    """What the column says.

    Args:
        clips: the source clips, the main clip first.
        wording: how the row is worded.
        parts: audio of each slot that has one of several audios of a clip.
        simulation: what was simulated, with its parameters; empty for nothing.
    """

    clips: tuple[ProvenanceClip, ...]
    wording: Wording
    parts: Mapping[str, Stretch]
    simulation: Mapping[str, Any]


def write(draft: Draft, used: Mapping[str, tuple[Clip, AudioRef]], wording: Wording) -> str:
    """The column of a row; composed, because encoding a dictionary is slow.

    Args:
        draft: what the row is made of.
        used: for each slot that holds source audio, the clip it belongs to and the audio.
        wording: how the row is worded.
    """
    clips, parts = [], []
    for clip in draft.clips + draft.auxiliary:
        slots = [slot for slot, (owner, _) in used.items() if owner is clip]
        audio = clip.audio
        if len(slots) == 1 and is_same_file(used[slots[0]][1], audio):
            audio = used[slots[0]][1]
        else:
            parts += [f"{quote(slot)}:{{{_stretch_json(used[slot][1])}}}" for slot in slots]
        corpus, id = quote(clip.corpus), quote(clip.id)
        clips.append(f'{{"corpus":{corpus},"id":{id},{_stretch_json(audio)}}}')
    stretches = f',"parts":{{{",".join(parts)}}}' if parts else ""
    simulation = f',"simulation":{to_json(draft.simulation)}' if draft.simulation else ""
    return f'{{"clips":[{",".join(clips)}]{stretches},{wording.json}{simulation}}}'


def _stretch_json(audio: AudioRef) -> str:
    """File, stretch and channel as JSON without the braces."""
    stretch = "" if audio.start is None else f',"start":{audio.start},"end":{audio.end}'
    channel = "" if audio.channel is None else f',"channel":{audio.channel}'
    return f'"file":{quote(audio.name)}{stretch}{channel}'


def read(text: str) -> Provenance:
    """Read the column; the inverse of `write`.

    Raises:
        ValueError: it is no JSON, or lacks a field, or has one of another form.
    """
    try:
        tree = json.loads(text)
        provenance = Provenance(
            clips=tuple(
                ProvenanceClip(clip["corpus"], clip["id"], _stretch(clip)) for clip in tree["clips"]
            ),
            wording=Wording(tree["audio"], tree["variation"], tree["answer"], tree["seed"]),
            parts={slot: _stretch(part) for slot, part in tree.get("parts", {}).items()},
            simulation=tree.get("simulation", {}),
        )
    except KeyError as error:
        raise ValueError(f"no {error.args[0]}") from None
    except RecursionError:
        raise ValueError(f"nested too deeply: {text[:80]}") from None
    except (AttributeError, TypeError):
        raise ValueError(f"of another form: {str(text)[:80]}") from None
    for problem in _problems(provenance):
        raise ValueError(f"{problem}: {text[:80]}")
    return provenance


def _stretch(tree: Mapping[str, Any]) -> Stretch:
    return Stretch(tree["file"], tree.get("start"), tree.get("end"), tree.get("channel"))


def _problems(provenance: Provenance) -> Iterator[str]:
    """What is wrong with the values of a provenance."""
    clips, wording, parts, simulation = provenance
    stretches = [*(clip.stretch for clip in clips), *parts.values()]
    texts = [text for clip in clips for text in (clip.corpus, clip.id)]
    texts += [*(stretch.file for stretch in stretches), wording.variation, wording.answer]
    if not clips or not all(isinstance(text, str) and text for text in texts):
        yield "a clip, or the wording, has no name"
        return
    # JSON can hold a lone surrogate, which is no text.
    "".join(texts).encode()
    if not isinstance(wording.audio, dict) or not isinstance(wording.seed, int):
        yield "audio is no mapping, or seed no number"
    elif not all(isinstance(slot, str) for slot in wording.audio.values()):
        yield "audio names no slot"
    if not all(map(_is_stretch, stretches)):
        yield "a stretch has no start and end, or no channel"
    if not isinstance(simulation, dict):
        yield "simulation is no mapping"


def _is_stretch(stretch: Stretch) -> bool:
    """Whether the times and the channel of a stretch are such."""
    _, start, end, channel = stretch
    if channel is not None and not (isinstance(channel, int) and channel >= 0):
        return False
    if start is None or end is None:
        return start is end
    return isinstance(start, int | float) and isinstance(end, int | float) and 0 <= start < end


def corpora_in(text: str) -> list[str]:
    """Keys of the corpora of all clips that the column of a row names; nothing else is read."""
    found: list[str] = ANY_CORPUS.findall(text)
    return found


def pattern_of(corpora: Iterable[str]) -> str:
    """The regular expression that finds the columns that name any of some corpora, by key."""
    return CORPUS.format("|".join(corpora))
