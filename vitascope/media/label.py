"""The visible label: "AI" or "AI生成" in the lower right corner, as China's labelling rule and the EU's ask for it.
The four signs are drawn from strokes that stand here, so that no font is needed and every machine draws the same.

China's rule wants letters of at least 5 percent of the short side, in the first frames and for two seconds at least;
they are 6 percent here, never below 14 pixels, and for the whole clip unless told otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from vitascope.frames import Frame

SHARE = 0.06  # of the short side
LEAST_PIXELS = 14
_FINE = 8  # the label is drawn so much larger, then made smaller
_GREY = 24  # of the field behind it

# Strokes in a square of 100: lines through points, y downwards. Width of the sign, then its strokes.
_SIGNS: dict[str, tuple[int, list[list[tuple[int, int]]]]] = {
    "A": (70, [[(3, 96), (35, 4), (67, 96)], [(15, 64), (55, 64)]]),
    "I": (22, [[(11, 4), (11, 96)]]),
    "生": (
        100,
        [
            [(30, 6), (22, 26), (6, 46)],
            [(24, 26), (90, 26)],
            [(52, 4), (52, 92)],
            [(16, 58), (86, 58)],
            [(4, 93), (96, 93)],
        ],
    ),
    "成": (
        100,
        [
            [(18, 24), (94, 24)],
            [(18, 24), (16, 62), (5, 94)],
            [(20, 47), (44, 47), (42, 74), (38, 80), (28, 76)],
            [(56, 4), (60, 40), (72, 74), (86, 92), (96, 92), (97, 76)],
            [(86, 42), (70, 68), (46, 94)],
            [(72, 5), (85, 15)],
        ],
    ),
}


def labelled(frames: Iterable[Frame], text: str = "AI生成", *, limit_frames: int | None = None) -> Iterator[Frame]:
    """The frames with the label on all of them, or on the first `limit_frames`."""
    cover: npt.NDArray[np.float32] | None = None
    for number, frame in enumerate(frames):
        if limit_frames is not None and number >= limit_frames:
            yield frame
            continue
        if cover is None:
            cover = _drawn(text, *frame.shape[:2])
        yield _laid_on(frame, cover)


def height_pixels(height: int, width: int) -> int:
    """Of the letters, on a frame of this size."""
    return max(LEAST_PIXELS, math.ceil(SHARE * min(height, width)))


def _laid_on(frame: Frame, cover: npt.NDArray[np.float32]) -> Frame:
    rows, columns = cover.shape[:2]
    changed = frame.copy()
    corner = changed[-rows:, -columns:]
    mixed = corner * (1 - cover[..., 1:]) + cover[..., :1] * cover[..., 1:]
    corner[:] = np.rint(mixed).astype(np.uint8)
    return changed


def _drawn(text: str, height: int, width: int) -> npt.NDArray[np.float32]:
    """(rows, columns, 2): the level of grey, and how much it covers; no larger than the frame."""
    tall = height_pixels(height, width)
    scale = tall * _FINE / 100
    gap, edge = 14, 30  # between signs and around them, in hundredths of their height
    wide = sum(_SIGNS[sign][0] for sign in text) + gap * (len(text) - 1) + 2 * edge
    size = (math.ceil(wide * tall / 100) * _FINE, math.ceil((100 + 2 * edge) * tall / 100) * _FINE)
    field = Image.new("L", size, 0)
    ImageDraw.Draw(field).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius=edge * scale, fill=150)
    letters = Image.new("L", size, 0)
    pen = ImageDraw.Draw(letters)
    left = float(edge)
    for sign in text:
        advance, strokes = _SIGNS[sign]
        thick = max(1.0, (9 if advance == 100 else 13) * scale)
        for stroke in strokes:
            points = [((left + x) * scale, (edge + y) * scale) for x, y in stroke]
            pen.line(points, fill=255, width=round(thick), joint="curve")
            for x, y in (points[0], points[-1]):  # round ends
                pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)
        left += advance + gap
    final = (size[0] // _FINE, size[1] // _FINE)
    ground, ink = (np.asarray(part.resize(final, Image.Resampling.BOX), np.float32) / 255 for part in (field, letters))
    cover = np.maximum(ground, ink)
    level = (_GREY * ground * (1 - ink) + 255 * ink) / np.maximum(ground * (1 - ink) + ink, 1e-6)
    margin = max(2, tall // 4)
    whole = np.zeros((final[1] + margin, final[0] + margin, 2), np.float32)
    whole[: final[1], : final[0]] = np.stack([level, cover], axis=2)
    return whole[-height:, -width:]
