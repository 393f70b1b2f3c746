"""A body of the stage: one quadric cut by three slabs. Where rays meet it, its normals, its shadow's softness and the
darkness where it touches the ground, all in closed form, in the calls that numpy and torch share.
"""

from __future__ import annotations

import math

import numpy as np

from vitascope.smallworld.world import camera as cameras
from vitascope.smallworld.world.stage import BODY, Stage

FAR = 1e4


def column(rows, i, frame):
    """Column i of (F, K): one number when there is one frame, else its value for each ray (R,)."""
    return rows[0, i] if frame is None else rows[:, i][frame]


class Body:
    """One slot of the stage: where rays meet it, its normals, its shadow's softness and the darkness where it touches
    the ground.
    """

    def __init__(self, xp, stage: Stage, slot: int):
        self.xp, self.slot, self.rows = xp, slot, stage.bodies[:, slot]

    def columns(self, name: str, frame) -> list:
        part = BODY[name]
        return [column(self.rows, i, frame) for i in range(part.start, part.stop)]

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


def screen_box(stage: Stage, slot: int, width: int, height: int, sun=None) -> tuple[float, float, float, float] | None:
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
