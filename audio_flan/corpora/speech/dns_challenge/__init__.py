"""Microsoft's DNS Challenge: pools of clean speech, noises and room responses, up to 1 TB.

No clip is labelled; what is known of it is in the names of its file and its folders. Layout of the
editions, of which any part will do, below the folder itself, datasets/ or datasets_fullband/:

    datasets/                                       editions 1 to 3: 16-bit PCM, 16 kHz
      clean/book_00000_chp_0009_reader_06709_0.wav      edition 1: LibriVox, 31 s
      clean/{read_speech,german_speech,…}/…             editions 2 and 3: by source, with
                                                        folders of the source's own below
      noise/<YouTube id>.wav                            10 s
      noise/<type>_Freesound_validated_<id>_<n>.wav
      impulse_responses/{SLR26,SLR28}/…                 rooms, editions 2 and later
    datasets_fullband/                              editions 3 to 5: 48 kHz
      clean_fullband/…, noise_fullband/…, impulse_responses/…
      mnt/dnsv5/clean/…                                 what archives of edition 5 unpack to, also
                                                        in Track1_Headset/ or clean_fullband/

An id is the path, with dots for slashes. The speaker is known where the name tells: LibriVox's
reader, VCTK's p225, AISHELL's S0717, CREMA-D's 1004; the language where a folder tells, or where
the source has one only.

Quirks:
- singing_voice/ and VocalSet…/ hold no speech and are left out;
- what the challenge's synthesizer wrote (clean_fileid_1.wav, noise_fileid_1.wav) is rejected: its
  "clean" speech is reverberant; folders of test data stand beside the pools and are not read;
- SLR28 holds the simulated rooms of SLR26 once more: they are left out where SLR26 is there;
- SLR28 holds noises as well (pointsource_noises/, …_noise_…): these are left out, too;
- impulse_responses/ of both trees hold the same rooms: only the one in datasets/ is read then;
- responses may have several channels;
- AudioSet's labels are weak: there may be speech in some of the noises;
- clips of 48 kHz may have been upsampled, and some are clipped.

Splits: there are none for training. By hash of the speaker; without one, of the folder in its
source, or of the file's name up to its last underscore; of the YouTube or Freesound recording; of
the room. Shares 0.94, 0.03, 0.03.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, product

from audio_flan.corpora.contract import Corpus, Shard, hash_split
from audio_flan.corpora.files import Run
from audio_flan.corpora.read.folder import Folder
from audio_flan.errors import CorpusLayoutError
from audio_flan.model.clip import Clip, Reject
from audio_flan.model.splits import SPLITS

FILES_PER_SHARD = 1000

BASES = ("", "datasets/", "datasets_fullband/")
ARCHIVED = ("mnt/dnsv5/clean", "Track1_Headset/mnt/dnsv5/clean")
POOLS = {
    "clean": ("clean", "clean_fullband", *ARCHIVED),
    "noise": ("noise", "noise_fullband"),
    "room": ("impulse_responses",),
}
"""Folders of each pool, below one of the bases."""
PROVIDES = {
    "clean": frozenset({"clean_speech", "speaker", "language"}),
    "noise": frozenset({"noise"}),
    "room": frozenset({"room_response"}),
}
LANGUAGES = {
    "read_speech": "en",
    "vctk_wav48_silence_trimmed": "en",
    "crema_d": "en",
    "french_data": "fr",
    "french_speech": "fr",
    "german_speech": "de",
    "italian_speech": "it",
    "mandarin_speech": "zh",
    "russian_speech": "ru",
    "spanish_speech": "es",
}
"""By a folder on the way to the clip; LibriVox's readers of edition 1 read English."""

READER = re.compile(r"book_\d+_chp_\d+_(reader_\d+)(?:_|$)")
NAMED_SPEAKERS = {
    "vctk_wav48_silence_trimmed": re.compile(r"(p\d{3})_\d{3}(?:_|$)"),
    "mandarin_speech": re.compile(r"BAC009(S\d{4})W\d{4}$"),
    "crema_d": re.compile(r"(1\d{3})_[A-Z]{3}_[A-Z]{3}_"),
}
"""What a file's name starts with in these folders."""
BOOKS_OF_SPEAKER = re.compile(r"(.*by_book/[^/]+/[^/]+)/")
"""M-AILABS has a folder for each book below one for each speaker."""
SINGING = re.compile(r"singing_voice|vocalset", re.IGNORECASE)
GENERATED = re.compile(r"(?:clean|noise)_fileid_\d+$")
FREESOUND = re.compile(r"_Freesound_validated_(\d+)_\d+$")
NO_RESPONSE = re.compile(r"pointsource_noises/|_noise_")
SIMULATED_AGAIN = re.compile(r"(?:^|/)SLR28/.*simulated_rirs")
ROOM = re.compile(r"([^/]+/Room\d+)/[^/]+$")
PLACE_IN_ROOM = re.compile(r"_(?:near|far)(?:_.*)?$|\d+")


