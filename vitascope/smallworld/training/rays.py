"""What every place of the picture looks at: rays from the camera, the ground and the things of a layout that they meet.

B batch, T latent frames, P = h * w places, R rays of a place at a tap, N = P * R, S slots.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from vitascope.smallworld.inference.conditions import CENTRE, GAIN, LASTING, MOVING, PER_TAP, SPECK, TAPS
from vitascope.smallworld.training.blocks import waves
from vitascope.smallworld.world import camera as cameras
from vitascope.smallworld.world.render import eye_and_basis

DOWN = ACROSS = (-0.375, -0.125, 0.125, 0.375)  # where rays go through a place, from its middle
GROUND_WAVES = 8  # angular frequencies from 4.5 down to 0.3 a world unit
RAYS = len(TAPS) * len(DOWN) * len(ACROSS)
GROUND_FEATURES, THING_FEATURES = 3 + 1 + 4 * GROUND_WAVES, 47
MISS, SHADOW_MISS = 7, 29  # where in them it stands how far a ray, or the sun's, passes from a thing's middle
NOTHING = 1e3  # a score that no thing has


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

        Of the thing that it meets first or else comes nearest to: where it is nearest to the middle and which way it
        goes there, both in the thing's own axes and extents, how far that is from the eye, what the thing is, where and
        how far the ray goes into it, which way the surface looks there, what it would mirror and how the sun falls on
        it. And how the sun's ray through the place where it meets the ground passes the thing whose shadow may fall
        there.
        """
        taps = len(TAPS)
        b, t, slots, _ = layout.shape
        moving = layout[..., : taps * PER_TAP].reshape(b, t, slots, taps, PER_TAP).transpose(2, 3)
        lasting = layout[..., taps * PER_TAP :][:, :, None].expand(-1, -1, taps, -1, -1)
        size = moving[..., MOVING["extent"]]
        here = size.amax(-1) > SPECK  # (B, T, taps, S)
        size = size.clamp(min=0.02)
        axes = _axes(moving[..., MOVING["x_axis"]], moving[..., MOVING["y_axis"]])  # (B, T, taps, S, 3 axes, 3)
        sun, quadric = _unit(lasting[..., LASTING["to_sun"]]), lasting[..., LASTING["quadric"]]
        inward = (axes / size[..., None]).transpose(-1, -2)  # world -> the thing's own
        centre = moving[..., MOVING["centre"]]

        eye = _inside(self.eye - centre, inward, each=True)  # (B, T, taps, S, 3)
        sunward = _inside(sun, inward, each=True)
        facing = (axes @ sun[..., None])[..., 0]
        kind = torch.cat([facing, axes[..., 2], lasting[..., LASTING["colour"]], quadric], dim=-1)
        kind = torch.cat([kind, lasting[..., LASTING["surface"]], size], dim=-1)

        way = _inside(self.way, inward)  # (B, T, taps, N, S, 3)
        enter, leave, _ = _meet(eye[:, :, :, None], way, quadric[:, :, :, None])
        _, far, miss = _pass(eye[:, :, :, None], way)
        mine = _chosen(torch.where(leave > enter, enter, NOTHING + miss), here)  # (B, T, taps, N, S)
        table = mine @ torch.cat([eye, kind, quadric, sun, inward.flatten(-2)], dim=-1)
        eye, kind, quadric, sun, inward_of = table.split([3, kind.shape[-1], 3, 3, 9], dim=-1)
        way = (way * mine[..., None]).sum(-2)
        nearest, far, miss = _pass(eye, way)
        there = mine.sum(-1, keepdim=True)
        told = torch.cat([nearest, _unit(way), (far[..., None] - 7) / 3 * there, miss[..., None].clamp(max=4)], dim=-1)

        enter, leave, slope = _meet(eye, way, quadric)
        through = (leave - enter)[..., None] * way.square().sum(-1, keepdim=True).sqrt()
        normal = _unit((inward_of.unflatten(-1, (3, 3)) @ slope[..., None])[..., 0])
        mirror = self.way - 2 * (self.way * normal).sum(-1, keepdim=True) * normal
        sunlit, glint = ((each * sun).sum(-1, keepdim=True) for each in (normal, mirror))
        meets = torch.cat([(eye + enter[..., None] * way).clamp(-2, 2), through.clamp(-2, 2)], dim=-1)
        surface = torch.cat([meets, normal, mirror, sunlit, glint], dim=-1) * there

        above = _inside(F.pad(self.meets, (0, 1)), inward) - _inside(centre, inward, each=True)[:, :, :, None]
        shapes = lasting[..., LASTING["quadric"]]
        enter, leave, _ = _meet(above, sunward[:, :, :, None], shapes[:, :, :, None])
        _, far, miss = _pass(above, sunward[:, :, :, None])
        mine = _chosen(torch.where(leave > enter, 0.0, miss) + 10 * (far < -0.5), here)
        nearest, far, miss = _pass((above * mine[..., None]).sum(-2), mine @ sunward)
        dark = ((leave - enter).clamp(-1, 1) * mine).sum(-1, keepdim=True)
        shadow = torch.cat(
            [nearest, far[..., None].clamp(-2, 6) / 3, miss[..., None].clamp(max=4), mine @ shapes], dim=-1
        )
        return self.by_place(
            torch.cat(
                [told, kind, shadow * self.falls, torch.ones_like(self.falls), surface, dark * self.falls], dim=-1
            )
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


def _meet(start, way, quadric):
    """Where rays start + far * way go into a body and leave it, (...) each; enter > leave: they miss, and by how much.
    And how the surface slopes where they enter (..., 3), outwards. All in the body's own axes and extents; bodies are
    quadrics cut by slabs, as in `world.render`, told by a layout's three numbers (..., 3).
    """
    round_, z_square, z = quadric.unbind(-1)
    box = round_ < 0.5
    weights = torch.stack([round_, round_, z_square], dim=-1)
    a = (weights * way.square()).sum(-1)
    a = torch.where(a.abs() < 1e-5, 1e-5, a)
    half_b = (weights * start * way).sum(-1) + z * way[..., 2] / 2
    c = (weights * start.square()).sum(-1) + z * start[..., 2] - 1 + 1.5 * z
    square = half_b.square() - a * c
    root = square.abs().clamp(min=1e-9).sqrt()
    first, last = (-half_b - root) / a.abs(), (-half_b + root) / a.abs()
    missed = square < 0  # by as much the other way round
    enter, leave = torch.where(missed, last, first), torch.where(missed, first, last)
    down, beyond = way[..., 2] < 0, torch.full_like(a, 50.0)
    steep = a < 0  # the ray ends up in one half of a double cone
    enter = torch.where(steep, torch.where(down, -first, -beyond), enter)
    leave = torch.where(steep, torch.where(down, beyond, -last), leave)
    enter, leave = torch.where(box, -beyond, enter), torch.where(box, beyond, leave)
    way = torch.where(way.abs() < 1e-4, 1e-4, way)
    ones = torch.ones_like(a)
    width = torch.stack([torch.where(box, ones, 9 * ones), torch.where(box, ones, 9 * ones), ones], dim=-1)
    sides = (-width - start) / way, (width - start) / way
    enters, leaves = torch.minimum(*sides), torch.maximum(*sides)
    face = enters.argmax(-1, keepdim=True) == torch.arange(3, device=way.device)
    flat = -way.sign() * face
    met = start + enter[..., None] * way
    curved = weights * met + F.pad(z[..., None] / 2, (2, 0))
    slope = torch.where(enters.amax(-1, keepdim=True) > enter[..., None], flat, curved)
    return torch.maximum(enter, enters.amax(-1)), torch.minimum(leave, leaves.amin(-1)), slope


def _chosen(score, here):
    """Which slot has the least score, as 0 and 1 (..., N, S); none if no slot (..., S) is there."""
    here = here[..., None, :]
    score = torch.where(here, score, 1e6)
    slots = torch.arange(score.shape[-1], device=score.device)
    return ((score.argmin(-1, keepdim=True) == slots) & here).float()
