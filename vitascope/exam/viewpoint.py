"""Which camera move a clip shows: every move of the vocabulary is tried, and the one whose empty world fits is it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitascope.exam.backgrounds import Array, Setting, distance, empty
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
    some = np.linspace(0, len(moments) - 1, 5).round().astype(int)[1:]  # the first frame is the same for all

    def misfit(view: View) -> float:
        return distance(pictures[some], empty(setting, view.rows[some], width, height))

    return min(candidates(start, moments), key=misfit)
