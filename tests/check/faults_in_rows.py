"""Faults of rows by themselves, their audio apart."""

from __future__ import annotations

from pathlib import Path

from injections import Row, gives
from small_dataset import change, change_one, change_other, files, rows, settle, variation, write

from audio_flan.corpora import corpus_class
from audio_flan.dataset.row import arrow_schema
from audio_flan.model.instance import AUDIO_COLUMNS, marker

FEATURES = [name for name in arrow_schema().names if name not in AUDIO_COLUMNS]


@gives(markers=1)
def foreign_marker(out: Path) -> None:
    def by(row: Row) -> None:
        for name in ("instruction", "input"):
            id = row["input_audio"]["path"].removesuffix(".wav")
            row[name] = row[name].replace(id, "0123456789abcdef0123")

    change_one(out, "speech_asr/test-*", by)


@gives(markers=1)
def two_audios_in_another_order(out: Path) -> None:
    def by(row: Row) -> None:
        row["input_audio"], row["input_audio_2"] = row["input_audio_2"], row["input_audio"]

    change_one(out, "speech_speaker_verification/train-*", by)


@gives(provenance=2, markers=2, seconds=2)
def swapped_audio(out: Path) -> None:
    file = files(out, "speech_asr/train-*")[0]
    first, second, *others = rows(file)
    first["input_audio"], second["input_audio"] = second["input_audio"], first["input_audio"]
    write(file, [first, second, *others])
    settle(out)


@gives(audio_id=2, seconds=2)
def swapped_bytes(out: Path) -> None:
    file = files(out, "speech_asr/train-*")[0]
    first, second, *others = rows(file)
    one, two = first["input_audio"], second["input_audio"]
    one["bytes"], two["bytes"] = two["bytes"], one["bytes"]
    write(file, [first, second, *others])
    settle(out)


@gives(duplicate_uuid=1)
def uuid_of_another_task(out: Path) -> None:
    uuid = rows(files(out, "speech_asr/test-*")[0])[0]["uuid"]
    change_one(out, "speech_tts/test-*", lambda row: row.update(uuid=uuid))


@gives(uuid=1)
def random_uuid(out: Path) -> None:
    uuid = "0b4ba0a4-6f2e-4f43-8f10-7a8a5e0f3c11"
    change_one(out, "speech_tts/test-*", lambda row: row.update(uuid=uuid))


@gives(label=1)
def answer_outside_the_closed_set(out: Path) -> None:
    config = "speech_intent_classification"

    def by(row: Row) -> bool:
        wording = variation(config, row)
        if wording.asked != ("audio",) or wording.output.source != "{{ intent }}":
            return False
        row["output"] = "make a cup of tea"
        return True

    change_one(out, f"{config}/*", by)


@gives(label=1)
def answer_that_is_not_among_the_options(out: Path) -> None:
    config = "speech_intent_classification"

    def by(row: Row) -> bool:
        wording = variation(config, row)
        if "intent_options" not in wording.asked or wording.output.source != "{{ intent }}":
            return False
        question = row["instruction"] + row["input"]
        labels = corpus_class("fluent_speech_commands").labels["intent"]
        others = [label for label in labels if label not in question]
        if others:
            row["output"] = others[0]
        else:
            # All are shown: one of them is taken away.
            for name in ("instruction", "input"):
                row[name] = row[name].replace(f"{row['output']}, ", "", 1)
        return True

    change_one(out, f"{config}/*", by)


@gives(wording=1)
def answer_in_other_words(out: Path) -> None:
    def by(row: Row) -> bool:
        if not variation("speech_asr", row).output.literals:
            return False
        row["output"] = "I hear nothing."
        return True

    change_one(out, "speech_asr/*", by)


@gives(wording=1)
def letter_that_is_no_choice(out: Path) -> None:
    config = "speech_intent_classification"

    def by(row: Row) -> bool:
        if variation(config, row).output.source != "{{ intent_letter }}":
            return False
        # The last choice goes, and becomes the answer.
        for name in ("instruction", "input"):
            kept = (line for line in row[name].split("\n") if not line.startswith("D. "))
            row[name] = "\n".join(kept)
        row["output"] = "D"
        return True

    change_one(out, f"{config}/*", by)


