"""Audio Separation: one sound out of a mixture of two that is made here."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar

from audio_flan.errors import Unusable
from audio_flan.media.audio import Waveform, resample, waveform
from audio_flan.model.clip import Clip
from audio_flan.model.draft import Draft, Kind, Value
from audio_flan.model.labels import Labels
from audio_flan.model.randomness import Rng
from audio_flan.simulate.mixture import mix_sources
from audio_flan.simulate.noise import fit_length
from audio_flan.tasks.contract import Pool, SimulatedTask
from audio_flan.tasks.signals import excerpt, mono

SMALL_WORDS = set(
    """a an the and or of in on at with by to from is are as while then some for being it its into
    over near sound sounds heard can be""".split()  # noqa: SIM905 - a list of words is read best so
)
"""Words that tell no sound from another."""


class _Extraction(SimulatedTask):
    """The mixture: an excerpt of `longest` seconds at most is mixed with another clip of the same
    split, looped or cut to its length, -5 to 10 dB below it, both measured where they are active.
    The other is drawn from all corpora that have what the query is made of, and is unlike the
    target: no class of sound, nor any that stands above one, is common to both, and no word of
    their captions but the small ones, as far as either is known. Mixture and target are mono, have
    the target's rate, length and timing, and one common gain.
    """

    outputs = {"target_audio": Kind.AUDIO}
    snr_range_db: ClassVar[tuple[float, float]] = (-5.0, 10.0)
    longest: ClassVar[float] = 10.0

    @abstractmethod
    def query(
        self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]
    ) -> tuple[dict[str, Value], tuple[Clip, ...]]:
        """The slots that say what to extract, and the clips drawn for them.

        Raises:
            Unusable: the clip cannot be asked for.
        """

    def drafts(self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]) -> Iterator[Draft]:
        """One instance per clip."""
        query, shown = self.query(clip, rng, pools)
        used = {clip.identity, *(other.identity for other in shown)}
        other = pools["other"].draw(
            rng, lambda other: other.identity not in used and are_unlike(clip, other)
        )
        if other is None:
            raise Unusable("no-partner", "no clip of another kind is there to mix it with")
        snr_db = round(rng.uniform(*self.snr_range_db), 2)
        stretch = excerpt(clip.audio, self.longest, rng)

        target, rate = mono(waveform(stretch), stretch.name)
        masker = excerpt(other.audio, self.longest, rng)
        noise, other_rate = mono(waveform(masker), masker.name)
        noise = resample(noise[None], other_rate, rate)[0]
        noise = fit_length(noise, target.size, rate, rng.numpy())
        if not noise.any():
            raise Unusable("silent-audio", f"{other.audio.name} is silent where it is mixed in")
        mixed = mix_sources(target, noise, snr_db, rate)
        slots: dict[str, Value] = {
            "mixture": Waveform(mixed.mixture[None], rate),
            **query,
            "target_audio": Waveform(mixed.target[None], rate),
        }
        simulation = {
            "snr_db": snr_db,
            "excerpt_seconds": [stretch.start, stretch.end],
            "gain": round(mixed.gain, 6),
        }
        yield Draft(slots, (clip,), (other, *shown), simulation)


class TextGuidedAudioSourceSeparation(_Extraction):
    """The sound that a caption describes, out of a mixture."""

    config = "audio_source_separation"
    requires = frozenset({"caption", "sound"})
    auxiliary = {"other": requires}
    inputs = {"mixture": Kind.AUDIO, "caption": Kind.TEXT}

    def query(
        self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]
    ) -> tuple[dict[str, Value], tuple[Clip, ...]]:
        """The caption."""
        assert clip.caption is not None
        if not _words(clip):
            raise Unusable("empty-caption", f"{clip.caption!r} says nothing of the sound")
        return {"caption": clip.caption}, ()


class LabelQueryingSoundExtraction(_Extraction):
    """The sound of a class, out of a mixture; the target has this class alone."""

    config = "audio_label_querying_extraction"
    requires = frozenset({"event_labels", "event_families", "sound"})
    auxiliary = {"other": requires}
    inputs = {"mixture": Kind.AUDIO, "event_label": Kind.LABEL}
    label_fields = {"event_label": "event_labels"}

    def query(
        self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]
    ) -> tuple[dict[str, Value], tuple[Clip, ...]]:
        """The name of the class."""
        return {"event_label": _only_label(clip)}, ()


class AudioQueryingSoundExtraction(_Extraction):
    """The sound of the same class as another recording has, out of a mixture.

    The example is `longest_example` seconds at most of another clip that has the target's class
    alone.
    """

    config = "audio_audio_querying_extraction"
    requires = frozenset({"event_labels", "event_families", "sound"})
    auxiliary = {"other": requires, "example": requires}
    inputs = {"mixture": Kind.AUDIO, "example_audio": Kind.AUDIO}
    longest_example: ClassVar[float] = 5.0

    def query(
        self, clip: Clip, rng: Rng, pools: Mapping[str, Pool]
    ) -> tuple[dict[str, Value], tuple[Clip, ...]]:
        """Another recording of the class."""
        label = _only_label(clip)
        example = pools["example"].draw(
            rng, lambda other: other.identity != clip.identity and other.event_labels == label
        )
        if example is None:
            raise Unusable("no-example", f"no other clip is {label.values[0]!r} alone")
        return {"example_audio": excerpt(example.audio, self.longest_example, rng)}, (example,)


def are_unlike(one: Clip, other: Clip) -> bool:
    """Whether two clips have no kind of sound in common, as far as their annotations tell."""
    families = (one.event_families or frozenset()) & (other.event_families or frozenset())
    return not families and not _words(one) & _words(other)


def _words(clip: Clip) -> set[str]:
    """What tells a clip's caption from others: its words but the small ones."""
    words = re.findall(r"[^\W\d_]+", (clip.caption or "").lower())
    return {word.removesuffix("s") for word in words if word not in SMALL_WORDS}


def _only_label(clip: Clip) -> Labels:
    """The clip's one class of sound; raises `Unusable` where it has several."""
    assert clip.event_labels is not None
    if len(clip.event_labels.values) > 1:
        detail = f"{', '.join(clip.event_labels.values)}: one class could not be told from another"
        raise Unusable("several-sounds", detail)
    return clip.event_labels
