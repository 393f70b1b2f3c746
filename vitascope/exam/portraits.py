"""Pictures of one thing alone, cut out along its outline: what the judge holds against a clip to say what is there."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from vitascope.exam.backgrounds import Array, Setting, look
from vitascope.world import camera as cameras
from vitascope.world.camera import AZIMUTH, ELEVATION, FOV, LOG_DISTANCE, TARGET_X, TARGET_Z
from vitascope.world.physics import EXTENT
from vitascope.world.render import trace
from vitascope.world.scene import CameraMove, Scene, Thing
from vitascope.world.stage import BODY, LOOK, LOOK_WIDTH, PALETTE, SURFACE, Stage, set_stage

Row = npt.NDArray[np.float64]

Pose = tuple[str, bool, float]  # shape, lying on its side, turn about the upright axis

#: How a thing may be seen at the start of a clip: a cube looks different from every side, the others show their stripe.
TURNS: dict[tuple[str, bool], tuple[float, ...]] = {
    ("ball", False): (0.5, 0.0, 1.05),
    ("cylinder", False): (0.5, 0.0, 1.05),
    ("cylinder", True): (0.0,),
    ("cone", False): (0.5, 1.05),
    ("cube", False): (0.57, 1.05, 0.35, 0.785, 1.3),
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


def paint_each(
    guess: Guess, looks: list[Look], setting: Setting, row: Row, pixels: int, height: int, fine: int = 1
) -> list[Portrait]:
    """The guessed thing, in each of these looks, as a camera at `row` sees it.

    The window has `pixels`, of a picture whose shorter side has `height`; `fine` rays along each side of a pixel.
    The outline is found once, and only what it encloses is painted.
    """
    pixels *= fine
    height *= fine
    stage = _stage(guess, looks, setting, _aimed(row, np.array(guess.place), pixels / height))
    y, x = np.mgrid[0:pixels, 0:pixels].astype(np.float32) + np.float32(0.5)
    inside = _shining(stage, x.ravel(), y.ravel(), pixels)
    mine = inside.nonzero()[0]
    pictures = np.zeros((len(looks), pixels * pixels, 3), np.float32)
    for number in range(len(looks)):  # one by one: with one row the renderer skips the stage's empty slots
        seen = trace(np, stage[number : number + 1], x.ravel()[mine], y.ravel()[mine], None, pixels, pixels)
        pictures[number, mine] = seen.T
    small = pixels // fine
    cover = inside.reshape(small, fine, small, fine).mean(axis=(1, 3), dtype=np.float32)
    means = pictures.reshape(-1, small, fine, small, fine, 3).mean(axis=(2, 4)) / np.maximum(cover, 1e-3)[:, :, None]
    return [Portrait(cover, mean) for mean in means]


def _stage(guess: Guess, looks: list[Look], setting: Setting, row: Row) -> Stage:
    shape, lying, yaw = guess.pose
    scene = Scene((Thing(shape, guess.colour),), setting.ground, setting.sky, CameraMove(), 0)
    stage = set_stage(scene, len(looks), path=np.repeat(row[None], len(looks), axis=0))
    c, s = math.cos(yaw), math.sin(yaw)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]) @ (_LYING if lying else np.eye(3))
    bodies = stage.bodies[:, 0]
    bodies[:, BODY["rotation"]], bodies[:, BODY["centre"]] = turn.reshape(9), guess.place
    bodies[:, 2] += _LIFT
    stage.camera[:, TARGET_Z] += _LIFT
    bodies[:, BODY["extent"]] = guess.radius * np.array(EXTENT[shape])
    for number, (colour, material, side) in enumerate(looks):
        bodies[number, BODY["colour"]], bodies[number, BODY["surface"]] = PALETTE[colour], SURFACE[material]
        stage.look[number] = look(replace(setting, side=side))
    return stage


def _shining(stage: Stage, x: Array, y: Array, pixels: int) -> npt.NDArray[np.bool_]:
    """Which rays meet the thing: it is made to shine before a black world."""
    body = stage.bodies[:1].copy()
    body[:, 0, BODY["colour"]], body[:, 0, BODY["surface"]] = 1.0, (1.0, 0.0, 0.0, 0.0)
    numbers = np.zeros((1, LOOK_WIDTH), np.float32)
    numbers[:, LOOK["ambient"]] = numbers[:, LOOK["glow_power"]] = 1.0
    numbers[:, LOOK["to_sun"]] = (0.0, 0.0, 1.0)
    return trace(np, Stage(body, numbers, stage.camera[:1]), x, y, None, pixels, pixels)[0] > 0.08


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
