"""Where every body is in every frame, in closed form: a frame's state never depends on how many frames were asked for.

Units: one world unit is two metres, seconds, radians. Constants below are the world's physics. A thing is one body,
but for a split, where it is two. Captions and pixels are not known here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vitascope.smallworld.world.scene import FPS, Motion, Then, Thing, World

GRAVITY = 4.9  # units / s^2: 9.8 m/s^2
RESTITUTION = 0.86  # of a bounce: speed kept
DROP_RESTITUTION = 0.35
FRICTION = 0.35  # deceleration of sliding, units / s^2
ROLLING_FRICTION = 0.03
RADIUS = {"small": 0.45, "large": 0.78}
#: Half extents over the radius of the size, (x, y, z), standing.
EXTENT = {
    "ball": (1.0, 1.0, 1.0), "cube": (0.84, 0.84, 0.84), "cylinder": (0.72, 0.72, 0.95), "cone": (0.92, 0.92, 1.05),
}  # fmt: skip
ROLL_SPEED = {"slow": 0.45, "fast": 0.95}  # units / s, also of approach and recede
SLIDE_SPEED = {"slow": 0.85, "fast": 1.3}
PUSH_SPEED = {"slow": 0.85, "fast": 1.5}
TURN_SPEED = {"slow": 1.3, "fast": 3.2}  # rad / s
ORBIT_SPEED = {"slow": 0.8, "fast": 1.6}
RATE = {"slow": 0.45, "fast": 0.9}  # of effects, 1 / s
EFFECT_START = 0.6  # s
EASE = 0.3  # s in which two thirds of a speed are lost or gained where a thing takes up another motion


@dataclass
class Body:
    """Exact state of one body: position (F, 3) of its centre, rotation (F, 3, 3) local to world, half extents (F, 3).

    `mix` (F,) in [0, 1] says how far the colour has turned into the motion's `to_colour`.
    """

    thing: Thing
    position: np.ndarray
    rotation: np.ndarray
    extent: np.ndarray
    mix: np.ndarray


def half_extents(thing: Thing) -> np.ndarray:
    return RADIUS[thing.size] * np.array(EXTENT[thing.shape])


def bodies(scene: World, frames: int, first: int = 0, then: Then | None = None) -> list[Body]:
    """The bodies of a scene in frames `first` to `first + frames - 1`."""
    t = (first + np.arange(frames)) / FPS
    out = _bodies(scene, t)
    if then:
        _take_up(scene, out[0], then, t)
    return out


def _bodies(scene: World, t: np.ndarray) -> list[Body]:
    rng = np.random.default_rng([7002, scene.seed])
    places = _places(scene, rng)
    out = [_still(thing, t, place, yaw) for thing, (place, yaw) in zip(scene.things, places, strict=True)]
    main, motion = out[0], scene.main.motion
    other = out[1] if len(out) > 1 else None
    _MOVES[motion.kind](main, motion, t, rng, other)
    if motion.kind == "split":
        out.append(_twin(main, t))
    return out


def _places(scene: World, rng: np.random.Generator) -> list[tuple[tuple[float, float], float]]:
    """Ground places (x, y) and yaws: the main thing in front, the others behind it, to the left and right."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    places = [(rng.uniform(-0.35, 0.35) - (0.25 * side if len(scene.things) > 1 else 0.0), rng.uniform(-0.7, -0.2))]
    for _ in scene.things[1:]:
        places.append((side * rng.uniform(1.75, 2.15), rng.uniform(1.3, 1.9)))
        side = -side
    return [(place, rng.uniform(0.25, 1.3)) for place in places]


def _still(thing: Thing, t: np.ndarray, place: tuple[float, float], yaw: float) -> Body:
    frames, half = len(t), half_extents(thing)
    position = np.repeat(np.array([[*place, half[2]]]), frames, axis=0)
    return Body(thing, position, _yaw(np.full(frames, yaw)), np.repeat(half[None], frames, axis=0), np.zeros(frames))


def _yaw(angle: np.ndarray) -> np.ndarray:
    c, s, o = np.cos(angle), np.sin(angle), np.zeros_like(angle)
    return np.stack([np.stack([c, -s, o], -1), np.stack([s, c, o], -1), np.stack([o, o, o + 1], -1)], -2)


