"""The renderer: from the layout of a clip, its words and its camera to latents, and how far off each may be. A neural
renderer: what a ray meets is geometry (`rays`), what that looks like is learnt.

B batch, T latent frames, P = h * w places, R rays of a place at a tap, S slots, C latent channels, D width of the
words, L tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from vitascope.smallworld.training.blocks import PLACE_FEATURES, places
from vitascope.smallworld.training.codec import Codec
from vitascope.smallworld.training.rays import GROUND_FEATURES, RAYS, THING_FEATURES, Rays
from vitascope.smallworld.training.text import TextEncoder


@dataclass(frozen=True, kw_only=True)
class RendererConfig:
    width: int = 256
    heads: int = 4
    channels: int = 64
    vocabulary: int = 323


class Renderer(nn.Module):
    """`spread` (C,) and `centre` (C,), standard deviation and mean of each latent channel, are set from the data before
    training.
    """

    spread: torch.Tensor
    centre: torch.Tensor

    def __init__(self, config: RendererConfig):
        super().__init__()
        c = self.config = config
        self.register_buffer("spread", torch.ones(c.channels))
        self.register_buffer("centre", torch.zeros(c.channels))
        self.text = TextEncoder(c.vocabulary, c.width, c.heads)
        self.sketch = SketchHead(c.width, c.channels)

    def forward(self, camera, pooled, layout, h: int, w: int):
        """The latents that a camera (B, T, 17) sees as the words (B, D) and the layout (B, T, S, LAYOUT_FEATURES) have
        it, and their standard error: (B, T, C, h, w) each.
        """
        sketch, doubt = self.sketch(pooled, *self.look(camera, layout, h, w), places(h, w, camera.device))
        sketch, doubt = sketch.float() * self.spread + self.centre, doubt * self.spread
        return tuple(each.transpose(2, 3).unflatten(3, (h, w)) for each in (sketch, doubt))

    def look(self, camera, layout, h: int, w: int):
        """What every place looks at: the ground and the things that its rays meet."""
        with torch.autocast(camera.device.type, enabled=False):  # half a number is too few for where a ray goes
            rays = Rays.of(camera, h, w)
            return rays.ground(), rays.things(layout)

    def unit(self, x):
        """Latents (B, T, C, h, w) as (B, T, h * w, C), each channel at unit deviation."""
        return (x.flatten(3).transpose(2, 3) - self.centre) / self.spread


class SketchHead(nn.Module):
    """What a place shows, its latent (B, T, P, C), each channel at unit deviation, and how far off that is on the
    whole.

    One small network looks along every ray, whichever place and camera it belongs to; so a ground that turns under an
    orbiting camera is the same ground, a ball at the edge of a place the same ball.
    """

    def __init__(self, width: int, channels: int):
        super().__init__()
        ray, look, thing, whole = 64, 32, 128, 2 * width
        self.told, self.meets = nn.Linear(width, ray), nn.Linear(GROUND_FEATURES, ray, bias=False)
        self.passes, self.thing = nn.Linear(THING_FEATURES, thing), nn.Linear(thing, thing)
        self.tint, self.over = nn.Linear(THING_FEATURES, thing), nn.Linear(thing, ray, bias=False)
        self.figure, self.cover = nn.Linear(thing, look), nn.Linear(thing, 1)
        self.middle, self.look = nn.Linear(ray, ray), nn.Linear(ray, look)
        self.whole, self.place = nn.Linear(RAYS * look, whole), nn.Linear(PLACE_FEATURES, whole, bias=False)
        self.leave, self.doubt = nn.Linear(whole, channels), nn.Linear(whole, channels)
        nn.init.zeros_(self.doubt.weight)
        nn.init.constant_(self.doubt.bias, -0.5)

    def forward(self, pooled, ground, things, place):
        """pooled (B, D), ground (B, T, P, RAYS, GROUND_FEATURES), things (B, T, P, RAYS, THING_FEATURES), place (P,
        PLACE_FEATURES) -> latents and their standard error. One ground and things serve any number of texts.
        """
        x = self.middle(F.silu(self.meets(ground) + self.told(pooled)[:, None, None, None]))
        thing = F.silu(self.thing(F.silu(self.passes(things))))
        x = self.look(F.silu(x + self.over(thing)))  # a thing's shadow, or the thing itself before the ground
        x = torch.lerp(x, self.figure(thing * self.tint(things)), torch.sigmoid(self.cover(thing)))
        x = F.silu(self.whole(F.silu(x).flatten(3)) + self.place(place))
        return self.leave(x), self.doubt(x.detach()).float().clamp(-4, 1).exp()


def unlikeness(error, doubt, weights):
    """What the sketch learns from, (...): square errors (..., C) of its latents by `weights` (C,), and how unlikely
    they are under a normal distribution of deviation `doubt`, which alone learns from that.
    """
    unlikely = doubt.log() + error.detach() / doubt.square() / 2
    return (error * weights).mean(-1) + 0.05 * unlikely.mean(-1)


def channel_weights(codec: Codec) -> torch.Tensor:
    """(C,), mean 1: how much an error of each latent channel shows. A channel that the encoder had to amplify less
    carries more of the picture; without weights most of the effort goes into detail that nobody sees.
    """
    weights = 1 / codec.encoder[1].weight.flatten(1).norm(dim=1)
    return weights / weights.mean()
