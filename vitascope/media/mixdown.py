"""Many sounds become one, in blocks, so that memory stays flat in length: each is read from its file as it is needed,
at 48 kHz in stereo, faded, lowered under speech, and added in float. The sum is measured as ITU-R BS.1770 says, brought
to a loudness, and kept below a true peak. To measure it, it is mixed once more than it is written.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.error import BlockingIOError as NothingYet
from av.error import EOFError as Ended
from av.error import FFmpegError

from vitascope.errors import BadClip
from vitascope.media import sound, video
from vitascope.media.kinds import HEAD_BYTES, kind_of
from vitascope.media.sound import Samples

RATE = 48_000
BLOCK = 24_000  # samples
SILENCE = -69.9  # LUFS; what measures less is taken for silent
_SAFE = {"protocol_whitelist": "file"}
_EDGE = round(0.005 * RATE)  # samples; every sound begins and ends so softly that its edges make no click
_DUCK = 9.0  # dB lower under speech
_ATTACK, _RELEASE = round(0.2 * RATE), round(0.5 * RATE)  # before speech begins, after it ends
_ROUND = 0.2  # LU by which the loudness may miss
_MOST_GAIN = 30.0  # dB; to lift a sum further would lift its noise

Interval = tuple[int, int]  # samples


@dataclass(frozen=True, kw_only=True)
class Part:
    """One sound in the mix; times in samples of the mix. `source_in`: seconds into its file."""

    path: Path
    name: str  # in errors
    start: int
    end: int
    source_in: Fraction = Fraction(0)
    speed: Fraction = Fraction(1)
    gain: float = 0.0  # dB
    duck: bool = False  # lower while somebody speaks
    fade_in: int = 0
    fade_out: int = 0


@dataclass(frozen=True)
class Loudness:
    integrated: float  # LUFS
    true_peak: float  # dBTP

    @property
    def is_silent(self) -> bool:
        return self.integrated <= SILENCE


class Reader:
    """A file's sound from a moment on, read in order. Its pitch stays at any speed. Raises BadClip."""

    def __init__(self, path: Path, *, name: str, start: Fraction = Fraction(0), speed: Fraction = Fraction(1)):
        self._name = name
        self._pieces = self._changed(self._read(path, float(start)), speed)
        self._left: Samples = np.zeros((0, 2), np.float32)

    def read(self, count: int) -> Samples:
        """(count, 2); silence after its end."""
        while len(self._left) < count:
            piece = next(self._pieces, None)
            if piece is None:
                self._left = np.pad(self._left, ((0, count - len(self._left)), (0, 0)))
            else:
                self._left = np.concatenate([self._left, piece])
        made, self._left = self._left[:count], self._left[count:]
        return made

    def close(self) -> None:
        self._pieces.close()  # type: ignore[attr-defined]  # it is a generator

    def _read(self, path: Path, start: float) -> Iterator[Samples]:
        try:
            with open(path, "rb") as file:
                kind = kind_of(file.read(HEAD_BYTES))
            if not kind or kind.what == "picture":
                raise BadClip(f"{self._name} is not a sound.", hint="Give a sound, or a clip with one.")
            begins = video.begins(path, name=self._name) if kind.what == "clip" else 0.0
            url = f"file:{path.absolute()}"
            with av.open(url, format=kind.format, options=_SAFE, metadata_errors="replace") as box:
                if box.streams.audio and box.streams.audio[0].codec_context is not None:
                    yield from _placed(box, box.streams.audio[0], begins + start)
        except (FFmpegError, OSError, ValueError) as error:
            raise BadClip(f"The sound of {self._name} cannot be read.", hint="Give a file that plays.") from error

    def _changed(self, pieces: Iterator[Samples], speed: Fraction) -> Iterator[Samples]:
        if speed == 1:
            yield from pieces
            return
        filters, left = [], float(speed)
        while not 0.5 <= left <= 2.0:  # one step does so much well
            filters.append(("atempo", "2.0" if left > 1 else "0.5"))
            left /= 2.0 if left > 1 else 0.5
        filters += [("atempo", f"{left:.9f}"), ("aformat", "sample_fmts=flt:channel_layouts=stereo")]
        for frame in _through(filters, pieces):
            yield frame.to_ndarray().reshape(-1, 2)


