"""A miniature AISHELL-3: four speakers, two utterances each in train and one in test.

Quirks in it: a byte order mark before train/content.txt, comment lines in spk-info.txt, a syllable
with erhua, speakers that are in both splits, a prosody file that only train has.
"""

from __future__ import annotations

from pathlib import Path

from audio_flan.miniatures.bank import Bank, SpeechEntry, samples, write_wav

RATE = 44_100
SPEAKERS = {
    "SSB0005": ("zh_f1", "B", "female", "north"),
    "SSB0009": ("zh_m1", "B", "male", "north"),
    "SSB0011": ("zh_f2", "C", "female", "south"),
    "SSB0016": ("zh_m2", "A", "male", "others"),
}
"""Voice of the bank, age group, gender and accent of each speaker."""
SENTENCES = {"train": (1, 2), "test": (3,)}


def write(folder: Path, bank: Bank) -> None:
    """Write AISHELL-3 into a folder."""
    header = "# AISHELL-3 speaker information\n# speaker\tage group\tgender\taccent\n#\n"
    rows = [f"{id}\t{age}\t{sex}\t{accent}\n" for id, (_, age, sex, accent) in SPEAKERS.items()]
    (folder / "spk-info.txt").write_text(header + "".join(rows), encoding="utf-8")
    for split, numbers in SENTENCES.items():
        lines = [
            _write_utterance(folder / split / "wav", speaker, sentence)
            for speaker, (voice, *_) in SPEAKERS.items()
            for sentence in bank.speech("zh", voice)
            if sentence.sentence in numbers
        ]
        mark = "\ufeff" if split == "train" else ""
        text = mark + "".join(lines)
        (folder / split / "content.txt").write_text(text, encoding="utf-8", newline="")
    prosody = "# prosody labels\n" * 5 + "SSB00050001|tian1 qi4 % hen2 hao3 $|天气% 很好$\n"
    (folder / "train" / "label_train-set.txt").write_text(prosody, encoding="utf-8")


def _write_utterance(wav: Path, speaker: str, sentence: SpeechEntry) -> str:
    """Write a recording; return its line of content.txt."""
    name = f"{speaker}{sentence.sentence:04d}.wav"
    (wav / speaker).mkdir(parents=True, exist_ok=True)
    write_wav(wav / speaker / name, samples(sentence, RATE), RATE)
    pairs = zip(sentence.han, sentence.pinyin, strict=True)
    return f"{name}\t{' '.join(f'{han} {pinyin}' for han, pinyin in pairs)}\n"
