"""Which tasks and corpora a build takes: by their names, licences and installed packages."""

from __future__ import annotations

from collections.abc import Sequence

from audio_flan.build.options import Options
from audio_flan.corpora.contract import Corpus
from audio_flan.errors import AudioFlanError, UnknownNameError
from audio_flan.tasks import get_task, task_configs


def choose_tasks(names: Sequence[str] | None) -> list[str]:
    """The requested config names, in the order of the taxonomy.

    Args:
        names: config names; None for all that can be built with the packages that are installed.

    Raises:
        UnknownNameError: there is no such task.
        AudioFlanError: a requested task needs a package that is not installed.
    """
    if not names:
        return [config for config in task_configs() if not get_task(config).missing_packages]
    for name in names:
        if missing := get_task(name).missing_packages:
            raise AudioFlanError(
                f"task {name!r} needs {', '.join(missing)}; install audio-flan[simulate]"
            )
    return [config for config in task_configs() if config in names]


def left_out() -> list[str]:
    """The tasks that cannot be built because a package is not installed."""
    return [config for config in task_configs() if get_task(config).missing_packages]


def choose_corpora(corpora: Sequence[Corpus], options: Options) -> list[Corpus]:
    """The corpora that may be used under their licences.

    Raises:
        UnknownNameError: no corpus has such a licence.
        AudioFlanError: none of the corpora may be used.
    """
    there = sorted({corpus.license for corpus in corpora})
    for license in options.licenses:
        if license not in there:
            raise UnknownNameError("license among the corpora found", license, there)
    chosen = [
        corpus
        for corpus in corpora
        if (not options.licenses or corpus.license in options.licenses)
        and (corpus.commercial or not options.commercial)
    ]
    if not chosen:
        found = ", ".join(f"{corpus.key}: {corpus.license}" for corpus in corpora)
        raise AudioFlanError(f"no corpus with the requested licence was found ({found})")
    return chosen
