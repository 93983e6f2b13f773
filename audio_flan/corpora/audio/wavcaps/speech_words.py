"""What a caption says of speech, by its words."""

from __future__ import annotations

import re

SPEECH = re.compile(
    r"\b(?:speech(?:es)?|speaks?|speaking|spoken?|talk(?:s|ing|ed)?|convers(?:ations?|es?|ing)"
    r"|narrat(?:es?|ing|ions?|ors?)|monologues?|dialog(?:ue)?s?|says?|saying|said|voice-?overs?)\b",
    re.IGNORECASE,
)
UNCERTAIN = re.compile(
    r"\b(?:voices?|vocal\w*|speakers?|loudspeakers?|s[aiu]ng|sing(?:s|ing|ers?)|songs?|chant\w*"
    r"|rap(?:s|ping|pers?)?|choirs?|laugh\w*|giggl\w*|chuckl\w*|cry|cries|crying|sob\w*|scream\w*"
    r"|shout\w*|yell\w*|whisper\w*|murmur\w*|mumbl\w*|babbl\w*|chat\w*|cheer\w*|crowds?|audiences?"
    r"|applau\w*|people|persons?|humans?|m[ae]n|wom[ae]n|males?|females?|guys?|lad(?:y|ies)|boys?"
    r"|girls?|child|children|kids?|bab(?:y|ies)|adults?|some(?:one|body)|announc\w*|radios?|tv"
    r"|televisions?|broadcast\w*|commenta\w*|(?:tele)?phones?|reads?|reading|recit\w*|preach\w*"
    r"|sermons?|lectur\w*|explain\w*|discuss\w*|interview\w*|pray\w*)\b",
    re.IGNORECASE,
)
DENIED = re.compile(r"\b(?:no|not|without|nobody|non)\b", re.IGNORECASE)


def speech_presence(caption: str) -> str | None:
    """The weak label of a caption: "speech", "non-speech", or None where it leaves that open.

    The docstring of the corpus states the rule.
    """
    if SPEECH.search(caption):
        return None if DENIED.search(caption) else "speech"
    return None if UNCERTAIN.search(caption) else "non-speech"
