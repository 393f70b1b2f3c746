"""The diffusion transformer. One network for text to video, image to video, first + last frame, extension and stills:
every latent frame has its own time, what is given has time 0, what is asked starts at time 1.

B batch, T latent frames, h x w places, N = T * h * w tokens, C latent channels, D width, H heads, L text tokens.
The model knows nothing of noise schedules (`flow`) or of codecs; it sees latents of any number of frames and places.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from vitascope.smallworld.training.blocks import (
    CAMERA_FEATURES,
    PLACE_FEATURES,
    Block,
    guess,
    places,
    rotary,
    start_as_identity,
    waves,
)
from vitascope.smallworld.training.renderer import Rays, Sketch
from vitascope.smallworld.training.text import TextEncoder, rms


@dataclass(frozen=True, kw_only=True)
class DiTConfig:
    width: int = 256
    depth: int = 8
    head_dim: int = 64
    mlp: float = 3.0
    channels: int = 64
    vocabulary: int = 323

    @property
    def heads(self) -> int:
        return self.width // self.head_dim


#: One dial for size. nano: CPU training; mini and base: GPU.
PRESETS = {
    "nano": DiTConfig(depth=6),
    "mini": DiTConfig(width=384, depth=10),
    "base": DiTConfig(width=576, depth=14),
}


class VideoDiT(nn.Module):
    """`spread` (C,) and `centre` (C,), standard deviation and mean of each latent channel, are set from the data before
    training. The flow is from noise to what is left of a clip beside its sketch: at zero output the model is already
    the best guess that looks at the sketch and at one number at a time.
    """

    spread: torch.Tensor
    centre: torch.Tensor

    def __init__(self, config: DiTConfig):
        super().__init__()
        c = self.config = config
        self.register_buffer("spread", torch.ones(c.channels))
        self.register_buffer("centre", torch.zeros(c.channels))
        self.text = TextEncoder(c.vocabulary, c.width, c.heads)
        self.enter, self.place = nn.Linear(c.channels, c.width), nn.Linear(PLACE_FEATURES, c.width, bias=False)
        self.sketch, self.hint = Sketch(c.width, c.channels), nn.Linear(3 * c.channels, c.width, bias=False)
        self.time = nn.Sequential(nn.Linear(64, c.width), nn.SiLU(), nn.Linear(c.width, c.width))
        self.step = nn.Linear(32, c.width, bias=False)
        self.index = nn.Linear(32, c.width, bias=False)
        self.continues = nn.Parameter(torch.zeros(c.width))
        self.camera = nn.Sequential(nn.Linear(CAMERA_FEATURES, c.width), nn.SiLU(), nn.Linear(c.width, c.width))
        self.pooled = nn.Linear(c.width, c.width, bias=False)
        self.modulation = nn.Linear(c.width, 6 * c.width)
        self.blocks = nn.ModuleList(Block(c.width, c.heads, c.mlp) for _ in range(c.depth))
        self.final = nn.Linear(c.width, 2 * c.width)
        self.leave = nn.Linear(c.width, c.channels)
        start_as_identity(self)
        nn.init.zeros_(self.hint.weight)

    def forward(self, rest, t, step, index, continues, camera, tokens, layout):
        """Velocities (B, T, C, h, w) of what is left of latents beside their sketch.

        rest (B, T, C, h, w) of latents, see `rest`, on its way from noise; t (B, T) times in [0, 1]; step (B,) step
        size in [0, 1], 0 = as small as may be; index (T,) numbers of the latent frames in the window; continues (B,) 1
        if the window begins in the middle of a clip; camera (B, T, 17); tokens (B, L); layout (B, T, S,
        LAYOUT_FEATURES).
        """
        states, pooled = self.text(tokens)
        sketch, doubt = self.sketched(camera, pooled, layout, *rest.shape[-2:])
        return self.denoise(rest, t, step, index, continues, camera, states, pooled, sketch, doubt)

    def denoise(self, rest, t, step, index, continues, camera, states, pooled, sketch, doubt):
        """The forward pass after the text encoder, states (B, L, D) and pooled (B, D), and after `sketched`."""
        b, frames, c, h, w = rest.shape
        condition = self.time(waves(t * 100.0, 32, 1000.0)) + self.step(waves(step * 10.0, 16, 100.0))[:, None]
        condition = condition + self.index(waves(index.float(), 16, 40.0)) + self.camera(camera)
        condition = condition + (self.pooled(pooled) + continues[:, None] * self.continues)[:, None]  # (B, T, D)
        condition = F.silu(condition)
        modulation = self.modulation(condition)[:, :, None]  # (B, T, 1, 6 D)

        rest = rest.flatten(3).transpose(2, 3)  # (B, T, P, C)
        keep, loud = guess(t)
        sketch, doubt = self.unit(sketch), doubt.flatten(3).transpose(2, 3) / self.spread
        hint = torch.cat([sketch, doubt.log(), (rest * loud).clamp(-5, 5)], dim=-1)
        tokens = self.enter(sketch + doubt * rest) + self.place(places(h, w, rest.device)) + self.hint(hint)
        angles = rotary(index, h, w, self.config.head_dim)
        cos, sin = torch.cos(angles), torch.sin(angles)
        for block in self.blocks:
            tokens = block(tokens, modulation, states, cos, sin)
        shift, scale = self.final(condition)[:, :, None].chunk(2, dim=-1)
        out = keep * rest + loud * self.leave(rms(tokens) * (1 + scale) + shift)
        return out.reshape(b, frames, h, w, c).permute(0, 1, 4, 2, 3)

    def sketched(self, camera, pooled, layout, h: int, w: int):
        """The latents that a camera (B, T, 17) sees as the words (B, D) and the layout (B, T, S, LAYOUT_FEATURES) have
        it, and their standard error: (B, T, C, h, w) each.
        """
        sketch, doubt = self.sketch(pooled, *self.look(camera, layout, h, w), places(h, w, camera.device))
        sketch, doubt = sketch.float() * self.spread + self.centre, doubt * self.spread
        return tuple(each.transpose(2, 3).unflatten(3, (h, w)) for each in (sketch, doubt))

    def look(self, camera, layout, h: int, w: int):
        """What every place looks at, for the sketch: the ground and the things that its rays meet."""
        with torch.autocast(camera.device.type, enabled=False):  # half a number is too few for where a ray goes
            rays = Rays.of(camera, h, w)
            return rays.ground(), rays.things(layout)

    def unit(self, x):
        """Latents (B, T, C, h, w) as (B, T, h * w, C), each channel at unit deviation."""
        return (x.flatten(3).transpose(2, 3) - self.centre) / self.spread


def rest(x, sketch, doubt):
    """What is left of latents x beside their sketch, in its standard errors: the data of the flow, of about unit
    deviation everywhere. Noise of one size is then as loud where the sketch is sure as where it is not (a prior of each
    place, as in Lee et al., arXiv 2106.06406).
    """
    return (x - sketch) / doubt
