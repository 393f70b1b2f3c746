"""How well a portrait explains what a picture shows at a place.

The gain of a portrait at a place is how much better it explains the pixels it covers than the empty world does: the sum
over them of (squared difference to the empty world) - (squared difference to the portrait). No mask is cut out of
the picture, so a white thing on snow is found too. A shadow is mostly excused, and where the picture's ground is not
patterned just as the world's is, so is ground whose pattern is in another place. A window that reaches beyond the
picture counts what lies within.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from vitascope.smallworld.exam.backgrounds import Array, Setting, empty
from vitascope.smallworld.exam.portraits import Portrait, Row

EXCUSE_PRICE = 0.2  # of what a shadow, or the ground's pattern in another place, explains: no thing may pass for it
MISPLACED = 0.012  # squared difference, in that of the ground's two colours, from which its pattern is in another place
COVERED = 0.65  # things and shadows together leave at least the other third of the ground bare
MARGIN = 80  # pixels round a picture, for windows that reach beyond it

Places = npt.NDArray[np.intp]  # (C, 2) (y, x): the upper left corners of windows, which may lie outside


def misplaced(picture: Array, setting: Setting, row: Row) -> float:
    """How far the picture's ground is not patterned just as the world's: from 0 to 1, where most of it is elsewhere."""
    height, width, _ = picture.shape
    lit = empty(setting, row[None], width, height)[0]
    near, far = (empty(setting, row[None], width, height, plain=plain)[0] for plain in ("near", "far"))
    exact, apart = np.square(picture - lit).sum(-1), np.square(near - far).sum(-1)
    ground = apart > 1e-4
    if not ground.any():
        return 0.0
    off = np.quantile(exact[ground], COVERED) / np.median(apart[ground])
    return min(float(off) / MISPLACED, 1.0)


def evidence(picture: Array, setting: Setting, row: Row, misplaced: float) -> Array:
    """(5, H, W) with a margin of nothing all round: what the gain of any portrait is computed from."""
    height, width, _ = picture.shape
    lit = empty(setting, row[None], width, height)[0]
    dark = empty(setting, row[None], width, height, sunlit=False)[0]
    near, far = (empty(setting, row[None], width, height, plain=plain)[0] for plain in ("near", "far"))
    exact = np.square(picture - lit).sum(-1)
    shadow = exact - _squared_distance(picture, lit, dark)
    pattern = misplaced * (exact - _squared_distance(picture, near, far))
    unexplained = exact - (1 - EXCUSE_PRICE) * np.maximum(shadow, pattern)
    field = np.stack([unexplained - np.square(picture).sum(-1), *np.moveaxis(picture, -1, 0), np.ones_like(exact)])
    return np.pad(field, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)))


def _squared_distance(picture: Array, one: Array, other: Array) -> Array:
    """(H, W): of each pixel to the nearest mixture of two pictures."""
    way = other - one
    share = np.clip(((picture - one) * way).sum(-1) / np.maximum(np.square(way).sum(-1), 1e-6), 0.0, 1.0)
    return np.square(picture - one - share[..., None] * way).sum(-1)


def without(field: Array, portrait: Portrait, corner: tuple[int, int], edge: int) -> Array:
    """The evidence but for what a portrait with its window at this corner (y, x) covers and so many pixels round it."""
    height, width = portrait.cover.shape
    covered = np.zeros(field.shape[1:], bool)
    y, x = corner[0] + MARGIN, corner[1] + MARGIN
    top, left = max(y, 0), max(x, 0)
    part = covered[top : max(y + height, 0), left : max(x + width, 0)]
    part[:] = portrait.cover[top - y :, left - x :][: part.shape[0], : part.shape[1]] > 0
    for _ in range(edge):
        wide = np.pad(covered, 1)
        covered = wide[1:-1, 1:-1] | wide[2:, 1:-1] | wide[:-2, 1:-1] | wide[1:-1, 2:] | wide[1:-1, :-2]
    return np.where(covered, np.float32(0), field)


def gains(field: Array, portrait: Portrait, places: Places) -> Array:
    """Gain (C,) of a portrait with its window at these places."""
    covered = portrait.cover > 0
    rows, columns = (np.flatnonzero(covered.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros(len(places), np.float32)
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cut = Portrait(portrait.cover[part], portrait.picture[part])
    return gains_of_all(field, weights([cut]), cut.cover.shape, places + [rows[0], columns[0]])[0]


def gains_of_all(field: Array, weighed: Array, shape: tuple[int, ...], places: Places) -> Array:
    """Gain (P, C) of portraits with windows of one shape (height, width), by their weights (5, P, N)."""
    windows = sliding_window_view(field, shape, axis=(1, 2))
    y, x = np.clip(places + MARGIN, 0, np.array(windows.shape[1:3]) - 1).T  # all that lies in the margin is alike
    seen = windows[:, y, x].reshape(5, len(places), -1)
    return (weighed @ seen.swapaxes(1, 2)).sum(axis=0)


def weights(portraits: list[Portrait]) -> Array:
    """What each of the five numbers of a pixel counts for, (5, P, N)."""
    cover = np.stack([portrait.cover for portrait in portraits])
    picture = np.stack([np.moveaxis(portrait.picture, -1, 0) for portrait in portraits], axis=1)
    parts = np.stack([cover, *(2 * cover * picture), -cover * np.square(picture).sum(axis=0)])
    return parts.reshape(5, len(portraits), -1)
