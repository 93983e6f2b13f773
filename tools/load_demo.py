"""Load a built dataset back by `datasets.load_dataset`, in map style and streaming.

Usage: python tools/load_demo.py DATASET_FOLDER [CONFIG]
"""

from __future__ import annotations

import sys
import tempfile

from datasets import Audio, disable_progress_bars, load_dataset

import audio_flan
from audio_flan.model.instance import AUDIO_COLUMNS


def main(folder: str, config: str = "speech_asr") -> None:
    """Compare the rows of the two styles and decode the audio of each."""
    disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        for split, rows in load_dataset(folder, config, cache_dir=cache).items():
            for column in AUDIO_COLUMNS:
                rows = rows.cast_column(column, Audio(decode=False))
            streamed = load_dataset(folder, config, split=split, streaming=True).decode(False)
            count, seconds = 0, 0.0
            for row, other in zip(rows, streamed, strict=True):
                if row != other:
                    raise SystemExit(f"row {row['uuid']} differs between map style and streaming")
                cells = [row[column] for column in AUDIO_COLUMNS if row[column]]
                for samples, rate in map(audio_flan.decode, cells):
                    seconds += samples.shape[1] / rate
                count += 1
            print(f"{config} {split}: {count} rows, {seconds:.1f} s of audio, alike in both styles")


if __name__ == "__main__":
    main(*sys.argv[1:])
