"""What nearly every unit of work needs, imported for its own sake: see `processes`."""

import pandas  # noqa: F401  (pyarrow imports it at its first conversion)
import pyarrow.parquet  # noqa: F401

import audio_flan.build.engines.processes  # noqa: F401
from audio_flan.corpora import corpus_classes
from audio_flan.tasks import task_configs

corpus_classes()
task_configs()
