"""The layout of a clip: where every thing is, how large, which way up and of what colour and shape, and where the sun
stands, at both taps of every latent frame. Drawn from words and camera before the first pixel, by a small transformer
of its own: a clip has 44 bodies and 704 places, and what a body does need not be found in the places again.

B batch, T latent frames, S slots, P = h * w places, K given latent frames, C latent channels, L tokens, D width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from vitascope.smallworld.inference.conditions import LASTING, LAYOUT_FEATURES, PER_TAP, TAPS
from vitascope.smallworld.training.blocks import (
    CAMERA_FEATURES,
    PLACE_FEATURES,
    Block,
    gates_open,
    guess,
    places,
    rotary,
    start_as_identity,
    waves,
)
from vitascope.smallworld.training.rays import Rays
from vitascope.smallworld.training.text import TextEncoder, rms
from vitascope.smallworld.world.stage import SLOTS

LEVELS = (0.0, 0.3, 0.6)  # world units above the ground
VIEW_FEATURES = 4 + 2 * len(LEVELS)  # of a place at a tap
GAPS = 11  # in latent frames, from 0 on
STAYS = len(TAPS) * PER_TAP + LASTING["quadric"].start  # from here on a layout's numbers never change in a scene


@dataclass(frozen=True, kw_only=True)
class LayoutConfig:
    width: int = 192
    depth: int = 5
    glances: int = 3  # blocks of the glance
    head_dim: int = 64
    channels: int = 64
    vocabulary: int = 323

    @property
    def heads(self) -> int:
        return self.width // self.head_dim


class Glance(nn.Module):
    """The layout of a given latent frame, as far as one can see.

    Each place is told which way its rays go and where they meet the ground, so where a thing stands can be taken from
    the places that show it; four more tokens, one a slot, gather that.
    """

    def __init__(self, config: LayoutConfig):
        super().__init__()
        c = self.config = config
        shown = c.channels + PLACE_FEATURES + len(TAPS) * VIEW_FEATURES
        self.enter = nn.Sequential(nn.Linear(shown, 2 * c.width), nn.SiLU(), nn.Linear(2 * c.width, c.width))
        self.slot = nn.Parameter(torch.randn(SLOTS, c.width) * 0.5)
        self.index = nn.Linear(32, c.width, bias=False)
        self.camera = nn.Linear(CAMERA_FEATURES, c.width)
        self.modulation = nn.Linear(c.width, 6 * c.width)
        self.blocks = nn.ModuleList(Block(c.width, c.heads, 2.0) for _ in range(c.glances))
        self.leave = nn.Linear(c.width, LAYOUT_FEATURES)
        gates_open(self.modulation)

    def forward(self, shown, index, camera, states, h: int, w: int):
        """(B, K, S, LAYOUT_FEATURES) at unit deviation, of latents at unit deviation (B, K, h * w, C), their numbers
        index (K,), their camera (B, K, 17) and words (B, L, D).
        """
        b, k, _, _ = shown.shape  # each frame by itself: what moves is made out where all slots' tokens meet
        where = places(h, w, shown.device).expand(b, k, -1, -1)
        told = self.enter(torch.cat([shown, where, view(camera, h, w)], dim=-1))
        tokens = torch.cat([rms(told), self.slot.expand(b, k, -1, -1)], dim=2).flatten(0, 1)[:, None]
        condition = F.silu(self.index(waves(index.float(), 16, 40.0)) + self.camera(camera)).flatten(0, 1)
        modulation = self.modulation(condition)[:, None, None]
        words = states[:, None].expand(-1, k, -1, -1).flatten(0, 1)
        angles = F.pad(rotary(torch.zeros_like(index[:1]), h, w, self.config.head_dim), (0, 0, 0, SLOTS))
        cos, sin = torch.cos(angles), torch.sin(angles)
        for block in self.blocks:
            tokens = block(tokens, modulation, words, cos, sin)
        return self.leave(rms(tokens[:, 0, h * w :])).unflatten(0, (b, k))


def view(camera, h: int, w: int):
    """Which way each place looks, and where that meets the ground and two levels above it, where things have their
    middles: (B, K, P, taps * VIEW_FEATURES).
    """
    with torch.autocast(camera.device.type, enabled=False):  # half a number is too few for where a ray goes
        rays = Rays.of(camera, h, w)
        per_level = rays.way[..., :2] / (-rays.way[..., 2:]).clamp(min=0.02)
        met = [(rays.meets - level * per_level).clamp(-12, 12) / 4 for level in LEVELS]
        told = rays.by_place(torch.cat([rays.way, rays.falls, *met], dim=-1))
        return told.unflatten(3, (len(TAPS), -1)).mean(4).flatten(3)


class Layout(nn.Module):
    """Velocities of a flow from noise to layouts, each number brought to `centre` 0 and `spread` 1 over the data; where
    frames are known, to what differs from them (`prior`), of which `drift` (GAPS, S, LAYOUT_FEATURES) is the deviation
    so many frames away. `latent_centre` and `latent_spread` (C,) do for given latents what the first two do.
    """

    centre: torch.Tensor
    spread: torch.Tensor
    drift: torch.Tensor
    latent_centre: torch.Tensor
    latent_spread: torch.Tensor

    def __init__(self, config: LayoutConfig):
        super().__init__()
        c = self.config = config
        self.register_buffer("centre", torch.zeros(LAYOUT_FEATURES))
        self.register_buffer("spread", torch.ones(LAYOUT_FEATURES))
        self.register_buffer("drift", torch.ones(GAPS, SLOTS, LAYOUT_FEATURES))
        self.register_buffer("latent_centre", torch.zeros(c.channels))
        self.register_buffer("latent_spread", torch.ones(c.channels))
        self.text = TextEncoder(c.vocabulary, c.width, c.heads)
        self.glance = Glance(c)
        self.pooled = nn.Linear(c.width, c.width, bias=False)
        self.enter, self.slot = nn.Linear(LAYOUT_FEATURES, c.width), nn.Parameter(torch.randn(SLOTS, c.width) * 0.5)
        self.hint = nn.Linear(3 * LAYOUT_FEATURES, c.width, bias=False)
        self.time = nn.Sequential(nn.Linear(64, c.width), nn.SiLU(), nn.Linear(c.width, c.width))
        self.index, self.continues = nn.Linear(32, c.width, bias=False), nn.Parameter(torch.zeros(c.width))
        self.camera = nn.Sequential(nn.Linear(CAMERA_FEATURES, c.width), nn.SiLU(), nn.Linear(c.width, c.width))
        self.modulation = nn.Linear(c.width, 6 * c.width)
        self.blocks = nn.ModuleList(Block(c.width, c.heads, 3.0) for _ in range(c.depth))
        self.final, self.leave = nn.Linear(c.width, 2 * c.width), nn.Linear(c.width, LAYOUT_FEATURES)
        start_as_identity(self)
        nn.init.zeros_(self.hint.weight)

    def forward(self, x, known, t, index, continues, camera, tokens):
        """Velocities of x, and the mean and the deviation of the prior: (B, T, S, LAYOUT_FEATURES) each. What is drawn
        is mean + deviation * x.

        x what differs from the prior, on its way from noise; t (B, T) times in [0, 1], 0 where a frame's layout is
        `known` (B, T, S, LAYOUT_FEATURES), at unit deviation (`unit`), as the window before drew it or as `look` makes
        it out; index (T,) numbers of the latent frames in the window; continues (B,) 1 if it begins in the middle of a
        clip; camera (B, T, 17); tokens (B, L).
        """
        states, pooled = self.text(tokens)
        condition = self.time(waves(t * 100.0, 32, 1000.0)) + self.index(waves(index.float(), 16, 40.0))
        condition = condition + self.camera(camera)
        condition = F.silu(condition + (self.pooled(pooled) + continues[:, None] * self.continues)[:, None])
        modulation = self.modulation(condition)[:, :, None]
        keep, loud = guess(t)
        mean, deviation = self.prior(known, t == 0, index)
        hint = torch.cat([mean, deviation.log(), (x * loud).clamp(-5, 5)], dim=-1)
        tokens = self.enter(mean + deviation * x * loud) + self.hint(hint) + self.slot
        angles = rotary(index, 1, SLOTS, self.config.head_dim)
        cos, sin = torch.cos(angles), torch.sin(angles)
        for block in self.blocks:
            tokens = block(tokens, modulation, states, cos, sin)
        shift, scale = self.final(condition)[:, :, None].chunk(2, dim=-1)
        return keep * x + loud * self.leave(rms(tokens) * (1 + scale) + shift), mean, deviation

    def prior(self, known, here, index):
        """Mean and deviation (B, T, S, LAYOUT_FEATURES) of what is drawn, before a word is read: those of all layouts,
        or where frames are `here` (B, T) those of the `known` one that is nearest, and the longer ago the wider. What
        lasts in all of them is their mean. So whatever is drawn goes on from what is known.
        """
        away = (index[:, None] - index).abs().float() + 1e3 * ~here[:, None]  # (B, T, T)
        gap, nearest = away.min(-1)
        any_here = (gap < 1e3)[..., None, None].float()
        like = F.one_hot(nearest, index.shape[0]).float()  # (B, T, T)
        mean = (like @ known.flatten(2)).unflatten(2, known.shape[2:])
        share = (here / here.sum(-1, keepdim=True).clamp(min=1)).float()
        lasting = (
            (share[:, None] @ known[..., STAYS:].flatten(2)).unflatten(2, (SLOTS, -1)).expand_as(mean[..., STAYS:])
        )
        mean = torch.where(here[:, :, None, None], known, torch.cat([mean[..., :STAYS], lasting], dim=-1) * any_here)
        deviation = self.drift[gap.long().clamp(max=GAPS - 1)]
        return mean, 1 + any_here * (deviation - 1)

    def look(self, tokens, given, index, camera):
        """What latent frames (B, K, C, h, w) of numbers index (K,) and camera (B, K, 17) show, at unit deviation: (B,
        K, S, LAYOUT_FEATURES).
        """
        shown = (given.flatten(3).transpose(2, 3) - self.latent_centre) / self.latent_spread
        return self.glance(shown, index, camera, self.text(tokens)[0], *given.shape[-2:])

    def unit(self, layout):
        return (layout - self.centre) / self.spread

    def layout(self, unit):
        return unit * self.spread + self.centre
