"""The world: same seed, same scene; bodies obey the stated physics; cameras do what their words say."""

import hashlib

import numpy as np
import pytest

from vitascope.smallworld.world import camera as cameras
from vitascope.smallworld.world import physics
from vitascope.smallworld.world.camera import AZIMUTH, ELEVATION, FOV, LOG_DISTANCE, ROLL, TARGET_X, TARGET_Y, TARGET_Z
from vitascope.smallworld.world.physics import FRICTION, GRAVITY, RESTITUTION
from vitascope.smallworld.world.scene import (
    CAMERAS,
    FPS,
    MOTIONS,
    SHAPES,
    CameraMove,
    Motion,
    Then,
    Thing,
    World,
    sample,
    taken_up,
)
from vitascope.smallworld.world.stage import set_stage

FRAMES = 81


def alone(shape, motion, *, size="small", seed=1):
    """One thing under noon on stone, seen by a camera that stands still."""
    return World((Thing(shape, "red", size, "matte", motion),), "stone", "noon", CameraMove(), seed)


def pushing(shape, other, sizes=("large", "small"), speed="fast", direction="right"):
    things = (
        Thing(shape, "red", sizes[0], "matte", Motion("push", direction, speed)),
        Thing(other, "blue", sizes[1]),
    )
    return World(things, "stone", "noon", CameraMove(), 1)


def bodies(scene, frames=FRAMES, first=0):
    return physics.bodies(scene, frames, first)


def same(a, b):
    return all(
        np.array_equal(getattr(x, name), getattr(y, name))
        for x, y in zip(a, b, strict=True)
        for name in ("position", "rotation", "extent", "mix")
    )


# Scenes


def test_a_seed_is_a_scene():
    assert sample(7) == sample(7)
    assert len({sample(seed) for seed in range(300)}) == 300


def test_seeds_are_frozen_because_training_data_and_recipes_name_them():
    worlds = "\n".join(repr(sample(seed)) for seed in range(200))
    scenes = worlds.replace("World(", "Scene(")  # what the class was called when they were frozen
    assert hashlib.sha256(scenes.encode()).hexdigest() == (
        "b330d94789eb5ab4bfb773f7b49c79e99c661bd09125d7e24032d1ea24ad3997"
    )


def test_what_is_pinned_is_in_the_scene():
    scene = sample(5, things=3, motion="jump", camera="orbit left")
    assert (len(scene.things), scene.main.motion.kind, scene.camera.kind) == (3, "jump", "orbit left")


def test_only_a_change_of_colour_has_a_colour_to_turn_into_and_it_is_nobody_elses():
    for seed in range(300):
        scene = sample(seed, things=3, motion="recolour")
        assert scene.main.motion.to_colour not in {thing.colour for thing in scene.things}
        assert sample(seed, motion="grow").main.motion.to_colour == ""


def test_the_same_seed_gives_the_same_stage():
    for seed in range(20):
        one, two = set_stage(sample(seed), 9, 30), set_stage(sample(seed), 9, 30)
        assert one.bodies.tobytes() == two.bodies.tobytes()
        assert one.look.tobytes() == two.look.tobytes()
        assert one.camera.tobytes() == two.camera.tobytes()


# Bodies


@pytest.mark.parametrize("kind", MOTIONS)
def test_a_frames_state_does_not_depend_on_how_many_frames_are_asked(kind):
    for seed in range(4):
        scene = sample(seed, motion=kind)
        late = bodies(scene, 7, first=40)
        whole = bodies(scene)
        for body in whole:
            for name in ("position", "rotation", "extent", "mix"):
                setattr(body, name, getattr(body, name)[40:47])
        assert same(whole, late)


def lowest(body):
    """Height of the lowest point of a body in every frame (F,): how far each shape reaches down as it is turned."""
    x, y, z = np.moveaxis(body.rotation[:, 2] * body.extent, 1, 0)  # how much each of its axes goes up
    reach = {
        "ball": np.sqrt(x**2 + y**2 + z**2),
        "cube": abs(x) + abs(y) + abs(z),
        "cylinder": abs(z) + np.hypot(x, y),
        "cone": np.maximum(-z, z + np.hypot(x, y)),
    }
    return body.position[:, 2] - reach[body.thing.shape]


