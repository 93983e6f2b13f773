"""Phones of ARPABET in IPA."""

from __future__ import annotations

import pytest

from audio_flan.corpora.read.arpabet import IPA, ipa_of_alignment


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("0.0\t0.1\tAH0\n0.1\t0.2\tAH1\n0.2\t0.3\n", "ə ʌ"),
        ("0.0\t0.1\tsil\r\n0.1\t0.2\tER2\r\n0.2\t0.3\tsp", "ɝ"),
        ("0.0\t0.1\tsil\n", None),
        ("0.0\t0.1\tK\n0.1\t0.2\tspn\n", None),
        ("0.0\t0.1\tK\n0.1\t0.2\tʔ\n", None),
        ("", None),
    ],
)
def test_alignments_in_ipa(text: str, phones: str | None) -> None:
    assert ipa_of_alignment(text) == phones


def test_the_table_has_the_39_phones_of_cmudict_and_two_reduced_vowels() -> None:
    assert len(IPA) == 39 + 2
    assert len(set(IPA.values())) == len(IPA)
