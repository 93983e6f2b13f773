"""Publishing a built dataset on the HuggingFace Hub."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audio_flan.dataset.layout import CARD
from audio_flan.dataset.rights import forbidding, refusal
from audio_flan.errors import AudioFlanError
from audio_flan.hub.upload import FinishedBuild, Upload, staged
from audio_flan.version import __version__

if TYPE_CHECKING:
    from huggingface_hub import HfApi

    from audio_flan.corpora.contract import Corpus

SHARD = re.compile(r"([^/]+)/\w+-\d{5}-of-\d{5}\.parquet")
"""Names of the Parquet files of a config."""

NOTE_EACH_BLOCK = ("HF_XET_DATA_SESSION_XORB_METADATA_FLUSH_MAX_COUNT", "1")
"""Lets hf_xet record each block of up to 64 MB that it has sent, so that a killed push resumes
from there; its default is every 64 blocks or 20 seconds."""

AGAIN = "run the same command again to resume"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a dataset goes.

    Args:
        repo_id: "ORG/NAME".
        private: make the repository private if it is new; one that is there has to be.
        revision: branch, made if it is new; None for the main one.
        create_pr: open a pull request instead of writing to the main branch.
    """

    repo_id: str
    private: bool = False
    revision: str | None = None
    create_pr: bool = False

    def check_name(self) -> None:
        """Check all that needs no network.

        Raises:
            AudioFlanError: this is not the name of a repository, or the options exclude each other.
        """
        from huggingface_hub.errors import HFValidationError
        from huggingface_hub.utils._validators import validate_repo_id

        if self.repo_id.count("/") != 1:
            raise AudioFlanError(f"expected ORG/NAME for the repository; found {self.repo_id!r}")
        try:
            validate_repo_id(self.repo_id)
        except HFValidationError as error:
            raise AudioFlanError(f"not a valid repository name: {_first_line(error)}") from None
        if self.repo_id.endswith(".py"):
            raise AudioFlanError(
                f"{self.repo_id}: `datasets` takes a name that ends in .py for a script; "
                "choose another"
            )
        if self.create_pr and self.revision:
            raise AudioFlanError(
                "give --create-pr, which opens a pull request against the main branch, or "
                "--revision, not both; --revision refs/pr/NUMBER updates an open pull request"
            )


@dataclass(frozen=True, slots=True)
class PushResult:
    """What a push did.

    Args:
        sent, unchanged, removed: number of files, the card included.
        url: of the pull request, or else of the commit.
        unlisted: configs that only the repository has: the new card does not name them.
    """

    sent: int
    unchanged: int
    removed: int
    url: str
    unlisted: Sequence[str]


def push(
    out: Path,
    destination: Destination,
    *,
    with_rights: bool = False,
    without_audio: bool = False,
    dry_run: bool = False,
    on_ready: Callable[[Upload], None] = lambda upload: None,
) -> PushResult | None:
    """Publish a finished build; files that the repository already has are not sent again.

    Shards that the build's configs no longer have are removed; the card is always rewritten.

    Args:
        out: folder of the build.
        destination: where it goes.
        with_rights: send the audio of all corpora, whatever their licences say.
        without_audio: send null for the audio of corpora that may not be published again.
        dry_run: send nothing, and use no network.
        on_ready: called with what will be sent, before anything is.

    Returns:
        What was done; None for a dry run.

    Raises:
        BuildError: the folder holds no finished build.
        AudioFlanError: a licence forbids it, there is no token, or the Hub refuses.
    """
    # Read by hf_xet when it starts; a value that the user has set is kept.
    os.environ.setdefault(*NOTE_EACH_BLOCK)
    destination.check_name()
    build = FinishedBuild.open(out)
    if not dry_run:
        _check_token()
    forbidden = _withheld(build, with_rights, without_audio)
    with staged(build, destination.repo_id, forbidden) as upload:
        on_ready(upload)
        if dry_run:
            return None
        with _explained(destination):
            return _send(upload, destination)


def _withheld(
    build: FinishedBuild, with_rights: bool, without_audio: bool
) -> Sequence[type[Corpus]]:
    """The corpora whose audio is not sent; refuses where the user has to choose."""
    if with_rights and without_audio:
        raise AudioFlanError("give --without-audio or --i-have-the-rights, not both")
    forbidden = [] if with_rights else forbidding(build.files)
    if forbidden and not without_audio:
        raise AudioFlanError(refusal(forbidden))
    return forbidden


def _check_token() -> None:
    from huggingface_hub import get_token

    if not get_token():
        raise AudioFlanError(
            "no token for the Hub: log in with `hf auth login`, or set HF_TOKEN to a token with "
            "write permission (https://huggingface.co/settings/tokens)"
        )


