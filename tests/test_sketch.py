"""What places look at, against the world's own cameras and renderer, ray by ray."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import tiny
from vitascope.smallworld.inference.conditions import camera_features, layout_of
from vitascope.smallworld.training.blocks import CAMERA_FEATURES, waves
from vitascope.smallworld.training.rays import ACROSS, DOWN, GROUND_WAVES, MISS, SHADOW_MISS, Rays
from vitascope.smallworld.world import camera
from vitascope.smallworld.world.body import Body
from vitascope.smallworld.world.render import outline, render
from vitascope.smallworld.world.scene import SHAPES, CameraMove, Motion, Thing, World
from vitascope.smallworld.world.stage import BODY, LOOK, set_stage

SHADOW_FAR, TOLD, INSIDE = 28, 33, 37  # of what is told of things


def rays_of(rows, h, w):
    """Of camera rows (2 * T, 8) at the taps of T latent frames."""
    return Rays.of(torch.from_numpy(camera_features(rows.reshape(-1, 2, 8)))[None], h, w)


def by_point(told, h, w):
    """(1, 1, P, RAYS, features) -> (h, w, taps, DOWN, ACROSS, features)."""
    return told[0, 0].reshape(h, w, 2, len(DOWN), len(ACROSS), -1)


@pytest.mark.parametrize(("h", "w"), [(4, 4), (3, 5), (5, 3)])
def test_places_are_told_along_which_rays_they_look_and_where_these_meet_the_ground(h, w):
    rows = np.array([[0.4, 0.3, 1.9, 0.5, -0.4, 0.7, 0.2, 0.7], [-0.9, 0.2, 2.1, -1.0, 2.0, 0.9, -0.4, 1.1]])
    told = by_point(rays_of(rows, h, w).ground(), h, w)
    for tap, i, j, k, m in np.ndindex(2, h, w, len(DOWN), len(ACROSS)):
        right, up, forward = camera.basis(rows[tap])
        half = 2 / min(h, w) * np.tan(rows[tap][camera.FOV] / 2)
        x, y = j - (w - 1) / 2 + ACROSS[m], i - (h - 1) / 2 + DOWN[k]
        ray = forward + half * (x * right - y * up)
        ray /= np.linalg.norm(ray)
        way, falls, ground = told[i, j, tap, k, m].split([3, 1, 4 * GROUND_WAVES])
        assert np.allclose(way, ray, atol=1e-5)
        assert falls.item() == pytest.approx(np.clip(-4 * ray[2], 0, 1), abs=1e-5)
        if ray[2] < -0.1:  # where it falls less steeply it meets the ground far away
            eye = camera.position(rows[tap])
            meets = torch.from_numpy((eye - eye[2] / ray[2] * ray)[:2]).float()
            assert torch.allclose(ground, waves(4.5 * meets, GROUND_WAVES, 15.0).flatten() * falls, atol=2e-3)


def stage_of(*things, seed=3, frames=2):
    """Frames apart in time as the taps of a latent frame are."""
    scene = World(things, "sand", "noon", CameraMove("orbit left", "fast"), seed)
    return set_stage(scene, 4 * frames, 20)[::4]


def emptied(stage):
    return replace(stage, bodies=np.zeros_like(stage.bodies))


def pixel_places(h, w):
    """Pixel places (x, y) of the rays, a place being 32 pixels, in their order within a tap."""
    y = (np.arange(h)[:, None, None, None] + 0.5 + np.array(DOWN)[:, None]) * 32 + np.zeros((1, w, 1, len(ACROSS)))
    x = (np.arange(w)[:, None, None] + 0.5 + np.array(ACROSS)) * 32 + np.zeros((h, 1, len(DOWN), 1))
    return x.astype(np.float32), y.astype(np.float32)


def told_of_things(stage, h, w):
    """(h, w, taps, DOWN, ACROSS, THING_FEATURES)."""
    return by_point(rays_of(stage.camera, h, w).things(torch.from_numpy(layout_of(stage))[None]), h, w)


@pytest.mark.parametrize(("h", "w"), [(8, 8), (7, 12)])
def test_rays_pass_a_ball_within_its_radius_where_the_renderer_draws_it(h, w):
    stage = stage_of(Thing("ball", "red"))
    told, (x, y) = told_of_things(stage, h, w), pixel_places(h, w)
    for tap in (0, 1):
        hit = outline(stage[tap : tap + 1], x.ravel(), y.ravel(), 32 * w, 32 * h)
        assert np.array_equal((told[:, :, tap, ..., MISS] < 1).numpy().ravel(), hit)
        assert hit.any()


@pytest.mark.parametrize("shape", SHAPES)
def test_rays_go_into_a_thing_where_the_renderer_draws_it_and_meet_its_surface(shape):
    """With `render`'s own distances and normals, whichever way the thing is turned."""
    stage = stage_of(Thing(shape, "red", motion=Motion("roll", "left") if shape == "cylinder" else Motion()))
    told, (x, y) = told_of_things(stage, 8, 8)[:, :, 1], pixel_places(8, 8)
    hit = torch.from_numpy(outline(stage[1:], x.ravel(), y.ravel(), 256, 256)).reshape(told.shape[:-1])
    assert torch.equal(told[..., INSIDE] > 0, hit)
    assert hit.sum() >= 8
    body, frame = Body(np, stage[1:], 0), np.zeros(int(hit.sum()), int)
    centre, extent, turn = (stage.bodies[1, 0, BODY[name]] for name in ("centre", "extent", "rotation"))
    own = told[hit][:, INSIDE - 3 : INSIDE].numpy()
    met = centre + (own * extent) @ turn.reshape(3, 3).T
    normal = np.stack(body.normal(list(met.T), frame), -1)
    found = told[hit][:, INSIDE + 1 : INSIDE + 4].numpy()
    assert (np.abs(found - normal).max(-1) < 0.02).mean() > 0.95  # but for edges, which are on two faces
    to_sun = stage.look[1, LOOK["to_sun"]]
    assert np.allclose(told[hit][:, INSIDE + 7], found @ to_sun, atol=1e-3)


