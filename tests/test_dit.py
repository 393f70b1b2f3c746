"""The diffusion transformer: any number of frames and places, a time for every frame, and nothing said at the start."""

import numpy as np
import pytest
import torch

import tiny
from vitascope.smallworld.inference import flow
from vitascope.smallworld.inference.conditions import LAYOUT_FEATURES
from vitascope.smallworld.inference.tokens import LENGTH, Tokenizer
from vitascope.smallworld.training.blocks import CAMERA_FEATURES, Block, guess, rotary, rotate
from vitascope.smallworld.training.dit import PRESETS, VideoDiT, rest
from vitascope.smallworld.world.stage import SLOTS

TOKENS = Tokenizer()


def asked(b=2, frames=3, h=2, w=2, seed=0, prompts=("large red ball rolls left", "")):
    """Inputs of the model by name."""
    noise = torch.Generator().manual_seed(seed)
    return {
        "rest": torch.randn((b, frames, tiny.DIT.channels, h, w), generator=noise),
        "t": torch.rand((b, frames), generator=noise),
        "step": torch.zeros(b),
        "index": torch.arange(frames),
        "continues": torch.zeros(b),
        "camera": torch.randn((b, frames, CAMERA_FEATURES), generator=noise),
        "tokens": torch.stack([torch.from_numpy(TOKENS.encode(prompts[i % len(prompts)])) for i in range(b)]),
        "layout": 0.2 + torch.rand((b, frames, SLOTS, LAYOUT_FEATURES), generator=noise),
    }


@torch.no_grad()
def off(model, given, **changed):
    """How far each frame's velocity (B, T) moves when inputs change."""
    return (model(**given) - model(**(given | changed))).abs().amax(dim=(2, 3, 4))


@torch.no_grad()
@pytest.mark.parametrize(("b", "frames", "h", "w"), [(1, 1, 2, 2), (2, 3, 4, 1), (1, 11, 2, 3)])
def test_any_number_of_frames_and_places(tiny_dit, b, frames, h, w):
    given = asked(b, frames, h, w)
    velocity = tiny_dit(**given)
    assert velocity.shape == given["rest"].shape
    assert velocity.isfinite().all()


@pytest.mark.slow
@torch.no_grad()
@pytest.mark.parametrize("t", [0.05, 0.4, 0.9])
def test_untrained_it_is_the_best_guess_from_one_number_at_a_time(t):
    """Least squares from x_t to the velocity, on data of mean 0 and deviation 1, finds the same line."""
    torch.manual_seed(0)
    clean, noise = torch.randn(2, 600, 1, tiny.DIT.channels, 10, 10)
    x, velocity = flow.blend(clean, noise, t), flow.velocity(clean, noise)
    given = asked(b=600, frames=1, h=10, w=10) | {"t": torch.full((600, 1), t)}
    found = VideoDiT(tiny.DIT)(**given | {"rest": x})
    slope = (x * velocity).mean() / x.square().mean()
    assert torch.allclose(found, slope * x, atol=0.1)
    keep, loud = guess(torch.full((1, 1), t))
    assert (velocity - found).std().item() == pytest.approx(loud.item(), rel=0.02)
    assert 1 / x.std().item() == pytest.approx(loud.item(), rel=0.02)
    assert keep.item() == pytest.approx(slope.item(), abs=0.02)


@torch.no_grad()
def test_what_is_left_beside_the_sketch_has_deviation_one_where_the_doubt_is_right():
    sketch, doubt = torch.randn(2, 3, 4, 5, 5), torch.rand(2, 3, 4, 5, 5) + 0.1
    x = sketch + doubt * torch.randn(sketch.shape)
    left = rest(x, sketch, doubt)
    assert left.std().item() == pytest.approx(1, abs=0.1)
    assert torch.allclose(sketch + doubt * left, x, atol=1e-5)


def test_a_frames_own_time_matters_most_to_itself(tiny_dit):
    given = asked(frames=4)
    t = given["t"].clone()
    t[:, 1] = 0
    moved = off(tiny_dit, given, t=t)
    assert (moved[:, 1] > 0.01).all()
    assert (moved[:, [0, 2, 3]] < moved[:, 1:2]).all()
    assert (moved[:, [0, 2, 3]] > 0).all()  # the others see it change


@pytest.mark.parametrize(
    ("name", "value"),
    [("step", torch.full((2,), 0.25)), ("continues", torch.ones(2)), ("index", torch.tensor([0, 1, 5]))]
    + [("camera", torch.zeros(2, 3, CAMERA_FEATURES))]
    + [("layout", torch.zeros(2, 3, SLOTS, LAYOUT_FEATURES))],
)
def test_every_condition_is_heard(tiny_dit, name, value):
    assert off(tiny_dit, asked(), **{name: value}).max() > 1e-3