def _rolling(angle: np.ndarray) -> np.ndarray:
    """Rotation about the world's y axis: a thing rolling to the right (+x) turns by positive angles."""
    c, s, o = np.cos(angle), np.sin(angle), np.zeros_like(angle)
    return np.stack([np.stack([c, o, s], -1), np.stack([o, o + 1, o], -1), np.stack([-s, o, c], -1)], -2)


_LYING = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])  # the upright axis laid along y


def _way(motion: Motion) -> float:
    return {"left": -1.0, "right": 1.0}.get(motion.direction, 0.0)


def _slowed(speed: float, friction: float, t: np.ndarray) -> np.ndarray:
    """Distance gone at time t >= 0 with this starting speed under constant friction, then at rest."""
    t = np.minimum(np.maximum(t, 0.0), speed / friction)
    return speed * t - 0.5 * friction * t * t


def _lay_rolling(body: Body, gone: np.ndarray, way: float) -> None:
    """Turn a ball or a lying cylinder by the distance it has rolled."""
    radius = body.extent[0, 0]
    body.rotation = _rolling(way * gone / radius)
    if body.thing.shape == "cylinder":
        body.rotation = body.rotation @ _LYING
        body.position[:, 2] = radius


def _stand(body, motion, t, rng, other):
    pass


def _roll(body, motion, t, rng, other):
    speed, way = ROLL_SPEED[motion.speed], _way(motion)
    gone = _slowed(speed, ROLLING_FRICTION, t)
    body.position[:, 0] = -way * min(1.9, 2.5 * speed) + body.position[:, 0] * 0.5 + way * gone
    _lay_rolling(body, gone, way)


def _slide(body, motion, t, rng, other):
    way = _way(motion)
    body.position[:, 0] = -way * 1.2 + body.position[:, 0] * 0.4 + way * _slowed(SLIDE_SPEED[motion.speed], FRICTION, t)


def _falling(height: float, restitution: float, t: np.ndarray) -> np.ndarray:
    """Height over the ground of something let go at `height` at t = 0: parabolas, each bounce keeping `restitution` of
    the speed.
    """
    z = np.zeros_like(t)
    begin, speed = -math.sqrt(2 * height / GRAVITY), math.sqrt(2 * height * GRAVITY)
    for _ in range(60):  # by then less than a thousandth of the height is left
        u = t - begin
        z = np.maximum(z, np.where(u >= 0, speed * u - 0.5 * GRAVITY * u * u, 0.0))
        begin += 2 * speed / GRAVITY
        speed *= restitution
    return z


def _bounce(body, motion, t, rng, other):
    body.position[:, 2] += _falling(rng.uniform(1.3, 1.7) * (1.25 if motion.speed == "fast" else 0.85), RESTITUTION, t)
    _drift(body, motion, t)


def _drop(body, motion, t, rng, other):
    height = rng.uniform(1.6, 2.0) * (1.15 if motion.speed == "fast" else 0.85)
    body.position[:, 2] += _falling(height, DROP_RESTITUTION, t)


def _jump(body, motion, t, rng, other):
    height = rng.uniform(0.9, 1.1) * (1.2 if motion.speed == "fast" else 0.7)
    speed = math.sqrt(2 * GRAVITY * height)
    pause, flight = (0.3 if motion.speed == "fast" else 0.6), 2 * speed / GRAVITY
    u = np.mod(t + rng.uniform(0.0, pause), pause + flight) - pause
    body.position[:, 2] += np.where(u > 0, speed * u - 0.5 * GRAVITY * u * u, 0.0)
    crouch = np.where(u <= 0, 0.16 * np.sin(np.pi * (u + pause) / pause) ** 2, 0.0)
    body.position[:, 2] -= crouch * body.extent[:, 2]
    body.extent = body.extent * np.stack([1 + 0.5 * crouch, 1 + 0.5 * crouch, 1 - crouch], -1)
    _drift(body, motion, t)


def _drift(body, motion, t):
    """Sideways part of a bounce or a jump: steady, so that time and distance tell the speed."""
    way = _way(motion)
    body.position[:, 0] += way * (-1.3 + (0.58 if motion.speed == "fast" else 0.42) * t) if way else 0.0


