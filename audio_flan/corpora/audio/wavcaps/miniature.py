"""A miniature WavCaps: clips of 4.6 s from three sources, synthesised voices, noises and notes.

Quirks in it: AudioSet's ids end in .wav while the files are FLAC; one source is unpacked below the
deep folder of the archive, one is in a split zip archive with a file that is in no list; a member
that runs over the end of its part; durations that are whole numbers or text; a blacklist, with an
AudioSet clip and a FreeSound clip that are not there.
"""

from __future__ import annotations

from io import BytesIO
from struct import pack_into, unpack_from
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from audio_flan.miniatures.stage import Stage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GAIN = 1.0
RATE, SECONDS = 32_000, 4.6
PART_SIZE = 192 * 1024
SPLIT_SIGNATURE = b"PK\7\x08"
WAVEFORMS = "mnt/fast/nobackup/scratch4weeks/xm00178/WavCaps/data/waveforms"
"""The folder in the archives."""

AUDIOSET = (
    ("Ymini0000001", "A woman is speaking.", ("en_f1",)),
    ("Ymini0000002", "An electric fan whirs steadily.", ("noise_fan",)),
    ("Ymini0000003", "Rain falls while a man talks.", ("en_m1", "noise_rain")),
    ("Ymini0000004", "A soprano sings a tune.", ("melody_row_boat",)),
    ("Ymini0000028", "A narrator gives a speech.", ("en_f2",)),
    ("Ymini0000122", "Keys of a keyboard click.", ("noise_keyboard",)),
    ("Ymini0000111", "A man is speaking.", ("en_m2",)),
    ("Ymini0000501", "A flute plays one high note again and again.", ("note_flute_79",)),
)
"""Id, caption, and recordings or voices of the bank that are mixed; the fifth and the sixth
validate, the last two test."""
FREESOUND = (
    ("300001", "nobody_2", "Low organ tones drone.", ("note_organ_48",)),
    ("300002", "nobody_2", "Higher organ tones hold.", ("note_organ_60",)),
    ("300003", "nobody_3", "Rain patters on a roof.", ("noise_rain",)),
    ("300004", "nobody_1", "A guitar string is plucked.", ("note_guitar_52",)),
    ("300005", "nobody_88", "A brass horn blows.", ("note_brass_55",)),
)
"""Id, author, caption and recordings; the fourth validates, the last tests."""
SOUNDBIBLE = (
    ("9000", "A mallet strikes a bar.", ("note_mallet_60",), 4.6),
    ("9001", "A bus engine hums.", ("scene_bus",), 5),
    ("9002", "A tram rolls along its rails.", ("scene_tram",), "4.6"),
    ("9025", "A train of the metro rumbles.", ("scene_metro",), 4.6),
    ("9054", "Cars pass on a road.", ("scene_street_traffic",), 4.6),
)
"""Id, caption, recordings and duration as the list has it; the fourth validates, the last tests."""
UNLISTED = "9999"


def write(stage: Stage) -> None:
    """Lay out WavCaps."""
    for id, _, parts in AUDIOSET:
        stage.audio(f"Audio/AudioSet_SL/{id}.flac", _mixed(stage, parts), RATE)
    for id, _, _, parts in FREESOUND:
        stage.audio(f"{WAVEFORMS}/FreeSound_flac/{id}.flac", _mixed(stage, parts), RATE)
    _write_archive(stage)
    _write_lists(stage)


def _write_lists(stage: Stage) -> None:
    audioset = [
        {"id": f"{id}.wav", "caption": caption, "audio": "wav_path", "duration": 10.0}
        for id, caption, _ in AUDIOSET
    ]
    freesound = [
        {
            "id": id,
            "file_name": "made_up.wav",
            "href": f"/people/{author}/sounds/{id}/",
            "tags": ["made", "up"],
            "description": caption,
            "audio": "wav_path",
            "author": author,
            "duration": SECONDS,
            "download_link": f"https://freesound.org/people/{author}/sounds/{id}/download/",
            "caption": caption,
        }
        for id, author, caption, _ in FREESOUND
    ]
    soundbible = [
        {
            "title": "Made up",
            "description": caption,
            "author": "Nobody",
            "href": f"{id}-Made-Up.html",
            "caption": caption,
            "id": id,
            "duration": duration,
            "audio": "wav_path",
            "download_link": f"http://soundbible.com/grab.php?id={id}&type=wav",
        }
        for id, caption, _, duration in SOUNDBIBLE
    ]
    _write_list(stage, "AudioSet_SL/as_final.json", audioset)
    _write_list(stage, "FreeSound/fsd_final.json", freesound)
    _write_list(stage, "SoundBible/sb_final.json", soundbible)
    blacklist = {"AudioSet": ["Ymini0009999.wav"], "FreeSound": ["399999"]}
    stage.json("json_files/blacklist/blacklist_exclude_test_ac.json", blacklist)