def _placed(box: Any, stream: Any, start: float) -> Iterator[Samples]:
    """Laid out by its times from `start` on; silence in its gaps."""
    layout = "mono" if stream.codec_context.channels == 1 else "stereo"
    place: int | None = None  # of what comes next, in samples from the start; below 0 nothing is heard
    for time, piece in sound.pieces(box, stream, av.AudioResampler(format="flt", layout=layout, rate=RATE), math.inf):
        if time is not None:
            told = round((time - start) * RATE)
            if place is None or told - place > sound.GAP_SECONDS * RATE:
                for at in range(max(place or 0, 0), told, BLOCK):
                    yield np.zeros((min(BLOCK, told - at), 2), np.float32)
                place = told
        place = place or 0
        whole = np.repeat(piece, 2, axis=1) if piece.shape[1] == 1 else piece
        if place + len(whole) > 0:
            yield whole[max(0, -place) :]
        place += len(whole)


def _through(filters: Sequence[tuple[str, str]], pieces: Iterable[Samples]) -> Iterator[Any]:
    """Frames that come out of a chain of FFmpeg's filters."""
    graph = av.filter.Graph()
    chain = [graph.add_abuffer(format="flt", sample_rate=RATE, layout="stereo", time_base=Fraction(1, RATE))]
    chain += [graph.add(*one) for one in filters] + [graph.add("abuffersink")]
    for one, then in itertools.pairwise(chain):
        one.link_to(then)
    graph.configure()
    done = 0
    for piece in itertools.chain(pieces, (None,)):
        if piece is None:
            graph.push(None)
        elif len(piece):
            flat = np.ascontiguousarray(piece.reshape(1, -1), np.float32)
            frame = av.AudioFrame.from_ndarray(flat, format="flt", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, done, Fraction(1, RATE)
            done += len(piece)
            graph.push(frame)
        while True:
            try:
                made = graph.pull()
            except (NothingYet, Ended):
                break
            yield made


def mixed(parts: Sequence[Part], speech: Sequence[Interval], total: int) -> Iterator[Samples]:
    """(BLOCK, 2) float32 each, the last one shorter; not limited. `speech`: when somebody speaks, in order."""
    open_now: dict[int, Reader] = {}
    try:
        for at in range(0, total, BLOCK):
            end = min(at + BLOCK, total)
            block = np.zeros((end - at, 2), np.float32)
            lowered: npt.NDArray[np.float32] | None = None
            for number, part in enumerate(parts):
                low, high = max(part.start, at), min(part.end, end)
                if high > low:
                    if number not in open_now:
                        reader = Reader(part.path, name=part.name, start=part.source_in, speed=part.speed)
                        open_now[number] = reader
                    samples = open_now[number].read(high - low) * _envelope(part, low, high)[:, None]
                    if part.duck:
                        if lowered is None:
                            lowered = _lowered(speech, at, end)
                        samples *= lowered[low - at : high - at, None]
                    block[low - at : high - at] += samples
                if part.end <= end and number in open_now:
                    open_now.pop(number).close()
            yield block
    finally:
        for reader in open_now.values():
            reader.close()


def _envelope(part: Part, low: int, high: int) -> npt.NDArray[np.float32]:
    """Its gain and its fades, which keep the power of a dissolve even."""
    at = np.arange(low, high, dtype=np.float64)
    rise = np.clip((at - part.start) / max(part.fade_in, _EDGE), 0.0, 1.0)
    fall = np.clip((part.end - 1 - at) / max(part.fade_out, _EDGE), 0.0, 1.0)
    shape = np.sin(0.5 * np.pi * rise) * np.sin(0.5 * np.pi * fall)
    return (10 ** (part.gain / 20) * shape).astype(np.float32)


def _lowered(speech: Sequence[Interval], low: int, high: int) -> npt.NDArray[np.float32]:
    """By how much to multiply what gives way to speech."""
    at, depth = np.arange(low, high, dtype=np.float64), np.zeros(high - low)
    for start, end in speech:
        if start - _ATTACK < high and end + _RELEASE > low:
            near = np.minimum(1.0 - (start - at) / _ATTACK, 1.0 - (at - end) / _RELEASE)
            depth = np.maximum(depth, np.clip(near, 0.0, 1.0))
    soft = 0.5 - 0.5 * np.cos(np.pi * depth)
    return (10 ** (-_DUCK * soft / 20)).astype(np.float32)


def measured(blocks: Iterable[Samples]) -> Loudness:
    """As EBU R 128 has it: gated integrated loudness, and the true peak."""
    told: dict[str, str] = {}
    for frame in _through([("ebur128", "metadata=1:peak=true:framelog=quiet")], blocks):
        told = frame.metadata
    peak = float(told.get("lavfi.r128.true_peak", 0.0))
    return Loudness(float(told.get("lavfi.r128.I", -70.0)), 20 * math.log10(max(peak, 1e-9)))


@dataclass(frozen=True)
class Level:
    """What is done to the mix. `loudness`: what it then measures."""

    gain: float  # dB
    limited: bool
    loudness: Loudness


def levelled(mix: Callable[[], Iterator[Samples]], target: float, ceiling: float) -> Level:
    """The gain that brings this mix to `target` LUFS true peaks below `ceiling` dBTP. Silence stays silence."""
    found = measured(mix())
    if found.is_silent:
        return Level(0.0, False, found)
    gain = min(target - found.integrated, _MOST_GAIN)
    if found.true_peak + gain <= ceiling:
        return Level(gain, False, Loudness(found.integrated + gain, found.true_peak + gain))
    for _ in range(3):  # what the limiter takes away is given back
        made = measured(limited(mix(), gain, ceiling))
        missing = target - made.integrated
        if abs(missing) <= _ROUND or gain + missing > _MOST_GAIN:
            break
        gain += missing
    else:
        made = measured(limited(mix(), gain, ceiling))
    return Level(gain, True, made)


_HALF = round(0.02 * RATE)  # samples; how long before a peak the limiter begins
_TAPS = 12  # on each side, of the filter that finds what lies between samples
_CONTEXT = 2 * _HALF + _TAPS
_FINE = 4  # times as many samples


def limited(blocks: Iterator[Samples], gain: float, ceiling: float) -> Iterator[Samples]:
    """Louder by `gain` dB, and where a true peak would pass `ceiling` dBTP softly lowered around it."""
    factor, most = np.float32(10 ** (gain / 20)), 10 ** (ceiling / 20)
    before, now = np.zeros((0, 2), np.float32), next(blocks, None)
    while now is not None:
        then = next(blocks, None)
        after = then[:_CONTEXT] if then is not None else np.zeros((0, 2), np.float32)
        around = np.concatenate([before, now, after]) * factor
        made = around[len(before) : len(before) + len(now)]
        if np.abs(around).max(initial=0.0) > 0.5 * most:
            made = made * _held(around, most)[len(before) : len(before) + len(now), None]
        yield made
        before, now = now[-_CONTEXT:], then


def _held(samples: Samples, most: float) -> npt.NDArray[np.float32]:
    """(n,): what each sample is multiplied with, so that no peak, between samples either, is above `most`."""
    need = np.minimum(1.0, most / np.maximum(_peaks(samples), 1e-9))
    if need.min() >= 1.0:
        return np.ones(len(samples), np.float32)
    lowest = np.pad(need, 2 * _HALF, constant_values=1.0)  # the least within _HALF on both sides, of 2 * _HALF + 1
    width, done = 2 * _HALF + 1, 1
    while done < width:
        step = min(done, width - done)
        lowest = np.minimum(lowest[:-step], lowest[step:])
        done += step
    window = np.hanning(2 * _HALF + 3)[1:-1]
    return _convolved(lowest, window / window.sum()).astype(np.float32)


def _peaks(samples: Samples) -> npt.NDArray[np.float64]:
    """(n,): the largest value at and just after each sample, in either channel."""
    found = np.abs(samples).max(axis=1).astype(np.float64)
    reach = np.arange(-_TAPS, _TAPS + 1)
    for part in range(1, _FINE):
        shift = part / _FINE
        kernel = np.sinc(reach - shift) * np.cos(0.5 * np.pi * (reach - shift) / (_TAPS + 1)) ** 2
        between = np.stack([np.abs(np.convolve(samples[:, one], kernel[::-1], "same")) for one in (0, 1)]).max(axis=0)
        found = np.maximum(found, between)
        found[1:] = np.maximum(found[1:], between[:-1])
    return found


def _convolved(values: npt.NDArray[np.float64], kernel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The full overlaps alone, by Fourier transform."""
    size = 1 << (len(values) + len(kernel) - 2).bit_length()
    whole = np.fft.irfft(np.fft.rfft(values, size) * np.fft.rfft(kernel, size), size)
    return whole[len(kernel) - 1 : len(values)]


class Streamed:
    """Blocks as a track of a file that is being written."""

    rate, channels = RATE, 2

    def __init__(self, blocks: Iterator[Samples]):
        self._blocks, self._left = blocks, np.zeros((0, 2), np.float32)

    def between(self, start: int, end: int) -> Samples:
        while len(self._left) < end - start and (block := next(self._blocks, None)) is not None:
            self._left = np.concatenate([self._left, block])
        made, self._left = self._left[: end - start], self._left[end - start :]
        return np.pad(made, ((0, end - start - len(made)), (0, 0)))
