"""A new corpus or task: its files say what is to be done, and are right once they are filled."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from audio_flan.cli.app import main

REPO = Path(__file__).parents[2]
KINDS = {"speech": "Rows", "music": "Files", "audio": "Records"}
"""The kind of the new corpus in each domain; their keys are new_rows, new_files, new_records."""
TASKS = {"speech_dialect_asr": "speech", "audio_source_separation": "audio"}
WHERE = ("audio_flan", "tests/corpora", "tools")
"""What a scaffold is written to and a linter reads."""
PARTS = ("audio_flan", "builders", "templates", "tests", "tools")


def copy_of_checkout(target: Path) -> Path:
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(REPO / part, target / part, symlinks=True, ignore=ignored)
    for file in ("pyproject.toml", "dataset_card.md"):
        shutil.copy(REPO / file, target)
    return target


def python(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def new(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = f"from audio_flan.cli.app import main; main({['new', *arguments]!r})"
    return python(checkout, "-c", code)


def fill(file: Path) -> None:
    """Take the example in comments, where an error says that code is to be written."""
    text = file.read_text(encoding="utf-8")
    if match := re.search(r"^ +raise NotImplementedError\(.*\n((?: +# .*\n)+)", text, re.M):
        example = re.sub(r"^( +)# ", r"\1", match[1], flags=re.M)
        file.write_text(text.replace(match[0], example), encoding="utf-8")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a new corpus of each kind."""
    checkout = copy_of_checkout(tmp_path_factory.mktemp("checkout"))
    for domain, kind in KINDS.items():
        done = new(checkout, "corpus", domain, f"new_{kind.lower()}", "--like", kind)
        assert done.returncode == 0, done.stderr
        written = [checkout / line for line in done.stdout.splitlines() if "/" in line]
        assert len(written) == 5
        assert all("TODO" in file.read_text(encoding="utf-8") for file in written)
    return checkout


@pytest.fixture(scope="module")
def filled(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with the examples in comments taken as they are."""
    checkout = tmp_path_factory.mktemp("filled") / "checkout"
    shutil.copytree(empty, checkout, symlinks=True)
    for file in (
        *checkout.glob("audio_flan/corpora/*/new_*/*.py"),
        *checkout.glob("tools/**/*.py"),
    ):
        fill(file)
    return checkout


def assert_clean(checkout: Path) -> None:
    for command in (["ruff", "check"], ["ruff", "format", "--check"]):
        done = python(checkout, "-m", *command, "--quiet", *WHERE)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", KINDS.values())
def test_an_empty_corpus_is_imported_and_says_what_is_to_be_done(empty: Path, kind: str) -> None:
    key = f"new_{kind.lower()}"
    done = python(empty, "-c", f"from audio_flan.corpora import corpus_class as c; c({key!r})")
    assert done.returncode == 0, done.stderr
    code = "from pathlib import Path; from audio_flan.corpora.miniatures import write_miniature; "
    done = python(empty, "-c", f"{code} write_miniature({key!r}, Path('out'))")
    assert done.returncode == 1
    assert f"NotImplementedError: TODO: {key}: lay out its miniature" in done.stderr


def test_empty_and_filled_corpora_pass_the_linter(empty: Path, filled: Path) -> None:
    assert_clean(empty)
    assert_clean(filled)


def test_filled_corpora_pass_their_case_tables(filled: Path) -> None:
    tests = ("tests/corpora/test_cases.py", "tests/corpora/test_facts.py")
    only = "new_rows or new_files or new_records"
    done = python(filled, "-m", "pytest", "-vv", "-p", "no:cacheprovider", *tests, "-k", only)
    assert done.returncode == 0, done.stdout
    for kind in KINDS.values():
        assert f"states[new_{kind.lower()}] PASSED" in done.stdout, done.stdout


def test_a_filled_corpus_is_audited(filled: Path, tmp_path: Path) -> None:
    code = "from pathlib import Path; import sys; sys.path.insert(0, 'tools'); "
    code += "from audio_flan.corpora.miniatures import write_miniature; "
    code += "from audits.corpora import read; "
    for kind in KINDS.values():
        key, root = f"new_{kind.lower()}", str(tmp_path)
        write = f"write_miniature({key!r}, Path({root!r})); "
        done = python(filled, "-c", f"{code}{write}print(len(read({key!r}, Path({root!r}))))")
        assert done.stdout == "4\n", done.stderr


def test_a_new_task_is_a_class_and_a_template_with_twelve_variations(tmp_path: Path) -> None:
    checkout = copy_of_checkout(tmp_path)
    for config, domain in TASKS.items():
        (checkout / f"templates/{domain}/{config}.yaml").unlink(missing_ok=True)
    for file in checkout.glob("audio_flan/tasks/audio/audio_separation.py"):
        file.unlink()
    for config, domain in TASKS.items():
        done = new(checkout, "task", domain, config)
        assert done.returncode == 0, done.stderr
        template = (checkout / f"templates/{domain}/{config}.yaml").read_text(encoding="utf-8")
        assert template.startswith(f"task: {config}\n")
        assert len(re.findall("^# - id: ", template, re.M)) == 12
    assert python(checkout, "-m", "ruff", "check", "--quiet", "--fix", *WHERE).returncode == 0
    assert_clean(checkout)
    code = "from audio_flan.tasks import get_task; t = get_task('speech_dialect_asr'); "
    done = python(checkout, "-c", f"{code}print(t.minor.minor, *t.kinds)")
    assert done.stdout == "Dialect Automatic Speech Recognition audio answer\n", done.stderr
    code = "from audio_flan.tasks import task_template; task_template('speech_dialect_asr')"
    done = python(checkout, "-c", code)
    assert re.search(r"TemplateError: .*speech_dialect_asr\.yaml:\d+: ", done.stderr), done.stderr
    again = new(checkout, "task", "speech", "speech_dialect_asr")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)


MISTAKES = {
    "corpus speach example --like Rows": "unknown domain 'speach'; did you mean 'speech'",
    "corpus speech example --like Row": "unknown value of --like 'Row'; did you mean 'Rows'",
    "corpus speech ljspeech --like Rows": "ljspeech exists",
    "corpus music ljspeech --like Rows": "ljspeech exists",
    "corpus speech My-Corpus --like Rows": "'My-Corpus' cannot be a key",
    "task speech speech_asr": "speech_asr.yaml exists",
    "task speech speech_asl": "unknown task 'speech_asl'; did you mean",
    "task music speech_dialect_asr": "speech_dialect_asr is a task of the domain speech, not music",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_a_mistake_is_told_in_one_line(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(REPO / "tests")
    with pytest.raises(SystemExit) as exit:
        main(["new", *command.split()])
    said = capsys.readouterr()
    assert exit.value.code == 2
    assert MISTAKES[command] in said.err
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_outside_a_checkout_it_says_where_to_run_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exit:
        main(["new", "corpus", "speech", "example", "--like", "Rows"])
    assert exit.value.code == 2
    assert f"{tmp_path} is in no checkout" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_a_scaffold_is_left_in_the_project() -> None:
    folders = (
        "audio_flan/corpora",
        "audio_flan/tasks",
        "templates",
        "tests/corpora",
        "tools/audits",
    )
    files = [file for folder in folders for file in (REPO / folder).rglob("*.*")]
    files = [file for file in files if file.suffix in (".py", ".yaml")]
    assert len(files) > 100
    assert [file for file in files if "TODO" in file.read_text(encoding="utf-8")] == []
