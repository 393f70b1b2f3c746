"""Chords, scales and melodies of the built-in composer, as numbers: pitches are MIDI numbers. Pure, but for the chance
that it is given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

T = TypeVar("T")
_ROOTS = {"i": 0, "bii": 1, "ii": 2, "biii": 3, "iii": 4, "iv": 5, "v": 7, "bvi": 8, "vi": 9, "bvii": 10}
_ADDED = {"": (), "7": (10,), "maj7": (11,), "9": (14,), "6": (9,)}
_CHORD = re.compile(r"(b?[ivIV]+)(sus|maj7|7|9|6|)$")
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)


@dataclass(frozen=True)
class Chord:
    """`root` and `tones`: semitones above the key's tonic, 0 to 11."""

    root: int
    tones: tuple[int, ...]


def chord(name: str) -> Chord:
    """By its roman numeral, small for minor: "vi", "bVImaj7", "Vsus"."""
    found = _CHORD.match(name)
    if not found:
        raise ValueError(f"no chord: {name}")
    numeral, suffix = found.groups()
    root = _ROOTS[numeral.lower()]
    third = 3 if numeral.lstrip("b").islower() else 4
    shape = (0, 5, 7) if suffix == "sus" else (0, third, 7, *_ADDED[suffix])
    return Chord(root, tuple((root + step) % 12 for step in shape))


def one_of(chance: Random, things: Sequence[T]) -> T:
    return things[int(chance.random() * len(things))]


def voiced(chord: Chord, tonic: int, before: Sequence[int], centre: int = 60) -> tuple[int, ...]:
    """The chord close together around the centre, moved as little as can be from the chord before it."""
    tones = sorted((tonic + tone) % 12 for tone in chord.tones)
    choices = []
    for turn in range(len(tones)):
        low = centre - 6 + (tones[turn] - (centre - 6)) % 12
        made, pitch = [], low
        for tone in tones[turn:] + tones[:turn]:
            pitch += (tone - pitch) % 12
            made.append(pitch)
        for octave in (0, -12):
            moved = tuple(note + octave for note in made)
            away = abs(sum(moved) / len(moved) - centre)
            near = sum(min(abs(note - old) for old in before) for note in moved) if before else 0
            choices.append((near + away * (0.5 if before else 1.0), moved))
    return min(choices)[1]


def ladder(chord: Chord, tonic: int, low: int, high: int) -> list[int]:
    """All notes of the chord in this range, going up."""
    return [pitch for pitch in range(low, high + 1) if (pitch - tonic) % 12 in chord.tones]


def contour(chance: Random, count: int) -> list[int]:
    """Steps of a melody on its scale: mostly small, and a leap is answered by steps back."""
    steps, height = [], 0
    for _ in range(count):
        step = one_of(chance, (-2, -1, -1, 0, 1, 1, 2, 3 if height < 1 else -3))
        if abs(height + step) > 4:
            step = -step
        height += step
        steps.append(height)
    return steps


def sung(
    heights: Sequence[int],
    strong: Sequence[bool],
    chords: Sequence[Chord],
    tonic: int,
    scale: Sequence[int],
    middle: int,
) -> list[int]:
    """The contour as pitches: on strong beats notes of the chord, between them notes of the scale (with the chord's
    own leading tone where it has one).
    """
    made = []
    for height, on_beat, harmony in zip(heights, strong, chords, strict=True):
        altered = {tone for tone in harmony.tones if tone not in scale}
        tones = set(harmony.tones) if on_beat else {t for t in scale if t + 1 not in altered} | altered
        wanted = middle + height * 12 / 7
        near = [pitch for pitch in range(int(wanted) - 7, int(wanted) + 8) if (pitch - tonic) % 12 in tones]
        made.append(min(near, key=lambda pitch: (abs(pitch - wanted), pitch)))
    return made
