"""The diffusion transformer. One network for text to video, image to video, first + last frame, extension and stills:
every latent frame has its own time, what is given has time 0, what is asked starts at time 1.

B batch, T latent frames, h x w places, N = T * h * w tokens, C latent channels, D width, H heads, L text tokens.
The model knows nothing of noise schedules (`flow`) or of codecs; it sees latents of any number of frames and places.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from vitascope.model.backdrop import PLACE_FEATURES, Backdrop, places, sight, waves
from vitascope.model.text import TextEncoder, rms

CAMERA_FEATURES = 17  # 8 parameters at both taps of a latent frame, and whether they are known


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


def rotary(frame_index, h: int, w: int, head_dim: int):
    """Angles (T * h * w, head_dim / 2) of 3D rotary positions: a quarter of the pairs for time, the rest for height
    and width.
    """
    device = frame_index.device
    per_time, per_side = head_dim // 8, (head_dim // 2 - head_dim // 8) // 2

    def angles(position, count):
        steps = torch.arange(count, device=device, dtype=torch.float32)
        return position[:, None] * torch.exp(-math.log(30.0) * steps / count)

    t = angles(frame_index.float(), per_time)[:, None, None]
    y, x = torch.arange(h, device=device).float(), torch.arange(w, device=device).float()
    y, x = angles(y, per_side)[None, :, None], angles(x, per_side)[None, None]
    frames = frame_index.shape[0]
    parts = [t.expand(-1, h, w, -1), y.expand(frames, -1, w, -1), x.expand(frames, h, -1, -1)]
    return torch.cat(parts, dim=-1).flatten(0, 2)


def rotate(x, cos, sin):
    """Turn pairs of the last axis of x (B, H, N, head_dim) by the angles of their positions (N, head_dim / 2)."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


def attend(q, k, v):
    """Attention, (B, H, N, head_dim) each. Written out on a CPU: for so few tokens torch's fused kernel is slower."""
    if q.is_cuda:
        return F.scaled_dot_product_attention(q, k, v)
    weights = torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5, dim=-1, dtype=torch.float32)
    return weights.to(v.dtype) @ v


