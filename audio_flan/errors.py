"""Errors that a user can act on: each says what was expected, what was found, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class AudioFlanError(Exception):
    """Base of every error that this library raises on purpose."""

    def __reduce__(self) -> tuple[object, ...]:
        # The constructors build the message, so that pickling by arguments would call them wrongly.
        return _restore, (type(self), self.args, self.__dict__)


def _restore(
    kind: type[AudioFlanError], args: tuple[object, ...], state: dict[str, object]
) -> AudioFlanError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class UnknownNameError(AudioFlanError):
    """A task, corpus, split, option or slot that does not exist; offers the nearest that does."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name = kind, name
        known = list(known)
        # Three, since the nearest is often the wrong one of a family (speech_tts, speech_asr).
        near = get_close_matches(name, known, n=3, cutoff=0.5)
        if near:
            hint = f"did you mean {' or '.join(repr(candidate) for candidate in near)}?"
        else:
            hint = f"known: {', '.join(known)}" if known else "there is none"
        super().__init__(f"unknown {kind} {name!r}; {hint}")


class CorpusLayoutError(AudioFlanError):
    """A corpus is missing, or its files are not laid out as its publisher distributes them."""

    def __init__(
        self, corpus: str, where: str, *, expected: str, found: str, get_it: str | None = None
    ) -> None:
        self.corpus, self.where = corpus, where
        message = f"{corpus} in {where}: expected {expected}; found {found}"
        super().__init__(f"{message}. Get it: {get_it}" if get_it else message)


class RootError(CorpusLayoutError):
    """The folder of the corpora is missing, or holds no corpus that this library knows."""

    def __init__(self, root: str, *, expected: str, found: str, hint: str) -> None:
        self.corpus, self.where = "", root
        # Not the parent's constructor, whose message is about one corpus.
        AudioFlanError.__init__(self, f"root {root}: expected {expected}; found {found}. {hint}")


class LineError(AudioFlanError):
    """A file of this library that breaks the rules of its kind, with the file and the line."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        self.file, self.line, self.problem = file, line, problem
        super().__init__(f"{file}:{line}: {problem}")


class TemplateError(LineError):
    """A template file that breaks the rules of templates."""


class FactsError(LineError):
    """A `corpus.yaml` that breaks the rules of the facts of a corpus."""


class BuildError(AudioFlanError):
    """A build that cannot continue (disk full, worker killed, output folder of another kind)."""


class CorpusReadError(BuildError):
    """A corpus that could be read when the build began but cannot be read now."""

    def __init__(self, corpus: str, where: str, error: Exception) -> None:
        self.corpus, self.where = corpus, where
        file = getattr(error, "filename", None) or where
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0] or repr(error)
        super().__init__(
            f"cannot read {corpus} ({file}: {reason}); make it readable, then run the same command "
            "again to resume"
        )


class Unusable(AudioFlanError):
    """A clip that cannot be used; it becomes a `Reject` unless the build stops at errors.

    Args:
        reason: one of the short, countable reasons, such as "audio-missing".
        detail: what exactly was found, for the list of rejects.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}")
