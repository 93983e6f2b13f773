"""AISHELL-3: 88,035 utterances of 218 Mandarin speakers, 86 hours, studio microphone.

Layout, as data_aishell3.tgz unpacks (it has no folder of its own; name one as you like):

    aishell3/
      spk-info.txt            comment lines with #, then speaker, age group A-D, gender, accent
      train/content.txt       SSB00050001.wav, a tab, Han and pinyin tokens in turn
      train/wav/SSB0005/SSB00050001.wav   16-bit PCM, 44.1 kHz, mono; 0.8 to 16 s
      test/content.txt, test/wav/…        the same

An id is the speaker (SSB and four digits) and four digits of the sentence.

Quirks:
- content.txt may start with a byte order mark;
- a syllable with erhua is one pair of two characters and one syllable: 点儿 dianr3;
- spk-info.txt is called spk_info.txt in the readme; the file is right where they disagree;
- the copy on the Hub has all the labels but a part of the recordings;
- train/label_train-set.txt (prosody) and phone_set.txt are not read: no task asks for them.

Splits: the publisher's train and test, which share 170 speakers: unfit for judging unseen speakers.
"""

from __future__ import annotations

from functools import cached_property

from audio_flan.corpora.read.table import Row, Table
from audio_flan.corpora.rows import Rows
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip

SPEAKERS = Table("spk-info.txt", "\t", ("speaker", "age", "gender", "accent"), comment="#")


def _content(split: str) -> Table:
    return Table(f"{split}/content.txt", "\t", ("file", "tokens"), ends_with_newline=True)


class Aishell3(Rows):
    """218 speakers of Mandarin with pinyin; see the module's docstring."""

    tables = {split: _content(split) for split in ("train", "test")}

    @cached_property
    def _speakers(self) -> dict[str, Row]:
        return self.join(SPEAKERS, "speaker")

    def clip(self, row: Row, split: str) -> Clip:
        """The utterance of a line."""
        name, tokens = row["file"], row["tokens"].split()
        han, pinyin, speaker = tokens[0::2], tokens[1::2], name[:7]
        if not han or len(han) != len(pinyin) or not all(p[-1] in "12345" for p in pinyin):
            raise Unusable("malformed-line", f"{name}: Han and pinyin do not take turns")
        if speaker not in self._speakers:
            raise Unusable("unknown-speaker", f"{speaker} of {name} is not in spk-info.txt")
        about = self._speakers[speaker]
        return self.made(
            name.removesuffix(".wav"),
            f"{split}/wav/{speaker}/{name}",
            split,
            transcript="".join(han),
            phones=" ".join(pinyin),
            speaker=speaker,
            **{field: about[field].strip() for field in ("gender", "age", "accent")},
        )