class Block(nn.Module):
    """Attention over all frames and the words, then an MLP; both scaled, shifted and gated frame by frame."""

    def __init__(self, c: DiTConfig):
        super().__init__()
        self.heads = c.heads
        self.qkv, self.out = nn.Linear(c.width, 3 * c.width, bias=False), nn.Linear(c.width, c.width, bias=False)
        self.words = nn.Linear(c.width, 2 * c.width, bias=False)
        hidden = int(c.width * c.mlp)
        self.up, self.down = nn.Linear(c.width, hidden, bias=False), nn.Linear(hidden, c.width, bias=False)
        self.offset = nn.Parameter(torch.zeros(6 * c.width))

    def forward(self, x, modulation, text, cos, sin):
        b, t, p, d = x.shape  # frames kept apart: modulation is (B, T, 1, 6 D), never one row for each token
        shift1, scale1, gate1, shift2, scale2, gate2 = (modulation + self.offset).chunk(6, dim=-1)
        q, k, v = self.qkv(rms(x) * (1 + scale1) + shift1).reshape(b, t * p, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        tk, tv = self.words(text).reshape(b, -1, 2, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        q, k = rotate(rms(q), cos, sin), rotate(rms(k), cos, sin)
        k, v = torch.cat([k, rms(tk)], dim=2), torch.cat([v, tv], dim=2)
        seen = attend(q, k, v).transpose(1, 2).reshape(b, t, p, d)
        x = x + gate1 * self.out(seen)
        return x + gate2 * self.down(F.relu(self.up(rms(x) * (1 + scale2) + shift2)).square())


class VideoDiT(nn.Module):
    """`spread` (C,) and `centre` (C,), standard deviation and mean of each latent channel, are set from the data before
    training. With them alone, at zero output, the model is already the best guess that looks at one channel at a time.
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
        self.backdrop, self.hint = Backdrop(c.width, c.channels), nn.Linear(c.channels, c.width, bias=False)
        self.time = nn.Sequential(nn.Linear(64, c.width), nn.SiLU(), nn.Linear(c.width, c.width))
        self.step = nn.Linear(32, c.width, bias=False)
        self.index = nn.Linear(32, c.width, bias=False)
        self.continues = nn.Parameter(torch.zeros(c.width))
        self.camera = nn.Sequential(nn.Linear(CAMERA_FEATURES, c.width), nn.SiLU(), nn.Linear(c.width, c.width))
        self.pooled = nn.Linear(c.width, c.width, bias=False)
        self.modulation = nn.Linear(c.width, 6 * c.width)
        self.blocks = nn.ModuleList(Block(c) for _ in range(c.depth))
        self.final = nn.Linear(c.width, 2 * c.width)
        self.leave = nn.Linear(c.width, c.channels)
        self._initialise()

    def _initialise(self) -> None:
        """Gates and the output start at zero, so that every block begins as the identity and the first velocity 0."""
        for block in self.blocks:
            nn.init.zeros_(block.out.weight)
            nn.init.zeros_(block.down.weight)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)
        with torch.no_grad():  # gates at 1: the zero output matrices already start every block as the identity
            d = self.config.width
            self.modulation.bias[2 * d : 3 * d] = 1
            self.modulation.bias[5 * d :] = 1
        nn.init.zeros_(self.hint.weight)
        for layer in (self.final, self.leave):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x, t, step, index, continues, camera, tokens):
        """Velocities (B, T, C, h, w).

        x (B, T, C, h, w) latents; t (B, T) times in [0, 1]; step (B,) step size in [0, 1], 0 = as small as may be;
        index (T,) numbers of the latent frames in the window; continues (B,) 1 if the window begins in the middle of a
        clip; camera (B, T, 17); tokens (B, L).
        """
        return self.denoise(x, t, step, index, continues, camera, *self.text(tokens))

    def denoise(self, x, t, step, index, continues, camera, states, pooled, backdrop=None):
        """The forward pass after the text encoder: states (B, L, D), pooled (B, D). `backdrop`: what `behind` says."""
        b, frames, c, h, w = x.shape
        condition = self.time(waves(t * 100.0, 32, 1000.0)) + self.step(waves(step * 10.0, 16, 100.0))[:, None]
        condition = condition + self.index(waves(index.float(), 16, 40.0)) + self.camera(camera)
        condition = condition + (self.pooled(pooled) + continues[:, None] * self.continues)[:, None]  # (B, T, D)
        condition = F.silu(condition)
        modulation = self.modulation(condition)[:, :, None]  # (B, T, 1, 6 D)

        if backdrop is None:
            backdrop = self.behind(camera, pooled, h, w)
        x = x.permute(0, 1, 3, 4, 2).reshape(b, frames, h * w, c)
        keep, loud, centred = self.guess(x, t)
        place = self.place(places(h, w, x.device))
        tokens = self.enter(centred) + place + self.hint(backdrop.detach())  # (B, T, P, D)
        angles = rotary(index, h, w, self.config.head_dim)
        cos, sin = torch.cos(angles), torch.sin(angles)
        for block in self.blocks:
            tokens = block(tokens, modulation, states, cos, sin)
        shift, scale = self.final(condition)[:, :, None].chunk(2, dim=-1)
        out = keep + loud * self.leave(rms(tokens) * (1 + scale) + shift)
        return out.reshape(b, frames, h, w, c).permute(0, 1, 4, 2, 3)

    def behind(self, camera, pooled, h: int, w: int):
        """The backdrop (B, T, h * w, C) that a camera (B, T, 17) sees, as the words (B, D) have it."""
        return self.backdrop(pooled, sight(camera, h, w), places(h, w, camera.device))

    def unit(self, x):
        """Latents (B, T, C, h, w) as (B, T, h * w, C), each channel at unit deviation."""
        return (x.flatten(3).transpose(2, 3) - self.centre) / self.spread

    def guess(self, x, t):
        """What is known of the velocity of x (B, T, P, C) at times t (B, T) from each channel's mean m and deviation s:
        its best linear guess, the deviation of what is left to learn, and x at unit deviation.

        v = e - x0 and x = (1 - t) x0 + t e are jointly Gaussian under these two numbers, with d^2 = (1 - t)^2 s^2 + t^2
        the variance of x; so E[v | x] = -m + (t - (1 - t) s^2) (x - (1 - t) m) / d^2, and s / d is left. The same
        idea as in Karras et al., arXiv 2206.00364, for rectified flow and channel by channel.
        """
        t, s, m = t[:, :, None, None], self.spread, self.centre
        variance = ((1 - t) * s).square() + t.square() + 1e-4
        away = x - (1 - t) * m
        keep = (t - (1 - t) * s.square()) / variance * away - m
        return keep, s * torch.rsqrt(variance), away * torch.rsqrt(variance)
