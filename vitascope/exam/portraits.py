"""Pictures of one thing alone, cut out along its outline: what the judge holds against a clip to say what stands there."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

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

#: How a thing may lie or stand at the start of a clip: (shape, lying, yaw). A cube looks different from every side.
POSES = (
    ("ball", False, 0.0), ("cylinder", False, 0.0), ("cylinder", True, 0.0), ("cone", False, 0.0),
    ("cube", False, 0.35), ("cube", False, 0.57), ("cube", False, 0.785), ("cube", False, 1.05), ("cube", False, 1.3),
)  # fmt: skip
_LYING = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])


Look = tuple[str, str, int]  # colour, material, and the side from which the sun shines on it


@dataclass(frozen=True)
class Guess:
    """What may stand there. `radius` in world units, as if the thing stood at `place`."""

    pose: tuple[str, bool, float]
    look: Look
    radius: float
    place: tuple[float, float, float]

    @property
    def shape(self) -> str:
        return self.pose[0]

    @property
    def colour(self) -> str:
        return self.look[0]

    def but(self, **changes) -> Guess:
        return replace(self, **changes)


@dataclass(frozen=True)
class Portrait:
    cover: Array  # (N, N): 1 where the thing is, else 0
    picture: Array  # (N, N, 3), meaningful where there is cover


def paint(guess: Guess, setting: Setting, row: Row, pixels: int, height: int) -> Portrait:
    """The guessed thing as a camera at `row` sees it, in a window of `pixels`, of a picture whose shorter side has `height`."""
    return paint_each(guess, [guess.look], setting, row, pixels, height)[0]


def paint_each(guess: Guess, looks: list[Look], setting: Setting, row: Row, pixels: int, height: int) -> list[Portrait]:
    """The guessed thing in each of these looks. Its outline is found once, and only what it covers is painted."""
    stage = _stage(guess, looks, setting, _aimed(row, np.array(guess.place), pixels / height))
    y, x = np.mgrid[0:pixels, 0:pixels].astype(np.float32) + np.float32(0.5)
    inside = _shining(stage, x.ravel(), y.ravel(), pixels)
    mine = inside.nonzero()[0]
    rays, frame = np.tile(mine, len(looks)), np.repeat(np.arange(len(looks)), len(mine))
    seen = trace(np, stage, x.ravel()[rays], y.ravel()[rays], frame, pixels, pixels)
    pictures = np.zeros((len(looks), pixels * pixels, 3), np.float32)
    pictures[:, mine] = seen.T.reshape(len(looks), len(mine), 3)
    cover = inside.reshape(pixels, pixels).astype(np.float32)
    return [Portrait(cover, picture.reshape(pixels, pixels, 3)) for picture in pictures]


def _stage(guess: Guess, looks: list[Look], setting: Setting, row: Row) -> Stage:
    shape, lying, yaw = guess.pose
    scene = Scene((Thing(shape, guess.colour),), setting.ground, setting.sky, CameraMove(), 0)
    stage = set_stage(scene, len(looks), path=np.repeat(row[None], len(looks), axis=0))
    c, s = math.cos(yaw), math.sin(yaw)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]) @ (_LYING if lying else np.eye(3))
    bodies = stage.bodies[:, 0]
    bodies[:, BODY["rotation"]], bodies[:, BODY["centre"]] = turn.reshape(9), guess.place
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
    return tuple(float(v) for v in eye + reach * ray)


def pixel_of(row: Row, place: tuple[float, float, float], width: int, height: int) -> tuple[float, float]:
    """Where a camera sees the place: the inverse of `place_of`."""
    scale = 2 * math.tan(row[FOV] / 2) / min(width, height)
    right, up, forward = cameras.basis(np.asarray(row, dtype=np.float64))
    offset = np.array(place) - cameras.position(row)
    depth = offset @ forward
    return width / 2 + offset @ right / depth / scale, height / 2 - offset @ up / depth / scale
