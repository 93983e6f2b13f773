"""Rebuild the answers of a built dataset from the raw files of its corpora, and compare.

Usage: python tools/audit_answers.py DATASET CORPORA_ROOT [TASK ...]

The corpora are read here a second time, by other means than the package has (csv, json, re,
soundfile), the wording is read from the template files, and every row must say what follows from
the two: its question, its answer, and the recordings that it carries. It prints a line for each
task and corpus, each row that disagrees, and a total; it ends with 1 if any row disagrees, or if a
task (of those named, else of all that can be audited) has no row.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from audits.audio import AUDIO_AUDITORS
from audits.audio_corpora import AUDIO
from audits.facts import Corpora, Disagreement
from audits.music import MUSIC_AUDITORS
from audits.music_corpora import MUSIC
from audits.rows import Row, check
from audits.speech import SPEECH_AUDITORS
from audits.speech_corpora import SPEECH

AUDITORS = {**SPEECH_AUDITORS, **MUSIC_AUDITORS, **AUDIO_AUDITORS}
BATCH = 64


def main(dataset: str, root: str, *tasks: str) -> int:
    """Audit a dataset; gives the exit code."""
    corpora = Corpora(Path(root), {**SPEECH, **MUSIC, **AUDIO})
    total: Counter[str] = Counter()
    for config in tasks or AUDITORS:
        found: dict[str, Counter[str]] = {}
        for row in rows(Path(dataset), config):
            counts = found.setdefault(row.raw["corpus"], Counter())
            problem = disagreement(row, corpora)
            counts.update(checked=1, agreed=problem is None)
            if problem is not None:
                print(f"DISAGREES {config} {row.raw['corpus']} {row.raw['uuid']}: {problem}")
        for corpus, counts in sorted(found.items()):
            print(f"{config} {corpus}: {counts['checked']} checked, {counts['agreed']} agreed")
            total += counts
        if not found:
            print(f"{config}: no instance")
            total["empty"] += 1
    wrong = total["checked"] - total["agreed"]
    print(
        f"{len(tasks or AUDITORS) - total['empty']} tasks, {total['checked']} instances checked, ",
        end="",
    )
    print(f"{wrong} disagreements; {total['empty']} tasks without an instance")
    return 1 if wrong or total["empty"] else 0


def rows(dataset: Path, config: str) -> Iterator[Row]:
    """The rows of a task, all splits, a few at a time."""
    for file in sorted((dataset / config).glob("**/*.parquet")):
        for batch in pq.ParquetFile(file).iter_batches(batch_size=BATCH):
            for raw in batch.to_pylist():
                yield Row(config, raw)


def disagreement(row: Row, corpora: Corpora) -> str | None:
    """What a row says otherwise than the raw files; None where it agrees."""
    try:
        check(row, AUDITORS[row.config](row, corpora))
    except Disagreement as problem:
        return str(problem)
    except Exception as error:  # An auditor that can not follow a row has found something, too.
        return f"can not be rebuilt: {type(error).__name__}: {error}"
    return None


if __name__ == "__main__":
    if len(sys.argv) < 3 or not set(sys.argv[3:]) <= set(AUDITORS):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
