"""What `audio-flan build` prints: instances, hours and rejects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from audio_flan.cli.console import console

if TYPE_CHECKING:
    from audio_flan.dataset.record import UnitRecord


def show_build(out: str, records: Sequence[UnitRecord] | None) -> None:
    """The closing table of a build: instances, hours and rejects of each config and split.

    Args:
        out: folder of the dataset.
        records: the records of its units; None where they run later.
    """
    from audio_flan.generate.tally import Tally

    if records is None:
        console.print(f"submitted; the last job finishes {out}", soft_wrap=True)
        return
    totals: dict[tuple[str, str], Tally] = {}
    for record in records:
        totals.setdefault((record.config, record.split), Tally()).add(record.tally)
    table = Table()
    for name in ("config", "split"):
        table.add_column(name, no_wrap=True)
    for name in ("instances", "audio hours", "clips read"):
        table.add_column(name, justify="right")
    table.add_column("rejected by reason", overflow="fold")
    for (config, split), tally in totals.items():
        if not tally.read:
            continue
        reasons = ", ".join(f"{reason} {n}" for reason, n in tally.rejected.most_common())
        hours = f"{tally.seconds / 3600:.4f}"
        table.add_row(config, split, f"{tally.made:,}", hours, f"{tally.read:,}", reasons or "-")
    console.print(table)
    rejected = sum(tally.rejected.total() for tally in totals.values())
    made = sum(tally.made for tally in totals.values())
    where = f"; {rejected:,} rejects are listed in {out}/.build/rejects.jsonl" if rejected else ""
    console.print(f"{made:,} instances in {out}{where}")
