"""What `audio-flan check` prints: the faults, and what was read."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from audio_flan.check.check import Report
from audio_flan.check.findings import Findings
from audio_flan.cli.console import console


def show_report(report: Report) -> None:
    """Print the first faults of each kind and how many more there are, and what was read."""
    findings = report.findings
    if findings.counts:
        console.print(_table(findings))
    if report.withheld:
        note = f"{report.withheld:,} rows without their audio, as the card says"
        console.print(note, soft_wrap=True)
    decoded = "all" if report.decoded == report.audios else f"{report.decoded:,}"
    read = (
        f"{report.files:,} files, {report.rows:,} rows, {report.audios:,} audios ({decoded} "
        f"decoded), {report.seconds / 3600:.4f} hours"
    )
    faults = f"{findings.counts.total():,} faults" if findings.counts else "no fault"
    console.print(f"{read}: {faults}", soft_wrap=True)


def _table(findings: Findings) -> Table:
    table = Table(show_lines=True)
    table.add_column("fault", no_wrap=True)
    for name in ("file, row", "what was found"):
        table.add_column(name, overflow="fold")
    for kind, count in findings.counts.items():
        shown = [finding for finding in findings.shown if finding.kind == kind]
        for found in shown:
            found_at = f"{found.file}\n{found.uuid}".rstrip()
            table.add_row(kind, escape(found_at), escape(found.detail))
        if count > len(shown):
            table.add_row(kind, "", f"{count - len(shown):,} more")
    return table
