"""Each kind of fault is put into a copy of a dataset, and found there, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import faults_in_audio
import faults_in_files
import faults_in_rows
import pytest
from injections import FAULTS

from audio_flan.check.across import ACROSS_RULES
from audio_flan.check.check import check
from audio_flan.check.files import FILE_RULES, NAME_RULES
from audio_flan.check.row_rules import ROW_RULES

REGISTERED = (faults_in_rows, faults_in_audio, faults_in_files)

OF_ROWS = {
    *ROW_RULES,
    *(rule.kind for rule in ACROSS_RULES),
    *("null-value", "audio", "extension", "seconds"),
}
"""Kinds of faults that are told with a row."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_nothing_else(name: str, out: Path) -> None:
    inject, expected = FAULTS[name]
    inject(out)
    report = check(str(out))
    assert dict(report.findings.counts) == expected, report.findings.shown
    for finding in report.findings.shown:
        assert finding.file and finding.detail
        assert bool(finding.uuid) == (finding.kind in OF_ROWS), finding


def test_every_kind_of_fault_is_among_them() -> None:
    kinds = OF_ROWS | {*NAME_RULES, *FILE_RULES, "unreadable-file", "card"}
    # What is withheld is tested in test_check.py.
    found = {kind for _, counts in FAULTS.values() for kind in counts} | {"audio-not-withheld"}
    assert found == kinds
