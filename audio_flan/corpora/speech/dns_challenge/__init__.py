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
source (in M-AILABS, that of the reader), or of the file's name up to its last underscore (before
the _48kHz_seg_0 of edition 5); of the YouTube or Freesound recording; of the room. Shares 0.94,
0.03, 0.03.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import chain, product
from typing import NamedTuple

from audio_flan.corpora.contract import Corpus, Shard, by_splits
from audio_flan.corpora.speech.dns_challenge import names
from audio_flan.errors import Unusable
from audio_flan.model.clip import Clip, Reject

FILES_PER_SHARD = 1000


class Pool(NamedTuple):
    """One of the three kinds of clips.

    Args:
        field: of a clip, which says that it is of this kind.
        folders: where such files are, below one of `BASES`.
        group: what is in one split only, by the path in such a folder.
        tells: by field, what else the path in such a folder tells.
        left_out: what the paths of files look like that are no such clips.
    """

    field: str
    folders: tuple[str, ...]
    group: Callable[[str], str]
    tells: Mapping[str, Callable[[str], str | None]] = {}
    left_out: re.Pattern[str] | None = None


class Run(NamedTuple):
    """A run of the files of a split in a folder of a pool: their numbers, from 0."""

    folder: str
    start: int
    stop: int


BASES = ("", "datasets/", "datasets_fullband/")
SPEECH = Pool(
    "clean_speech",
    ("clean", "clean_fullband", "mnt/dnsv5/clean", "Track1_Headset/mnt/dnsv5/clean"),
    names.speaker_or_source,
    {"speaker": names.speaker, "language": names.language},
    re.compile(r"(?:singing_voice|vocalset).*/", re.IGNORECASE),
)
NOISES = Pool("noise", ("noise", "noise_fullband"), names.recording)
ROOMS = Pool(
    "room_response",
    ("impulse_responses",),
    names.room,
    left_out=re.compile(r"pointsource_noises/|_noise_"),
)
POOLS = (SPEECH, NOISES, ROOMS)
SIMULATED_AGAIN = re.compile(r"(?:^|/)SLR28/.*simulated_rirs")
GENERATED = re.compile(r"(?:clean|noise)_fileid_\d+$")
UNFIT_FOR_IDS = re.compile(r"[\s|<>\\]")


class DNSChallenge(Corpus):
    """Speech, noises and rooms to simulate noisy speech with; see the module's docstring."""

    @classmethod
    def groups(cls, clip: str, file: str) -> tuple[str, ...]:
        """The speaker, or what stands for one; the recording of a noise; the room."""
        pool, path = _pool_of(file)
        return (pool.group(path),)

    def shards(self) -> dict[str, list[Shard]]:
        """Runs of the files of each split in each folder.

        Raises:
            CorpusLayoutError: no pool is there.
        """
        shards = by_splits(
            Shard(
                split,
                Run(folder, start, min(start + FILES_PER_SHARD, len(files))),
                frozenset({pool.field, *pool.tells}),
            )
            for pool in POOLS
            for folder in self._folders(pool)
            for split, files in self._files[folder].items()
            for start in range(0, len(files), FILES_PER_SHARD)
        )
        if not shards:
            folders = ", ".join(chain.from_iterable(pool.folders for pool in POOLS))
            raise self.layout_error(f"audio files in one of {folders}", "none")
        return shards

    def clips(self, shard: Shard) -> Iterator[Clip | Reject]:
        """The files of a run, in the order of their folders and names."""
        run = Run(*shard.part)
        for file in self._files[run.folder][shard.split][run.start : run.stop]:
            try:
                yield self._clip(file, shard.split)
            except Unusable as error:
                yield Reject(self.key, file, error.reason, error.detail)

    def _clip(self, file: str, split: str) -> Clip:
        if GENERATED.match(names.stem(file)):
            detail = f"{file}: written by the synthesizer, which makes clean speech reverberant"
            raise Unusable("generated-audio", detail)
        pool, path = _pool_of(file)
        id = _without_base(file).rpartition(".")[0].replace("/", ".")
        told = {field: tell(path) for field, tell in pool.tells.items()}
        return self.made(UNFIT_FOR_IDS.sub("_", id), file, split, **{pool.field: True}, **told)

    def _folders(self, pool: Pool) -> list[str]:
        """The folders of a pool that are there, those of one name once."""
        found: dict[str, str] = {}
        for base, name in product(BASES, pool.folders):
            if self.folder.exists(f"{base}{name}/"):
                found.setdefault(name, base + name)
        return list(found.values())

    @cached_property
    def _files(self) -> dict[str, dict[str, list[str]]]:
        """The files of each folder of a pool by split."""
        files: dict[str, dict[str, list[str]]] = {}
        for pool in POOLS:
            for folder in self._folders(pool):
                by_split = files[folder] = {}
                for file in self._walk(folder, pool):
                    by_split.setdefault(self.split_of_clip("", file), []).append(file)
        return files

    def _walk(self, folder: str, pool: Pool) -> Iterator[str]:
        """The files in a folder that are of its pool."""
        has_slr26 = pool == ROOMS and self.folder.exists(f"{folder}/SLR26/")
        for file in self.folder.walk(folder):
            path = file[len(folder) + 1 :]
            again = has_slr26 and SIMULATED_AGAIN.search(path)
            if not again and not (pool.left_out and pool.left_out.search(path)):
                yield file


def _pool_of(file: str) -> tuple[Pool, str]:
    """The pool of a file, and its path in the pool's folder.

    Raises:
        ValueError: it is in the folder of no pool.
    """
    inner = _without_base(file)
    for pool in POOLS:
        for folder in pool.folders:
            if inner.startswith(f"{folder}/"):
                return pool, inner.removeprefix(f"{folder}/")
    raise ValueError(f"{file} is in the folder of no pool")


def _without_base(file: str) -> str:
    return next(file.removeprefix(base) for base in reversed(BASES) if file.startswith(base))
