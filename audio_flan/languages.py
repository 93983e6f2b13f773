"""Names of languages by their BCP 47 codes, as an answer would say them."""

from __future__ import annotations

LANGUAGES: dict[str, str] = {
    "ar": "Arabic",
    "zh": "Mandarin Chinese",
    "yue": "Cantonese",
    "nl": "Dutch",
    "en": "English",
    "fr": "French",
    "de": "German",
    "hi": "Hindi",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "es": "Spanish",
    "tr": "Turkish",
}
"""The languages that identification offers as options; a corpus in another one adds a line."""


def language_name(code: str) -> str:
    """The English name of a language.

    Args:
        code: BCP 47 code; one with a region or script falls back to its language ("en-US").

    Raises:
        KeyError: the language is not in the table.
    """
    return LANGUAGES[code] if code in LANGUAGES else LANGUAGES[code.split("-")[0]]
