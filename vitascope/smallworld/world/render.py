"""The ray tracer: a stage of numbers -> pixels. Convex bodies are one quadric cut by three slabs, hit in closed form.

Written in the calls that numpy and torch share, so the same lines run on a CPU and on a GPU. Rays are flat lists (R,);
each is sorted into sky, ground or a body and only shaded as what it is. On a CPU frames are traced one by one, a body
is only met inside the screen window of its bounding sphere, and only edges are supersampled; on a GPU all frames go in
one batch. Colours are linear light until `_tone`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vitascope.smallworld.world import camera as cameras
from vitascope.smallworld.world.stage import BODY, LOOK, Stage

FAR = 1e4
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
    out[:, in_sky] = _stack(xp, _sky(xp, scene.look(in_sky), [c[in_sky] for c in d]))
    on_ground = _where((owner < 0) & (nearest < FAR))
    out[:, on_ground] = _stack(xp, scene.shade_ground(on_ground, _pick(eye, on_ground, frame), d, nearest))
    for body in scene.bodies:
        mine = _where(owner == body.slot)
        if len(mine):
            out[:, mine] = _stack(xp, scene.shade_body(body, mine, _pick(eye, mine, frame), d, nearest))
    return _tone(xp, out)


def outline(stage: Stage, px, py, width: int, height: int, frame=None, slot: int = 0) -> np.ndarray:
    """Which rays (R,) through pixel places would meet the body in this slot, were nothing before it. `frame` as in
    `trace`.
    """
    eye, d = _cast(np, stage, px, py, frame, width, height)
    enter, leave = _Body(np, stage, slot).hit(eye, d, frame)
    return (enter < leave) & (enter > 0.01)


def _cast(xp, stage: Stage, px, py, frame, width: int, height: int):
    """Eye [x, y, z] and unit directions [x, y, z] of the rays."""
    camera = [_column(stage.camera, i, frame) for i in range(8)]
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


def _column(rows, i, frame):
    """Column i of (F, K): one number when there is one frame, else its value for each ray (R,)."""
    return rows[0, i] if frame is None else rows[:, i][frame]


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
        self.bodies = [_Body(xp, stage, slot) for slot in range(stage.bodies.shape[1])]

    def look(self, index) -> dict[str, list]:
        frame = _frames(self.frame, index)
        return {name: [_column(self.stage.look, i, frame) for i in range(s.start, s.stop)] for name, s in LOOK.items()}

    def ground_distance(self, eye, d):
        falling = d[2] < -1e-4
        reach = -eye[2] / self.xp.where(falling, d[2], d[2] * 0 - 1e-4)
        return self.xp.where(falling & (reach < 400.0), reach, d[2] * 0 + FAR)

    def window(self, body: _Body, sun=None, among=None):
        """Rays that may meet the body (or, with `sun`, its shadow): an index, or None if there are none. `among`
        narrows to an index.
        """
        if self.frame is not None:
            return _where(self.px > -1e9) if among is None else among * 0 + _range(self.xp, among)
        box = _screen_box(self.stage, body.slot, self.width, self.height, sun)
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
        albedo = _ground(self.xp, look, point, reach)
        lit = [albedo[i] * (look["ambient"][i] * open_sky + 0.95 * look["sun"][i] * sunlit) for i in range(3)]
        return _haze(self.xp, look, lit, reach)

    def shade_body(self, body: _Body, index, eye, d, nearest):
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
        reflected = _sky(xp, look, mirror)
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
        return _haze(xp, look, lit, reach)


def _range(xp, index):
    return xp.arange(len(index)) if xp is np else xp.arange(len(index), device=index.device)


class _Body:
    """One slot of the stage: where rays meet it, its normals, its shadow's softness and the darkness where it touches
    the ground.
    """

    def __init__(self, xp, stage: Stage, slot: int):
        self.xp, self.slot, self.rows = xp, slot, stage.bodies[:, slot]

    def columns(self, name: str, frame) -> list:
        part = BODY[name]
        return [_column(self.rows, i, frame) for i in range(part.start, part.stop)]

    def inverse(self, frame):
        return [1.0 / self.xp.clip(e, 0.01, 1e9) for e in self.columns("extent", frame)]

    def local(self, vector, frame, inverse):
        """World vector -> the body's own axes, in units of its extents."""
        r = self.columns("rotation", frame)
        return [(r[i] * vector[0] + r[3 + i] * vector[1] + r[6 + i] * vector[2]) * inverse[i] for i in range(3)]

    def hit(self, origin, d, frame):
        """Distances at which rays enter and leave; enter >= leave: they miss. A body of no size is never hit."""
        xp, inverse = self.xp, self.inverse(frame)
        centre = self.columns("centre", frame)
        o = self.local([origin[i] - centre[i] for i in range(3)], frame, inverse)
        v = self.local(d, frame, inverse)
        qxy, qz, lz, k, half = self.columns("quadric", frame)
        a = qxy * (v[0] * v[0] + v[1] * v[1]) + qz * v[2] * v[2]
        a = xp.where(xp.abs(a) < 1e-7, a * 0 + 1e-7, a)
        b = qxy * (o[0] * v[0] + o[1] * v[1]) + qz * o[2] * v[2] + 0.5 * lz * v[2]
        c = qxy * (o[0] * o[0] + o[1] * o[1]) + qz * o[2] * o[2] + lz * o[2] + k
        disc = b * b - a * c
        root = xp.sqrt(xp.clip(disc, 0.0, 1e18))
        t1, t2 = (-b - root) / a, (-b + root) / a
        first, last = xp.minimum(t1, t2), xp.maximum(t1, t2)
        # A cone is half of a double cone: steep rays are inside it before the first root or after the second, never
        # between.
        steep, downwards, far = a < 0, v[2] < 0, a * 0 + FAR
        enter = xp.where(steep, xp.where(downwards, last, -far), first)
        leave = xp.where(steep, xp.where(downwards, far, first), last)
        leave = xp.where((disc < 0) & ~steep, -far, leave)
        for i, width in ((0, half), (1, half), (2, 1.0)):
            vi = xp.where(xp.abs(v[i]) < 1e-7, a * 0 + 1e-7, v[i])
            near, past = (-width - o[i]) / vi, (width - o[i]) / vi
            enter, leave = xp.maximum(enter, xp.minimum(near, past)), xp.minimum(leave, xp.maximum(near, past))
        there = self.columns("extent", frame)[2] > 0.01
        return enter, xp.where(there, leave, -far)

    def normal(self, point, frame):
        """Outward unit normals at surface points: of the face or curve that the point is nearest to."""
        xp, inverse = self.xp, self.inverse(frame)
        centre = self.columns("centre", frame)
        p = self.local([point[i] - centre[i] for i in range(3)], frame, inverse)
        qxy, qz, lz, k, half = self.columns("quadric", frame)
        curve = xp.abs(qxy * (p[0] * p[0] + p[1] * p[1]) + qz * p[2] * p[2] + lz * p[2] + k)
        best = curve
        n = [qxy * p[0], qxy * p[1], qz * p[2] + 0.5 * lz]
        for i, width in ((0, half), (1, half), (2, 1.0)):
            off = xp.abs(xp.abs(p[i]) - width)
            flat = (off < best) & (off < 0.02)
            best = xp.where(flat, off, best)
            for j in range(3):
                n[j] = xp.where(flat, xp.where(p[i] > 0, off * 0 + 1.0, off * 0 - 1.0) if i == j else off * 0, n[j])
        n = [n[i] * inverse[i] for i in range(3)]
        r = self.columns("rotation", frame)
        world = [r[3 * j] * n[0] + r[3 * j + 1] * n[1] + r[3 * j + 2] * n[2] for j in range(3)]
        length = 1.0 / xp.sqrt(world[0] * world[0] + world[1] * world[1] + world[2] * world[2] + 1e-12)
        return [w * length for w in world]

    def band(self, point, frame):
        """A paler stripe round the body, so that one can see it turn; 1 elsewhere and on cubes."""
        centre = self.columns("centre", frame)
        x = self.local([point[i] - centre[i] for i in range(3)], frame, self.inverse(frame))[0]
        return 1.0 + self.columns("band", frame)[0] * (0.45 * self.xp.clip((0.24 - self.xp.abs(x)) * 14.0, 0.0, 1.0))

    def size(self, frame):
        x, y, z = self.columns("extent", frame)
        return (x * y * z + 1e-9) ** (1.0 / 3.0)

    def softness(self, frame):
        """Way through the body, in world units, from which its shadow is full."""
        return 0.35 * self.size(frame) + 0.02

    def contact(self, p, normal, frame):
        """Share of the sky that the body hides from points p near its foot, on surfaces that look up."""
        xp = self.xp
        x, y, z = self.columns("centre", frame)
        ex, ey, ez = self.columns("extent", frame)
        flat2 = (p[0] - x) ** 2 + (p[1] - y) ** 2
        rise = xp.clip(z - ez - p[2], 0.0, 1e6)
        hidden = 0.62 * xp.exp(-0.75 * flat2 / (ex * ey + 1e-6) - 2.5 * rise / self.size(frame))
        under = (p[2] < z) & (ez > 0.01)
        return xp.where(under, hidden * xp.clip(normal[2], 0.0, 1.0), hidden * 0)