def test_words_are_heard_and_their_order_too(tiny_dit):
    given = asked(b=1, prompts=("red ball, blue cube",))
    for other in ("blue ball, red cube", "red ball, blue cube, on snow", ""):
        assert off(tiny_dit, given, tokens=asked(b=1, prompts=(other,))["tokens"]).max() > 1e-3


def test_samples_of_a_batch_do_not_see_each_other(tiny_dit):
    given = asked()
    left = given["rest"].clone()
    left[1] += 1
    moved = off(tiny_dit, given, rest=left)
    assert (moved[0] < 1e-5).all()
    assert (moved[1] > 1e-3).all()


@torch.no_grad()
def test_unasked_means_the_empty_text(tiny_dit):
    """What guidance is measured against: the start alone, the same states whatever else is in the batch."""
    states, pooled = tiny_dit.text(asked()["tokens"])
    alone, alone_pooled = tiny_dit.text(torch.from_numpy(TOKENS.encode(""))[None])
    assert states.shape == (2, LENGTH, tiny.DIT.width)
    assert torch.allclose(states[1], alone[0], atol=1e-5)
    assert torch.allclose(pooled[1], alone_pooled[0], atol=1e-5)


@torch.no_grad()
def test_words_stay_apart_however_far_their_encoders_weights_grow():
    torch.manual_seed(0)
    encoder = VideoDiT(tiny.DIT).text
    for weight in encoder.blocks.parameters():
        weight.mul_(100)
    written = torch.from_numpy(np.stack([TOKENS.encode(words) for words in ("red ball rolls left", "red ball rolls")]))
    at = int((written[0] != written[1]).nonzero()[0])
    states, _ = encoder(written)
    assert (states[0, at] - states[1, at]).norm() > 0.2 * states[0, at].norm()


@torch.no_grad()
def test_encoding_the_words_and_sketching_first_changes_nothing(tiny_dit):
    given = asked()
    states, pooled = tiny_dit.text(given["tokens"])
    sketched = tiny_dit.sketched(given["camera"], pooled, given["layout"], 2, 2)
    others = (given[name] for name in ("rest", "t", "step", "index", "continues", "camera"))
    assert torch.equal(tiny_dit(**given), tiny_dit.denoise(*others, states, pooled, *sketched))


def test_rotary_positions_are_relative():
    """How two places attend to each other depends on how far apart they are in time, height and width alone."""
    head = 16
    q, k = torch.randn((2, head), generator=torch.Generator().manual_seed(0))

    def attention(index):
        angles = rotary(index, 2, 3, head)
        n = len(angles)
        turned = [rotate(v.expand(1, 1, n, head), torch.cos(angles), torch.sin(angles))[0, 0] for v in (q, k)]
        return turned[0] @ turned[1].T

    now, later = attention(torch.tensor([0, 2])), attention(torch.tensor([5, 7]))
    assert torch.allclose(now, later, atol=1e-4)
    assert not torch.allclose(now, attention(torch.tensor([0, 3])), atol=1e-2)
    places = now[:6, :6].reshape(2, 3, 2, 3)
    assert torch.allclose(places[0, 0, 0, 1], places[1, 1, 1, 2], atol=1e-4)  # one to the right
    assert not torch.allclose(places[0, 0, 0, 1], places[0, 0, 1, 0], atol=1e-2)  # one down is another matter


@torch.no_grad()
def test_a_block_attends_by_relative_positions():
    torch.manual_seed(0)
    block = tiny.shaken(Block(tiny.DIT.width, tiny.DIT.heads, tiny.DIT.mlp))
    x, text = (
        torch.randn(1, 3, 4, tiny.DIT.width),
        torch.zeros(1, 2, tiny.DIT.width),
    )  # words have no place: say nothing
    modulation = torch.ones(1, 3, 1, 6 * tiny.DIT.width)

    def out(*index):
        angles = rotary(torch.tensor(index), 2, 2, tiny.DIT.head_dim)
        return block(x, modulation, text, torch.cos(angles), torch.sin(angles))

    assert torch.allclose(out(0, 1, 2), out(6, 7, 8), atol=1e-3)
    assert not torch.allclose(out(0, 1, 2), out(0, 1, 9), atol=1e-2)


def test_the_presets_fit_the_vocabulary_and_the_heads():
    for config in PRESETS.values():
        assert config.vocabulary == TOKENS.vocab_size
        assert config.width % config.head_dim == 0
        assert config.head_dim % 8 == 0
