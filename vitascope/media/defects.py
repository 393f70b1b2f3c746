"""Is a finished clip worth its price? Says whether it is black, frozen although motion was asked, of the wrong length,
or broken. It judges only what nobody can call taste: each limit is far from what true clips measure, and what was asked
(a night, stillness, a black picture) is no defect.

Frames are looked at one by one and forgotten. Of a continued clip only the new part is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitascope.clip import CameraPath, ClipSpec, Picture
from vitascope.engines.protocol import Frame
from vitascope.errors import BadClip
from vitascope.media import picture, video
from vitascope.smallworld.reader import reader

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


class Watch:
    """Looks at the frames of one clip as they pass: `see` each in order, then ask for the `defects`."""

    def __init__(self, spec: ClipSpec):
        self._spec = spec
        self._count = 0
        self._given = spec.frames - spec.new_frames  # of the clip being continued
        self._judged = self._black = self._blank = self._grainy = 0
        self._wrong_size = ""
        self._first: Blocks | None = None
        self._change = 0.0

    def through(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The same frames, seen on their way."""
        for frame in frames:
            self.see(frame)
            yield frame

    def see(self, frame: Frame) -> None:
        """`frame`: (H, W, 3) uint8."""
        self._count += 1
        width, height = self._spec.shape
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
        spec, found = self._spec, []
        if self._wrong_size:
            asked = f"{spec.shape[0]}x{spec.shape[1]}"
            found.append(Defect("broken", f"A frame is {self._wrong_size}, asked were {asked}."))
        if self._count != spec.frames:
            found.append(Defect("length", f"The clip has {self._count} frames, asked were {spec.frames}."))
        half = max(1, self._judged // 2)
        if self._black >= half and self._judged:
            if not any(_is_black(given) for given in (spec.image, spec.last_image) if given):
                found.append(Defect("black", f"{self._black} of {self._judged} frames are black."))
        elif self._blank >= half and self._judged:
            found.append(Defect("broken", f"{self._blank} of {self._judged} frames show nothing but one colour."))
        elif self._grainy >= half and self._judged:
            found.append(Defect("broken", f"{self._grainy} of {self._judged} frames are noise."))
        elif self._judged > 1 and self._change < _FROZEN and asks_motion(spec):
            found.append(Defect("frozen", f"Motion was asked; nothing moves in {self._judged} frames."))
        return tuple(found)


def inspect(path: Path, spec: ClipSpec) -> tuple[Defect, ...]:
    """The defects of a finished file, mp4 or PNG, read back from the disk."""
    watch = Watch(spec)
    try:
        still = path.suffix.lower() == ".png"
        for frame in [np.asarray(picture.read(path))] if still else video.read_frames(path):
            watch.see(frame)
    except BadClip as error:
        return (Defect("broken", error.message),)
    return watch.defects()


def asks_motion(spec: ClipSpec) -> bool:
    """Whether something must be seen to move. In doubt it is not: words that nobody here can read, or a round thing
    that spins, ask for nothing that must show.
    """
    if spec.is_still:
        return False
    if spec.image and spec.last_image and _differ(spec.image, spec.last_image):
        return True
    told = reader.read(spec.prompt).facts
    camera = told.camera
    if spec.camera:
        camera = reader.read(f"the camera: {spec.camera.words}").facts.camera if spec.camera.words else ""
        if _moves(spec.camera):
            return True
    if camera not in ("", "still"):
        return True
    if spec.camera is None and len(told.things) > 1 and any(thing.motion == "stand" for thing in told.things):
        return False  # "a ball beside a cube stands still": who is meant is not sure enough
    return any(
        thing.motion not in ("", "stand") and (thing.motion != "spin" or thing.shape == "cube") for thing in told.things
    )


def _moves(camera: CameraPath) -> bool:
    if len(camera.points) < 2:
        return False
    rows = np.array(camera.points)
    return bool(np.abs(rows - rows[0]).max() > 0.2)


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


def _differ(one: Picture, other: Picture) -> bool:
    return bool(np.abs(_blocks(picture.pixels(one)) - _blocks(picture.pixels(other))).max() > 3 * _FROZEN)
