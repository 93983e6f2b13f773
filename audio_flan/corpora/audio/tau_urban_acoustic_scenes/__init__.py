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

from audio_flan.corpora.read.table import Row, Table
from audio_flan.corpora.rows import Rows
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip

NAME = re.compile(r"audio/(([a-z_]+)-[a-z]+-\d+-\d+-\d-(a|b|c|s\d))\.wav")


def _fold(part: str) -> Table:
    file = f"evaluation_setup/fold1_{part}.csv"
    return Table(file, "\t", ("filename", "scene_label"), header=True)


class TauUrbanAcousticScenes(Rows):
    """Ten urban scenes in ten cities by nine devices; see the module's docstring."""

    tables = {"train": _fold("train"), "test": _fold("evaluate")}

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The city and the number of the place in it."""
        return ("-".join(clip.split("-")[1:3]),)

    def clip(self, row: Row, split: str) -> Clip:
        """The recording of a line."""
        file, scene = row["filename"], row["scene_label"]
        audio = self.folder.audio(file)
        match = NAME.fullmatch(file)
        if match is None:
            raise Unusable("malformed-line", f"{file!r} is not a name of this edition")
        if match[2] != scene:
            raise Unusable("label-mismatch", f"{file} is listed as {scene!r}")
        return self.made(match[1], audio, split, scene=scene, device=match[3])
