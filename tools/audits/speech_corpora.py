"""The speech corpora, read anew from their raw files."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from audits.facts import SHORTEST, Fact, Reader, file_of, table
from audits.libritts import libritts_r

ENGLISH, CHINESE = ("English",), ("Mandarin Chinese",)
GENDERS = {"F": ("female",), "M": ("male",), "FEMALE": ("female",), "MALE": ("male",)}


def ljspeech(folder: Path) -> Iterator[tuple[str, Fact]]:
    """metadata.csv: id|text|text with numbers spelled out; one woman reads."""
    for id, text, spelled in table(folder / "metadata.csv", "|", quoting=csv.QUOTE_NONE):
        if id != "id":
            says: dict[str, Any] = {
                "transcript": text,
                "text": spelled.strip() or text,
                "language": ENGLISH,
            }
            says |= {"speaker": "LJ", "gender": ("female",)}
            yield id, Fact(file_of(folder, f"wavs/{id}.wav"), says)


AISHELL_AGES = {"A": "under 14", "B": "14 to 25", "C": "26 to 40", "D": "over 41"}
AISHELL_ACCENTS = {"north": "northern", "south": "southern", "others": "other"}


def aishell3(folder: Path) -> Iterator[tuple[str, Fact]]:
    """content.txt: Han and pinyin in turn; spk-info.txt: speaker, age group, gender, accent."""
    info = (folder / "spk-info.txt").read_text(encoding="utf-8")
    people = {p[0]: p[1:] for p in re.findall(r"^(SSB\d+)\t(\w)\t(\w+)\t(\w+)", info, re.M)}
    for part in ("train", "test"):
        text = (folder / part / "content.txt").read_text(encoding="utf-8-sig")
        for id, tokens in re.findall(r"^(SSB\d{8})\.wav\t(.+?)\r?$", text, re.M):
            pairs = re.findall(r"(\S+) +(\S+)", tokens)
            if id[:7] not in people:
                continue
            age, gender, accent = people[id[:7]]
            han = "".join(pair[0] for pair in pairs)
            says: dict[str, Any] = {
                "transcript": han,
                "text": han,
                "language": CHINESE,
                "speaker": id[:7],
            }
            says |= {"phones": " ".join(pair[1] for pair in pairs), "gender": (gender,)}
            says |= {"phone_notation": ("pinyin with tone digits",)}
            says |= {"age": (AISHELL_AGES[age],), "accent": (AISHELL_ACCENTS[accent],)}
            yield id, Fact(file_of(folder, f"{part}/wav/{id[:7]}/{id}.wav"), says)


EMOTIONS = {"Neutral": "neutral", "Angry": "angry", "Happy": "happy", "Sad": "sad"}
EMOTIONS |= {"Surprise": "surprised"}
AT_END = re.compile(rf"\s*\b(?:{'|'.join(EMOTIONS)})$|\s+(?:中立|生气|快乐|伤心|惊喜)$")
ESD_MEN = (4, 5, 6, 8, 10, 11, 12, 13, 14, 20)


def esd(folder: Path) -> Iterator[tuple[str, Fact]]:
    """A text file for each speaker; the folder of a recording tells its emotion."""
    texts: dict[tuple[str, int], str] = {}
    for file in sorted(folder.glob("[0-9]*/[0-9]*.txt")):
        for line in esd_text(file.read_bytes(), int(file.stem) <= 10).splitlines():
            if match := re.match(r"\d{4}_(\d{6})\s+(.+)", line.strip()):
                said = AT_END.sub("", match[2]).strip()
                texts.setdefault((file.stem, int(match[1])), said)
    votes: dict[tuple[bool, int], Counter[str]] = {}
    for (speaker, number), said in texts.items():
        sentence = int(speaker) <= 10, (number - 1) % 350
        votes.setdefault(sentence, Counter())[said] += 1
    for path in sorted(folder.glob("[0-9]*/*/**/*.wav")):
        speaker, emotion, *_ = path.relative_to(folder).parts
        number = int(path.stem.partition("_")[2])
        sentence = int(speaker) <= 10, (number - 1) % 350
        usual = votes.get(sentence, Counter()).most_common(1)
        text = texts.get((speaker, number)) or (usual[0][0] if usual else None)
        says: dict[str, Any] = {
            "transcript": text,
            "text": text,
            "speaker": speaker,
            "sentence": sentence,
        }
        says |= {"language": CHINESE if sentence[0] else ENGLISH, "emotion": (EMOTIONS[emotion],)}
        says |= {"gender": ("male" if int(speaker) in ESD_MEN else "female",)}
        name = path.relative_to(folder).as_posix()
        yield f"{speaker}_{number:06d}", Fact(file_of(folder, name), says)


def esd_text(data: bytes, is_chinese: bool) -> str:
    """A text file in whichever of its encodings it is."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030" if is_chinese else "cp1252")


