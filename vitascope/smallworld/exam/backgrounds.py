"""The empty world as the judge's yardstick: what a camera would see of a ground and a sky if nothing stood there.

Pictures here are (H, W, 3) float32 in [0, 1], display values. A difference of two pictures is cut off at `CLIP` a
pixel: things, shadows and a few wrong places must not outvote the rest of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from vitascope.smallworld.world.render import render
from vitascope.smallworld.world.scene import GROUNDS, SKIES, CameraMove, Thing, World
from vitascope.smallworld.world.stage import BODY_WIDTH, LOOK, SLOTS, Stage, set_stage

Array = npt.NDArray[np.float32]
CLIP = 0.12
SIDES = (-1, 1)  # the sun stands to the left or to the right; words never say where
_SHADES = 16  # of each primary colour that are told apart where colours are only compared roughly
_SUN_SEED = 11  # a scene whose sun stands in the middle of its range


@dataclass(frozen=True)
class Setting:
    """A ground under a sky, with the sun on one side."""

    ground: str
    sky: str
    side: int


def settings() -> list[Setting]:
    return [Setting(ground, sky, side) for ground in GROUNDS for sky in SKIES for side in SIDES]


@cache
def look(setting: Setting) -> Array:
    """The stage's numbers (LOOK_WIDTH,) of ground, sky and light."""
    scene = World((Thing("ball", "red"),), setting.ground, setting.sky, CameraMove(), _SUN_SEED)
    row = set_stage(scene, 1).look[0].copy()
    east = LOOK["to_sun"].start
    row[east] = setting.side * abs(row[east])
    return row


def empty(
    setting: Setting, rows: npt.NDArray[np.floating], width: int, height: int, *, sunlit: bool = True, plain: str = ""
) -> Array:
    """The empty world (F, height, width, 3) from camera rows (F, 8).

    Not `sunlit`: as if all ground lay in shadow. `plain` "near" or "far": the ground without its pattern, in the one or
    the other of its two colours.
    """
    numbers = look(setting).copy()
    if not sunlit:
        numbers[LOOK["sun"]] = 0
        numbers[LOOK["ambient"]] *= 0.8  # near a thing's foot part of the sky is hidden too
    if plain:
        numbers[LOOK["near"]] = numbers[LOOK["far"]] = numbers[LOOK[plain]].copy()
    bodies = np.zeros((len(rows), SLOTS, BODY_WIDTH), np.float32)
    stage = Stage(bodies, np.repeat(numbers[None], len(rows), axis=0), np.asarray(rows, np.float32))
    return render(stage, width, height, edges=False).astype(np.float32) / np.float32(255)


def distance(picture: Array, reference: Array) -> float:
    """Mean difference, cut off at CLIP a pixel. Leading axes are averaged too."""
    return float(np.minimum(np.abs(picture - reference).mean(axis=-1), CLIP).mean())


def familiar(pictures: Array, setting: Setting, row: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Which pixels (..., H, W) of pictures (..., H, W, 3) have about a colour that the empty world has too, in sun or
    shadow, seen from this camera row (8,). The others belong to things.
    """
    *_, height, width, _ = pictures.shape
    bare = [empty(setting, row[None], width, height, sunlit=sunlit) for sunlit in (True, False)]
    bare += [empty(setting, row[None], width, height, plain=plain) for plain in ("near", "far")]
    cells = np.zeros((_SHADES + 2,) * 3, bool)
    at = _cell(np.concatenate(bare).reshape(-1, 3))
    for near in product((-1, 0, 1), repeat=3):
        cells[tuple((at + near).T)] = True
    return cells[tuple(np.moveaxis(_cell(pictures), -1, 0))]


def _cell(pictures: Array) -> npt.NDArray[np.intp]:
    return 1 + (pictures * (_SHADES - 1e-3)).astype(np.intp)


def find_setting(picture: Array, row: npt.NDArray[np.floating]) -> Setting:
    """The ground, sky and side of the sun that best explain a picture seen from this camera row (8,)."""
    height, width, _ = picture.shape
    return min(settings(), key=lambda setting: distance(picture, empty(setting, row[None], width, height)[0]))
