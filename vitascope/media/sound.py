"""Sound: samples in memory, read from any clip or sound file, and written as AAC beside the pictures.

What is read is laid out by its times, so that a track that begins late, or has gaps, stays together with the pictures;
more samples than asked for are never unpacked, whatever a file claims.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.error import FFmpegError

Samples = npt.NDArray[np.float32]  # (samples, channels), -1 to 1
RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)  # that AAC knows
_USUAL_RATE = 48_000
_GAP_SECONDS = 0.05  # shorter ones are errors of rounding in the times
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
        pieces = _pieces(box, stream, av.AudioResampler(format="flt", layout=layout, rate=rate), seconds + start)
        samples = _laid_out(pieces, rate, 1 if layout == "mono" else 2, seconds, start)
    except (FFmpegError, OSError, ValueError) as error:
        raise UnreadableSound from error
    return Sound(samples, rate) if len(samples) else None


def _pieces(
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
            if number == 0 or abs(told - place) > _GAP_SECONDS * rate:
                place = told
        low, high = max(place, 0), min(place + len(piece), len(whole))
        if high > low:
            whole[low:high] = piece[low - place : high - place]
            end = max(end, high)
        place += len(piece)
    return whole[:end]


class SoundWriter:
    """The AAC track of a file that is being written, as long as the pictures are."""

    def __init__(self, box: av.container.OutputContainer, sound: Sound):
        self._box, self._sound, self._done = box, sound, 0
        layout = "mono" if sound.channels == 1 else "stereo"
        self._stream: Any = box.add_stream("aac", rate=sound.rate, layout=layout)
        self._stream.codec_context.bit_rate = _BITS_PER_CHANNEL * sound.channels
        self._stream.codec_context.flags |= av.codec.context.Flags.bitexact
        self._layout = layout

    def write_until(self, seconds: float) -> None:
        """All of it up to this time; silence when it ends before."""
        end = round(seconds * self._sound.rate)
        if end <= self._done:
            return
        piece = np.clip(self._sound.between(self._done, end), -1.0, 1.0)
        flat = np.ascontiguousarray(piece.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(flat, format="flt", layout=self._layout)
        frame.sample_rate, frame.pts = self._sound.rate, self._done
        self._done = end
        self._box.mux(self._stream.encode(frame))

    def finish(self) -> None:
        self._box.mux(self._stream.encode(None))