@gives(unknown_variation=1)
def wording_that_is_gone(out: Path) -> None:
    def by(row: Row) -> bool:
        return change_other(row, lambda other: other.update(variation="of-last-year"))

    change_one(out, "speech_asr/test-*", by)


@gives(empty_text=1)
def empty_output(out: Path) -> None:
    change_one(out, "speech_asr/test-*", lambda row: row.update(output=" "))


@gives(empty_text=1)
def empty_input(out: Path) -> None:
    def by(row: Row) -> bool:
        if not variation("speech_tts", row).input.source.strip():
            return False
        row["input"] = ""
        return True

    change_one(out, "speech_tts/*", by)


@gives(null_value=1)
def null_in_a_row(out: Path) -> None:
    change_one(out, "speech_asr/test-*", lambda row: row.update(license=None))


@gives(null_value=len(FEATURES))
def row_of_nulls(out: Path) -> None:
    change_one(out, "speech_asr/test-*", lambda row: row.update(dict.fromkeys(row)))


@gives(null_value=1)
def null_in_a_list(out: Path) -> None:
    change_one(out, "speech_asr/test-*", lambda row: row["task_type"].update(minor=[None]))


@gives(misplaced=1)
def row_of_another_split(out: Path) -> None:
    change_one(out, "speech_asr/test-*", lambda row: row.update(split=["train"]))


@gives(misplaced=2)
def row_of_another_task(out: Path) -> None:
    kind = {"major": ["Speech Generation"], "minor": ["Text to Speech"]}
    change_one(out, "speech_asr/test-*", lambda row: row["task_type"].update(kind))


@gives(misplaced=1)
def held_out_task_in_train(out: Path) -> None:
    change_one(out, "speech_asr/train-*", lambda row: row["task_type"].update(unseen=True))


@gives(modality=1)
def audio_in_the_answer_of_a_question(out: Path) -> None:
    def by(row: Row) -> bool:
        # With words around the answer it would not read any more.
        if variation("speech_asr", row).output.literals:
            return False
        row["output_audio"] = row["input_audio"]
        row["output"] += marker(row["input_audio"]["path"].removesuffix(".wav"))
        row["seconds"] *= 2
        return True

    change_one(out, "speech_asr/*", by)


@gives(modality=1)
def class_of_another_task(out: Path) -> None:
    change_one(
        out, "speech_tts/test-*", lambda row: row["task_type"].update({"U/G": ["understanding"]})
    )


@gives(corpus=1)
def another_licence(out: Path) -> None:
    change_one(out, "speech_asr/test-*", lambda row: row.update(license="MIT"))


@gives(corpus=1, provenance=1)
def unknown_corpus(out: Path) -> None:
    def by(row: Row) -> None:
        row["corpus"] = "ljspeach"
        change_other(row, lambda other: other["clips"][0].update(corpus="ljspeach"))

    # No audio id is of a clip of such a corpus.
    change_one(out, "speech_asr/test-*", by)


@gives(provenance=1)
def provenance_that_is_no_json(out: Path) -> None:
    change_one(out, "speech_asr/test-*", lambda row: row.update(other="from the publisher"))


@gives(provenance=6)
def provenance_of_other_forms(out: Path) -> None:
    texts = [
        "[]",
        "null",
        '{"clips": [], "audio": {}, "variation": "x", "answer": "x", "seed": 0}',
        '{"clips": {"corpus": "ljspeech"}, "audio": {}, "variation": "x", "answer": "x"}',
        '{"clips": [{"corpus": "ljspeech", "id": "\\ud800", "file": "x"}], "audio": {}, '
        '"variation": "x", "answer": "x", "seed": 0}',
        "[" * 100_000,
    ]

    def by(row: Row) -> bool:
        return bool(texts) and (row.update(other=texts.pop()) or True)

    assert change(out, "speech_asr/train-*", by) == 6


@gives(provenance=1)
def provenance_without_clips(out: Path) -> None:
    change_one(
        out, "speech_asr/test-*", lambda row: change_other(row, lambda other: other.pop("clips"))
    )


@gives(provenance=1)
def provenance_of_another_clip(out: Path) -> None:
    def by(row: Row) -> bool:
        return change_other(row, lambda other: other["clips"][0].update(id="LJ001-0099"))

    change_one(out, "speech_asr/train-*", lambda row: row["corpus"] == "ljspeech" and by(row))
