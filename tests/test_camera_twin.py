"""The studio draws camera paths by its own maths in TypeScript. Its vitest compares that with the numbers of this file,
and here they are compared with the world's: so both tell of a camera the same. `pytest --regolden` writes them anew.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from vitascope.clip import CameraPath
from vitascope.smallworld.world import camera, physics
from vitascope.smallworld.world.render import outline
from vitascope.smallworld.world.scene import CAMERAS, CameraMove, Motion, Thing, World
from vitascope.smallworld.world.stage import PALETTE, set_stage

GOLDEN = Path(__file__).parent.parent / "studio/src/camera/golden.json"
ROWS = np.array(
    [
        [0.3, 0.2, 1.9, 0.5, -0.4, 0.7, 0.2, 0.7],
        [-1.2, 0.9, 1.1, -1, 2, 0.1, -0.4, 1.2],
        [2.5, -0.1, 2.4, 0, 0, 1.5, 0, 1],
    ]
)
POINTS = np.array([[0, 0, 0], [0.5, -0.4, 0.78], [-1.9, 1.6, 0.45], [0.2, 0.3, 1]])
SHAPES = ((256, 256), (352, 192), (192, 352))
FRAMES = 113  # seven seconds: also what comes after the fifth


def numbers() -> dict:
    moves = {}
    for kind in CAMERAS:
        for speed in ("slow", "fast"):
            path = camera.path(CameraMove(kind, speed), FRAMES)
            moves[f"{kind} {speed}"] = path[[0, 40, 80, FRAMES - 1]].round(6).tolist()
    return {
        "start": camera.Start().row.round(9).tolist(),
        "frames": [0, 40, 80, FRAMES - 1],
        "moves": moves,
        "rows": ROWS.tolist(),
        "positions": camera.position(ROWS).round(6).tolist(),
        "bases": camera.basis(ROWS).round(6).tolist(),
        "points": POINTS.tolist(),
        "pixels": _pixels(),
        "palette": PALETTE,
        "radius": physics.RADIUS,
        "extent": physics.EXTENT,
    }


def _pixels() -> list[list[float]]:
    """width, height, x, y, depth of every point for every row and shape: the renderer's rays, the other way round."""
    found = []
    for row in ROWS:
        eye, basis = camera.position(row), camera.basis(row)
        for width, height in SHAPES:
            scale = 2.0 * math.tan(row[camera.FOV] / 2) / min(width, height)
            for point in POINTS:
                right, up, ahead = basis @ (point - eye)
                x, y = right / ahead / scale + width / 2, height / 2 - up / ahead / scale
                found.append([width, height, round(x, 5), round(y, 5), round(ahead, 6)])
    return found


def test_the_studio_compares_its_camera_with_the_numbers_of_the_world(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--regolden"):
        GOLDEN.write_text(json.dumps(numbers(), indent=1) + "\n", encoding="utf-8")
    assert json.loads(GOLDEN.read_text(encoding="utf-8")) == json.loads(json.dumps(numbers()))


def test_the_places_in_the_picture_are_where_the_renderer_draws() -> None:
    thing = Thing("ball", "red", "small", "matte", Motion("stand"))
    scene = World((thing,), "snow", "noon", CameraMove(), seed=4)
    centre = physics.bodies(scene, 1)[0].position[0]
    row = ROWS[0]
    eye, basis = camera.position(row), camera.basis(row)
    width, height = 352, 192
    scale = 2.0 * math.tan(row[camera.FOV] / 2) / min(width, height)
    right, up, ahead = basis @ (centre - eye)
    y, x = np.mgrid[0:height, 0:width] + 0.5
    drawn = outline(set_stage(scene, 1, path=row[None]), x.ravel(), y.ravel(), width, height).reshape(height, width)
    assert abs(x[drawn].mean() - (right / ahead / scale + width / 2)) < 1
    assert abs(y[drawn].mean() - (height / 2 - up / ahead / scale)) < 1


def test_the_server_takes_the_studios_numbers_as_they_are() -> None:
    rows = camera.path(CameraMove("orbit left", "fast"), 33).round(5)
    assert np.allclose(CameraPath(points=tuple(map(tuple, rows.tolist()))).at(33), rows)
