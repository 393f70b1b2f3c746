"""Is a finished clip worth its price? Says whether it is black, frozen although motion was asked, of the wrong length,
or broken. It judges only what is no matter of taste: each limit is far from what true clips measure, and what was asked
(a night, stillness, a black picture) is no defect.

Only a model's judge knows what was asked. Without one, a clip is at fault when it is too short or cannot be read; what
is black, frozen, plain or noisy may have been meant so, and is a warning.

Frames are looked at one by one and forgotten. Of a continued clip only the new part is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitascope.clip import ClipSpec, Picture, Shape
from vitascope.errors import BadClip
from vitascope.frames import Frame
from vitascope.media import picture, video

# Levels of 0 to 255. A hundred clips of the world measure: brightest block of the darkest frame 100 or more, contrast 5
# or more, grain 0.06 or less, change 7 or more where anything moves that can be seen.
_BLACK = 12.0  # no block of 8x8 pixels is brighter
_BLANK = 0.8  # contrast of a frame that shows nothing: standard deviation over its blocks
_GRAIN = 0.6  # difference of neighbours, as a share of what noise without any picture would have
_FROZEN = 3.5  # no block of 8x8 pixels ever changes more; the codec changes those of a frozen clip by up to 2
_BLOCK = 8

Blocks = npt.NDArray[np.float32]  # (rows, columns, 3)


@dataclass(frozen=True)
class Defect:
    kind: str  # black, frozen, length, broken
    message: str
    warning: bool = False  # it is told, and nothing is paid back


class Watch:
    """Looks at the frames of one clip as they pass: `see` each in order, then ask for the `defects`.

    `asks_motion`: as the model's judge says; None: nobody says it.
    """

    def __init__(self, spec: ClipSpec, shape: Shape, asks_motion: bool | None = None):
        self._spec, self._shape, self._asks_motion = spec, shape, asks_motion
        self._count = 0
        self._given = shape.given  # of the clip being continued
        self._judged = self._black = self._blank = self._grainy = 0
        self._wrong_size = ""
        self._first: Blocks | None = None
        self._change = 0.0

    def through(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The same frames, seen on their way."""
        for frame in frames:
            self.see(frame)
            yield frame

    def pass_over(self) -> None:
        """One frame of the clip being continued, as it was there: nothing about it is judged."""
        self._count += 1

    def see(self, frame: Frame) -> None:
        """`frame`: (H, W, 3) uint8."""
        self._count += 1
        width, height = self._shape.size
        if frame.shape != (height, width, 3):
            self._wrong_size = f"{frame.shape[1]}x{frame.shape[0]}"
            return
        if self._count <= self._given:
            return
        self._judged += 1
        blocks = _blocks(frame)
        contrast = float(blocks.std(axis=(0, 1)).max())
        self._black += float(blocks.max()) < _BLACK
        self._blank += contrast < _BLANK and not _has_detail(frame)
        self._grainy += _grain(frame) > _GRAIN
        if self._first is None:
            self._first = blocks
        self._change = max(self._change, float(np.abs(blocks - self._first).max()))

    def defects(self) -> tuple[Defect, ...]:
        """All that was found, gravest first; empty for a good clip."""
        spec, shape, found = self._spec, self._shape, []
        unjudged = self._asks_motion is None
        if self._wrong_size:
            asked = f"{shape.width}x{shape.height}"
            found.append(Defect("broken", f"A frame is {self._wrong_size}, asked were {asked}."))
        if self._count != shape.total:
            warning = unjudged and self._count > shape.total
            found.append(Defect("length", f"The clip has {self._count} frames, asked were {shape.total}.", warning))
        half = max(1, self._judged // 2)
        if self._black >= half and self._judged:
            if not any(_is_black(given) for given in (spec.image, spec.last_image) if given):
                found.append(Defect("black", f"{self._black} of {self._judged} frames are black.", unjudged))
        elif self._blank >= half and self._judged:
            found.append(
                Defect("broken", f"{self._blank} of {self._judged} frames show nothing but one colour.", unjudged)
            )
        elif self._grainy >= half and self._judged:
            found.append(Defect("broken", f"{self._grainy} of {self._judged} frames are noise.", unjudged))
        elif self._judged > 1 and self._change < _FROZEN:
            if self._asks_motion is None:
                found.append(Defect("frozen", f"Nothing moves in {self._judged} frames.", warning=True))
            elif self._asks_motion:
                found.append(Defect("frozen", f"Motion was asked; nothing moves in {self._judged} frames."))
        return tuple(found)


def inspect(path: Path, spec: ClipSpec, shape: Shape, asks_motion: bool | None = None) -> tuple[Defect, ...]:
    """The defects of a finished file, mp4 or PNG, read back from the disk."""
    watch = Watch(spec, shape, asks_motion)
    try:
        still = path.suffix.lower() == ".png"
        for frame in [np.asarray(picture.read(path))] if still else video.read_frames(path):
            watch.see(frame)
    except BadClip as error:
        return (Defect("broken", error.message),)
    return watch.defects()


def differ(one: Picture, other: Picture) -> bool:
    """Whether two pictures show different things."""
    return bool(np.abs(_blocks(picture.pixels(one)) - _blocks(picture.pixels(other))).max() > 3 * _FROZEN)


def _blocks(frame: Frame) -> Blocks:
    """The mean colours of the frame's 8x8 blocks; a rest at the right and below is left out."""
    rows, columns = max(1, frame.shape[0] // _BLOCK), max(1, frame.shape[1] // _BLOCK)
    high, wide = min(_BLOCK, frame.shape[0]), min(_BLOCK, frame.shape[1])
    whole = frame[: rows * high, : columns * wide].reshape(rows, high, columns, wide, 3)
    return whole.mean(axis=(1, 3), dtype=np.float32)


def _has_detail(frame: Frame) -> bool:
    """Whether single pixels stand out where blocks do not, as fine drawing or stars would."""
    return int(np.ptp(frame[..., 1])) > 24


def _grain(frame: Frame) -> float:
    """Near 1 for noise, which knows nothing of its neighbours; near 0 for pictures."""
    green = frame[..., 1].astype(np.float32)
    spread = float(green.var())
    if spread < 4.0:
        return 0.0
    across, down = np.diff(green, axis=1), np.diff(green, axis=0)
    return float(min((across * across).mean(), (down * down).mean())) / (2.0 * spread)


def _is_black(given: Picture) -> bool:
    return bool(_blocks(picture.pixels(given)).max() < 2 * _BLACK)
