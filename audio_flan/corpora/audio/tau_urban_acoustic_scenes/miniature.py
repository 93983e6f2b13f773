"""A miniature TAU Urban Acoustic Scenes 2022 Mobile: ten scenes over both parts of fold 1.

Quirks in it: tables separated by tabs under .csv names, a list without labels, a recording that is
in no list, a device that only the test part has.
"""

from __future__ import annotations

from pathlib import Path

from audio_flan.miniatures.bank import Bank, SceneEntry, samples, write_wav

RATE = 44_100
TRAIN_SCENES, UNLISTED = 6, 9
"""The first six scenes train, the tenth is in no list, the others test."""
CITIES = ("lisbon", "vienna", "paris")


def write(folder: Path, bank: Bank) -> None:
    """Write TAU-urban-acoustic-scenes-2022-mobile-development into a folder."""
    (folder / "audio").mkdir()
    (folder / "evaluation_setup").mkdir()
    meta = ["filename\tscene_label\tidentifier\tsource_label\n"]
    train, evaluate = ["filename\tscene_label\n"], ["filename\tscene_label\n"]
    for index, scene in enumerate(bank.scenes):
        device = "a" if index < TRAIN_SCENES else "s4"
        place = f"{CITIES[index % 3]}-{1000 + index}"
        name = f"audio/{scene.label}-{place}-{40000 + index}-{index}-{device}.wav"
        _write_scene(folder / name, scene)
        meta.append(f"{name}\t{scene.label}\t{place}\t{device}\n")
        if index != UNLISTED:
            (train if index < TRAIN_SCENES else evaluate).append(f"{name}\t{scene.label}\n")
    test = [line.split("\t")[0] + "\n" for line in evaluate]
    tables = {
        "meta.csv": meta,
        "evaluation_setup/fold1_train.csv": train,
        "evaluation_setup/fold1_evaluate.csv": evaluate,
        "evaluation_setup/fold1_test.csv": test,
    }
    for name, lines in tables.items():
        (folder / name).write_text("".join(lines), encoding="utf-8", newline="")


def _write_scene(path: Path, scene: SceneEntry) -> None:
    write_wav(path, samples(scene, RATE), RATE, "PCM_24")
