"""The facts of a corpus: its `corpus.yaml` as typed values, with the line of every mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeVar

from audio_flan.errors import FactsError
from audio_flan.model.clip import ANNOTATIONS
from audio_flan.model.splits import SPLITS
from audio_flan.model.yaml_lines import LinedMapping, load

TERMS = ("", "licence", "form", "account", "purchase")
"""What a publisher asks for before a download: nothing, the acceptance of a licence, a form that
is filled in, an account, or a purchase."""


T = TypeVar("T")


class Shares(NamedTuple):
    """The share of the groups of clips that each split gets; they add up to 1."""

    train: float
    validation: float
    test: float


@dataclass(frozen=True, slots=True)
class Splits:
    """How a corpus is split.

    Args:
        rule: in a sentence, for people.
        group: what is in one split only, in a word: "speaker", "song".
        sharing: splits that may have such groups in common.
        shares: of the groups, where this library splits the corpus by a hash.
        seed: of the hash; another one deals the groups again, where few groups fell badly.
    """

    rule: str
    group: str = "clip"
    sharing: tuple[str, ...] = ()
    shares: Shares | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Copy:
    """A file that the publisher distributes.

    Args:
        name: of the file.
        url: where it is; empty where only the homepage tells.
        bytes: its size; None where unknown.
        md5, sha256: its checksums, hexadecimal; empty where unknown.
        part: what it holds of the corpus: a split, a language, "audio"; empty for all.
        folder: where it is to be unpacked inside the corpus's folder; empty for the folder itself.
    """

    name: str
    url: str = ""
    bytes: int | None = None
    md5: str = ""
    sha256: str = ""
    part: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a corpus without opening it.

    Args:
        title: its name in full.
        license: SPDX id, or "LicenseRef-…" with `license_conditions` saying what it asks.
        redistributable: whether the licence allows its audio to be published again.
        commercial: whether the licence allows commercial use.
        homepage: where it is described.
        download: how to get it.
        citation: the work to cite.
        origin: where the audio comes from: "audiobook", "youtube", "studio".
        recognised_by: files that it must have, which also tell that it is there; a name ending in
            "/" is a folder with something in it, one with a "*" a pattern, and "<language>" stands
            for each of `language_folders`.
        provides: annotation fields of `Clip` that it fills.
        splits: how it is split.
        license_conditions: what the licence asks, in words.
        license_page: where the licence is.
        terms: what the publisher asks for before a download, one of `TERMS`.
        languages: BCP 47 codes of its words.
        language_folders: code by the publisher's folder of each language.
        folders: names that the publisher's archive unpacks to, next to its key.
        one_is_enough: whether one of `recognised_by` is enough, as where each split is a download.
        without_top_folder: whether its archives have no folder of their own: its files may lie in
            the root.
        encodings: encodings that its metadata is found in; the reader tells them apart.
        words: closed label sets: by field, our word for each of the publisher's.
        constants: fields that are the same for every clip.
        speakers: number of speakers as published; 0 where unknown.
        copies: what the publisher distributes.
    """

    title: str
    license: str
    redistributable: bool
    commercial: bool
    homepage: str
    download: str
    citation: str
    origin: str
    recognised_by: tuple[str, ...]
    provides: frozenset[str]
    splits: Splits
    license_conditions: str = ""
    license_page: str = ""
    terms: str = ""
    languages: tuple[str, ...] = ()
    language_folders: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    one_is_enough: bool = False
    without_top_folder: bool = False
    encodings: tuple[str, ...] = ("utf-8",)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, object] = field(default_factory=dict)
    speakers: int = 0
    copies: tuple[Copy, ...] = ()


def load_facts(data: bytes, file: str) -> Facts:
    """Read the facts of a corpus.

    Args:
        data: the YAML text.
        file: its name for messages.

    Raises:
        FactsError: the text breaks the rules; the message tells the line.
    """
    return _Reader(file).read(Facts, load(data, file, FactsError))


