"""Pictures of one thing alone, cut out along its outline: what the judge holds against a clip to say what is there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from vitascope.smallworld.exam.backgrounds import Array, Setting, look
from vitascope.smallworld.world import camera as cameras
from vitascope.smallworld.world.camera import AZIMUTH, ELEVATION, FOV, LOG_DISTANCE, TARGET_X, TARGET_Z
from vitascope.smallworld.world.physics import EXTENT
from vitascope.smallworld.world.render import outline, trace
from vitascope.smallworld.world.scene import CameraMove, Thing, World
from vitascope.smallworld.world.stage import BODY, PALETTE, SURFACE, Stage, set_stage

Row = npt.NDArray[np.float64]

Pose = tuple[str, bool, float]  # shape, lying on its side, turn about the upright axis

#: How a thing is about seen at the start of a clip: a cube looks different from every side, others show their stripe.
TURNS: dict[tuple[str, bool], tuple[float, ...]] = {
    ("ball", False): (0.0, 0.5, 1.05),
    ("cylinder", False): (0.5, 1.05),
    ("cylinder", True): (0.0,),
    ("cone", False): (0.5, 1.05),
    ("cube", False): (0.35, 0.785, 1.2),
}
_LIFT = 200.0  # things are painted high up with their camera: a guess a little too large must not sink into the ground
_LYING = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])


Look = tuple[str, str, int]  # colour, material, and the side from which the sun shines on it


@dataclass(frozen=True)
class Guess:
    """What may stand there. `radius` in world units, as if the thing stood at `place`."""

    pose: Pose
    look: Look
    radius: float
    place: tuple[float, float, float]

    @property
    def shape(self) -> str:
        return self.pose[0]

    @property
    def colour(self) -> str:
        return self.look[0]

    def but(self, **changes: Any) -> Guess:
        return replace(self, **changes)


@dataclass(frozen=True)
class Portrait:
    cover: Array  # (N, N): how much of each pixel is the thing
    picture: Array  # (N, N, 3), meaningful where there is cover


def paint(
    guesses: Sequence[Guess], setting: Setting, rows: Row, pixels: int, height: int, fine: int = 1
) -> list[Portrait]:
    """Each guessed thing as its camera sees it, in the middle of a window; one row (8,) is the camera of all.

    The window has `pixels`, of a picture whose shorter side has `height`; `fine` rays along each side of a pixel.
    Only rays that meet the thing are followed.
    """
    count, side = len(guesses), pixels * fine
    stage = _stage(guesses, setting, np.broadcast_to(rows, (count, 8)), pixels / height)
    x, y = _rays(side)
    outlines: dict[object, npt.NDArray[np.bool_]] = {}  # things that differ in their looks alone have one
    for number, guess in enumerate(guesses):
        form = (guess.pose, guess.radius, stage.camera[number].tobytes())
        if form not in outlines:
            outlines[form] = outline(stage[number : number + 1], x, y, side, side)
    inside = np.stack(
        [outlines[guess.pose, guess.radius, row.tobytes()] for guess, row in zip(guesses, stage.camera, strict=True)]
    )
    frame, ray = inside.nonzero()
    pictures = np.zeros((*inside.shape, 3), np.float32)
    pictures[frame, ray] = trace(np, stage, x[ray], y[ray], frame, side, side).T
    cover = inside.reshape(count, pixels, fine, pixels, fine).mean(axis=(2, 4), dtype=np.float32)
    means = pictures.reshape(count, pixels, fine, pixels, fine, 3).mean(axis=(2, 4))
    means /= np.maximum(cover, 1e-3)[..., None]
    return [Portrait(*each) for each in zip(cover, means, strict=True)]


def _stage(guesses: Sequence[Guess], setting: Setting, rows: Row, share: float) -> Stage:
    """One frame for each guess with its camera, and nothing else in it."""
    bodies = np.stack([_body(guess.shape) for guess in guesses])
    for body, guess in zip(bodies, guesses, strict=True):
        _, lying, turn = guess.pose
        c, s = math.cos(turn), math.sin(turn)
        upright = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
        body[BODY["rotation"]] = (upright @ _LYING if lying else upright).reshape(9)
        body[BODY["centre"]] = guess.place
        body[BODY["extent"]] = guess.radius * np.array(EXTENT[guess.shape])
        body[BODY["colour"]], body[BODY["surface"]] = PALETTE[guess.look[0]], SURFACE[guess.look[1]]
    bodies[:, 2] += _LIFT
    path = np.stack([_aimed(row, np.array(each.place), share) for row, each in zip(rows, guesses, strict=True)])
    path[:, TARGET_Z] += _LIFT
    looks = np.stack([look(replace(setting, side=guess.look[2])) for guess in guesses])
    return Stage(bodies[:, None], looks, path.astype(np.float32))


@cache
def _body(shape: str) -> Array:
    """The row of a thing of this shape in a stage."""
    return set_stage(World((Thing(shape, "white"),), "snow", "noon", CameraMove(), 0), 1).bodies[0, 0]


@cache
def _rays(side: int) -> tuple[Array, Array]:
    """The middles (x, y) of the pixels of a square."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) + np.float32(0.5)
    return x.ravel(), y.ravel()


def _aimed(row: Row, place: Row, share: float) -> Row:
    """The same eye, looking straight at the place through a window that is this share of the picture."""
    out = np.array(row, dtype=np.float64)
    away = cameras.position(out) - place
    reach = float(np.linalg.norm(away))
    out[AZIMUTH], out[ELEVATION] = math.atan2(away[0], -away[1]), math.asin(away[2] / reach)
    out[LOG_DISTANCE], out[TARGET_X : TARGET_Z + 1] = math.log(reach), place
    out[FOV] = 2 * math.atan(math.tan(out[FOV] / 2) * share)
    return out


def place_of(row: Row, x: float, y: float, width: int, height: int, depth: float) -> tuple[float, float, float]:
    """The point of the upright plane y = `depth` that a camera sees at the pixel place (x, y)."""
    scale = 2 * math.tan(row[FOV] / 2) / min(width, height)
    right, up, forward = cameras.basis(np.asarray(row, dtype=np.float64))
    ray = right * (x - width / 2) * scale + up * (height / 2 - y) * scale + forward
    eye = cameras.position(row)
    reach = (depth - eye[1]) / ray[1]
    x, y, z = eye + reach * ray
    return float(x), float(y), float(z)


def pixel_of(row: Row, place: tuple[float, float, float], width: int, height: int) -> tuple[float, float]:
    """Where a camera sees the place: the inverse of `place_of`."""
    scale = 2 * math.tan(row[FOV] / 2) / min(width, height)
    right, up, forward = cameras.basis(np.asarray(row, dtype=np.float64))
    offset = np.array(place) - cameras.position(row)
    depth = offset @ forward
    return width / 2 + offset @ right / depth / scale, height / 2 - offset @ up / depth / scale
