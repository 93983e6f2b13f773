"""A miniature TAU Urban Acoustic Scenes 2022 Mobile: ten scenes over both parts of fold 1.

Quirks in it: tables separated by tabs under .csv names, a list without labels, a recording that is
in no list, a device that only the test part has.
"""

from __future__ import annotations

from audio_flan.miniatures.stage import Stage

GAIN = 1.0
TRAIN_SCENES, UNLISTED = 6, 9
"""The first six scenes train, the tenth is in no list, the others test."""
CITIES = ("lisbon", "vienna", "paris")


def write(stage: Stage) -> None:
    """Lay out TAU-urban-acoustic-scenes-2022-mobile-development."""
    meta: list[tuple[str, ...]] = []
    train: list[tuple[str, ...]] = []
    evaluate: list[tuple[str, ...]] = []
    for index, scene in enumerate(stage.bank.scenes):
        device = "a" if index < TRAIN_SCENES else "s4"
        location = f"{CITIES[index % 3]}-{1000 + index}"
        name = f"audio/{scene.label}-{location}-{40000 + index}-{index}-{device}.wav"
        stage.audio(name, scene, 44_100, subtype="PCM_24")
        meta.append((name, scene.label, location, device))
        if index != UNLISTED:
            (train if index < TRAIN_SCENES else evaluate).append((name, scene.label))
    header = ("filename", "scene_label")
    stage.table("meta.csv", meta, "\t", (*header, "identifier", "source_label"))
    stage.table("evaluation_setup/fold1_train.csv", train, "\t", header)
    stage.table("evaluation_setup/fold1_evaluate.csv", evaluate, "\t", header)
    unlabelled = [(name,) for name, _ in evaluate]
    stage.table("evaluation_setup/fold1_test.csv", unlabelled, "\t", header[:1])
