"""The documents that a command writes are those that it would write now."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_flan.tasks import task_configs

TOOLS = Path(__file__).parents[1] / "tools"


def test_the_document_of_the_tasks_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    import write_task_docs

    written = write_task_docs.DOCUMENT.read_text(encoding="utf-8")
    assert written == "\n".join(write_task_docs.document()), "`make docs` writes it anew"
    assert all(f"### `{config}`" in written for config in task_configs())
