"""What a place of the picture looks at, and what it shows when nothing stands there.

B batch, T latent frames, P = h * w places, C latent channels, D width of the words.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from vitascope.engine.conditions import CENTRE, GAIN, TAPS
from vitascope.world import camera as cameras
from vitascope.world.render import eye_and_basis

PLACE_FEATURES = 24
DOWN, ACROSS = (-0.375, -0.125, 0.125, 0.375), (-0.25, 0.25)  # where rays go through a place, from its middle
GROUND_WAVES = 8  # angular frequencies from 4.5 down to 0.3 a world unit
RAYS, RAY_FEATURES = len(TAPS) * len(DOWN) * len(ACROSS), 3 + 1 + 4 * GROUND_WAVES


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


def sight(camera, h: int, w: int):
    """What every place looks at, (B, T, h * w, RAYS, RAY_FEATURES), from camera (B, T, 17): the ways of the rays
    through eight points of it at both taps, how steeply they fall, and as waves where they meet the ground. All 0 where
    the camera is not known.

    Told so, a network need not learn perspective by heart: a ground that turns under an orbiting camera is the same
    ground. Rays as conditions are from Zhang et al., arXiv 2402.14817, and He et al., arXiv 2404.02101.
    """
    b, t, _ = camera.shape
    gain, centre = (torch.tensor(numbers, dtype=torch.float32, device=camera.device) for numbers in (GAIN, CENTRE))
    row = (camera[..., :16].float().reshape(b, t, len(TAPS), 1, 8) / gain + centre).unbind(-1)
    eye, basis = eye_and_basis(torch, row)
    eye, right, up, forward = (torch.stack(axes, -1) for axes in (eye, *basis))

    down, across = torch.tensor(DOWN, device=camera.device), torch.tensor(ACROSS, device=camera.device)
    y = ((torch.arange(h, device=camera.device) - (h - 1) / 2)[:, None] + down).reshape(h, 1, len(DOWN), 1)
    x = ((torch.arange(w, device=camera.device) - (w - 1) / 2)[:, None] + across).reshape(1, w, 1, len(ACROSS))
    shape = (h, w, len(DOWN), len(ACROSS))
    shorter = torch.minimum(torch.as_tensor(h), torch.as_tensor(w))  # with min() a trace would keep one for ever
    half = 2 / shorter * torch.tan(row[cameras.FOV] / 2)[..., None]  # of one place
    ray = half * x.expand(shape).reshape(-1, 1) * right - half * y.expand(shape).reshape(-1, 1) * up + forward
    ray = ray * torch.rsqrt(ray.square().sum(-1, keepdim=True))  # (B, T, taps, h * w * 8, 3)
    falls = (-4 * ray[..., 2:]).clamp(0, 1)
    meets = eye[..., :2] + eye[..., 2:] / (-ray[..., 2:]).clamp(min=0.02) * ray[..., :2]
    ground = waves(4.5 * meets, GROUND_WAVES, 15.0).flatten(-2) * falls
    told = torch.cat([ray, falls, ground], dim=-1).reshape(b, t, len(TAPS), h * w, -1, RAY_FEATURES)
    return told.transpose(2, 3).flatten(3, 4) * camera[..., 16:, None, None]


class Backdrop(nn.Module):
    """What a place shows when nothing stands there, as far as words and camera tell: its latent (B, T, P, C), each
    channel at unit deviation. It is blind to the latents and learns from an error of its own.

    One small network looks along every ray, whichever place and camera it belongs to; so a ground that turns under an
    orbiting camera is the same ground, known before the first step, and the blocks are left to draw things on it.
    """

    def __init__(self, width: int, channels: int):
        super().__init__()
        ray, look = 64, 24
        self.told, self.meets = nn.Linear(width, ray), nn.Linear(RAY_FEATURES, ray, bias=False)
        self.middle, self.look = nn.Linear(ray, ray), nn.Linear(ray, look)
        self.whole, self.place = nn.Linear(RAYS * look, width), nn.Linear(PLACE_FEATURES, width, bias=False)
        self.leave = nn.Linear(width, channels)

    def forward(self, pooled, seen, place):
        """pooled (B, D), seen (B, T, P, RAYS, RAY_FEATURES), place (P, PLACE_FEATURES)."""
        x = F.silu(self.meets(seen) + self.told(pooled)[:, None, None, None])
        x = F.silu(self.look(F.silu(self.middle(x)))).flatten(3)
        return self.leave(F.silu(self.whole(x) + self.place(place)))
