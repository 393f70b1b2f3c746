"""The layout: what a stage shows as numbers, the network that draws them, and the sampler on the CPU runtime."""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import tiny
from vitascope.smallworld.inference.conditions import (
    ASIDE,
    LASTING,
    LAYOUT_FEATURES,
    MOVING,
    PER_TAP,
    camera_features,
    layout_of,
    looks_of,
)
from vitascope.smallworld.inference.layout import Asked, Layouts
from vitascope.smallworld.inference.session import Session
from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.training import data, export, train_layout, unpack
from vitascope.smallworld.training.blocks import CAMERA_FEATURES
from vitascope.smallworld.training.layout import GAPS, LEVELS, VIEW_FEATURES, view
from vitascope.smallworld.world import camera
from vitascope.smallworld.world.facts import canonical, facts_of
from vitascope.smallworld.world.scene import CameraMove, Motion, Thing, World, sample
from vitascope.smallworld.world.stage import BODY, LOOK, SLOTS, set_stage

TOKENS = Tokenizer()


def test_a_layout_tells_every_body_at_both_taps():
    stage = set_stage(sample(5, things=2, motion="bounce"), 12)
    told = layout_of(stage)
    assert told.shape == (6, SLOTS, LAYOUT_FEATURES)
    for frame, slot, tap in np.ndindex(6, SLOTS, 2):
        body = stage.bodies[2 * frame + tap, slot]
        moving = told[frame, slot, tap * PER_TAP : (tap + 1) * PER_TAP]
        rotation = body[BODY["rotation"]].reshape(3, 3)
        assert np.array_equal(moving[MOVING["centre"]], body[BODY["centre"]])
        assert np.array_equal(moving[MOVING["extent"]], body[BODY["extent"]])
        assert np.array_equal(moving[MOVING["x_axis"]], rotation[:, 0])
        assert np.array_equal(moving[MOVING["y_axis"]], rotation[:, 1])
    lasting = told[..., 2 * PER_TAP :]
    assert np.array_equal(lasting[..., LASTING["colour"]], stage.bodies[1::2, :, BODY["colour"]])
    assert np.array_equal(lasting[0, 0, LASTING["to_sun"]], stage.look[0, LOOK["to_sun"]])


@pytest.mark.parametrize("name", ["quadric", "surface"])
def test_shapes_and_materials_are_told_apart(name):
    seen = {}
    for seed in range(60):
        scene = sample(seed, things=1, motion="stand")
        word = scene.main.shape if name == "quadric" else scene.main.material
        seen.setdefault(word, layout_of(set_stage(scene, 2))[0, 0, 2 * PER_TAP :][LASTING[name]])
    words = list(seen)
    assert len(words) == {"quadric": 4, "surface": 3}[name]
    for one in words:
        assert all(np.abs(seen[one] - seen[other]).max() > 0.1 for other in words if other != one)


def asked(b=2, frames=3, seed=0):
    """Inputs of the network by name."""
    noise = torch.Generator().manual_seed(seed)
    return {
        "x": torch.randn((b, frames, SLOTS, LAYOUT_FEATURES), generator=noise),
        "known": torch.randn((b, frames, SLOTS, LAYOUT_FEATURES), generator=noise),
        "t": torch.rand((b, frames), generator=noise) * (torch.arange(frames) > 0),
        "index": torch.arange(frames),
        "continues": torch.zeros(b),
        "camera": torch.randn((b, frames, CAMERA_FEATURES), generator=noise),
        "tokens": torch.stack([torch.from_numpy(TOKENS.encode("large red ball rolls left"))] * b),
    }


@torch.no_grad()
def off(model, inputs, **changed):
    return (model(**inputs)[0] - model(**(inputs | changed))[0]).abs().amax(dim=(2, 3))


