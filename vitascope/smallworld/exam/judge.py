"""The judge: looks at a clip and says what it sees. No weights: the world's own renderer is held against the pixels.

It never sees the prompt. Besides the pixels it is told where the camera stood in the first picture: a number of the
recipe that no word decides. What it cannot make out it leaves empty, and empty is never right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitascope.frames import Frame, Frames
from vitascope.smallworld.exam.backgrounds import Array, find_setting
from vitascope.smallworld.exam.evidence import misplaced
from vitascope.smallworld.exam.things import COARSE, FINE, find_thing
from vitascope.smallworld.exam.tracks import TRACKED, direction, follow
from vitascope.smallworld.exam.viewpoint import find_view
from vitascope.smallworld.world.camera import Start
from vitascope.smallworld.world.facts import Facts

SKILLS = ("colour", "shape", "ground", "sky", "direction", "camera")
MOMENTS = np.arange(0, 81, 8)  # the frames that are looked at
UNCHANGED = 2  # of them, from the first, in which no motion of the world has changed a shape or a colour yet
VIEW = 64  # pixels of the shorter side where backgrounds are compared


@dataclass(frozen=True)
class Parse:
    """What a clip shows, in the world's own words; "" for what could not be made out."""

    colour: str
    shape: str
    ground: str
    sky: str
    direction: str
    camera: str


def parse(frames: Frames, start: Start, moments: npt.NDArray[np.intp] = MOMENTS) -> Parse:
    """frames (F, H, W, 3) uint8 at these moments of a clip, and where its camera started."""
    small = np.stack([pixels(frame, VIEW) for frame in frames])
    setting = find_setting(small[0], start.row)
    view = find_view(small, moments, start, setting)
    coarse, fine = (np.stack([pixels(frame, side) for frame in frames[:UNCHANGED]]) for side in (COARSE, FINE))
    off = misplaced(fine[0], setting, view.rows[0])
    found = find_thing(coarse, fine, setting, off, view.rows[:UNCHANGED])
    if found is None:
        return Parse("", "", setting.ground, setting.sky, "", view.move.kind)
    tracked = np.stack([pixels(frame, TRACKED) for frame in frames])
    way = direction(*follow(tracked, view.rows, setting, off, found.guess), moments)
    return Parse(found.guess.colour, found.guess.shape, setting.ground, setting.sky, way, view.move.kind)


def shape_later(frames: Frames, start: Start, moments: npt.NDArray[np.intp] = MOMENTS) -> str:
    """The shape that is made out in the middle of the clip: `parse` looks at its beginning, and what was drawn in few
    steps may not stay what it is. Only for things that keep their shape.
    """
    small = np.stack([pixels(frame, VIEW) for frame in frames])
    setting = find_setting(small[0], start.row)
    middle = slice(len(frames) // 2, len(frames) // 2 + UNCHANGED)
    rows = find_view(small, moments, start, setting).rows[middle]
    coarse, fine = (np.stack([pixels(frame, side) for frame in frames[middle]]) for side in (COARSE, FINE))
    found = find_thing(coarse, fine, setting, misplaced(fine[0], setting, rows[0]), rows)
    return found.guess.shape if found else ""


def asked(facts: Facts) -> dict[str, str]:
    """The skills that a prompt with these facts names, and what it asks of each."""
    main = facts.things[0]
    wanted = (main.colour, main.shape, facts.ground, facts.sky, main.direction, facts.camera)
    return {skill: want for skill, want in zip(SKILLS, wanted, strict=True) if want}


def marks(seen: Parse, facts: Facts) -> dict[str, bool]:
    """Right or wrong, for every skill that is asked."""
    return {skill: getattr(seen, skill) == want for skill, want in asked(facts).items()}


def pixels(frame: Frame | npt.NDArray[np.uint8], side: int) -> Array:
    """A frame (H, W, 3) uint8 made small, its shorter side `side`, as float32 in [0, 1]."""
    height, width, _ = frame.shape
    scale = side / min(height, width)
    size = (round(width * scale), round(height * scale))
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BOX), np.float32) / np.float32(255)
