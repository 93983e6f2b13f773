"""AAM: generated songs, a stem for each instrument, cut into excerpts of 10 s."""

from __future__ import annotations

import csv
import math
import re
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from audits.facts import SHORTEST, Excerpts, Fact, sound

FOLDERS = ("AAM",)
SECONDS = 10.0
Notes = list[tuple[float, float, int]]


def facts(folder: Path) -> Excerpts:
    """Tables of sections, beats and notes for each song; an id is song, stem or mix, start."""
    return Excerpts(partial(excerpt, folder))


def excerpt(folder: Path, id: str) -> Fact:
    """A stretch of a mix or of a stem."""
    match = re.fullmatch(r"(\d{4})_(\w+)-(\d{3})", id)
    if not match:
        raise KeyError(id)
    song, what, first = match[1], match[2], float(match[3])
    segments = rows(folder, song, "segments")[1]
    end = float(segments[-1][0])
    last = min(first + SECONDS, end)
    notes = notes_by_instrument(*rows(folder, song, "onsets"), first, last, end)
    sounds = {
        path.stem.removeprefix(f"{song}_"): sound(folder, path, first, last)
        for path in sorted(folder.glob(f"**/{song}_*.flac"))
    }
    if what != "mix":
        line = [(start, stop, float(pitch), True) for start, stop, pitch in notes[what]]
        return Fact(id, sounds[what], piece=song, notes=line)
    beats = each_once(rows(folder, song, "beatinfo")[1])
    return Fact(
        id,
        sounds[what],
        piece=song,
        stems={words(stem): audio for stem, audio in sounds.items() if stem != what},
        notes_of={words(stem): told for stem, told in notes.items()},
        instruments=instruments(notes),
        chords=chords(beats, first, last),
        beats=[
            round(max(0.0, time - first), 6)
            for time, _ in beats
            if first - 0.005 <= time < last - 0.005
        ],
        **sections(segments, first, last),
    )


def rows(folder: Path, song: str, kind: str) -> tuple[list[str], list[list[str]]]:
    """Names and rows of a table, whether it says @DATA or not."""
    (file,) = folder.glob(f"**/{song}_{kind}.arff")
    text = file.read_text(encoding="utf-8-sig")
    lines = [x for line in text.splitlines() if (x := line.strip()) and x[0] not in "@%"]
    names = re.findall(r"@attribute '(.*?)'", text, re.I)
    return names, list(csv.reader(lines, quotechar="'", skipinitialspace=True))


def instruments(notes: dict[str, Notes]) -> list[str]:
    """What sounds for a tenth of a second in all."""
    heard = {name: sum(end - start for start, end, _ in told) for name, told in notes.items()}
    return sorted(words(name) for name, seconds in heard.items() if seconds >= 0.1)


def words(instrument: str) -> str:
    """ElectricBass -> electric bass."""
    return re.sub(r"([a-z])([A-Z])", r"\1 \2", instrument).lower()


def sections(rows: list[list[str]], first: float, last: float) -> dict[str, Any]:
    """Key and tempo of a window, where it has one alone."""
    keys, tempi = set(), set()
    for row, after in pairwise(rows):
        if min(last, float(after[0])) - max(first, float(row[0])) > SHORTEST:
            tonic, mode = row[3][:-3], {"maj": "major", "min": "minor"}[row[3][-3:]]
            keys.add(f"{tonic} {mode}")
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
) -> dict[str, Notes]:
    """The notes of each instrument in a window: onset, offset, pitch; "+" begins a note."""
    found: dict[str, Notes] = {}
    for column, name in enumerate(names[1:], 1):
        held: dict[int, float] = {}
        notes: Notes = []
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