FLEURS = "ar Arabic, cmn Mandarin Chinese, cs Czech, da Danish, de German, el Greek, en English,"
FLEURS += "es Spanish, fi Finnish, fr French, he Hebrew, hi Hindi, hu Hungarian, id Indonesian,"
FLEURS += "it Italian, ja Japanese, ko Korean, nl Dutch, pl Polish, pt Portuguese, ro Romanian,"
FLEURS += "ru Russian, sv Swedish, sw Swahili, ta Tamil, th Thai, tr Turkish, uk Ukrainian,"
FLEURS += "vi Vietnamese, yue Cantonese"
FLEURS_LANGUAGES = dict(entry.strip().split(" ", 1) for entry in FLEURS.split(","))
"""Languages by the first part of their folder; of another one no language is audited."""


def fleurs(folder: Path) -> Iterator[tuple[str, Fact]]:
    """A table for each language and part; the first column is the sentence, in all languages."""
    for file in sorted(folder.glob("**/*.tsv")):
        code, part, where = file.parent.name, file.stem, file.parent.relative_to(folder).as_posix()
        for line in file.read_text(encoding="utf-8-sig").split("\n"):
            columns = line.split("\t")
            if len(columns) == 7 and columns[0].isdigit():
                name, text = columns[1], " ".join(columns[2].split())
                language = FLEURS_LANGUAGES.get(code.split("_")[0])
                says: dict[str, Any] = {"transcript": text, "text": text, "meaning": columns[0]}
                says |= {"gender": GENDERS.get(columns[6].strip())}
                says |= {"language": (language,) if language else None}
                sound = file_of(folder, f"{where}/audio/{part}/{name}")
                yield f"{code}-{part}-{Path(name).stem}", Fact(sound, says)


VERBS = {"activate": "turn on", "deactivate": "turn off", "increase": "increase"}
VERBS |= {"decrease": "decrease", "bring": "bring"}
FLUENT_AGES = {"22-40": "22 to 40", "41-65": "41 to 65", "65+": "over 65"}


def fluent_speech_commands(folder: Path) -> Iterator[tuple[str, Fact]]:
    """A line for each command: path, speaker, text, action, object, location."""
    people = {line[0]: line for line in table(folder / "data/speaker_demographics.csv")}
    for part in ("train", "valid", "test"):
        file = folder / f"data/{part}_data.csv"
        for _, path, speaker, text, action, thing, location in table(file)[1:]:
            *_, gender, age = [value.strip() for value in people.get(speaker, ["", ""])]
            text = text.strip()
            says: dict[str, Any] = {
                "transcript": text,
                "text": text,
                "language": ENGLISH,
                "speaker": speaker,
            }
            says |= {"gender": (gender,) if gender else None}
            says |= {"age": (FLUENT_AGES[age],) if age else None}
            says |= {"intent": (intent(action, thing, location),)}
            yield Path(path).stem, Fact(file_of(folder, path), says)


def intent(action: str, thing: str, location: str) -> str:
    """What is wanted, in words."""
    if action == "change language":
        return "change the language" + ("" if thing == "none" else f" to {thing}")
    return f"{VERBS[action]} the {thing}" + ("" if location == "none" else f" in the {location}")


MEETING = r'xmin = (\S+)\s+xmax = (\S+)\s+text = "(.*?)"\s*\n'


class Meetings(dict[str, Fact]):
    """Meetings by session; excerpts of them by session and milliseconds."""

    def __missing__(self, id: str) -> Fact:
        session, start, end = re.fullmatch(r"(.+)_(\d+)-(\d+)", id).groups()  # type: ignore[union-attr]
        meeting = self[session]
        first, last = int(start) / 1000, int(end) / 1000
        inside = [
            (round(max(turn[0] - first, 0.0), 3), round(min(turn[1], last) - first, 3), turn[2])
            for turn in meeting["turns"]
            if min(turn[1], last) - max(turn[0], first) >= SHORTEST
        ]
        sound = replace(meeting.audio, start=first, end=last, channel=0)
        return Fact(sound, {**meeting.says, "turns": inside})