def _spin(body, motion, t, rng, other):
    body.rotation = _yaw(TURN_SPEED[motion.speed] * t) @ body.rotation


def _orbit(body, motion, t, rng, other):
    other.position[:, 0], other.position[:, 1] = 0.0, 0.5
    radius = body.extent[0, 0] + other.extent[0, 0] * 1.4 + 0.35
    angle = rng.uniform(0, 2 * math.pi) + ORBIT_SPEED[motion.speed] * t
    body.position[:, 0] = radius * np.cos(angle)
    body.position[:, 1] = 0.5 + radius * np.sin(angle)


def _push(body, motion, t, rng, other):
    """Elastic hit along x: speeds after it from the conservation of momentum and energy, masses as volumes."""
    way, speed = _way(motion), PUSH_SPEED[motion.speed]
    body.position[:, 0], body.position[:, 1] = -way * 1.9, 0.0
    other.position[:, 0], other.position[:, 1] = way * 0.1, 0.0
    other.rotation = _yaw(np.zeros_like(t))
    if body.thing.shape == "cube":
        body.rotation = _yaw(np.zeros_like(t))
    gap = 2.0 - body.extent[0, 0] - other.extent[0, 0]
    friction = 0.12
    hit_speed = math.sqrt(speed * speed - 2 * friction * gap)
    hit_time = (speed - hit_speed) / friction
    m1, m2 = float(np.prod(body.extent[0])), float(np.prod(other.extent[0]))
    after1 = hit_speed * (m1 - m2) / (m1 + m2)
    after2 = hit_speed * 2 * m1 / (m1 + m2)
    gone = _slowed(speed, friction, np.minimum(t, hit_time))
    gone = gone + np.sign(after1) * _slowed(abs(after1) + 1e-9, friction, t - hit_time)
    body.position[:, 0] += way * gone
    pushed = _slowed(after2, friction, t - hit_time)
    other.position[:, 0] += way * pushed
    if body.thing.shape in ("ball", "cylinder"):
        _lay_rolling(body, gone, way)
    if other.thing.shape == "ball":
        _lay_rolling(other, pushed, way)


def _approach(body, motion, t, rng, other, sign=-1.0):
    gone = ROLL_SPEED[motion.speed] * np.minimum(t, 6.0)
    body.position[:, 1] = -sign * (1.6 if motion.speed == "fast" else 0.9) + sign * gone
    body.position[:, 0] *= 0.4


def _recede(body, motion, t, rng, other):
    _approach(body, motion, t, rng, other, sign=1.0)


def _ramp(motion: Motion, t: np.ndarray) -> np.ndarray:
    """From 0 to 1, smoothly, at the motion's speed."""
    u = np.clip((t - EFFECT_START) * RATE[motion.speed], 0.0, 1.0)
    return u * u * (3 - 2 * u)


def _scale(body, xy, z):
    """Scale about the foot of the body, so that it stays on the ground."""
    foot = body.position[:, 2] - body.extent[:, 2]
    body.extent = body.extent * np.stack([xy, xy, z], -1)
    body.position[:, 2] = foot + body.extent[:, 2]


def _inflate(body, motion, t, rng, other):
    u = _ramp(motion, t)
    _scale(body, 1 + 0.55 * u, 1 + 0.55 * u)
    body.position[:, 2] += 0.9 * np.maximum(u - 0.35, 0.0)  # a balloon: big enough, it lifts off


def _squash(body, motion, t, rng, other):
    u = np.maximum(t - EFFECT_START, 0.0) * (1.6 if motion.speed == "fast" else 0.8)
    flat = 0.55 * (1 - np.exp(-4 * u) * np.cos(7 * u))
    _scale(body, 1 + 0.6 * flat, 1 - flat)


def _melt(body, motion, t, rng, other):
    u = _ramp(motion, t * 0.75)
    _scale(body, 1 + 0.6 * u, 1 - 0.92 * u)


def _grow(body, motion, t, rng, other):
    u = _ramp(motion, t)
    _scale(body, 1 + 0.75 * u, 1 + 0.75 * u)


def _shrink(body, motion, t, rng, other):
    u = _ramp(motion, t)
    _scale(body, 1 - 0.58 * u, 1 - 0.58 * u)


