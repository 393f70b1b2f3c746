"""What a scene is: things, ground, sky, camera move. Frozen and pure; a scene is a value and a seed makes one.

It knows the vocabulary of the world and nothing of pixels (`render`), of motion through time (`physics`) or of words
(`captions`). The words here are the world's own terms; other wordings belong to the captions and the prompt reader.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

SHAPES = ("ball", "cube", "cylinder", "cone")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white")
SIZES = ("small", "large")
MATERIALS = ("matte", "shiny", "metal")
GROUNDS = ("grass", "sand", "snow", "stone")
SKIES = ("noon", "sunset", "night", "overcast")
SPEEDS = ("slow", "fast")

#: Motion kind -> the directions it may take ("" = it has none).
MOTIONS: dict[str, tuple[str, ...]] = {
    "stand": ("",),  # stays where it is
    "roll": ("left", "right"),  # balls, and cylinders lying down
    "slide": ("left", "right"),  # over the ground, slowed by friction
    "bounce": ("", "left", "right"),  # falls and bounces again and again
    "drop": ("",),  # falls from above and comes to rest
    "jump": ("", "left", "right"),  # leaps up from the ground, again and again
    "spin": ("",),  # turns about its upright axis
    "orbit": ("",),  # goes round another thing
    "push": ("left", "right"),  # runs into another thing, elastically
    "approach": ("",),  # comes closer to the camera
    "recede": ("",),  # moves away from the camera
    # effects
    "inflate": ("",),
    "squash": ("",),
    "melt": ("",),
    "grow": ("",),
    "shrink": ("",),
    "recolour": ("",),  # turns into another colour
    "split": ("",),  # becomes two
    "vanish": ("",),
}
#: Camera moves, each a word or two that a prompt may use after "the camera".
CAMERAS = (
    "still",
    "push in",
    "pull out",
    "pan left",
    "pan right",
    "tilt up",
    "tilt down",
    "orbit left",
    "orbit right",
    "crane up",
    "crane down",
    "roll left",
    "roll right",
    "zoom in",
    "zoom out",
)

FPS = 16


@dataclass(frozen=True)
class Motion:
    """One thing's motion. `to_colour` is set for "recolour" only; "orbit" and "push" act on the other thing (index 1
    or 0).
    """

    kind: str = "stand"
    direction: str = ""
    speed: str = "slow"
    to_colour: str = ""


@dataclass(frozen=True)
class Thing:
    shape: str
    colour: str
    size: str = "large"
    material: str = "matte"
    motion: Motion = Motion()


@dataclass(frozen=True)
class CameraMove:
    kind: str = "still"
    speed: str = "slow"


@dataclass(frozen=True)
class World:
    """One to three things on a ground under a sky. `seed` fixes what words leave open: places, heights, phases, sun."""

    things: tuple[Thing, ...]
    ground: str
    sky: str
    camera: CameraMove
    seed: int

    @property
    def main(self) -> Thing:
        """The first thing: the one that moves; captions and the exam speak of it first."""
        return self.things[0]

    @property
    def lies(self) -> bool:
        """Whether the main thing is a cylinder that has been laid down to roll."""
        return self.main.shape == "cylinder" and self.main.motion.kind in ("roll", "push")

    def moving(self, motion: Motion) -> World:
        """The same scene with another motion."""
        return replace(self, things=(replace(self.main, motion=motion), *self.things[1:]))


@dataclass(frozen=True)
class Then:
    """From this frame of a scene on the main thing takes up another motion, from where it is and as fast as it is."""

    motion: Motion
    frame: int


#: How often each kind of motion is drawn. Plain motions are what most prompts ask for.
_MOTION_ODDS = {
    "stand": 3, "roll": 3, "slide": 3, "bounce": 3, "drop": 2, "jump": 2, "spin": 2, "orbit": 1.5, "push": 1.5,
    "approach": 1.5, "recede": 1.5, "inflate": 0.7, "squash": 0.7, "melt": 0.7, "grow": 0.7, "shrink": 0.7,
    "recolour": 0.7, "split": 0.7, "vanish": 0.7,
}  # fmt: skip


def sample(seed: int, *, things: int | None = None, motion: str | None = None, camera: str | None = None) -> World:
    """The scene of this seed; same seed, same scene. `things` (1-3), `motion` and `camera` pin what they name."""
    rng = np.random.default_rng([7001, seed])

    def pick(options):
        return options[int(rng.integers(len(options)))]

    kinds = list(_MOTION_ODDS)
    odds = np.array([_MOTION_ODDS[k] for k in kinds])
    kind = kinds[int(rng.choice(len(kinds), p=odds / odds.sum()))]
    count = 1 + int(rng.choice(3, p=[0.6, 0.28, 0.12]))
    kind, count = motion or kind, things or count
    if kind in ("orbit", "push"):
        count = 2  # a third thing would stand in the way
    shape = pick(SHAPES)
    if kind in ("roll", "push"):
        shape = pick(("ball", "ball", "cylinder")) if kind == "roll" else pick(("ball", "ball", "cube", "cylinder"))
    colours = [COLOURS[i] for i in rng.permutation(len(COLOURS))]
    move = Motion(kind, pick(MOTIONS[kind]), pick(SPEEDS), colours[3] if kind == "recolour" else "")
    main = Thing(shape, colours[0], pick(SIZES), pick(MATERIALS), move)
    others = [Thing(pick(SHAPES), colours[i], pick(SIZES), pick(MATERIALS)) for i in range(1, count)]
    if kind == "push" and others[0].shape == "cone":  # a cone has no flat side to be hit on
        others[0] = Thing("cube", others[0].colour, others[0].size, others[0].material)
    moves = camera or ("still" if rng.random() < 0.25 else pick(CAMERAS[1:]))
    return World((main, *others), pick(GROUNDS), pick(SKIES), CameraMove(moves, pick(SPEEDS)), seed)


#: Motions that a thing can take up where it is: no other thing, no height and no second half are needed for them.
_TAKEN_UP = ("stand", "roll", "slide", "bounce", "jump", "spin", "approach", "recede",
             "inflate", "squash", "melt", "grow", "shrink", "recolour", "vanish")  # fmt: skip
_TAKEN_UP_LYING = ("stand", "roll", "slide", "spin", "approach", "recede")


def taken_up(scene: World, rng: np.random.Generator) -> Motion | None:
    """A motion that the main thing of a scene may take up after its own, or None where there is no telling: one that
    has split, vanished or flown up stays so.
    """
    kind, shape = scene.main.motion.kind, scene.main.shape
    if kind in ("split", "vanish", "inflate"):
        return None
    never = set() if shape == "ball" or scene.lies else {"roll"}
    never |= {"recolour"} if kind == "recolour" else set()
    kinds = [one for one in (_TAKEN_UP_LYING if scene.lies else _TAKEN_UP) if one not in never]
    chosen = kinds[int(rng.integers(len(kinds)))]
    direction = MOTIONS[chosen][int(rng.integers(len(MOTIONS[chosen])))]
    colours = [colour for colour in COLOURS if colour not in {thing.colour for thing in scene.things}]
    to_colour = colours[int(rng.integers(len(colours)))] if chosen == "recolour" else ""
    return Motion(chosen, direction, SPEEDS[int(rng.integers(2))], to_colour)