@pytest.mark.parametrize(
    ("name", "value"),
    [("continues", torch.ones(2)), ("index", torch.tensor([0, 1, 5]))]
    + [("camera", torch.zeros(2, 3, CAMERA_FEATURES)), ("known", torch.zeros(2, 3, SLOTS, LAYOUT_FEATURES))]
    + [("tokens", torch.from_numpy(TOKENS.encode("small blue cube"))[None].expand(2, -1)), ("t", torch.ones(2, 3))],
)
def test_every_condition_is_heard(tiny_layout, name, value):
    assert off(tiny_layout, asked(), **{name: value}).max() > 1e-3


def test_samples_of_a_batch_do_not_see_each_other(tiny_layout):
    given = asked()
    x = given["x"].clone()
    x[1] += 1
    moved = off(tiny_layout, given, x=x)
    assert (moved[0] < 1e-5).all()
    assert (moved[1] > 1e-3).all()


@torch.no_grad()
@pytest.mark.parametrize("frames", [1, 11])
def test_any_number_of_frames(tiny_layout, frames):
    assert all(each.isfinite().all() for each in tiny_layout(**asked(1, frames)))


@torch.no_grad()
def test_what_is_drawn_goes_on_from_the_known_frame_that_is_nearest(tiny_layout):
    known = torch.arange(6.0)[None, :, None, None].expand(1, -1, SLOTS, LAYOUT_FEATURES)
    here, index = torch.tensor([[1, 1, 0, 0, 0, 1]]).bool(), torch.arange(6)
    tiny_layout = copy.deepcopy(tiny_layout)
    tiny_layout.drift[:] = torch.arange(GAPS)[:, None, None] / 10
    mean, deviation = tiny_layout.prior(known, here, index)
    assert mean[0, :, 0, 0].tolist() == [0, 1, 1, 1, 5, 5]
    assert deviation[0, 2:5, 0, 0].tolist() == pytest.approx([0.1, 0.2, 0.1])
    assert mean[0, :, 0, -1].tolist() == [0, 1, 2, 2, 2, 5]  # what never changes: the mean of all that are known
    nothing, whole = tiny_layout.prior(known, ~here & here, index)
    assert (nothing == 0).all()
    assert (whole == 1).all()


def shown(b=2, k=3, h=2, w=3, seed=0):
    """Inputs of `look` by name."""
    noise = torch.Generator().manual_seed(seed)
    return {
        "tokens": asked(b)["tokens"],
        "given": torch.randn((b, k, tiny.RENDERER.channels, h, w), generator=noise),
        "index": torch.arange(k),
        "camera": torch.randn((b, k, CAMERA_FEATURES), generator=noise),
    }


@torch.no_grad()
@pytest.mark.parametrize("name", ["given", "index", "camera"])
def test_a_glance_is_of_each_given_frame_by_itself(tiny_layout, name):
    given = shown()
    other = {"given": given["given"] * 1, "index": given["index"] * 1, "camera": given["camera"] * 1}[name]
    where = (1,) if name == "index" else (slice(None), 1)
    other[where] += 1
    before, after = tiny_layout.look(**given), tiny_layout.look(**given | {name: other})
    assert before.shape == (2, 3, SLOTS, LAYOUT_FEATURES)
    moved = (before - after).abs().amax((0, 2, 3))
    assert moved[1] > 1e-3
    assert (moved[[0, 2]] < 1e-5).all()


@torch.no_grad()
def test_a_glance_knows_what_it_looks_for(tiny_layout):
    words = torch.from_numpy(TOKENS.encode("small blue cube"))[None].expand(2, -1)
    assert (tiny_layout.look(**shown()) - tiny_layout.look(**shown() | {"tokens": words})).abs().max() > 1e-3