@pytest.mark.parametrize("kind", MOTIONS)
def test_nothing_sinks_into_the_ground(kind):
    for seed in range(12):
        for body in bodies(sample(seed, motion=kind)):
            assert lowest(body).min() > -1e-9


@pytest.mark.parametrize("kind", ["stand", "roll", "slide", "spin", "orbit", "push", "grow", "melt", "squash"])
def test_what_does_not_fly_stays_on_the_ground(kind):
    for seed in range(12):
        for body in bodies(sample(seed, motion=kind)):
            assert lowest(body).max() < 0.01


@pytest.mark.parametrize("kind", MOTIONS)
def test_rotations_are_rotations(kind):
    for body in bodies(sample(3, motion=kind)):
        assert np.allclose(body.rotation @ np.swapaxes(body.rotation, 1, 2), np.eye(3))
        assert np.allclose(np.linalg.det(body.rotation), 1)


def test_things_stay_apart_at_the_start():
    for seed in range(400):
        at_start = [body for body in bodies(sample(seed), 1) if body.extent[0, 2] > 0]
        for i, one in enumerate(at_start):
            for two in at_start[:i]:
                apart = np.linalg.norm((one.position - two.position)[0, :2])
                assert apart > one.extent[0, :2].max() + two.extent[0, :2].max()


def flight(body):
    """Frames in the air with their neighbours, and height (F,) over the ground."""
    height = lowest(body)
    return height, np.flatnonzero((height[:-2] > 1e-6) & (height[1:-1] > 1e-6) & (height[2:] > 1e-6)) + 1


@pytest.mark.parametrize("kind", ["bounce", "drop", "jump"])
def test_what_is_in_the_air_falls_with_gravity(kind):
    height, inside = flight(bodies(alone("ball", Motion(kind, "", "fast")))[0])
    pull = (height[inside + 1] - 2 * height[inside] + height[inside - 1]) * FPS**2
    falling = pull < 0  # between a landing and the next leap there may be no frame on the ground
    assert falling.sum() >= 4
    assert np.allclose(pull[falling], -GRAVITY)


def test_every_bounce_keeps_the_same_part_of_the_speed():
    height, inside = flight(bodies(alone("ball", Motion("bounce", "", "slow")))[0])
    speed = (height[inside + 1] - height[inside - 1]) * FPS / 2  # exact within a parabola
    free = np.isclose((height[inside + 1] - 2 * height[inside] + height[inside - 1]) * FPS**2, -GRAVITY)
    energy = (GRAVITY * height[inside] + speed**2 / 2)[free]
    arcs = [energy[0]]
    for value in energy[1:]:
        if not np.isclose(value, arcs[-1]):
            arcs.append(value)
    assert len(arcs) >= 4
    assert np.allclose(np.array(arcs[1:]) / arcs[:-1], RESTITUTION**2)


def test_a_sideways_bounce_keeps_its_pace():
    steps = np.diff(bodies(alone("ball", Motion("bounce", "left", "fast")))[0].position[:, 0])
    assert (steps < 0).all()
    assert np.allclose(steps, steps[0])


def test_a_slide_is_slowed_by_friction_until_it_rests():
    x = bodies(alone("cube", Motion("slide", "right", "slow")))[0].position[:, 0]
    pull = np.diff(x, 2) * FPS**2
    moving = np.diff(x)[1:] > 1e-9
    assert np.allclose(pull[moving][:-1], -FRICTION)
    assert np.allclose(x[-10:], x[-1])


