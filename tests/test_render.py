"""The ray tracer: numpy and torch draw the same picture, smoothing touches edges alone, and no scene breaks it."""

from dataclasses import replace

import numpy as np
import pytest

import sheets
from vitascope.smallworld.world.render import EDGE, outline, render, render_batch, trace
from vitascope.smallworld.world.scene import (
    COLOURS,
    GROUNDS,
    MATERIALS,
    MOTIONS,
    SHAPES,
    SKIES,
    CameraMove,
    Thing,
    World,
    sample,
)
from vitascope.smallworld.world.stage import SLOTS, Stage, set_stage


def pixels(width, height):
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) + np.float32(0.5)
    return x.ravel(), y.ravel()


def everything_once():
    """Scenes that have every ground, sky, shape, material and colour between them."""
    for number, ground in enumerate(GROUNDS):
        for sky in SKIES:
            things = [
                Thing(SHAPES[(number + i) % 4], COLOURS[(2 * number + i) % 8], "large", MATERIALS[(number + i) % 3])
                for i in range(3)
            ]
            yield World(tuple(things), ground, sky, CameraMove(), seed=number)


def test_the_same_seed_gives_the_same_bytes():
    one, two = (render(set_stage(sample(11), 2, 20), 48, 32) for _ in range(2))
    assert one.shape == (2, 32, 48, 3)
    assert one.dtype == np.uint8
    assert one.tobytes() == two.tobytes()
    assert one.tobytes() != render(set_stage(sample(12), 2, 20), 48, 32).tobytes()


def test_a_frame_does_not_depend_on_how_many_frames_are_drawn():
    stage = set_stage(sample(4), 30)
    assert np.array_equal(render(stage[20:21], 40, 40)[0], render(stage[18:22], 40, 40)[2])
    assert np.array_equal(render(set_stage(sample(4), 1, first=20), 40, 40)[0], render(stage[20:21], 40, 40)[0])


@pytest.mark.parametrize("seed", range(4))
def test_numpy_and_torch_draw_the_same_picture(seed):
    torch = pytest.importorskip("torch")
    stage = set_stage(sample(seed, things=3), 3, 30)
    by_numpy = render_batch(np, stage, 48, 32)
    arrays = (torch.from_numpy(array) for array in (stage.bodies, stage.look, stage.camera))
    by_torch = render_batch(torch, Stage(*arrays), 48, 32).numpy()
    assert by_numpy.shape == by_torch.shape == (3, 32, 48, 3)
    off = np.abs(by_numpy - by_torch).max(-1)
    assert off.mean() < 1e-5
    assert (off > 1e-3).mean() < 0.001  # a ray that grazes an edge may fall on either side of it


@pytest.mark.parametrize("scene", list(everything_once()), ids=lambda scene: f"{scene.ground}-{scene.sky}")
def test_every_ground_sky_shape_and_surface_is_drawn_in_range(scene):
    shown = render_batch(np, set_stage(scene, 1), 40, 40, supersample=1)
    assert np.isfinite(shown).all()
    assert 0 <= shown.min() < shown.max() <= 1
    assert shown.std() > 0.02


@pytest.mark.parametrize("kind", MOTIONS)
def test_every_motion_is_drawn_to_its_end(kind):
    stage = set_stage(sample(6, motion=kind), 81)[np.array([0, 15, 30, 80])]
    assert np.isfinite(render_batch(np, stage, 32, 32, supersample=1)).all()


@pytest.mark.parametrize("material", MATERIALS)
@pytest.mark.parametrize("sky", SKIES)
def test_a_things_colour_is_seen_in_it(sky, material):
    """At its middle a thing leans to its own colour, in every light."""
    for name, channel in (("red", 0), ("green", 1), ("blue", 2)):
        thing = Thing("ball", name, "large", material)
        scene = World((thing,), "stone", sky, CameraMove(), 3)
        stage = set_stage(scene, 1)
        stage.camera[:, 3:6] = stage.bodies[:, 0, 0:3]  # look at it
        middle = render(stage, 33, 33)[0, 12:21, 12:21].reshape(-1, 3).mean(0)
        assert middle.argmax() == channel


def test_a_thing_hides_what_is_behind_it_and_throws_a_shadow():
    scene = World((Thing("cube", "red"),), "snow", "noon", CameraMove(), 3)
    with_it, without = (set_stage(scene, 1) for _ in range(2))
    without.bodies[:] = set_stage(scene, 1).bodies * 0
    full, empty = (render(stage, 64, 64, edges=False)[0].astype(int) for stage in (with_it, without))
    changed = np.abs(full - empty).max(-1) > 8
    darker = changed & (full.sum(-1) < empty.sum(-1)) & (np.ptp(full, axis=-1) < 60)
    assert 0.02 < changed.mean() < 0.5
    assert darker.sum() > 20  # grey and darker: the ground in shadow, not the red thing


@pytest.mark.parametrize("seed", [1, 5, 8])
def test_smoothing_touches_edges_alone_and_brings_them_nearer_the_truth(seed):
    stage = set_stage(sample(seed, things=2), 1, 30)
    plain, smooth = (render(stage, 64, 64, edges=edges)[0] / 255 for edges in (False, True))
    step = np.zeros((64, 64), bool)
    across, down = (np.abs(np.diff(plain, axis=axis)).max(-1) > EDGE - 0.01 for axis in (1, 0))
    step[:, 1:] |= across
    step[:, :-1] |= across
    step[1:] |= down
    step[:-1] |= down
    changed = np.abs(plain - smooth).max(-1) > 0
    assert 0 < changed.mean() < 0.4
    assert not (changed & ~step).any()
    truth = render_batch(np, stage, 64, 64, supersample=6)[0]
    assert np.square(smooth - truth).mean() < 0.4 * np.square(plain - truth).mean()


@pytest.mark.parametrize("seed", range(12))
def test_screen_windows_change_nothing(seed):
    """A single frame looks for bodies and shadows only where they can be; a batch looks everywhere."""
    stage, (x, y) = set_stage(sample(seed), 1, 7 * seed), pixels(56, 40)
    windowed = trace(np, stage, x, y, None, 56, 40)
    everywhere = trace(np, stage, x, y, np.zeros(len(x), int), 56, 40)
    assert np.abs(windowed - everywhere).max() < 1e-3


@pytest.mark.parametrize("shape", SHAPES)
def test_an_outline_is_where_the_picture_is_not_the_empty_world(shape):
    stage, (x, y) = set_stage(World((Thing(shape, "red"),), "stone", "overcast", CameraMove(), 3), 1), pixels(48, 48)
    bare = replace(stage, bodies=np.zeros_like(stage.bodies))
    red = trace(np, stage, x, y, None, 48, 48) - trace(np, bare, x, y, None, 48, 48)
    assert np.array_equal(outline(stage, x, y, 48, 48), red[0] > red[1] + 0.1)


def test_a_body_of_no_size_is_not_there():
    scene = sample(9)
    stage = set_stage(scene, 1)
    used = len(scene.things)
    assert used < SLOTS
    moved = replace(stage, bodies=stage.bodies.copy())
    moved.bodies[:, used:, 0:3] = 0.5  # an empty slot, wherever it lies
    assert np.array_equal(render(stage, 40, 40), render(moved, 40, 40))


def test_the_pictures_are_still_those_that_models_were_trained_on(request):
    frames = np.concatenate([render(set_stage(sample(seed), 81)[np.array([0, 40, 80])], 64, 64) for seed in range(4)])
    sheets.compare("world", frames, request.config, least_db=45)
