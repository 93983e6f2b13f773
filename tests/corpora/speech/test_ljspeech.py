"""LJ Speech: quotes that are no quoting, headers of mirrors, chapters that stay whole."""

from cases import Quirk, append, prepend

from audio_flan.corpora import corpus_class

CLIPS = 12
SAYS = {
    "LJ001-0001": {
        "transcript": '"Come in," said Mr. Green.',
        "normalized_transcript": '"Come in," said Mr. Green.',
        "language": "en",
        "speaker": "LJ",
        "gender": "female",
        "clean_speech": True,
        "split": "train",
    },
    "LJ001-0002": {"transcript": "The café opens early."},
    "LJ001-0003": {
        "transcript": "We bought 12 apples.",
        "normalized_transcript": "We bought twelve apples.",
    },
    "LJ002-0001": {"split": "validation"},
    "LJ022-0001": {"split": "test", "file": "wavs/LJ022-0001.wav"},
}
QUIRKS = [
    Quirk(
        "a text that opens a quote takes no line with it",
        append(
            "metadata.csv", 'LJ001-0005|"Never closed|"Never closed', "LJ001-0006|and on.|and on."
        ),
        says={
            "LJ001-0005": {"transcript": '"Never closed'},
            "LJ001-0006": {"transcript": "and on."},
        },
    ),
    Quirk("a header of a mirror is no clip", prepend("metadata.csv", "\ufeffid|text|normalized\n")),
    Quirk(
        "lines without text are rejected",
        append("metadata.csv", "LJ001-0005||", "LJ001-0006|  |spoken"),
        rejects={"metadata.csv:13": "empty-transcript", "metadata.csv:14": "empty-transcript"},
    ),
    Quirk(
        "a missing normalized text is the text",
        append("metadata.csv", "LJ001-0005|Plain words.|"),
        says={"LJ001-0005": {"normalized_transcript": "Plain words."}},
    ),
]


def test_the_50_chapters_are_split_as_the_facts_say() -> None:
    corpus = corpus_class("ljspeech")
    shares, seed = corpus.splits.shares, corpus.splits.seed
    assert shares is not None
    from audio_flan.corpora.contract import hash_split

    splits = [hash_split("ljspeech", f"LJ{i:03d}", shares, seed) for i in range(1, 51)]
    assert [splits.count(split) for split in ("train", "validation", "test")] == [46, 2, 2]
    assert corpus.splits.rule == "by hash of the chapter: 46 train, 2 validation, 2 test"
