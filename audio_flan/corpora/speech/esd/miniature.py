"""A miniature ESD in the older layout: two Mandarin and two English speakers, three emotions.

Neutral utterances are recordings of the bank; the other emotions are imitations, the same
recordings played faster and higher. Sentences 1 and 2 evaluate (Mandarin), 21 and 22 test
(English), 51 and 52 train.

Quirks in it: text files in GB 18030, UTF-16 with a byte order mark, UTF-8, and Windows-1252 with
curly quotes; blank lines; blanks instead of tabs; an id with another speaker's number; a recording
without a line.
"""

from __future__ import annotations

from collections.abc import Iterator

from audio_flan.miniatures.stage import Stage

GAIN = 1.0
SPEAKERS = {
    "0001": ("zh_f1", "gb18030"),
    "0006": ("zh_m1", "utf-16-le"),
    "0011": ("en_m1", "utf-8"),
    "0016": ("en_f1", "cp1252"),
}
"""Voice of the bank, and encoding of the text file, of each speaker."""
SENTENCES = {"zh": (51, 1, 2), "en": (51, 52, 21, 22)}
"""The corpus's numbers of the bank's sentences."""
EMOTIONS = {
    "Neutral": ("中立", 0, 1.0),
    "Angry": ("生气", 350, 1.05),
    "Surprise": ("惊喜", 1400, 1.1),
}
"""Chinese name, number before the first utterance, and speed of each emotion."""
WITHOUT_LINE = "0011_001452"
OTHER_SPEAKER = {"0006_000051": "0001_000051"}
BLANKS = ("0011_000021", "0006_000351")


def write(stage: Stage) -> None:
    """Lay out Emotion Speech Dataset."""
    stage.text("ReadMe.txt", "A miniature of ESD with synthesised voices.\n")
    for speaker, (_, encoding) in SPEAKERS.items():
        text = "".join(_write_speaker(stage, speaker))
        stage.text(f"{speaker}/{speaker}.txt", text, encoding)


def _write_speaker(stage: Stage, speaker: str) -> Iterator[str]:
    """Write the recordings of a speaker; yield the pieces of the text file."""
    voice, encoding = SPEAKERS[speaker]
    language = voice[:2]
    yield "\ufeff" if encoding == "utf-16-le" else ""
    for emotion, (chinese, before, speed) in EMOTIONS.items():
        for number, said in zip(SENTENCES[language], stage.speech(voice), strict=True):
            id = f"{speaker}_{before + number:06d}"
            split = "evaluation" if number <= 20 else "test" if number <= 50 else "train"
            stage.audio(f"{speaker}/{emotion}/{split}/{id}.wav", said, 16_000, speed=speed)
            text = _curly(said.text) if encoding == "cp1252" else said.text
            name = chinese if language == "zh" else emotion
            separator = " " if id in BLANKS else "\t"
            if id != WITHOUT_LINE:
                yield separator.join((OTHER_SPEAKER.get(id, id), text, name)) + "\n"
        yield "\n"


def _curly(text: str) -> str:
    """Straight quotes in turn to opening and closing ones."""
    return text.replace('"', "\u201c", 1).replace('"', "\u201d", 1)
