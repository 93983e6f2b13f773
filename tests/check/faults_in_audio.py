"""Faults of audio, and of what rows have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from injections import Row, gives
from small_dataset import cells, change, change_one, change_other, files, rows

# Audio


@gives(audio_missing=1)
def row_without_audio(out: Path) -> None:
    change_one(out, "speech_asr/test-*", lambda row: row.update(input_audio=None))


@gives(audio_missing=1)
def cell_without_bytes(out: Path) -> None:
    change_one(out, "speech_tts/test-*", lambda row: row["output_audio"].update(bytes=None))


@gives(markers=1, modality=1, seconds=1)
def column_without_its_audio(out: Path) -> None:
    change_one(
        out, "speech_speaker_verification/train-*", lambda row: row.update(input_audio_2=None)
    )


@gives(seconds=1)
def wrong_seconds(out: Path) -> None:
    change_one(out, "speech_asr/test-*", lambda row: row.update(seconds=row["seconds"] + 0.02))


@gives(audio=1, audio_id=1)
def truncated_audio(out: Path) -> None:
    def by(row: Row) -> None:
        row["input_audio"]["bytes"] = row["input_audio"]["bytes"][:-1000]

    change_one(out, "speech_asr/test-*", by)


@gives(audio=1)
def damaged_computed_audio(out: Path) -> None:
    change_one(out, "speech_declipping/test-*", damage)


def damage(row: Row) -> None:
    """Overwrite the middle of the input, which a header does not tell."""
    data = bytearray(row["input_audio"]["bytes"])
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(2000)
    row["input_audio"]["bytes"] = bytes(data)


@gives(extension=1)
def extension_of_another_container(out: Path) -> None:
    def by(row: Row) -> None:
        path = row["input_audio"]["path"].replace(".wav", ".mp3")
        row["input_audio"]["path"] = path

    change_one(out, "speech_asr/test-*", by)


# Across rows


@gives(leak=2)
def leaked_training_audio(out: Path) -> None:
    def of_ljspeech(pattern: str) -> Row:
        found = (row for file in files(out, pattern) for row in rows(file))
        return next(row for row in found if row["corpus"] == "ljspeech")

    train, test = of_ljspeech("speech_asr/train-*"), of_ljspeech("speech_asr/test-*")
    source, target = train["input_audio"], test["input_audio"]

    def by(row: Row) -> bool:
        hit = [cell for cell in cells(row) if cell["path"] == target["path"]]
        for cell in hit:
            cell["bytes"] = source["bytes"]
            row["seconds"] += train["seconds"] - test["seconds"]
        return bool(hit)

    # In recognition and in synthesis.
    assert change(out, "*/test-*", by) == 2


@gives(two_splits=1)
def speaker_in_two_splits(out: Path) -> None:
    found = (row for file in files(out, "speech_asr/train-*") for row in rows(file))
    train = next(row for row in found if row["corpus"] == "fluent_speech_commands")
    folder: list[str] = []
    change_other(train, lambda other: folder.append(other["clips"][0]["file"].rpartition("/")[0]))

    def by(row: Row) -> bool:
        def move(other: dict[str, Any]) -> None:
            clip = other["clips"][0]
            clip["file"] = f"{folder[0]}/{clip['file'].rpartition('/')[2]}"

        return row["corpus"] == "fluent_speech_commands" and change_other(row, move)

    change_one(out, "speech_asr/test-*", by)