def _recolour(body, motion, t, rng, other):
    body.mix = _ramp(motion, t)


def _split(body, motion, t, rng, other):
    u = _ramp(motion, t)
    _scale(body, 1 - 0.25 * u, 1 - 0.25 * u)
    body.position[:, 0] -= 1.0 * u


def _twin(body: Body, t: np.ndarray) -> Body:
    """The other half of a split: mirrored about where the thing stood."""
    u = _ramp(body.thing.motion, t)
    position = body.position.copy()
    position[:, 0] += 2.0 * u
    extent = body.extent * np.where(u > 0, 1.0, 0.0)[:, None]  # before the split there is one body
    return Body(body.thing, position, body.rotation, extent, body.mix)


def _vanish(body, motion, t, rng, other):
    u = np.clip((t - EFFECT_START - 0.8) * (2.5 if motion.speed == "fast" else 1.2), 0.0, 1.0)
    body.rotation = _yaw(6 * u * u) @ body.rotation
    _scale(body, 1 - u, 1 - u)


_MOVES = {
    "stand": _stand, "roll": _roll, "slide": _slide, "bounce": _bounce, "drop": _drop, "jump": _jump, "spin": _spin,
    "orbit": _orbit, "push": _push, "approach": _approach, "recede": _recede, "inflate": _inflate, "squash": _squash,
    "melt": _melt, "grow": _grow, "shrink": _shrink, "recolour": _recolour, "split": _split, "vanish": _vanish,
}  # fmt: skip


def _take_up(scene: World, body: Body, then: Then, t: np.ndarray) -> None:
    """From `then.frame` on the main thing does as in a scene with the other motion, but for where it begins.

    Along the ground its speed turns into the other within EASE; what is in the air goes on falling.
    """
    since = t - then.frame / FPS
    later = since > 0
    if not later.any():
        return
    u, moment = since[later], 1 / FPS
    kind, motion = scene.main.motion.kind, then.motion
    before = _bodies(scene, then.frame / FPS - np.array([moment, 0]))[0]
    new = _bodies(scene.moving(motion), np.concatenate([[0, moment], u]))[0]

    stays = half_extents(scene.main) if kind == "jump" else before.extent[1]  # it may be crouching
    extents = stays * new.extent / half_extents(scene.main)
    extent = extents[2:] + (before.extent[1] - extents[0]) * np.exp(-u / 0.1)[:, None]

    speed, new_speed = ((each.position[1, :2] - each.position[0, :2]) / moment for each in (before, new))
    lag = EASE * (1 - np.exp(-u / EASE))
    gone = new.position[2:, :2] - new.position[0, :2] + lag[:, None] * (speed - new_speed)

    upright = 0 if scene.lies else 2
    feet = np.maximum(before.position[:, 2] - before.extent[:, upright], 0.0)
    rising = (feet[1] - feet[0]) / moment - 0.5 * GRAVITY * moment if feet[1] > 0 else 0.0
    apex = feet[1] + rising * rising / (2 * GRAVITY)
    new_feet = new.position[2:, 2] - new.extent[2:, 2]
    if motion.kind == "bounce" and apex < 0.25:  # thrown up as high as it would have been let go
        let_go = float(new.position[0, 2] - new.extent[0, 2])
        height = _falling(let_go, RESTITUTION, u - math.sqrt(2 * let_go / GRAVITY))
    else:
        height = _falling(apex, RESTITUTION if motion.kind == "bounce" else DROP_RESTITUTION, u - rising / GRAVITY)
        height = height + (0.0 if motion.kind == "bounce" or scene.lies else new_feet)

    turned = new.rotation[2:] @ new.rotation[0].T
    if motion.kind == "roll" or (kind == "roll" and motion.kind in ("stand", "recolour")):
        turned = _rolling(gone[:, 0] / before.extent[1, 0])
    body.extent[later] = extent
    body.position[later, :2] = before.position[1, :2] + gone
    body.position[later, 2] = height + extent[:, upright]
    body.rotation[later] = turned @ before.rotation[1]
    if motion.kind == "recolour":
        body.thing = scene.moving(motion).main
        body.mix = np.zeros_like(t)
        body.mix[later] = new.mix[2:]
