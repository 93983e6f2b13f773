"""What `audio-flan push` prints: what it will send, and what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from audio_flan.cli.console import console

if TYPE_CHECKING:
    from audio_flan.hub.push import Destination, PushResult
    from audio_flan.hub.upload import Upload


def show_upload(upload: Upload, to: Destination) -> None:
    """What a push will send: files and bytes of each config, and where they go."""
    sizes: dict[str, list[int]] = {}
    for name, size in upload.files.items():
        sizes.setdefault(name.split("/")[0], []).append(size)
    table = Table("config")
    for column in ("files", "bytes"):
        table.add_column(column, justify="right")
    for config, files in sizes.items():
        table.add_row(config, str(len(files)), f"{sum(files):,}")
    console.print(table)
    branch = "a pull request" if to.create_pr else to.revision or "main"
    private = "private" if to.private else "public if it is new"
    total = (
        f"{len(upload.files)} Parquet files of {sum(upload.files.values()):,} bytes and the card"
    )
    console.print(f"to send: {total}, to {to.repo_id} ({branch}; {private})", soft_wrap=True)
    if upload.withheld:
        console.print(f"{upload.withheld:,} rows are sent without their audio", soft_wrap=True)


def show_push(result: PushResult | None) -> None:
    """What a push did; None for a dry run."""
    if result is None:
        console.print("nothing was sent (dry run)")
        return
    counts = f"{result.sent} files sent, {result.unchanged} unchanged, {result.removed} removed"
    console.print(f"{counts}: {result.url}", soft_wrap=True)
    if result.unlisted:
        names = ", ".join(result.unlisted)
        console.print(f"also in the repository, but not on the new card: {names}", soft_wrap=True)
