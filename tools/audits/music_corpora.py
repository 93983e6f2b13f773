"""The music corpora, read anew from their raw files."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from audits.facts import SHORTEST, Fact, Reader, file_of, table

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def note_name(midi: int) -> str:
    """A pitch in scientific notation."""
    octave, place = divmod(midi, 12)
    return f"{NAMES[place]}{octave - 1}"


def nsynth(folder: Path) -> Iterator[tuple[str, Fact]]:
    """examples.json: a record for each note."""
    for file in sorted(folder.glob("nsynth-*/examples.json")):
        for id, record in json.loads(file.read_text(encoding="utf-8")).items():
            family = (record["instrument_family_str"].replace("_", " "),)
            midi = str(record["pitch"]), note_name(record["pitch"])
            says = {"midi": midi[0], "note_name": midi[1], "instruments": family}
            yield id, Fact(file_of(folder, f"{file.parent.name}/audio/{id}.wav"), says)


def vocadito(folder: Path) -> Iterator[tuple[str, Fact]]:
    """Notes of two annotators (start, Hz, duration), and lyrics, for each track."""
    for track, *_ in table(folder / "vocadito_metadata.csv")[1:]:
        id = f"vocadito_{track}"
        mine, theirs = (annotated(folder, id, annotator) for annotator in ("A1", "A2"))
        file = folder / f"Annotations/Lyrics/{id}_lyrics.txt"
        lines = file.read_text(encoding="utf-8-sig").splitlines() if file.exists() else []
        says: dict[str, Any] = {
            "lyrics": "\n".join(line.strip() for line in lines if line.strip()) or None,
            "notes": [(*note, any(alike(note, other) for other in theirs)) for note in mine],
        }
        says["sung"] = "; ".join(
            f"{note_name(round(pitch))} {start:.2f}-{end:.2f}" for start, end, pitch in mine
        )
        yield id, Fact(file_of(folder, f"Audio/{id}.wav"), says)


def annotated(folder: Path, id: str, annotator: str) -> list[tuple[float, float, float]]:
    """The notes that an annotator heard: onset, offset, MIDI number."""
    file = folder / f"Annotations/Notes/{id}_notes{annotator}.csv"
    lines = [tuple(map(float, line)) for line in table(file)] if file.exists() else []
    return [(t, t + seconds, 69 + 12 * math.log2(hertz / 440)) for t, hertz, seconds in lines]


def alike(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two notes start within 50 ms on one semitone."""
    return abs(one[0] - other[0]) <= 0.05 and round(one[2]) == round(other[2])


