"""Looks at a clip, picked while its frames pass: a poster and a strip of small moments for the timeline. Only what is
picked is kept.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from PIL import Image

from vitascope.frames import Frame, Frames

MOMENTS = 10  # small pictures in the strip, evenly spread; fewer when the clip has fewer frames
SMALL_SIDE = 160  # pixels, the longer one
QUALITY = 85


class Looks:
    """`frames`: how many there will be."""

    def __init__(self, frames: int):
        self._middle = frames // 2
        self._moments = set(np.linspace(0, frames - 1, min(MOMENTS, frames)).round().astype(int).tolist())
        self._seen = 0
        self._poster: Frame | None = None
        self._small: list[Frame] = []

    def through(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The same frames (H, W, 3) uint8, looked at on their way."""
        for frame in frames:
            self.see(frame.copy)
            yield frame

    def see(self, draw: Callable[[], Frame]) -> None:
        """The next frame, drawn only if it is shown."""
        middle, moment = self._seen == self._middle, self._seen in self._moments
        self._seen += 1
        frame = draw() if middle or moment else None
        if frame is not None and middle:
            self._poster = frame
        if frame is not None and moment:
            small = Image.fromarray(np.ascontiguousarray(frame))
            small.thumbnail((SMALL_SIDE, SMALL_SIDE))
            self._small.append(np.asarray(small))

    @property
    def so_far(self) -> Frames:
        """The small moments seen by now, (T, h, w, 3); empty at first."""
        return np.stack(self._small) if self._small else np.zeros((0, 0, 0, 3), np.uint8)

    def poster(self) -> bytes:
        """The middle frame as JPEG: it says more of a clip than the first."""
        assert self._poster is not None, "all frames have passed"
        return _jpeg(self._poster)

    def sprite(self) -> bytes:
        """All moments side by side, without gaps, as JPEG."""
        return _jpeg(np.concatenate(self._small, axis=1))


def _jpeg(frame: Frame) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(frame)).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
