"""The layout of a clip: where every thing is, how large, which way up and of what colour and shape, and where the sun
stands, at both taps of every latent frame. Drawn from words and camera before the first pixel, by a small transformer
of its own: a clip has 44 bodies and 704 places, and what a body does need not be found in the places again.

B batch, T latent frames, S slots, P = h * w places, K given latent frames, C latent channels, D width of the words.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from vitascope.engine.conditions import LAYOUT_FEATURES
from vitascope.model.blocks import CAMERA_FEATURES, PLACE_FEATURES, Block, places, rotary, start_as_identity, waves
from vitascope.model.text import TextEncoder, rms
from vitascope.world.stage import SLOTS


@dataclass(frozen=True, kw_only=True)
class LayoutConfig:
    width: int = 192
    depth: int = 5
    head_dim: int = 64
    channels: int = 64
    vocabulary: int = 323

    @property
    def heads(self) -> int:
        return self.width // self.head_dim


class Layout(nn.Module):
    """Velocities of a flow from noise to layouts, each number brought to `centre` 0 and `spread` 1 over the data.
    `latent_centre` and `latent_spread` (C,) do the same for given latents.
    """

    centre: torch.Tensor
    spread: torch.Tensor
    latent_centre: torch.Tensor
    latent_spread: torch.Tensor

    def __init__(self, config: LayoutConfig):
        super().__init__()
        c = self.config = config
        self.register_buffer("centre", torch.zeros(LAYOUT_FEATURES))
        self.register_buffer("spread", torch.ones(LAYOUT_FEATURES))
        self.register_buffer("latent_centre", torch.zeros(c.channels))
        self.register_buffer("latent_spread", torch.ones(c.channels))
        self.text = TextEncoder(c.vocabulary, c.width, c.heads)
        self.pooled = nn.Linear(c.width, c.width, bias=False)
        self.enter, self.slot = nn.Linear(LAYOUT_FEATURES, c.width), nn.Parameter(torch.randn(SLOTS, c.width) * 0.5)
        self.time = nn.Sequential(nn.Linear(64, c.width), nn.SiLU(), nn.Linear(c.width, c.width))
        self.index, self.continues = nn.Linear(32, c.width, bias=False), nn.Parameter(torch.zeros(c.width))
        self.camera = nn.Sequential(nn.Linear(CAMERA_FEATURES, c.width), nn.SiLU(), nn.Linear(c.width, c.width))
        shown = c.channels + PLACE_FEATURES + CAMERA_FEATURES + 32
        self.seen = nn.Sequential(nn.Linear(shown, 2 * c.width), nn.SiLU(), nn.Linear(2 * c.width, c.width))
        self.modulation = nn.Linear(c.width, 6 * c.width)
        self.blocks = nn.ModuleList(Block(c.width, c.heads, 3.0) for _ in range(c.depth))
        self.final, self.leave = nn.Linear(c.width, 2 * c.width), nn.Linear(c.width, LAYOUT_FEATURES)
        start_as_identity(self)

    def forward(self, x, t, index, continues, camera, tokens, given, given_index):
        """Velocities (B, T, S, LAYOUT_FEATURES).

        x layouts at unit deviation (`unit`); t (B, T) times in [0, 1], 0 where a frame's layout is known; index (T,),
        continues (B,), camera (B, T, 17) and tokens (B, L) as the DiT has them; given (B, K, C, h, w) latent frames
        whose numbers in the window are given_index (K,), as places in `index`; K may be 0.
        """
        states, pooled = self.text(tokens)
        condition = self.time(waves(t * 100.0, 32, 1000.0)) + self.index(waves(index.float(), 16, 40.0))
        condition = condition + self.camera(camera)
        condition = F.silu(condition + (self.pooled(pooled) + continues[:, None] * self.continues)[:, None])
        modulation = self.modulation(condition)[:, :, None]
        context = torch.cat([states, self.look(given, index[given_index], camera[:, given_index])], dim=1)
        at = t[:, :, None, None]
        deviation = torch.rsqrt((1 - at).square() + at.square())
        tokens = self.enter(x * deviation) + self.slot
        angles = rotary(index, 1, SLOTS, self.config.head_dim)
        cos, sin = torch.cos(angles), torch.sin(angles)
        for block in self.blocks:
            tokens = block(tokens, modulation, context, cos, sin)
        shift, scale = self.final(condition)[:, :, None].chunk(2, dim=-1)
        out = self.leave(rms(tokens) * (1 + scale) + shift)
        return (2 * at - 1) * deviation.square() * x + deviation * out  # as `VideoDiT.guess`, mean 0 and deviation 1

    def look(self, given, index, camera):
        """What given latent frames (B, K, C, h, w) of numbers index (K,) and camera (B, K, 17) tell: (B, K * P,
        width).
        """
        b, k, _, h, w = given.shape
        shown = (given.permute(0, 1, 3, 4, 2) - self.latent_centre) / self.latent_spread  # (B, K, h, w, C)
        when = torch.cat([camera, waves(index.float(), 16, 40.0).expand(b, -1, -1)], dim=-1)[:, :, None, None]
        where = places(h, w, given.device).reshape(h, w, PLACE_FEATURES).expand(b, k, -1, -1, -1)
        seen = rms(self.seen(torch.cat([shown, where, when.expand(-1, -1, h, w, -1)], dim=-1)))
        return seen.reshape(b, k * h * w, self.config.width)

    def unit(self, layout):
        return (layout - self.centre) / self.spread

    def layout(self, unit):
        return unit * self.spread + self.centre
