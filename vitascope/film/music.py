"""The built-in composer: music for a film from a mood, a seed and its cuts. The same three give the same bytes on one
machine. It writes notes (a form with a beginning, a development and a cadence at the film's end); `instruments.py`
makes them sound. No model and no sample takes part.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np

from vitascope.errors import BadSpec
from vitascope.film.arrangement import MOODS, arranged
from vitascope.film.instruments import RATE, Samples, play
from vitascope.media import wav

LONGEST = 4 * 3600  # seconds
PEAK = 10 ** (-3 / 20)  # of full scale
BEATS = 4  # in a bar
_LAST = Fraction(9, 5)  # seconds that the last chord has at least
_FADE = 1.4  # seconds at the end
_STEP = Fraction(1, 4)  # between tempos that are tried


@dataclass(frozen=True)
class Composed:
    """`bars`: before the last chord. `distance`: from a cut to its nearest beat, on average, in seconds."""

    bpm: Fraction
    bars: int
    seconds: Fraction
    distance: float


def compose(
    mood: str,
    seed: int,
    seconds: Fraction,
    *,
    cuts: Sequence[Fraction],
    target: Path,
    bpm: int | None = None,
) -> Composed:
    """Writes a WAV file: 48 kHz, stereo, PCM of 16 bits, with its peak at -3 dBFS. `cuts`: when pictures change, in
    seconds from where the music begins. Raises BadSpec.
    """
    if mood not in MOODS:
        raise BadSpec(f'There is no mood "{mood[:40]}".', hint=f"Moods: {', '.join(MOODS)}.", field="mood")
    if not 0 < seconds <= LONGEST:
        raise BadSpec(f"Music of {float(seconds):g} s can't be made.", hint=f"More than 0, at most {LONGEST} s.")
    inside = [cut for cut in cuts if 0 < cut < seconds]
    tempo = Fraction(bpm) if bpm else fitting_tempo(MOODS[mood].tempo, inside)
    beat = 60 / tempo
    bars = max(0, int((seconds - _LAST) / (BEATS * beat)))
    on_beat = [round(cut / beat) for cut in inside if distance(cut, beat) < 0.08]
    chance = random.Random(f"{mood} {seed}")
    notes = arranged(mood, chance, beat=float(beat), bars=bars, cuts=on_beat, seconds=float(seconds))
    with tempfile.TemporaryFile() as aside:
        peak = 0.0
        for piece in play(notes, float(seconds)):
            aside.write(piece.tobytes())
            peak = max(peak, float(np.abs(piece).max(initial=0.0)))
        aside.seek(0)
        gain = PEAK / max(peak, 1e-9)
        count = wav.write(target, _finished(aside, gain, float(seconds)), rate=RATE, channels=2)
    return Composed(tempo, bars, Fraction(count, RATE), _mean(inside, beat))


def fitting_tempo(tempos: tuple[int, int], cuts: Sequence[Fraction]) -> Fraction:
    """The tempo, in beats a minute, at which cuts fall on beats as well as can be; the middle one without cuts."""
    low, high = tempos
    middle = Fraction(low + high, 2)
    tried = [low + _STEP * n for n in range(int((high - low) / _STEP) + 1)]
    return min(tried, key=lambda tempo: (_mean(cuts, 60 / tempo) + 0.004 * abs(tempo - middle) / (high - low), tempo))


def distance(cut: Fraction, beat: Fraction) -> float:
    """Seconds from a cut to its nearest beat."""
    return float(abs(cut - round(cut / beat) * beat))


def _mean(cuts: Sequence[Fraction], beat: Fraction) -> float:
    return sum(distance(cut, beat) for cut in cuts) / len(cuts) if cuts else 0.0


def _finished(aside: IO[bytes], gain: float, seconds: float) -> Iterator[Samples]:
    """At its level, and faded at the end."""
    at, whole = 0, round(seconds * RATE)
    fade = min(_FADE, seconds / 3) * RATE
    while data := aside.read(RATE * 8):
        piece = np.frombuffer(data, np.float32).reshape(-1, 2)
        left = whole - np.arange(at, at + len(piece))
        at += len(piece)
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.clip(left / fade, 0, 1))
        yield (piece * gain * ramp[:, None]).astype(np.float32)
