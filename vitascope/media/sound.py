"""Sound: samples in memory, read from any clip or sound file, and written as AAC beside the pictures.

What is read is laid out by its times, so that a track that begins late, or has gaps, stays together with the pictures;
more samples than asked for are never unpacked, whatever a file claims.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
import numpy.typing as npt
from av.error import FFmpegError

from vitascope.errors import BadClip
from vitascope.media.encode import encode
from vitascope.media.kinds import HEAD_BYTES, kind_of
from vitascope.media.limits import LOCAL

Samples = npt.NDArray[np.float32]  # (samples, channels), -1 to 1
RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)  # that AAC knows
_USUAL_RATE = 48_000
GAP_SECONDS = 0.05  # shorter ones are errors of rounding in the times
_SAFE = {"protocol_whitelist": "file"}
_BITS_PER_CHANNEL = 96_000


@dataclass(frozen=True, eq=False)
class Sound:
    """`samples`: (samples, channels) float32 from -1 to 1; one or two channels."""

    samples: Samples
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    @property
    def channels(self) -> int:
        return self.samples.shape[1]

    def between(self, start: int, end: int) -> Samples:
        """These samples; silence where there are none."""
        found = self.samples[start:end]
        return np.pad(found, ((0, end - start - len(found)), (0, 0)))


class Track(Protocol):
    """Sound that is asked for from its first to its last sample, each once: in memory, or made as it is asked for."""

    @property
    def rate(self) -> int: ...

    @property
    def channels(self) -> int: ...

    def between(self, start: int, end: int) -> Samples: ...


def joined(first: Sound | None, then: Sound | None, at: Fraction) -> Sound | None:
    """One sound after the other, which begins `at` this many seconds; silence fills what is missing. At the second's
    rate where there is one, with as many channels as either has.
    """
    if then is None or (first is None and not at):
        return first if then is None else then
    channels = max(then.channels, first.channels if first else 1)
    before = _like(first, then.rate, channels) if first else np.zeros((0, channels), np.float32)
    start = round(at * then.rate)
    before = np.pad(before[:start], ((0, max(0, start - len(before))), (0, 0)))
    return Sound(np.concatenate([before, _widened(then.samples, channels)]), then.rate)


def resampled(sound: Sound, rate: int) -> Sound:
    """The same sound at this rate."""
    return Sound(_like(sound, rate, sound.channels), rate)


def peaks(sound: Sound, count: int) -> list[float]:
    """How loud it is in each of `count` equal parts: the largest sample, 0 to 1."""
    loud = np.abs(sound.samples).max(axis=1)
    parts = np.array_split(loud, min(count, len(loud)) or 1)
    return [round(min(1.0, float(part.max(initial=0.0))), 3) for part in parts]


def _like(sound: Sound, rate: int, channels: int) -> Samples:
    """Its samples at this rate and with so many channels."""
    if sound.rate == rate:
        return _widened(sound.samples, channels)
    layout = "mono" if sound.channels == 1 else "stereo"
    resampler = av.AudioResampler(format="flt", layout=layout, rate=rate)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.samples.reshape(1, -1)), format="flt", layout=layout)
    frame.sample_rate, frame.pts = sound.rate, 0
    made = [_array(piece) for given in (frame, None) for piece in resampler.resample(given)]
    return _widened(np.concatenate(made), channels)


def _widened(samples: Samples, channels: int) -> Samples:
    return np.repeat(samples, channels, axis=1) if samples.shape[1] < channels else samples


class UnreadableSound(Exception):
    """There is a sound, and it cannot be read."""


def read(box: av.container.InputContainer, *, seconds: float, start: float = 0.0) -> Sound | None:
    """The first sound in this open file, from `start` on, at most `seconds` of it; None when there is none. Raises
    UnreadableSound.
    """
    if not box.streams.audio:
        return None
    stream = box.streams.audio[0]
    if stream.codec_context is None:
        raise UnreadableSound
    try:
        given = stream.codec_context.rate
        rate = given if given in RATES else _USUAL_RATE
        layout = "mono" if stream.codec_context.channels == 1 else "stereo"
        read = pieces(box, stream, av.AudioResampler(format="flt", layout=layout, rate=rate), seconds + start)
        samples = _laid_out(read, rate, 1 if layout == "mono" else 2, seconds, start)
    except (FFmpegError, OSError, ValueError) as error:
        raise UnreadableSound from error
    return Sound(samples, rate) if len(samples) else None


def read_file(path: Path, *, name: str = "The sound", seconds: float = LOCAL.clip_seconds) -> Sound:
    """The first `seconds` of this sound file (WAV, FLAC, MP3, Ogg, M4A). Raises BadClip."""
    with open(path, "rb") as file:
        kind = kind_of(file.read(HEAD_BYTES))
    if not kind or kind.what != "sound":
        raise BadClip(f"{name} is not a sound.", hint="Give a WAV, FLAC, MP3, Ogg or M4A file.")
    try:
        with av.open(f"file:{path.absolute()}", format=kind.format, options=_SAFE, metadata_errors="replace") as box:
            found = read(box, seconds=seconds)
    except (FFmpegError, OSError, ValueError, UnreadableSound) as error:
        raise BadClip(f"{name} cannot be read as a sound.", hint="Give a file that plays.") from error
    if found is None:
        raise BadClip(f"{name} has no sound in it.", hint="Give a file that plays.")
    return found


def pieces(
    box: av.container.InputContainer, stream: Any, resampler: av.AudioResampler, until: float
) -> Iterator[tuple[float | None, Samples]]:
    """(time, samples) of what is decoded, until it is late enough. The resampler may hold a little back until the
    next one.
    """
    unpacked = 0
    for frame in box.decode(stream):
        time = frame.time
        if (time is not None and time > until) or unpacked > (until + 1.0) * frame.sample_rate:
            break
        unpacked += frame.samples
        for made in resampler.resample(frame):
            yield time, _array(made)
            time = None
    for made in resampler.resample(None):
        yield None, _array(made)


def _array(frame: av.AudioFrame) -> Samples:
    return frame.to_ndarray().reshape(-1, len(frame.layout.channels)).astype(np.float32, copy=False)


def _laid_out(
    pieces: Iterator[tuple[float | None, Samples]], rate: int, channels: int, seconds: float, start: float
) -> Samples:
    whole = np.zeros((round(seconds * rate), channels), np.float32)
    place = end = 0
    for number, (time, piece) in enumerate(pieces):
        if time is not None:
            told = round((time - start) * rate)
            if number == 0 or abs(told - place) > GAP_SECONDS * rate:
                place = told
        low, high = max(place, 0), min(place + len(piece), len(whole))
        if high > low:
            whole[low:high] = piece[low - place : high - place]
            end = max(end, high)
        place += len(piece)
    return whole[:end]


class SoundWriter:
    """The AAC track of a file that is being written, as long as the pictures are."""

    def __init__(self, box: av.container.OutputContainer, sound: Track):
        self._box, self._sound, self._done = box, sound, 0
        layout = "mono" if sound.channels == 1 else "stereo"
        self._stream: Any = box.add_stream("aac", rate=sound.rate, layout=layout)
        self._stream.codec_context.bit_rate = _BITS_PER_CHANNEL * sound.channels
        self._stream.codec_context.flags |= av.codec.context.Flags.bitexact
        self._layout = layout

    def write_until(self, seconds: Fraction) -> None:
        """All of it up to this time; silence when it ends before."""
        end = round(seconds * self._sound.rate)
        if end <= self._done:
            return
        piece = np.clip(self._sound.between(self._done, end), -1.0, 1.0)
        flat = np.ascontiguousarray(piece.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(flat, format="flt", layout=self._layout)
        frame.sample_rate, frame.pts = self._sound.rate, self._done
        self._done = end
        self._box.mux(encode(self._stream, frame))

    def finish(self) -> None:
        self._box.mux(encode(self._stream, None))
