"""The ray tracer: a stage of numbers -> pixels. Convex bodies are one quadric cut by three slabs, hit in closed form.

Written in the calls that numpy and torch share, so the same lines run on a CPU and on a GPU. Rays are flat lists (R,);
each is sorted into sky, ground or a body and only shaded as what it is. On a CPU frames are traced one by one, a body
is only met inside the screen window of its bounding sphere, and only edges are supersampled; on a GPU all frames go in
one batch. Colours are linear light until `tone`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vitascope.smallworld.world import camera as cameras
from vitascope.smallworld.world.body import FAR, Body, column, screen_box
from vitascope.smallworld.world.colours import ground, haze, sky, tone
from vitascope.smallworld.world.stage import BODY, LOOK, Stage

EDGE = 0.045  # difference of neighbouring pixels, in display units, from which a pixel is supersampled


def render(stage: Stage, width: int, height: int, *, edges: bool = True) -> np.ndarray:
    """Frames (F, height, width, 3) uint8 of a stage, by numpy. `edges=False` leaves out the antialiasing of edges."""
    out = np.empty((len(stage), height, width, 3), dtype=np.uint8)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) + np.float32(0.5)
    for f in range(len(stage)):
        frame = stage[f : f + 1]
        rgb = trace(np, frame, x.ravel(), y.ravel(), None, width, height).reshape(3, height, width)
        if edges:
            _smooth_edges(frame, rgb, width, height)
        out[f] = np.moveaxis(np.clip(rgb * 255 + 0.5, 0, 255), 0, -1).astype(np.uint8)
    return out


def _smooth_edges(frame: Stage, rgb: np.ndarray, width: int, height: int) -> None:
    """Replace edge pixels by the mean of four rays."""
    step = np.zeros((height, width), dtype=bool)
    across, down = np.abs(np.diff(rgb, axis=2)).max(0) > EDGE, np.abs(np.diff(rgb, axis=1)).max(0) > EDGE
    step[:, 1:] |= across
    step[:, :-1] |= across
    step[1:] |= down
    step[:-1] |= down
    y, x = np.nonzero(step)
    if not len(y):
        return
    dx, dy = np.array([0.125, 0.625, 0.375, 0.875], np.float32), np.array([0.375, 0.125, 0.875, 0.625], np.float32)
    px, py = (x[:, None] + dx).astype(np.float32).ravel(), (y[:, None] + dy).astype(np.float32).ravel()
    rgb[:, y, x] = trace(np, frame, px, py, None, width, height).reshape(3, len(y), 4).mean(axis=-1)


def render_batch(xp: Any, stage: Stage, width: int, height: int, supersample: int = 2):
    """Frames (F, height, width, 3) float in [0, 1] of a stage whose arrays belong to `xp` (numpy or torch), on their
    device.

    Every pixel is the mean of supersample x supersample rays.
    """
    s, frames = supersample, len(stage)
    on = {} if xp is np else {"device": stage.look.device}
    rays = xp.arange(frames * height * s * width * s, **on)
    frame = rays // (height * s * width * s)
    y = (((rays // (width * s)) % (height * s)) + 0.5) / s
    x = ((rays % (width * s)) + 0.5) / s
    like = stage.camera[0, 0]
    rgb = trace(xp, stage, x * (like * 0 + 1), y * (like * 0 + 1), frame, width, height)
    return xp.moveaxis(rgb.reshape(3, frames, height, s, width, s).mean(5).mean(3), 0, -1)


def trace(xp: Any, stage: Stage, px, py, frame, width: int, height: int):
    """Display colours (3, R) of the rays through pixel places px, py (R,), in pixels from the upper left.

    `frame` (R,) int says which row of the stage each ray sees; None: there is one row, and rays may be sorted by
    screen windows.
    """
    eye, d = _cast(xp, stage, px, py, frame, width, height)
    scene = _Rays(xp, stage, px, py, frame, width, height)

    nearest, owner = scene.ground_distance(eye, d), px * 0 - 1
    for body in scene.bodies:
        near = scene.window(body)
        if near is None:
            continue
        enter, leave = body.hit(_pick(eye, near, frame), [c[near] for c in d], _frames(frame, near))
        met = (enter < leave) & (enter > 0.01) & (enter < nearest[near])
        nearest[near] = xp.where(met, enter, nearest[near])
        owner[near] = xp.where(met, body.slot + 0 * enter, owner[near])

    out = xp.stack([px * 0] * 3)
    in_sky = _where((owner < 0) & (nearest >= FAR))
    out[:, in_sky] = _stack(xp, sky(xp, scene.look(in_sky), [c[in_sky] for c in d]))
    on_ground = _where((owner < 0) & (nearest < FAR))
    out[:, on_ground] = _stack(xp, scene.shade_ground(on_ground, _pick(eye, on_ground, frame), d, nearest))
    for body in scene.bodies:
        mine = _where(owner == body.slot)
        if len(mine):
            out[:, mine] = _stack(xp, scene.shade_body(body, mine, _pick(eye, mine, frame), d, nearest))
    return tone(xp, out)


def outline(stage: Stage, px, py, width: int, height: int, frame=None, slot: int = 0) -> np.ndarray:
    """Which rays (R,) through pixel places would meet the body in this slot, were nothing before it. `frame` as in
    `trace`.
    """
    eye, d = _cast(np, stage, px, py, frame, width, height)
    enter, leave = Body(np, stage, slot).hit(eye, d, frame)
    return (enter < leave) & (enter > 0.01)


def _cast(xp, stage: Stage, px, py, frame, width: int, height: int):
    """Eye [x, y, z] and unit directions [x, y, z] of the rays."""
    camera = [column(stage.camera, i, frame) for i in range(8)]
    eye, basis = eye_and_basis(xp, camera)
    scale = 2.0 * xp.tan(camera[cameras.FOV] / 2) / min(width, height)
    u, v = (px - width / 2) * scale, (height / 2 - py) * scale
    d = [basis[0][i] * u + basis[1][i] * v + basis[2][i] for i in range(3)]
    inverse = 1.0 / xp.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
    d = [c * inverse for c in d]
    return eye, d


def _where(mask):
    return mask.nonzero()[0] if isinstance(mask, np.ndarray) else mask.nonzero()[:, 0]


def _stack(xp, colours):
    return xp.stack(list(colours))


def _pick(values, index, frame):
    """The rays of `index` of values that are numbers (one frame) or lists (many)."""
    return values if frame is None else [v[index] for v in values]


def _frames(frame, index):
    return None if frame is None else frame[index]


def eye_and_basis(xp, camera):
    """Eye [x, y, z] and basis [right, up, forward][x, y, z] of camera columns. The array twin of `camera.basis`."""
    azimuth, elevation, log_distance, tx, ty, tz, roll, _ = camera
    sa, ca, se, ce = xp.sin(azimuth), xp.cos(azimuth), xp.sin(elevation), xp.cos(elevation)
    distance = xp.exp(log_distance)
    away = [sa * ce, -ca * ce, se]
    eye = [t + distance * a for t, a in zip((tx, ty, tz), away, strict=True)]
    right, up = [ca, sa, 0 * sa], [-sa * se, ca * se, ce]
    c, s = xp.cos(roll), xp.sin(roll)
    rolled_right = [c * r - s * u for r, u in zip(right, up, strict=True)]
    rolled_up = [s * r + c * u for r, u in zip(right, up, strict=True)]
    return eye, [rolled_right, rolled_up, [-a for a in away]]


class _Rays:
    """The rays of one call with what they may meet: bodies, ground and sky of their frames."""

    def __init__(self, xp, stage: Stage, px, py, frame, width: int, height: int):
        self.xp, self.stage, self.px, self.py, self.frame = xp, stage, px, py, frame
        self.width, self.height = width, height
        self.bodies = [Body(xp, stage, slot) for slot in range(stage.bodies.shape[1])]

    def look(self, index) -> dict[str, list]:
        frame = _frames(self.frame, index)
        return {name: [column(self.stage.look, i, frame) for i in range(s.start, s.stop)] for name, s in LOOK.items()}

    def ground_distance(self, eye, d):
        falling = d[2] < -1e-4
        reach = -eye[2] / self.xp.where(falling, d[2], d[2] * 0 - 1e-4)
        return self.xp.where(falling & (reach < 400.0), reach, d[2] * 0 + FAR)

    def window(self, body: Body, sun=None, among=None):
        """Rays that may meet the body (or, with `sun`, its shadow): an index, or None if there are none. `among`
        narrows to an index.
        """
        if self.frame is not None:
            return _where(self.px > -1e9) if among is None else among * 0 + _range(self.xp, among)
        box = screen_box(self.stage, body.slot, self.width, self.height, sun)
        if box is None:
            return None
        px, py = (self.px, self.py) if among is None else (self.px[among], self.py[among])
        index = _where((px >= box[0]) & (px <= box[1]) & (py >= box[2]) & (py <= box[3]))
        return index if len(index) else None

    def sunlight(self, index, points, normal, look, windows: bool):
        """Sun and open sky (1 = unhindered) at points [x, y, z] with normals, seen by the rays of `index`."""
        xp, to_sun = self.xp, look["to_sun"]
        light, open_sky = points[0] * 0 + 1.0, points[0] * 0 + 1.0
        frame = _frames(self.frame, index)
        lifted = [points[i] + 0.02 * normal[i] for i in range(3)]
        for body in self.bodies:
            if self.frame is None and self.stage.bodies[0, body.slot, BODY["extent"]][2] <= 0.01:
                continue
            near = self.window(body, to_sun, index) if windows else _range(xp, index)
            if near is None:
                continue
            p, n, f = [c[near] for c in lifted], [c[near] + 0 * points[0][near] for c in normal], _frames(frame, near)
            enter, leave = body.hit(p, [c + 0 * p[0] for c in _pick(to_sun, near, frame)], f)
            through = xp.clip(leave, 0.0, FAR) - xp.clip(enter, 0.0, FAR)
            light[near] = light[near] * (1.0 - xp.clip(through / body.softness(f), 0.0, 1.0))
            open_sky[near] = open_sky[near] * (1.0 - body.contact(p, n, f))
        return light, open_sky

    def shade_ground(self, index, eye, d, nearest):
        """Matte ground: its pattern in sun, shadow and skylight, under haze."""
        look, reach = self.look(index), nearest[index]
        point = [eye[i] + reach * d[i][index] for i in range(3)]
        zero = reach * 0
        light, open_sky = self.sunlight(index, point, [zero, zero, zero + 1.0], look, windows=True)
        sunlit = look["to_sun"][2] * light
        albedo = ground(self.xp, look, point, reach)
        lit = [albedo[i] * (look["ambient"][i] * open_sky + 0.95 * look["sun"][i] * sunlit) for i in range(3)]
        return haze(self.xp, look, lit, reach)

    def shade_body(self, body: Body, index, eye, d, nearest):
        """A body's surface: diffuse light, the sun's spark, and the sky and ground that a polished one mirrors."""
        xp, look, reach, frame = self.xp, self.look(index), nearest[index], _frames(self.frame, index)
        d = [c[index] for c in d]
        point = [eye[i] + reach * d[i] for i in range(3)]
        normal = body.normal(point, frame)
        light, open_sky = self.sunlight(index, point, normal, look, windows=False)
        to_sun = look["to_sun"]
        sunlit = light * xp.clip(normal[0] * to_sun[0] + normal[1] * to_sun[1] + normal[2] * to_sun[2], 0.0, 1.0)
        albedo = [c * body.band(point, frame) for c in body.columns("colour", frame)]
        diffuse, spark_share, at_grazing, always = body.columns("surface", frame)
        along = d[0] * normal[0] + d[1] * normal[1] + d[2] * normal[2]
        mirror = [d[i] - 2.0 * along * normal[i] for i in range(3)]
        reflected = sky(xp, look, mirror)
        spark = xp.clip(mirror[0] * to_sun[0] + mirror[1] * to_sun[1] + mirror[2] * to_sun[2], 0.0, 1.0) ** 60.0
        share = xp.clip(always + at_grazing * (1.0 - xp.clip(-along, 0.0, 1.0)) ** 4, 0.0, 0.9)
        below, upward = xp.clip(-mirror[2] * 8.0, 0.0, 1.0), 0.5 + 0.5 * normal[2]
        tinted = xp.clip(always * 2.0 + 0 * along, 0.0, 1.0)
        lit = []
        for i in range(3):
            soil = 0.5 * (look["near"][i] + look["far"][i])
            ambient = look["ambient"][i] * (upward + (1.0 - upward) * 0.75 * soil) * open_sky
            soil_light = soil * (look["ambient"][i] + 0.6 * look["sun"][i])
            picture = reflected[i] + (soil_light - reflected[i]) * below
            colour = albedo[i] * diffuse * (ambient + 0.95 * look["sun"][i] * sunlit)
            colour = colour + share * picture * (1.0 + (albedo[i] * 1.25 - 1.0) * tinted)
            lit.append(colour + spark_share * spark * look["sun"][i] * light)
        return haze(xp, look, lit, reach)


def _range(xp, index):
    return xp.arange(len(index)) if xp is np else xp.arange(len(index), device=index.device)
