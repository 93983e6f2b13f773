"""VCTK: 44,000 utterances of 110 English speakers with many accents, 44 hours, two microphones.

Layout of release 0.92, as VCTK-Corpus-0.92.zip unpacks (it has no folder of its own):

    VCTK-Corpus-0.92/
      speaker-info.txt                ID AGE GENDER ACCENTS REGION COMMENTS, runs of blanks between
      txt/p225/p225_001.txt           one sentence
      wav48_silence_trimmed/log.txt   not read
      wav48_silence_trimmed/p225/p225_001_mic1.flac     16 bits, 48 kHz, mono; 2 to 15 s
      wav48_silence_trimmed/p225/p225_001_mic2.flac     the same by the second microphone

and of release 0.80, as VCTK-Corpus.tar.gz unpacks: VCTK-Corpus/ with wav48/p225/p225_001.wav, and
ids without the p in speaker-info.txt. An id is the speaker (p and three digits, or s5, which only
release 0.92 has), an underscore and the number of the sentence.

Quirks:
- mic1 has low-frequency noise; mic2 has not, but lacks p280 and p315, and p362 lacks some files of
  either: an utterance is read from mic2 where that is there, else from mic1;
- the texts of p315 are lost: its clips have no transcript; for any other speaker, a recording
  without its text is rejected;
- a region may be absent, of several words, or start with a second word of the accent ("Australian
  English Sydney"): the first word is the accent, region and comment are not read;
- the accent of p280 is Unknown, and that of s5 British, which is no class beside English, Scottish
  and Welsh: they have no accent;
- ages are whole years, not groups, and not read.

Splits: the publisher has none; by hash of the speaker. Sentences 001 to 024 are the same text for
all speakers: transcripts of test speakers are also in train.
"""

from __future__ import annotations

import re
from functools import cached_property

from audio_flan.corpora.files import Files
from audio_flan.corpora.read.table import Row, Table
from audio_flan.model.clip import Clip

COLUMNS = ("id", "age", "gender", "accent and region")
SPEAKERS = Table("speaker-info.txt", "", COLUMNS, comment="ID ", open_end=True)
NO_ACCENTS = ("Unknown", "British")


class VCTK(Files):
    """110 speakers of English in many accents; see the module's docstring."""

    trees = ("wav48_silence_trimmed", "wav48")
    pattern = re.compile(
        r"/(?P<speaker>p\d{3}|s5)/(?P<id>(?P=speaker)_\d{3})(?:_mic[12]\.flac|\.wav)$"
    )

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The speaker."""
        return (clip.partition("_")[0],)

    def is_clip(self, file: re.Match[str]) -> bool:
        """The first microphone's file is one where there is none of the second."""
        second = file.string.replace("_mic1.", "_mic2.")
        return file.string == second or not self.folder.has(second)

    def clip(self, file: re.Match[str], split: str) -> Clip:
        """The utterance of a file."""
        id, speaker = file["id"], file["speaker"]
        has_texts = self.folder.has(f"txt/{speaker}")
        gender, accent = self._traits.get(speaker, (None, None))
        return self.made(
            id,
            file.string,
            split,
            transcript=self.text_beside(f"txt/{speaker}/{id}.txt") if has_texts else None,
            speaker=speaker,
            gender=gender,
            accent=accent,
        )

    @cached_property
    def _traits(self) -> dict[str, tuple[str, str]]:
        """Gender and accent by speaker, in the publisher's words; "" for no accent."""
        return {
            f"p{id}" if id.isdigit() else id: (row["gender"], _accent(row))
            for id, row in self.join(SPEAKERS, "id").items()
        }


def _accent(row: Row) -> str:
    accent = row["accent and region"].split()[0]
    return "" if accent in NO_ACCENTS else accent
