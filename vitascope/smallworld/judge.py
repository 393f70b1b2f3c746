"""The judge of the built-in model's clips: whether a prompt asks for motion, so that a frozen clip is paid back, and
how much of what was asked the pixels show. A hook of the model's card; see `engines/hooks.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from vitascope.clip import CameraPath, ClipSpec, Recipe
from vitascope.engines.score import Score
from vitascope.frames import Frame
from vitascope.media.defects import differ
from vitascope.smallworld.exam import single
from vitascope.smallworld.reader import reader


class _Judge:
    def asks_motion(self, spec: ClipSpec) -> bool:
        """In doubt it is not: words that the reader does not know, or a round thing that spins, ask for nothing that
        must show.
        """
        if spec.is_still:
            return False
        if spec.image and spec.last_image and differ(spec.image, spec.last_image):
            return True
        told = reader.read(spec.prompt).facts
        camera = told.camera
        if spec.camera:
            camera = reader.read(f"the camera: {spec.camera.words}").facts.camera if spec.camera.words else ""
            if _moves(spec.camera):
                return True
        if camera not in ("", "still"):
            return True
        if spec.camera is None and len(told.things) > 1 and any(thing.motion == "stand" for thing in told.things):
            return False  # "a ball beside a cube stands still": who is meant is not sure enough
        return any(
            thing.motion not in ("", "stand") and (thing.motion != "spin" or thing.shape == "cube")
            for thing in told.things
        )

    def score(self, recipe: Recipe, frames: Iterable[Frame]) -> Score:
        return single.score(recipe, frames)


def _moves(camera: CameraPath) -> bool:
    if len(camera.points) < 2:
        return False
    rows = np.array(camera.points)
    return bool(np.abs(rows - rows[0]).max() > 0.2)


judge = _Judge()
