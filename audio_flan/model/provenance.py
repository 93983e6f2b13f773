"""Provenance: the column `other`, from which files a row comes and how it was made."""

from __future__ import annotations

from itertools import chain
from json.encoder import encode_basestring as quote

from audio_flan.media.audio import AudioRef
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft


def _location(audio: AudioRef) -> str:
    """File and stretch as JSON without its braces; composed, as encoding a dict is slow."""
    stretch = "" if audio.start is None else f',"start":{audio.start},"end":{audio.end}'
    channel = "" if audio.channel is None else f',"channel":{audio.channel}'
    return f'"file":{quote(audio.name)}{stretch}{channel}'


def _is_same_file(one: AudioRef, other: AudioRef) -> bool:
    return one.path == other.path and one.member == other.member


def _owner(audio: AudioRef, draft: Draft) -> Clip:
    """The clip whose audio this is, or a stretch of its file, or one of its stems."""
    clips = draft.clips + draft.auxiliary
    whole = (clip for clip in clips if clip.audio == audio)
    stretch = (clip for clip in clips if _is_same_file(clip.audio, audio))
    stem = (c for c in clips if any(_is_same_file(s.audio, audio) for s in c.all_stems))
    return next(chain(whole, stretch, stem))


def _role(clip: Clip, audio: AudioRef) -> str:
    """What an audio is in its clip: the stem, the stretch, or both; empty for all of it."""
    stems = [stem for stem in clip.all_stems if _is_same_file(stem.audio, audio)][:1]
    whole = stems[0].audio if stems else clip.audio
    stretch = f"{round((audio.start or 0) * 1000)}-{round((audio.end or 0) * 1000)}ms"
    return "-".join([stem.role for stem in stems] + [stretch] * (audio != whole))
