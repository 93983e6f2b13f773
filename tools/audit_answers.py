"""Rebuild the answers of a built dataset from the raw files of its corpora, and compare.

Usage: python tools/audit_answers.py DATASET CORPORA_ROOT [TASK ...]

The corpora are read here a second time, by other means than the package has (csv, json, re,
soundfile), the wording is read from the template files, and every row must say what follows from
the two: its question, its answer, and the recordings that it carries. It prints a line for each
task and corpus, each row that disagrees, what it cannot audit because no file in tools/audits reads
the corpus, and a total. It ends with 1 if any row disagrees, or if a task (of those named, else of
all that can be audited) has no row.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from audits.corpora import Corpora, NotAudited
from audits.facts import Disagreement
from audits.rows import Row, check
from audits.tasks import AUDITORS

BATCH = 64


def main(dataset: str, root: str, *tasks: str) -> int:
    """Audit a dataset; gives the exit code."""
    corpora = Corpora(Path(root).absolute())
    total: Counter[str] = Counter()
    not_audited: Counter[str] = Counter()
    for config in tasks or AUDITORS:
        found = audit(Path(dataset), config, corpora, not_audited)
        for corpus, counts in sorted(found.items()):
            print(f"{config} {corpus}: {counts['checked']} checked, {counts['agreed']} agreed")
            total += counts
        if not found:
            print(f"{config}: no instance was checked")
            total["empty"] += 1
    for corpus, count in sorted(not_audited.items()):
        print(f"not audited: {count} instances that need {corpus}, which no file in audits/ reads")
    wrong = total["checked"] - total["agreed"]
    print(
        f"{len(tasks or AUDITORS) - total['empty']} tasks, {total['checked']} instances checked, "
        f"{wrong} disagreements; {total['empty']} tasks without an instance; "
        f"{not_audited.total()} instances not audited"
    )
    return 1 if wrong or total["empty"] else 0


def audit(
    dataset: Path, config: str, corpora: Corpora, not_audited: Counter[str]
) -> dict[str, Counter[str]]:
    """Check the rows of a task, and print those that disagree.

    Args:
        dataset: the folder of the dataset.
        config: of the task.
        corpora: what the raw files say.
        not_audited: rows that could not be checked, by the corpus that is not read; added to.

    Returns:
        How many rows were checked and how many agreed, by corpus.
    """
    found: dict[str, Counter[str]] = {}
    for row in rows(dataset, config):
        corpus = row.raw["corpus"]
        try:
            problem = disagreement(row, corpora)
        except NotAudited as missing:
            not_audited[missing.corpus] += 1
            continue
        found.setdefault(corpus, Counter()).update(checked=1, agreed=problem is None)
        if problem is not None:
            print(f"DISAGREES {config} {corpus} {row.raw['uuid']}: {problem}")
    return found


def rows(dataset: Path, config: str) -> Iterator[Row]:
    """The rows of a task, all splits, a few at a time."""
    for file in sorted((dataset / config).glob("**/*.parquet")):
        for batch in pq.ParquetFile(file).iter_batches(batch_size=BATCH):
            for raw in batch.to_pylist():
                yield Row(config, raw)


def disagreement(row: Row, corpora: Corpora) -> str | None:
    """What a row says otherwise than the raw files; None where it agrees.

    Raises:
        NotAudited: no file reads a corpus that the row needs.
    """
    try:
        check(row, AUDITORS[row.config](row, corpora))
    except NotAudited:
        raise
    except Disagreement as problem:
        return str(problem)
    except Exception as error:  # An auditor that cannot follow a row has found something, too.
        return f"cannot be rebuilt: {type(error).__name__}: {error}"
    return None


if __name__ == "__main__":
    if len(sys.argv) < 3 or not set(sys.argv[3:]) <= set(AUDITORS):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