def _send(upload: Upload, to: Destination) -> PushResult:
    """Send it; the repository is listed before and after to report what changed."""
    from huggingface_hub import HfApi

    api = HfApi()
    _open_repository(api, to)
    before = _tree(api, to.repo_id, to.revision)
    _check_scripts(to.repo_id, before)
    count = len({name.split("/")[0] for name in upload.files})
    commit = api.upload_folder(
        repo_id=to.repo_id,
        repo_type="dataset",
        folder_path=upload.folder,
        revision=to.revision,
        create_pr=to.create_pr,
        commit_message=f"{count} tasks by audio-flan {__version__}",
        # One pattern for all shards of a split, as each pattern is tried on each file.
        allow_patterns=[CARD, *{re.sub(r"-\d{5}-", "-?????-", name) for name in upload.files}],
        delete_patterns=[f"{config}/*.parquet" for config in upload.configs],
    )
    after = _tree(api, to.repo_id, commit.pr_revision or to.revision)
    ours = {CARD, *upload.files}
    unchanged = sum(before.get(path) == after[path] for path in ours)
    shards = filter(None, map(SHARD.fullmatch, after))
    return PushResult(
        sent=len(ours) - unchanged,
        unchanged=unchanged,
        removed=len(before.keys() - after.keys()),
        url=commit.pr_url or commit.commit_url,
        unlisted=sorted({shard[1] for shard in shards} - set(upload.configs)),
    )


def _open_repository(api: HfApi, to: Destination) -> None:
    """Make the repository and the branch where they are not there yet."""
    api.create_repo(to.repo_id, repo_type="dataset", private=to.private or None, exist_ok=True)
    # A repository that existed keeps its visibility, whatever `create_repo` was given.
    if to.private and not api.repo_info(to.repo_id, repo_type="dataset").private:
        raise AudioFlanError(
            f"{to.repo_id} already exists and is public: make it private in its settings, or push "
            "without --private"
        )
    if to.revision and not to.revision.startswith("refs/"):
        api.create_branch(to.repo_id, branch=to.revision, repo_type="dataset", exist_ok=True)


def _tree(api: HfApi, repo_id: str, revision: str | None) -> dict[str, str]:
    """The content hash of each file of the repository, by path."""
    from huggingface_hub.hf_api import RepoFile

    entries = api.list_repo_tree(repo_id, recursive=True, revision=revision, repo_type="dataset")
    return {
        entry.path: entry.lfs.sha256 if entry.lfs else entry.blob_id
        for entry in entries
        if isinstance(entry, RepoFile)
    }


def _check_scripts(repo_id: str, files: dict[str, str]) -> None:
    script = f"{repo_id.split('/')[1]}.py"
    if script in files:
        raise AudioFlanError(
            f"{repo_id} holds {script}, and `datasets` 4 and later cannot load a dataset with such "
            "a script; delete that file on the Hub first"
        )


@contextmanager
def _explained(to: Destination) -> Iterator[None]:
    """Turn what goes wrong between here and the Hub into a line that says what to do."""
    from huggingface_hub import constants, errors

    # That of httpx or of httpx2, by the version of huggingface_hub.
    http_error: type[Exception] = vars(errors)["HTTPError"]
    try:
        yield
    except AudioFlanError:
        raise
    except errors.HfHubHTTPError as error:
        raise AudioFlanError(_advice(error, to)) from None
    except (http_error, ConnectionError, TimeoutError) as error:
        raise AudioFlanError(
            f"cannot reach the Hub at {constants.ENDPOINT} ({_first_line(error)}); check the "
            f"connection, HF_ENDPOINT and HF_HUB_OFFLINE, then {AGAIN}"
        ) from None
    except (RuntimeError, ValueError, OSError) as error:
        raise AudioFlanError(f"the upload stopped ({_first_line(error)}); {AGAIN}") from None


def _advice(error: Exception, to: Destination) -> str:
    """What to do about an answer of the Hub."""
    status = error.response.status_code  # type: ignore[attr-defined]
    repository = f"{to.repo_id}, revision {to.revision}" if to.revision else to.repo_id
    known = {
        401: "the Hub does not accept the token (401): log in again with `hf auth login`, or set "
        "HF_TOKEN to a valid token",
        403: f"the token has no write access to {to.repo_id} (403): give it write permission and "
        "join the organisation, or open a pull request with --create-pr",
        404: f"the Hub has no {repository}, or hides it from this token (404): check the name, the "
        "revision and the permissions of the token",
    }
    return known.get(
        status, f"the Hub refused the request ({status}: {_first_line(error)}); {AGAIN}"
    )


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))
