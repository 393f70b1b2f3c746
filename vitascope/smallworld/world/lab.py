"""The lab: three classical experiments in a flat world, after the physics-law study (Kang et al., arXiv 2411.02385).

A white square of 10 x 10 units, y up, one or two soft-edged discs, 32 frames 0.1 s apart. Motion is in closed form, so
states are exact: a disc moving uniformly, a disc thrown sideways, two discs meeting head on and elastically (mass as
radius squared).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SIDE = 10.0  # units
FRAMES = 32
FRAME_SECONDS = 0.1
GRAVITY = -2.5  # units / s^2, of the parabola only
KINDS = ("uniform", "parabola", "collision")
COLOURS = ((220, 40, 40), (40, 60, 220))  # of the first and the second disc
#: Radii (units) and speeds (units / s) seen in training, and outside of it.
SEEN = {"radius": (0.7, 1.5), "speed": (1.0, 4.0)}
UNSEEN = {"radius": ((0.3, 0.6), (1.5, 2.0)), "speed": ((0.0, 0.8), (4.5, 6.0))}

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Disc:
    radius: float
    x: float
    y: float
    vx: float


@dataclass(frozen=True)
class Experiment:
    kind: str
    discs: tuple[Disc, ...]

    @property
    def contact_seconds(self) -> float:
        """When two discs meet; infinite if there is one or they never do."""
        if len(self.discs) < 2:
            return float("inf")
        left, right = self.discs
        closing = left.vx - right.vx
        return (right.x - left.x - left.radius - right.radius) / closing if closing > 0 else float("inf")


def sample(
    kind: str, seed: int, *, radius: tuple[float, float] | None = None, speed: tuple[float, float] | None = None
) -> Experiment:
    """The experiment of this seed. `radius` and `speed` replace the seen ranges, for tests outside of them.

    Raises ValueError for an unknown kind.
    """
    rng = np.random.default_rng([7200, KINDS.index(kind), seed])
    r1, r2 = rng.uniform(*(radius or SEEN["radius"]), 2)
    v1, v2 = rng.uniform(*(speed or SEEN["speed"]), 2)
    way = 1.0 if rng.random() < 0.5 else -1.0
    if kind == "collision":
        contact_x, contact_seconds = SIDE / 2 + rng.uniform(-0.8, 0.8), rng.uniform(0.8, 1.4)
        left = Disc(r1, contact_x - r1 - v1 * contact_seconds, SIDE / 2, v1)
        return Experiment(kind, (left, Disc(r2, contact_x + r2 + v2 * contact_seconds, SIDE / 2, -v2)))
    start = SIDE / 2 - way * min(SIDE / 2 - r1, 0.5 * v1 * FRAMES * FRAME_SECONDS)
    height = SIDE - r1 - rng.uniform(0, 1) if kind == "parabola" else rng.uniform(r1, SIDE - r1)
    return Experiment(kind, (Disc(r1, start, height, way * v1),))


def states(experiment: Experiment, frames: int = FRAMES) -> Array:
    """Exact (frames, discs, 4): x, y (units) and vx, vy (units / s)."""
    t = np.arange(frames) * FRAME_SECONDS
    contact = experiment.contact_seconds
    after = _after(experiment)
    out = np.zeros((frames, len(experiment.discs), 4))
    for i, disc in enumerate(experiment.discs):
        late = np.maximum(t - contact, 0.0)
        out[:, i, 0] = disc.x + disc.vx * np.minimum(t, contact) + after[i] * late
        out[:, i, 1] = disc.y
        out[:, i, 2] = np.where(t < contact, disc.vx, after[i])
        if experiment.kind == "parabola":
            out[:, i, 1] += 0.5 * GRAVITY * t * t
            out[:, i, 3] = GRAVITY * t
    return out


def _after(experiment: Experiment) -> list[float]:
    """Speeds after an elastic hit along x; before it nothing changes them."""
    if len(experiment.discs) < 2:
        return [disc.vx for disc in experiment.discs]
    a, b = experiment.discs
    ma, mb = a.radius**2, b.radius**2
    return [((ma - mb) * a.vx + 2 * mb * b.vx) / (ma + mb), ((mb - ma) * b.vx + 2 * ma * a.vx) / (ma + mb)]


def render(experiment: Experiment, size: int = 128, frames: int = FRAMES) -> npt.NDArray[np.uint8]:
    """Frames (frames, size, size, 3) uint8: edges are exact to the fraction of a pixel that a disc covers, nearly."""
    place = states(experiment, frames)
    scale = size / SIDE
    y, x = np.mgrid[0:size, 0:size] + 0.5
    out = np.full((frames, size, size, 3), 255.0)
    for i, disc in enumerate(experiment.discs):
        across, down = x - place[:, i, 0, None, None] * scale, y - size + place[:, i, 1, None, None] * scale
        covered = np.clip(disc.radius * scale + 0.5 - np.hypot(across, down), 0.0, 1.0)[..., None]
        out += covered * (np.array(COLOURS[i]) - out)
    return (out + 0.5).astype(np.uint8)
