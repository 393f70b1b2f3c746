"""The codec: frames <-> latents.

The encoder is linear: the first principal components of what it reads. The decoder adds two parts: a linear base,
solved by least squares (`fit`), and a small convolutional network that mends what a linear map cannot: seams and
moving edges. Both are plain lists of layers; two interpreters run the same list: `run` takes all latent frames at once
(training), `step` one at a time and keeps, for every layer with memory, its last input (the engine; memory flat in
length, same values). Before the first frame a layer remembers the first frame itself: nothing moved yet.

Conventions: one latent frame stands for GROUP = 8 frames, the first latent frame of a clip for its first frame alone.
The encoder reads pictures of half the size and two frames of each group (`conditions.TAPS`): (B, T', 6, H/2, W/2) in
[0, 1]. Latents are (B, T', 64, H/32, W/32) of about unit mean square. The decoder gives (B, 8 T', 3, H, W) in about
[0, 1]; the first 7 frames stand before the clip and are dropped.

Both parts of the decoder end in cells, (N, CELLS, H/4, W/4): 4x4 pixels of two frames that follow each other are the
channels of one place. What is wide and high is so put together once, at the end (`pixels_of`), which is most of what a
processor would otherwise do beside the convolutions. Weights keep the order of a pixel shuffle, as they were solved.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from vitascope.smallworld.dimensions import GROUP

FACTOR = 32
PATCH = FACTOR // 2  # of the half-size pictures
CELL, PAIR = 4, 2  # pixels of a cell's side, frames in it
CELLS = PAIR * CELL * CELL * 3  # channels of a place: frame, row, column, colour


@dataclass(frozen=True, kw_only=True)
class CodecConfig:
    channels: int = 64  # of a latent
    widths: tuple[int, int, int, int] = (40, 64, 128, 192)  # of the decoder at 1/4, 1/8, 1/16, 1/32 of the picture


def unit(x):
    """Mean square 1 over the channels of every place."""
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-6)


class Res(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, width: int):
        super().__init__()
        self.first, self.second = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x):
        return x + self.second(F.silu(self.first(unit(x))))


class Remembers(nn.Module):
    """A layer that also sees its own last input."""


class Memory(Remembers):
    """A residual block of this frame and the one before."""

    def __init__(self, width: int):
        super().__init__()
        self.now, self.past = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x, before):
        return x + self.second(F.silu(self.now(unit(x)) + self.past(unit(before))))


class Base(Remembers):
    """The linear part of the decoder: eight frames of a 32x32 patch out of this latent and the one before, one patch
    at a time, as cells.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.mix = nn.Conv2d(2 * channels, GROUP * 3 * FACTOR * FACTOR, 1)
        side = FACTOR // CELL
        order = torch.arange(self.mix.out_channels).reshape(GROUP // PAIR, PAIR, 3, side, CELL, side, CELL)
        order = order.permute(0, 1, 4, 6, 2, 3, 5).flatten()
        self.register_buffer("order", order, persistent=False)

    def forward(self, x, before):
        x = F.conv2d(torch.cat([x, before], dim=1), self.mix.weight[self.order], self.mix.bias[self.order])
        x = F.pixel_shuffle(x, FACTOR // CELL)
        return x.reshape(-1, CELLS, x.shape[-2], x.shape[-1])


class Grow(nn.Module):
    """Twice as wide and high and `times` frames out of one, by a convolution and a pixel shuffle."""

    def __init__(self, width: int, out: int, times: int = 1):
        super().__init__()
        self.out = out
        self.mix = nn.Conv2d(width, out * times * 4, 1)

    def forward(self, x):
        x = F.pixel_shuffle(self.mix(x), 2)  # (N, times * out, ...)
        return x.reshape(-1, self.out, x.shape[-2], x.shape[-1])


class Celled(nn.Module):
    """A convolution between features and cells, whose weights name a cell's colour before its row and column."""

    order: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        order = torch.arange(CELLS).reshape(PAIR, 3, CELL, CELL).permute(0, 2, 3, 1).flatten()
        self.register_buffer("order", order, persistent=False)


class Meet(Celled):
    """Where the detail list sees the base."""

    def __init__(self, width: int):
        super().__init__()
        self.mix = nn.Conv2d(CELLS, width, 1)

    def forward(self, x, base):
        weight = self.mix.weight
        return x + F.conv2d(base, weight[:, self.order], self.mix.bias - 0.5 * weight.sum((1, 2, 3)))  # of base - 0.5


class Mend(Celled):
    """What the detail list adds to the base."""

    def __init__(self, width: int):
        super().__init__()
        self.mix = nn.Conv2d(width, CELLS, 3, padding=1)

    def forward(self, x):
        return F.conv2d(x, self.mix.weight[self.order], self.mix.bias[self.order], padding=1)


def encoder_layers(c: CodecConfig) -> nn.ModuleList:
    return nn.ModuleList([nn.PixelUnshuffle(PATCH), nn.Conv2d(6 * PATCH * PATCH, c.channels, 1)])


def detail_layers(c: CodecConfig) -> nn.ModuleList:
    a, b, d, e = c.widths
    layers = nn.ModuleList([
        nn.Conv2d(c.channels, e, 3, padding=1), Memory(e),
        Grow(e, d), Memory(d),
        Grow(d, b, times=2), Res(b),
        Grow(b, a, times=2), Meet(a), Res(a), Res(a), nn.SiLU(),
        Mend(a),
    ])  # fmt: skip
    nn.init.zeros_(layers[-1].mix.weight)  # at first the decoder is its base
    nn.init.zeros_(layers[-1].mix.bias)
    return layers


def run(layers, x, base=None):
    """All frames at once: x (B, T, C, H, W) -> (B, T * growth, C', H', W')."""
    b = x.shape[0]
    base = base if base is None else base.flatten(0, 1)
    x = x.flatten(0, 1).contiguous(memory_format=torch.channels_last)
    for layer in layers:
        if isinstance(layer, Remembers):
            clip = x.unflatten(0, (b, -1))
            before = torch.cat([clip[:, :1], clip[:, :-1]], dim=1).flatten(0, 1)
            x = layer(x, before.contiguous(memory_format=torch.channels_last))
        elif isinstance(layer, Meet):
            x = layer(x, base)
        else:
            x = layer(x)
    return x.unflatten(0, (b, -1))


def step(layers, x, memory: list, first, base=None):
    """One latent frame x (1, C, H, W) -> its frames (growth, C', H', W') and the new memory.

    `memory`: the last inputs of the layers that remember, any values when `first` is 1; first: a number, 1 at a clip's
    first latent frame, else 0.
    """
    kept: list[torch.Tensor] = []
    for layer in layers:
        if isinstance(layer, Remembers):
            before = memory[len(kept)] * (1 - first) + x[:1] * first
            kept.append(x[-1:])
            x = layer(x, torch.cat([before, x[:-1]], dim=0))
        elif isinstance(layer, Meet):
            x = layer(x, base)
        else:
            x = layer(x)
    return x, kept


class Codec(nn.Module):
    def __init__(self, config: CodecConfig | None = None):
        super().__init__()
        self.config = config or CodecConfig()
        self.encoder = encoder_layers(self.config)
        self.base = nn.ModuleList([Base(self.config.channels)])
        self.detail = detail_layers(self.config)

    def encode(self, taps):
        """taps (B, T', 6, H/2, W/2) in [0, 1] -> latents (B, T', C, H/32, W/32)."""
        return run(self.encoder, taps)

    def decode(self, latents):
        """latents (B, T', C, h, w) -> frames (B, 8 T', 3, 32 h, 32 w), not yet clipped to [0, 1]."""
        base = run(self.base, latents)
        cells = base + run(self.detail, latents, base)
        return pixels_of(cells.flatten(0, 1)).permute(0, 3, 1, 2).unflatten(0, (len(latents), -1))

    def decode_step(self, latent, memory: list, first):
        """One latent frame (1, C, h, w) -> the cells (4, CELLS, 8 h, 8 w) of its eight frames and the new memory; see
        `step`.
        """
        base, kept = step(self.base, latent, memory[:1], first)
        detail, more = step(self.detail, latent, memory[1:], first, base)
        return base + detail, kept + more


def pixels_of(cells):
    """Cells (N, CELLS, H, W) -> frames (2 N, 4 H, 4 W, 3). A row of a cell, colours last, is moved as one piece."""
    n, _, h, w = cells.shape
    rows = cells.permute(0, 2, 3, 1).reshape(n, h, w, PAIR, CELL, CELL * 3)
    return rows.permute(0, 3, 1, 4, 2, 5).reshape(n * PAIR, h * CELL, w * CELL, 3)


def memory_shapes(config: CodecConfig) -> list[tuple[int, int]]:
    """(channels, pixels of one place) of each tensor in the decoder's memory, in order."""
    _, _, d, e = config.widths
    return [(config.channels, 32), (e, 32), (d, 16)]


def taps_of(frames):
    """What the encoder reads of a clip (B, 1 + 8k, 3, H, W) in [0, 1]: (B, 1 + k, 6, H/2, W/2)."""
    first = frames[:, :1].expand(-1, GROUP - 1, -1, -1, -1)
    groups = torch.cat([first, frames], dim=1).unflatten(1, (-1, GROUP))
    b, t, _, c, h, w = groups.shape
    half = F.avg_pool2d(groups[:, :, (3, 7)].flatten(0, 2), 2)
    return half.reshape(b, t, 2 * c, h // 2, w // 2)
