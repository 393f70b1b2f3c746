"""A scene as plain numbers, one row a frame: what the renderer reads.

`Stage` packs bodies (F, N, 31), the look of ground, sky and light (F, 40) and the camera (F, 8) as float32, so that
frames of many scenes can be concatenated and rendered in one call, and so that a path of anybody's own can replace the
scene's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vitascope.smallworld.world import camera as cameras
from vitascope.smallworld.world import physics
from vitascope.smallworld.world.scene import Then, World

SLOTS = 4  # bodies in a stage: three things and the other half of a split

#: Linear-light albedo of the palette. Saturated enough to stay apart at sunset and at night.
PALETTE = {
    "red": (0.78, 0.045, 0.04),
    "orange": (0.93, 0.30, 0.02),
    "yellow": (0.93, 0.70, 0.035),
    "green": (0.05, 0.46, 0.09),
    "blue": (0.03, 0.14, 0.72),
    "purple": (0.30, 0.055, 0.56),
    "pink": (0.95, 0.30, 0.50),
    "white": (0.90, 0.90, 0.88),
}
#: diffuse, highlight, mirror at grazing angles, mirror at all angles (tinted by the colour)
SURFACE = {"matte": (1.0, 0.0, 0.0, 0.0), "shiny": (0.95, 0.75, 0.45, 0.0), "metal": (0.50, 0.9, 0.3, 0.55)}

#: x^2 + y^2 weight, z^2 weight, z weight, constant of the quadric; half width of the x and y slabs, in units of the
#: extents.
QUADRIC = {
    "ball": (1.0, 1.0, 0.0, -1.0, 9.0),
    "cylinder": (1.0, 0.0, 0.0, -1.0, 9.0),
    "cone": (1.0, -0.25, 0.5, -0.25, 9.0),
    "cube": (1e-4, 0.0, 0.0, -1.0, 1.0),
}
BODY = {"centre": slice(0, 3), "rotation": slice(3, 12), "extent": slice(12, 15), "colour": slice(15, 18),
        "quadric": slice(18, 23), "surface": slice(23, 27), "band": slice(27, 28)}  # fmt: skip
BODY_WIDTH = 28

#: two ground colours, weights of slabs, blotches and ripples, contrast
GROUND = {
    "grass": ((0.16, 0.33, 0.07), (0.07, 0.20, 0.04), (0.30, 0.75, 0.0)),
    "sand": ((0.78, 0.58, 0.33), (0.55, 0.37, 0.18), (0.0, 0.40, 0.60)),
    "snow": ((0.72, 0.76, 0.80), (0.42, 0.53, 0.68), (0.0, 0.85, 0.10)),
    "stone": ((0.42, 0.40, 0.39), (0.21, 0.205, 0.215), (0.90, 0.10, 0.0)),
}
#: zenith, horizon, sun colour, ambient from above, glow colour, glow sharpness, sun height (rad), clouds, fog
SKY = {
    "noon": ((0.10, 0.30, 0.74), (0.60, 0.78, 0.94), (1.0, 0.95, 0.86), (0.40, 0.46, 0.55),
             (0.6, 0.55, 0.4), 30.0, 0.85, 0.45, 0.012),
    "sunset": ((0.17, 0.13, 0.36), (1.00, 0.46, 0.16), (1.0, 0.60, 0.32), (0.42, 0.34, 0.40),
               (1.0, 0.45, 0.10), 9.0, 0.36, 0.25, 0.018),
    "night": ((0.008, 0.012, 0.045), (0.050, 0.075, 0.17), (0.42, 0.50, 0.72), (0.13, 0.16, 0.26),
              (0.05, 0.07, 0.12), 6.0, 0.75, 0.0, 0.015),
    "overcast": ((0.45, 0.48, 0.52), (0.72, 0.74, 0.76), (0.28, 0.28, 0.28), (0.62, 0.64, 0.67),
                 (0.0, 0.0, 0.0), 4.0, 1.1, 0.30, 0.030),
}  # fmt: skip
LOOK = {"near": slice(0, 3), "far": slice(3, 6), "pattern": slice(6, 9), "zenith": slice(9, 12),
        "horizon": slice(12, 15), "sun": slice(15, 18), "ambient": slice(18, 21), "glow": slice(21, 24),
        "glow_power": slice(24, 25), "clouds": slice(25, 26), "fog": slice(26, 27),
        "to_sun": slice(27, 30)}  # fmt: skip
LOOK_WIDTH = 30


@dataclass
class Stage:
    bodies: np.ndarray  # (F, SLOTS, BODY_WIDTH)
    look: np.ndarray  # (F, LOOK_WIDTH)
    camera: np.ndarray  # (F, 8)

    def __len__(self) -> int:
        return len(self.camera)

    def __getitem__(self, frames) -> Stage:
        return Stage(self.bodies[frames], self.look[frames], self.camera[frames])


def start_of(scene: World) -> cameras.Start:
    return cameras.Start.sample(np.random.default_rng([7003, scene.seed]))


def set_stage(
    scene: World, frames: int, first: int = 0, path: np.ndarray | None = None, then: Then | None = None
) -> Stage:
    """The stage of frames `first` on. `path` (frames, 8) replaces the scene's own camera move."""
    if path is None:
        path = cameras.path(scene.camera, frames, start_of(scene), first)
    rows = np.zeros((frames, SLOTS, BODY_WIDTH), dtype=np.float32)
    rows[:, :, BODY["rotation"]] = np.eye(3).reshape(9)
    for slot, body in enumerate(physics.bodies(scene, frames, first, then)):
        thing, row = body.thing, rows[:, slot]
        colour = np.array(PALETTE[thing.colour])
        if thing.motion.to_colour:
            colour = colour + body.mix[:, None] * (np.array(PALETTE[thing.motion.to_colour]) - colour)
        row[:, BODY["centre"]], row[:, BODY["extent"]], row[:, BODY["colour"]] = body.position, body.extent, colour
        row[:, BODY["rotation"]] = body.rotation.reshape(frames, 9)
        row[:, BODY["quadric"]], row[:, BODY["surface"]] = QUADRIC[thing.shape], SURFACE[thing.material]
        row[:, BODY["band"]] = 0.0 if thing.shape == "cube" else 1.0
    look = np.repeat(_look(scene)[None], frames, axis=0)
    return Stage(rows, look, np.asarray(path, dtype=np.float32))


def _look(scene: World) -> np.ndarray:
    rng = np.random.default_rng([7004, scene.seed])
    near, far, pattern = GROUND[scene.ground]
    zenith, horizon, sun, ambient, glow, power, height, clouds, fog = SKY[scene.sky]
    side = 1.0 if rng.random() < 0.5 else -1.0
    azimuth = side * rng.uniform(0.75, 1.05)  # behind the viewer, to one side; the setting sun is ahead
    ahead = 1.0 if scene.sky == "sunset" else -1.0
    flat = np.cos(height)
    to_sun = (flat * np.sin(azimuth), ahead * flat * np.cos(azimuth) * (0.55 if ahead > 0 else 1.0), np.sin(height))
    unit = np.array(to_sun) / np.linalg.norm(to_sun)
    values = [*near, *far, *pattern, *zenith, *horizon, *sun, *ambient, *glow, power, clouds, fog, *unit]
    return np.array(values, dtype=np.float32)
