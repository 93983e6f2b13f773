"""TAU Urban Acoustic Scenes 2022 Mobile, development set: 230,350 seconds of ten urban scenes.

Layout, as the archives …-development.{doc,meta,audio.1 to audio.16}.zip unpack into one folder (or
are read in place):

    TAU-urban-acoustic-scenes-2022-mobile-development/
      evaluation_setup/fold1_train.csv       filename<TAB>scene_label, with header
      evaluation_setup/fold1_evaluate.csv    the same for the test part
      audio/airport-lisbon-1000-40000-0-a.wav    24-bit PCM, 44.1 kHz, mono; 1 s

A file name is scene, city, location, segment, second of the segment (0 to 9) and device.

Quirks:
- the .csv files are separated by tabs;
- fold1_test.csv lists the files of fold1_evaluate.csv without their labels and is not read;
- 61,050 recordings of meta.csv are in neither list; they may be of a location of the other part,
  so they are in no split;
- the evaluation set of 2023 has no labels and is not read.

Splits: the publisher's fold 1, by location; devices s4, s5 and s6 are in the test part only.
"""

from __future__ import annotations

import re

from audio_flan.corpora.contract import TableCorpus
from audio_flan.corpora.read.table import Row, Table
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip

NAME = re.compile(r"audio/([a-z_]+)-([a-z]+)-(\d+)-(\d+)-(\d)-(a|b|c|s\d)\.wav")

SCENES = {
    "airport": "airport",
    "shopping_mall": "shopping mall",
    "metro_station": "metro station",
    "street_pedestrian": "pedestrian street",
    "public_square": "public square",
    "street_traffic": "street with medium traffic",
    "tram": "inside a tram",
    "bus": "inside a bus",
    "metro": "inside a metro train",
    "park": "urban park",
}
DEVICES = ("a", "b", "c", "s1", "s2", "s3", "s4", "s5", "s6")


def _fold(part: str) -> Table:
    file = f"evaluation_setup/fold1_{part}.csv"
    return Table(file, "\t", ("filename", "scene_label"), header=True)


class TauUrbanAcousticScenes(TableCorpus):
    """Ten urban scenes in ten cities by nine devices; see the module's docstring."""

    key = "tau_urban_acoustic_scenes"
    title = "TAU Urban Acoustic Scenes 2022 Mobile, development set"
    domain = "audio"
    license = "LicenseRef-TAU-non-commercial"
    license_conditions = (
        "Tampere University's own: academic, non-commercial use; keep its copyright notice and "
        "acknowledge the source."
    )
    redistributable = False
    commercial = False
    homepage = "https://zenodo.org/records/6337421"
    download = "the meta and audio archives of Zenodo record 6337421, unpacked or as they are"
    citation = (
        "Irene Martín-Morató et al. Low-complexity acoustic scene classification in DCASE 2022 "
        "Challenge. 2022; recordings: Toni Heittola, Annamaria Mesaros, Tuomas Virtanen. Acoustic "
        "scene classification in DCASE 2020 Challenge. arXiv:2005.14623, 2020."
    )
    source = "field recording"
    folders = ("TAU-urban-acoustic-scenes-2022-mobile-development",)
    metadata = ("evaluation_setup/fold1_train.csv", "evaluation_setup/fold1_evaluate.csv")
    provides = frozenset({"scene", "device"})
    labels = {"scene": tuple(SCENES.values()), "device": DEVICES}
    split_rule = "the publisher's fold 1, by location: train, and evaluate as test"
    kept_whole = "location"
    tables = {"train": _fold("train"), "test": _fold("evaluate")}

    @classmethod
    def groups_of(cls, clip: str, file: str) -> tuple[str, ...]:
        """The city and the number of the place in it."""
        return ("-".join(clip.split("-")[1:3]),)

    def clip(self, row: Row, split: str) -> Clip:
        """The recording of a line."""
        file, scene = row.values
        audio = self.folder.audio(file)
        match = NAME.fullmatch(file)
        if match is None:
            raise Unusable("malformed-line", f"{file!r} is not a name of this edition")
        if match[1] != scene:
            raise Unusable("label-mismatch", f"{file} is listed as {scene!r}")
        return Clip(
            id=file.removeprefix("audio/").removesuffix(".wav"),
            corpus=self.key,
            split=split,
            audio=audio,
            scene=self.label("scene", SCENES.get(scene, scene)),
            device=self.label("device", match[6]),
        )
