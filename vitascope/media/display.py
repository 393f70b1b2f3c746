"""Decoded frames as a player shows them: turned by their display matrix, with square pixels, their own colour matrix
and range, on white where they are clear, and high dynamic range brought down to the ordinary one.

Everything that follows the tags a file carries is here, and what was changed is said in `notes`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.sidedata.sidedata import Type
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from vitascope.frames import Frame

_EXACT = Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
_EXACT |= Interpolation.ACCURATE_RND | Interpolation.BITEXACT
SCALING = Interpolation.LANCZOS | _EXACT
_SHRINKING = Interpolation.AREA | _EXACT  # to less than half; Lanczos would look at six times as many pixels
Size = tuple[int, int]  # (width, height)

# ISO 23091-2 numbers of colour matrices, as swscale calls them; the rest cannot be read here.
_MATRICES = {1: Colorspace.ITU709, 4: Colorspace.FCC, 5: Colorspace.ITU601, 6: Colorspace.ITU601}
_MATRICES |= {7: Colorspace.SMPTE240M, 9: Colorspace.BT2020, 10: Colorspace.BT2020}
_MATRIX_NAMES = {Colorspace.ITU601: "BT.601", Colorspace.SMPTE240M: "SMPTE 240M", Colorspace.BT2020: "BT.2020"}
_MATRIX_NAMES |= {Colorspace.FCC: "FCC", Colorspace.ITU709: "BT.709"}
_UNSPECIFIED = 2
_PQ, _HLG = 16, 18
_WIDEST = Fraction(10)  # pixels that claim to be wider, or narrower, than this are taken for square


class UnreadableColours(Exception):
    """The frame's colours are coded in a way that is not read here."""


