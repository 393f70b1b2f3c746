"""The exam of scenes with two and three things: are all there and no other, each in its colour and its shape, and does
the one that moves, or is pushed, go where it should? The camera stands still, and no thing hides another at first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from vitascope.frames import Frames
from vitascope.smallworld.dimensions import ASPECTS
from vitascope.smallworld.exam.backgrounds import find_setting
from vitascope.smallworld.exam.evidence import misplaced
from vitascope.smallworld.exam.judge import MOMENTS, VIEW, pixels
from vitascope.smallworld.exam.portraits import pixel_of
from vitascope.smallworld.exam.prompts import SEEDS, Question, question
from vitascope.smallworld.exam.things import COARSE, FINE, find_all
from vitascope.smallworld.exam.tracks import TRACKED, WAY, direction, follow
from vitascope.smallworld.world import camera as cameras
from vitascope.smallworld.world import scene as scenes
from vitascope.smallworld.world.camera import Start
from vitascope.smallworld.world.facts import Facts
from vitascope.smallworld.world.stage import BODY, set_stage

SKILLS = ("count", "colours", "shapes", "motion")
MOTIONS = ("stand", "roll", "slide", "bounce", "jump", "push")
MOST = 4  # things that are looked for: one more than there may be
PLAIN_WAY = 2.0  # times the least way that the judge calls one
APART = 1.1  # of the sum of their radii: things whose middles are nearer in the picture may hide each other


@dataclass(frozen=True)
class ThingSeen:
    colour: str
    shape: str
    direction: str  # left, right, or "" for one that keeps its place


@dataclass(frozen=True)
class SeveralSeen:
    """What a clip shows, the plainest thing first."""

    things: tuple[ThingSeen, ...]


def bank(count: int, aspect: str = "1:1") -> list[Question]:
    """`count` questions, the same ones for everybody, by turns of two and of three things."""
    questions: list[Question] = []
    seed = SEEDS[0]
    while len(questions) < count:
        if seed >= SEEDS[1]:
            raise ValueError(f"{count} questions do not fit below seed {SEEDS[1]:,}")
        number = len(questions)
        motion = MOTIONS[number // 2 % (len(MOTIONS) - number % 2)]  # a push is of two things
        scene = scenes.sample(seed, things=2 + number % 2, motion=motion, camera="still")
        if _stands_apart(scene, aspect) and _goes_far(scene):
            questions.append(replace(question(scene), aspect=aspect))
        seed += 1
    return questions


def parse(frames: Frames, start: Start) -> SeveralSeen:
    """frames (F, H, W, 3) uint8 at the judged moments, of a clip whose camera stays where it starts."""
    setting = find_setting(pixels(frames[0], VIEW), start.row)
    coarse, fine = (pixels(frames[0], side) for side in (COARSE, FINE))
    off = misplaced(fine, setting, start.row)
    tracked = np.stack([pixels(frame, TRACKED) for frame in frames])
    rows = np.broadcast_to(start.row, (len(frames), len(start.row)))
    seen = []
    for guess in find_all(coarse, fine, setting, off, start.row, MOST):
        way = direction(*follow(tracked, rows, setting, off, guess), MOMENTS)
        seen.append(ThingSeen(guess.colour, guess.shape, way))
    return SeveralSeen(tuple(seen))


def marks(seen: SeveralSeen, facts: Facts) -> dict[str, bool]:
    """Right or wrong, for every skill that is asked. No two things of a scene have the same colour, so each is known by
    its own. The motion is the way of the main thing, in a push that of the thing which is hit.
    """
    asked = {thing.colour: thing.shape for thing in facts.things}
    there = {thing.colour: thing for thing in reversed(seen.things)}  # of two of one colour the plainer
    main = facts.things[0]
    goes = there.get(facts.things[_goer(main.motion)].colour)
    return {
        "count": len(seen.things) == len(asked),
        "colours": set(there) == set(asked),
        "shapes": all(colour in there and there[colour].shape == shape for colour, shape in asked.items()),
        **({"motion": goes is not None and goes.direction == main.direction} if main.direction else {}),
    }


def _goer(motion: str) -> int:
    """Which of the things goes where the prompt says: the second is hit, and one that hits a heavier one comes back."""
    return 1 if motion == "push" else 0


def _goes_far(scene: scenes.World) -> bool:
    """Whether the way that is asked for is plain to see: a heavy thing that is hit hardly moves."""
    motion = scene.main.motion
    if not motion.direction:
        return True
    stage = set_stage(scene, int(MOMENTS[-1]) + 1)[MOMENTS]
    places = stage.bodies[:, _goer(motion.kind), BODY["centre"]][:, 0]
    return abs(np.polyfit(MOMENTS / MOMENTS[-1], places, 1)[0]) > PLAIN_WAY * WAY


def _stands_apart(scene: scenes.World, aspect: str) -> bool:
    """Whether all things are whole in the first picture and none is near another there."""
    width, height = ASPECTS[aspect]
    stage = set_stage(scene, 1)
    row = np.asarray(stage.camera[0], np.float64)
    _, _, forward = cameras.basis(row)
    places = []
    for body in stage.bodies[0, : len(scene.things)]:
        centre, extent = body[BODY["centre"]].astype(float), float(body[BODY["extent"]].max())
        x, y = pixel_of(row, tuple(centre), width, height)
        depth = float((centre - cameras.position(row)) @ forward)
        radius = extent / depth * min(width, height) / (2 * math.tan(row[cameras.FOV] / 2))
        places.append((x, y, radius))
    inside = all(r < x < width - r and r < y < height - r for x, y, r in places)
    return inside and all(
        math.hypot(a[0] - b[0], a[1] - b[1]) > APART * (a[2] + b[2]) for a, b in combinations(places, 2)
    )
