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

from audio_flan.corpora.contract import TableCorpus
from audio_flan.corpora.read.table import BadRow, Row, Table
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.model.clip import Clip

SPEAKERS = Table("spk-info.txt", "\t", ("speaker", "age group", "gender", "accent"), comment="#")
AGES = {"A": "under 14", "B": "14 to 25", "C": "26 to 40", "D": "over 41"}
ACCENTS = {"north": "northern", "south": "southern", "others": "other"}
NOTATION = "pinyin with tone digits"


def _content(split: str) -> Table:
    file, columns = f"{split}/content.txt", ("file", "Han and pinyin")
    return Table(file, "\t", columns, ends_with_newline=True)


class Aishell3(TableCorpus):
    """218 speakers of Mandarin with pinyin; see the module's docstring."""

    key = "aishell3"
    title = "AISHELL-3"
    domain = "speech"
    license = "Apache-2.0"
    redistributable = True
    commercial = True
    homepage = "https://www.openslr.org/93/"
    download = "unpack data_aishell3.tgz of OpenSLR 93 into a folder of this name"
    citation = (
        "Yao Shi, Hui Bu, Xin Xu, Shaoji Zhang, Ming Li. AISHELL-3: A Multi-speaker Mandarin TTS "
        "Corpus and the Baselines. arXiv:2010.11567, 2020."
    )
    languages = ("zh",)
    source = "studio"
    folders = ("data_aishell3", "AISHELL-3")
    flat = True
    metadata = ("train/content.txt", "spk-info.txt")
    provides = frozenset(
        {
            "transcript",
            "language",
            "phones",
            "phone_notation",
            "speaker",
            "gender",
            "age",
            "accent",
            "clean_speech",
        }
    )
    labels = {
        "phone_notation": (NOTATION,),
        "gender": ("female", "male"),
        "age": tuple(AGES.values()),
        "accent": tuple(ACCENTS.values()),
    }
    speakers = 218
    split_rule = "the publisher's train and test; they share 170 of the 218 speakers"
    tables = {split: _content(split) for split in ("train", "test")}

    @cached_property
    def _speakers(self) -> dict[str, tuple[str, str, str]]:
        """Age group, gender and accent of each speaker, as spk-info.txt writes them."""
        speakers = {}
        for row in SPEAKERS.rows(self.folder):
            if isinstance(row, BadRow):
                expected = "four values in each line of spk-info.txt"
                raise CorpusLayoutError(
                    self.key, self.folder.path, expected=expected, found=row.detail
                )
            speaker, age, gender, accent = row.values
            speakers[speaker] = (age.strip(), gender.strip(), accent.strip())
        return speakers

    def clip(self, row: Row, split: str) -> Clip:
        """The utterance of a line."""
        name, content = row.values
        id = name.removesuffix(".wav")
        tokens = content.split()
        han, pinyin = tokens[0::2], tokens[1::2]
        if not han or len(han) != len(pinyin) or not all(p[-1] in "12345" for p in pinyin):
            raise Unusable("malformed-line", f"{name}: Han and pinyin do not take turns")
        speaker = id[:7]
        if speaker not in self._speakers:
            raise Unusable("unknown-speaker", f"{speaker} of {name} is not in spk-info.txt")
        age, gender, accent = self._speakers[speaker]
        return Clip(
            id=id,
            corpus=self.key,
            split=split,
            audio=self.folder.audio(f"{split}/wav/{speaker}/{name}"),
            transcript="".join(han),
            language="zh",
            phones=" ".join(pinyin),
            phone_notation=self.label("phone_notation", NOTATION),
            speaker=speaker,
            gender=self.label("gender", gender),
            age=self.label("age", AGES.get(age, age)),
            accent=self.label("accent", ACCENTS.get(accent, accent)),
            clean_speech=True,
        )
