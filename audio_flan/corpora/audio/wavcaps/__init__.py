"""WavCaps: 403,050 sounds from four sources with captions written by a language model, 7,563 hours.

Layout, as the files of the Hub repository lie, and what their archives hold:

    WavCaps/
      json_files/AudioSet_SL/as_final.json            {"num_captions_per_audio": 1, "data": [items]}
      json_files/BBC_Sound_Effects/bbc_final.json     the same, with more about each item
      json_files/FreeSound/fsd_final.json             147 MB
      json_files/SoundBible/sb_final.json
      json_files/blacklist/blacklist_exclude_test_ac.json   {"AudioSet": [ids], "FreeSound": […]}
      Zip_files/<source>/<source>.zip, .z01, .z02, …  split archives, read in place; or unpacked
      Audio/<source>/<id>.flac                        FLAC, 32 kHz, mono; a second to hours

The FLAC files of a source are found in any folder or archive whose name starts with the source's,
however deep it lies: the archives unpack to mnt/fast/…/<source>_flac/.

Quirks:
- ids of AudioSet end in .wav while the files end in .flac; an id here is source and id;
- "audio" in the lists is a placeholder; archives hold files that are in no list;
- durations are whole numbers, fractions or text;
- hours of audio can not be kept in memory: clips of more than an hour are rejected ("too-long");
- captions may name what can not be heard.

The blacklist is optional. Where it is there, clips that are in the test parts of AudioCaps or
Clotho are rejected ("blacklisted"), whatever split they fall into.

`sound` is told of clips of two seconds or more, as far as their duration is told.

`speech_presence` is a weak label of AudioSet_SL, whose captions were written from AudioSet's strong
labels; these are meant to name all sounds of a clip. It is "speech" where the caption says that
somebody speaks (a word of `SPEECH`), "non-speech" where it does not, and has no word that leaves it
open either (`UNCERTAIN`: voices that may sing or shout, people, crowds, broadcasts). Captions of
the other sources were written from descriptions that pass over much; their clips have none.

Splits: there are none. By hash of the id, for FreeSound of the author; shares 0.98, 0.01, 0.01.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from audio_flan.corpora.contract import Corpus, Shard
from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.read.json_stream import items
from audio_flan.errors import CorpusLayoutError, Unusable
from audio_flan.media.audio import AudioRef
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.labels import Label
from audio_flan.model.splits import SPLITS

SOURCES = ("AudioSet_SL", "BBC_Sound_Effects", "FreeSound", "SoundBible")
LABELLED = "AudioSet_SL"
BLACKLIST = "json_files/blacklist/blacklist_exclude_test_ac.json"
BLACKLISTED_SOURCES = {"AudioSet_SL": "AudioSet", "FreeSound": "FreeSound"}

BYTES_PER_SHARD = 4 << 20
"""Of a list, about 7,000 items."""
SHORTEST_SOUND = 2.0
LONGEST = 3600.0
"""Seconds."""

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


class Place(NamedTuple):
    """Where a file is: a file of the corpus, or a member of an archive that is one."""

    file: str
    member: str | None = None


class WavCaps(Corpus):
    """Sounds and what can be heard in them, in a sentence; see the module's docstring."""

    def shards(self) -> dict[str, list[Shard]]:
        """Shards of each source; the part is the source, the shard's number and how many there are.

        Raises:
            CorpusLayoutError: there is no source, or no list in the folder of one.
        """
        sources = [s for s in SOURCES if self.folder.exists(f"json_files/{s}/")]
        if not sources:
            raise self._layout(f"json_files/ with one of {', '.join(SOURCES)}", "none of them")
        shards: dict[str, list[Shard]] = {split: [] for split in SPLITS}
        for source in sources:
            provides = self.provides - (set() if source == LABELLED else {"speech_presence"})
            size = self.folder.size(self._list(source))
            for split in SPLITS:
                count = 1 + size // BYTES_PER_SHARD if split == "train" else 1
                shards[split] += [
                    Shard(split, (source, number, count), provides=provides)
                    for number in range(count)
                ]
        return shards

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The items of a source's list that are of the shard's split and number.

        Raises:
            CorpusLayoutError: the list is cut off, or is not what it should be.
        """
        source, number, count = shard.part
        file = self._list(source)
        for index, item in enumerate(items(self.folder, file, "data")):
            if index % count != number:
                continue
            try:
                id, group = _identity(item, source)
            except Unusable as error:
                # Without an id it is of no split: it is told of once.
                if shard.split == SPLITS[0]:
                    yield Reject(self.key, f"{file}:{index + 1}", error.reason, error.detail)
                continue
            if self.split_of_group(group) == shard.split:
                try:
                    yield self._clip(item, source, id, shard.split)
                except Unusable as error:
                    yield Reject(self.key, f"{source}-{id}", error.reason, error.detail)

    def _clip(self, item: dict[str, Any], source: str, id: str, split: str) -> Clip:
        audio = self._audio(source, id)
        caption = item.get("caption")
        if not isinstance(caption, str) or not caption.strip():
            raise Unusable("empty-caption", f"{id}: caption {caption!r}")
        if id in self._blacklist.get(source, ()):
            raise Unusable("blacklisted", f"{id} is in {BLACKLIST}")
        seconds = _seconds(item.get("duration"))
        if seconds is not None and seconds > LONGEST:
            raise Unusable("too-long", f"{id}: {seconds:.0f} s")
        presence = _speech_presence(caption) if source == LABELLED else None
        return Clip(
            id=re.sub(r"[\s/\\|<>]", "_", f"{source}-{id}"),
            corpus=self.key,
            split=split,
            audio=audio,
            caption=caption.strip(),
            sound=True if seconds is None or seconds >= SHORTEST_SOUND else None,
            speech_presence=self._presence(presence),
        )

    def _presence(self, presence: str | None) -> Label | None:
        return self.label("speech_presence", presence) if presence else None

    def _audio(self, source: str, id: str) -> AudioRef:
        places = _places(self.folder, source)
        place = places.get(id) or Place(f"{_usual_folder(places, source)}/{id}.flac")
        if place.member is None:
            return self.folder.audio(place.file)
        return self.folder.packed_audio(place.file, place.member)

    def _list(self, source: str) -> str:
        """The list of a source; of two editions the first by name, which is the later one."""
        folder = f"json_files/{source}"
        names = [name for name in self.folder.list(folder) if name.endswith(".json")]
        if not names:
            raise self._layout(f"{folder}/*.json, the list of {source}", "a folder without one")
        return f"{folder}/{names[0]}"

    @cached_property
    def _blacklist(self) -> dict[str, frozenset[str]]:
        """Ids on the blacklist by source."""
        if not self.folder.exists(BLACKLIST):
            return {}
        try:
            found = json.loads(self.folder.read(BLACKLIST))
            return {
                source: frozenset(_stem(id) for id in found[name])
                for source, name in BLACKLISTED_SOURCES.items()
            }
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            expected = f'{BLACKLIST} with {{"AudioSet": [ids], "FreeSound": [ids]}}'
            raise self._layout(expected, repr(error)) from None

    def _layout(self, expected: str, found: str) -> CorpusLayoutError:
        return CorpusLayoutError(self.key, self.folder.path, expected=expected, found=found)


def _identity(item: Any, source: str) -> tuple[str, str]:
    """Id of an item, and what decides its split; raises `Unusable` where it has none."""
    id = item.get("id") if isinstance(item, dict) else None
    if not isinstance(id, (str, int)) or not _stem(str(id)).strip():
        raise Unusable("malformed-item", f"an object with an id was expected: {item!r:.80}")
    group = item.get("author") if source == "FreeSound" else None
    return _stem(str(id)), group if isinstance(group, str) and group else _stem(str(id))


def _stem(id: str) -> str:
    return id.removesuffix(".wav").removesuffix(".flac")


def _seconds(duration: object) -> float | None:
    """A duration, which may be a number or text; None where it says nothing."""
    try:
        seconds = float(str(duration))
    except ValueError:
        return None
    return seconds if seconds > 0 else None


def _speech_presence(caption: str) -> str | None:
    """The weak label of a caption; the module's docstring states the rule."""
    if SPEECH.search(caption):
        return None if DENIED.search(caption) else "speech"
    return None if UNCERTAIN.search(caption) else "non-speech"


