"""What the transformer is made of: attention by relative positions, a guess at the start, words that stay apart."""

import numpy as np
import pytest
import torch

import tiny
from vitascope.smallworld.inference import flow
from vitascope.smallworld.inference.tokens import LENGTH, Tokenizer
from vitascope.smallworld.training.blocks import Block, guess, rotary, rotate
from vitascope.smallworld.training.layout import LayoutConfig
from vitascope.smallworld.training.renderer import RendererConfig
from vitascope.smallworld.training.text import TextEncoder

TOKENS = Tokenizer()


def encoder():
    torch.manual_seed(0)
    return TextEncoder(TOKENS.vocab_size, 64, 1)


@torch.no_grad()
@pytest.mark.parametrize("t", [0.05, 0.4, 0.9])
def test_the_guess_is_the_best_one_from_one_number_at_a_time(t):
    """Least squares from x_t to the velocity, on data of mean 0 and deviation 1, finds the same line."""
    torch.manual_seed(0)
    clean, noise = torch.randn(2, 200_000)
    x, velocity = flow.blend(clean, noise, t), flow.velocity(clean, noise)
    keep, loud = guess(torch.full((1, 1), t))
    assert keep.item() == pytest.approx(((x * velocity).mean() / x.square().mean()).item(), abs=0.02)
    assert (velocity - keep * x).std().item() == pytest.approx(loud.item(), rel=0.02)
    assert 1 / x.std().item() == pytest.approx(loud.item(), rel=0.02)


@torch.no_grad()
def test_unasked_means_the_empty_text():
    """What guidance is measured against: the start alone, the same states whatever else is in the batch."""
    text = encoder()
    both = torch.from_numpy(np.stack([TOKENS.encode("large red ball rolls left"), TOKENS.encode("")]))
    states, pooled = text(both)
    alone, alone_pooled = text(both[1:])
    assert states.shape == (2, LENGTH, 64)
    assert torch.allclose(states[1], alone[0], atol=1e-5)
    assert torch.allclose(pooled[1], alone_pooled[0], atol=1e-5)


@torch.no_grad()
def test_words_stay_apart_however_far_their_encoders_weights_grow():
    text = encoder()
    for weight in text.blocks.parameters():
        weight.mul_(100)
    written = torch.from_numpy(np.stack([TOKENS.encode(words) for words in ("red ball rolls left", "red ball rolls")]))
    at = int((written[0] != written[1]).nonzero()[0])
    states, _ = text(written)
    assert (states[0, at] - states[1, at]).norm() > 0.2 * states[0, at].norm()


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
    block = tiny.shaken(Block(tiny.LAYOUT.width, tiny.LAYOUT.heads, 3.0))
    x, text = (
        torch.randn(1, 3, 4, tiny.LAYOUT.width),
        torch.zeros(1, 2, tiny.LAYOUT.width),
    )  # words have no place: say nothing
    modulation = torch.ones(1, 3, 1, 6 * tiny.LAYOUT.width)

    def out(*index):
        angles = rotary(torch.tensor(index), 2, 2, tiny.LAYOUT.head_dim)
        return block(x, modulation, text, torch.cos(angles), torch.sin(angles))

    assert torch.allclose(out(0, 1, 2), out(6, 7, 8), atol=1e-3)
    assert not torch.allclose(out(0, 1, 2), out(0, 1, 9), atol=1e-2)


def test_the_networks_fit_the_vocabulary_and_their_heads():
    layout, renderer = LayoutConfig(), RendererConfig()
    assert layout.vocabulary == renderer.vocabulary == TOKENS.vocab_size
    assert layout.head_dim % 8 == 0
    assert (layout.width % layout.heads, renderer.width % renderer.heads) == (0, 0)