@pytest.mark.parametrize("direction", ["left", "right"])
@pytest.mark.parametrize("shape", ["ball", "cylinder"])
def test_what_rolls_does_not_slip(shape, direction):
    """The point that touches the ground stands still: it moves by the square of the turn, not by the turn."""
    body = bodies(alone(shape, Motion("roll", direction, "fast"), size="large"))[0]
    radius = body.position[0, 2]
    moved = np.diff(body.position, axis=0)
    turned = body.rotation[1:] @ np.swapaxes(body.rotation[:-1], 1, 2)
    slip = moved + (turned - np.eye(3)) @ np.array([0, 0, -radius])
    angle = np.abs(moved[:, 0]) / radius
    assert (np.sign(moved[:, 0]) == (1 if direction == "right" else -1)).all()
    assert (np.linalg.norm(slip, axis=1) < 0.51 * radius * angle**2 + 1e-9).all()


@pytest.mark.parametrize("sizes", [("large", "small"), ("small", "large"), ("small", "small")])
@pytest.mark.parametrize(("shape", "other"), [("ball", "ball"), ("cube", "ball"), ("cylinder", "cube")])
def test_a_push_keeps_momentum_and_energy(shape, other, sizes):
    pusher, pushed = bodies(pushing(shape, other, sizes))
    m1, m2 = (np.prod(body.extent[0]) for body in (pusher, pushed))
    x1, x2 = pusher.position[:, 0], pushed.position[:, 0]
    hit = int(np.flatnonzero(np.diff(x2) > 1e-6)[0])  # between this frame and the next
    before = (x1[hit] - x1[hit - 1]) * FPS
    after1, after2 = ((x[hit + 2] - x[hit + 1]) * FPS for x in (x1, x2))
    lost = 0.12 * 2 / FPS  # speed that friction takes from each meanwhile
    assert before > 1
    assert m1 * after1 + m2 * after2 == pytest.approx(m1 * before, abs=(m1 + m2) * lost)
    assert m1 * after1**2 + m2 * after2**2 == pytest.approx(m1 * before**2, rel=0.05)


def test_a_push_begins_when_the_two_touch():
    pusher, pushed = bodies(pushing("ball", "cube"))
    gap = pushed.position[:, 0] - pusher.position[:, 0] - pushed.extent[:, 0] - pusher.extent[:, 0]
    touched = int(np.argmax(np.diff(pushed.position[:, 0]) > 1e-6))
    assert gap.min() > -1e-6
    assert gap[touched] < 0.1
    assert np.allclose(np.diff(pushed.position[:touched, 0]), 0)


def test_a_spin_and_an_orbit_keep_their_pace_and_place():
    spin = bodies(alone("cube", Motion("spin", "", "slow")))[0]
    angle = np.unwrap(np.arctan2(spin.rotation[:, 1, 0], spin.rotation[:, 0, 0]))
    assert np.allclose(np.diff(angle) * FPS, physics.TURN_SPEED["slow"])
    assert np.allclose(spin.position, spin.position[0])
    main, other = bodies(sample(2, motion="orbit"))
    radius = np.linalg.norm((main.position - other.position)[:, :2], axis=1)
    assert np.allclose(radius, radius[0])
    assert np.allclose(other.position, other.position[0])


def test_approaching_is_towards_the_camera_and_receding_away_from_it():
    assert (np.diff(bodies(alone("ball", Motion("approach")))[0].position[:, 1]) < 0).all()
    assert (np.diff(bodies(alone("ball", Motion("recede")))[0].position[:, 1]) > 0).all()


@pytest.mark.parametrize(
    ("kind", "grows"),
    [("grow", True), ("inflate", True), ("shrink", False), ("melt", False), ("squash", False), ("vanish", False)],
)
@pytest.mark.parametrize("shape", SHAPES)
def test_effects_do_what_they_say(kind, grows, shape):
    height = bodies(alone(shape, Motion(kind, "", "fast")))[0].extent[:, 2]
    assert np.allclose(height[:9], height[0])  # a moment to see what it was
    assert (height[-1] > 1.3 * height[0]) if grows else (height[-1] < 0.7 * height[0])
    if kind == "vanish":
        assert height[-1] == 0


