"""Values of metadata that name a file outside of their corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_flan.errors import Unusable
from audio_flan.media import audio
from audio_flan.model.clip import Clip

SECRET = b"RIFF, and nothing that anybody may read"
OUTSIDE = (
    "../../outside.wav",
    "../../../outside.wav",
    "../../../../outside.wav",
    "..\\..\\outside.wav",
    "{}",
    "file://{}",
    "C:\\outside.wav",
    "x::file://{}",
    "/etc/passwd",
)
"""Values that name a file outside the corpus; {} is its path."""


def check_inside(clip: Clip, folder: Path) -> None:
    """No audio of a clip is outside of its corpus, and none has the secret."""
    for ref in (clip.audio, *(stem.audio for stem in clip.all_stems)):
        assert Path(ref.path).resolve().is_relative_to(folder.resolve()), ref
        if "outside" in ref.name or "passwd" in ref.name:
            with pytest.raises(Unusable):
                audio.load(ref)
