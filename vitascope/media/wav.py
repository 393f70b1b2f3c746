"""WAV files: PCM of 16 bits, written piece by piece, so that an hour of music takes no more memory than a second."""

from __future__ import annotations

import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitascope.media.atomic_write import written_aside


def write(target: Path, pieces: Iterable[npt.NDArray[np.float32]], *, rate: int, channels: int) -> int:
    """`pieces`: (samples, channels) from -1 to 1. How many samples of each channel there are."""
    count = 0
    with written_aside(target) as aside, wave.open(str(aside), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        for piece in pieces:
            file.writeframes(np.round(np.clip(piece, -1.0, 1.0) * 32767).astype("<i2").tobytes())
            count += len(piece)
    return count