def test_places_are_told_where_their_rays_meet_the_ground_and_levels_above_it():
    """A thing that stands on the ground is where the rays through its middle come down to the level of its middle."""
    rows = np.array([[0.4, 0.3, 1.9, 0.5, -0.4, 0.7, 0.2, 0.7]] * 2)
    told = view(torch.from_numpy(camera_features(rows[None]))[None], 17, 17)[0, 0].reshape(17, 17, 2, VIEW_FEATURES)
    *_, forward = camera.basis(rows[0])
    ray, eye = forward / np.linalg.norm(forward), camera.position(rows[0])
    middle = told[8, 8, 0].numpy()
    assert np.allclose(middle[:3], ray, atol=0.02)
    for number, level in enumerate(LEVELS):
        meets = (eye + (level - eye[2]) / ray[2] * ray)[:2]
        assert np.allclose(4 * middle[4 + 2 * number :][:2], meets, atol=0.15)


def drawing(frames=5, k=0, known=None, seed=0):
    noise = np.random.default_rng(seed)
    return Asked(
        tokens=np.stack([TOKENS.encode(words) for words in ("large red ball rolls left", "")]),
        pooled=noise.standard_normal((1, tiny.RENDERER.width), dtype=np.float32),
        camera=noise.standard_normal((frames, CAMERA_FEATURES), dtype=np.float32),
        continues=False,
        given=noise.standard_normal((k, tiny.RENDERER.channels, 3, 3), dtype=np.float32),
        given_index=np.arange(k),
        known=np.zeros((0, SLOTS, LAYOUT_FEATURES), np.float32) if known is None else known,
        guidance=1.5,
    )