def alimeeting(folder: Path) -> Meetings:
    """TextGrids with a tier for each speaker."""
    meetings = Meetings()
    for file in sorted(folder.glob("**/*_far/textgrid_dir/*.TextGrid")):
        turns = []
        tiers = re.split(r"item \[\d+\]:", file.read_text(encoding="utf-8-sig") + "\n")[1:]
        for tier in tiers:
            (speaker,) = re.findall(r'name = ".*?(SPK\d+)"', tier)
            for start, end, text in re.findall(MEETING, tier, re.S):
                if text.strip() and text.strip().lower() not in ("<sil>", "(sil)"):
                    turns.append((float(start), float(end), speaker))
        (path,) = file.parent.with_name("audio_dir").glob(f"{file.stem}_*.wav")
        says: dict[str, Any] = {"turns": turns, "language": CHINESE}
        meetings[file.stem] = Fact(file_of(folder, path.relative_to(folder).as_posix()), says)
    return meetings


def librimix(folder: Path) -> Iterator[tuple[str, Fact]]:
    """A table for each subset; its paths, of another machine, tell where the voices are."""
    for count in (2, 3):
        for part in ("train-360", "train-100", "dev", "test"):
            place = f"Libri{count}Mix/wav16k/min"
            file = folder / place / f"metadata/mixture_{part}_mix_clean.csv"
            for id, *paths in table(file)[1:] if file.exists() else ():
                names = [path[path.index(place) :] for path in paths[: count + 1]]
                mixture, *voices = (file_of(folder, name) for name in names)
                speakers = [utterance.split("-")[0] for utterance in id.split("_")]
                says: dict[str, Any] = {
                    "voices": voices,
                    "speakers": speakers,
                    "utterances": id.split("_"),
                }
                yield id, Fact(mixture, says)


DNS_LANGUAGES = {"read_speech": ENGLISH, "german_speech": ("German",), "crema_d": ENGLISH}
DNS_LANGUAGES |= {"mandarin_speech": CHINESE, "french_speech": ("French",)}
DNS_LANGUAGES |= {"italian_speech": ("Italian",), "russian_speech": ("Russian",)}
DNS_LANGUAGES |= {"spanish_speech": ("Spanish",), "vctk_wav48_silence_trimmed": ENGLISH}


def dns_challenge(folder: Path) -> Iterator[tuple[str, Fact]]:
    """Nothing but names of files; an id is the path below datasets/, with dots for slashes."""
    for path in sorted(folder.glob("datasets*/**/*.wav")):
        name = path.relative_to(folder).as_posix()
        parts = name.split("/")
        speaker = re.search(r"reader_\d+|BAC009(S\d{4})", parts[-1])
        language = [DNS_LANGUAGES[p] for p in parts if p in DNS_LANGUAGES]
        says: dict[str, Any] = {
            "speaker": speaker[0] if speaker else None,
            "language": (*language, None)[0],
        }
        yield ".".join(parts[1:]).removesuffix(".wav"), Fact(file_of(folder, name), says)


SPEECH: dict[str, tuple[Sequence[str], Reader]] = {
    "ljspeech": (("LJSpeech-1.1", "LJSpeech", "ljspeech"), ljspeech),
    "aishell3": (("data_aishell3", "AISHELL-3", "aishell3"), aishell3),
    "esd": (("Emotion Speech Dataset", "Emotional Speech Dataset (ESD)", "esd"), esd),
    "fleurs": (("fleurs",), fleurs),
    "fluent_speech_commands": (("fluent_speech_commands_dataset",), fluent_speech_commands),
    "libritts_r": (("LibriTTS_R", "LibriTTS-R", "libritts_r"), libritts_r),
    "alimeeting": (("AliMeeting", "alimeeting"), alimeeting),
    "librimix": (("LibriMix", "librimix"), librimix),
    "dns_challenge": (("DNS-Challenge", "dns_challenge"), dns_challenge),
}
"""Names of the corpora's folders, and their readers."""
