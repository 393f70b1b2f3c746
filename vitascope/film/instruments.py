"""The sounds of the built-in composer, and the mixer that lays them into one room. Each sound is a function of pitch
and length alone and is made once for all its notes; the mixer works second by second, so that ten minutes take no more
memory than one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE = 48_000
Samples = npt.NDArray[np.float32]  # (samples,) or (samples, 2)
Curve = npt.NDArray[np.float64]
_TABLE = 16_384  # samples of one period
_LONGEST = 16  # seconds of a note with all its decay
_ROOM_SECONDS = 1.8  # of the reverb
_KEPT = 96  # sounds that wait for their next note


@dataclass(frozen=True, order=True)
class Note:
    """`pitch`: a MIDI number, 69 is 440 Hz. `pan`: -1 left to 1 right. `room`: how much of it goes into the reverb."""

    start: float
    sound: str
    pitch: int
    seconds: float
    loud: float
    pan: float = 0.0
    room: float = 0.3


def _times(seconds: float) -> Curve:
    return np.arange(int(seconds * RATE)) / RATE


def _hertz(pitch: float) -> float:
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def _rise(t: Curve, attack: float) -> Curve:
    """From 0 to 1 without a corner, so that nothing clicks."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(t / attack, 0, 1)))


def _held(seconds: float, attack: float, release: float) -> Curve:
    t = _times(seconds + release)
    return _rise(t, min(attack, seconds * 0.6)) * (1 - _rise(t - seconds, release))


def _struck(t: Curve, decay: float, attack: float = 0.003) -> Curve:
    """A sound that dies away, faded out at its end."""
    return np.asarray(_rise(t, attack) * np.exp(-t / decay) * (1 - _rise(t - t[-1] + 0.05, 0.05)))


def _period(weights: Sequence[float]) -> Samples:
    turn = 2 * np.pi * np.arange(_TABLE) / _TABLE
    made = np.sum([weight * np.sin((n + 1) * turn + 0.7 * n * n) for n, weight in enumerate(weights)], axis=0)
    return np.asarray(made / np.abs(made).max(), np.float32)


_DARK = _period([1 / n**2.2 for n in range(1, 6)])
_STRINGS = _period([1 / n**1.4 for n in range(1, 14)])
_BRASS = _period([1.0, 0.9, 0.75, 0.6, 0.42, 0.3, 0.22, 0.15, 0.1, 0.07, 0.05])
_REED = _period([1.0, 0.1, 0.5, 0.08, 0.28, 0.05, 0.15, 0.03, 0.08])


def _wave(table: Samples, hertz: float, count: int, phase: float) -> Samples:
    at = (np.arange(count) * (hertz * _TABLE / RATE) + phase * _TABLE).astype(np.int64) % _TABLE
    return table[at]


def _ensemble(
    bright: Samples, pitch: int, seconds: float, attack: float, release: float, opens: float, wide: float = 0.6
) -> Samples:
    """Two slightly detuned players on each side, who begin dark, open up and darken again. `wide`: 0 for low sounds,
    which belong in the middle.
    """
    shape = _held(seconds, attack, release)
    opening = opens * np.sin(np.pi * np.arange(len(shape)) / max(len(shape), 1)) ** 1.5
    sides = []
    for players in (((-0.06, 0.0), (0.035, 0.31)), ((0.07, 0.57), (-0.03, 0.83))):
        dark, full = (
            np.sum([_wave(table, _hertz(pitch + off), len(shape), phase) for off, phase in players], axis=0)
            for table in (_DARK, bright)
        )
        sides.append((dark * (1 - opening) + full * opening) * shape / 2)
    left, right = sides
    middle, side = (left + right) / 2, (left - right) / 2 * wide
    return np.stack([middle + side, middle - side], axis=1).astype(np.float32)


def _partials(
    pitch: int, seconds: float, *, decay: float, darker: float, weights: Sequence[float], stretch: float = 0.0
) -> Samples:
    """A string that is plucked or struck: the higher a partial, the sooner it is gone."""
    t, hertz = _times(seconds), _hertz(pitch)
    made = np.zeros(len(t))
    for n, weight in enumerate(weights, 1):
        each = hertz * n * (1 + stretch * n * n)
        if each < 9_000:
            made += weight * np.sin(2 * np.pi * each * t + n) * np.exp(-t * (1 + darker * (n - 1)) / decay)
    return np.asarray(made * _struck(t, 1e9), np.float32)


def _bell(pitch: int, ratio: float, depth: float, decay: float) -> Samples:
    t, hertz = _times(3.2 * decay), _hertz(pitch)
    ring = depth * np.exp(-t / (decay * 0.4)) * np.sin(2 * np.pi * hertz * ratio * t)
    return np.asarray(np.sin(2 * np.pi * hertz * t + ring) * _struck(t, decay, 0.004), np.float32)


def _noise(count: int, seed: int) -> Curve:
    return np.random.Generator(np.random.PCG64(seed)).standard_normal(count)


def _hiss(seconds: float, decay: float, seed: int, attack: float = 0.002) -> Samples:
    """Noise without its low half."""
    t = _times(seconds)
    high = np.diff(_noise(len(t) + 2, seed), 2)
    return np.asarray(0.25 * high * _struck(t, decay, attack), np.float32)


def _kick(depth: float, decay: float) -> Samples:
    t = _times(5 * decay)
    turn = 2 * np.pi * np.cumsum(depth * (1 + 1.6 * np.exp(-t / 0.025))) / RATE
    return np.asarray(np.sin(turn) * _struck(t, decay, 0.004), np.float32)