@dataclass(frozen=True)
class Display:
    """How the frames of one stream are to be shown. `turn`: rows of the display matrix as signs, (x from x, x from y),
    (y from x, y from y); `pixel`: width of a pixel over its height.
    """

    turn: tuple[tuple[int, int], tuple[int, int]]
    pixel: Fraction
    matrix: int
    full_range: bool
    transfer: int
    deep: bool  # more than 8 bits
    clear: bool  # has an alpha channel

    @classmethod
    def of(cls, frame: av.VideoFrame, pixel: Fraction | None) -> Display:
        kind = frame.format
        rgb = kind.is_rgb
        return cls(
            turn=_turn(frame),
            pixel=pixel if pixel and 1 / _WIDEST <= pixel <= _WIDEST else Fraction(1),
            matrix=Colorspace.ITU709 if rgb else _matrix(frame),
            full_range=rgb or kind.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG,
            transfer=int(frame.color_trc),
            deep=any(part.bits > 8 for part in kind.components),
            clear=any(part.is_alpha for part in kind.components),
        )

    @property
    def sideways(self) -> bool:
        return self.turn[0][0] == 0

    def size(self, width: int, height: int) -> Size:
        """What is seen of a coded frame of this size."""
        wide = max(1, round(width * self.pixel)) if self.pixel >= 1 else width
        high = height if self.pixel >= 1 else max(1, round(height / self.pixel))
        return (high, wide) if self.sideways else (wide, high)

    def show(self, frame: av.VideoFrame, size: Size | None = None) -> Frame:
        """(H, W, 3) uint8, of this size or of its own."""
        wide, high = size or self.size(frame.width, frame.height)
        if self.sideways:
            wide, high = high, wide
        bright = self.transfer in (_PQ, _HLG)
        made = frame.reformat(
            width=wide,
            height=high,
            format="rgba" if self.clear else "rgb48le" if bright else "rgb24",
            src_colorspace=self.matrix,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG if self.full_range else ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=_SHRINKING if 2 * wide < frame.width else SCALING,
        ).to_ndarray()
        if self.clear:
            alpha = made[..., 3:].astype(np.uint16)
            made = ((made[..., :3] * alpha + (255 - alpha) * 255 + 127) // 255).astype(np.uint8)
        elif bright:
            made = _ordinary(made, self.transfer)
        return _turned(made.astype(np.uint8, copy=False), self.turn)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is changed so that it looks as it should."""
        found = []
        if self.turn != ((1, 0), (0, 1)):
            found.append("it was turned upright as its display matrix says")
        if self.pixel != 1:
            found.append(f"its pixels, {self.pixel.numerator}:{self.pixel.denominator} in shape, were made square")
        if self.matrix != Colorspace.ITU709:
            found.append(f"its colours were converted from {_MATRIX_NAMES[Colorspace(self.matrix)]} to BT.709")
        if self.transfer in (_PQ, _HLG):
            found.append(f"its high dynamic range ({'PQ' if self.transfer == _PQ else 'HLG'}) was brought down")
        elif self.deep:
            found.append("its more than 8 bits for each colour were rounded to 8")
        if self.clear:
            found.append("its clear parts were laid on white")
        return tuple(found)


def _matrix(frame: av.VideoFrame) -> int:
    """Where nothing is said, small pictures are BT.601 and large ones BT.709, as players take it."""
    number = int(frame.colorspace)
    if number == _UNSPECIFIED or (number == 0 and not frame.format.is_rgb):
        return Colorspace.ITU709 if frame.width >= 1280 or frame.height > 576 else Colorspace.ITU601
    if number not in _MATRICES:
        raise UnreadableColours(f"its colour matrix is number {number} of ISO 23091-2")
    return _MATRICES[number]


def _turn(frame: av.VideoFrame) -> tuple[tuple[int, int], tuple[int, int]]:
    """The nearest of the eight ways in which a picture can be turned and mirrored."""
    upright = ((1, 0), (0, 1))
    beside: Any = frame.side_data  # a mapping, whatever its types say
    if Type.DISPLAYMATRIX not in beside:
        return upright
    a, b, _, c, d = np.frombuffer(bytes(beside[Type.DISPLAYMATRIX])[:36], np.int32)[:5].astype(float)
    if a * d - b * c == 0:
        return upright
    if abs(a) >= abs(b):
        return (int(np.sign(a)), 0), (0, int(np.sign(d)))
    return (0, int(np.sign(c))), (int(np.sign(b)), 0)


def _turned(frame: Frame, turn: tuple[tuple[int, int], tuple[int, int]]) -> Frame:
    (xx, xy), (yx, yy) = turn
    if xx == 0:
        frame = frame.swapaxes(0, 1)
        xx, yy = xy, yx
    return np.ascontiguousarray(frame[:: yy or 1, :: xx or 1])


# High dynamic range. 203 cd/m2 are the white of ordinary pictures (BT.2408); what is brighter is bent down to it.
_WHITE = 203.0
_TO_709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32)


def _ordinary(frame: npt.NDArray[Any], transfer: int) -> Frame:
    light = _light(transfer)[frame >> 4] @ _TO_709.T  # 1.0 is white
    peak = np.maximum(light.max(axis=-1, keepdims=True), 1e-6)
    light = np.clip(light * (_bent(peak) / peak), 0.0, 1.0)
    return (255.0 * light ** (1 / 2.4) + 0.5).astype(np.uint8)


def _bent(light: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """As it is up to three quarters of white, then ever flatter towards white."""
    knee = 0.75
    above = np.maximum(light - knee, 0.0)
    return np.minimum(light, knee) + (1 - knee) * above / (above + (1 - knee))


@functools.cache
def _light(transfer: int) -> npt.NDArray[np.float32]:
    """(4096,): from a code of 12 bits to light, where 1.0 is the white of ordinary pictures."""
    code = np.linspace(0.0, 1.0, 4096)
    if transfer == _PQ:
        m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
        power = code ** (1 / m2)
        light = 10_000.0 * (np.maximum(power - c1, 0.0) / (c2 - c3 * power)) ** (1 / m1)
    else:
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        scene = np.where(code <= 0.5, code**2 / 3.0, (np.exp((code - c) / a) + b) / 12.0)
        light = 1000.0 * scene**1.2
    return (light / _WHITE).astype(np.float32)
