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
- hours of audio cannot be kept in memory: clips of more than an hour are rejected ("too-long");
- captions may name what cannot be heard.

The blacklist is optional. Where it is there, clips that are in the test parts of AudioCaps or
Clotho are rejected ("blacklisted"), whatever split they fall into.

`sound` is filled for clips of two seconds or more, where their duration is given.

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
from functools import cached_property
from typing import Any

from audio_flan.corpora.audio.wavcaps.audio_files import SOURCES, AudioFiles, without_extension
from audio_flan.corpora.audio.wavcaps.speech_words import speech_presence
from audio_flan.corpora.read.folder import Folder
from audio_flan.corpora.records import Record, Records
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip

LABELLED = "AudioSet_SL"
BLACKLIST = "json_files/blacklist/blacklist_exclude_test_ac.json"
BLACKLISTED_SOURCES = {"AudioSet_SL": "AudioSet", "FreeSound": "FreeSound"}

SHORTEST_SOUND = 2.0
LONGEST = 3600.0
"""Seconds."""


class WavCaps(Records):
    """Sounds and what can be heard in them, in a sentence; see the module's docstring."""

    form = "array"
    array = "data"
    # About 7,000 items.
    bytes_per_shard = 4 << 20

    def __init__(self, folder: Folder) -> None:
        super().__init__(folder)
        self._audio_files: dict[str, AudioFiles] = {}

    def files_of(self, split: str) -> list[str]:
        """The list of each source.

        Raises:
            CorpusLayoutError: there is no source, or no list in the folder of one.
        """
        return list(self._sources)

    def fields_of(self, file: str, split: str) -> frozenset[str]:
        """One source has the weak label."""
        labelled = self._sources[file] == LABELLED
        return self.provides if labelled else self.provides - {"speech_presence"}

    def split_of(self, record: Record) -> str:
        """By the hash of the id, for FreeSound of the author."""
        id = _id(record.value)
        author = record.value.get("author") if self._source(record) == "FreeSound" else None
        return self.split_of_group(author if isinstance(author, str) and author else id)

    def reject_name(self, record: Record) -> str:
        """Source and id."""
        return f"{self._source(record)}-{_id(record.value)}"

    def clip(self, record: Record, split: str) -> Clip:
        """The clip of an item."""
        item, source, id = record.value, self._source(record), _id(record.value)
        audio = self._audio_files_of(source).find(id)
        caption = item.get("caption")
        if not isinstance(caption, str) or not caption.strip():
            raise Unusable("empty-caption", f"{id}: caption {caption!r}")
        if id in self._blacklist.get(source, ()):
            raise Unusable("blacklisted", f"{id} is in {BLACKLIST}")
        seconds = _seconds(item.get("duration"))
        if seconds is not None and seconds > LONGEST:
            raise Unusable("too-long", f"{id}: {seconds:.0f} s")
        return self.made(
            re.sub(r"[\s/\\|<>]", "_", f"{source}-{id}"),
            audio,
            split,
            caption=caption.strip(),
            sound=True if seconds is None or seconds >= SHORTEST_SOUND else None,
            speech_presence=speech_presence(caption) if source == LABELLED else None,
        )

    def _audio_files_of(self, source: str) -> AudioFiles:
        """The audio of a source, which is listed when it is first asked for."""
        if source not in self._audio_files:
            self._audio_files[source] = AudioFiles(self.folder, source)
        return self._audio_files[source]

    def _source(self, record: Record) -> str:
        return self._sources[record.file]

    @cached_property
    def _sources(self) -> dict[str, str]:
        """The source of each list that is there."""
        sources = [s for s in SOURCES if self.folder.exists(f"json_files/{s}/")]
        if not sources:
            expected = f"json_files/ with one of {', '.join(SOURCES)}"
            raise self.layout_error(expected, "none of them")
        return {self._list(source): source for source in sources}

    def _list(self, source: str) -> str:
        """The list of a source; of two editions the first by name, which is the later one."""
        folder = f"json_files/{source}"
        names = [name for name in self.folder.list(folder) if name.endswith(".json")]
        if not names:
            expected = f"{folder}/*.json, the list of {source}"
            raise self.layout_error(expected, "a folder without one")
        return f"{folder}/{names[0]}"

    @cached_property
    def _blacklist(self) -> dict[str, frozenset[str]]:
        """Ids on the blacklist by source."""
        if not self.folder.exists(BLACKLIST):
            return {}
        try:
            found = json.loads(self.folder.read(BLACKLIST))
            return {
                source: frozenset(without_extension(id) for id in found[name])
                for source, name in BLACKLISTED_SOURCES.items()
            }
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            expected = f'{BLACKLIST} with {{"AudioSet": [ids], "FreeSound": [ids]}}'
            raise self.layout_error(expected, repr(error)) from None


def _id(item: Any) -> str:
    """The id of an item, without an extension."""
    id = item.get("id") if isinstance(item, dict) else None
    if not isinstance(id, (str, int)) or not without_extension(str(id)).strip():
        raise Unusable("malformed-item", f"an object with an id was expected: {item!r:.80}")
    return without_extension(str(id))


def _seconds(duration: object) -> float | None:
    """A duration, which may be a number or text; None where it says nothing."""
    try:
        seconds = float(str(duration))
    except ValueError:
        return None
    return seconds if seconds > 0 else None
