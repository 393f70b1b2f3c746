"""The layout: what a stage shows as numbers, the network that draws them, and the sampler on the CPU runtime."""

import numpy as np
import pytest
import torch

import tiny
from vitascope.engine.conditions import LASTING, LAYOUT_FEATURES, MOVING, PER_TAP, layout_of
from vitascope.engine.layout import Asked, Layouts
from vitascope.engine.tokens import Tokenizer
from vitascope.model.blocks import CAMERA_FEATURES
from vitascope.world.scene import sample
from vitascope.world.stage import BODY, LOOK, SLOTS, set_stage

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


def asked(b=2, frames=3, k=1, seed=0):
    """Inputs of the network by name."""
    noise = torch.Generator().manual_seed(seed)
    return {
        "x": torch.randn((b, frames, SLOTS, LAYOUT_FEATURES), generator=noise),
        "t": torch.rand((b, frames), generator=noise),
        "index": torch.arange(frames),
        "continues": torch.zeros(b),
        "camera": torch.randn((b, frames, CAMERA_FEATURES), generator=noise),
        "tokens": torch.stack([torch.from_numpy(TOKENS.encode("large red ball rolls left"))] * b),
        "given": torch.randn((b, k, tiny.DIT.channels, 2, 3), generator=noise),
        "given_index": torch.arange(k),
    }


@torch.no_grad()
def off(model, inputs, **changed):
    return (model(**inputs) - model(**(inputs | changed))).abs().amax(dim=(2, 3))


@pytest.mark.parametrize(
    ("name", "value"),
    [("continues", torch.ones(2)), ("index", torch.tensor([0, 1, 5])), ("given_index", torch.tensor([2]))]
    + [("camera", torch.zeros(2, 3, CAMERA_FEATURES)), ("given", torch.zeros(2, 1, tiny.DIT.channels, 2, 3))]
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
@pytest.mark.parametrize(("frames", "k"), [(1, 0), (1, 1), (11, 0), (11, 4)])
def test_any_number_of_frames_given_or_none(tiny_layout, frames, k):
    assert tiny_layout(**asked(1, frames, k)).isfinite().all()


def drawing(frames=5, k=0, known=None, seed=0):
    noise = np.random.default_rng(seed)
    return Asked(
        tokens=np.stack([TOKENS.encode(words) for words in ("large red ball rolls left", "")]),
        camera=noise.standard_normal((frames, CAMERA_FEATURES), dtype=np.float32),
        continues=False,
        given=noise.standard_normal((k, tiny.DIT.channels, 3, 3), dtype=np.float32),
        given_index=np.arange(k),
        known=np.zeros((0, SLOTS, LAYOUT_FEATURES), np.float32) if known is None else known,
        guidance=1.5,
    )


@pytest.mark.parametrize("k", [0, 2])
def test_a_drawn_layout_follows_from_its_noise(tiny_weights, k):
    layouts = Layouts(tiny_weights / "layout.onnx", 1)
    one, again, other = (layouts.draw(drawing(k=k), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.allclose(one, other, atol=0.1)


def test_what_is_known_stays_and_the_rest_is_drawn_to_it(tiny_weights):
    layouts = Layouts(tiny_weights / "layout.onnx", 1)
    before = layouts.draw(drawing(), np.random.default_rng(1))
    after = layouts.draw(drawing(known=before[-2:]), np.random.default_rng(2))
    alone = layouts.draw(drawing(), np.random.default_rng(2))
    assert np.array_equal(after[:2], before[-2:])
    assert not np.allclose(after[2:], alone[2:], atol=1e-3)