def test_of_two_things_the_nearer_one_is_told():
    stage = stage_of(Thing("ball", "red"), Thing("ball", "blue"))
    centre = stage.bodies[:, :, BODY["centre"]]
    eye = camera.position(stage.camera)
    centre[:, 1] = eye + 1.4 * (centre[:, 0] - eye)  # straight behind the other
    told = told_of_things(stage, 8, 8)
    hit = told[..., MISS] < 1
    assert torch.allclose(told[hit][:, 14:17], torch.from_numpy(stage.bodies[0, 0, BODY["colour"]]))
    assert hit.any()


def test_a_shadow_is_told_where_the_renderer_draws_it():
    h = w = 8
    stage = stage_of(Thing("ball", "white"))
    told = told_of_things(stage, h, w)[:, :, 1]
    shown = emptied(stage), stage
    pictures = [render(each[1:], 32 * w, 32 * h, edges=False)[0].astype(float).mean(-1) for each in shown]
    x, y = (np.round(place - 0.5).astype(int) for place in pixel_places(h, w))
    darker = torch.from_numpy((pictures[0] - pictures[1])[y, x])
    ground = told[..., MISS] > 1.1
    ground[:4] = False  # towards the horizon everything is told more faintly
    inside = ground & (told[..., SHADOW_MISS] > 0) & (told[..., SHADOW_MISS] < 0.7) & (told[..., SHADOW_FAR] > 0)
    assert inside.sum() >= 3
    assert (darker[inside] > 8).all()
    assert (darker[ground & (told[..., SHADOW_MISS] > 2)].abs() < 8).all()


def test_of_an_empty_layout_nothing_is_told():
    told = told_of_things(emptied(stage_of(Thing("cube", "red"))), 4, 4)
    assert (told[..., TOLD] == 1).all()  # but that it is empty
    told[..., TOLD] = 0
    assert (told == 0).all()


def test_without_a_camera_nothing_is_seen():
    camera_told = torch.randn(1, 2, CAMERA_FEATURES)
    camera_told[:, 0, -1] = 0
    camera_told[:, 1, -1] = 1
    rays = Rays.of(camera_told, 2, 2)
    layout = torch.from_numpy(layout_of(stage_of(Thing("cube", "red"), frames=4)))[None]
    for told in (rays.ground(), rays.things(layout)):
        assert (told[:, 0] == 0).all()
        assert (told[:, 1] != 0).any()


@torch.no_grad()
def test_what_is_rendered_of_a_thing_moves_with_it(tiny_renderer):
    """Where nothing changes the sketch stays, and where the thing goes it changes."""
    stage = stage_of(Thing("ball", "red"))
    moved = stage_of(Thing("ball", "red"))
    moved.bodies[:, 0, 0] += 0.5
    pooled, rows = torch.zeros(1, tiny.RENDERER.width), torch.from_numpy(camera_features(stage.camera.reshape(1, 2, 8)))
    here, there = (
        tiny_renderer(rows[None], pooled, torch.from_numpy(layout_of(each))[None], 8, 8)[0][0, 0]
        for each in (stage, moved)
    )
    changed = (here - there).abs().amax(0).flatten()
    passed = [told_of_things(each, 8, 8)[..., MISS].amin((2, 3, 4)).flatten() < 1 for each in (stage, moved)]
    assert (changed[passed[0] | passed[1]] > 1e-3).all()