def _clap() -> Samples:
    t = _times(0.28)
    smooth = np.convolve(np.diff(_noise(len(t) + 1, 5)), np.ones(5) / 5, "same")
    return np.asarray(smooth * _struck(t, 0.07, 0.002), np.float32)


_SOUNDS: dict[str, Callable[[int, float], Samples]] = {
    "pad": lambda pitch, seconds: _ensemble(_STRINGS, pitch, seconds, 0.5, 0.9, 0.35),
    "strings": lambda pitch, seconds: _ensemble(_STRINGS, pitch, seconds, 0.18, 0.5, 0.75),
    "brass": lambda pitch, seconds: _ensemble(_BRASS, pitch, seconds, 0.12, 0.5, 0.55),
    "reed": lambda pitch, seconds: _ensemble(_REED, pitch, seconds, 0.07, 0.2, 0.6),
    "bass": lambda pitch, seconds: _ensemble(_REED, pitch, seconds, 0.02, 0.12, 0.25, 0.0),
    "sub": lambda pitch, seconds: _ensemble(_DARK, pitch, seconds, 0.05, 0.4, 0.0, 0.0),
    "pluck": lambda pitch, _: _partials(
        pitch, 1.4, decay=0.55, darker=0.4, weights=(1, 0.55, 0.4, 0.24, 0.16, 0.1, 0.07)
    ),
    "piano": lambda pitch, _: _partials(
        pitch, 3.4, decay=1.5, darker=0.45, weights=(1, 0.6, 0.3, 0.2, 0.12, 0.07, 0.04), stretch=2e-4
    ),
    "marimba": lambda pitch, _: _bell(pitch, 3.93, 0.9, 0.22),
    "pizz": lambda pitch, _: _partials(pitch, 0.7, decay=0.2, darker=0.8, weights=(1, 0.6, 0.3, 0.15)),
    "bell": lambda pitch, _: _bell(pitch, 2.0, 1.1, 0.9),
    "glass": lambda pitch, _: _bell(pitch, 3.0, 0.5, 1.4),
    "kick": lambda *_: _kick(48.0, 0.11),
    "heart": lambda *_: _kick(42.0, 0.16),
    "timpani": lambda pitch, _: _kick(_hertz(pitch), 0.45),
    "hat": lambda *_: _hiss(0.12, 0.025, 1),
    "shaker": lambda *_: _hiss(0.16, 0.045, 2, 0.02),
    "cymbal": lambda *_: _hiss(2.4, 0.7, 3, 0.004),
    "swell": lambda *_: _hiss(1.6, 0.5, 4, 0.9),
    "clap": lambda *_: _clap(),
    "block": lambda pitch, _: _bell(pitch, 1.47, 0.8, 0.05),
}


def play(notes: Sequence[Note], seconds: float) -> Iterator[Samples]:
    """The notes as sound, (samples, 2), second by second; as long as was asked, to the sample."""
    whole = round(seconds * RATE)
    dry = np.zeros(((1 + _LONGEST) * RATE, 2), np.float32)
    wet = np.zeros_like(dry)
    room, tail = _Room(), np.zeros((0, 2), np.float32)
    kept: dict[tuple[str, int, float], Samples] = {}
    waiting = sorted(notes)[::-1]
    for begin in range(0, whole, RATE):
        while waiting and waiting[-1].start * RATE < begin + RATE:
            note = waiting.pop()
            at = max(0, round(note.start * RATE) - begin)
            made = _sound(note, kept)
            piece = made[: len(dry) - at] * _panned(note)
            dry[at : at + len(piece)] += piece
            wet[at : at + len(piece)] += piece * np.float32(note.room)
        echoed = room.of(wet[:RATE])
        echoed[: len(tail)] += tail
        tail = echoed[RATE:]
        yield (dry[:RATE] + echoed[:RATE])[: whole - begin]
        for buffer in (dry, wet):
            buffer[:-RATE] = buffer[RATE:]
            buffer[-RATE:] = 0


def _sound(note: Note, kept: dict[tuple[str, int, float], Samples]) -> Samples:
    key = (note.sound, note.pitch, note.seconds)
    made = kept.pop(key, None)
    if made is None:
        made = _SOUNDS[note.sound](note.pitch, min(note.seconds, _LONGEST - 2.0))
        made = made if made.ndim == 2 else np.stack([made, made], axis=1)
    kept[key] = made  # the last one used is the last one to go
    if len(kept) > _KEPT:
        del kept[next(iter(kept))]
    return made


def _panned(note: Note) -> Samples:
    angle = (note.pan + 1) * np.pi / 4
    return np.array([np.cos(angle), np.sin(angle)], np.float32) * np.float32(note.loud * 2**0.5)


class _Room:
    """A reverb: noise that dies away, the high of it sooner, different on both sides; applied by the FFT."""

    def __init__(self) -> None:
        count = round(_ROOM_SECONDS * RATE)
        t = np.arange(count) / RATE
        sides = []
        for seed in (11, 12):
            noise = _noise(count + 8, seed)
            low = np.convolve(noise, np.ones(9) / 9, "valid")
            answer = low * np.exp(-t / 0.42) + 0.25 * noise[:count] * np.exp(-t / 0.12)
            answer[: round(0.012 * RATE)] = 0  # the walls are some metres away
            answer -= answer.mean()
            sides.append(answer * _rise(t[-1] - t, 0.1) / np.sqrt((answer**2).sum()))
        self._length = RATE + count
        self._answer = np.fft.rfft(np.stack(sides, axis=1), self._length, axis=0)

    def of(self, samples: Samples) -> Samples:
        """As long as the samples and the room's answer together."""
        heard = np.fft.rfft(samples, self._length, axis=0) * self._answer
        return np.fft.irfft(heard, self._length, axis=0).astype(np.float32)
