"""Write docs/tasks.md and docs/corpora.md, and the number of corpora into README.md.

Usage: python tools/write_docs.py
"""

from __future__ import annotations

import re
from pathlib import Path

from pages import corpora, tasks

from audio_flan.corpora import corpus_classes, corpus_keys

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
NUMBER = re.compile(r"(?<=each of the )\d+(?= corpora)")
"""The number of corpora, as README.md tells it."""


def main() -> None:
    """Write the files."""
    files = pages()
    readme = README.read_text(encoding="utf-8")
    files[README] = NUMBER.sub(str(len(corpus_keys())), readme)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8", newline="\n")


def pages() -> dict[Path, str]:
    """The pages of docs/ that are written, and their texts."""
    docs = ROOT / "docs"
    written = {"tasks.md": tasks.page(), "corpora.md": corpora.page(corpus_classes())}
    return {docs / name: "\n".join(lines) for name, lines in written.items()}


if __name__ == "__main__":
    main()