def _sky(xp, look, d):
    """Sky colour in directions d: a gradient, a glow about the sun, soft clouds."""
    height = xp.clip(d[2], 0.0, 1.0)
    fade = xp.exp(-4.2 * height)
    to_sun = look["to_sun"]
    cosine = xp.clip(d[0] * to_sun[0] + d[1] * to_sun[1] + d[2] * to_sun[2], 1e-4, 1.0)
    glow = xp.exp(look["glow_power"][0] * xp.log(cosine))
    across, along = d[0] / (height + 0.22), d[1] / (height + 0.22)
    cloud = xp.sin(1.7 * across + 1.1 * xp.sin(1.3 * along)) * xp.sin(1.5 * along + 0.8 * xp.sin(1.9 * across) + 1.0)
    cloud = look["clouds"][0] * xp.clip(cloud, 0.0, 1.0) * xp.clip(height * 6.0, 0.0, 1.0)
    out = []
    for zenith, horizon, g, s in zip(look["zenith"], look["horizon"], look["glow"], look["sun"], strict=True):
        base = zenith + (horizon - zenith) * fade + g * glow
        out.append(base + cloud * (0.55 * horizon + 0.45 * s - base) * 0.8)
    return out


def _ground(xp, look, at, distance):
    """Ground colour at places (x, y): slabs, blotches and ripples mixed by the ground's weights, fading far away."""
    x, y = at[0], at[1]
    slab, blotch, ripple = look["pattern"]
    checks = xp.clip(9.0 * xp.sin(math.pi * 0.8 * x) * xp.sin(math.pi * 0.8 * y), -1.0, 1.0)
    warp = xp.sin(0.9 * x + 1.3 * xp.sin(0.7 * y))
    blots = warp * xp.sin(1.1 * y + 0.9 * xp.sin(1.2 * x) + 0.5) * 1.3
    ripples = xp.sin(4.2 * y + 1.1 * x + 1.4 * warp)
    mix = 0.5 + 0.5 * xp.clip(slab * checks + blotch * blots + ripple * ripples, -1.0, 1.0)
    mix = 0.5 + (mix - 0.5) * xp.exp(-0.075 * xp.clip(distance - 5.0, 0.0, FAR))
    return [a + (b - a) * mix for a, b in zip(look["near"], look["far"], strict=True)]