class Songs(dict[str, Fact]):
    """AAM's songs; windows of the mix or of a stem are made as they are asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __missing__(self, id: str) -> Fact:
        match = re.fullmatch(r"(\d{4})_(\w+)-(\d{3})", id)
        if not match:
            raise KeyError(id)
        song, what, first = match[1], match[2], float(match[3])
        rows = {kind: self._rows(song, kind) for kind in ("segments", "beatinfo", "onsets")}
        end = float(rows["segments"][1][-1][0])
        last = min(first + 10.0, end)
        places = {p.stem: p for p in sorted(self._folder.glob(f"**/{song}_*.flac"))}
        names = {stem: p.relative_to(self._folder).as_posix() for stem, p in places.items()}
        sound = file_of(self._folder, names[f"{song}_{what}"], first, last)
        notes = notes_by_instrument(*rows["onsets"], first, last, end)
        if what != "mix":
            line = [(start, stop, float(pitch), True) for start, stop, pitch in notes[what]]
            return Fact(sound, {"notes": line, "piece": song})
        stems = {words(n.partition("_")[2]): name for n, name in names.items() if "_mix" not in n}
        own = {w: file_of(self._folder, name, first, last) for w, name in stems.items()}
        beats = each_once(rows["beatinfo"][1])
        says = {"piece": song, "stems": own, "notes_of": notes}
        says |= sections(rows["segments"][1], first, last)
        says["chords"] = chords(beats, first, last)
        says["beats"] = [
            round(max(0.0, time - first), 6)
            for time, _ in beats
            if first - 0.005 <= time < last - 0.005
        ]
        heard = {w: sum(n[1] - n[0] for n in told) for w, told in notes.items()}
        says["instruments"] = tuple(sorted(words(w) for w, s in heard.items() if s >= 0.1))
        return Fact(sound, says)

    def _rows(self, song: str, kind: str) -> tuple[list[str], list[list[str]]]:
        """Names and rows of a table, whether it says @DATA or not."""
        (file,) = self._folder.glob(f"**/{song}_{kind}.arff")
        text = file.read_text(encoding="utf-8-sig")
        lines = [x for line in text.splitlines() if (x := line.strip()) and x[0] not in "@%"]
        names = re.findall(r"@attribute '(.*?)'", text, re.I)
        return names, list(csv.reader(lines, quotechar="'", skipinitialspace=True))


def words(instrument: str) -> str:
    """ElectricBass -> electric bass."""
    return re.sub(r"([a-z])([A-Z])", r"\1 \2", instrument).lower()


def sections(rows: list[list[str]], first: float, last: float) -> dict[str, Any]:
    """Key and tempo of a window, where it has one alone."""
    keys, tempi = set(), set()
    for row, after in pairwise(rows):
        if min(last, float(after[0])) - max(first, float(row[0])) > SHORTEST:
            tonic, mode = row[3][:-3], {"maj": "major", "min": "minor"}[row[3][-3:]]
            keys.add((f"{tonic} {mode}",))
            tempi.add(float(row[2]))
    one_key, one_tempo = len(keys) == 1, len(tempi) == 1
    return {"key": keys.pop() if one_key else None, "tempo": tempi.pop() if one_tempo else None}


def each_once(rows: list[list[str]]) -> list[tuple[float, str]]:
    """Beats by time and their chords; of several within 70 ms the last in the file."""
    kept: list[tuple[float, int, str]] = []
    for time, line, chord in sorted((float(r[0]), i, r[3]) for i, r in enumerate(rows)):
        if kept and time - kept[-1][0] <= 0.07:
            kept[-1] = max(kept[-1], (time, line, chord), key=lambda beat: beat[1])
        else:
            kept.append((time, line, chord))
    return [(time, chord) for time, _, chord in kept]


def chords(beats: list[tuple[float, str]], first: float, last: float) -> Any:
    """The chords of a window (start, end, name); None where one has no name."""
    points = [(0.0, "N.C."), *beats]
    found: list[tuple[float, float, str]] = []
    for (start, name), end in zip(points, [t for t, _ in points[1:]] + [math.inf], strict=True):
        begin, stop = max(start, first) - first, min(end, last) - first
        if stop - begin < SHORTEST:
            continue
        match = re.fullmatch(r"([A-G]#?)(maj|min)", name)
        label = "N" if name == "N.C." else f"{match[1]}:{match[2]}" if match else "X"
        if found and found[-1][2] == label:
            found[-1] = (found[-1][0], stop, label)
        else:
            found.append((begin if found else 0.0, stop, label))
    return None if any(label == "X" for *_, label in found) else found


def notes_by_instrument(
    names: list[str], rows: list[list[str]], first: float, last: float, end: float
) -> dict[str, list[tuple[float, float, int]]]:
    """The notes of each instrument in a window: onset, offset, pitch; "+" begins a note."""
    found: dict[str, list[tuple[float, float, int]]] = {}
    for column, name in enumerate(names[1:], 1):
        held: dict[int, float] = {}
        notes: list[tuple[float, float, int]] = []
        for row in [*rows, None]:
            now = float(row[0]) if row else end
            cell = re.findall(r"\+?\d+", row[column]) if row else []
            for pitch in list(held):
                if str(pitch) not in cell:
                    notes.append((held.pop(pitch), now, pitch))
            for token in cell:
                held.setdefault(int(token), now)
        inside = [(max(s, first), min(e, last), p) for s, e, p in notes]
        cut = [(s - first, e - first, p) for s, e, p in inside if e - s >= SHORTEST]
        if cut:
            instrument = name.removeprefix("Onset events of ")
            found[instrument] = sorted((round(s, 6), round(e, 6), p) for s, e, p in cut)
    return found


MUSIC: dict[str, tuple[Sequence[str], Reader]] = {
    "nsynth": (("nsynth",), nsynth),
    "vocadito": (("vocadito",), vocadito),
    "aam": (("AAM", "aam"), Songs),
}
"""Names of the corpora's folders, and their readers."""
