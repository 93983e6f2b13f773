"""What every contestant of streaming delivers, and how it is timed.

The peers' environment imports this module too: it needs nothing of the library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from benchmarks.measuring import timed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WARM_UP_ROWS = 20
AUDIO_COLUMNS = ("input_audio", "output_audio")
TEXT_COLUMNS = ("instruction", "input", "output")


class Delivery(NamedTuple):
    """A row as a training loop takes it.

    Args:
        instruction, input, output: its texts.
        audio: samples of each of its audios, float32 [channels, n].
    """

    instruction: str
    input: str
    output: str
    audio: list[NDArray[np.float32]]


def take(
    open_rows: Callable[[], Iterable[Delivery]], rows: int, only_check: bool
) -> dict[str, float]:
    """Take the first rows: timed, or for a checksum of their texts and samples.

    Args:
        open_rows: starts a pass over the rows.
        rows: how many to take.
        only_check: whether to give the "checksum", and not to time: "rows", the "samples" in
            them, seconds of "wall" and "CPU" time.
    """
    if only_check:
        return {"checksum": _checksum(islice(open_rows(), rows))}
    for _ in islice(open_rows(), WARM_UP_ROWS):
        pass
    samples = 0

    def read() -> int:
        nonlocal samples
        count = 0
        for delivery in islice(open_rows(), rows):
            count += 1
            samples += sum([audio.shape[1] for audio in delivery.audio])
        return count

    return {**timed(read), "samples": samples}


def _checksum(deliveries: Iterable[Delivery]) -> int:
    checksum = 0
    for *texts, audio in deliveries:
        for text in texts:
            checksum = crc32(text.encode(), checksum)
        for samples in audio:
            checksum = crc32(f"{samples.dtype} {samples.shape}".encode(), checksum)
            checksum = crc32(samples.tobytes(), checksum)
    return checksum
