"""The rules of the tasks: what a row must say, given the facts of its clips."""

from __future__ import annotations

from audits.rows import Auditor
from audits.tasks.audio import AUDIO_AUDITORS
from audits.tasks.music import MUSIC_AUDITORS
from audits.tasks.speech import SPEECH_AUDITORS

AUDITORS: dict[str, Auditor] = {**SPEECH_AUDITORS, **MUSIC_AUDITORS, **AUDIO_AUDITORS}
"""By the task's config."""
