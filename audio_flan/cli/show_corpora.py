"""What `audio-flan corpora` prints: the corpora, what they serve and where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audio_flan.cli.console import console, print_json


def corpus_list(root: str | None) -> list[dict[str, Any]]:
    """All corpora: what they provide and serve, and what is found of them under a root.

    Raises:
        CorpusLayoutError: there is no such root.
    """
    from audio_flan.corpora import corpus_classes
    from audio_flan.corpora.find import check_root
    from audio_flan.tasks import get_task, task_configs

    if root is not None:
        check_root(root)
    return [
        {
            "key": corpus.key,
            "title": corpus.title,
            "domain": corpus.domain,
            "license": corpus.license,
            "redistributable": corpus.redistributable,
            "languages": list(corpus.languages),
            "provides": sorted(corpus.provides),
            "serves": [c for c in task_configs() if get_task(c).serves(corpus)],
            "folders": [corpus.key, *corpus.folders],
            "recognised_by": list(corpus.recognised_by),
            "homepage": corpus.homepage,
            "download": corpus.download,
            **_found(corpus, root),
        }
        for corpus in corpus_classes()
    ]


def _found(corpus: Any, root: str | None) -> dict[str, Any]:
    """Whether a corpus is under a root; what is missing if it is not."""
    from audio_flan.errors import CorpusLayoutError

    if root is None:
        return {"found": None, "path": None, "missing": None}
    try:
        here = corpus.find(root)
    except CorpusLayoutError as error:
        return {"found": False, "path": None, "missing": str(error)}
    missing = None if here else f"no folder {' or '.join((corpus.key, *corpus.folders))}"
    return {"found": here is not None, "path": here and here.folder.path, "missing": missing}


def show_corpora(corpora: Sequence[dict[str, Any]], as_json: bool) -> None:
    """Print the list of corpora."""
    if as_json:
        print_json(corpora)
        return
    for corpus in corpora:
        console.print(f"[bold]{corpus['key']}[/bold]: {corpus['title']}, {corpus['license']}")
        lines = {
            "found": {None: "", True: corpus["path"], False: "no"}[corpus["found"]],
            "missing": corpus["missing"],
            "provides": ", ".join(corpus["provides"]),
            "serves": ", ".join(corpus["serves"]),
            "get it": f"{corpus['download']} ({corpus['homepage']})",
        }
        for name, text in lines.items():
            if text:
                console.print(f"  {name:<9} {text}", markup=False, soft_wrap=True)
