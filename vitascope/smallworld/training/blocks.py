"""What the layout and its glance are made of: blocks in which tokens of all frames attend to one another and to the
words, told frame by frame what holds for the frame.

B batch, T frames, P tokens of a frame, N = T * P, D width, H heads, L words.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from vitascope.smallworld.training.text import rms

CAMERA_FEATURES = 17  # 8 parameters at both taps of a latent frame, and whether they are known
PLACE_FEATURES = 24


def waves(x, count: int, slowest: float):
    """Sine and cosine features (..., 2 * count) of x (...): angular frequencies from 1 down to 1 / slowest."""
    steps = torch.arange(count, device=x.device, dtype=torch.float32)
    frequencies = torch.exp(-math.log(slowest) * steps / max(count - 1, 1))
    angles = x[..., None] * frequencies
    return torch.cat([torch.sin(angles), torch.cos(angles)], dim=-1)


def places(h: int, w: int, device) -> torch.Tensor:
    """Where each place of a picture is, (h * w, PLACE_FEATURES), as waves."""
    y = (torch.arange(h, device=device).float() - (h - 1) / 2)[:, None].expand(h, w)
    x = (torch.arange(w, device=device).float() - (w - 1) / 2)[None].expand(h, w)
    return torch.cat([waves(y * 1.2, 6, 12.0), waves(x * 1.2, 6, 12.0)], dim=-1).flatten(0, 1)


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

    def __init__(self, width: int, heads: int, mlp: float):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.words = nn.Linear(width, 2 * width, bias=False)
        hidden = int(width * mlp)
        self.up, self.down = nn.Linear(width, hidden, bias=False), nn.Linear(hidden, width, bias=False)
        self.offset = nn.Parameter(torch.zeros(6 * width))

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


def start_as_identity(model: nn.Module) -> None:
    """Every block of the model begins as the identity, and its output at 0: gates are 1, what they let through is 0."""
    for block in model.blocks:
        nn.init.zeros_(block.out.weight)
        nn.init.zeros_(block.down.weight)
    for layer in (model.final, model.leave):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    gates_open(model.modulation)


@torch.no_grad()
def gates_open(modulation: nn.Linear) -> None:
    """At first all that the blocks add comes through, whatever the conditions."""
    nn.init.zeros_(modulation.weight)
    nn.init.zeros_(modulation.bias)
    for gate in modulation.bias.chunk(6)[2::3]:
        gate.fill_(1)


def guess(t):
    """The velocity of numbers that have mean 0 and deviation 1 without noise, at times t (B, T), is at best `keep`
    times what is seen; `loud` is the deviation of what is left to learn, and of what is seen 1 / loud.

    v = e - x0 and x = (1 - t) x0 + t e are jointly Gaussian then, with d^2 = (1 - t)^2 + t^2 the variance of x; so
    E[v | x] = (2 t - 1) x / d^2, and 1 / d is left. The same idea as in Karras et al., arXiv 2206.00364, for rectified
    flow.
    """
    t = t[:, :, None, None]
    square = 1 / ((1 - t).square() + t.square())
    return (2 * t - 1) * square, square.sqrt()
