"""VCTK: two microphones of which one may be absent, two releases, a speaker without texts."""

from pathlib import Path

from cases import Quirk, copy, remove, rename, write

from audio_flan.corpora import corpus_class
from audio_flan.corpora.contract import hash_split
from audio_flan.corpora.speech.vctk.miniature import SPEAKERS

WAV = "wav48_silence_trimmed"
IDS = [f"{speaker}_{number:03d}" for speaker in SPEAKERS for number in (1, 2)]
CLIPS = 18
SAYS = {
    "p225_001": {
        "transcript": '"Come in," said Mr. Green.',
        "language": "en",
        "speaker": "p225",
        "gender": "female",
        "accent": "English",
        "clean_speech": True,
        "split": "train",
        "file": f"{WAV}/p225/p225_001_mic2.flac",
    },
    "p246_001": {"gender": "male", "accent": "Scottish", "split": "validation"},
    "p238_002": {"accent": "Northern Irish", "split": "test"},
    # Without the second microphone, of unknown accent; and without texts.
    "p280_002": {"accent": None, "gender": "female", "file": f"{WAV}/p280/p280_002_mic1.flac"},
    "p315_001": {
        "transcript": None,
        "accent": "American",
        "gender": "male",
        "file": f"{WAV}/p315/p315_001_mic1.flac",
    },
    # The region goes on with the accent, is of two words, is absent.
    "p335_001": {"accent": "New Zealand"},
    "p294_001": {"accent": "American"},
    "s5_001": {"speaker": "s5", "accent": None, "gender": "female", "age": None},
}


def older_release(folder: Path) -> None:
    """Make release 0.80 of a copy: one microphone, ids of speakers without the p."""
    for id in IDS:
        speaker = id.partition("_")[0]
        rename(f"{WAV}/{speaker}/{id}_mic1.flac", f"wav48/{speaker}/{id}.wav")(folder)
    remove(WAV)(folder)
    lines = ["ID  AGE  GENDER  ACCENTS  REGION  "]
    lines += [f"{speaker.removeprefix('p')}  {about}" for speaker, (*_, about) in SPEAKERS.items()]
    write("speaker-info.txt", "\n".join(lines))(folder)


QUIRKS = [
    Quirk(
        "release 0.80 says the same of its wav files",
        older_release,
        says={id: {"file": f"wav48/{id.partition('_')[0]}/{id}.wav"} for id in IDS},
    ),
    Quirk(
        "the first microphone is read where there is no second",
        remove(f"{WAV}/p225/p225_002_mic2.flac"),
        says={"p225_002": {"file": f"{WAV}/p225/p225_002_mic1.flac"}},
    ),
    Quirk(
        "the second microphone is read where there is no first",
        remove(f"{WAV}/p225/p225_002_mic1.flac"),
    ),
    Quirk(
        "a recording without its text is rejected, of a speaker who has texts",
        remove("txt/p238/p238_001.txt"),
        rejects={f"{WAV}/p238/p238_001_mic2.flac": "transcript-missing"},
        gone=("p238_001",),
    ),
    Quirk(
        "a speaker who is in no table has neither gender nor accent",
        write("speaker-info.txt", "p225  23  F    English\n"),
        says={id: {"gender": None, "accent": None} for id in IDS if "p225" not in id},
    ),
    Quirk(
        "runs of blanks in a text are one",
        write("txt/p225/p225_001.txt", " Please  call\tStella. \r\n"),
        says={"p225_001": {"transcript": "Please call Stella."}},
    ),
    Quirk(
        "a file in another's folder is told of",
        copy(f"{WAV}/p225/p225_001_mic1.flac", f"{WAV}/p238/p225_001_mic1.flac"),
        rejects={f"{WAV}/p238/p225_001_mic1.flac": "unknown-file"},
    ),
    Quirk(
        "a garbled line of the speakers is named",
        write("speaker-info.txt", "ID  AGE\np225  23  F\n"),
        error=r"vctk .*speaker-info\.txt:2: ",
    ),
]


NUMBERS = "225-234 236-241 243-288 292-295 297-308 310-318 323 326 329-330 333-336 339-341 343 "
NUMBERS += "345 347 351 360-364 374 376"
"""Of the speakers whose ids start with p."""


def test_the_110_speakers_are_split_as_the_facts_say() -> None:
    ends = [ends.split("-") for ends in NUMBERS.split()]
    speakers = [f"p{n}" for run in ends for n in range(int(run[0]), int(run[-1]) + 1)] + ["s5"]
    facts = corpus_class("vctk").splits
    assert facts.shares is not None
    splits = [hash_split("vctk", speaker, facts.shares, facts.seed) for speaker in speakers]
    counts = [splits.count(split) for split in ("train", "validation", "test")]
    assert facts.rule == "by hash of the speaker: {} train, {} validation, {} test".format(*counts)