def test_a_change_of_colour_goes_from_one_to_the_other():
    mix = bodies(alone("cone", Motion("recolour", "", "fast", "blue")))[0].mix
    assert (mix[0], mix[-1]) == (0, 1)
    assert (np.diff(mix) >= 0).all()


def test_a_split_gives_two_halves_that_part():
    one, two = bodies(alone("ball", Motion("split")))
    assert two.extent[0, 2] == 0  # before it there is one body
    assert np.allclose(one.extent[-1], two.extent[-1])
    assert two.position[-1, 0] - one.position[-1, 0] > one.extent[-1, 0] + two.extent[-1, 0]


# Cameras

START = cameras.Start()
MOVED = {  # what each move may change
    "still": set(),
    "push": {LOG_DISTANCE},
    "pull": {LOG_DISTANCE},
    "zoom": {FOV},
    "orbit": {AZIMUTH},
    "roll": {ROLL},
    "crane": {TARGET_Z},
    "pan": {AZIMUTH, TARGET_X, TARGET_Y},
    "tilt": {ELEVATION, TARGET_Y, TARGET_Z},
}


def seen(rows, point):
    """Places (F, 2) of a point in the pictures of path rows: to the right and up, 1 at the edge of the shorter side."""
    local = np.einsum("fij,fj->fi", cameras.basis(rows), np.asarray(point) - cameras.position(rows))
    return local[:, :2] / local[:, 2:] / np.tan(rows[:, FOV, None] / 2)


@pytest.mark.parametrize("speed", ["slow", "fast"])
@pytest.mark.parametrize("kind", CAMERAS)
def test_a_move_changes_what_it_says_and_nothing_else(kind, speed):
    rows = cameras.path(CameraMove(kind, speed), FRAMES, START)
    changed = {i for i in range(8) if not np.allclose(rows[:, i], START.row[i], atol=1e-12)}
    assert changed == MOVED[kind.split()[0]]
    assert np.allclose(rows[0], START.row)


@pytest.mark.parametrize("kind", [kind for kind in CAMERAS if kind.split()[0] in ("pan", "tilt", "zoom", "roll")])
def test_turning_and_zooming_leave_the_eye_where_it_is(kind):
    eyes = cameras.position(cameras.path(CameraMove(kind, "fast"), FRAMES, START))
    assert np.allclose(eyes, eyes[0])


@pytest.mark.parametrize(
    ("kind", "axis", "sign"),
    [("pan left", 0, 1), ("pan right", 0, -1), ("tilt up", 1, -1), ("tilt down", 1, 1)],
)
def test_the_picture_goes_against_a_turn(kind, axis, sign):
    place = seen(cameras.path(CameraMove(kind), FRAMES, START), START.row[TARGET_X : TARGET_Z + 1])
    assert np.allclose(place[0], 0, atol=1e-9)
    assert (np.diff(place[:, axis]) * sign > 0).all()


@pytest.mark.parametrize(
    ("kind", "axis", "sign"),
    [("orbit left", 0, -1), ("orbit right", 0, 1), ("crane up", 2, 1), ("crane down", 2, -1)]
    + [("push in", 1, 1), ("pull out", 1, -1)],
)
def test_the_eye_goes_where_the_words_say(kind, axis, sign):
    eyes = cameras.position(cameras.path(CameraMove(kind), FRAMES, START))
    assert (np.diff(eyes[:, axis]) * sign > 0).all()


@pytest.mark.parametrize(("kind", "larger"), [("push in", True), ("zoom in", True), ("pull out", False)])
def test_things_look_larger_or_smaller(kind, larger):
    beside = START.row[TARGET_X : TARGET_Z + 1] + np.array([0.5, 0, 0])
    across = seen(cameras.path(CameraMove(kind), FRAMES, START), beside)[:, 0]
    assert (np.diff(across) * (1 if larger else -1) > 0).all()


