"""Which camera move a clip shows: every move of the vocabulary is tried, and the one that fits best is it.

Two things are asked of a move, and their misfits are added. Seen along it, the empty world must look like the clip; and
each picture, taken for a flat ground under a distant sky and looked at from where the next one was taken, must look
like that next one. The second holds even where the clip's ground is not patterned quite as the world's is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitascope.exam.backgrounds import CLIP, Array, Setting, distance, empty
from vitascope.world import camera as cameras
from vitascope.world.scene import CAMERAS, SPEEDS, CameraMove

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True)
class View:
    move: CameraMove
    rows: Rows  # (F, 8) at the judged moments


def candidates(start: cameras.Start, moments: npt.NDArray[np.intp]) -> list[View]:
    """All moves, each slow and fast. The judge asks only for the kind, not for the speed."""
    moves = [CameraMove(kind, speed) for kind in CAMERAS for speed in (SPEEDS if kind != "still" else SPEEDS[:1])]
    return [View(move, cameras.path(move, int(moments[-1]) + 1, start)[moments]) for move in moves]


def find_view(pictures: Array, moments: npt.NDArray[np.intp], start: cameras.Start, setting: Setting) -> View:
    """pictures (F, H, W, 3), seen at these frame numbers."""
    _, height, width, _ = pictures.shape
    some = np.linspace(0, len(moments) - 1, 5).round().astype(int)
    shown = pictures[some]

    def misfit(view: View) -> float:
        rows = view.rows[some]
        absolute = distance(shown[1:], empty(setting, rows[1:], width, height))  # the first is the same for all
        steps = [_drift(shown[i], shown[i + 1], rows[i], rows[i + 1]) for i in range(len(some) - 1)]
        return absolute + float(np.mean(steps))

    return min(candidates(start, moments), key=misfit)


def _drift(before: Array, after: Array, row_before: Rows, row_after: Rows) -> float:
    """How much two pictures (H, W, 3) differ once the first is looked at from where the second was taken."""
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
    from_x, from_y = width / 2 + seen @ right / depth / half, height / 2 - seen @ up / depth / half
    inside = (seen @ forward > 0) & (from_x >= 0) & (from_x < width) & (from_y >= 0) & (from_y < height)
    if not inside.any():
        return CLIP
    there = before[from_y[inside].astype(int), from_x[inside].astype(int)]
    return distance(after[y[inside], x[inside]], there)
