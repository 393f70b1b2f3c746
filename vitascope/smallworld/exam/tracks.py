"""Where the main thing goes: its portrait is looked for in every picture, and each place becomes a place in the world.

The camera's own motion is undone by that: a thing that stands still stays where it is, however the camera turns.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vitascope.smallworld.exam.backgrounds import Array, Setting
from vitascope.smallworld.exam.evidence import evidence, gains
from vitascope.smallworld.exam.portraits import Guess, Row, paint, place_of
from vitascope.smallworld.exam.things import COARSE, DEPTH, WINDOW, corners

TRACKED = 48  # pixels of the shorter side of the pictures that are searched
FAINT = 0.25  # of its usual gain: below it the thing is hidden, gone or out of the picture
WAY = 0.35  # world units in five seconds; less is no way at all


def follow(
    pictures: Array, rows: Row, setting: Setting, misplaced: float, guess: Guess
) -> tuple[Row, npt.NDArray[np.bool_]]:
    """Sideways places (F,) of the thing in pictures (F, H, W, 3), in world units, and in which of them it was seen."""
    count, height, width, _ = pictures.shape
    window = WINDOW * min(height, width) // COARSE
    near = corners(height, width, window)
    places, seen = np.zeros(count), np.zeros(count)
    portraits = paint([guess] * count, setting, rows, window, min(height, width), fine=2)
    for f, (picture, row, portrait) in enumerate(zip(pictures, rows, portraits, strict=True)):
        gain = gains(evidence(picture, setting, row, misplaced), portrait, near)
        cy, cx = near[gain.argmax()] + window / 2
        places[f], seen[f] = place_of(row, cx, cy, width, height, DEPTH)[0], gain.max()
    return places, seen > FAINT * np.median(seen[:3])


def direction(places: Row, seen: npt.NDArray[np.bool_], moments: npt.NDArray[np.intp]) -> str:
    """left, right, or "" for a thing that keeps its place or was not seen twice."""
    if seen.sum() < 2:
        return ""
    t, x = moments[seen] / 80, places[seen]
    slope = np.polyfit(t, x, 1)[0] * (t[-1] - t[0])
    return "" if abs(slope) < WAY * min(1.0, 2 * (t[-1] - t[0])) else ("right" if slope > 0 else "left")
