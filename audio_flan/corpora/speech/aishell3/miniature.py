"""A miniature AISHELL-3: four speakers, two utterances each in train and one in test.

Quirks in it: a byte order mark before train/content.txt, comment lines in spk-info.txt, a syllable
with erhua, speakers that are in both splits, a prosody file that only train has.
"""

from __future__ import annotations

from audio_flan.miniatures.stage import Stage

GAIN = 1.0
SPEAKERS = {
    "SSB0005": ("zh_f1", "B", "female", "north"),
    "SSB0009": ("zh_m1", "B", "male", "north"),
    "SSB0011": ("zh_f2", "C", "female", "south"),
    "SSB0016": ("zh_m2", "A", "male", "others"),
}
"""Voice of the bank, age group, gender and accent of each speaker."""
SENTENCES = {"train": (1, 2), "test": (3,)}


def write(stage: Stage) -> None:
    """Lay out AISHELL-3."""
    header = "# AISHELL-3 speaker information\n# speaker\tage group\tgender\taccent\n#\n"
    rows = [f"{id}\t{age}\t{sex}\t{accent}\n" for id, (_, age, sex, accent) in SPEAKERS.items()]
    stage.text("spk-info.txt", header + "".join(rows))
    for split, numbers in SENTENCES.items():
        text = "\ufeff" if split == "train" else ""
        for speaker, (voice, *_) in SPEAKERS.items():
            for said in stage.speech(voice):
                if said.sentence in numbers:
                    name = f"{speaker}{said.sentence:04d}.wav"
                    stage.audio(f"{split}/wav/{speaker}/{name}", said, 44_100)
                    tokens = (f"{h} {p}" for h, p in zip(said.han, said.pinyin, strict=True))
                    text += f"{name}\t{' '.join(tokens)}\n"
        stage.text(f"{split}/content.txt", text)
    prosody = "# prosody labels\n" * 5 + "SSB00050001|tian1 qi4 % hen2 hao3 $|天气% 很好$\n"
    stage.text("train/label_train-set.txt", prosody)