def _haze(xp, look, lit, reach):
    haze = 1.0 - xp.exp(-look["fog"][0] * xp.clip(reach - 4.0, 0.0, FAR))
    return [c + haze * (look["horizon"][i] - c) for i, c in enumerate(lit)]


def _tone(xp, c):
    """Linear light -> display value in [0, 1]: a soft shoulder, then a gamma of 2.2."""
    c = xp.clip(c * 1.05, 1e-5, 16.0)
    c = xp.clip(c * (1.0 + c * 0.12) / (0.35 * c + 0.78), 1e-5, 1.0)
    return xp.exp(xp.log(c) * (1.0 / 2.2))


def _screen_box(stage: Stage, slot: int, width: int, height: int, sun=None) -> tuple[float, float, float, float] | None:
    """Pixel box (x0, x1, y0, y1) that a body of a one-frame stage, or with `sun` its shadow, can touch; None: none."""
    row = stage.bodies[0, slot]
    extent = row[BODY["extent"]]
    if extent[2] <= 0.01:
        return None
    centre, radius = row[BODY["centre"]].astype(np.float64), float(np.linalg.norm(extent))
    points = centre[None]
    if sun is not None:
        way = np.array([float(c) for c in sun])
        length = (float(centre[2]) + radius) / max(way[2], 0.05)
        points = centre - way * np.linspace(0.0, length, 12)[:, None]
        radius *= 1.9
    camera = stage.camera[0].astype(np.float64)
    right, up, forward = cameras.basis(camera)
    offset = points - cameras.position(camera)
    depth = offset @ forward
    if np.any(depth < radius * 1.2):  # around or behind the eye: it may be anywhere
        return (-1.0, width + 1.0, -1.0, height + 1.0)
    scale = min(width, height) / (2 * math.tan(float(camera[cameras.FOV]) / 2))
    x, y = width / 2 + offset @ right / depth * scale, height / 2 - offset @ up / depth * scale
    r = 1.15 * radius / (depth - radius) * scale + 2
    return float(np.min(x - r)), float(np.max(x + r)), float(np.min(y - r)), float(np.max(y + r))