@pytest.mark.parametrize("k", [0, 2])
def test_a_drawn_layout_follows_from_its_noise(tiny_weights, k):
    layouts = Layouts(tiny_weights, 1)
    one, again, other = (layouts.draw(drawing(k=k), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.allclose(one, other, atol=0.1)


def test_what_is_known_stays_and_the_rest_is_drawn_to_it(tiny_weights):
    layouts = Layouts(tiny_weights, 1)
    before = layouts.draw(drawing(), np.random.default_rng(1))
    after = layouts.draw(drawing(known=before[-2:]), np.random.default_rng(2))
    alone = layouts.draw(drawing(), np.random.default_rng(2))
    assert np.array_equal(after[:2], before[-2:])
    assert not np.allclose(after[2:], alone[2:], atol=1e-3)


WEIGHTS = Path(export.__file__).parents[1] / "weights"


@pytest.fixture(scope="module")
def units():
    """Mean and deviation of the numbers of the built-in model's layouts."""
    numbers = unpack.tensors(WEIGHTS / "sketch.onnx")
    return numbers["layout.centre"].numpy(), numbers["layout.spread"].numpy()


@pytest.mark.parametrize(("way", "sign"), [("left", -1), ("right", 1)])
def test_the_built_in_model_takes_up_another_motion_where_a_thing_is(units, way, sign):
    """A ball that has bounced on the spot rolls away, from where it is and on the ground."""
    ball = Thing("ball", "red", "large", "matte", Motion("bounce"))
    stage = set_stage(World((ball,), "snow", "noon", CameraMove(), 4), 81)
    taps = np.maximum(np.arange(7, 11)[:, None] * 8 + [-4, 0], 0).ravel()
    known = (layout_of(stage[taps]) - units[0]) / units[1]
    asked = replace(
        drawing(frames=11, known=known),
        tokens=np.stack([TOKENS.encode(words) for words in (f"large red matte ball rolls {way} fast, on snow", "")]),
        camera=camera_features(np.repeat(stage.camera[:1], 22, axis=0).reshape(-1, 2, 8)),
        continues=True,
    )
    drawn = Layouts(WEIGHTS, 1).draw(asked, np.random.default_rng(1)) * units[1] + units[0]
    x, _, z = drawn[:, 0, PER_TAP : PER_TAP + 3].T
    assert abs(x[4] - x[3]) < 0.8
    assert sign * (x[-1] - x[3]) > 0.6
    assert np.ptp(z[-4:]) < 0.3 < np.ptp(z[:4])


def unseen(seed):
    """What the built-in model is told of the beginning of an unseen clip, and its true layouts."""
    encoder, text = (Session(WEIGHTS / name, 1) for name in ("encoder.onnx", "text.onnx"))
    window = data.Window(seed, 0, "1:1")
    truth, path = data.laid_out(window)
    thumbs = data.render_thumbs(window, np.arange(4))[0].astype(np.float32) / 255
    taps = thumbs.reshape(4, 2, *thumbs.shape[1:]).transpose(0, 1, 4, 2, 3).reshape(4, 6, *thumbs.shape[1:3])
    tokens = np.stack([TOKENS.encode(words) for words in (canonical(facts_of(sample(seed))), "")])
    asked = Asked(
        tokens=tokens,
        pooled=text.run(tokens=tokens[:1])["pooled"],
        camera=camera_features(path.reshape(-1, 2, 8)),
        continues=False,
        given=encoder.run(taps=taps)["latent"],
        given_index=np.arange(4),
        known=np.zeros((0, SLOTS, LAYOUT_FEATURES), np.float32),
        guidance=1.0,
    )
    return asked, truth


@pytest.mark.slow
def test_a_made_out_thing_is_moved_to_where_its_sketch_is_like_the_given_frames(units):
    layouts, off = Layouts(WEIGHTS, 1), []
    for seed in range(16):
        asked, truth = unseen(seed)
        told = asked.given[:1], asked.camera[:1], asked.pooled
        seen = layouts.seen(asked.tokens[:1], asked.pooled, asked.given[:1], np.arange(1), asked.camera[:1])
        fitted = layouts.fitted(seen, *told)
        both = (torch.from_numpy((each * units[1] + units[0])[None]).float() for each in (seen.layout, fitted))
        where = torch.from_numpy(truth[None, :1]), torch.from_numpy(asked.camera[None, :1])
        off.append([float(train_layout.aside(each, *where)[0, 0, 0, 1]) for each in both])
        assert np.array_equal(fitted[:, ~seen.there], seen.layout[:, ~seen.there])
        empty = replace(seen, world=np.zeros_like(seen.world))
        assert np.array_equal(layouts.fitted(empty, *told), seen.layout)
    before, after = np.median(off, axis=0)
    assert after < 0.6 * before, (before, after)


def drawn_and_true(units, given):
    """The last frames' layouts of 16 unseen clips, each with its main thing alone, drawn by the built-in model from
    words and their first `given` latent frames, and the true ones: (16, LAYOUT_FEATURES) each.
    """
    layouts, drawn, true = Layouts(WEIGHTS, 1), [], []
    for seed in range(16):
        asked, truth = unseen(seed)
        asked = replace(asked, given=asked.given[:given], given_index=asked.given_index[:given])
        drawn.append((layouts.draw(asked, np.random.default_rng(seed)) * units[1] + units[0])[-1, 0])
        true.append(truth[-1, 0])
    return np.array(drawn), np.array(true)


@pytest.mark.slow
def test_the_built_in_model_sees_in_given_frames_where_things_are_and_how_the_sun_stands(units):
    """Words alone leave it open where a thing stands; the end of a clip that is continued does not."""
    off, right = [], []
    for given in (0, 4):
        drawn, true = drawn_and_true(units, given)
        off.append(np.median(np.linalg.norm((drawn - true)[:, MOVING["centre"]], axis=1)))
        right.append(np.mean(drawn[:, ASIDE] * true[:, ASIDE] > 0))
    assert off[1] < 0.75 * off[0], off
    assert right[1] >= 0.8 > right[0], right


@pytest.mark.parametrize("seed", range(12))
def test_what_a_slot_holds_is_named(seed):
    scene = sample(seed, motion="slide")
    for number, thing in enumerate(scene.things):
        slot = layout_of(set_stage(scene, 2))[0, number]
        noisy = slot * np.random.default_rng(seed).uniform(0.9, 1.1, slot.shape)
        assert looks_of(noisy) == {"colour": thing.colour, "shape": thing.shape, "size": thing.size}
