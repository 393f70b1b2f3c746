"""From what an engine made of each sentence to the one file of a line: without the silence at both ends, as loud as all
others, with a breath between sentences. So an engine need not know when its words are said: the borders of sentences
are measured here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitascope.errors import BadClip, NotMade
from vitascope.film import phrases, wording
from vitascope.film.voices.speaker import Said
from vitascope.film.voices.words import sentences
from vitascope.media import sound, wav

RATE = 48_000
MAX_SECONDS = 1_800.0
_BREATH = 0.28  # seconds between two sentences at normal speed
_EDGE = 0.04  # seconds of silence that stay at both ends
_LOUD = 10 ** (-20 / 20)  # the level of the voice while it speaks, full scale 1
_PEAK = 10 ** (-3 / 20)
_UNHEARD = 10 ** (-50 / 20)  # below the loudest sample
_BLOCK = 480  # samples of which it is asked whether they are silent
_QUIET = 10 ** (-34 / 20)  # below the loudest sample: a pause
_PAUSE = 0.12  # seconds
_WHOLE = (10**6, 10**6)  # limits of a line that no line reaches

Samples = npt.NDArray[np.float32]
Speak = Callable[[Sequence[str], Path], Sequence[Path]]


def line(engine: str, text: str, target: Path, speak: Speak, *, speed: float) -> Said:
    """`speak` makes a sound file of each sentence in the folder that it is given."""
    spoken = sentences(text)
    with tempfile.TemporaryDirectory(prefix="vitascope-voice-") as folder:
        files = speak(spoken, Path(folder))
        if len(files) != len(spoken):
            raise NotMade(f"{engine} spoke {len(files)} of {len(spoken)} sentences.", hint="Try another voice.")
        heard = [_read(engine, file) for file in files]
    return _joined(engine, spoken, heard, target, breath=round(_BREATH / speed * RATE))


def whole(engine: str, text: str, target: Path, data: bytes) -> Said:
    """`data`: a sound file in which the whole line is spoken. Its sentences begin at the pauses that are nearest to
    where their syllables put them.
    """
    spoken = sentences(text)
    with tempfile.NamedTemporaryFile(prefix="vitascope-voice-") as file:
        file.write(data)
        file.flush()
        samples = _read(engine, Path(file.name))
    borders = [0, *_borders(samples, spoken), len(samples)]
    heard = [samples[start:end] for start, end in pairwise(borders)]
    return _joined(engine, spoken, heard, target, breath=0)


def _joined(engine: str, spoken: Sequence[str], heard: Sequence[Samples], target: Path, *, breath: int) -> Said:
    """`breath`: samples of silence between two sentences."""
    if not any(len(part) for part in heard):
        raise NotMade(f"{engine} made no sound of these words.", hint="Does the voice speak this language?")
    parts: list[Samples] = []
    words: list[tuple[str, Fraction, Fraction]] = []
    at = 0
    for number, (sentence, samples) in enumerate(zip(spoken, heard, strict=True)):
        if number and breath:
            parts.append(np.zeros(breath, np.float32))
            at += breath
        words += _words(sentence, at, at + len(samples))
        parts.append(samples)
        at += len(samples)
    wav.write(target, [_levelled(np.concatenate(parts))[:, None]], rate=RATE, channels=1)
    return Said(Fraction(at, RATE), tuple(words))


def _borders(samples: Samples, spoken: Sequence[str]) -> list[int]:
    """Where each sentence but the first begins."""
    weights = np.array([wording.exact_speech_seconds(sentence) + 0.02 for sentence in spoken])
    lengths = weights / weights.sum() * len(samples)
    pauses = np.array(_pauses(samples))
    found, last = [], 0
    for at, near in zip(np.cumsum(lengths)[:-1], np.minimum(lengths[:-1], lengths[1:]) / 2, strict=True):
        close = pauses[(pauses > last) & (np.abs(pauses - at) < near)] if len(pauses) else pauses
        border = int(close[np.abs(close - at).argmin()]) if len(close) else max(int(at), last)
        found.append(border)
        last = border
    return found


def _pauses(samples: Samples) -> list[int]:
    """The end of each silence of some length, before which a sentence may have ended."""
    blocks = samples[: len(samples) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    quiet = np.abs(blocks).max(axis=1) < np.abs(samples).max(initial=0.0) * _QUIET
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(np.int8), [0]])))
    return [int(end) * _BLOCK for start, end in edges.reshape(-1, 2) if (end - start) * _BLOCK >= _PAUSE * RATE]


def _read(engine: str, file: Path) -> Samples:
    if not file.exists() or file.stat().st_size <= 44:  # a WAV's head alone: nothing was said
        return np.zeros(0, np.float32)
    try:
        read = sound.read_file(file, name=f"What {engine} said", seconds=MAX_SECONDS)
    except BadClip as error:
        raise NotMade(f"{engine} answered with no sound that can be read.", hint="Try another voice.") from error
    return _trimmed(sound.resampled(read, RATE).samples.mean(axis=1))


def _trimmed(samples: Samples) -> Samples:
    """Without the silence at both ends, and faded there so that nothing clicks."""
    loud = np.abs(samples)
    heard = np.flatnonzero(loud > max(float(loud.max(initial=0.0)) * _UNHEARD, 1e-4))
    if not len(heard):
        return np.zeros(0, np.float32)
    edge = round(_EDGE * RATE)
    kept = samples[max(0, heard[0] - edge) : heard[-1] + edge].copy()
    fade = min(round(0.01 * RATE), len(kept) // 2)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    kept[:fade] *= ramp
    kept[len(kept) - fade :] *= ramp[::-1]
    return kept


def _levelled(samples: Samples) -> Samples:
    """Engines differ in how loud they are; the level of where something is said becomes the same for all."""
    blocks = samples[: len(samples) // 960 * 960].reshape(-1, 960)
    power = (blocks.astype(np.float64) ** 2).mean(axis=1) if len(blocks) else np.array([(samples**2).mean()])
    speaking = power[power > power.max() * 1e-3]
    gain = _LOUD / max(float(np.sqrt(speaking.mean())), 1e-6)
    return samples * np.float32(min(gain, _PEAK / max(float(np.abs(samples).max()), 1e-6)))


def _words(sentence: str, first: int, last: int) -> list[tuple[str, Fraction, Fraction]]:
    units = phrases.units(sentence, _WHOLE)
    weights = [wording.exact_speech_seconds(unit.text) + 0.02 for unit in units]
    borders = np.cumsum([0.0, *weights]) / sum(weights) * (last - first) + first
    times = [Fraction(round(border), RATE) for border in borders]
    return [(unit.text, times[at], times[at + 1]) for at, unit in enumerate(units)]
