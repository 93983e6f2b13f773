"""Finding the corpora under a root: which are there, and a clear word where none is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from audio_flan.corpora import corpus_class, corpus_classes
from audio_flan.corpora.contract import Corpus
from audio_flan.errors import CorpusLayoutError, RootError
from audio_flan.media.files import exists, list_folder

HINT = (
    "Give root=FOLDER or corpora={KEY: PATH}, on the command line --root FOLDER or "
    "--corpus KEY=PATH; `audio-flan corpora` says where to get each corpus"
)


def find_corpora(
    root: str | None, corpora: str | Sequence[str] | Mapping[str, str | None] | None = None
) -> list[Corpus]:
    """The corpora to work on.

    Args:
        root: local folder, zip archive or fsspec URL that holds one folder for each corpus, named
            by its key or by the name that the publisher's archive unpacks to.
        corpora: key or keys to keep, or a mapping of keys to their own paths (None: under the
            root); None for all that are found.

    Returns:
        At least one corpus, by domain and key.

    Raises:
        UnknownNameError: a key that no corpus has.
        RootError: the root is missing or holds none of them.
        CorpusLayoutError: a corpus that was asked for is not there, or one that is there lacks its
            metadata.
    """
    if corpora is None:
        found = [corpus for cls in corpus_classes() if (corpus := cls.find(check_root(root)))]
        if not found:
            raise _nothing_found(str(root))
        return found
    corpora = [corpora] if isinstance(corpora, str) else corpora
    paths = corpora if isinstance(corpora, Mapping) else dict.fromkeys(corpora)
    for key in paths:
        corpus_class(key)
    classes = [cls for cls in corpus_classes() if cls.key in paths]
    return [cls.open(_path_of(cls.key, paths[cls.key], root)) for cls in classes]


def check_root(root: str | None) -> str:
    """The root, which must be there.

    Raises:
        RootError: it is not.
    """
    expected, hint = "a folder with one folder for each corpus", HINT
    if root is None:
        raise RootError("(not given)", expected=expected, found="nothing", hint=hint)
    if not exists(root):
        raise RootError(root, expected=expected, found="no such folder", hint=hint)
    return root


def _path_of(key: str, path: str | None, root: str | None) -> str:
    where = path or root
    if where is None or not exists(where):
        expected = "a folder or archive with this corpus"
        found = "nothing there" if where else "neither a path for it nor a root"
        raise CorpusLayoutError(key, str(where), expected=expected, found=found)
    return where


def _nothing_found(root: str) -> RootError:
    names = ", ".join(" or ".join((cls.key, *cls.folders)) for cls in corpus_classes())
    entries = list_folder(root)
    shown = ", ".join(entries[:10]) + (", …" if len(entries) > 10 else "")
    expected = f"a folder for at least one corpus ({names})"
    return RootError(root, expected=expected, found=shown or "an empty folder", hint=HINT)
