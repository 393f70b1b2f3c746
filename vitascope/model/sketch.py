"""What a place of the picture looks at, and what it shows as far as words, camera and layout tell.

B batch, T latent frames, P = h * w places, R rays of a place at a tap, N = P * R, S slots, C latent channels, D width
of the words.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from vitascope.engine.conditions import CENTRE, GAIN, LASTING, MOVING, PER_TAP, TAPS
from vitascope.model.blocks import PLACE_FEATURES, waves
from vitascope.world import camera as cameras
from vitascope.world.render import eye_and_basis

DOWN = ACROSS = (-0.375, -0.125, 0.125, 0.375)  # where rays go through a place, from its middle
GROUND_WAVES = 8  # angular frequencies from 4.5 down to 0.3 a world unit
RAYS = len(TAPS) * len(DOWN) * len(ACROSS)
GROUND_FEATURES, THING_FEATURES = 3 + 1 + 4 * GROUND_WAVES, 38
MISS, SHADOW_MISS = 7, 29  # where in them it stands how far a ray, or the sun's, passes from a thing's middle
NEAR, NOTHING = 1.3, 1e3  # in a thing's own extents; a score that no thing has
SPECK = 0.1  # extent in world units; what is smaller in a drawn layout is an empty slot


@dataclass(frozen=True)
class Rays:
    """Rays from the eye through sixteen points of every place at both taps, and where they meet the ground."""

    known: torch.Tensor  # (B, T, 1, 1, 1): 1 where the camera is
    eye: torch.Tensor  # (B, T, taps, 1, 3)
    way: torch.Tensor  # (B, T, taps, N, 3), of length 1
    falls: torch.Tensor  # (B, T, taps, N, 1): how steeply, 0 to 1; 0 above the horizon
    meets: torch.Tensor  # (B, T, taps, N, 2)

    @classmethod
    def of(cls, camera, h: int, w: int) -> Rays:
        """Those of camera (B, T, 17) in a picture of h x w places."""
        b, t, _ = camera.shape
        gain, centre = (
            torch.as_tensor(numbers, dtype=torch.float32, device=camera.device) for numbers in (GAIN, CENTRE)
        )
        row = (camera[..., :16].float().reshape(b, t, len(TAPS), 1, 8) / gain + centre).unbind(-1)
        eye, basis = eye_and_basis(torch, row)
        eye, right, up, forward = (torch.stack(axes, -1) for axes in (eye, *basis))

        down, across = torch.tensor(DOWN, device=camera.device), torch.tensor(ACROSS, device=camera.device)
        y = ((torch.arange(h, device=camera.device) - (h - 1) / 2)[:, None] + down).reshape(h, 1, len(DOWN), 1)
        x = ((torch.arange(w, device=camera.device) - (w - 1) / 2)[:, None] + across).reshape(1, w, 1, len(ACROSS))
        shape = (h, w, len(DOWN), len(ACROSS))
        shorter = torch.minimum(torch.as_tensor(h), torch.as_tensor(w))  # with min() a trace would keep one for ever
        half = 2 / shorter * torch.tan(row[cameras.FOV] / 2)[..., None]  # of one place
        way = half * x.expand(shape).reshape(-1, 1) * right - half * y.expand(shape).reshape(-1, 1) * up + forward
        way = way * torch.rsqrt(way.square().sum(-1, keepdim=True))
        falls = (-4 * way[..., 2:]).clamp(0, 1)
        meets = eye[..., :2] + eye[..., 2:] / (-way[..., 2:]).clamp(min=0.02) * way[..., :2]
        return cls(camera[..., 16:, None, None], eye, way, falls, meets)

    def by_place(self, told):
        """(B, T, taps, N, features) -> (B, T, P, RAYS, features), all 0 where the camera is not known."""
        b, t, taps, _, features = told.shape
        each = len(DOWN) * len(ACROSS)
        told = told.reshape(b, t, taps, -1, each, features).transpose(2, 3).flatten(3, 4)
        return told * self.known

    def ground(self):
        """What every place looks at, (B, T, P, RAYS, GROUND_FEATURES): the ways of its rays, how steeply they fall, and
        as waves where they meet the ground.

        Told so, a network need not learn perspective by heart: a ground that turns under an orbiting camera is the same
        ground. Rays as conditions are from Zhang et al., arXiv 2402.14817, and He et al., arXiv 2404.02101.
        """
        ground = waves(4.5 * self.meets, GROUND_WAVES, 15.0).flatten(-2) * self.falls
        return self.by_place(torch.cat([self.way, self.falls, ground], dim=-1))

    def things(self, layout):
        """How every ray passes the things of a layout (B, T, S, LAYOUT_FEATURES), (B, T, P, RAYS, THING_FEATURES).

        Of the thing that it meets or comes nearest to: where it is nearest to the middle and which way it goes there,
        both in the thing's own axes and extents, how far that is from the eye, what the thing is, and how the ray
        passes the box around it. And how the sun's ray through the place where it meets the ground passes the thing
        whose shadow may fall there.
        """
        taps = len(TAPS)
        b, t, slots, _ = layout.shape
        moving = layout[..., : taps * PER_TAP].reshape(b, t, slots, taps, PER_TAP).transpose(2, 3)
        lasting = layout[..., taps * PER_TAP :][:, :, None].expand(-1, -1, taps, -1, -1)
        size = moving[..., MOVING["extent"]]
        here = size.amax(-1) > SPECK  # (B, T, taps, S)
        size = size.clamp(min=0.02)
        axes = _axes(moving[..., MOVING["x_axis"]], moving[..., MOVING["y_axis"]])  # (B, T, taps, S, 3 axes, 3)
        sun = _unit(lasting[..., LASTING["to_sun"]])
        inward = (axes / size[..., None]).transpose(-1, -2)  # world -> the thing's own
        centre = moving[..., MOVING["centre"]]

        eye = _inside(self.eye - centre, inward, each=True)  # (B, T, taps, S, 3)
        sunward = _inside(sun, inward, each=True)
        facing = (axes @ sun[..., None])[..., 0]
        kinds = [LASTING["colour"], LASTING["quadric"], LASTING["surface"]]
        kind = torch.cat([facing, axes[..., 2], *(lasting[..., part] for part in kinds), size], dim=-1)

        way = _inside(self.way, inward)  # (B, T, taps, N, S, 3)
        _, far, miss = _pass(eye[:, :, :, None], way)
        mine = _chosen(torch.where(miss < NEAR, far, NOTHING + miss), here)  # (B, T, taps, N, S)
        table = mine @ torch.cat([eye, kind], dim=-1)
        way = (way * mine[..., None]).sum(-2)
        nearest, far, miss = _pass(table[..., :3], way)
        there = mine.sum(-1, keepdim=True)
        told = torch.cat([nearest, _unit(way), (far[..., None] - 7) / 3 * there, miss[..., None].clamp(max=4)], dim=-1)

        above = _inside(F.pad(self.meets, (0, 1)), inward) - _inside(centre, inward, each=True)[:, :, :, None]
        _, far, miss = _pass(above, sunward[:, :, :, None])
        mine = _chosen(miss + 10 * (far < -0.5), here)
        nearest, far, miss = _pass((above * mine[..., None]).sum(-2), mine @ sunward)
        shape = mine @ lasting[..., LASTING["quadric"]]
        shadow = torch.cat([nearest, far[..., None].clamp(-2, 6) / 3, miss[..., None].clamp(max=4), shape], dim=-1)
        box = _box(table[..., :3], way) * there
        return self.by_place(
            torch.cat([told, table[..., 3:], shadow * self.falls, torch.ones_like(self.falls), box], dim=-1)
        )


def _unit(x):
    return x * torch.rsqrt(x.square().sum(-1, keepdim=True) + 1e-6)


def _axes(x, y):
    """Three axes (..., 3 axes, 3) at right angles from two that nearly are."""
    x = _unit(x)
    y = _unit(y - (x * y).sum(-1, keepdim=True) * x)
    z = x.roll(-1, -1) * y.roll(1, -1) - x.roll(1, -1) * y.roll(-1, -1)
    return torch.stack([x, y, z], dim=-2)


def _inside(vectors, inward, each: bool = False):
    """World vectors in every thing's own axes and extents: (..., N, 3) -> (..., N, S, 3). With `each` (..., S, 3), each
    in its own thing's.
    """
    if each:
        return (vectors[..., None, :] @ inward)[..., 0, :]
    n, slots = vectors.shape[-2], inward.shape[-3]
    flat = inward.transpose(-3, -2).flatten(-2)  # (..., 3, S * 3)
    return (vectors @ flat).reshape(*vectors.shape[:-2], n, slots, 3)


def _pass(start, way):
    """Where rays start + far * way come nearest to the middle (drawn in when that is far off), `far`, and how far from
    the middle.
    """
    far = -(start * way).sum(-1) / way.square().sum(-1).clamp(min=1e-6)
    nearest = start + far[..., None] * way
    miss = nearest.square().sum(-1).sqrt()
    return nearest / (miss / 2).clamp(min=1)[..., None], far, miss


def _box(start, way):
    """How rays pass the box from -1 to 1 (..., 4): where they enter it, and how long they are in it, below 0: by how
    much they miss it.
    """
    way = torch.where(way.abs() < 1e-4, 1e-4, way)
    sides = (-1 - start) / way, (1 - start) / way
    enter = torch.minimum(*sides).amax(-1, keepdim=True)
    leave = torch.maximum(*sides).amin(-1, keepdim=True)
    inside = (leave - enter) * way.square().sum(-1, keepdim=True).sqrt()
    return torch.cat([(start + enter * way).clamp(-2, 2), inside.clamp(-2, 2)], dim=-1)


def _chosen(score, here):
    """Which slot has the least score, as 0 and 1 (..., N, S); none if no slot (..., S) is there."""
    here = here[..., None, :]
    score = torch.where(here, score, 1e6)
    slots = torch.arange(score.shape[-1], device=score.device)
    return ((score.argmin(-1, keepdim=True) == slots) & here).float()


class Sketch(nn.Module):
    """What a place shows, its latent (B, T, P, C), each channel at unit deviation, and how far off that is on the
    whole. It is blind to the latents and learns from an error of its own.

    One small network looks along every ray, whichever place and camera it belongs to; so a ground that turns under an
    orbiting camera is the same ground, a ball at the edge of a place the same ball, known before the first step, and
    the blocks are left to draw what nobody told.
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
