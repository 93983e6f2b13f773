"""AISHELL-3: Han and pinyin in turn, speakers in a table of their own."""

from cases import Quirk, append, remove, saved_in

TRAIN, SPEAKERS = "train/content.txt", "spk-info.txt"
CLIPS = 12
SAYS = {
    # The byte order mark before the table is no part of this id.
    "SSB00050001": {
        "transcript": "天气很好",
        "phones": "tian1 qi4 hen3 hao3",
        "phone_notation": "pinyin with tone digits",
        "language": "zh",
        "speaker": "SSB0005",
        "gender": "female",
        "age": "14 to 25",
        "accent": "northern",
        "clean_speech": True,
        "split": "train",
        "file": "train/wav/SSB0005/SSB00050001.wav",
    },
    # A syllable with erhua is two characters and one syllable.
    "SSB00050002": {"transcript": "我们早点儿回家", "phones": "wo3 men5 zao3 dianr3 hui2 jia1"},
    # Speakers are in both splits, as published.
    "SSB00050003": {"speaker": "SSB0005", "split": "test"},
    "SSB00090001": {"gender": "male", "age": "14 to 25", "accent": "northern"},
    "SSB00110001": {"gender": "female", "age": "26 to 40", "accent": "southern"},
    "SSB00160001": {"gender": "male", "age": "under 14", "accent": "other"},
}
UNPAIRED = ["天 tian1 气", "天 气", "tian1 天", "天 tian", "天 tian6", "", "  ", "天 tian1 气 qi0"]
UNKNOWN = ["E\tmale\tnorth", "A\trobot\tnorth", "A\tmale\tmoon"]
QUIRKS = [
    Quirk(
        "a copy without the test part has the train part",
        remove("test"),
        gone=("SSB00050003", "SSB00090003", "SSB00110003", "SSB00160003"),
    ),
    Quirk(
        "Han and pinyin that do not take turns are rejected",
        append(TRAIN, *(f"SSB0005001{n}.wav\t{text}" for n, text in enumerate(UNPAIRED))),
        rejects={f"{TRAIN}:{9 + n}": "malformed-line" for n in range(len(UNPAIRED))},
    ),
    Quirk(
        "a speaker without description is rejected",
        append(TRAIN, "SSB99990001.wav\t天 tian1"),
        rejects={f"{TRAIN}:9": "unknown-speaker"},
    ),
    Quirk(
        "a speaker with an unknown label harms nobody", append(SPEAKERS, f"SSB0020\t{UNKNOWN[0]}")
    ),
    *(
        Quirk(
            f"the clips of a speaker with the label {label!r} are rejected",
            lambda folder, label=label: (
                append(SPEAKERS, f"SSB0020\t{label}")(folder),
                append(TRAIN, "SSB00200001.wav\t天 tian1")(folder),
            ),
            rejects={f"{TRAIN}:9": "unknown-label"},
        )
        for label in UNKNOWN
    ),
    Quirk(
        "a garbled line of the speakers is named",
        append(SPEAKERS, "SSB0020 A male"),
        error=r"aishell3 .*spk-info\.txt:8: ",
    ),
    Quirk(
        "a copy saved in GB 18030 is named with its line",
        saved_in("test/content.txt", "gb18030"),
        error=r"test/content\.txt in UTF-8; .* in line 1",
    ),
]
