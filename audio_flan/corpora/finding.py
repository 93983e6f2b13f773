"""Finding the corpora under a root: which are there, and a clear word where none is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from audio_flan.corpora import corpus_class, corpus_classes
from audio_flan.corpora.base import Corpus
from audio_flan.errors import CorpusLayoutError
from audio_flan.storage import exists, list_folder


def find_corpora(
    root: str | None, corpora: Sequence[str] | Mapping[str, str | None] | None = None
) -> list[Corpus]:
    """The corpora to work on.

    Args:
        root: local folder, zip archive or fsspec URL that holds one folder for each corpus, named
            by its key or by the name that the publisher's archive unpacks to.
        corpora: keys to keep, or a mapping of keys to their own places (None: under the root);
            None for all that are found.

    Returns:
        At least one corpus, by domain and key.

    Raises:
        UnknownNameError: a key that no corpus has.
        CorpusLayoutError: the root is missing or holds none of them, one that was asked for is
            not there, or one that is there lacks its metadata.
    """
    if corpora is None:
        found = [corpus for cls in corpus_classes() if (corpus := cls.find(check_root(root)))]
        if not found:
            raise _nothing_found(str(root))
        return found
    places = corpora if isinstance(corpora, Mapping) else dict.fromkeys(corpora)
    for key in places:
        corpus_class(key)
    classes = [cls for cls in corpus_classes() if cls.key in places]
    return [cls.open(_place(cls.key, places[cls.key], root)) for cls in classes]


def check_root(root: str | None) -> str:
    """The root, which must be there.

    Raises:
        CorpusLayoutError: it is not.
    """
    if root is None:
        expected = "root=FOLDER, or corpora={KEY: PATH}"
        raise CorpusLayoutError("root", "the options", expected=expected, found="neither")
    if not exists(root):
        expected = "a folder with one folder for each corpus"
        raise CorpusLayoutError("root", root, expected=expected, found="no such folder")
    return root


def _place(key: str, path: str | None, root: str | None) -> str:
    place = path or root
    if place is None or not exists(place):
        expected = "a folder or archive with this corpus"
        found = "nothing there" if place else "neither a path for it nor a root"
        raise CorpusLayoutError(key, str(place), expected=expected, found=found)
    return place


def _nothing_found(root: str) -> CorpusLayoutError:
    names = ", ".join(" or ".join((cls.key, *cls.folders)) for cls in corpus_classes())
    entries = list_folder(root)
    shown = ", ".join(entries[:10]) + (", …" if len(entries) > 10 else "")
    return CorpusLayoutError(
        "root",
        root,
        expected=f"a folder for at least one corpus ({names})",
        found=shown or "an empty folder",
        get_it="`audio-flan corpora` says where; --corpus KEY=PATH points at one anywhere",
    )
