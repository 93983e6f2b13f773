"""Acoustic scenes and noises, computed from shaped noise and tones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from bank.recording import Audio, Recording, generator, to_rms

SCENE_RATE = 22_050
NOISE_RATE = 16_000


class Palette:
    """The sounds from which one scene or noise is mixed; each has an RMS or a peak of one."""

    def __init__(self, rng: np.random.Generator, rate: int, seconds: float) -> None:
        self.rng = rng
        self.rate = rate
        self.count = round(rate * seconds)
        self.time: Audio = np.arange(self.count) / rate

    def noise(self, slope: float, low: float = 20.0, high: float = 10_000.0) -> Audio:
        """Return noise between two frequencies in Hz whose spectrum has a slope in dB/octave."""
        spectrum = np.fft.rfft(self.rng.standard_normal(self.count))
        frequency = np.maximum(np.fft.rfftfreq(self.count, 1 / self.rate), 1.0)
        gain = (frequency / 1_000.0) ** (slope / 6.02)
        gain /= 1.0 + (low / frequency) ** 4
        gain /= 1.0 + (frequency / high) ** 4
        audio = np.fft.irfft(spectrum * gain, self.count)
        return np.asarray(audio / np.std(audio))

    def hum(self, fundamental: float, harmonics: int, tilt: float = -6.0) -> Audio:
        """Return a steady harmonic tone; ``tilt`` is in dB/octave."""
        orders = range(1, harmonics + 1)
        phases = self.rng.uniform(0, 2 * np.pi, harmonics)
        parts = [
            order ** (tilt / 6.02) * np.sin(2 * np.pi * order * fundamental * self.time + phase)
            for order, phase in zip(orders, phases, strict=True)
        ]
        audio = np.sum(parts, axis=0)
        return np.asarray(audio / np.std(audio))

    def sweep(self, start: float, stop: float) -> Audio:
        """Return a tone that glides between two frequencies in Hz over the whole recording."""
        frequency = np.linspace(start, stop, self.count)
        return np.asarray(np.sqrt(2) * np.sin(2 * np.pi * np.cumsum(frequency) / self.rate))

    def beat(self, frequency: float, depth: float) -> Audio:
        """Return a slow amplitude modulation (Hz, 0 to 1) around one."""
        phase = self.rng.uniform(0, 2 * np.pi)
        return np.asarray(1.0 + depth * np.sin(2 * np.pi * frequency * self.time + phase))

    def decay(self, onset: float, seconds: float) -> Audio:
        """Return an envelope that starts at ``onset`` seconds and falls with a time constant."""
        after = self.time - onset
        rise = np.clip(after / 0.002, 0.0, 1.0)
        return np.asarray(rise * np.exp(-np.maximum(after, 0.0) / seconds))

    def strokes(self, sound: Audio, onsets: tuple[float, ...], seconds: float) -> Audio:
        """Return a sound struck at the onsets."""
        return np.asarray(sound * np.sum([self.decay(at, seconds) for at in onsets], axis=0))

    def bell(self, frequency: float, onset: float, seconds: float) -> Audio:
        """Return a struck tone of three partials."""
        partials = ((1.0, 1.0), (2.0, 0.5), (2.76, 0.25))
        tone = np.sum(
            [a * np.sin(2 * np.pi * r * frequency * self.time) for r, a in partials], axis=0
        )
        return np.asarray(tone * self.decay(onset, seconds))

    def chirp(self, onset: float, seconds: float, start: float, stop: float) -> Audio:
        """Return a short whistle gliding between two frequencies in Hz."""
        position = np.clip((self.time - onset) / seconds, 0.0, 1.0)
        phase = 2 * np.pi * np.cumsum(start + (stop - start) * position) / self.rate
        return np.asarray(np.sin(phase) * np.sin(np.pi * position) ** 2)

    def murmur(self) -> Audio:
        """Return noise in the band of voices, modulated at the rate of syllables."""
        low = self.noise(-6, 250, 900) * self.beat(4.3, 0.7)
        return np.asarray(low + 0.5 * self.noise(-6, 900, 2_500) * self.beat(3.1, 0.7))


def airport(p: Palette) -> Audio:
    """Mix a wide hall, jet rumble and a two-tone chime."""
    chime = p.bell(659.3, 0.15, 0.25) + p.bell(523.3, 0.5, 0.3)
    return np.asarray(p.noise(-5, 60, 3_000) + 0.4 * p.murmur() + 2.5 * chime)


def shopping_mall(p: Palette) -> Audio:
    """Mix voices with the soft chord of background music."""
    chord = p.hum(261.6, 3) + p.hum(329.6, 3) + p.hum(392.0, 3)
    return np.asarray(1.2 * p.murmur() + 0.35 * chord * p.beat(2.0, 0.5) + 0.1 * p.noise(0))


def metro_station(p: Palette) -> Audio:
    """Mix a rumble with the squeal of brakes and the beeps of doors."""
    squeal = p.sweep(3_400, 3_000) * p.beat(9.0, 0.4)
    beeps = p.strokes(p.sweep(1_900, 1_900), (0.6, 0.72, 0.84), 0.03)
    return np.asarray(p.noise(-9, 40, 1_500) + 0.25 * squeal + 0.8 * beeps)


def street_pedestrian(p: Palette) -> Audio:
    """Mix footsteps with a few voices."""
    steps = p.strokes(p.noise(-3, 150, 4_000), (0.08, 0.33, 0.57, 0.83), 0.03)
    return np.asarray(3.0 * steps + 0.4 * p.murmur() + 0.2 * p.noise(-3))


def public_square(p: Palette) -> Audio:
    """Mix the hiss of a fountain with a distant bell and voices."""
    bell = p.bell(440.0, 0.3, 0.6)
    return np.asarray(p.noise(0, 1_200, 6_000) + 0.6 * p.murmur() + 1.2 * bell)


def street_traffic(p: Palette) -> Audio:
    """Mix the swell of a passing car with engine harmonics."""
    swell = 0.4 + np.exp(-(((p.time - 0.55) / 0.2) ** 2))
    car = p.noise(-4, 80, 2_500) + 0.8 * p.hum(82.0, 8, -4)
    return np.asarray(swell * car + 0.5 * p.noise(-8, 30, 800))


def tram(p: Palette) -> Audio:
    """Mix the whine of an electric motor with the tram's bell."""
    bell = p.bell(1_480, 0.2, 0.1) + p.bell(1_480, 0.38, 0.15)
    return np.asarray(0.8 * p.hum(310.0, 5, -5) + 0.7 * p.noise(-6, 100, 2_000) + 1.8 * bell)


