"""Which camera move a clip shows: every move of the vocabulary is tried, and the one that fits best is it.

Two things are asked of a move, and their misfits are added. Seen along it, the empty world must look like the clip; and
each picture, taken for a flat ground under a distant sky and looked at from where the next one was taken, must look
like that next one. The second holds even where the clip's ground is not patterned quite as the world's is, and counts
double; of things, which have ways of their own, it knows nothing, so pixels of their colours are left out there.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitascope.smallworld.exam.backgrounds import CLIP, Array, Setting, distance, empty, familiar
from vitascope.smallworld.world import camera as cameras
from vitascope.smallworld.world.scene import CAMERAS, SPEEDS, CameraMove

DRIFT_WEIGHT = 2.0
LEAST_BARE = 0.2  # of two pictures' common part: with less nothing can be said of its drift

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Viewpoint:
    move: CameraMove
    rows: Rows  # (F, 8) at the judged moments


def candidates(start: cameras.Start, moments: npt.NDArray[np.intp]) -> list[Viewpoint]:
    """All moves, each slow and fast. The judge asks only for the kind, not for the speed."""
    moves = [CameraMove(kind, speed) for kind in CAMERAS for speed in (SPEEDS if kind != "still" else SPEEDS[:1])]
    return [Viewpoint(move, cameras.path(move, int(moments[-1]) + 1, start)[moments]) for move in moves]


def find_view(pictures: Array, moments: npt.NDArray[np.intp], start: cameras.Start, setting: Setting) -> Viewpoint:
    """pictures (F, H, W, 3), seen at these frame numbers.

    The least misfit, found without working out all of them: the move that fits best so far is held against one picture
    more, until there is one that fits best over all. The last picture, where moves differ most, comes first.
    """
    _, height, width, _ = pictures.shape
    some = np.linspace(0, len(moments) - 1, 5).round().astype(int)
    shown, views = pictures[some], candidates(start, moments)

    bare = familiar(shown, setting, start.row)

    def misfit(view: Viewpoint, i: int) -> float:
        rows, pair = view.rows[some], slice(i - 1, i + 1)
        seen_along = distance(shown[i], empty(setting, rows[i : i + 1], width, height)[0])
        return seen_along + DRIFT_WEIGHT * _drift(shown[pair], bare[pair], rows[pair])

    heap = [(0.0, number, len(some) - 1) for number in range(len(views))]  # misfit so far, of which view, next picture
    while True:
        so_far, number, i = heapq.heappop(heap)
        if i == 0:
            return views[number]
        heapq.heappush(heap, (so_far + misfit(views[number], i), number, i - 1))


def _drift(pictures: Array, bare: npt.NDArray[np.bool_], rows: Rows) -> float:
    """How much two pictures (2, H, W, 3) differ once the first is looked at from where the second was taken."""
    (before, after), (bare_before, bare_after), (row_before, row_after) = pictures, bare, rows
    height, width, _ = before.shape
    scale = 2 / min(width, height)
    y, x = np.mgrid[1:height:2, 1:width:2]  # every other pixel is enough
    right, up, forward = cameras.basis(row_after)
    half = math.tan(row_after[cameras.FOV] / 2) * scale
    ray = (x + 0.5 - width / 2)[..., None] * half * right + (height / 2 - y - 0.5)[..., None] * half * up + forward
    eye, eye_before = cameras.position(row_after), cameras.position(row_before)
    falls = ray[..., 2] < -1e-3
    reach = np.where(falls, eye[2] / np.where(falls, -ray[..., 2], 1.0), 0.0)
    seen = np.where(falls[..., None], eye + reach[..., None] * ray - eye_before, ray)  # what is far has only a way
    right, up, forward = cameras.basis(row_before)
    depth = np.maximum(seen @ forward, 1e-6)
    half = math.tan(row_before[cameras.FOV] / 2) * scale
    from_x, from_y = width / 2 - 0.5 + seen @ right / depth / half, height / 2 - 0.5 - seen @ up / depth / half
    inside = (seen @ forward > 0) & (from_x >= 0) & (from_x <= width - 1) & (from_y >= 0) & (from_y <= height - 1)
    x, y, from_x, from_y = x[inside], y[inside], from_x[inside], from_y[inside]
    both = bare_after[y, x] & bare_before[from_y.astype(int), from_x.astype(int)]
    if both.sum() < LEAST_BARE * max(len(both), 1):
        return CLIP
    return distance(after[y, x][both], _between(before, from_x[both], from_y[both]))


def _between(picture: Array, x: Rows, y: Rows) -> Array:
    """A picture (H, W, 3) at places (N,) between the middles of its pixels: the mean of four, by nearness.

    The nearest pixel would do worse for every move than for none at all.
    """
    left, upper = np.minimum(x.astype(int), picture.shape[1] - 2), np.minimum(y.astype(int), picture.shape[0] - 2)
    u, v = (x - left).astype(np.float32)[:, None], (y - upper).astype(np.float32)[:, None]
    above = picture[upper, left] * (1 - u) + picture[upper, left + 1] * u
    below = picture[upper + 1, left] * (1 - u) + picture[upper + 1, left + 1] * u
    return above * (1 - v) + below * v
