"""TAU Urban Acoustic Scenes 2022 Mobile: ten scenes of European cities."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audits.facts import Fact, sound, table

FOLDERS = ("TAU-urban-acoustic-scenes-2022-mobile-development",)
SCENES = {"metro": "inside a metro train", "bus": "inside a bus", "tram": "inside a tram"}
SCENES |= {"park": "urban park", "street_traffic": "street with medium traffic"}
SCENES |= {"street_pedestrian": "pedestrian street"}


def facts(folder: Path) -> Iterator[Fact]:
    """Two lists of files and scenes, separated by tabs."""
    for part in ("train", "evaluate"):
        for name, scene in table(folder / f"evaluation_setup/fold1_{part}.csv", "\t")[1:]:
            said = SCENES.get(scene, scene.replace("_", " "))
            yield Fact(Path(name).stem, sound(folder, name), scene=said)