@lru_cache(maxsize=8)
def _places(folder: Folder, source: str) -> dict[str, Place]:
    """Where the FLAC files of a source are, by id; unpacked ones count before packed ones."""
    files: dict[str, Place] = {}
    archives = []
    for top in _tops(folder, source, ""):
        names = [top] if top.endswith(".zip") else folder.walk(top, (".flac", ".zip"))
        for name in names:
            if name.endswith(".zip"):
                archives.append(name)
            else:
                files.setdefault(_stem(name.rpartition("/")[2]), Place(name))
    for archive in archives:
        for member in folder.packed(archive):
            if member.endswith(".flac"):
                files.setdefault(_stem(member.rpartition("/")[2]), Place(archive, member))
    return files


def _tops(folder: Folder, source: str, path: str) -> Iterator[str]:
    """Folders and archives that are named after a source."""
    for entry in folder.list(path):
        name = f"{path}/{entry}" if path else entry
        owner = next((s for s in SOURCES if entry.casefold().startswith(s.casefold())), None)
        if owner == source and ("." not in entry or entry.endswith(".zip")):
            yield name
        elif owner is None and "." not in entry and entry != "json_files":
            yield from _tops(folder, source, name)


def _usual_folder(places: dict[str, Place], source: str) -> str:
    """The folder where a file that is not there would be."""
    unpacked = (place.file for place in places.values() if place.member is None)
    return next(unpacked, f"Audio/{source}/").rpartition("/")[0]