@pytest.mark.parametrize(("kind", "sign"), [("roll left", -1), ("roll right", 1)])
def test_a_roll_leans_the_picture_to_its_side(kind, sign):
    above = START.row[TARGET_X : TARGET_Z + 1] + np.array([0, 0, 0.5])
    assert seen(cameras.path(CameraMove(kind), FRAMES, START), above)[-1, 0] * sign > 0.01


@pytest.mark.parametrize("kind", [kind for kind in CAMERAS if kind != "still"])
def test_fast_goes_further_than_slow(kind):
    slow, fast = (cameras.path(CameraMove(kind, speed), FRAMES, START)[-1] - START.row for speed in ("slow", "fast"))
    assert np.linalg.norm(fast) > 1.3 * np.linalg.norm(slow)


@pytest.mark.parametrize("kind", CAMERAS)
def test_a_path_goes_on_from_any_row_and_any_frame(kind):
    move = CameraMove(kind, "fast")
    whole = cameras.path(move, FRAMES, START)
    assert np.array_equal(cameras.path_from(START.row, move, FRAMES), whole)
    assert np.array_equal(cameras.path(move, 41, START, first=40), whole[40:])
    assert np.allclose(cameras.path_from(whole[-1], move, 3)[0], whole[-1])


@pytest.mark.parametrize("kind", CAMERAS)
def test_a_minute_of_a_move_stays_above_the_ground_and_below_the_zenith(kind):
    rng = np.random.default_rng(0)
    for _ in range(4):
        rows = cameras.path(CameraMove(kind, "fast"), 60 * FPS, cameras.Start.sample(rng))
        assert cameras.position(rows)[:, 2].min() > 0.2
        assert np.abs(rows[:, ELEVATION]).max() < 1.2
        assert rows[:, FOV].max() < 2


TAKEN_UP = [(seed, taken_up(sample(seed), np.random.default_rng(seed))) for seed in range(300)]


@pytest.mark.parametrize(("seed", "motion"), [pair for pair in TAKEN_UP if pair[1]][:120])
def test_a_thing_takes_up_another_motion_where_it_is_and_without_a_jerk(seed, motion):
    before, then = sample(seed), Then(motion, 40)
    bodies = physics.bodies(before, 120, 0, then)
    old = physics.bodies(before, 120)
    for name in ("position", "rotation", "extent", "mix"):
        both = [getattr(each[0], name) for each in (bodies, old)]
        assert np.array_equal(both[0][:41], both[1][:41])
    steps = np.linalg.norm(np.diff(bodies[0].position, axis=0), axis=1)
    fastest = 5.5 / FPS  # a fall from two units
    assert (steps < fastest).all()
    assert np.abs(np.diff(bodies[0].extent, axis=0)[38:44]).max() < 0.1
    feet = bodies[0].position[:, 2] - bodies[0].extent[:, 0 if before.lies else 2]
    assert feet[41:].min() > -1e-6
    later = physics.bodies(before, 30, 60, then)[0]
    assert np.allclose(later.position, bodies[0].position[60:90])  # a frame never depends on how many were asked for


def test_what_is_taken_up_goes_the_way_that_is_said():
    ball = World((Thing("ball", "red", motion=Motion("bounce")),), "snow", "noon", CameraMove(), 4)
    for direction, sign in (("left", -1), ("right", 1)):
        x = physics.bodies(ball, 100, 0, Then(Motion("roll", direction, "fast"), 50))[0].position[:, 0]
        assert x[99] - x[50] == pytest.approx(sign * 0.95 * 49 / 16, rel=0.15)


def test_nothing_is_taken_up_by_what_has_split_vanished_or_flown_up_and_cubes_never_roll():
    rng = np.random.default_rng(0)
    for kind in ("split", "vanish", "inflate"):
        assert taken_up(sample(1, motion=kind), rng) is None
    for seed in range(400):
        before, motion = sample(seed), taken_up(sample(seed), rng)
        if motion and motion.kind == "roll":
            assert before.main.shape == "ball" or before.lies
        if motion and motion.kind == "recolour":
            assert motion.to_colour not in {thing.colour for thing in before.things}
