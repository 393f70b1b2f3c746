"""Cameras as numbers. A path is a float array (frames, 8), one row a frame:

azimuth, elevation (radians; azimuth 0 looks along +y, positive azimuth moves the camera to the right), log distance to
the target (world units), target x, y, z (world units), roll (radians), field of view (radians, over the shorter side).

Every move of the vocabulary is a path, and any other path may be given instead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vitascope.smallworld.world.scene import FPS, CameraMove

AZIMUTH, ELEVATION, LOG_DISTANCE, TARGET_X, TARGET_Y, TARGET_Z, ROLL, FOV = range(8)

#: Change over five seconds, (slow, fast). Angles in radians; push, pull and zoom as logarithms of the ratio; crane in
#: world units.
AMOUNTS = {
    "push": (0.35, 0.65),
    "pan": (0.26, 0.50),
    "tilt": (0.14, 0.24),
    "orbit": (0.50, 1.10),
    "crane": (0.80, 1.50),
    "roll": (0.22, 0.50),
    "zoom": (0.35, 0.65),
}


@dataclass(frozen=True)
class Start:
    """Where the camera stands in the first frame. Azimuth is 0 by definition: left and right are the viewer's."""

    elevation: float = 0.24
    distance: float = 7.4
    target_z: float = 0.75
    fov: float = 0.70

    @property
    def row(self) -> np.ndarray:
        return np.array(
            [0, self.elevation, math.log(self.distance), 0, 0, self.target_z, 0, self.fov], dtype=np.float64
        )

    @classmethod
    def sample(cls, rng: np.random.Generator) -> Start:
        return cls(0.18 + 0.12 * rng.random(), 6.8 + 1.2 * rng.random(), 0.65 + 0.2 * rng.random())


def _turned(row: np.ndarray, azimuth: float, elevation: float) -> np.ndarray:
    """The row of a camera that stays where it is and turns by these angles: only its target swings round."""
    out = row.copy()
    out[AZIMUTH] += azimuth
    out[ELEVATION] += elevation
    out[TARGET_X : TARGET_Z + 1] = position(row) - np.exp(row[LOG_DISTANCE]) * _away(out[AZIMUTH], out[ELEVATION])
    return out


def _away(azimuth, elevation) -> np.ndarray:
    """Unit vector from the target to the camera."""
    ce = np.cos(elevation)
    return np.stack([np.sin(azimuth) * ce, -np.cos(azimuth) * ce, np.sin(elevation)], axis=-1)


def position(rows: np.ndarray) -> np.ndarray:
    """Camera positions (..., 3) of path rows (..., 8)."""
    rows = np.asarray(rows, dtype=np.float64)
    away = _away(rows[..., AZIMUTH], rows[..., ELEVATION])
    return rows[..., TARGET_X : TARGET_Z + 1] + np.exp(rows[..., LOG_DISTANCE, None]) * away


def path(move: CameraMove, frames: int, start: Start | None = None, first: int = 0) -> np.ndarray:
    """The path (frames, 8) float64 of a move, from frame number `first` on.

    Turning moves go on at their pace; moves that would run into the ground or the sky (push, tilt, crane, zoom)
    ease to a halt after the first five seconds, at one and a half times their amount.
    """
    return path_from((start or Start()).row, move, frames, first)


def path_from(base: np.ndarray, move: CameraMove, frames: int, first: int = 0) -> np.ndarray:
    """The path (frames, 8) of a move that starts from the row `base` (8,)."""
    rows = np.repeat(base[None].astype(np.float64), frames, axis=0)
    if move.kind == "still":
        return rows
    name, _, way = move.kind.partition(" ")
    amount = AMOUNTS["push" if name == "pull" else name][move.speed == "fast"]
    u = (first + np.arange(frames)) / (5 * FPS)
    bounded = np.where(u < 1, u, 1 + 0.5 * np.tanh((u - 1) / 0.5))
    if name in ("push", "pull"):
        rows[:, LOG_DISTANCE] += bounded * (-amount if name == "push" else amount)
    elif name == "zoom":
        rows[:, FOV] *= np.exp(bounded * (-amount if way == "in" else amount))
    elif name == "orbit":
        rows[:, AZIMUTH] += u * (-amount if way == "left" else amount)
    elif name == "roll":
        rows[:, ROLL] += u * (amount if way == "left" else -amount)
    elif name == "crane":
        rise = bounded * (amount if way == "up" else -0.5 * amount)
        rows[:, TARGET_Z] += rise
    elif name == "pan":
        rows = np.stack([_turned(base, v * (amount if way == "left" else -amount), 0.0) for v in u])
    elif name == "tilt":
        rows = np.stack([_turned(base, 0.0, v * (-amount if way == "up" else amount)) for v in bounded])
    return rows


def basis(rows: np.ndarray) -> np.ndarray:
    """Right, up and forward unit vectors (..., 3, 3) of path rows (..., 8), rolled."""
    forward = -_away(rows[..., AZIMUTH], rows[..., ELEVATION])
    azimuth, roll = rows[..., AZIMUTH], rows[..., ROLL]
    right = np.stack([np.cos(azimuth), np.sin(azimuth), np.zeros_like(azimuth)], axis=-1)
    up = np.cross(right, forward)
    c, s = np.cos(roll)[..., None], np.sin(roll)[..., None]
    return np.stack([c * right - s * up, s * right + c * up, forward], axis=-2)