class _Reader:
    """Makes typed values of YAML.

    Args:
        file: name of the YAML file, for messages.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._kinds: dict[str, Callable[[Any, int], Any]] = {
            "str": self._text,
            "bool": self._flag,
            "int": self._count,
            "int | None": self._count,
            "tuple[str, ...]": self._texts,
            "frozenset[str]": lambda value, line: frozenset(self._texts(value, line)),
            "Mapping[str, str]": self._text_by_name,
            "Mapping[str, object]": self._mapping,
            "Mapping[str, Mapping[str, str]]": self._words,
            "Shares | None": self._shares,
            "Splits": lambda value, line: self.read(Splits, self._mapping(value, line)),
            "tuple[Copy, ...]": self._copies,
        }

    def read(self, kind: type[T], tree: LinedMapping) -> T:
        """The values of one of the dataclasses above."""
        known: dict[str, Field[Any]] = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
        for name in tree:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
                raise self._error(tree.line(name), f"unknown key {name!r}; {hint}")
        for name, about in known.items():
            needed = about.default is MISSING and about.default_factory is MISSING
            if needed and name not in tree:
                raise self._error(tree.first_line, f"the key {name!r} is missing")
        values = {
            name: self._kinds[str(known[name].type)](value, tree.line(name))
            for name, value in tree.items()
        }
        self._check(values, tree)
        return kind(**values)

    def _check(self, values: Mapping[str, Any], tree: LinedMapping) -> None:
        """What no type says: names of fields, splits and terms."""
        closed = {
            "provides": ANNOTATIONS,
            "words": ANNOTATIONS,
            "constants": ANNOTATIONS,
            "sharing": SPLITS,
        }
        for key, known in closed.items():
            for name in values.get(key, ()):
                if name not in known:
                    near = get_close_matches(name, known, n=1)
                    hint = f"; did you mean {near[0]!r}?" if near else ""
                    what = "split" if key == "sharing" else "field of a clip"
                    raise self._error(tree.line(key), f"{key}: no {what} is called {name!r}{hint}")
        if (terms := values.get("terms", "")) not in TERMS:
            listed = ", ".join(filter(None, TERMS))
            raise self._error(tree.line("terms"), f"terms: expected {listed}; found {terms!r}")

    def _text(self, value: Any, line: int) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self._error(line, f"expected a text, found {value!r}; put it in quotes")
        return value.strip()

    def _flag(self, value: Any, line: int) -> bool:
        if not isinstance(value, bool):
            raise self._error(line, f"expected true or false, found {value!r}")
        return value

    def _count(self, value: Any, line: int) -> int:
        if type(value) is not int or value < 0:
            raise self._error(line, f"expected a whole number, found {value!r}")
        return value

    def _texts(self, value: Any, line: int) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self._error(line, f"expected a list [a, b], found {value!r}")
        # "" is a folder's own place; nothing else may be empty.
        texts = tuple(item if item == "" else self._text(item, line) for item in value)
        if len(set(texts)) < len(texts):
            raise self._error(line, "an item is given twice")
        return texts

    def _mapping(self, value: Any, line: int) -> LinedMapping:
        if not isinstance(value, LinedMapping):
            raise self._error(line, f"expected keys with values, found {value!r}")
        return value

    def _text_by_name(self, value: Any, line: int) -> dict[str, str]:
        mapping = self._mapping(value, line)
        for name in {"True", "False", "None"} & mapping.keys():
            raise self._error(
                mapping.line(name), f"YAML reads this key as {name}: put it in quotes"
            )
        return {name: self._text(item, mapping.line(name)) for name, item in mapping.items()}

    def _words(self, value: Any, line: int) -> dict[str, dict[str, str]]:
        """Words by field; a list stands for labels that the publisher words as we do."""
        fields_ = self._mapping(value, line)
        return {
            field: dict(zip(*[self._texts(words, fields_.line(field))] * 2, strict=True))
            if isinstance(words, list)
            else self._text_by_name(words, fields_.line(field))
            for field, words in fields_.items()
        }

    def _shares(self, value: Any, line: int) -> Shares:
        numbers = value if isinstance(value, list) else []
        if len(numbers) != 3 or not all(type(number) in (int, float) for number in numbers):
            raise self._error(line, f"expected three shares [train, validation, test]: {value!r}")
        shares = Shares(*map(float, numbers))
        if abs(sum(shares) - 1) > 1e-9 or min(shares) < 0:
            raise self._error(line, f"the shares add up to {sum(shares):g}, not to 1")
        return shares

    def _copies(self, value: Any, line: int) -> tuple[Copy, ...]:
        if not isinstance(value, list):
            raise self._error(line, f"expected a list of files, found {value!r}")
        return tuple(self.read(Copy, self._mapping(item, line)) for item in value)

    def _error(self, line: int, problem: str) -> FactsError:
        return FactsError(self._file, line, problem)
