"""ARPABET, the phone set of CMUdict and of the Montreal Forced Aligner's `english_us_arpa`, in IPA.

The table is that of Wikipedia's article "ARPABET" (two-letter codes, General American); the stress
digit of a vowel only tells unstressed AH and ER, which are reduced: ə and ɚ.
"""

from __future__ import annotations

_TABLE = """
AA ɑ   AE æ   AH ʌ   AH0 ə   AO ɔ   AW aʊ   AY aɪ   EH ɛ   ER ɝ   ER0 ɚ   EY eɪ   IH ɪ   IY i
OW oʊ   OY ɔɪ   UH ʊ   UW u   B b   CH tʃ   D d   DH ð   F f   G ɡ   HH h   JH dʒ   K k   L l   M m
N n   NG ŋ   P p   R ɹ   S s   SH ʃ   T t   TH θ   V v   W w   Y j   Z z   ZH ʒ
"""
IPA = dict(zip(_TABLE.split()[::2], _TABLE.split()[1::2], strict=True))
SILENCE = frozenset({"", "sil", "sp"})


def to_ipa(symbol: str) -> str | None:
    """A phone in IPA; None for what is none, such as "spn", the aligner's unknown word."""
    return IPA.get(symbol) or IPA.get(symbol.rstrip("012"))


def ipa_of_alignment(text: str) -> str | None:
    """The phones of an alignment in IPA, separated by blanks.

    Args:
        text: a line for each stretch: start and end in seconds, phone or nothing.

    Returns:
        None where there is no phone, or one that is unknown: the words are then not all told.
    """
    labels = [(line.split() + [""] * 3)[2] for line in text.split("\n")]
    phones = [to_ipa(label) for label in labels if label not in SILENCE]
    return " ".join(map(str, phones)) if phones and None not in phones else None