def bus(p: Palette) -> Audio:
    """Mix an idling diesel engine with rattle."""
    pulse = np.maximum(0.0, p.beat(28.0, 1.0) - 1.0)
    rattle = p.noise(0, 1_500, 4_000) * pulse
    return np.asarray(p.hum(28.0, 20, -2) + 0.5 * p.noise(-8, 40, 1_000) + 0.35 * rattle)


def metro(p: Palette) -> Audio:
    """Mix the deep rumble of a tunnel with rail joints and a rising motor."""
    joints = p.strokes(p.noise(-4, 100, 2_500), (0.2, 0.28, 0.7, 0.78), 0.025)
    return np.asarray(p.noise(-11, 30, 700) + 1.5 * joints + 0.3 * p.sweep(520, 760))


def park(p: Palette) -> Audio:
    """Mix the leaves in the wind with two birds."""
    first = sum(p.chirp(at, 0.09, 3_200, 4_600) for at in (0.1, 0.24, 0.38))
    second = sum(p.chirp(at, 0.14, 6_200, 5_000) for at in (0.6, 0.8))
    wind = p.noise(-3, 200, 5_000) * p.beat(1.2, 0.3)
    return np.asarray(0.5 * wind + 2.5 * (first + second))


def fan(p: Palette) -> Audio:
    """Mix the hum of a fan with its air."""
    return np.asarray(p.hum(120.0, 6, -5) + 0.6 * p.noise(-5, 80, 2_500) * p.beat(8.0, 0.2))


def rain(p: Palette) -> Audio:
    """Mix a hiss with drops."""
    onsets = tuple(float(at) for at in np.sort(p.rng.uniform(0.02, 1.45, 40)))
    return np.asarray(p.noise(1, 800, 6_000) + 1.5 * p.strokes(p.noise(0, 1_500), onsets, 0.004))


def keyboard(p: Palette) -> Audio:
    """Mix key strokes with the quiet of a room."""
    onsets = np.arange(0.06, 1.4, 0.13) + p.rng.uniform(0, 0.06, 11)
    keys = p.strokes(p.noise(2, 1_000, 5_500), tuple(float(at) for at in onsets), 0.008)
    return np.asarray(keys + 0.03 * p.noise(-6))


SCENES = (
    airport,
    shopping_mall,
    metro_station,
    street_pedestrian,
    public_square,
    street_traffic,
    tram,
    bus,
    metro,
    park,
)
NOISES = (fan, rain, keyboard)


def textures(
    kind: str, recipes: tuple[Callable[[Palette], Audio], ...], rate: int, seconds: float
) -> Iterator[Recording]:
    """Yield the recordings of one kind, labelled by the names of their recipes."""
    for recipe in recipes:
        label = recipe.__name__
        entry_id = f"{kind}_{label}"
        audio = to_rms(recipe(Palette(generator(entry_id), rate, seconds)), -30)
        yield Recording(entry_id, kind, rate, audio, {"label": label})