def _write_list(stage: Stage, name: str, items: list[dict[str, Any]]) -> None:
    stage.json(f"json_files/{name}", {"num_captions_per_audio": 1, "data": items}, indent=4)


def _mixed(stage: Stage, parts: tuple[str, ...]) -> NDArray[np.float32]:
    """Recordings, or sentences of a voice, repeated for `SECONDS` and added up."""
    import numpy as np

    length = round(SECONDS * RATE)
    tracks = np.stack([np.resize(_track(stage, part), length) for part in parts])
    mixed: NDArray[np.float32] = tracks.sum(axis=0) / len(tracks)
    return mixed


def _track(stage: Stage, name: str) -> NDArray[np.float32]:
    import numpy as np

    bank = stage.bank
    entries = (*bank.melodies, *bank.scenes, *bank.noises, *bank.notes)
    found = bank.speech("en", name) or [entry for entry in entries if entry.id == name]
    return np.concatenate([stage.wave(entry, RATE) for entry in found])


def _write_archive(stage: Stage) -> None:
    """The split archive of SoundBible, with a file that is in no list."""
    waves = {id: _mixed(stage, parts) for id, _, parts, _ in SOUNDBIBLE}
    files = {id: _encoded(wave) for id, wave in {**waves, UNLISTED: waves["9000"]}.items()}
    pieces = split_archive(_zipped(files), PART_SIZE)
    for number, piece in enumerate(pieces, 1):
        suffix = "zip" if number == len(pieces) else f"z{number:02d}"
        stage.bytes(f"Zip_files/SoundBible/SoundBible.{suffix}", piece)


def _encoded(wave: NDArray[np.float32]) -> bytes:
    import soundfile

    target = BytesIO()
    soundfile.write(target, wave, RATE, format="FLAC", subtype="PCM_16")
    return target.getvalue()


def _zipped(files: dict[str, bytes]) -> bytes:
    """A zip archive with FLAC files, the first one stored."""
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for index, (id, data) in enumerate(files.items()):
            member = ZipInfo(f"{WAVEFORMS}/SoundBible_flac/{id}.flac")
            archive.writestr(member, data, ZIP_DEFLATED if index else ZIP_STORED)
    return target.getvalue()


def split_archive(data: bytes, size: int) -> list[bytes]:
    """A zip archive in parts, as `zip -s` splits it.

    Args:
        data: an archive without zip64 records and without a comment.
        size: bytes of a part, at most; a header is never divided.

    Returns:
        The parts; the last one is the .zip.
    """
    end = len(data) - 22
    count, _, directory = unpack_from("<HLL", data, end + 10)
    entries, headers = [], []
    position = directory
    for _ in range(count):
        start = position
        (local,) = unpack_from("<L", data, position + 42)
        entries.append((start, local))
        position += 46 + sum(unpack_from("<3H", data, position + 28))
        headers += [
            (start, position),
            (local, local + 30 + sum(unpack_from("<2H", data, local + 26))),
        ]
    headers.append((end, len(data)))
    cuts = [0]
    while cuts[-1] + size < len(data):
        # The signature at the start of the first part counts, too.
        cut = cuts[-1] + size - (len(SPLIT_SIGNATURE) if len(cuts) == 1 else 0)
        cuts.append(next((start for start, stop in headers if start < cut < stop), cut))
    patched = bytearray(data)
    for start, local in entries:
        part, offset = _part_and_offset(local, cuts)
        pack_into("<H", patched, start + 34, part)
        pack_into("<L", patched, start + 42, offset)
    part, offset = _part_and_offset(directory, cuts)
    in_last = sum(start >= cuts[-1] for start, _ in entries)
    pack_into("<HHH", patched, end + 4, len(cuts) - 1, part, in_last)
    pack_into("<L", patched, end + 16, offset)
    pieces = [bytes(patched[a:b]) for a, b in zip(cuts, [*cuts[1:], len(data)], strict=True)]
    return [SPLIT_SIGNATURE + pieces[0], *pieces[1:]]


def _part_and_offset(position: int, cuts: list[int]) -> tuple[int, int]:
    """Part of a position in the whole archive, and offset in it."""
    part = max(index for index, cut in enumerate(cuts) if cut <= position)
    return part, position - cuts[part] + (0 if part else len(SPLIT_SIGNATURE))