class DNSChallenge(Corpus):
    """Speech, noises and rooms to simulate noisy speech with; see the module's docstring."""

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """What its split is hashed by."""
        inner = _without_base(file)
        for pool, folders in POOLS.items():
            for folder in folders:
                if inner.startswith(f"{folder}/"):
                    return (f"{pool} {_group(file, file[: -len(inner)] + folder, pool)}",)
        raise ValueError(f"{file} is in the folder of no pool")

    def shards(self) -> dict[str, list[Shard]]:
        """Runs of files of each split in each folder; `file` is the folder.

        Raises:
            CorpusLayoutError: no pool is there.
        """
        shards: dict[str, list[Shard]] = {split: [] for split in SPLITS}
        for pool, names in POOLS.items():
            for folder in self._folders(names):
                for split, files in _listing(self.folder, folder, pool).items():
                    shards[split] += [
                        Shard(split, (folder, *_run(start, len(files))), PROVIDES[pool])
                        for start in range(0, len(files), FILES_PER_SHARD)
                    ]
        if not any(shards.values()):
            expected = f"audio files in one of {', '.join(chain(*POOLS.values()))}"
            raise CorpusLayoutError(self.key, self.folder.path, expected=expected, found="none")
        return {split: found for split, found in shards.items() if found}

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The files of a run, in the order of their folders and names."""
        pool = next(p for p, names in POOLS.items() if _without_base(shard.part[0]) in names)
        files = _listing(self.folder, shard.part[0], pool).get(shard.split, ())
        part = Run(*shard.part[1:])
        for name in files[part.start : part.stop]:
            if GENERATED.match(_stem(name)):
                detail = f"{name}: written by the synthesizer, which makes clean speech reverberant"
                yield Reject(self.key, name, "generated-audio", detail)
            else:
                yield self._clip(name, pool, shard.split)

    def _folders(self, names: tuple[str, ...]) -> list[str]:
        """The folders of a pool that are there, those of one name once."""
        found: dict[str, str] = {}
        for base, name in product(BASES, names):
            if self.folder.exists(f"{base}{name}/"):
                found.setdefault(name, base + name)
        return list(found.values())

    def _clip(self, name: str, pool: str, split: str) -> Clip:
        is_speech = pool == "clean"
        return Clip(
            id=re.sub(r"[\s|<>\\]", "_", _without_base(name).rpartition(".")[0].replace("/", ".")),
            corpus=self.key,
            split=split,
            audio=self.folder.audio(name),
            clean_speech=True if is_speech else None,
            speaker=_speaker(name) if is_speech else None,
            language=_language(name) if is_speech else None,
            noise=True if pool == "noise" else None,
            room_response=True if pool == "room" else None,
        )


@lru_cache(maxsize=32)
def _listing(folder: Folder, name: str, pool: str) -> dict[str, list[str]]:
    """The files of a pool in a folder, by split."""
    files: dict[str, list[str]] = {}
    shares = DNSChallenge.splits.shares
    assert shares is not None
    for file in _files(folder, name, pool):
        split = hash_split(DNSChallenge.key, _group(file, name, pool), shares)
        files.setdefault(split, []).append(file)
    return files


def _group(file: str, folder: str, pool: str) -> str:
    """What must not be in two splits: the speaker, the recording of a noise, or the room."""
    if pool == "clean":
        return _speaker(file) or _unnamed_speaker(file, folder)
    return _noise(file) if pool == "noise" else _room(file)


def _files(folder: Folder, name: str, pool: str) -> Iterator[str]:
    has_slr26 = pool == "room" and folder.exists(f"{name}/SLR26/")
    for file in folder.walk(name):
        inner = file[len(name) + 1 :]
        if pool == "clean" and SINGING.search(inner.rpartition("/")[0]):
            continue
        if pool == "room" and NO_RESPONSE.search(inner):
            continue
        if not (has_slr26 and SIMULATED_AGAIN.search(inner)):
            yield file


def _speaker(name: str) -> str | None:
    """The speaker, where the name tells."""
    *folders, file = name.split("/")
    stem = _stem(file)
    if found := READER.match(stem):
        return found[1]
    rules = (rule for folder, rule in NAMED_SPEAKERS.items() if folder in folders)
    return next((found[1] for rule in rules if (found := rule.match(stem))), None)


def _unnamed_speaker(name: str, folder: str) -> str:
    """What keeps the clips of one speaker together as well as can be."""
    inner = name[len(folder) + 1 :].removeprefix(f"{ARCHIVED[0]}/").rpartition("/")[0]
    if found := BOOKS_OF_SPEAKER.match(inner):
        return found[1]
    stem = _stem(name)
    return inner if "/" in inner else f"{inner}/{stem.rpartition('_')[0] or stem}"


def _language(name: str) -> str | None:
    *folders, file = name.split("/")
    known = [LANGUAGES[folder] for folder in folders if folder in LANGUAGES]
    return known[-1] if known else "en" if READER.match(file) else None


def _noise(name: str) -> str:
    """The recording that a noise is of."""
    stem = _stem(name)
    found = FREESOUND.search(stem)
    return f"freesound_{found[1]}" if found else stem


def _room(name: str) -> str:
    """The room of a response: a folder of a simulated one, the name without the place of others."""
    found = ROOM.search(name)
    return found[1] if found else PLACE_IN_ROOM.sub("", _stem(name))


def _run(start: int, count: int) -> Run:
    return Run(start, min(start + FILES_PER_SHARD, count))


def _stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0]


def _without_base(name: str) -> str:
    return next(name.removeprefix(base) for base in reversed(BASES) if name.startswith(base))
